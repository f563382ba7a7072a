"""`waivers:` of guardrail.yaml, findings that a team accepts for a reason, and `exceptions:`, the terms on which any
exception holds.
"""

from __future__ import annotations

from datetime import date
from fnmatch import fnmatchcase
from os.path import basename, isabs
from typing import NamedTuple

from guardrail.config.dates import is_date
from guardrail.config.globs import Globs
from guardrail.config.source import ConfigFile, Place, Setting, globs_of, named_in, place_of
from guardrail.errors import ConfigError
from guardrail.model import Map


class Waiver(NamedTuple):
    """Findings of `rules` (ids and globs of ids), in the files of `folder` and below that `match` covers, about
    `resources` (globs of addresses, all where empty). `until`: the last day on which it holds."""

    rules: tuple[str, ...]
    folder: str
    match: Globs
    resources: tuple[str, ...]
    reason: str
    until: date | None
    place: Place

    def speaks_of(self, file: str) -> bool:
        if self.folder and not file.startswith(f"{self.folder}/"):
            return False
        return not self.match or self.match.covers(file, self.folder)


class Terms(NamedTuple):
    """What an exception must have to hold. `max_days`: how far ahead its end may be, 0 for any distance. `never`: ids
    and globs of ids of the rules of which there are none. `place`: of what says so."""

    reason: bool = False
    until: bool = False
    max_days: int = 0
    never: tuple[str, ...] = ()
    place: Place = Place("", 0, 0)

    def against(self, rule: str, reason: str, until: date | None, today: date) -> str:
        """What keeps an exception of this rule from holding, empty where nothing does."""
        said = self.forbids(rule)
        if said:
            return said
        if self.reason and not reason.strip():
            return f"it gives no reason, which {self._where} asks for"
        if self.until and until is None:
            return f"it has no end (until), which {self._where} asks for"
        if self.max_days and until is not None and (until - today).days > self.max_days:
            return f"it ends on {until}, and {self._where} allows {self.max_days} days"
        return ""

    def forbids(self, rule: str) -> str:
        """Why there is no exception of this rule at all, a baseline included."""
        if any(fnmatchcase(rule, pattern) for pattern in self.never):
            return f"{self._where} allows no exception of {rule}"
        return ""

    @property
    def _where(self) -> str:
        file = self.place.file
        return f"{basename(file) if isabs(file) else file}:{self.place.line}"


def waivers_of(source: ConfigFile) -> list[Waiver]:
    """Those of one file, in the order written. Raises ConfigError."""
    if not source.waivers:
        return []
    return [
        _waiver(item, source, Place(source.file, span.line, span.column))
        for item, span in zip(source.waivers, source.waivers.spans, strict=True)
    ]


def _waiver(item: Map, source: ConfigFile, place: Place) -> Waiver:
    rules = tuple(named.value for named in named_in(item, "rules", source.file))
    if not rules:
        raise ConfigError("the waiver names no rule", *place)
    if not item["reason"].strip():
        raise ConfigError("the waiver's reason is empty", *place_of(item, "reason", source.file))
    return Waiver(
        rules,
        source.folder,
        globs_of(item, "match", source.file)[0],
        tuple(item.get("resources") or ()),
        item["reason"],
        _day(item, source.file),
        place,
    )


def _day(item: Map, file: str) -> date | None:
    text = item.get("until")
    if text is None:
        return None
    if not is_date(text):
        raise ConfigError(f'"{text}" is no day such as 2027-01-31', *place_of(item, "until", file))
    return date.fromisoformat(text)


def terms_of(source: ConfigFile | None) -> Terms | None:
    """Raises ConfigError."""
    said = source.exceptions if source else None
    if source is None or not said:
        return None
    most = said.get("max_days") or 0
    if "max_days" in said and most < 1:
        raise ConfigError("max_days must be 1 or more", *place_of(said, "max_days", source.file))
    return Terms(
        said.get("reason") == "required",
        said.get("until") == "required",
        most,
        tuple(named.value for named in named_in(said, "never", source.file)),
        source.exceptions_place,
    )


def rules_named(source: ConfigFile) -> list[Setting]:
    """The ids and globs of ids that waivers and terms name, in the order written."""
    named = [each for item in source.waivers or () for each in named_in(item, "rules", source.file)]
    return named + (named_in(source.exceptions, "never", source.file) if source.exceptions else [])
