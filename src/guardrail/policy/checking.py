"""What a rule's conditions say, held against what is known: operators, paths, kinds, parameters, patterns."""

from __future__ import annotations

import fnmatch
import re
from typing import Any

from guardrail.conditions import compile_condition, parse_path
from guardrail.conditions.operators import JOINS, OPERATORS, SIMPLE
from guardrail.conditions.related import KEYS as RELATED_KEYS
from guardrail.conditions.repetitions import check_pattern
from guardrail.errors import RuleError
from guardrail.model import Map, Seq, plain
from guardrail.model.patterns import lazy_regex
from guardrail.policy.messages import UNITS
from guardrail.policy.vocabulary import Vocabulary, cloud_kinds, suggestion, terraform_kinds

_BRACES = lazy_regex(r"\{([^{}]*)\}")
MESSAGE_WORDS = frozenset({"name", "address", "kind", "value", "path", "wanted", "reason"})


class Checker:
    """Tells the first thing that is wrong as a RuleError."""

    def __init__(self, rule: Map, file: str, vocabulary: Vocabulary) -> None:
        self.rule, self.file, self.vocabulary = rule, file, vocabulary
        self.parameters = dict.fromkeys(rule.get("parameters") or ())

    def fail(self, message: str, span: Any) -> None:
        raise RuleError(message, self.file, span.line, span.column)

    def check(self, check: Map) -> None:
        subjects = check["on"] if isinstance(check["on"], Seq) else [check["on"]]
        for subject in subjects:
            self.subject(subject, check)
        inside = "each" in check
        for key in ("when", "require"):
            if key in check:
                self.condition(check[key], check, key, [] if inside else list(subjects))
        for word in _BRACES.findall(check["message"]):
            word, bar, unit = word.partition("|")
            if bar and unit not in UNITS:
                self.fail(f"no unit is called {unit!r}{suggestion(unit, UNITS)}", check.place("message"))
            if word in MESSAGE_WORDS:
                continue
            if word.startswith("$"):
                self.parameter(word, check.place("message"))
                continue
            self.path(word, list(subjects) if not inside else [], check.place("message"))

    def subject(self, subject: str, check: Map) -> None:
        if subject in self.vocabulary.concepts:
            return
        if any(sign in subject for sign in "*?["):
            kinds = (*terraform_kinds()["resources"], *cloud_kinds())
            if not any(fnmatch.fnmatchcase(kind, subject) for kind in kinds):
                self.fail(f"no kind matches {subject!r}", check.place("on"))
            return
        if not self.vocabulary.kind_known(subject):
            hint = self.vocabulary.suggest_subject(subject)
            self.fail(f"no concept or kind is called {subject!r}{hint}", check.place("on"))

    def condition(self, data: Any, holder: Map, key: str, subjects: list[str]) -> None:
        if isinstance(data, Seq):
            for index, item in enumerate(data):
                self.condition_map(item, data.place(index), subjects)
            return
        self.condition_map(data, holder.place(key), subjects)

    def condition_map(self, data: Any, span: Any, subjects: list[str]) -> None:
        if not isinstance(data, Map):
            self.fail("a condition is a mapping from attribute paths to what must hold", span)
        for key, wanted in data.items():
            place = data.place(key)
            if key in ("all", "any", "not"):
                self.condition(wanted, data, key, subjects)
            elif key == "related":
                self.related(wanted, place, subjects)
            else:
                self.path(key, subjects, place)
                self.operators(wanted, data, key)

    def related(self, data: Any, place: Any, subjects: list[str]) -> None:
        if not isinstance(data, Map) or "to" not in data:
            self.fail("`related` needs `to`", place)
        for key in data:
            if key not in RELATED_KEYS:
                self.fail(f"unknown key {key!r} in `related`{suggestion(key, RELATED_KEYS)}", data.place(key))
        kinds = data["to"] if isinstance(data["to"], Seq) else [data["to"]]
        for kind in kinds:
            if not self.vocabulary.kind_known(kind):
                self.fail(f"no kind is called {kind!r}{self.vocabulary.suggest_subject(kind)}", data.place("to"))
        if "via" in data:
            self.path(data["via"], list(kinds), data.place("via"))
        ours = data.get("from", [])
        for attribute in ours if isinstance(ours, list) else [ours]:
            self.path(attribute, subjects, data.place("from"))
        for key in ("where", "require"):
            if key in data:
                self.condition(data[key], data, key, list(kinds))

    def path(self, text: str, subjects: list[str], place: Any) -> None:
        try:
            path = parse_path(text)
        except ValueError as error:
            self.fail(str(error), place)
            return
        if path.from_resource:
            return
        steps = [step for step in path.steps if isinstance(step, str)]
        for subject in subjects:
            unknown = self.vocabulary.unknown_field(subject, steps)
            if unknown is not None:
                word, known = unknown
                self.fail(f"{subject} has no attribute {word!r}{suggestion(word, known)}", place)

    def operators(self, wanted: Any, holder: Map, key: str) -> None:
        if not isinstance(wanted, Map):
            self.parameter(wanted, holder.place(key))
            return
        for operator, operand in wanted.items():
            place = wanted.place(operator)
            if operator not in OPERATORS:
                if operator in JOINS:
                    self.fail(f"{operator!r} joins conditions; it can't stand under a path", place)
                self.fail(f"{operator!r} is not an operator{suggestion(operator, OPERATORS)}", place)
            self.parameter(operand, place)
            if operator in ("not", "length", "keys"):
                self.operators(operand, wanted, operator)
            elif operator == "where":
                self.condition(operand, wanted, operator, [])
            elif operator in ("each", "some", "none"):
                if isinstance(operand, Map) and any(word not in OPERATORS for word in operand):
                    self.condition_map(operand, place, [])
                else:
                    self.operators(operand, wanted, operator)
            elif operator in SIMPLE:
                self.operand(operator, operand, place)

    def parameter(self, operand: Any, place: Any) -> None:
        named = re.fullmatch(r"\$([a-z][a-z0-9_]*)", operand) if isinstance(operand, str) else None
        if named and named[1] not in self.parameters:
            self.fail(f"no parameter is called {named[1]!r}{suggestion(named[1], self.parameters)}", place)

    def operand(self, operator: str, operand: Any, place: Any) -> None:
        if isinstance(operand, Map) and "path" in operand:
            return
        if isinstance(operand, str) and operand.startswith("$") and operator != "matches":
            return
        if operator in ("in", "cidr_within") and not isinstance(operand, (list, str)):
            self.fail(f"{operator} takes a list", place)
        try:
            SIMPLE[operator](plain(operand))
            if operator == "matches":
                check_pattern(str(operand))
        except (TypeError, ValueError) as error:
            self.fail(f"{operator}: {error}", place)


def check_conditions(rule: Map, file: str, vocabulary: Vocabulary) -> None:
    """Raises RuleError for an unknown operator, path, kind, parameter or word of a message, and for what the
    compiler itself refuses."""
    checker = Checker(rule, file, vocabulary)
    defaults = {key: plain(value["default"]) for key, value in (rule.get("parameters") or {}).items()}
    for check in rule["checks"]:
        checker.check(check)
        for key in ("when", "require"):
            if key in check:
                try:
                    compile_condition(plain(check[key]), defaults)
                except ValueError as error:
                    raise RuleError(str(error), file, check.place(key).line) from None
