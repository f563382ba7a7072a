"""What else must not tell a secret: copies of it, the way by which it came, excerpts of the source."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TypeVar

from guardrail.concepts.secret_copies import Copies
from guardrail.concepts.secret_places import is_handed_in
from guardrail.formats.secret_forms import looks_random, star_out, starred
from guardrail.formats.secret_texts import assignments_in, veiled
from guardrail.model import (
    HOLDERS,
    Encoded,
    EncodedUnknown,
    Map,
    OneOf,
    Origin,
    OriginsOf,
    PartText,
    Problem,
    Resource,
    Sensitive,
    Seq,
    Span,
    Text,
    Value,
    inside,
)
from guardrail.model.patterns import lazy_regex


def veil_origin(holder: Map | Seq, key: str | int) -> None:
    """Where a hidden value came from must not tell it either."""
    origins = holder.origins
    if not origins or key not in origins:
        return
    told: OriginsOf = origins[key]  # type: ignore[index]

    def veiled() -> tuple[Origin, ...]:
        return tuple(Origin(step.note, step.span, Sensitive(step.value)) for step in told())

    origins[key] = veiled  # type: ignore[index]


class Concealer:
    """Values on the way of others that are no secrets themselves: a script's way leads past the password that is put
    into it. `hidden`: secrets with their places; those that have none are a plan's, which says that they are secret."""

    def __init__(self, hidden: Iterable[tuple[str, Span]]) -> None:
        self.at: dict[tuple[str, int], list[str]] = {}
        anywhere: list[str] = []
        for value, span in hidden:
            if not value:
                continue
            if span.line:
                self.at.setdefault((span.file, span.line), []).append(value)
            if not _may_be_a_word(value) or not span.line:  # which may well be something else
                anywhere.append(value)
        self.copies = Copies(anywhere)

    def way(self, origins: Iterable[Origin]) -> Iterator[Origin]:
        """The steps by which a value came. Of a mapping that was handed in from outside only a part may be what is
        judged, and nobody knows what else is in it."""
        steps = tuple(origins)
        handed_in = any(is_handed_in(step.note) for step in steps)
        for step in steps:
            whole = handed_in and has_mapping(step.value)
            yield step._replace(value=Sensitive(step.value) if whole else self(step.value, step.span))

    def __call__(self, value: Value, span: Span) -> Value:
        if isinstance(value, Sensitive):
            return value
        secrets = self.at.get((span.file, span.line), ())
        texts = [str(leaf) for leaf in leaves_of(value)]
        if any(self.copies.within(text) or any(secret in text for secret in secrets) for text in texts):
            return Sensitive(value)
        if isinstance(value, str):
            return star_out(value)
        return Sensitive(value) if any(star_out(text) != text for text in texts) else value


def leaves_of(value: Value) -> Iterator[str | int | float]:
    """The texts and numbers in a value, what is encoded decoded, what is sensitive revealed."""
    stack = [value]
    while stack:
        value = stack.pop()
        if isinstance(value, Sensitive):
            value = value.reveal()
        held = inside(value)
        if held is not value:
            stack.append(held)
        elif isinstance(value, dict):
            stack.extend(reversed(list(value.values())))
        elif isinstance(value, list):
            stack.extend(reversed(value))
        elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
            yield value


def _may_be_a_word(secret: str) -> bool:
    return len(secret) < 8 or (len(secret) < 12 and secret.isalpha() and secret.islower())


def has_mapping(value: Value) -> bool:
    stack = [value]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            return True
        if isinstance(value, list):
            stack.extend(value)
    return False


class Scrubber:
    """Stars out copies of what was found, wherever a template or an output carried them."""

    def __init__(self, values: Iterable[str]) -> None:
        self.copies = Copies(values)
        self.walked: set[int] = set()

    def resource(self, resource: Resource) -> None:
        self.walk(resource.attributes)
        if isinstance(resource.tags, Map):
            self.walk(resource.tags)
        for nouns in resource.nouns.values():
            for noun in nouns:
                self.walk(noun.fields)

    def walk(self, root: Value) -> None:
        stack = [root]
        while stack:
            holder = inside(stack.pop())
            if id(holder) in self.walked or not isinstance(holder, (Map, Seq)):
                continue
            self.walked.add(id(holder))
            for key in list(holder) if isinstance(holder, Map) else range(len(holder)):
                item = holder[key]  # type: ignore[index]
                if isinstance(item, (Encoded, *HOLDERS)):
                    stack.append(item)
                if isinstance(item, EncodedUnknown) and isinstance(item.decoded, PartText):
                    part = self._part(item.decoded)
                    if part is not item.decoded:
                        holder[key] = EncodedUnknown(item.reason, part, item.refs)  # type: ignore[index]
                elif isinstance(item, PartText):
                    holder[key] = self._part(item)  # type: ignore[index]
                elif isinstance(item, OneOf):
                    if any(self.copies.within(str(text)) for text in leaves_of(list(item.choices))):
                        holder[key] = item.whole()  # type: ignore[index]
                elif isinstance(item, str):
                    changed = self._without(item)
                    if changed is not item:
                        holder[key] = changed  # type: ignore[index]
                        veil_origin(holder, key)

    def _part(self, item: PartText) -> PartText:
        template = self._without(item.template)
        return item if template is item.template else PartText(item.reason, item.refs, template)

    def _without(self, item: str) -> str:
        text = self.copies.replaced(item, lambda found: "*" * len(found))
        if text is item:
            return item
        if isinstance(item, Text):
            return item.like(text)
        return Encoded(text, item.decoded) if isinstance(item, Encoded) else text


# ---- messages ----------------------------------------------------------------------------------------

_Told = TypeVar("_Told", bound=Problem)


def without_secrets(told: list[_Told], hidden: Iterable[tuple[str, Span]]) -> list[_Told]:
    """Problems and notes without the credentials that their messages quote."""
    if not told:
        return told
    copies = Copies(value for value, _ in hidden if len(value) >= 8 and looks_random(value))
    return [
        problem._replace(message=veiled(copies.replaced(problem.message, lambda _: "***"))) for problem in told
    ]


# ---- excerpts ----------------------------------------------------------------------------------------

_KEY = lazy_regex(r"(\s*)([^\s:=#]{1,200})\s*[:=]")
_WORDS = lazy_regex(r"[A-Za-z/._ -]*\Z")
_KEY_LINE = lazy_regex(r"\s*[\"']?[A-Za-z0-9+/=]{48,}[\"',]*\s*\Z")  # of a private key whose head is further up


def is_unmistakable(secret: str, told: bool) -> bool:
    """Whether the same text in any other file is the secret again. `told`: whether somebody said that it is one."""
    if told:
        return not _may_be_a_word(secret)
    mixed = secret.lower() != secret != secret.upper() and not _WORDS.match(secret)
    return len(secret) >= 8 and (mixed or looks_random(secret))


class Excerpts:
    """Source lines of one file, without the secrets that stand in them. `secrets`: with their places in that file."""

    def __init__(self, secrets: Iterable[tuple[str, Span]]) -> None:
        self._on: dict[int, list[tuple[str, Span]]] = {}
        everywhere: set[str] = set()  # the file may repeat what is not too short
        for value, span in secrets:
            everywhere.update(part for part in _parts(value) if len(part) >= 8)
            for line in range(span.line, span.end_line + 1):
                self._on.setdefault(line, []).append((value, span))
        self._copies = Copies(everywhere)

    def shown(self, lines: list[str], first_line: int) -> list[str]:
        """Of lines that start at line `first_line` of the file."""
        shown = [re.sub(r"[^\s\"',]", "*", line) if _KEY_LINE.match(line) else _starred(line) for line in lines]
        shown = [self._copies.starred(line) for line in shown]
        last_line = first_line + len(shown) - 1
        within: dict[tuple[str, Span], None] = {}
        for number in range(first_line, last_line + 1):
            within.update(dict.fromkeys(self._on.get(number, ())))
        for value, span in within:
            parts = sorted({part for part in _parts(value) if part}, key=len, reverse=True)
            numbers = range(max(span.line, first_line), min(span.end_line, last_line) + 1)
            found = False
            for number in numbers:
                index = number - first_line
                for part in parts:
                    shown[index] = shown[index].replace(part, "*" * min(len(part), 12))
                found = found or any(part in lines[index] for part in parts)
            for index in _twins(lines, span.line - first_line):
                shown[index] = _after_key(shown[index])
            if not found:
                # The source spells it differently (escapes, folding, a number): everything after the key goes.
                for number in numbers:
                    index = number - first_line
                    of_key = number == span.line
                    shown[index] = _after_key(shown[index]) if of_key else re.sub(r"\S", "*", shown[index])
        return shown


@lru_cache(maxsize=4096)  # findings share lines, and files have many that are the same
def _starred(line: str) -> str:
    """Also what no reader has seen: in a file with a syntax error, under a key that stands twice."""
    line = star_out(line)
    return starred(line, assignments_in(line, throwaway=True))


def _twins(lines: list[str], index: int) -> Iterator[int]:
    """Lines with the key of this one in the same mapping: one of the two is dropped, and nobody judges its value."""
    own = _KEY.match(lines[index]) if 0 <= index < len(lines) else None
    for further in (range(index - 1, -1, -1), range(index + 1, len(lines))) if own else ():
        for at in further:
            other = _KEY.match(lines[at])
            if other and own and other.groups() == own.groups():
                yield at
            elif lines[at].strip() and own and len(lines[at]) - len(lines[at].lstrip()) < len(own[1]):
                break


def _after_key(line: str) -> str:
    match = re.match(r"\s*(?:- )?[^\s:=]+\s*[:=]\s*", line)
    kept = match.end() if match else 0
    return line[:kept] + re.sub(r"\S", "*", line[kept:])


def _parts(value: str) -> Iterator[str]:
    yield value
    yield json.dumps(value)[1:-1]
    for line in value.split("\n"):
        if len(line.strip()) >= 4:
            yield line.strip()
