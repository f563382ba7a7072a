"""What templates came to with one profile, for the others: most profiles change little of most templates.

The same output has the same places if the values that it was looked for in are the same, and stand in the same places.
"""

from __future__ import annotations

import pickle
from typing import NamedTuple

from guardrail.inputs.kubernetes.helm.places import Asked
from guardrail.inputs.kubernetes.helm.values import Found, SeenValues
from guardrail.model import Map, Problem, Seq, Span, Value


class Document(NamedTuple):
    """`segment`: its number among those of its template; see `Sources.segments`."""

    value: Map | Seq
    extent: Span
    segment: int


class Placed(NamedTuple):
    """The documents of a template's output but for tests; `tests`: whether there are any. `broken`: whether some of it
    is no YAML."""

    documents: list[Document]
    problems: list[Problem]
    tests: bool
    broken: bool


Rendered = tuple[str, str, "str | None"]
"""A template's name, and what it came to without marks and with them."""


class PlacedTemplates:
    """Of one chart. Each profile gets a copy, since resources are changed later on; it is pickle that makes it, several
    times as fast as `copy.deepcopy`."""

    def __init__(self) -> None:
        self._kept: dict[Rendered, list[tuple[Asked, bytes]]] = {}

    def keep(self, rendered: Rendered, asked: Asked, placed: Placed) -> None:
        """To be called before anything of it is changed. `asked`: all that the values were asked for."""
        try:
            pickled = pickle.dumps(placed, pickle.HIGHEST_PROTOCOL)
        except (pickle.PicklingError, AttributeError, TypeError, RecursionError):
            return  # origins that are functions, mappings that are too deep: placed each time
        self._kept.setdefault(rendered, []).append((asked, pickled))

    def find(self, rendered: Rendered, values: SeenValues) -> Placed | None:
        for asked, pickled in self._kept.get(rendered, ()):
            if any(map(values.may_have, asked.absent)):
                continue
            if all(_are_alike(values.find(path), found) for path, found in asked.found.items()):
                placed: Placed = pickle.loads(pickled)
                return placed
        return None


def _are_alike(ones: list[Found], others: list[Found]) -> bool:
    return len(ones) == len(others) and all(map(_is_alike, ones, others))


def _is_alike(one: Found, other: Found) -> bool:
    return (
        one[1:] == other[1:]
        and (one.value is other.value or (type(one.value) is type(other.value) and one.value == other.value))
        and _place(one.value) == _place(other.value)
    )


def _place(value: Value) -> Span | None:
    """That of a mapping is the place of the last values that say something of it."""
    return value.span if isinstance(value, (Map, Seq)) else None
