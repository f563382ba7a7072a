"""What a chart makes anew each time it is rendered: passwords, certificates, dates. It is nowhere in the repository,
and no two scans would see the same, so it is unknown."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from guardrail.formats.hcl_values import PartialMap
from guardrail.inputs.kubernetes import documents
from guardrail.inputs.kubernetes.helm.syntax import NotATemplate, Template
from guardrail.model import HOLE, Map, PartText, Sensitive, Seq, Unknown, Value
from guardrail.model.patterns import lazy_regex

REASON = "Helm makes it anew each time"
_WORD = string.ascii_letters + string.digits
_MAKES = lazy_regex(
    r"\b(?:rand(?:Alpha|AlphaNum|Numeric|Ascii|Bytes|Int)|gen(?:CA|SelfSignedCert|SignedCert|PrivateKey)\w*|uuidv4"
    r"|shuffle|htpasswd|bcrypt|encryptAES|now|ago|unixEpoch)\b"
)
_NOW = lazy_regex(r"\bnow\b")
_TOKEN = lazy_regex(r"\"(?:[^\"\\]|\\.)*\"|`[^`]*`|(?<![\w.$])now\b")
_ANOTHER_TIME = '(now | dateModify "-9999h13m17s")'  # in another year, month, day, hour, minute and second


def makes_anything(texts: Iterable[str]) -> bool:
    """Whether templates call a function that gives something else each time."""
    return any(_MAKES.search(text) for text in texts)


def at_another_time(text: str) -> str:
    """A template that takes it to be another time: two renderings within a second would make the same of the clock, and
    the next scan something else. It keeps its lines."""
    if not _NOW.search(text):
        return text
    try:
        template = Template(text)
    except NotATemplate:
        return text  # Helm says what is wrong with it
    pieces: list[str] = []
    position = 0
    for action in template.actions:
        for token in _TOKEN.finditer(text, action.start, action.end):
            if token.group() == "now":
                pieces += (text[position : token.start()], _ANOTHER_TIME)
                position = token.end()
    return "".join((*pieces, text[position:]))


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
    """Makes unknown, in the documents of an output, what another rendering (`again`) has otherwise. In which order it
    has things says nothing, for that of a dict's values is another one each time."""
    others = [document.value for document in documents.load(again.encode("utf-8", "surrogatepass"), "").documents]
    for index, (value, other) in enumerate(zip(values, _paired(values, others, _identity, words), strict=True)):
        if other is not None or words.one:
            values[index] = _opened(value, words)
            _compare(values[index], other, words)


def _paired(ones: Sequence[Value], others: Sequence[Value], key: Callable[[Value], str], words: Words) -> list[Value]:
    """What each of `ones` is in `others`: what has its key there, or else the next that is nobody's."""
    by_key: dict[str, list[int]] = {}
    for index in reversed(range(len(others))):
        by_key.setdefault(key(others[index]), []).append(index)
    found = [(by_key.get(key(one).replace(words.one, words.other)) or [-1]).pop() for one in ones]
    rest = iter(sorted(set(range(len(others))).difference(found)))
    places = [index if index >= 0 else next(rest, -1) for index in found]
    return [others[index] if index >= 0 else None for index in places]


def _identity(document: Value) -> str:
    metadata = document.get("metadata") if isinstance(document, Map) else None
    if not isinstance(metadata, Map):
        return repr(document)
    return repr((document.get("apiVersion"), document.get("kind"), metadata.get("namespace"), metadata.get("name")))


def _items(ones: Seq, others: Seq, words: Words) -> list[Value]:
    named = all(isinstance(item, Map) and isinstance(item.get("name"), str) for item in (*ones, *others))
    return _paired(ones, others, (lambda item: str(item["name"])) if named else repr, words)


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
    stack: list[tuple[Value, Value, bool, bool]] = [(root, other, _is_secret(root), False)]
    seen: set[int] = set()
    while stack:
        one, two, hidden, is_metadata = stack.pop()
        if id(one) in seen or not isinstance(one, (Map, Seq)):
            continue
        seen.add(id(one))
        for key, value, beside in _entries(one, two, words):
            if isinstance(value, (Map, Seq)):
                value = _opened(value, words)
                one[key] = Sensitive(value) if hidden and isinstance(value, Unknown) else value  # type: ignore[index]
                stack.append((value, beside, hidden, key == "metadata" and "kind" in one))
            elif type(value) is not type(beside) or value != beside:
                named = is_metadata and key == "name"
                one[key] = _unknown(value, beside, named, hidden, words)  # type: ignore[index]


def _entries(one: Map | Seq, two: Value, words: Words) -> list[tuple[str | int, Value, Value]]:
    """Keys, values, and what these are in the other."""
    if isinstance(one, Map):
        other = two if isinstance(two, Map) else Map()
        return [(key, value, other.get(key)) for key, value in one.items()]
    beside = _items(one, two if isinstance(two, Seq) else Seq(), words)
    return [(index, value, beside[index]) for index, value in enumerate(one)]


def _unknown(value: Value, beside: Value, named: bool, hidden: bool, words: Words) -> Value:
    scalar = not isinstance(value, (Map, Seq, Unknown)) and not isinstance(beside, (Map, Seq, Unknown))
    one, other = str(value), str(beside)
    # Of a word it is known where it stands, unless something was made of it.
    holes = scalar and bool(words.one) and one.replace(words.one, words.other) == other
    if named and scalar:
        alike = next((index for index, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
        # By chance two words may begin alike, and two times of day do: no word of which a part changes is kept.
        return one.replace(words.one, "*") if holes else one[:alike].rstrip(_WORD) + "*"
    unknown = Unknown(words.reason)
    if hidden:
        return Sensitive(unknown)
    return PartText(words.reason, (), one.replace(words.one, HOLE)) if holes and one != words.one else unknown


def _is_secret(value: Value) -> bool:
    return isinstance(value, Map) and value.get("kind") == "Secret"
