"""What the configuration of other scanners accepts: checks that are not to be told of, in a folder and below.

    .checkov.yaml, .checkov.yml           skip-check: ids, or patterns of ids
    .trivyignore                          an id or name of a check a line, exp:2027-01-31
    .trivyignore.yaml, .trivyignore.yml   misconfigurations: id, paths, statement, expired_at
    zizmor.yml, zizmor.yaml               rules: AUDIT: disable, ignore: FILE[:LINE[:COLUMN]], and for unpinned-uses
                                          config: policies: PATTERN: any, ref-pin or hash-pin
    .kube-linter.yaml, .kube-linter.yml   checks: exclude

Such a file in `.github` (zizmor's own place) or `.github/linters` (Super-Linter's) speaks for the folder above.

Each is read as its scanner reads it (Checkov 3.3 and zizmor 1.32 were held against this, the others' documentation),
but counts for the folder that it is in, whichever folder the scan begins at. What is not understood accepts nothing:
it is for the other scanner to complain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from guardrail.config.dates import is_date
from guardrail.config.globs import Globs
from guardrail.config.peer_names import CHECKOV, TRIVY, TRIVY_PLAIN, ZIZMOR
from guardrail.formats.text import decode
from guardrail.model import Map, Seq, Span, Value
from guardrail.model.patterns import lazy_regex
from guardrail.tree import Tree, Unreadable

MAX_BYTES = 262_144  # of one such file
MAX_CHECKS = 2_000  # that one file accepts
MAX_STARS = 2  # in the pattern of a check's name
MAX_REASON = 300  # characters
MAX_PATHS = 100  # of one entry
UNPINNED = "unpinned-uses"
MAX_POLICIES = 200  # of pins, in one file
PIN_LEVELS = ("any", "ref-pin", "hash-pin")
MAX_ABOVE = 20  # lines of comment above an entry

_SPEAKS_FOR = lazy_regex(r"(?:^|/)\.github(?:/linters)?\Z")
_CHECK = lazy_regex(r"[\w*?-]+\Z")
_PLAIN = lazy_regex(r"(?P<check>[\w-]+)(?:[ \t]+exp:(?P<until>\S+))?[ \t]*(?:#(?P<reason>.*))?\Z")
_USES = lazy_regex(r"(?:\*|[\w.-]+/(?:\*|[\w.-]+(?:/\*|(?:/[\w.-]+)+)?))\Z")
_PLACE = lazy_regex(r"(?P<file>[^/:]+\.ya?ml)(?::(?P<line>[1-9][0-9]*)(?::[0-9]+)?)?\Z")


class Used(NamedTuple):
    """An action, or a workflow, as it is named before the `@`, and whether anything follows there."""

    name: str
    has_ref: bool


class PinPolicy(NamedTuple):
    """What zizmor accepts of the actions that a `pattern` is for: `level` any, or ref-pin for those with a ref. Of all
    `patterns` of its file (with their levels) the most exact that is for an action decides:

        owner/repo/path, owner/repo     the very action
        owner/repo/*, owner/*, *        all of a repository, of an owner, all

    As of https://docs.zizmor.sh/audits/#unpinned-uses-configuration"""

    pattern: str
    level: str
    patterns: Mapping[str, str]

    def accepts(self, used: Used) -> bool:
        owner, repository, *_ = (*used.name.split("/"), "")
        for pattern in (used.name, f"{owner}/{repository}/*", f"{owner}/*", "*"):
            if pattern in self.patterns:
                return pattern == self.pattern and (self.level == "any" or used.has_ref)
        return False


class Waived(NamedTuple):
    """A check of a scanner (for Checkov a pattern, maybe) that `span` accepts for the files in `folder` and below:
    those that `paths` (globs) cover, those of this `name`, in it what `line` is part of, those uses that `pins` is
    for."""

    scanner: str
    check: str
    reason: str
    span: Span
    folder: str
    until: str | None = None
    paths: tuple[str, ...] = ()
    name: str = ""
    line: int = 0
    pins: PinPolicy | None = None

    def holds_for(self, span: Span, extents: Mapping[int, int], used: Used | None = None) -> bool:
        """Whether it holds for what stands there, in the folder or below. `extents`: where blocks of that file end, by
        their first line. `used`: what is used there."""
        if self.paths and not _globs(self.paths).covers(span.file, self.folder):
            return False
        if self.pins and not (used and self.pins.accepts(used)):
            return False
        if self.name and span.file.rpartition("/")[2] != self.name:
            return False
        return not self.line or span.line <= self.line <= max(span.end_line, extents.get(span.line, 0))


@cache
def _globs(paths: tuple[str, ...]) -> Globs:
    return Globs(paths)


def read_waived(tree: Tree, paths: Iterable[str]) -> tuple[Waived, ...]:
    """What the files at these paths, whose names are of `PEER_FILES`, accept."""
    found: list[Waived] = []
    for path in sorted(paths):
        try:
            text = decode(tree.read(path, MAX_BYTES), path)[0]
        except Unreadable:
            continue
        tree.forget([path])
        found += [each for each, _ in zip(_accepted(path, text), range(MAX_CHECKS), strict=False)]
    return tuple(found)


def _accepted(path: str, text: str) -> Iterator[Waived]:
    folder, _, name = path.rpartition("/")
    if name in ZIZMOR and folder.endswith("workflows"):
        return  # a workflow that runs it
    folder = _SPEAKS_FOR.sub("", folder)
    if name == TRIVY_PLAIN:
        yield from _plain(path, folder, text)
        return
    from guardrail.formats.yaml import load

    loaded = load(text.encode("utf-8", "replace"), path)
    content = loaded.documents[0].value if loaded.documents and not loaded.problems else None
    if not isinstance(content, Map):
        return
    lines = text.split("\n")
    if name in CHECKOV:
        yield from _checkov(content, folder, lines)
    elif name in TRIVY:
        yield from _trivy(content, folder, lines)
    elif name in ZIZMOR:
        yield from _zizmor(content, folder, lines)
    else:
        for check, span in _texts(_in(content, "checks"), "exclude"):
            yield Waived("kube-linter", check, _reason(f"checks.exclude: {check}", lines, span), span, folder)


def _plain(path: str, folder: str, text: str) -> Iterator[Waived]:
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        match = _PLAIN.match(line.strip())
        if match and (match["until"] is None or is_date(match["until"])):
            start = len(line) - len(line.lstrip()) + 1
            span = Span(path, number, start, number, len(line.partition("#")[0].rstrip()) + 1)
            reason = _reason(f"{TRIVY_PLAIN}: {match['check']}", lines, span)
            yield Waived("trivy", match["check"], reason, span, folder, match["until"])


def _checkov(content: Map, folder: str, lines: list[str]) -> Iterator[Waived]:
    for text, span in _texts(content, "skip-check"):
        for check in text.split(","):
            if _CHECK.match(check) and check.count("*") <= MAX_STARS:
                yield Waived("checkov", check, _reason(f"skip-check: {check}", lines, span), span, folder)


def _trivy(content: Map, folder: str, lines: list[str]) -> Iterator[Waived]:
    listed = content.get("misconfigurations")
    if not isinstance(listed, Seq):
        return
    for index, item in enumerate(listed):
        check = item.get("id") if isinstance(item, Map) else None
        if not isinstance(item, Map) or not isinstance(check, str) or "*" in check:
            continue
        until, paths, said = item.get("expired_at"), item.get("paths"), item.get("statement")
        until = until[:10] if isinstance(until, str) else until
        if until is not None and not (isinstance(until, str) and is_date(until)):
            continue
        if paths is not None and not (isinstance(paths, Seq) and all(isinstance(one, str) for one in paths)):
            continue
        if paths is not None and len(paths) > MAX_PATHS:
            continue
        globs = tuple([f"/{one.removeprefix('./').lstrip('/')}" for one in paths or ()])
        span = listed.place(index)
        words = f"misconfigurations: {check}"
        reason = reason_of(words, said) if isinstance(said, str) and said.strip() else _reason(words, lines, span)
        yield Waived("trivy", check, reason, span, folder, until, globs)


def _zizmor(content: Map, folder: str, lines: list[str]) -> Iterator[Waived]:
    rules = _in(content, "rules")
    for check in rules:
        said = _in(rules, check)
        if said.get("disable") is True:
            span = said.place("disable")
            yield Waived("zizmor", check, _reason(f"{check} is disabled", lines, span), span, folder)
        for text, span in _texts(said, "ignore"):
            match = _PLACE.match(text)
            if match:
                reason = _reason(f"{check} is ignored in {text}", lines, span)
                line = int(match["line"] or 0)
                yield Waived("zizmor", check, reason, span, folder, name=match["file"], line=line)
        if check == UNPINNED:
            yield from _pin_policies(_in(_in(said, "config"), "policies"), folder, lines)


def _pin_policies(policies: Map, folder: str, lines: list[str]) -> Iterator[Waived]:
    """None where one of them is wrong: zizmor takes the whole file for wrong then."""
    patterns = {name: level for name, level in policies.items() if _USES.match(name) and level in PIN_LEVELS}
    if len(patterns) < len(policies) or len(patterns) > MAX_POLICIES:
        return
    for pattern, level in patterns.items():
        if level != "hash-pin":
            span = policies.place(pattern)
            reason = _reason(f"{UNPINNED} of {pattern}: {level}", lines, span)
            yield Waived("zizmor", UNPINNED, reason, span, folder, pins=PinPolicy(pattern, level, patterns))


def _in(mapping: Map, key: str) -> Map:
    found = mapping.get(key)
    return found if isinstance(found, Map) else Map()


def _texts(mapping: Map, key: str) -> Iterator[tuple[str, Span]]:
    """The texts of an entry that is one or a list of them."""
    value: Value = mapping.get(key)
    if isinstance(value, str):
        yield value, mapping.place(key)
    elif isinstance(value, Seq):
        for index, item in enumerate(value):
            if isinstance(item, str):
                yield item, value.place(index)


def _reason(words: str, lines: list[str], span: Span) -> str:
    """These words, and the comment behind an entry or directly above it."""
    behind = lines[span.line - 1][max(span.end_column - 1, 0) :] if span.end_line == span.line else ""
    _, sign, said = behind.partition("#")
    above = span.line - 2
    if not sign:
        told: list[str] = []
        while above >= 0 and len(told) < MAX_ABOVE and lines[above].lstrip().startswith("#"):
            told.append(lines[above].strip().lstrip("# "))
            above -= 1
        said = " ".join(reversed(told))
    return reason_of(words, said)


def reason_of(words: str, said: object) -> str:
    """What a report says: the words that accept something, and what they say for themselves."""
    text = " ".join(said.split()) if isinstance(said, str) else ""
    text = f"{words}: {text}" if text else words
    return text if len(text) <= MAX_REASON else text[: MAX_REASON - 3] + "..."
