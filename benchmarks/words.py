"""Names and choices for the made inputs: the same seed gives the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")

AREAS = ("orders", "billing", "catalog", "search", "identity", "shipping", "pricing", "reviews", "media", "ledger")
ROLES = ("api", "worker", "gateway", "indexer", "importer", "notifier", "scheduler", "exporter", "proxy", "consumer")
TEAMS = ("payments", "storefront", "platform", "data", "logistics", "growth")
REGIONS = ("eu-central-1", "eu-west-1", "us-east-1", "us-west-2", "ap-southeast-2")
ENVIRONMENTS = ("dev", "staging", "prod")
CENTRES = ("cc-1001", "cc-1040", "cc-2200", "cc-3170", "cc-4015")


class Words:
    """Draws from a seeded source. `name()` never gives the same name twice."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)
        self._count = 0

    def name(self) -> str:
        self._count += 1
        return f"{self.pick(AREAS)}-{self.pick(ROLES)}-{self._count}"

    def pick(self, values: Sequence[T]) -> T:
        return values[self._random.randrange(len(values))]

    def some(self, values: Sequence[T], least: int, most: int) -> list[T]:
        """Between `least` and `most` different values, in their order."""
        chosen = self._random.sample(range(len(values)), self._random.randint(least, min(most, len(values))))
        return [values[index] for index in sorted(chosen)]

    def number(self, least: int, most: int) -> int:
        return self._random.randint(least, most)

    def chance(self, percent: int) -> bool:
        return self._random.randrange(100) < percent

    def digits(self, length: int) -> str:
        return "".join(self._random.choice("0123456789abcdef") for _ in range(length))
