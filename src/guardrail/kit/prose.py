"""The words of a rule: title, why, remedy, messages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guardrail.kit.drafting import PLACEHOLDERS
from guardrail.model import Map, Span
from guardrail.model.patterns import lazy_regex

_SENTENCE_END = lazy_regex(r"[.!?][\"')\]`]*(?=\s+[\"'(`]?[A-Z0-9`]|\s*\Z)")
_ABBREVIATION = lazy_regex(r"\b(?:e\.g|i\.e|etc|vs|cf|No|St)\.\s*\Z")
_NOT_A_VERB = frozenset((
    "a", "an", "the", "this", "that", "these", "those", "it", "its", "there", "here", "they", "you", "your", "we",
    "our", "no", "not", "every", "each", "all", "any", "some", "one", "is", "are", "was", "were", "be", "being", "has",
    "have", "had", "should", "must", "can", "could", "may", "might", "what", "which", "who", "whose", "why", "how",
))  # fmt: skip
_WEAK_TITLE = lazy_regex(r"^(?:Ensure|Check|Verify|Make sure|Avoid|Do not|Don't|Use|Set|Enable|Disable)\b")
_MUST = lazy_regex(r"\b(?:should|must|shall)\b")
_ATTRIBUTE = lazy_regex(r"`[^`]+`")

Found = Iterator[tuple[Span, str, str]]


def prose(rule: Map) -> Found:
    yield from _title(rule)
    yield from _why(rule)
    yield from _remedy(rule)
    for check in rule["checks"]:
        if not any(word in check["message"] for word in ("{name}", "{address}")):
            yield check.place("message"), "message", "the message names no thing: put {name} or {address} into it"
    for name, definition in (rule.get("parameters") or {}).items():
        if not definition["help"].strip().endswith("."):
            yield definition.place("help"), "prose", f"the help of parameter {name!r} is no sentence with a full stop"


def _title(rule: Map) -> Found:
    title, place = rule["title"].strip(), rule.place("title")
    if title.endswith((".", "!", "?")):
        yield place, "title", "the title ends with a full stop"
    if not (title[0].isupper() or title[0].isdecimal() or title[0] == "`"):
        yield place, "title", "the title begins with a small letter"
    weak = _WEAK_TITLE.match(title) or _MUST.search(title)
    if weak:
        yield place, "title", f"the title says {weak[0]!r}; say what holds where the rule passes: Buckets are encrypted"


def _why(rule: Map) -> Found:
    text, place = " ".join(rule["why"].split()), rule.place("why")
    if text in PLACEHOLDERS:
        yield place, "why", "`why` is still to be written"
        return
    if not text.endswith((".", "!", "?", ".)", ".`")):
        yield place, "why", "`why` does not end with a full stop"
    count = sentences(text)
    if count > 3:
        yield place, "why", f"`why` has {count} sentences; say it in one to three"


def sentences(text: str) -> int:
    return sum(1 for match in _SENTENCE_END.finditer(text) if not _ABBREVIATION.search(text[: match.end()]))


def _remedy(rule: Map) -> Found:
    remedy = rule["remedy"]
    texts = list(remedy.items()) if isinstance(remedy, Map) else [("", remedy)]
    named = False
    for key, raw in texts:
        text = " ".join(raw.split())
        place = remedy.place(key) if isinstance(remedy, Map) else rule.place("remedy")
        of = f"the remedy for {key}" if key else "the remedy"
        if text in PLACEHOLDERS:
            yield place, "remedy", f"{of} is still to be written"
            continue
        if not text.endswith((".", ".)", ".`", "`", ")")):
            yield place, "remedy", f"{of} does not end with a full stop"
        if not _imperative(text):
            yield place, "remedy", f"{of} does not begin with what to do: Set ..., Remove ..., Give ..."
        named = named or bool(_ATTRIBUTE.search(text))
    if not named:
        yield rule.place("remedy"), "remedy", "the remedy names no attribute: put its name in `backticks`"


def _imperative(text: str) -> bool:
    """As far as words alone tell: it begins with a word that can be a verb, or with where and when to do it."""
    first = re.sub(r"[^\w'-]", "", text.split()[0]).lower()
    return bool(first) and first not in _NOT_A_VERB and not text.startswith("`")
