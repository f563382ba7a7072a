"""The keys and values of a dict, in an order. `keys` and `values` of Helm's functions give them in another one each
time, and with it whatever a template puts out for each of them; that of the keys is as good as any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from guardrail.inputs.kubernetes.helm.syntax import NotATemplate, Template
from guardrail.model.patterns import lazy_regex

_CALLED = lazy_regex(r"\b(?:keys|values)\b")
_TOKEN = lazy_regex(r"\"(?:[^\"\\]|\\.)*\"|`[^`]*`|'(?:[^'\\]|\\.)*'|[()|]|(?<![\w.$])(?:keys|values)\b")
_RANGE = lazy_regex(r"range\s+(?:\$\w*\s*:=\s*)?(?=values\b)")
SORTED = " | sortAlpha "
# `range` goes through a dict by its keys. Everywhere else a list is needed, of whatever the values are.
_LISTED = 'include "guardrail values"'
LISTS = (
    '{{ define "guardrail values" }}{{ $values := list }}{{ range $key := keys . | sortAlpha }}'
    "{{ $values = append $values (get $ $key) }}{{ end }}{{ toJson $values }}{{ end }}"
)


class _Call(NamedTuple):
    word: str
    start: int
    end: int


def in_order(text: str) -> str:
    """A template that sorts what it gets of `keys` and `values`. It keeps its lines."""
    if not _CALLED.search(text):
        return text
    try:
        template = Template(text)
    except NotATemplate:
        return text  # Helm says what is wrong with it
    edits: list[tuple[int, int, str]] = []  # where, up to where it replaces, what
    for action in template.actions:
        start = text.find(action.body, action.start)
        ranged = _RANGE.match(action.body)
        for call in _calls(text, start, start + len(action.body)):
            if call.word == "keys":
                edits.append((call.end, call.end, SORTED))
            elif ranged and call.start == start + ranged.end() and call.end == start + len(action.body):
                edits.append((call.start, call.start + len(call.word), ""))
            else:
                edits += (
                    (call.start, call.start + len(call.word), _LISTED),
                    (call.end, call.end, " | fromJsonArray "),
                )
    pieces: list[str] = []
    position = 0
    for at, stop, piece in sorted(edits, key=lambda edit: edit[:2]):
        pieces += (text[position:at], piece)
        position = stop
    listed = LISTS if any(piece == _LISTED for _, _, piece in edits) else ""
    return "".join((*pieces, text[position:], listed))


def _calls(text: str, start: int, stop: int) -> Iterator[_Call]:
    depth = 0
    opened: list[tuple[int, str, int]] = []  # how deep in parentheses the calls are that have not ended
    for token in _TOKEN.finditer(text, start, stop):
        sign = token.group()
        if sign in ("|", ")") and opened and opened[-1][0] == depth:
            _, word, at = opened.pop()
            yield _Call(word, at, token.start())
        depth += (sign == "(") - (sign == ")")
        if sign in ("keys", "values"):
            opened.append((depth, sign, token.start()))
    if opened:
        _, word, at = opened[-1]
        yield _Call(word, at, stop)
