"""Profiles: which rules apply, as data. The shipped ones stand in `shipped_profiles/`, a pack's in its `profiles/`.

A profile is a YAML file: `title`, `description`, `includes` (other profiles), `frameworks` (all rules that are mapped
to a control of theirs), `categories` and `rules`, the last two as in guardrail.yaml. What it lists is on; of the rules
that come with guardrail, all else is off.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from guardrail.config import Settings, did_you_mean
from guardrail.config.source import ConfigFile, Place, Setting, check, place_of
from guardrail.errors import ConfigError
from guardrail.formats.yaml import load
from guardrail.model import Map, Seq
from guardrail.policy.bundle import Bundle
from guardrail.policy.frameworks import load_frameworks
from guardrail.policy.packs import Pack

FOLDER = os.path.join(os.path.dirname(__file__), "shipped_profiles")
_KEYS = ("title", "description", "includes", "frameworks", "categories", "rules")

FOREIGN = ("CKV_*", "CKV2_*")
"""Ids of checks that are no rules: who asks for their scanner wants them, whatever profile there is."""


class Profile(NamedTuple):
    """`layers`: those that it includes first, its own last."""

    name: str
    title: str
    description: str
    layers: tuple[ConfigFile, ...]


class Profiles:
    """Those there are, read when asked for."""

    def __init__(self, bundle: Bundle, packs: Sequence[Pack] = ()) -> None:
        self.bundle = bundle
        self.packs = {pack.name: pack for pack in packs}
        self.names = list(self._names())

    def _names(self) -> Iterator[str]:
        yield from sorted(name[:-5] for name in os.listdir(FOLDER) if name.endswith(".yaml"))
        for pack in self.packs.values():
            for file in pack.files:
                if file.startswith("profiles/"):
                    yield f"{pack.name}/{os.path.splitext(file.removeprefix('profiles/'))[0]}"

    def get(self, name: str, place: Place, above: tuple[str, ...] = ()) -> Profile:
        """Raises ConfigError for one that is not there, or is wrong."""
        if name not in self.names:
            hint = did_you_mean(name, self.names) or f"; there are {', '.join(self.names)}"
            raise ConfigError(f'there is no profile "{name}"{hint}', *place)
        if name in above:
            raise ConfigError(f"the profile {name} includes itself", *place)
        content, data, file = self._content(name)
        included: list[ConfigFile] = []
        for key in content:
            if key not in _KEYS:
                raise ConfigError(f'unknown key "{key}"{did_you_mean(key, _KEYS)}', *place_of(content, key, file))
        settings = Map(content.span, content.header)
        for key in ("categories", "rules"):
            if key in content:
                settings.put(key, content[key], content.spans[key])
        check(settings, file)
        for other, at in _items(content, "includes", file):
            included += self.get(other, at, (*above, name)).layers
        layer = ConfigFile(file, "", content, data)
        self._turn_on(layer, content)
        return Profile(
            name, str(content.get("title") or name), " ".join(str(content.get("description") or "").split()),
            (*included, layer),
        )  # fmt: skip

    def _content(self, name: str) -> tuple[Map, bytes, str]:
        pack_name, slash, own = name.rpartition("/")
        if slash:
            pack = self.packs[pack_name]
            file = next(f for f in pack.files if os.path.splitext(f)[0] == f"profiles/{own}")
            return pack.mapping(file), pack.read(file), pack.called(file)
        file = f"profile {name}"
        with open(os.path.join(FOLDER, f"{name}.yaml"), "rb") as stream:
            data = stream.read()
        content = load(data, file).documents[0].value
        assert isinstance(content, Map)
        return content, data, file

    def _turn_on(self, layer: ConfigFile, content: Map) -> None:
        """What a profile lists is on, whatever it says of it besides."""
        rules = layer.top.rules
        for name, settings in rules.items():
            if "enabled" not in settings:
                place = next(place for named, place in layer.top.named if named == name)
                settings["enabled"] = Setting(True, place)
        known = load_frameworks()
        for framework, place in _items(content, "frameworks", layer.file):
            if framework not in known:
                raise ConfigError(f'no framework is called "{framework}"{did_you_mean(framework, known)}', *place)
            for rule in self.bundle.rules.values():
                if framework in (rule.data.get("frameworks") or {}):
                    rules.setdefault(rule.id, {}).setdefault("enabled", Setting(True, place))


def chosen(names: Sequence[Setting], bundle: Bundle, packs: Sequence[Pack]) -> list[ConfigFile]:
    """What several profiles come to together: all that one of them lists, the packs' own rules, and the checks of
    scanners that run beside guardrail; of parameters, the later ones."""
    profiles = Profiles(bundle, packs)
    first = names[0].place
    nothing = ConfigFile(first.file, "", Map())
    nothing.top.globs.append(("*", {"enabled": Setting(False, first)}))
    for pack in packs:
        nothing.top.globs.append((f"{pack.name}/*", {"enabled": Setting(True, pack.place)}))
    nothing.top.globs.extend((ids, {"enabled": Setting(True, first)}) for ids in FOREIGN)
    layers = [nothing]
    for name in names:
        layers += profiles.get(str(name.value), name.place).layers
    return layers


def settings_of(profile: Profile) -> Settings:
    """How the profile alone would have rules."""
    return Settings(tuple(layer for source in profile.layers for layer in source.layers))


def _items(content: Map, key: str, file: str) -> Iterator[tuple[str, Place]]:
    items = content.get(key)
    if items is None:
        return
    if not isinstance(items, Seq) or not all(isinstance(item, str) for item in items):
        raise ConfigError(f"{key} must be a list of names", *place_of(content, key, file))
    for item, span in zip(items, items.spans, strict=True):
        yield str(item), Place(file, span.line, span.column)
