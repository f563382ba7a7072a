"""What the objects of Kubernetes' API are made of, as a release of Kubernetes says itself.

`kubernetes_schema.gz` is written from Kubernetes' OpenAPI specification (Apache Licence 2.0) by
`tools/kubernetes_schema.py`, where its lines are described. It is read when an
object of a kind that it has stands in the scan, and then only the lines of the types that the object comes to.
"""

from __future__ import annotations

import os
from functools import cache, lru_cache
from typing import Any

from guardrail.model import EncodedUnknown, PartText, Reference, Unknown

OBJECT, LIST, MAPPING, ENUM, QUANTITY, SCALAR, ANYTHING = range(7)
_UNKNOWN = (Unknown, Reference, PartText, EncodedUnknown)
_SCALARS: dict[str, tuple[type, ...]] = {"s": (str,), "i": (int,), "b": (bool,), "n": (int, float), "x": (int, str)}
_EXPECTED = {
    "s": "text", "i": "a whole number", "b": "true or false", "n": "a number",
    "x": "a whole number or text", "q": "a quantity (`500m`, `1Gi`)",
}  # fmt: skip


class Field:
    """`accepted`: classes of values that are right without a further look. `of`: what it is made of: the name of a
    type, a Field (the items'), or the texts that it takes. `expected`: what it takes, in words."""

    __slots__ = ("accepted", "expected", "form", "of", "word")

    def __init__(self, word: str, required: bool = False) -> None:
        self.word = word
        self.of: Any = None
        plain: tuple[type, ...] = ()
        sign = word[0]
        if sign in "@[{":
            self.form = {"@": OBJECT, "[": LIST, "{": MAPPING}[sign]
            self.of = word[1:] if sign == "@" else field(word[1:])
            self.expected = "a list" if sign == "[" else "a mapping"
        elif sign == "e":
            self.form, self.of = ENUM, tuple(word[2:-1].split("|"))
            self.expected = ", ".join(value for value in self.of if value)
        elif sign == "q":
            self.form, plain, self.expected = QUANTITY, (int, float), _EXPECTED[sign]
        else:
            self.form = SCALAR if sign in _SCALARS else ANYTHING
            plain, self.expected = _SCALARS.get(sign, ()), _EXPECTED.get(sign, "")
        nothing = () if required else (type(None),)
        self.accepted: frozenset[type] = frozenset((*plain, *_UNKNOWN, *nothing))


class Type:
    __slots__ = ("fields", "required")

    def __init__(self, fields: dict[str, Field], required: frozenset[str]) -> None:
        self.fields, self.required = fields, required


@lru_cache(maxsize=1)
def _text() -> str:
    import zlib

    with open(os.path.join(os.path.dirname(__file__), "kubernetes_schema.gz"), "rb") as stream:
        return zlib.decompress(stream.read(), 31).decode()


def version() -> str:
    """The release that says so: `1.37`."""
    return _text().split("\n", 1)[0]


def kinds() -> list[str]:
    """Kinds with their versions: `apps/v1/Deployment`, `v1/Pod`."""
    return [line[1:].split("\t")[0] for line in _text().split("\n") if line.startswith("=")]


def _line(key: str) -> str | None:
    text = _text()
    start = text.find(f"\n{key}\t")
    return text[start + len(key) + 2 : text.index("\n", start + 1)] if start >= 0 else None


@lru_cache(maxsize=512)
def type_of_kind(api_version: str, kind: str) -> Type | None:
    """None for kinds, and versions of them, that the release doesn't have."""
    if "\t" in kind or "\n" in kind or "\t" in api_version or "\n" in api_version:
        return None
    name = _line(f"={api_version}/{kind}")
    return type_called(name) if name else None


@cache
def type_called(name: str) -> Type:
    line = _line(name)
    fields: dict[str, Field] = {}
    required = []
    for part in line.split("\t") if line else ():
        key, _, word = part.partition(":")
        if word[0] == "!":
            required.append(key)
            fields[key] = _required(word[1:])
        else:
            fields[key] = field(word)
    return Type(fields, frozenset(required))


@cache
def field(word: str) -> Field:
    return Field(word)


@cache
def _required(word: str) -> Field:
    return Field(word, required=True)
