"""With which values a chart is rendered: its own `values.yaml`, and again with every file that the repository keeps
for it."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from guardrail.formats import yaml
from guardrail.inputs.kubernetes.helm.layout import VALUES_FOLDERS, VALUES_NAME, YAML
from guardrail.inputs.kubernetes.helm.values import load_values
from guardrail.model import Map, Span
from guardrail.model.patterns import lazy_regex
from guardrail.tree import Tree, Unreadable

MAX_PROFILES = 60  # of one chart
_BASE = "values.yaml"
_MAX_ABOVE = 3  # folders above a chart that are looked into
_MAX_LISTED = 400
_WORDS = lazy_regex(r"[^a-z0-9]+")


class Profile(NamedTuple):
    """One way to render a chart. `files` are names in the tree, each winning over those before it (all over the
    chart's own values.yaml), `values` what is said in place (an Argo CD Application's `valuesObject`), which wins
    over the files. `release` and `namespace`: "" for the chart's name. `origin`: where someone asks for
    this profile; None where the file itself does by its name."""

    name: str
    files: tuple[str, ...] = ()
    values: Map | None = None
    release: str = ""
    namespace: str = ""
    origin: Span | None = None


ProfilesOf = Callable[[str], Sequence[Profile]]
"""A chart's folder -> further profiles that something in the repository asks for."""


def profiles_of(
    folder: str, tree: Tree, keys: Iterable[str], asked_for: Sequence[Profile], charts: Sequence[str]
) -> tuple[list[Profile], int]:
    """The profiles of the chart in a folder, its own values first, and how many were left out for being too many.
    `keys` are the names that its values begin with; `charts` the folders of all charts. A file that is part of a
    profile asked for is not rendered by itself."""
    name = _BASE if tree.is_file(_join(folder, _BASE)) else "no values"
    profiles = [Profile(name), *asked_for]
    used = {file for profile in asked_for for file in profile.files}
    known = set(keys)
    for path in candidates(folder, tree, charts):
        if path not in used and _fits(path, tree, known, inside=path.startswith(f"{folder}/") or not folder):
            shown = path[len(folder) + 1 :] if folder and path.startswith(folder + "/") else path
            profiles.append(Profile(shown, (path,)))
    unique = list({profile.name: profile for profile in profiles}.values())
    return unique[:MAX_PROFILES], max(len(unique) - MAX_PROFILES, 0)


def candidates(folder: str, tree: Tree, charts: Sequence[str]) -> list[str]:
    found = [_join(folder, name) for name in tree.names_in(folder) if VALUES_NAME.match(name) and name != _BASE]
    for below in VALUES_FOLDERS:
        found += _values_in(_join(folder, below), tree, is_ci=below == "ci")
    own = posixpath.basename(folder)
    above = folder
    for _ in range(_MAX_ABOVE):
        if not above:
            break
        above = posixpath.dirname(above)
        siblings = [chart for chart in charts if chart.startswith(f"{above}/" if above else "")]
        alone = siblings == [folder]
        outside = [_join(above, name) for name in tree.names_in(above) if VALUES_NAME.match(name)]
        for below in VALUES_FOLDERS[:-1]:
            outside += _values_in(_join(above, below), tree, is_ci=False)
        for path in outside:
            # Below a folder that has several charts, the file's name has to say for which it is.
            words = _WORDS.split(path[len(above) :].lower())
            if alone or _WORDS.split(own.lower()) == [word for word in _WORDS.split(own.lower()) if word in words]:
                found.append(path)
    return list(dict.fromkeys(found))


def _values_in(folder: str, tree: Tree, *, is_ci: bool) -> list[str]:
    """The values files in a folder and in those right below it."""
    if not tree.is_folder(folder):
        return []
    found: list[str] = []
    for name in tree.names_in(folder):
        if name.endswith(YAML) and (not is_ci or "values" in name):
            found.append(f"{folder}/{name}")
    for below in tree.folders_in(folder)[:_MAX_LISTED]:
        # One folder an environment: its values.yaml, or a file for each chart.
        names = [name for name in tree.names_in(f"{folder}/{below}") if name.endswith(YAML)]
        found += [f"{folder}/{below}/{name}" for name in names]
    return found[:_MAX_LISTED]


def _fits(path: str, tree: Tree, keys: set[str], *, inside: bool) -> bool:
    """Whether a file holds values, of this chart where it stands elsewhere."""
    try:
        data = tree.read(path)
    except Unreadable:
        return inside  # rendering with it says why
    values = load_values(data, path)
    if "apiVersion" in values and "kind" in values:
        return False
    if not values:
        return inside and bool(data.strip()) and bool(yaml.load(data, path).problems)
    if inside:
        return not keys or not keys.isdisjoint(values)
    return 2 * len(keys.intersection(values)) >= len(values)


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
