"""What rule files are read with: the concepts, their bindings, the words that a rule may use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from guardrail.model import Map, plain
from guardrail.policy.bundle import Bundle, load_bundle
from guardrail.policy.catalogue import bindings_of, load_concepts
from guardrail.policy.loading import load_rule, located_rule
from guardrail.policy.rule import Rule
from guardrail.policy.vocabulary import Vocabulary
from guardrail.shipped import folder


class Rulebook:
    """Read once for any number of rule files."""

    def __init__(self) -> None:
        self.concepts = load_concepts()
        self.vocabulary = Vocabulary(self.concepts)
        self.bindings = bindings_of(self.concepts)
        self.alone = Bundle({"rules": [], "bindings": self.bindings})

    @cached_property
    def shipped(self) -> Bundle:
        """All rules that come with guardrail."""
        return load_bundle(folder("rules"))

    def kinds_of(self, concepts: Iterable[str]) -> frozenset[str] | None:
        """The kinds that the concepts are bound to by mapping; None where code or a reader makes some of them, which
        nobody can list."""
        names = set(concepts)
        if any(name not in self._mapped for name in names):
            return None
        return frozenset(kind for kind, bound in self.bindings.items() if any(name in names for name, _ in bound))

    def classes_of(self, concept: str) -> frozenset[str] | None:
        """The words that a concept's `class` can be, as its file lists them; None where it lists none. Other fields
        have no closed lists: their words are the platforms'."""
        known = self.concepts[concept]
        about = known["fields"].get("class", {}).get("about", "")
        if not about:
            return None
        words = set(re.findall(r"[A-Za-z0-9][A-Za-z0-9_-]*", about))
        for binding in known.get("bindings") or ():
            given = binding["fields"].get("class")
            if isinstance(given, Map):
                words |= {str(value) for value in (given.get("value"), *(given.get("map") or {}).values()) if value}
        return frozenset(words)

    @cached_property
    def _mapped(self) -> frozenset[str]:
        """Concepts that mappings alone make."""
        from guardrail.concepts.table import CODE, JOINED

        coded = {kind for table in (CODE, JOINED) for kind in table}
        bound: dict[str, set[str]] = {}
        for kind, found in self.bindings.items():
            for concept, _ in found:
                bound.setdefault(concept, set()).add(kind)
        return frozenset(concept for concept, kinds in bound.items() if not kinds & coded)

    def load(self, file: str, shown_as: str = "") -> dict[str, Any]:
        """A rule file's content. Raises RuleError."""
        return load_rule(file, self.vocabulary, shown_as)

    def located(self, file: str, shown_as: str = "") -> Map:
        """The same with places. Raises RuleError."""
        return located_rule(file, self.vocabulary, shown_as)

    def beside(self, rule: Mapping[str, Any]) -> Bundle:
        """What stands beside a rule where its examples are run: nothing but the bindings, and for a rule about
        ignores the other rules, whose findings are what is ignored."""
        return self.shipped if "ignore" in Rule(plain(rule)).on else self.alone
