"""A rule, ready to be applied."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from guardrail.conditions import Condition, Outcome, Path, Scope, Truth, compile_condition, compile_truth, parse_path
from guardrail.model import Resource, RuleCard
from guardrail.model.patterns import lazy_regex
from guardrail.policy.narrowing import Clause, clauses
from guardrail.policy.parameters import convert

_PARAMETER = lazy_regex(r"\$([a-z][a-z0-9_]*)")


class Check(NamedTuple):
    """`applies` and `holds` are the truth of `when` and `require`, which say how they came to it as well."""

    on: tuple[str, ...]
    each: Path | None
    when: Condition | None
    require: Condition
    applies: Truth | None
    holds: Truth
    message: str


class Rule:
    """Compiled from checked data when first applied, once for each set of parameters. `function`: of a rule in Python,
    which has no conditions."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.function: Callable[..., Any] | None = data.pop("function", None)
        self._data: dict[str, Any] | bytes = data
        self.id: str = data["id"]
        self.title: str = data["title"]
        self.severity: str = data["severity"]
        self.category: str = data["category"]
        self.on: tuple[str, ...] = tuple(
            dict.fromkeys(
                subject
                for check in data["checks"]
                for subject in (check["on"] if isinstance(check["on"], list) else [check["on"]])
            )
        )
        self.yields_to: tuple[str, ...] = tuple(data.get("yields_to", ()))
        self._compiled: dict[str, tuple[Check, ...]] = {}
        self._speaks: tuple[tuple[tuple[str, ...], tuple[Clause, ...]], ...] | None = None

    def head(self) -> list[Any]:
        """What a scan asks of every rule, as JSON data."""
        return [self.id, self.title, self.severity, self.category, self.on, self.yields_to]

    @classmethod
    def stored(cls, head: Sequence[Any], text: bytes) -> Rule:
        """A rule from its `head` and its data as JSON, which is read when something asks for it: few of all rules have
        anything to say of what one scan finds."""
        rule = cls.__new__(cls)
        rule.function, rule._data, rule._compiled, rule._speaks = None, text, {}, None
        rule.id, rule.title, rule.severity, rule.category, on, yields_to = head
        rule.on, rule.yields_to = tuple(on), tuple(yields_to)
        return rule

    @property
    def data(self) -> dict[str, Any]:
        if isinstance(self._data, bytes):
            self._data = json.loads(self._data)
        return self._data  # type: ignore[return-value]

    def speaks(self) -> tuple[tuple[tuple[str, ...], tuple[Clause, ...]], ...]:
        """Of each check: what it is on, and what its `when` plainly asks of those."""
        if self._speaks is None:
            self._speaks = tuple(
                (
                    tuple(check["on"]) if isinstance(check["on"], list) else (check["on"],),
                    () if "each" in check else clauses(check.get("when")),  # with `each` it speaks of the items
                )
                for check in self.data["checks"]
            )
        return self._speaks

    def checks(self, parameters: dict[str, Any] | None = None) -> tuple[Check, ...]:
        """With `parameters` instead of the defaults of the same names. Raises ValueError for a parameter
        that the rule has not, that is of the wrong type, or that makes nonsense of a condition."""
        key = json.dumps(parameters, sort_keys=True) if parameters else ""
        found = self._compiled.get(key)
        if found is None:
            values = self.values(parameters or {})
            try:
                found = self._compiled[key] = self._compile(values, bool(parameters))
            except ValueError as error:
                raise ValueError(f"rule {self.id}: {error}") from None
        return found

    def values(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Every parameter's value, converted."""
        declared = self.data.get("parameters") or {}
        for name in parameters:
            if name not in declared:
                from guardrail.policy.vocabulary import suggestion

                raise ValueError(f"rule {self.id} has no parameter {name!r}{suggestion(name, declared)}")
        try:
            return {
                name: convert(definition["type"], parameters.get(name, definition["default"]))
                for name, definition in declared.items()
            }
        except ValueError as error:
            raise ValueError(f"rule {self.id}: {error}") from None

    def _compile(self, values: dict[str, Any], at_once: bool) -> tuple[Check, ...]:
        """`at_once`: parameters of a user's, which may make nonsense of a condition; what is a rule's own was checked
        when it was loaded, and most scans come to few of all conditions and their patterns."""
        compiled = compile_condition if at_once else _compiled_when_needed
        return tuple(
            Check(
                tuple(check["on"]) if isinstance(check["on"], list) else (check["on"],),
                parse_path(check["each"] + "[*]") if "each" in check else None,
                compiled(check["when"], values, True) if "when" in check else None,
                compiled(check["require"], values, False),
                compile_truth(check["when"], values) if "when" in check else None,
                compile_truth(check["require"], values),
                check["message"],
            )
            for check in self.data["checks"]
        )

    def remedy(self, resource: Resource | None = None, concept: str = "") -> str:
        """For a resource: by its kind, provider, platform, or the concept that the rule saw in it."""
        remedy = self.data["remedy"]
        if isinstance(remedy, str):
            return remedy
        if resource is not None:
            for key in (resource.kind, resource.provider, resource.platform, concept):
                if key in remedy:
                    return str(remedy[key])
        return str(remedy["default"])

    def remedy_with(self, parameters: dict[str, Any], resource: Resource, concept: str) -> str:
        """The same with the values of the parameters that it speaks of, as they are written."""
        declared = self.data.get("parameters") or {}

        def written(match: re.Match[str]) -> str:
            name = match[1]
            value = parameters.get(name, declared[name]["default"]) if name in declared else None
            if value is None:
                return match[0]
            return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

        text = self.remedy(resource, concept)
        return _PARAMETER.sub(written, text) if "$" in text else text

    def card(self) -> RuleCard:
        return RuleCard(
            self.id, self.title, self.severity, self.category, self.data["why"].strip(), self.remedy().strip(), self.on,
            self.data.get("replaces") or {}, self.data.get("frameworks") or {},
        )  # fmt: skip


def _compiled_when_needed(data: Any, values: dict[str, Any], brief: bool) -> Condition:
    made: Condition | None = None

    def evaluate(scope: Scope) -> Outcome:
        nonlocal made
        if made is None:
            made = compile_condition(data, values, brief)
        return made(scope)

    return evaluate
