"""What was there already: findings that a team lives with until it gets to them. The gate holds for what is new.

    {
    "guardrail-baseline": 1,
    "findings": [
    {"file": "...", "resource": "...", "rule": "...", "verdict": "fail", "fingerprint": "...", "message": "..."},
    ...

One finding a line, sorted, so that two branches that each add or take out some merge like any other text. A finding
that was undetermined when it was written down is not accepted once it fails.

What is listed of a finding is found by its fingerprint. Of several that only their order tells apart, the one with the
same message is meant: what is new may come before what is old. `first` is the fingerprint of the first one of those,
where the entry is of another. `instances` are written for what Terraform makes several of; those alone are accepted.
Files without these keys are older, and accept by fingerprint and verdict.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import NamedTuple

from guardrail.config.globs import is_below
from guardrail.errors import ConfigError
from guardrail.model import Finding, Result, Suppression
from guardrail.model.patterns import lazy_regex
from guardrail.policy.findings import firsts_of

NAME = "guardrail-baseline.json"
MAX_BYTES = 64 * 1024 * 1024
REASON = "in the baseline"

_FORMAT = "guardrail-baseline"
_KEYS = ("file", "resource", "rule", "verdict", "fingerprint")
_MORE = ("message", "first")
_CALLED = "module."
_INDEX = lazy_regex(r"\[[^\]]*\]")


class Entry(NamedTuple):
    """A finding that is accepted. `file` is relative to the base."""

    file: str
    resource: str
    rule: str
    verdict: str
    fingerprint: str
    message: str = ""
    first: str = ""
    instances: tuple[str, ...] = ()

    def holds_for(self, finding: Finding) -> bool:
        if self.verdict != "fail" and finding.verdict != self.verdict:
            return False
        return not self.instances or all(self._lists(address) for address in finding.instances)

    def _lists(self, address: str) -> bool:
        """An address without an index is of a block of which it was not known what it makes, one without a module of a
        module that was judged by itself."""
        known = self.instances
        forms = (address, address.rpartition("[")[0], _INDEX.sub("", address))
        if any(form in known for form in forms):
            return True
        if not address.startswith(_CALLED):
            return any(each.endswith(tuple(f".{form}" for form in forms if form)) for each in known)
        return address.endswith(tuple(f".{each}" for each in known if not each.startswith(_CALLED)))


class Baseline:
    """`file` is how reports call it."""

    def __init__(self, file: str, entries: Iterable[Entry]) -> None:
        self.file = file
        self.entries = tuple(sorted(set(entries)))

    def apply(self, findings: Sequence[Finding]) -> list[Finding]:
        """The findings, those that are listed marked as suppressed. What is suppressed already stays as it is."""
        said = Suppression("baseline", REASON)
        return [
            finding._replace(suppression=said)
            if finding.suppression is None and entry is not None and entry.holds_for(finding)
            else finding
            for finding, entry in zip(findings, self._listed(findings), strict=True)
        ]

    def gone(self, findings: Sequence[Finding], paths: Sequence[str]) -> list[Entry]:
        """Entries about these paths of the tree that no finding needs any more."""
        needed = set(self._listed(findings))
        return [entry for entry in self.entries if entry not in needed and is_below(entry.file, paths)]

    def pruned(self, findings: Sequence[Finding], paths: Sequence[str]) -> Baseline:
        """Without what is gone; if all of the tree was judged, without instances that are."""
        found = dict(zip(self._listed(findings), findings, strict=True))
        gone = set(self.gone(findings, paths))
        kept = []
        for entry in self.entries:
            if entry in found and "" in paths:
                there = tuple(each for each in entry.instances if each in found[entry].instances)
                entry = entry._replace(instances=there or entry.instances)
            kept += [entry] if entry not in gone else []
        return Baseline(self.file, kept)

    def _listed(self, findings: Sequence[Finding]) -> list[Entry | None]:
        """What is listed of each finding, each entry of one of them."""
        firsts = firsts_of(findings)
        found: list[Entry | None] = [None] * len(findings)
        taken: set[Entry] = set()
        ways: tuple[tuple[Callable[[Entry], Hashable], Callable[[Finding, str], Hashable]], ...] = (
            (lambda entry: (entry.fingerprint, entry.message), lambda one, first: (one.fingerprint, one.message)),
            (lambda entry: (entry.first or entry.fingerprint, entry.message), lambda one, first: (first, one.message)),
            (lambda entry: entry.fingerprint, lambda one, first: one.fingerprint),
        )
        for key_of_entry, key_of in ways:
            left: dict[Hashable, list[Entry]] = {}
            for entry in self.entries:
                if entry not in taken:
                    left.setdefault(key_of_entry(entry), []).append(entry)
            for index, finding in enumerate(findings):
                if found[index] is None and (same := left.get(key_of(finding, firsts[index]))):
                    found[index] = entry = same.pop()
                    taken.add(entry)
        return found

    def text(self) -> str:
        said = (
            {key: value for key, value in entry._asdict().items() if value or key in _KEYS} for entry in self.entries
        )
        lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in said)
        return f'{{\n"{_FORMAT}": 1,\n"findings": [\n{lines}{chr(10) if lines else ""}]\n}}\n'


def entries_of(result: Result) -> list[Entry]:
    """One for each finding that nothing else suppresses."""
    return [
        Entry(
            found.span.file, found.resource, found.rule, found.verdict, found.fingerprint, found.message,
            first if first != found.fingerprint else "", _instances_of(found),
        )
        for found, first in zip(result.findings, firsts_of(result.findings), strict=True)
        if found.suppression is None or found.suppression.by == "baseline"
    ]  # fmt: skip


def _instances_of(finding: Finding) -> tuple[str, ...]:
    several = len(finding.instances) > 1 or any("[" in address for address in finding.instances)
    return finding.instances if several and finding.platform == "terraform" else ()


def read(path: str, shown: str) -> Baseline:
    """The file at this absolute path, which errors call `shown`. Raises ConfigError."""
    try:
        with open(path, "rb") as stream:
            if os.fstat(stream.fileno()).st_size > MAX_BYTES:
                raise ConfigError(f"has more than {MAX_BYTES:,} bytes", shown)
            data = json.loads(stream.read(MAX_BYTES))
    except FileNotFoundError:
        raise ConfigError("there is no such file; `guardrail baseline` writes it", shown) from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or type(error).__name__}", shown) from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"is no JSON: {error}", shown) from None
    if not isinstance(data, dict) or data.get(_FORMAT) != 1 or not isinstance(data.get("findings"), list):
        raise ConfigError("is no baseline that this version of guardrail knows", shown)
    return Baseline(shown, [_entry(item, number, shown) for number, item in enumerate(data["findings"])])


def _entry(item: object, number: int, shown: str) -> Entry:
    if isinstance(item, dict) and set(_KEYS) <= item.keys() <= {*_KEYS, *_MORE, "instances"}:
        texts = [item[key] for key in _KEYS] + [item.get(key, "") for key in _MORE]
        instances = item.get("instances", [])
        are_texts = isinstance(instances, list) and all(isinstance(text, str) for text in (*texts, *instances))
        if are_texts and item["verdict"] in ("fail", "undetermined"):
            file, resource, rule, verdict, fingerprint, message, first = texts
            return Entry(file, resource, rule, verdict, fingerprint, message, first, tuple(instances))
    raise ConfigError(f"findings[{number}] is no finding as `guardrail baseline` writes them", shown)
