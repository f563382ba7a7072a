"""Terraform's JSON syntax -> the same blocks and attributes as the native one.

JSON does not tell a nested block from an attribute that is an object; the provider's schema does, and for
types that are not known there, a list of objects is taken for blocks.
"""

from __future__ import annotations

import gzip
import json
import os
from functools import cache
from typing import Any

from guardrail.formats.hcl import Attribute, Block, Body, Document, parse_template
from guardrail.formats.hcl_collection_nodes import Object, Tuple
from guardrail.formats.hcl_nodes import Broken, Literal, Node
from guardrail.formats.yaml import load
from guardrail.model import Map, Problem, Seq, Span, Value

MAX_DEPTH = 100

_LABELS = {"resource": 2, "data": 2, "ephemeral": 2, "variable": 1, "output": 1, "module": 1, "provider": 1,
           "locals": 0, "terraform": 0, "moved": 0, "import": 0, "removed": 0, "check": 1}  # fmt: skip
_NESTED: dict[str, dict[str, Any]] = {
    "terraform": {"backend": {"": {}}, "cloud": {"workspaces": {}}, "required_providers": {},
                  "provider_meta": {"": {}}},
    "variable": {"validation": {}},
    "output": {"precondition": {}},
}  # fmt: skip
_META: dict[str, dict[str, Any]] = {
    "lifecycle": {"precondition": {}, "postcondition": {}, "action_trigger": {}},
    "provisioner": {"": {"connection": {}}}, "connection": {},
    "timeouts": {},
}  # fmt: skip


@cache
def block_names() -> dict[str, dict[str, Any]]:
    """section ("resources", "data", "config") -> type -> names of its nested blocks, nested alike."""
    path = os.path.join(os.path.dirname(__file__), "blocks.json.gz")
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        data: dict[str, dict[str, Any]] = json.load(stream)
    return data


def parse_json(data: bytes, file: str) -> Document:
    loaded = load(data, file)
    problems = [
        Problem(told.kind, told.message.replace("not valid YAML", "not valid JSON"), file, told.line)
        for told in loaded.problems
    ]
    body = Body()
    root = loaded.documents[0].value if loaded.documents else None
    if isinstance(root, Map):
        if file.endswith((".tfvars.json",)):
            for name in root:
                body.attributes[name] = Attribute(name, _literal(root[name]), root.spans[name])
        else:
            _Reader(body, problems, file).top(root)
    elif isinstance(root, Seq) and all(isinstance(part, Map) for part in root) and not file.endswith(".tfvars.json"):
        reader = _Reader(body, problems, file)
        for part in root:
            reader.top(part)
    elif not problems:
        problems.append(Problem("syntax", "Terraform's JSON is an object", file, 1))
    return Document(file, body, problems)


def _literal(value: Value) -> Node:
    """Values of a tfvars file are taken as they are, without templates."""
    return Literal(value if isinstance(value, (str, int, float, bool, Map, Seq)) or value is None else None)


class _Reader:
    def __init__(self, body: Body, problems: list[Problem], file: str) -> None:
        self.body, self.problems, self.file = body, problems, file

    def top(self, root: Map) -> None:
        for kind in root:
            if kind == "//":
                continue
            labels = _LABELS.get(kind)
            if labels is None:
                self.tell(f"there is no block type {kind[:60]!r}", root.spans[kind])
            else:
                self.labelled(kind, (), labels, root[kind], root.spans[kind])

    def tell(self, message: str, span: Span) -> None:
        self.problems.append(Problem("syntax", message, self.file, span.line))

    def labelled(self, kind: str, labels: tuple[str, ...], more: int, value: Value, span: Span) -> None:
        items = list(value) if isinstance(value, Seq) else [value]
        for item in items:
            if not isinstance(item, Map):
                self.tell(f"{kind} needs an object", span)
            elif more:
                for name in item:
                    if name != "//":
                        self.labelled(kind, (*labels, name), more - 1, item[name], item.spans[name])
            else:
                whole = item.span if isinstance(value, Seq) else span
                nested = self.nested(kind, labels)
                self.body.blocks.append(Block(kind, labels, self.inner(item, nested, 0), whole, item.header))

    def nested(self, kind: str, labels: tuple[str, ...]) -> dict[str, Any] | None:
        section = {"resource": "resources", "data": "data", "provider": "config"}.get(kind)
        if section is None:
            return _NESTED.get(kind, {})
        known = block_names()[section].get(labels[0])
        return None if known is None else {**known, **_META}

    def inner(self, value: Map, nested: dict[str, Any] | None, depth: int) -> Body:
        body = Body()
        for name in value:
            if name == "//":
                continue
            item, span = value[name], value.spans[name]
            if name == "dynamic" and isinstance(item, Map):
                self.dynamic(body, item, nested, depth)
            elif self.is_block(name, item, nested):
                inner = nested.get(name) if nested is not None else None
                self.blocks(body, name, (), item, span, inner, depth)
            else:
                source = item if name == "type" and isinstance(item, str) else ""
                body.attributes[name] = Attribute(name, self.node(item, span, depth), span, source)
        return body

    def is_block(self, name: str, item: Value, nested: dict[str, Any] | None) -> bool:
        if nested is not None:
            return name in nested and isinstance(item, (Map, Seq))
        return name in _META or (isinstance(item, Seq) and bool(item) and all(isinstance(one, Map) for one in item))

    def blocks(
        self, body: Body, name: str, labels: tuple[str, ...], item: Value, span: Span, nested: dict[str, Any] | None,
        depth: int,
    ) -> None:  # fmt: skip
        if depth > MAX_DEPTH:
            self.tell(f"blocks nested more than {MAX_DEPTH} deep", span)
            return
        for one in item if isinstance(item, Seq) else [item]:
            if not isinstance(one, Map):
                self.tell(f"{name} needs an object", span)
            elif nested is not None and "" in nested and not labels:
                for label in one:
                    self.blocks(body, name, (label,), one[label], one.spans[label], nested, depth + 1)
            else:
                inside = nested.get("", nested) if nested is not None and labels else nested
                whole = one.span if isinstance(item, Seq) else span
                body.blocks.append(Block(name, labels, self.inner(one, inside, depth + 1), whole, one.header))

    def dynamic(self, body: Body, item: Map, nested: dict[str, Any] | None, depth: int) -> None:
        for name in item:
            inner = nested.get(name) if nested is not None else None
            for one in item[name] if isinstance(item[name], Seq) else [item[name]]:
                if isinstance(one, Map) and depth <= MAX_DEPTH:
                    made = self.inner(one, {"content": inner if inner is not None else {}}, depth + 1)
                    body.blocks.append(Block("dynamic", (name,), made, one.span, one.header))

    def node(self, value: Value, span: Span, depth: int) -> Node:
        if isinstance(value, str):
            return self.text(str(value), span)
        if isinstance(value, (Map, Seq)) and depth > MAX_DEPTH:
            self.tell(f"a value nested more than {MAX_DEPTH} deep", span)
            return Broken("it is nested too deep")
        if isinstance(value, Map):
            entries: list[tuple[str | Node, Node, Span]] = []
            for name in value:
                key = self.text(name, value.spans[name]) if "{" in name else Literal(name)
                entry = name if isinstance(key, Literal) else key
                entries.append((entry, self.node(value[name], value.spans[name], depth + 1), value.spans[name]))
            return Object(entries, value.span, value.header, value.span.line)
        if isinstance(value, Seq):
            items = [self.node(item, value.spans[index], depth + 1) for index, item in enumerate(value)]
            made = Tuple(items, list(value.spans), value.span)
            made.header = value.header
            return made
        if value is None or isinstance(value, (int, float, bool)):
            return Literal(value)
        self.tell("a value that JSON does not have", span)
        return Broken("it is no JSON")

    def text(self, value: str, span: Span) -> Node:
        try:
            return parse_template(value, self.file, span.line)
        except ValueError as error:
            self.tell(f"not a valid template: {error}", span)
            return Broken("its template has a syntax error")
