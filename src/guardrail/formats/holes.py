"""Documents with unknown parts: each stands as a mark in the text while that is read, and as what it is afterwards."""

from __future__ import annotations

import re

from guardrail.formats.hcl_values import PartialMap
from guardrail.model import HOLE, EncodedUnknown, Entries, Map, PartText, Seq, Span, Text, Value
from guardrail.model.patterns import lazy_regex

MARK, BARE, END = "\ue000", "\ue001", "\ue002"  # for private use, so that no document has them
_MARKS = lazy_regex(f"[{MARK}{BARE}]([0-9]+){END}")
_LOOSE = lazy_regex(f"{BARE}[0-9]+{END}")
_STRING = lazy_regex(r'"(?:\\.|[^"\\])*"', re.DOTALL)


def marked(part: PartText, mark: str) -> str | None:
    """The text with a numbered mark for each unknown part: MARK for one within a string or a scalar, BARE for one
    outside of strings, which may bring quotes of its own. None where the text has such signs itself."""
    template = part.template
    if MARK in template or BARE in template or END in template:
        return None
    pieces = template.split(HOLE)
    return "".join(f"{piece}{mark}{number}{END}" for number, piece in enumerate(pieces[:-1])) + pieces[-1]


def marked_json(part: PartText) -> str | None:
    """The same of JSON: what stands outside of strings is a string itself, of a BARE mark."""
    numbered = marked(part, BARE)
    if numbered is None:
        return None
    strings = _STRING.sub(lambda match: match.group().replace(BARE, MARK), numbered)
    return _LOOSE.sub(r'"\g<0>"', strings)


def opened(root: Map | Seq, part: PartText) -> Value:
    """The same with what is unknown for the marks. On a line with a hole columns are not those of the file."""
    starts: dict[int, int] = {}
    if isinstance(part.template, Text):
        for number, line in enumerate(part.template.split("\n"), part.template.first_line):
            if HOLE in line:
                starts[number] = part.template.indent + 1 + len(line) - len(line.lstrip())

    def placed(place: Span) -> Span:
        start = starts.get(place.line)
        return place if start is None else Span(place.file, place.line, start, place.line, start)

    def fill(item: Value) -> Value:  # as deep as a document may be
        if isinstance(item, Seq):
            item.spans = [placed(place) for place in item.spans]
            item.header = placed(item.header)
            item[:] = [fill(one) for one in item]
        elif isinstance(item, Map):
            item.spans = {key: placed(place) for key, place in item.spans.items()}
            item.header = placed(item.header)
            for key in item:
                item[key] = fill(item[key])
            return _keyed(item, part) if any(END in key for key in item) else item
        elif isinstance(item, str) and END in item:
            return _filled(item, part)
        return item

    return fill(root)


def _filled(text: str, part: PartText) -> Value:
    """What a text with marks in it is: the unknown itself, where it is all of it; outside of a string what is known of
    the document that stands there."""
    found = [part.holes[int(number)] for number in _MARKS.findall(text)] if part.holes else []
    template = _MARKS.sub(HOLE, text)
    if template == HOLE:
        if found and text[0] == BARE and isinstance(found[0], EncodedUnknown):
            return found[0].decoded
        return found[0] if found else part.whole()
    if not found:
        return PartText(part.reason, part.refs, template)
    reasons, refs = (dict.fromkeys(item) for item in zip(*((hole.reason, hole.refs) for hole in found), strict=True))
    return PartText("; ".join(reasons), tuple(ref for several in refs for ref in several), template, tuple(found))


def _keyed(source: Map, part: PartText) -> Value:
    """A mapping with marks in its keys: what is known of it, and the rest."""
    if any(BARE in key for key in source):  # an unknown that brings its own quotes may bring more
        return part.whole()
    rest = Entries(tuple((_filled(key, part), source[key]) for key in source if END in key))
    if len(rest.pairs) == len(source):
        return rest
    known = PartialMap(rest, source.span, source.header)
    for key in source:
        if END not in key:
            known.copy_entry(source, key)
    return known
