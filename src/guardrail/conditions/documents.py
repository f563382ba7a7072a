"""Strings that are JSON documents: container definitions, IAM policies."""

from __future__ import annotations

import json
from typing import Any

from guardrail.formats import holes
from guardrail.formats.hcl_values import relocated
from guardrail.formats.json import load
from guardrail.model import (
    Encoded,
    EncodedUnknown,
    Map,
    PartText,
    Sensitive,
    Seq,
    Span,
    Text,
    Unknown,
    Value,
)

MAX_DEPTH = 150


def document(value: Value, span: Span) -> Map | Seq | Unknown | None:
    """The mapping or list that a value encodes; None where it is no JSON of either.

    Places are exact for what `jsonencode` was given and for heredocs and block scalars; within other strings
    all is at `span`. What is partly unknown gives its known part, a sensitive document one of sensitive leaves.
    """
    if isinstance(value, (Encoded, EncodedUnknown)):
        value = value.decoded if isinstance(value.decoded, (Map, Seq, Unknown)) else value
        if isinstance(value, (Map, Seq)) and not value.header.line:  # decoded from a text itself
            value = relocated(value, span)
    if isinstance(value, PartText):
        return _with_holes(value, span) or value
    if isinstance(value, (Map, Seq, Unknown)):
        return value
    if isinstance(value, Sensitive):
        inner = document(value.reveal(), span)
        return _veiled(inner, value.literal) if isinstance(inner, (Map, Seq)) else inner
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return None
    try:
        if isinstance(value, Text) and value.exact:
            located: Map | Seq = load(value, value.file or span.file, value.first_line, value.indent)
            return located
        placed: Map | Seq = _placed(json.loads(value), span, 0)
        return placed
    except (ValueError, RecursionError):
        return None


def _with_holes(part: PartText, span: Span) -> Map | Seq | None:
    """A document of which parts are unknown: within strings, and where whole values stand. None where a part may hold
    more than that (it stands where an entry would)."""
    marked = holes.marked_json(part)
    if marked is None:
        return None
    root = document(part.template.like(marked) if isinstance(part.template, Text) else marked, span)
    if not isinstance(root, (Map, Seq)):
        return None
    opened = holes.opened(root, part)
    return opened if isinstance(opened, (Map, Seq)) else None


def _placed(parsed: Any, span: Span, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise ValueError("nested too deep")
    if isinstance(parsed, dict):
        mapping = Map(span)
        for key, item in parsed.items():
            mapping.put(key, _placed(item, span, depth + 1), span)
        return mapping
    if isinstance(parsed, list):
        sequence = Seq(span)
        for item in parsed:
            sequence.add(_placed(item, span, depth + 1), span)
        return sequence
    return parsed


def _veiled(value: Any, literal: bool) -> Any:
    if isinstance(value, Map):
        mapping = Map(value.span, value.header)
        for key in value:
            mapping.put(key, _veiled(value[key], literal), value.spans.get(key, value.header))
        return mapping
    if isinstance(value, Seq):
        sequence = Seq(value.span, value.header)
        for index, item in enumerate(value):
            sequence.add(_veiled(item, literal), value.place(index))
        return sequence
    if value is None or isinstance(value, (bool, Unknown, Sensitive)):
        return value
    return Sensitive(value, literal)
