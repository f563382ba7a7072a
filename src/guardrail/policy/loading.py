"""Rule files -> checked data. Everything wrong with a rule is told here, with its file and line; what
passes compiles."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from guardrail.errors import RuleError
from guardrail.formats.yaml import LAST_COUNTS, load
from guardrail.model import Map, Seq, Span, plain
from guardrail.model.patterns import lazy_regex
from guardrail.policy.checking import check_conditions
from guardrail.policy.frameworks import check_mapping
from guardrail.policy.vocabulary import Vocabulary, suggestion


def rule_files(folder: str) -> Iterator[str]:
    """Every .yaml below a folder, in a stable order; of a pack, those that are its rules."""
    if os.path.isfile(os.path.join(folder, "pack.yaml")):
        folder = os.path.join(folder, "rules")
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.endswith((".yaml", ".yml")):
                yield os.path.join(parent, name)


def load_rule(path: str, vocabulary: Vocabulary, shown_as: str = "") -> dict[str, Any]:
    """A rule file as plain data. Raises RuleError for anything that is wrong with it."""
    rule = located_rule(path, vocabulary, shown_as)
    content: dict[str, Any] = plain(rule)
    content["line"] = rule.spans["id"].line
    return content


def located_rule(path: str, vocabulary: Vocabulary, shown_as: str = "") -> Map:
    """A rule file's content with the place of each part. Raises RuleError for anything that is wrong with it."""
    name = shown_as or path
    with open(path, "rb") as stream:
        data = stream.read()
    loaded = load(data, name)
    if loaded.problems:
        raise RuleError(loaded.problems[0].message.removesuffix(LAST_COUNTS), name, loaded.problems[0].line)
    if len(loaded.documents) != 1 or not isinstance(loaded.documents[0].value, Map):
        raise RuleError("a rule file holds one mapping", name, 1)
    rule = loaded.documents[0].value
    _check_schema(rule, name)
    expected = os.path.splitext(os.path.basename(path))[0]
    if rule["id"] != expected:
        raise RuleError(f"the rule's id is {rule['id']!r}, its file is called {expected!r}", name, _line(rule, "id"))
    _check_defaults(rule, name)
    check_mapping(rule.get("frameworks") or Map(), name)
    check_conditions(rule, name, vocabulary)
    _check_used(rule, name)
    return rule


def check_code_rule(rule: dict[str, Any]) -> None:
    """Raises RuleError for what is wrong with what a rule in Python says of itself. `rule`: a rule file's content, with
    `file`, `line` and `function`."""
    data = {key: value for key, value in rule.items() if key not in ("file", "line", "function")}
    located = Map()
    span = Span(rule["file"], rule["line"], 1, rule["line"], 1)
    located.span = located.header = span
    for key, value in data.items():
        located.put(key, _located(value, span), span)
    _check_schema(located, rule["file"])
    _check_defaults(located, rule["file"])
    check_mapping(located.get("frameworks") or Map(), rule["file"])


def _located(value: Any, span: Span) -> Any:
    """Plain data as if all of it were written at one place."""
    if isinstance(value, dict):
        made = Map(span)
        for key, item in value.items():
            made.put(key, _located(item, span), span)
        return made
    if isinstance(value, (list, tuple)):
        items = Seq(span)
        for item in value:
            items.append(_located(item, span))
            items.spans.append(span)
        return items
    return value


def schema(name: str) -> dict[str, Any]:
    """A schema that stands beside this module."""
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as stream:
        data: dict[str, Any] = json.load(stream)
    return data


def _check_schema(rule: Map, name: str) -> None:
    from jsonschema import Draft202012Validator

    description = schema("rule.schema.json")
    found = Draft202012Validator(description).iter_errors(plain(rule))
    errors = sorted(found, key=lambda error: [str(step) for step in error.absolute_path])
    if not errors:
        return
    error = _decisive(errors[0])
    path = list(error.absolute_path)
    span = place_of(rule, path)
    message = error.message
    if error.validator in ("minLength", "maxLength"):
        bound = "at least" if error.validator == "minLength" else "at most"
        key = ".".join(map(str, path))
        message = f"{key} must have {bound} {error.validator_value} characters, not {len(error.instance)}"
    if error.validator == "additionalProperties":
        extra = next((key for key in error.instance if key not in error.schema.get("properties", {})), "")
        holder = value_at(rule, path)
        span = holder.place(extra) if isinstance(holder, Map) else span
        message = f"unknown key {extra!r}{suggestion(extra, error.schema.get('properties', {}))}"
    raise RuleError(message if len(message) < 300 else message[:300] + "...", name, span.line, span.column)


def _decisive(error: Any) -> Any:
    """Of a value that fits none of several forms, what is wrong with it in the one that its type is of."""
    while error.context:
        forms = {each.schema_path[0] for each in error.context}
        forms -= {each.schema_path[0] for each in error.context if each.validator == "type" and not each.path}
        if len(forms) != 1:
            break
        error = next(each for each in error.context if each.schema_path[0] in forms)
    return error


def value_at(value: Any, path: list[Any]) -> Any:
    for step in path:
        value = value[step]
    return value


def place_of(value: Any, path: list[Any]) -> Any:
    """The place of the entry that a path of keys and indexes leads to."""
    span = value.header
    for step in path:
        if not isinstance(value, (Map, Seq)):
            break
        span = value.place(step)
        value = value[step]
    return span


def _line(rule: Map, key: str) -> int:
    return rule.place(key).line


_PARAMETER = lazy_regex(r"\$([a-z][a-z0-9_]*)")


def _check_defaults(rule: Map, name: str) -> None:
    from guardrail.policy.parameters import convert

    for key, definition in (rule.get("parameters") or Map()).items():
        try:
            convert(definition["type"], plain(definition["default"]))
        except ValueError as error:
            raise RuleError(f"default of parameter {key!r}: {error}", name, definition.place("default").line) from None


def _check_used(rule: Map, name: str) -> None:
    declared = rule.get("parameters") or Map()
    used = set(_PARAMETER.findall(json.dumps(plain(rule["checks"]))))
    for key in declared:
        if key not in used:
            raise RuleError(f"parameter {key!r} is not used", name, declared.place(key).line)
