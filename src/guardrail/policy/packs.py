"""Packs: rules of a team's own, in a folder or in an installed distribution.

    acme/
      pack.yaml        name, version, owner, description, guardrail (the versions of it that the pack works with)
      rules/           rule files, in folders or not; the ids that they get are acme/bucket-names. Python files, too
      policy.yaml      how the pack wants guardrail's own rules, and bindings; as in guardrail.yaml, which refines it
      profiles/        profiles of its own, called acme/prod

Nothing of a pack is run to find or read it. What Python it has is run only where it is the user's: installed, or
outside the tree that is scanned and named by a configuration that the user gave.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from guardrail._version import __version__
from guardrail.config import did_you_mean
from guardrail.config.source import PackName, Place
from guardrail.errors import ConfigError, RuleError
from guardrail.formats.yaml import load
from guardrail.model import Map
from guardrail.model.patterns import lazy_regex
from guardrail.shipped import site_packages
from guardrail.tree import Tree, Unreadable, digest

MANIFEST = "pack.yaml"
POLICY = "policy.yaml"
MAX_FILES = 5000
_KEYS = ("name", "version", "owner", "description", "guardrail")
_NAME = lazy_regex(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*\Z")


class Pack:
    """`folder`: where it stands, absolute. `place`: what names it. `refusal`: why its Python may not be run, "" where
    it may. Errors and provenance call its files by `shown`."""

    def __init__(self, folder: str, shown: str, place: Place, refusal: str) -> None:
        self.folder, self.shown, self.place, self.refusal = os.path.realpath(folder), shown, place, refusal
        self.tree = Tree(self.folder)
        manifest = self.mapping(MANIFEST)
        self.name = self._word(manifest, "name")
        self.version = self._word(manifest, "version")
        self.owner = str(manifest.get("owner") or "")
        self.description = str(manifest.get("description") or "")
        for key in manifest:
            if key not in _KEYS:
                self.fail(f'unknown key "{key}"{did_you_mean(key, _KEYS)}', MANIFEST, manifest.spans[key])
        if not _NAME.match(self.name):
            self.fail(f'"{self.name}" is no name for a pack: lower-case words with dashes', MANIFEST,
                      manifest.spans["name"])  # fmt: skip
        wanted = manifest.get("guardrail")
        if wanted is not None and not _satisfies(__version__, wanted):
            self.fail(f"{self.name} wants guardrail {wanted}; this is {__version__}", MANIFEST,
                      manifest.spans["guardrail"])  # fmt: skip

    def _word(self, manifest: Map, key: str) -> str:
        value = manifest.get(key)
        if not isinstance(value, (str, int, float)) or isinstance(value, bool) or not str(value):
            span = manifest.spans.get(key, manifest.header)
            self.fail(f"a pack has a {key}", MANIFEST, span)
        return str(value)

    def fail(self, message: str, file: str, span: Any) -> None:
        raise RuleError(message, self.called(file), span.line, span.column)

    def called(self, file: str) -> str:
        return f"{self.shown}/{file}" if self.shown else file

    @cached_property
    def files(self) -> list[str]:
        """Every YAML and Python file that the pack is made of, by name in its folder, sorted."""
        found = [name for name in (MANIFEST, POLICY) if self.tree.is_file(name)]
        for part in ("rules", "profiles"):
            for at, folders, names in self.tree.walk(part):
                folders[:] = [name for name in folders if not name.startswith(".") and name != "__pycache__"]
                found += [f"{at}/{name}" for name in names if name.endswith((".yaml", ".yml", ".py"))]
                if len(found) > MAX_FILES:
                    raise RuleError(f"the pack has more than {MAX_FILES:,} files", self.called(MANIFEST))
        return sorted(found)

    @property
    def rule_files(self) -> list[str]:
        return [name for name in self.files if name.startswith("rules/") and not name.endswith(".py")]

    @property
    def code_files(self) -> list[str]:
        return [name for name in self.files if name.startswith("rules/") and name.endswith(".py")]

    @cached_property
    def key(self) -> str:
        """Tells its content, and where it stands, from any other."""
        words = [self.name, self.version, self.folder, self.shown]
        return "\n".join([*words, *(f"{name} {digest(self.read(name))}" for name in self.files)])

    def read(self, file: str) -> bytes:
        try:
            return self.tree.read(file)
        except Unreadable as error:
            raise RuleError(error.problem.message, self.called(file)) from None

    def mapping(self, file: str) -> Map:
        """A YAML file that holds one mapping."""
        shown = self.called(file)
        loaded = load(self.read(file), shown)
        for problem in loaded.problems:
            raise RuleError(problem.message, shown, problem.line)
        content = loaded.documents[0].value if len(loaded.documents) == 1 else None
        if not isinstance(content, Map):
            raise RuleError("holds no single mapping", shown, 1)
        return content


def _satisfies(version: str, wanted: Any) -> bool:
    from guardrail.conditions.operators import SIMPLE

    try:
        text = str(wanted)
        return bool(SIMPLE["version"](f">= {text}" if text[:1].isdecimal() else text)(version))
    except (TypeError, ValueError):
        return False


def find_packs(names: list[PackName], tree: Tree, explicit: str, more: tuple[str, ...] = ()) -> tuple[Pack, ...]:
    """The packs that a configuration names, and those of the command line (`more`, folders), in that order. `explicit`:
    the absolute path of the configuration, where the user gave it. Raises ConfigError and RuleError."""
    packs: list[Pack] = []
    for name in names:
        pack = _by_path(name, tree, explicit) if name.how == "path" else _installed(name)
        packs.append(pack)
    for path in more:
        place = Place("--pack", 0, 0)
        if not os.path.isfile(os.path.join(path, MANIFEST)):
            raise ConfigError(f"{path} is no pack: it has no {MANIFEST}", place.file)
        packs.append(Pack(path, path.rstrip("/"), place, _inside(path, tree)))
    by_name: dict[str, Pack] = {}
    for pack in packs:
        if by_name.setdefault(pack.name, pack).folder != pack.folder:
            raise ConfigError(f'two packs are called "{pack.name}"', *pack.place)
    return tuple(by_name.values())


def _by_path(name: PackName, tree: Tree, explicit: str) -> Pack:
    from guardrail.discover import find_base

    above = os.path.dirname(explicit) if explicit else tree.base
    base = find_base([above]) if explicit else tree.base
    folder = os.path.realpath(os.path.join(above, name.name))
    if folder != base and not folder.startswith(base.rstrip(os.sep) + os.sep):
        raise ConfigError(f'"{name.name}" leads out of the tree', *name.place)
    if not os.path.isfile(os.path.join(folder, MANIFEST)):
        raise ConfigError(f'"{name.name}" is no pack: it has no {MANIFEST}', *name.place)
    return Pack(folder, os.path.normpath(name.name).replace(os.sep, "/"), name.place, _inside(folder, tree))


def _inside(folder: str, tree: Tree) -> str:
    """Why Python in this folder is not run; "" where it may be."""
    real = os.path.realpath(folder)
    if real == tree.base or real.startswith(tree.base.rstrip(os.sep) + os.sep):
        return "stands in the tree that is scanned, of which no code is run"
    return ""


def _installed(name: PackName) -> Pack:
    from importlib import metadata

    folders = site_packages()
    found = next(iter(metadata.Distribution.discover(name=name.name, path=folders)), None)
    if found is None:
        raise ConfigError(f'no distribution "{name.name}" is installed beside guardrail', *name.place)
    manifests = [file for file in found.files or () if file.name == MANIFEST]
    named = {entry.value.replace(".", "/") for entry in found.entry_points if entry.group == "guardrail.packs"}
    if named:
        manifests = [file for file in manifests if file.parent.as_posix() in named]
    if len(manifests) != 1:
        what = f"has {'several' if manifests else 'no'} {MANIFEST}"
        if manifests:
            what += "; an entry point of the group guardrail.packs tells which"
        if not manifests and found.read_text("direct_url.json"):
            what += " (of one that is installed from a checkout, give the folder as a path)"
        raise ConfigError(f'the distribution "{name.name}" {what}', *name.place)
    folder = os.path.dirname(str(found.locate_file(manifests[0])))
    return Pack(folder, f"{name.name}:{manifests[0].parent.as_posix()}", name.place, "")


def pack_folders(paths: list[str]) -> Iterator[str]:
    """Those of the paths that are packs."""
    for path in paths:
        if os.path.isfile(os.path.join(path, MANIFEST)):
            yield path
