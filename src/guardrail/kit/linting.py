"""What a rule file leaves to be desired, though it loads."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from guardrail.errors import RuleError
from guardrail.kit.contradictions import contradictions, words_asked
from guardrail.kit.prose import prose
from guardrail.kit.rulebook import Rulebook
from guardrail.kit.speaking import speaking
from guardrail.model import Map, Seq, Span


class Fault(NamedTuple):
    """`code` is what sort of fault it is, a promise to those who filter by it."""

    file: str
    line: int
    column: int
    code: str
    message: str


Found = Iterator[tuple[Span, str, str]]
"""Place, code, message."""


def lint(files: Sequence[str], book: Rulebook) -> list[Fault]:
    """In the order of the files, and within a file of their places."""
    faults: list[Fault] = []
    at: dict[tuple[str, str], str] = {}
    for file in files:
        shown_as = os.path.relpath(file)
        try:
            rule = book.located(file, shown_as)
        except RuleError as error:
            faults.append(Fault(error.file or shown_as, error.line, error.column, "load", error.message))
            continue
        except OSError as error:
            faults.append(Fault(shown_as, 0, 0, "load", error.strerror or str(error)))
            continue
        found = {*prose(rule), *_replaced(rule), *_unreachable(rule), *_never(rule, book), *_remedies(rule, book)}
        found |= set(speaking(rule, book))
        found |= set(_twice(rule, at, shown_as))
        faults += [Fault(shown_as, span.line, span.column, code, message) for span, code, message in sorted(found)]
    return faults


def _twice(rule: Map, at: dict[tuple[str, str], str], file: str) -> Found:
    """Ids and titles that another of the files has. `at`: where each stands, filled as files come."""
    for key in ("id", "title"):
        other = at.setdefault((key, str(rule[key])), file)
        if other != file:
            yield rule.place(key), "twice", f"{other} has the same {key}"
    remedy = rule["remedy"]
    text = " ".join(str(remedy["default"] if isinstance(remedy, Map) else remedy).split())
    other = at.setdefault(("remedy", text), file)
    if other != file:
        yield rule.place("remedy"), "twice", f"{other} has the same remedy"


def _replaced(rule: Map) -> Found:
    from guardrail.kit.peers import peer_ids
    from guardrail.policy.vocabulary import suggestion

    known = peer_ids()
    for peer, ids in (rule.get("replaces") or {}).items():
        for index, name in enumerate(ids):
            if peer in known and name not in known[peer]:
                yield ids.place(index), "replaces", f"{peer} has no check {name!r}{suggestion(name, known[peer])}"


def _unreachable(rule: Map) -> Found:
    for check in rule["checks"]:
        if "when" not in check:
            continue
        for path, why in contradictions(check["when"]):
            yield check.place("when"), "unreachable", f"`when` can never hold: {path} {why}"


def _never(rule: Map, book: Rulebook) -> Found:
    """Classes that a concept does not have."""
    from guardrail.policy.vocabulary import suggestion

    for check in rule["checks"]:
        concepts = [word for word in _words(check["on"]) if word in book.concepts]
        if "when" not in check or "each" in check or len(concepts) != 1:
            continue
        known = book.classes_of(concepts[0])
        for path, value in words_asked(check["when"]):
            if known is not None and path == "class" and value not in known and not value.startswith("$"):
                message = f"class of a {concepts[0]} is never {value!r}{suggestion(value, known)}"
                yield check.place("when"), "unreachable", message


def _remedies(rule: Map, book: Rulebook) -> Found:
    """Remedies by a kind that nothing in the rule can be."""
    remedy = rule["remedy"]
    if not isinstance(remedy, Map):
        return
    words = {word for check in rule["checks"] for word in _words(check["on"])}
    if any(any(sign in word for sign in "*?[") for word in words):
        return
    concepts = words & book.concepts.keys()
    for key in remedy:
        is_kind = book.vocabulary.kind_known(key)
        if not is_kind or key in words:
            continue
        bound = book.kinds_of(concepts)
        if bound is not None and key not in bound:
            yield remedy.place(key), "remedy", f"no check of the rule speaks of {key}"


def _words(on: Any) -> list[str]:
    return list(on) if isinstance(on, Seq) else [str(on)]
