"""What `schema_faults` says of what it finds, and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from guardrail.concepts.kubernetes_schema import OBJECT, Field, Type, type_called
from guardrail.model import Map, Seq, Value
from guardrail.model.patterns import lazy_regex

_NEAR, _NEARER = 0.75, 0.85
_AMOUNT = lazy_regex(r"([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]+)\Z")
_SUFFIXES = frozenset(("n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"))
_UNITS = {
    "b": "", "kb": "k", "mb": "M", "gb": "G", "tb": "T", "kib": "Ki", "mib": "Mi", "gib": "Gi", "tib": "Ti", "k": "k",
    "g": "G", "t": "T", "ki": "Ki", "mi": "Mi", "gi": "Gi", "ti": "Ti", "cpu": "", "cpus": "", "core": "", "cores": "",
}  # fmt: skip
_LONGEST = 40
MAX_LENGTH = 80  # of a word that may have been meant to be another


def found_words(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        text = " ".join(value.split())
        return f'the text "{text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."}"'
    return "a list" if isinstance(value, Seq) else "a mapping"


def kind_words(value: Value) -> str:
    """Of what must not be shown."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    return "text" if isinstance(value, str) else found_words(value)


class Around(NamedTuple):
    """An object that a field stands in, or in something of: its type, what is set in it, and the way to it."""

    type_: Type
    written: Map
    way: str

    def lacks(self, key: str) -> bool:
        return key in self.type_.fields and key not in self.written


def meant_field(key: str, around: list[Around]) -> str:
    """The field that was meant by one that isn't there: one of the object's, spelt nearly alike or with the object's
    own name in front (`secret: {name: ...}`), or the same further in or out. None that is set."""
    own = around[-1]
    joined = f"{own.way.rpartition('.')[2]}{key[:1].upper()}{key[1:]}"
    free = [name for name in own.type_.fields if name not in own.written]
    nearer = joined if joined in free else _nearest(key, free, _NEARER)
    if nearer:
        return nearer
    inside = _inside(key, own, 3)
    if inside:
        return f"{own.way}.{inside}" if own.way else inside
    for outer in reversed(around[:-1]):
        if outer.lacks(key):
            return f"{outer.way}.{key}" if outer.way else key
    return _nearest(key, free, _NEAR)


def _inside(key: str, own: Around, depth: int) -> str:
    """The way to a field of that name in what the object's fields hold, the shortest."""
    level = [own._replace(way="")]
    for _ in range(depth):
        deeper: list[Around] = []
        for holder in level:
            for name, field in holder.type_.fields.items():
                if field.form == OBJECT:
                    value = holder.written.get(name)
                    inner = Around(type_called(field.of), value if isinstance(value, Map) else Map(), name)
                    if inner.lacks(key):
                        return f"{holder.way}{name}.{key}"
                    deeper.append(inner._replace(way=f"{holder.way}{name}."))
        level = deeper[:60]
    return ""


def meant_value(value: str, field: Field) -> str:
    """The text that was meant by one that the field doesn't take."""
    return _nearest(value, field.of, _NEAR) if isinstance(field.of, tuple) else ""


def meant_quantity(value: str) -> str:
    """`512M` for `512MB`."""
    found = _AMOUNT.match(value.strip())
    if found is None:
        return ""
    unit = found[2] if found[2] in _SUFFIXES else _UNITS.get(found[2].lower())
    return f"{found[1]}{unit}" if unit is not None else ""


def _nearest(word: str, choices: Iterable[str], cutoff: float) -> str:
    from difflib import get_close_matches

    if len(word) > MAX_LENGTH:
        return ""
    by_folded = {choice.lower(): choice for choice in sorted(choices, reverse=True) if choice}
    found = get_close_matches(word.lower(), sorted(by_folded), n=1, cutoff=cutoff)
    return by_folded[found[0]] if found else ""
