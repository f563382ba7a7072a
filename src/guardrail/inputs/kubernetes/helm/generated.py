"""What a chart makes anew each time it is rendered: passwords, certificates, dates. It is nowhere in the repository,
and no two scans would see the same, so it is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from guardrail.formats.hcl_values import PartialMap
from guardrail.inputs.kubernetes import documents
from guardrail.model import HOLE, Map, PartText, Sensitive, Seq, Unknown, Value
from guardrail.model.patterns import lazy_regex

REASON = "Helm makes it anew each time"
_MAKES = lazy_regex(
    r"\b(?:rand(?:Alpha|AlphaNum|Numeric|Ascii|Bytes|Int)|gen(?:CA|SelfSignedCert|SignedCert|PrivateKey)\w*|uuidv4"
    r"|shuffle|htpasswd|bcrypt|encryptAES|now|ago|unixEpoch)\b"
)


def makes_anything(texts: Iterable[str]) -> bool:
    """Whether templates call a function that gives something else each time."""
    return any(_MAKES.search(text) for text in texts)


def made_by(action: str) -> bool:
    return _MAKES.search(action) is not None


class Words(NamedTuple):
    """What stands for something unknown in the two renderings that are compared, and why it is unknown; no words where
    the two have it at random."""

    one: str
    other: str
    reason: str


ANYTHING = Words("", "", REASON)


def blank_out(values: list[Value], again: str, words: Words = ANYTHING) -> None:
    """Makes unknown, in the documents of an output, what another rendering (`again`) has otherwise."""
    others = [document.value for document in documents.load(again.encode("utf-8", "surrogatepass"), "").documents]
    for index, (value, other) in enumerate(zip(values, others, strict=False)):
        values[index] = _opened(value, words)
        _compare(values[index], other, words)


def _opened(value: Value, words: Words) -> Value:
    """A mapping in which a key has the word has entries that nobody knows in its place."""
    if not words.one or not isinstance(value, Map) or not any(words.one in key for key in value):
        return value
    if all(words.one in key for key in value):
        return Unknown(words.reason)
    made = PartialMap(Unknown(words.reason), value.span, value.header)
    for key, item in value.items():
        if words.one not in key:
            made.put(key, item, value.spans[key])
    return made


def _compare(root: Value, other: Value, words: Words) -> None:
    stack: list[tuple[Value, Value, bool]] = [(root, other, _is_secret(root))]
    seen: set[int] = set()
    metadata = root.get("metadata") if isinstance(root, Map) else None
    while stack:
        one, two, hidden = stack.pop()
        if id(one) in seen or not isinstance(one, (Map, Seq)):
            continue
        seen.add(id(one))
        keys: list[str] | range = list(one) if isinstance(one, Map) else range(len(one))
        for key in keys:
            value: Value = one[key]  # type: ignore[index]
            beside = _at(two, key)
            if isinstance(value, (Map, Seq)):
                value = _opened(value, words)
                one[key] = Sensitive(value) if hidden and isinstance(value, Unknown) else value  # type: ignore[index]
                stack.append((value, beside, hidden))
            elif type(value) is not type(beside) or value != beside:
                # Two that are made at random have nothing to do with each other; what has a word in it may be anything.
                named = key == "name" and (not words.one or one is metadata)
                one[key] = _unknown(value, beside, named, hidden, words)  # type: ignore[index]


def _at(holder: Value, key: str | int) -> Value:
    if isinstance(holder, Map):
        return holder.get(str(key))
    if isinstance(holder, Seq) and isinstance(key, int) and key < len(holder):
        return holder[key]
    return None


def _unknown(value: Value, beside: Value, named: bool, hidden: bool, words: Words) -> Value:
    scalar = not isinstance(value, (Map, Seq, Unknown)) and not isinstance(beside, (Map, Seq, Unknown))
    one, other = str(value), str(beside)
    # Of a word it is known where it stands, unless something was made of it.
    holes = scalar and bool(words.one) and one.replace(words.one, words.other) == other
    if named and scalar:
        alike = next((index for index, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
        return one.replace(words.one, "*") if holes else one[:alike] + "*"
    unknown = Unknown(words.reason)
    if hidden:
        return Sensitive(unknown)
    return PartText(words.reason, (), one.replace(words.one, HOLE)) if holes and one != words.one else unknown


def _is_secret(value: Value) -> bool:
    return isinstance(value, Map) and value.get("kind") == "Secret"
