"""What holds for a path, all files from the base to it taken together."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from guardrail.config.nearest import did_you_mean
from guardrail.config.source import (
    CONFIG_NAMES,
    ConfigFile,
    Layer,
    PackName,
    Place,
    Setting,
    is_rule_glob,
    place_of,
    read,
)
from guardrail.errors import ConfigError
from guardrail.model import Map, Span, Value, plain
from guardrail.tree import Tree

if TYPE_CHECKING:
    from guardrail.config.charts import HelmProfile
    from guardrail.config.environments import Environment
    from guardrail.config.waivers import Terms, Waiver


class RuleSetting(NamedTuple):
    """How a rule is judged at a path. `severity` None: the rule's own. `enforce`: block or warn. `parameters`:
    those that are set, as read, not yet checked. `provenance`: the place of each key that is set: "enabled",
    "severity", "enforce", "effective", "parameters.NAME". `effective`: the day from which on it blocks."""

    enabled: bool = True
    severity: str | None = None
    enforce: str = "block"
    parameters: dict[str, Value] = {}
    provenance: dict[str, Place] = {}
    effective: str = ""

    def on(self, today: date | None) -> RuleSetting:
        """As it is on a day: what is not effective yet only warns. `effective` says so, and is empty afterwards."""
        if not self.effective:
            return self
        if today is None or today >= date.fromisoformat(self.effective) or self.enforce != "block":
            return self._replace(effective="")
        return self._replace(enforce="warn")


DEFAULT = RuleSetting()


class NamedRule(NamedTuple):
    """A rule id, or glob of ids, that a file names."""

    id: str
    file: str
    line: int
    column: int


class Settings:
    """The settings of all paths to which the same layers apply, farthest first."""

    __slots__ = ("_known", "layers")

    def __init__(self, layers: tuple[Layer, ...]) -> None:
        self.layers = layers
        self._known: dict[tuple[str, str], RuleSetting] = {}

    def rule(self, rule_id: str, category: str) -> RuleSetting:
        """A nearer layer wins over a farther one, key by key; within one, the rule's id wins over globs (of which
        the later wins), and they over its category."""
        if not self.layers:
            return DEFAULT
        known = self._known.get((rule_id, category))
        if known is None:
            known = self._known[rule_id, category] = _rule_setting(_merged(self.layers, rule_id, category))
        return known


_NOTHING = Settings(())


def _merged(layers: Iterable[Layer], rule_id: str, category: str) -> dict[str, Setting]:
    merged: dict[str, Setting] = {}
    for layer in layers:
        if category in layer.categories:
            merged["enabled"] = layer.categories[category]
        if layer.globs:
            from fnmatch import fnmatchcase

            for pattern, settings in layer.globs:
                if fnmatchcase(rule_id, pattern):
                    merged.update(settings)
        if rule_id in layer.rules:
            merged.update(layer.rules[rule_id])
    return merged


def _rule_setting(merged: dict[str, Setting]) -> RuleSetting:
    if not merged:
        return DEFAULT
    enabled, severity, enforce = merged.get("enabled"), merged.get("severity"), merged.get("enforce")
    return RuleSetting(
        enabled.value if enabled else True,
        severity.value if severity else None,
        enforce.value if enforce else "block",
        {key[len("parameters.") :]: found.value for key, found in merged.items() if key.startswith("parameters.")},
        {key: found.place for key, found in merged.items()},
        merged["effective"].value if "effective" in merged else "",
    )


class Config:
    """All guardrail.yaml of a tree, each read when a path below its folder is first asked for.

    `fail_on`, `min_severity`, `peer_ignores`, `baseline` (an absolute path, or ""), `var_files` and `variables` are the
    base's. Variables are text as `terraform -var` takes it.
    `under`: what profiles and packs say, which all guardrail.yaml refine; set before settings are asked for.
    `explicit`: the absolute path of the file that the user gave instead of those in the tree.
    """

    def __init__(self, tree: Tree, explicit: ConfigFile | None = None) -> None:
        self.tree = tree
        self.explicit = ""
        self.under: tuple[ConfigFile, ...] = ()
        self._only = explicit
        self._files: dict[str, ConfigFile | None] = {"": explicit} if explicit else {}
        self._chains: dict[str, tuple[ConfigFile, ...]] = {}
        self._settings: dict[tuple[int, ...], Settings] = {}
        base = self.file_in("")
        self.fail_on: str = base.fail_on.value if base and base.fail_on else "low"
        self.min_severity: str = base.min_severity.value if base and base.min_severity else "info"
        self.peer_ignores: bool = base.peer_ignores.value if base and base.peer_ignores else True
        self.baseline: str = tree.absolute(_named_file(tree, base.baseline)) if base and base.baseline else ""
        self.var_files: tuple[str, ...] = tuple(_var_file(tree, found) for found in base.var_files) if base else ()
        self.variables: tuple[tuple[str, str, Span], ...] = (
            tuple((name, _variable(found.value), _span(found.place)) for name, found in base.variables.items())
            if base
            else ()
        )

    @property
    def helm_profiles(self) -> tuple[HelmProfile, ...]:
        """What charts are rendered with, by the file at the base. Raises ConfigError."""
        from guardrail.config.charts import helm_profiles

        base = self.file_in("")
        return helm_profiles(base, self.tree) if base and base.helm else ()

    @property
    def terms(self) -> Terms | None:
        """On which exceptions hold, by the file at the base. Raises ConfigError."""
        base = self.file_in("")
        if base is None or not base.exceptions:
            return None
        from guardrail.config.waivers import terms_of

        return terms_of(base)

    @property
    def waivers(self) -> list[Waiver]:
        """Those of the files read so far. Raises ConfigError."""
        sources = [source for source in self.files if source.waivers]
        if not sources:
            return []
        from guardrail.config.waivers import waivers_of

        return [waiver for source in sources for waiver in waivers_of(source)]

    @property
    def environments(self) -> tuple[Environment, ...]:
        """Those of `under` and of the files read so far. Raises ConfigError."""
        files = self.files
        if not any(source.environments for source in (*self.under, *files)):
            return ()
        from guardrail.config.environments import environments_of

        return environments_of(self.under, files)

    @property
    def scanners(self) -> dict[str, Any]:
        """What is said of each scanner that runs beside guardrail, by its name, as plain data."""
        base = self.file_in("")
        named = base.scanners if base else None
        return {name: plain(said) or {} for name, said in named.items()} if named else {}

    def scanner_place(self, name: str) -> Place:
        base = self.file_in("")
        assert base is not None
        assert base.scanners is not None
        return place_of(base.scanners, name, base.file)

    @property
    def packs(self) -> list[PackName]:
        base = self.file_in("")
        return base.packs if base else []

    @property
    def profiles(self) -> list[Setting]:
        base = self.file_in("")
        return base.profiles if base else []

    @property
    def bindings(self) -> tuple[Map, str] | None:
        """What binds concepts to kinds of one's own, and the file that says so."""
        base = self.file_in("")
        return (base.bindings, base.file) if base and base.bindings else None

    def file_in(self, folder: str) -> ConfigFile | None:
        """The one that stands in this very folder. Raises ConfigError."""
        if folder in self._files:
            return self._files[folder]
        found: ConfigFile | None = None
        if self._only is None:
            absolute = self.tree.absolute(folder)
            names = [name for name in CONFIG_NAMES if os.path.lexists(os.path.join(absolute, name))]
            paths = [f"{folder}/{name}" if folder else name for name in names]
            if len(paths) > 1:
                raise ConfigError(f"{names[0]} stands in the same folder; only one of them can count", paths[1])
            if paths:
                found = read(self.tree, paths[0], folder, is_base=not folder)
        self._files[folder] = found
        return found

    def chain(self, folder: str) -> tuple[ConfigFile, ...]:
        """The files that speak for a folder, farthest first. Raises ConfigError."""
        known = self._chains.get(folder)
        if known is None:
            above = self.chain_above(folder)
            here = self.file_in(folder)
            known = self._chains[folder] = (*above, here) if here else above
        return known

    def chain_above(self, folder: str) -> tuple[ConfigFile, ...]:
        """The same without the folder's own."""
        if not folder:
            return ()
        missing = [folder.rpartition("/")[0]]
        while missing[-1] and missing[-1] not in self._chains:
            missing.append(missing[-1].rpartition("/")[0])
        chain: tuple[ConfigFile, ...] = ()
        for parent in reversed(missing):
            if parent not in self._chains:
                here = self.file_in(parent)
                self._chains[parent] = (*chain, here) if here else chain
            chain = self._chains[parent]
        return chain

    def for_path(self, path: str, environments: Collection[str] = ()) -> Settings:
        """What holds for a file, or for what of it is in these environments. Raises ConfigError."""
        chain = (*self.under, *self.chain(path.rpartition("/")[0]))
        if not chain:
            return _NOTHING
        layers: list[Layer] = []
        for source in chain:
            layers.append(source.top)
            layers += [layer for globs, layer in source.refinements if globs.covers(path, source.folder)]
            if environments:
                layers += [layer for name, layer in source.in_environments.items() if name in environments]
        key = tuple(map(id, layers))
        known = self._settings.get(key)
        if known is None:
            known = self._settings[key] = Settings(tuple(layers))
        return known

    def excluded(self, path: str) -> bool:
        """True if an `exclude` covers the file; a nearer file may take back (`!`) what a farther one excludes."""
        from guardrail.config.globs import covered

        scopes = [(source.folder, source.exclude) for source in self.chain(path.rpartition("/")[0])]
        return covered(path, scopes)

    @property
    def files(self) -> list[ConfigFile]:
        """Those that were read so far, by folder."""
        return [source for _, source in sorted(self._files.items()) if source is not None]

    @property
    def is_dated(self) -> bool:
        """Whether some rule blocks from a day on, in what was read so far."""
        return any(
            "effective" in settings
            for source in (*self.under, *self.files)
            for layer in source.layers
            for settings in (*layer.rules.values(), *(settings for _, settings in layer.globs))
        )

    def rule_ids_named(self) -> list[NamedRule]:
        """Every rule id, and glob of ids, in `under` and the files read so far, in the order written."""
        named: list[NamedRule] = []
        for source in (*self.under, *self.files):
            named += (NamedRule(name, *place) for layer in source.layers for name, place in layer.named)
            if source.waivers or source.exceptions:
                from guardrail.config.waivers import rules_named

                named += (NamedRule(str(name), *place) for name, place in rules_named(source))
        return named

    def show(
        self, path: str, rules: Iterable[tuple[str, str]] = (), environments: Collection[str] = ()
    ) -> dict[str, Any]:
        """The effective settings of a path, and of what is in all `environments` there, as plain data, each with the
        file and line that it comes from (`null`: nothing sets it). Those that the path is in count without being
        named. `rules` are (id, category) of the rules to show; without them, what the files name."""
        from guardrail.config.show import shown

        return shown(self, path, rules, environments)


def load(tree: Tree, explicit: str | None = None) -> Config:
    """The configuration of a tree. `explicit`, the absolute path of a file, is then the only one, and its globs
    are relative to the base. Raises ConfigError."""
    if explicit is None:
        return Config(tree)
    absolute = os.path.realpath(explicit)
    inside = absolute.startswith(tree.base.rstrip(os.sep) + os.sep)
    name = os.path.relpath(absolute, tree.base).replace(os.sep, "/") if inside else explicit
    # It is the user's own word, so it may stand outside the tree; a tree of its own keeps the size cap.
    own = Tree(os.path.dirname(absolute))
    config = Config(tree, read(own, os.path.basename(absolute), "", shown=name, is_base=True))
    config.explicit = absolute
    return config


def check_rule_ids(
    config: Config, known_ids: Collection[str], is_foreign: Callable[[str], bool] | None = None
) -> None:
    """Raises ConfigError for the first rule id that does not exist, or glob that no rule's id matches. `is_foreign`:
    whether an id, or glob, is that of another scanner's checks, of which only that scanner knows which there are."""
    known = known_ids if isinstance(known_ids, (set, frozenset, dict)) else set(known_ids)
    for named in config.rule_ids_named():
        if named.id in known or (is_foreign is not None and is_foreign(named.id)):
            continue
        if is_rule_glob(named.id):
            from fnmatch import filter as matching

            if not matching(known, named.id):
                raise ConfigError(f'no rule id matches "{named.id}"', *named[1:])
            continue
        raise ConfigError(f'there is no rule "{named.id}"{did_you_mean(named.id, known)}', *named[1:])


def _named_file(tree: Tree, setting: Setting) -> str:
    path = tree.join("", setting.value)
    if path is None or not tree.contains(path):
        raise ConfigError(f'"{setting.value}" leads out of the tree', *setting.place)
    return path


def _var_file(tree: Tree, setting: Setting) -> str:
    path = _named_file(tree, setting)
    if not tree.is_file(path):
        raise ConfigError(f'there is no file "{setting.value}"', *setting.place)
    return path


def _span(place: Place) -> Span:
    return Span(place.file, place.line, place.column, place.line, place.column)


def _variable(value: Value) -> str:
    if isinstance(value, str):
        return str(value)
    import json

    return json.dumps(plain(value))
