"""Manifests that are no YAML before something fills them in: `replicas: {{ .Replicas }}`, without quotes.

Go's templates, Jinja's and others' put values between double braces. Where such values are all that is to be filled
in, the file can be read: what is known of it is what stands around them, and they are texts as they would be in
quotes. Where pieces of the file hang on conditions and loops, what it will be is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from guardrail.formats import yaml
from guardrail.inputs.kubernetes import documents
from guardrail.model import Map, Seq, Text, Value
from guardrail.model.patterns import lazy_regex

_OPEN, _CLOSE = "{{", "}}"
# With braces in its strings.
_WHOLE = lazy_regex(r'\{\{(?:[^"}]|"(?:[^"\\\n]|\\.){0,1000}"|\}(?!\})){0,2000}\}\}')
_FIRST, _REST = 0xE000, "\uf8ff"  # for private use: nobody's text has them, and they mean nothing to YAML
_MOST = 0xF8FF - _FIRST  # different actions of a file
_MARK = lazy_regex(r"([\ue000-\uf8fe])\uf8ff*")
_PRIVATE = lazy_regex(r"[\ue000-\uf8ff]")
# What doesn't put out a value, but decides on what stands around it.
_DECIDES = lazy_regex(
    r"\{\{[-~]?\s*(?:/\*|[!#>^/]|(?:if|else|end|range|with|define|block|template|include|break|continue|for)\b|\$\w+\s*:?=)"
)
_STATEMENT = lazy_regex(r"\{%[^%\n]{0,1000}%\}")
# Go's and Jinja's, the directives of Terraform's templates, those of FreeMarker's.
_SIGN = lazy_regex(r"\{\{|\{%|%\{~?\s*(?:if|else|endif|for|endfor)\b|</?#[a-z]")


class _Action(NamedTuple):
    start: int
    end: int
    text: str


def read_as_written(text: str, path: str, dialect: str) -> yaml.Loaded | None:
    """The documents of a file with the values that are to be filled in as texts; None where there is more to it."""
    if _STATEMENT.search(text) or _PRIVATE.search(text):
        return None
    numbers: dict[str, int] = {}
    pieces: list[str] = []
    position = 0
    for action in _actions(text):
        if "\n" in action.text or _DECIDES.match(action.text):
            return None
        number = numbers.setdefault(action.text, len(numbers))
        if number >= _MOST:
            return None
        pieces += (text[position : action.start], chr(_FIRST + number), _REST * (len(action.text) - 1))
        position = action.end
    if not numbers:
        return None
    loaded = documents.load("".join((*pieces, text[position:])).encode("utf-8", "surrogatepass"), path, dialect)
    if any(problem.kind == "syntax" for problem in loaded.problems):
        return None
    texts = list(numbers)
    if not all(_restored(document.value, texts) for document in loaded.documents):
        return None
    return yaml.Loaded(loaded.documents, loaded.problems, text)


def is_template(text: str) -> bool:
    """Whether something is to be filled in."""
    return _SIGN.search(text) is not None


def are_why(text: str, broken: list[int]) -> list[int]:
    """Those of the lines at which the YAML ends that it ends at for what is to be filled in there, or just before."""
    lines = text.split("\n")
    return [number for number in broken if any(map(is_template, _around(number, lines)))]


def _around(number: int, lines: list[str]) -> list[str]:
    """A line and the one before that says anything."""
    above = number - 1
    while above > 0 and lines[above - 1].lstrip()[:1] in ("", "#"):
        above -= 1
    return [*lines[above - 1 : above], *lines[number - 1 : number]] if above else lines[number - 1 : number]


def _actions(text: str) -> Iterator[_Action]:
    position = text.find(_OPEN)
    while position >= 0:
        whole = _WHOLE.match(text, position)
        close = whole.end() - len(_CLOSE) if whole else text.find(_CLOSE, position)
        if close < 0:
            return
        end = close + len(_CLOSE)
        yield _Action(position, end, text[position:end])
        position = text.find(_OPEN, end)


def _restored(root: Value, texts: list[str]) -> bool:
    """Puts the actions back into the values of a document. False where a key is to be filled in."""

    def restore(value: str) -> str:
        whole = _MARK.sub(lambda match: texts[ord(match[1]) - _FIRST], value)
        if isinstance(value, Text):
            return Text(whole, value.first_line, value.indent, value.exact, value.file)
        return whole

    stack: list[Value] = [root]
    seen: set[int] = set()
    while stack:
        holder = stack.pop()
        while isinstance(holder, yaml.Tag):
            holder = holder.value
            if isinstance(holder, str) and _PRIVATE.search(holder):
                return False
        if id(holder) in seen:
            continue
        seen.add(id(holder))
        keys = list(holder) if isinstance(holder, Map) else range(len(holder)) if isinstance(holder, Seq) else ()
        for key in keys:
            if isinstance(key, str) and _PRIVATE.search(key):
                return False
            item = holder[key]
            if isinstance(item, str):
                if _PRIVATE.search(item):
                    holder[key] = restore(item)
            else:
                stack.append(item)
    return True
