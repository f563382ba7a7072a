"""What Flux puts into manifests once they are built: `${APP}`, `${SIZE:=5Gi}`.

https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution. Only what is known is put
in. A variable that may come from somewhere else, and what is cut or replaced in a value, stay as they are written, and
so are taken for what is filled in later.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple, TypeVar

from guardrail.formats.yaml import plain_scalar
from guardrail.inputs.kubernetes.secrets import hide
from guardrail.model import Map, Origin, OriginsOf, Sensitive, Seq, Span, Text, Value
from guardrail.model.patterns import lazy_regex

MAX_ADDED = 5_000_000
"""Characters that are put into all objects together."""
_MAX_NESTED = 5  # defaults in defaults
_DISABLED = "kustomize.toolkit.fluxcd.io/substitute"
_NAME = lazy_regex(r"[A-Za-z_][A-Za-z0-9_]*")
_DEFAULT = (":=", ":-", "=")
# Where YAML would not take a text for one word, or a line of it, it is written in quotes.
_NOT_PLAIN = lazy_regex(r"\A[\s\[\]{}&*!|>%@`\"'#,]|\A[-?:](?:\s|\Z)|:(?:\s|\Z)|\s#|\s\Z|\n")
_QUOTED = lazy_regex(r"""\A(?:"([^"\\\n]*)"|'([^'\n]*)')\Z""")

Key = TypeVar("Key", str, int)


class Variable(NamedTuple):
    value: str
    name: str
    origin: str
    place: Span


class Substitution(NamedTuple):
    """What a Kustomization puts into what a folder holds: `deep`, with the folders below, where no kustomization says
    what is taken. `variables`: None for one whose value is not known. `closed`: there are no others than these."""

    folder: str
    deep: bool
    variables: Mapping[str, Variable | None]
    closed: bool
    label: str
    place: Span


def agreed(several: list[Substitution]) -> Substitution:
    """What all that deploy one folder put into it."""
    first, *others = several
    if not others:
        return first
    found = dict(first.variables)
    for other in others:
        for name in {*found, *other.variables}:
            one, two = found.get(name), other.variables.get(name)
            if one is None or two is None or one.value != two.value:
                found[name] = None
    return first._replace(variables=found, closed=all(each.closed for each in several))


class Filling:
    """Fills objects in place, and keeps account of how much is put into all of them."""

    def __init__(self) -> None:
        self.added = 0
        self._left = False  # in the object that is being filled

    def fill(self, value: Map, substitution: Substitution) -> tuple[bool, bool]:
        """Whether anything was put into the object, and whether anything is left to be put in."""
        if _is_left_alone(value):
            return False, False
        changed, self._left = False, False
        is_secret = value.get("kind") == "Secret"
        stack: list[Map | Seq] = [value]
        seen: set[int] = set()
        while stack:
            holder = stack.pop()
            if id(holder) in seen:
                continue
            seen.add(id(holder))
            stack.extend(item for item in (holder.values() if isinstance(holder, Map) else holder)
                         if isinstance(item, (Map, Seq)))  # fmt: skip
            if isinstance(holder, Map):
                for key, item in list(holder.items()):
                    made = self._made(item, substitution, is_secret)
                    if made is not None:
                        holder.put(key, made[0], holder.place(key), _after(made[1], holder.origins, key))
                        changed = True
            else:
                for index, item in enumerate(list(holder)):
                    made = self._made(item, substitution, is_secret)
                    if made is not None:
                        holder[index] = made[0]
                        holder.origins = {**(holder.origins or {}), index: _after(made[1], holder.origins, index)}
                        changed = True
        if changed and is_secret:
            hide(value)
        return changed, self._left

    def _made(self, written: Value, substitution: Substitution, is_secret: bool) -> tuple[Value, OriginsOf] | None:
        if not isinstance(written, str) or "${" not in written:
            return None
        used: dict[str, Variable] = {}
        text = _expanded(written, substitution, used, MAX_ADDED - self.added)
        self._left = self._left or text is None or ("${" in text and "$${" not in written)
        if text is None or text == written:
            return None
        known, value = _read_again(written, text)
        if not known:
            return None
        self.added += max(len(text) - len(written), 0)
        return value, _origins(list(used.values()), is_secret)


def _is_left_alone(value: Map) -> bool:
    metadata = value.get("metadata")
    for key in ("labels", "annotations"):
        marks = metadata.get(key) if isinstance(metadata, Map) else None
        if isinstance(marks, Map) and marks.get(_DISABLED) == "disabled":
            return True
    return False


def _after(first: OriginsOf, others: Mapping[Key, OriginsOf] | None, key: Key) -> OriginsOf:
    before: OriginsOf | None = others.get(key) if others else None
    return first if before is None else partial(_both, first, before)


def _both(first: OriginsOf, then: OriginsOf) -> tuple[Origin, ...]:
    return (*first(), *then())


def _origins(used: list[Variable], is_secret: bool) -> OriginsOf:
    def origins() -> tuple[Origin, ...]:
        return tuple(
            Origin(f"{each.name} of {each.origin}", each.place, Sensitive(each.value) if is_secret else each.value)
            for each in used
        )

    return origins


def _expanded(
    text: str, substitution: Substitution, used: dict[str, Variable], room: int, depth: int = 0
) -> str | None:
    """With all that is known; None where it would be too long, or Flux could not read it."""
    pieces: list[str] = []
    position = 0
    while True:
        start = text.find("${", position)
        if start < 0:
            pieces.append(text[position:])
            break
        if start > position and text[start - 1] == "$":  # `$${APP}` is `${APP}` once it is put in
            pieces.append(text[position : start - 1] + "${")
            position = start + 2
            continue
        end = _end(text, start + 2)
        if end < 0:
            return None
        pieces.append(text[position:start])
        value = _value(text[start + 2 : end], substitution, used, room, depth)
        pieces.append(text[start : end + 1] if value is None else value)
        room -= len(pieces[-1])
        if room < 0:
            return None
        position = end + 1
    return "".join(pieces)


def _end(text: str, position: int) -> int:
    """Where the brace is that closes one; -1 where there is none."""
    depth = 1
    while depth:
        close, opening = text.find("}", position), text.find("${", position)
        if close < 0:
            return -1
        if 0 <= opening < close:
            depth, position = depth + 1, opening + 2
            if depth > _MAX_NESTED:
                return -1
        else:
            depth, position = depth - 1, close + 1
    return position - 1


def _value(inside: str, substitution: Substitution, used: dict[str, Variable], room: int, depth: int) -> str | None:
    name = _NAME.match(inside)
    if name is None or depth > _MAX_NESTED:
        return None
    rest = inside[name.end() :]
    sign = next((sign for sign in _DEFAULT if rest.startswith(sign)), "")
    if rest and not sign:
        return None
    variable = substitution.variables.get(name[0])
    if variable is not None and (variable.value or not sign):
        used[variable.name] = variable
        return variable.value
    if not sign or (variable is None and (name[0] in substitution.variables or not substitution.closed)):
        return None
    default = _expanded(rest[len(sign) :], substitution, used, room, depth + 1)
    return None if default is None or "${" in default else default


def _read_again(written: str, text: str) -> tuple[bool, Value]:
    """Whether it is known what YAML makes of a text that is put in, and what: it is read once more afterwards, without
    the quotes that it does not need."""
    if isinstance(written, Text):
        return True, written.like(text)
    if _NOT_PLAIN.search(written):
        return True, text
    if not text:
        return True, None
    quoted = _QUOTED.match(text)
    if quoted is not None:
        return True, quoted[1] if quoted[1] is not None else quoted[2]
    return (False, None) if _NOT_PLAIN.search(text) else (True, plain_scalar(text, "kubernetes"))
