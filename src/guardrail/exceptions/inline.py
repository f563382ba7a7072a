"""Ignores in comments of the scanned files:

    # guardrail:ignore RULE[, RULE...] [reason="..."] [until=2027-01-31]
    # guardrail:ignore-file RULE[, RULE...] [reason="..."] [until=2027-01-31]

`#`, `//` and one-line `/* */` comments; JSON has none. The first form stands behind something, and then holds for that
line and for the block or entry that starts on it; or on a line of its own directly above that; or at the top of a file
with an empty line after it, and then holds for the file. An ignore holds for findings that start in its lines.

A reason or date is never guessed, and one that is malformed, or whose last day is over, suppresses nothing: both are
facts (nouns of the concept `ignore`) on which rules speak.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from guardrail.config.dates import is_date
from guardrail.config.nearest import did_you_mean
from guardrail.exceptions.comments import Comment, Lines
from guardrail.formats.text import decode
from guardrail.model import Finding, Map, Noun, Resource, Seq, Span, Suppression
from guardrail.model.patterns import lazy_regex
from guardrail.tree import Tree, Unreadable

if TYPE_CHECKING:
    from guardrail.config.waivers import Terms

MARKER = "guardrail:ignore"
MAX_IGNORES = 1000  # in a file
MAX_LENGTH = 2000
_MAX_HINTS = 100
_WHOLE_FILE = 1 << 30  # a line after every file's last

# The comment must begin at the line's start or after a space, and the marker must come first in it.
# Templates of Helm charts have theirs in `{{/* */}}`.
_COMMENT = lazy_regex(r"(?:^|(?<=\s)|(?<=\{\{))(#+|//+|/\*+)[ \t]*guardrail:ignore(?![A-Za-z0-9_])")
# Other spellings, where what follows looks like a rule id: words of people may begin so as well.
_NAMES_RULE = r"(?=(?:-file)?[ \t]+[a-z0-9]+[-_][a-z0-9])"
_NEAR_MISS = lazy_regex(
    r"(?:^|(?<=\s)|(?<=\{\{))(#+|//+|/\*+)[ \t]*guardrail:[ \t]*ignore" + _NAMES_RULE, re.IGNORECASE
)
_WITHIN_COMMENT = lazy_regex(r"[ \t*]*(guardrail:[ \t]*ignore)" + _NAMES_RULE, re.IGNORECASE)
_BEGINNINGS = ("guardrail:", "Guardrail:", "GUARDRAIL:")
_DIRECTIVE = lazy_regex(r"-[A-Za-z0-9_-]*")
_KEY = lazy_regex(r"([A-Za-z_][A-Za-z0-9_-]*)\s*=\s*")
_RULE = lazy_regex(r"[A-Za-z0-9][A-Za-z0-9_./-]*\Z")
_KEYS = ("reason", "until")
_MISSPELT = f'"{MARKER}" is written in small letters and without a space'
_SEVERAL_LINES = "it stands in a comment of several lines; an ignore is a comment of one line"

Extents = Mapping[str, Mapping[int, int]]  # file -> first line of a block or entry -> its last line


class Ignore(NamedTuple):
    """`span` is the comment. `scope` is line (it stands behind something), above (on a line of its own), or file.
    `line` is the line that it speaks of, 0 for a file and where it stands above nothing. `error` says what is wrong
    with a malformed one."""

    span: Span
    scope: str
    line: int
    rules: tuple[str, ...] = ()
    reason: str | None = None
    until: str | None = None
    error: str | None = None

    def reaches(self, extents: Mapping[int, int]) -> tuple[int, int]:
        """The first and last line of what it holds for."""
        if self.scope == "file":
            return 1, _WHOLE_FILE
        if not self.line:
            return self.span.line, self.span.line
        return min(self.span.line, self.line), max(self.line, extents.get(self.line, 0))


def read_ignores(tree: Tree, files: Iterable[str]) -> list[Ignore]:
    """The ignores of all these files. One that can't be read has been told of by its reader."""
    found: list[Ignore] = []
    for file in files:
        if file.endswith(".json"):
            continue
        try:
            data = tree.read(file)
        except Unreadable:
            continue
        if any(word.encode() in data for word in _BEGINNINGS) or data.startswith((b"\xff\xfe", b"\xfe\xff")):
            found += find_ignores(decode(data, file)[0], file)
    return found


def find_ignores(text: str, file: str) -> list[Ignore]:
    """The ignores of one file, in the order written."""
    if file.endswith(".json") or not any(word in text for word in _BEGINNINGS):
        return []
    lines = Lines(text)
    found: list[Ignore] = []
    for index, line in enumerate(lines.text):
        ignore = _in_line(lines, index, file) if any(word in line for word in _BEGINNINGS) else None
        if ignore is None:
            continue
        if len(found) == MAX_IGNORES:
            error = f"the file has more than {MAX_IGNORES:,} ignores; from here on they suppress nothing"
            found.append(ignore._replace(error=error))
            break
        found.append(ignore)
    return found


def _in_line(lines: Lines, index: int, file: str) -> Ignore | None:
    line = lines.text[index]
    if MARKER in line and (comment := lines.comment(index, file, _COMMENT)):
        ignore = _parse(comment)
        # What it would speak of is the rest of the comment.
        return ignore._replace(error=_SEVERAL_LINES) if comment.open and ignore.scope == "above" else ignore
    if comment := lines.comment(index, file, _NEAR_MISS):
        return _parse(comment)._replace(error=_MISSPELT)
    within = _WITHIN_COMMENT.match(line)
    if within and lines.within_comment(index):
        span = Span(file, index + 1, within.start(1) + 1, index + 1, len(line.rstrip()) + 1)
        return _parse(Comment(span, line[within.end() :].partition("*/")[0], "above", 0))._replace(error=_SEVERAL_LINES)
    return None


def _parse(comment: Comment) -> Ignore:
    span, text, scope, line, _ = comment
    directive = _DIRECTIVE.match(text)
    if directive:
        scope, line, text = "file", 0, text[directive.end() :]
    ignore = Ignore(span, scope, line)
    if directive and directive.group() != "-file":
        return ignore._replace(error=f'there is no "{MARKER}{directive.group()}"; did you mean "{MARKER}-file"?')
    if len(text) > MAX_LENGTH:
        return ignore._replace(error=f"it has more than {MAX_LENGTH:,} characters")
    key = _KEY.search(text)
    listed, rest = (text[: key.start()], text[key.start() :]) if key else (text, "")
    rules = [part.strip() for part in listed.strip().rstrip(",").split(",")] if listed.strip() else []
    error = _wrong_with(rules)
    values: dict[str, str] = {}
    rest = rest.strip()
    while rest and not error:
        key = _KEY.match(rest)
        if not key:
            error = f'"{_first_word(rest)}" is neither reason= nor until=; text with spaces needs quotes'
            break
        name, rest = key.group(1), rest[key.end() :]
        if name not in _KEYS:
            error = f'unknown key "{name}"{did_you_mean(name, _KEYS)}'
        elif name in values:
            error = f"{name} stands twice"
        elif rest[:1] in ('"', "'"):
            close = rest.find(rest[0], 1)
            if close < 0:
                error = f"the quote of {name} is not closed"
            else:
                values[name], rest = rest[1:close], rest[close + 1 :].lstrip(" \t,")
        else:
            values[name] = _first_word(rest)
            rest = rest[len(values[name]) :].lstrip(" \t,")
        if not error and not values[name].strip():
            error = f"{name} is empty"
    until = values.get("until")
    if not error and until is not None and not is_date(until):
        error = f'until="{until}" is not a date such as 2027-01-31'
    return ignore._replace(rules=tuple(dict.fromkeys(rules)), reason=values.get("reason"), until=until, error=error)


def _wrong_with(rules: list[str]) -> str | None:
    if not rules:
        return "it names no rule"
    for rule in rules:
        if "*" in rule or "?" in rule:
            return f'"{rule}" is a pattern; an ignore names each rule by its id'
        if not _RULE.match(rule):
            what = f'"{rule}" is no rule id' if rule else "a rule id is missing between two commas"
            return f'{what}; write rule ids with commas between them, and why as reason="..."'
    return None


def _first_word(text: str) -> str:
    return re.split(r"[\s,]", text, maxsplit=1)[0]


def extents_of(resources: Iterable[Resource], files: Collection[str]) -> dict[str, dict[int, int]]:
    """Where the blocks and entries that start on a line of these files end, the widest where several start there."""
    extents: dict[str, dict[int, int]] = {file: {} for file in files}
    seen: set[int] = set()

    def note(span: Span, first: int = 0) -> None:
        ends = extents.get(span.file)
        if ends is not None:
            line = first or span.line
            ends[line] = max(ends.get(line, 0), span.end_line)

    for resource in resources:
        # What a chart is rendered to has values from other files than its template.
        if resource.span.file not in extents and not resource.declared:
            continue
        # A job's mapping starts below its name, which is the header.
        header = resource.header
        above = header.file == resource.span.file and 0 < header.line < resource.span.line
        note(resource.span, header.line if above else 0)
        stack: list[Map | Seq] = [resource.attributes]
        while stack:
            value = stack.pop()
            if id(value) in seen:  # what an alias stands for comes up again and again
                continue
            seen.add(id(value))
            spans = value.spans.values() if isinstance(value, Map) else value.spans
            for span in spans:
                note(span)
            for item in value.values() if isinstance(value, Map) else value:
                if isinstance(item, (Map, Seq)):
                    stack.append(item)
                    # The mapping below a key starts at its own first entry, for which alone a comment there is meant.
                    if isinstance(value, Seq) and isinstance(item, Map):
                        note(item.span)
    return extents


def apply(
    findings: Sequence[Finding],
    ignores: Sequence[Ignore],
    extents: Extents,
    today: date,
    known_rules: Collection[str],
    ran: Callable[[str, str], bool],
    terms: Terms | None = None,
) -> tuple[list[Finding], list[Noun]]:
    """The findings, those that an ignore holds for marked as suppressed, and a noun of the concept `ignore` for each
    ignore. `ran(rule, file)`: whether the rule was on for the file and was judged. `terms`: what an ignore must have.
    What is suppressed already stays as it is."""
    checked = _check_rules(ignores, known_rules)
    if terms is not None:
        checked = [_on_terms(ignore, terms, today) for ignore in checked]
    holding: dict[tuple[str, str], list[tuple[int, int, int]]] = {}
    for index, ignore in enumerate(checked):
        if _holds(ignore, today):
            first, last = ignore.reaches(extents.get(ignore.span.file, {}))
            for rule in ignore.rules:
                holding.setdefault((ignore.span.file, rule), []).append((first, last, index))
    used: set[int] = set()
    result: list[Finding] = []
    for finding in findings:
        held = finding
        for first, last, index in holding.get((finding.span.file, finding.rule), ()):
            if first <= finding.span.line <= last:
                used.add(index)
                if held.suppression is None:
                    by = checked[index]
                    held = held._replace(suppression=Suppression("inline", by.reason or "", by.span, by.until))
        result.append(held)
    nouns = (
        _noun(ignore, extents, today, used=index in used, ran=ran) for index, ignore in enumerate(checked)
    )
    return result, told_apart(nouns)


def _check_rules(ignores: Iterable[Ignore], known: Collection[str]) -> list[Ignore]:
    hints: dict[str, str] = {}
    checked: list[Ignore] = []
    for ignore in ignores:
        unknown = next((rule for rule in ignore.rules if rule not in known), None) if not ignore.error else None
        if unknown is not None:
            if unknown not in hints and len(hints) < _MAX_HINTS:  # looking for one takes a millisecond
                hints[unknown] = did_you_mean(unknown, known)
            ignore = ignore._replace(error=f'there is no rule "{unknown}"{hints.get(unknown, "")}')
        checked.append(ignore)
    return checked


def _on_terms(ignore: Ignore, terms: Terms, today: date) -> Ignore:
    if ignore.error is not None or _expired(ignore, today):
        return ignore
    until = date.fromisoformat(ignore.until) if ignore.until else None
    against = (terms.against(rule, ignore.reason or "", until, today) for rule in ignore.rules)
    return ignore._replace(error=next(filter(None, against), None))


def _expired(ignore: Ignore, today: date) -> bool:
    return ignore.error is None and ignore.until is not None and today > date.fromisoformat(ignore.until)


def _holds(ignore: Ignore, today: date) -> bool:
    return ignore.error is None and not _expired(ignore, today)


def _noun(ignore: Ignore, extents: Extents, today: date, *, used: bool, ran: Callable[[str, str], bool]) -> Noun:
    span = ignore.span
    first, last = ignore.reaches(extents.get(span.file, {}))
    holds = _holds(ignore, today)
    scope = "file" if ignore.scope == "file" else "block" if last > max(ignore.line, first) else "line"
    unused = holds and not used and all(ran(rule, span.file) for rule in ignore.rules)
    return exception_noun(
        span, ", ".join(ignore.rules) or MARKER, scope, ignore.rules, ignore.reason, ignore.until, ignore.error,
        expired=_expired(ignore, today), used=used, unused=unused,
    )  # fmt: skip


def exception_noun(
    span: Span,
    name: str,
    scope: str,
    rules: Iterable[str],
    reason: str | None,
    until: str | None,
    error: str | None,
    *,
    expired: bool,
    used: bool,
    unused: bool,
) -> Noun:
    """A noun of the concept `ignore`, all of it standing at `span`. `error`: what keeps it from holding, if it does."""
    listed = Seq(span)
    for rule in rules:
        listed.add(rule, span)
    values = {
        "rules": listed,
        "class": scope,
        "reason": reason,
        "until": until,
        "malformed": error is not None,
        "message": error,
        "expired": expired,
        "used": used,
        "unused": unused,
    }
    fields = Map(span)
    for key, value in values.items():
        if value is not None:
            fields.put(key, value, span)
    return Noun("ignore", name, fields, f"{scope} {name}")


def told_apart(nouns: Iterable[Noun]) -> list[Noun]:
    """Those of one file that would share a key are told apart by their order."""
    alike: dict[tuple[str, str], int] = {}
    found: list[Noun] = []
    for noun in nouns:
        file, key = noun.fields.header.file, noun.key
        count = alike[file, key] = alike.get((file, key), 0) + 1
        if count > 1:
            noun.key = f"{key} ({count})"
        found.append(noun)
    return found


def carriers(nouns: Iterable[Noun]) -> list[Resource]:
    """A resource for each file that has ignores, `FILE#guardrail`, which holds its nouns: rules judge resources."""
    found: dict[str, Resource] = {}
    for noun in nouns:
        span = noun.fields.header
        if span.file not in found:
            found[span.file] = Resource(
                "guardrail", "guardrail", "ignore", f"{span.file}#guardrail", Map(span), mode="config",
                scope=span.file, local="guardrail",
            )  # fmt: skip
        found[span.file].add_noun(noun)
    return list(found.values())
