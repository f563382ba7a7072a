"""What was there already: findings that a team lives with until it gets to them. The gate holds for what is new.

    {
    "guardrail-baseline": 1,
    "findings": [
    {"file": "...", "resource": "...", "rule": "...", "verdict": "fail", "fingerprint": "..."},
    ...

One finding a line, sorted, so that two branches that each add or take out some merge like any other text. Only the
fingerprint and the verdict count; the rest is for those who read it. A finding that was undetermined when it was
written down is not accepted once it fails.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from guardrail.config.globs import is_below
from guardrail.errors import ConfigError
from guardrail.model import Finding, Result, Suppression

NAME = "guardrail-baseline.json"
MAX_BYTES = 64 * 1024 * 1024
REASON = "in the baseline"

_FORMAT = "guardrail-baseline"
_KEYS = ("file", "resource", "rule", "verdict", "fingerprint")


class Entry(NamedTuple):
    """A finding that is accepted. `file` is relative to the base."""

    file: str
    resource: str
    rule: str
    verdict: str
    fingerprint: str

    def holds_for(self, finding: Finding) -> bool:
        return self.verdict == "fail" or finding.verdict == self.verdict


class Baseline:
    """`file` is how reports call it."""

    def __init__(self, file: str, entries: Iterable[Entry]) -> None:
        self.file = file
        self.entries = tuple(sorted(set(entries)))
        self._by_fingerprint = {entry.fingerprint: entry for entry in self.entries}

    def apply(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings, those that are listed marked as suppressed. What is suppressed already stays as it is."""
        said = Suppression("baseline", REASON)
        return [
            finding._replace(suppression=said) if finding.suppression is None and self.holds_for(finding) else finding
            for finding in findings
        ]

    def holds_for(self, finding: Finding) -> bool:
        entry = self._by_fingerprint.get(finding.fingerprint)
        return entry is not None and entry.holds_for(finding)

    def gone(self, findings: Iterable[Finding], paths: Sequence[str]) -> list[Entry]:
        """Entries about these paths of the tree that no finding needs any more."""
        needed = {finding.fingerprint for finding in findings}
        return [
            entry for entry in self.entries if entry.fingerprint not in needed and is_below(entry.file, paths)
        ]

    def text(self) -> str:
        lines = ",\n".join(json.dumps(entry._asdict(), ensure_ascii=False) for entry in self.entries)
        return f'{{\n"{_FORMAT}": 1,\n"findings": [\n{lines}{chr(10) if lines else ""}]\n}}\n'


def entries_of(result: Result) -> list[Entry]:
    """One for each finding that nothing else suppresses."""
    return [
        Entry(found.span.file, found.resource, found.rule, found.verdict, found.fingerprint)
        for found in result.findings
        if found.suppression is None or found.suppression.by == "baseline"
    ]


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
    if isinstance(item, dict) and item.keys() == set(_KEYS):
        values = [item[key] for key in _KEYS]
        if all(isinstance(value, str) for value in values) and item["verdict"] in ("fail", "undetermined"):
            return Entry(*values)
    raise ConfigError(f"findings[{number}] is no finding as `guardrail baseline` writes them", shown)
