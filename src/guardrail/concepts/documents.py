"""Strings that are JSON documents: container definitions, IAM policies."""

from __future__ import annotations

import json
from typing import Any

from guardrail.model import Encoded, EncodedUnknown, Map, Sensitive, Seq, Span, Text, Unknown, Value, plain

MAX_DEPTH = 150


def document(value: Value, span: Span) -> Map | Seq | Unknown | None:
    """The mapping or list that a value encodes; None where it is no JSON of either.

    Places are exact for what `jsonencode` was given and for heredocs and block scalars; within other strings
    all is at `span`. What is partly unknown gives its known part, a sensitive document one of sensitive leaves.
    """
    if isinstance(value, (Encoded, EncodedUnknown)):
        value = value.decoded if isinstance(value.decoded, (Map, Seq, Unknown)) else value
    if isinstance(value, (Map, Seq, Unknown)):
        return value
    if isinstance(value, Sensitive):
        inner = document(value.reveal(), span)
        return _veiled(inner, value.literal) if isinstance(inner, (Map, Seq)) else inner
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return None
    try:
        parsed = json.loads(value)
        if isinstance(value, Text) and value.exact:
            located = _located(value, span.file)
            if located is not None and plain(located) == parsed:
                return located
        placed: Map | Seq = _placed(parsed, span, 0)
        return placed
    except (ValueError, RecursionError):
        return None


def _located(text: Text, file: str) -> Map | Seq | None:
    """JSON read as the YAML that it is, for the sake of places; None for the little that is JSON and no YAML
    (tabs for indentation, surrogate pairs)."""
    from guardrail.formats import yaml

    loaded = yaml.load(text.encode("utf-8", "surrogatepass"), file)
    if loaded.problems or len(loaded.documents) != 1:
        return None
    root = loaded.documents[0].value
    if not isinstance(root, (Map, Seq)):
        return None
    below, right = text.first_line - 1, text.indent
    stack: list[Map | Seq] = [root]
    while stack:
        holder = stack.pop()
        holder.span, holder.header = _moved(holder.span, below, right), _moved(holder.header, below, right)
        if isinstance(holder, Map):
            holder.spans = {key: _moved(place, below, right) for key, place in holder.spans.items()}
            stack.extend(item for item in holder.values() if isinstance(item, (Map, Seq)))
        else:
            holder.spans = [_moved(place, below, right) for place in holder.spans]
            stack.extend(item for item in holder if isinstance(item, (Map, Seq)))
    return root


def _moved(place: Span, below: int, right: int) -> Span:
    return Span(place.file, place.line + below, place.column + right, place.end_line + below, place.end_column + right)


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
