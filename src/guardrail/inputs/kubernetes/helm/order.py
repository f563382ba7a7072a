"""The keys of a dict, in an order. `keys` of Helm's functions gives them in another one each time, and with it whatever
a template puts out for each of them; sorted, they are as good as any."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.inputs.kubernetes.helm.syntax import Action, NotATemplate, Template
from guardrail.model.patterns import lazy_regex

_CALLED = lazy_regex(r"\bkeys\b")
_TOKEN = lazy_regex(r"\"(?:[^\"\\]|\\.)*\"|`[^`]*`|'(?:[^'\\]|\\.)*'|[()|]|(?<![\w.$])keys\b")
SORTED = " | sortAlpha "


def with_sorted_keys(text: str) -> str:
    """A template that sorts what it gets of `keys`. It keeps its lines."""
    if not _CALLED.search(text):
        return text
    try:
        template = Template(text)
    except NotATemplate:
        return text  # Helm says what is wrong with it
    pieces: list[str] = []
    position = 0
    for action in template.actions:
        for end in _ends(text, action):
            pieces += (text[position:end], SORTED)
            position = end
    return "".join((*pieces, text[position:]))


def _ends(text: str, action: Action) -> Iterator[int]:
    """Where calls of `keys` end."""
    start = text.find(action.body, action.start)
    stop = start + len(action.body)
    depth = 0
    open_at: list[int] = []  # how deep in parentheses the calls are that have not ended
    for token in _TOKEN.finditer(text, start, stop):
        sign = token.group()
        if sign in ("|", ")") and open_at and open_at[-1] == depth:
            open_at.pop()
            yield token.start()
        depth += (sign == "(") - (sign == ")")
        if sign == "keys":
            open_at.append(depth)
    if open_at:
        yield stop
