"""What the configuration of other scanners accepts, by check and folder: made once a scan, asked for each finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from fnmatch import fnmatchcase

from guardrail.config.peer_files import Used, Waived
from guardrail.exceptions.peer_facts import speaks_of, trivy_ids
from guardrail.model import Finding, Suppression


class PeerWaivers:
    """`key`: all of it as text, for what hangs on it. `lined`: names of files of which lines are spoken of. `dated`:
    another day, it may be less. `has_pins`: some hold for certain actions."""

    def __init__(self, waived: Iterable[Waived], replaced: Iterable[tuple[str, str]], today: date) -> None:
        """`replaced`: every check that a rule stands in for, as (scanner, check)."""
        listed = list(waived)
        self.key = repr(listed)
        self.lined = frozenset(each.name for each in listed if each.line)
        self.has_pins = any(each.pins for each in listed)
        self.dated = any(each.until for each in listed)
        self._listed = [each for each in listed if each.until is None or today <= date.fromisoformat(each.until)]
        self._by_check: dict[tuple[str, str], dict[str, list[Waived]]] = {}
        known = sorted(set(replaced))
        matched: dict[tuple[str, str], list[str]] = {}
        for each in self._listed:
            pair = each.scanner, each.check
            if pair not in matched:
                matched[pair] = _checks(each, known)
            for check in matched[pair]:
                self._by_check.setdefault((each.scanner, check), {}).setdefault(each.folder, []).append(each)

    def suppression(
        self, scanner: str, check: str, finding: Finding, extents: Mapping[int, int], used: Used | None
    ) -> Suppression | None:
        """Of a finding whose rule stands in for this check. `extents`: where blocks of its file end, by first line.
        `used`: the action that it is about."""
        folders = self._by_check.get((scanner, check))
        if folders is None:
            return None
        for folder in _folders_of(finding.span.file):
            for each in folders.get(folder, ()):
                if each.holds_for(finding.span, extents, used) and speaks_of(scanner, check, finding):
                    return Suppression("waiver", each.reason, each.span, each.until)
        return None


    def own(self, scanner: str, check: str, file: str) -> Waived | None:
        """What accepts the scanner's own finding of this check in a file as a whole."""
        folders = set(_folders_of(file))
        for each in self._listed:
            if each.scanner == scanner and each.folder in folders and fnmatchcase(check, each.check):
                return each
        return None


def _checks(waived: Waived, known: Iterable[tuple[str, str]]) -> list[str]:
    if waived.scanner == "trivy":
        return list(trivy_ids(waived.check))
    if "*" not in waived.check and "?" not in waived.check:
        return [waived.check]
    return [check for scanner, check in known if scanner == waived.scanner and fnmatchcase(check, waived.check)]


def _folders_of(file: str) -> Iterator[str]:
    """The nearest first."""
    while "/" in file:
        file = file.rpartition("/")[0]
        yield file
    yield ""
