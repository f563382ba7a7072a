"""What objects of the repository ask to have deployed from it: charts with values of their own, folders into
namespaces.

Offline nobody can tell which repository a URL means. A path that is there, and holds what is asked for, is taken for
this repository's; one that isn't is somebody else's, and nothing of it is judged here.
"""

from __future__ import annotations

import posixpath
import re
from typing import NamedTuple

from guardrail.inputs.kubernetes.helm.profiles import Profile
from guardrail.inputs.kubernetes.helm.values import merged
from guardrail.inputs.kubernetes.platform.releases import KUSTOMIZATIONS
from guardrail.model import Map, Note, Seq, Span, Value
from guardrail.model.patterns import lazy_regex
from guardrail.tree import Tree

MAX_PROFILES = 1000  # of the whole repository
_STEP = lazy_regex(r"((?:[^.\[\]\\]|\\.)+)((?:\[\d+\])*)(?:\.|\Z)")
_MAX_INDEX = 200


class Placement(NamedTuple):
    """That what a folder holds goes into a namespace: all of it where it `wins`, else what names none. `deep`: with the
    folders below. `origin` names the object that says so, `place` is where it does."""

    folder: str
    deep: bool
    namespace: str
    wins: bool
    origin: str
    place: Span


class Asked:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.profiles: dict[str, list[Profile]] = {}
        self.placements: list[Placement] = []
        self.notes: list[Note] = []
        self.local: set[Span] = set()  # places of sources that are this repository's
        self.components: dict[str, list[Seq]] = {}  # folder -> what each that deploys it adds to its kustomization
        self.count = 0

    def note(self, message: str, span: Span) -> None:
        note = Note("release", message, span.file, span.line)
        if note not in self.notes:
            self.notes.append(note)

    def folder(self, path: Value) -> str | None:
        """A path from the repository's top; None where it is nothing that is there."""
        if not isinstance(path, str) or "://" in path:
            return None
        found = self.tree.join("", path.strip("/") or ".")
        return found if found is not None and self.tree.is_folder(found) else None

    def is_chart(self, folder: str) -> bool:
        return self.tree.is_file(posixpath.join(folder, "Chart.yaml"))

    def is_kustomization(self, folder: str) -> bool:
        return any(self.tree.is_file(posixpath.join(folder, name)) for name in KUSTOMIZATIONS)

    def added(self) -> dict[str, Seq]:
        """The components that who deploys a folder adds to it. Where several do, and differ, there are as many things
        that are deployed; the one with the most is built, and a note says so."""
        chosen: dict[str, Seq] = {}
        for folder, several in self.components.items():
            chosen[folder] = most = max(several, key=len)
            other = next((listed for listed in several if listed != most), None)
            if other is not None:
                what = f"{folder or '.'} is deployed with these components and with others, with which it is judged"
                self.note(what, other.header)
        return chosen

    def render(self, folder: str, profile: Profile) -> None:
        """Has a chart rendered once more; the same thing asked for twice is rendered once."""
        self.count += 1
        if self.count > MAX_PROFILES:
            if self.count == MAX_PROFILES + 1 and profile.origin is not None:
                self.note(f"more than {MAX_PROFILES:,} releases; charts are not rendered for the rest", profile.origin)
            return
        self.profiles.setdefault(folder, []).append(profile)

    def deploy(self, folder: str, placement: Placement) -> None:
        if placement.namespace:
            self.placements.append(placement)


def mapping(holder: Value, *path: str) -> Map | None:
    for step in path:
        holder = holder.get(step) if isinstance(holder, Map) else None
    return holder if isinstance(holder, Map) else None


def text(holder: Value, *path: str) -> str:
    """The text at a path, "" where there is none."""
    *above, last = path
    found = mapping(holder, *above) if above else holder
    value = found.get(last) if isinstance(found, Map) else None
    return value if isinstance(value, str) else ""


def items(holder: Value, key: str) -> list[Map]:
    listed = holder.get(key) if isinstance(holder, Map) else None
    return [item for item in listed if isinstance(item, Map)] if isinstance(listed, Seq) else []


def name_of(value: Map) -> str:
    return text(value, "metadata", "name")


def set_value(values: Map, path: str, value: Value, span: Span) -> Map | None:
    """The values with one more, at a path as `helm --set` takes it (`a.b[0].c`); None for what is no path."""
    steps: list[str | int] = []
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            return None
        steps.append(re.sub(r"\\(.)", r"\1", match[1]))
        steps += [int(index) for index in re.findall(r"\d+", match[2])]
        position = match.end()
    if not steps or len(steps) > 50 or any(isinstance(step, int) and step > _MAX_INDEX for step in steps):
        return None
    if any(isinstance(step, int) for step in steps):
        return _set_in(values, steps, value, span)
    over: Value = value
    for step in reversed(steps):
        holder = Map(span)
        holder.put(str(step), over, span)
        over = holder
    return merged(values, over)


def _set_in(holder: Value, steps: list[str | int], value: Value, span: Span) -> Map:
    made = _placed(holder, steps, value, span)
    assert isinstance(made, Map)  # the first step is a name
    return made


def _placed(holder: Value, steps: list[str | int], value: Value, span: Span) -> Value:
    """A copy of the holder in which the value stands at the end of the steps."""
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(step, int):
        listed = Seq(span)
        old = holder if isinstance(holder, Seq) else Seq()
        for index in range(max(len(old), step + 1)):
            there = old[index] if index < len(old) else None
            place = old.place(index) if index < len(old) else span
            if index == step:
                listed.add(_placed(there, rest, value, span), span)
            else:
                listed.add(there, place)
        return listed
    made = Map(span)
    if isinstance(holder, Map):
        made.span, made.header = holder.span, holder.header
        for key in holder:
            made.copy_entry(holder, key)
    made.put(step, _placed(made.get(step), rest, value, span), span)
    return made


def typed(value: str) -> Value:
    """As `--set` takes a word: booleans, null and whole numbers are what they look like."""
    if value in ("true", "false"):
        return value == "true"
    if value == "null":
        return None
    if re.fullmatch(r"0|-?[1-9]\d{0,17}", value):
        return int(value)
    return value
