"""`environments:` of guardrail.yaml: what is in which. How rules apply there is a layer of settings like others."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import NamedTuple

from guardrail.config.globs import Globs
from guardrail.config.source import ConfigFile, Place, globs_of, named_in, place_of
from guardrail.errors import ConfigError
from guardrail.model import Map


class Environment(NamedTuple):
    """What one file says is in an environment, of what stands in its `folder` or below or comes about by files there:
    what `match` covers one of the files of, what is in one of the `namespaces`, has one of the `tags` (key and value),
    or is a job that deploys to one of the `deployments`. All but `match` and keys of tags may hold `*`."""

    name: str
    folder: str
    match: Globs
    namespaces: tuple[str, ...]
    tags: tuple[tuple[str, str], ...]
    deployments: tuple[str, ...]
    place: Place

    def speaks_of(self, file: str) -> bool:
        return not self.folder or file.startswith(f"{self.folder}/")

    def holds_file(self, file: str) -> bool:
        return self.speaks_of(file) and self.match.covers(file, self.folder)

    def holds_namespace(self, name: str) -> bool:
        return bool(name) and _is_meant(name, self.namespaces)

    def holds_tag(self, key: str, value: str) -> bool:
        return any(key == wanted and fnmatchcase(value, pattern) for wanted, pattern in self.tags)

    def holds_deployment(self, name: str) -> bool:
        return _is_meant(name, self.deployments)


def environments_of(packs: Iterable[ConfigFile], files: Iterable[ConfigFile]) -> tuple[Environment, ...]:
    """In the order in which they are written; of several files that name one, each says what is in it. Raises
    ConfigError where one of `files` names one of which nobody says what is in it."""
    own = list(files)
    found = [
        _environment(name, said or Map(), source)
        for source in (*packs, *own)
        for name, said in (source.environments or Map()).items()
    ]
    told = {each.name for each in found if each.match or each.namespaces or each.tags or each.deployments}
    for source in own:
        for name in source.in_environments:
            if name not in told:
                message = f"nothing says what is in {name}: match, namespaces, tags or deployments"
                raise ConfigError(message, *place_in(source, name))
    return tuple(found)


def names_at(file: str, environments: Iterable[Environment]) -> tuple[str, ...]:
    """Those that what stands in a file is in because of the file."""
    return tuple(dict.fromkeys(each.name for each in environments if each.holds_file(file)))


def place_in(source: ConfigFile, name: str) -> Place:
    """Where a file names an environment."""
    assert source.environments is not None
    return place_of(source.environments, name, source.file)


def _environment(name: str, said: Map, source: ConfigFile) -> Environment:
    tags = said.get("tags") or Map()
    return Environment(
        name,
        source.folder,
        globs_of(said, "match", source.file)[0],
        _texts(said, "namespaces", source),
        tuple((key, pattern) for key in tags for pattern in _texts(tags, key, source)),
        _texts(said, "deployments", source),
        place_in(source, name),
    )


def _texts(mapping: Map, key: str, source: ConfigFile) -> tuple[str, ...]:
    return tuple(str(setting.value) for setting in named_in(mapping, key, source.file))


def _is_meant(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
