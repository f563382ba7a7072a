"""Strings that are JSON documents: container definitions, IAM policies."""

from __future__ import annotations

import json
import re
from typing import Any

from guardrail.formats.hcl_values import PartialMap
from guardrail.formats.json import load
from guardrail.model import (
    HOLE,
    Encoded,
    EncodedUnknown,
    Entries,
    Map,
    PartText,
    Sensitive,
    Seq,
    Span,
    Text,
    Unknown,
    Value,
)
from guardrail.model.patterns import lazy_regex

MAX_DEPTH = 150


def document(value: Value, span: Span) -> Map | Seq | Unknown | None:
    """The mapping or list that a value encodes; None where it is no JSON of either.

    Places are exact for what `jsonencode` was given and for heredocs and block scalars; within other strings
    all is at `span`. What is partly unknown gives its known part, a sensitive document one of sensitive leaves.
    """
    if isinstance(value, (Encoded, EncodedUnknown)):
        value = value.decoded if isinstance(value.decoded, (Map, Seq, Unknown)) else value
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


_MARK, _BARE, _END = "\ue000", "\ue001", "\ue002"  # for private use, so that no document has them
_MARKS = lazy_regex(f"[{_MARK}{_BARE}]([0-9]+){_END}")
_STRING = lazy_regex(r'"(?:\\.|[^"\\])*"', re.DOTALL)


def _with_holes(part: PartText, span: Span) -> Map | Seq | None:
    """A document of which parts are unknown: within strings, and where whole values stand. None where a part may hold
    more than that (it stands where an entry would)."""
    template = part.template
    if _MARK in template or _BARE in template or _END in template:
        return None
    pieces = template.split(HOLE)
    numbered = "".join(f"{piece}{_BARE}{number}{_END}" for number, piece in enumerate(pieces[:-1])) + pieces[-1]
    strings = _STRING.sub(lambda match: match.group().replace(_BARE, _MARK), numbered)
    marked = re.sub(f"{_BARE}[0-9]+{_END}", lambda match: f'"{match.group()}"', strings)
    root = document(template.like(marked) if isinstance(template, Text) else marked, span)
    if not isinstance(root, (Map, Seq)):
        return None
    opened = _opened(root, part)
    return opened if isinstance(opened, (Map, Seq)) else None


def _filled(text: str, part: PartText) -> Value:
    """What a text with marks in it is: the unknown itself, where it is all of it; outside of a string what is known of
    the document that stands there."""
    holes = [part.holes[int(number)] for number in _MARKS.findall(text)] if part.holes else []
    template = _MARKS.sub(HOLE, text)
    if template == HOLE:
        if holes and text[0] == _BARE and isinstance(holes[0], EncodedUnknown):
            return holes[0].decoded
        return holes[0] if holes else part.whole()
    if not holes:
        return PartText(part.reason, part.refs, template)
    reasons, refs = (dict.fromkeys(item) for item in zip(*((hole.reason, hole.refs) for hole in holes), strict=True))
    return PartText("; ".join(reasons), tuple(ref for several in refs for ref in several), template, tuple(holes))


def _opened(root: Map | Seq, part: PartText) -> Value:
    """The same with what is unknown for the marks. On a line with a hole columns are not those of the file."""
    starts: dict[int, int] = {}
    if isinstance(part.template, Text):
        for number, line in enumerate(part.template.split("\n"), part.template.first_line):
            if HOLE in line:
                starts[number] = part.template.indent + 1 + len(line) - len(line.lstrip())

    def placed(place: Span) -> Span:
        start = starts.get(place.line)
        return place if start is None else Span(place.file, place.line, start, place.line, start)

    def opened(item: Value) -> Value:  # as deep as a document may be
        if isinstance(item, Seq):
            item.spans = [placed(place) for place in item.spans]
            item.header = placed(item.header)
            item[:] = [opened(one) for one in item]
        elif isinstance(item, Map):
            item.spans = {key: placed(place) for key, place in item.spans.items()}
            item.header = placed(item.header)
            for key in item:
                item[key] = opened(item[key])
            return _keyed(item, part) if any(_END in key for key in item) else item
        elif isinstance(item, str) and _END in item:
            return _filled(item, part)
        return item

    return opened(root)


def _keyed(source: Map, part: PartText) -> Value:
    """A mapping with marks in its keys: what is known of it, and the rest."""
    if any(_BARE in key for key in source):  # an unknown that brings its own quotes may bring more
        return part.whole()
    rest = Entries(tuple((_filled(key, part), source[key]) for key in source if _END in key))
    if len(rest.pairs) == len(source):
        return rest
    known = PartialMap(rest, source.span, source.header)
    for key in source:
        if _END not in key:
            known.copy_entry(source, key)
    return known


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
