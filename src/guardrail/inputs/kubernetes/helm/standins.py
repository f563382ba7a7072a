"""What stands in for dependencies that are not in the repository, so that the rest of a chart can be rendered.

Charts ask for the values of their dependencies, which have defaults of their own, and for templates that are defined
there. Where the values file says nothing, each such value is a word that means nothing; each such template puts one
out. A second rendering with another word tells what came of them, however they were cut, quoted or hashed: that is
unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from guardrail.inputs.kubernetes.helm.syntax import Action, Template
from guardrail.model import Map, Value
from guardrail.model.patterns import lazy_regex

REASON = "it comes from a chart that is not in the repository"
MAX_TRIED = 200
PARTIAL = "templates/_stand-ins-of-guardrail.tpl"
_VALUES = lazy_regex(r"(?<![\w)\]\"'.])\$?\.Values((?:\.[A-Za-z_]\w*)+)")
_FURTHER = lazy_regex(r"\s*\)+((?:\.[A-Za-z_]\w*)+)")
_INDEX = lazy_regex(r"\bindex\s+\$?\.Values((?:\s+\"[^\"\\]+\")+)")
_QUOTED = lazy_regex(r"\"([^\"]+)\"")
_CALL = lazy_regex(r"\b(?:include|template)\s+(?:\"([^\"\\]+)\"|`([^`\"\\]+)`)")
_INDENTS = lazy_regex(r"\|\s*n?indent\b")
KEY = "not-in-the-repository"
_ASKS = frozenset(("if", "else", "with", "range"))

Path = tuple[str, ...]


def words(files: Iterable[bytes]) -> tuple[str, str]:
    """Two that no file has (or else what is like them is unknown, too), and that differ in every letter, since what is
    left of them may be their first. They are numbers, and ports, so that functions that want one of these get one."""
    texts = list(files)

    def free(first: int, like: str = "     ") -> Iterator[str]:
        for word in map(str, range(first, first + MAX_TRIED)):
            if all(map(str.__ne__, word, like)) and not any(word.encode() in text for text in texts):
                yield word

    one = next(free(40961), "40961")
    return one, next(free(51000, one), "51000")


class StandIns:
    """Of one chart. `keys`: what its values call the dependencies that are missing; `defined`: the names of all
    templates that there are."""

    def __init__(self, templates: Iterable[Template], keys: Collection[str], defined: Collection[str]) -> None:
        asked: dict[Path, bool] = {}  # whether it is only put out
        self.templates: dict[str, bool] = {}  # whether they are to put out entries of a mapping
        for template in templates:
            for action in template.actions:
                for path in _paths_in(action.body):
                    if path[0] in keys and len(path) > 1:
                        asked[path] = asked.get(path, True) and not _is_condition(action)
                for match in _CALL.finditer(action.body):
                    name = match.group(1) or match.group(2)
                    if name not in defined and name.isprintable():
                        indented = _INDENTS.search(action.body, match.end()) is not None
                        self.templates[name] = self.templates.get(name, False) or indented
        holders = {path[:end] for path in asked for end in range(1, len(path))}
        # What is asked whether it is there is left away, and only what it would stand in is there.
        self.paths = {path: put_out for path, put_out in asked.items() if path not in holders}

    def __bool__(self) -> bool:
        return bool(self.paths or self.templates)

    def values(self, values: Map, is_missing: Callable[[str], bool], word: str) -> dict[str, Any]:
        """What is to be added to values: mappings by key, with the word at their ends."""
        added: dict[str, Any] = {}
        for path, put_out in sorted(self.paths.items()):
            if is_missing(path[0]) and _lacks(values, path):
                holder = added
                for key in path[:-1]:
                    holder = holder.setdefault(key, {})
                if put_out:
                    holder[path[-1]] = word
        return added

    def partial(self, word: str) -> bytes:
        """A file of templates."""
        lines = (
            f'{{{{- define "{name}" -}}}}{KEY}-{word}: "{word}"{{{{- end -}}}}\n' if entries else
            f'{{{{- define "{name}" -}}}}{word}{{{{- end -}}}}\n'
            for name, entries in self.templates.items()
        )  # fmt: skip
        return "".join(lines).encode()


def names_in(added: Mapping[str, Any], before: str = "") -> Iterator[str]:
    """`redis.port` and the like, of what `StandIns.values` adds."""
    for key, value in added.items():
        name = f"{before}{key}"
        if isinstance(value, dict):
            yield from names_in(value, f"{name}.")
        else:
            yield name


def _paths_in(body: str) -> Iterator[Path]:
    for match in _VALUES.finditer(body):
        yield (*match.group(1)[1:].split("."), *_further(body, match.end()))
    for match in _INDEX.finditer(body):
        yield (*_QUOTED.findall(match.group(1)), *_further(body, match.end()))


def _further(body: str, end: int) -> Iterator[str]:
    """`port` behind `(.Values.redis)`."""
    while match := _FURTHER.match(body, end):
        yield from match.group(1)[1:].split(".")
        end = match.end()


def _is_condition(action: Action) -> bool:
    return action.keyword in _ASKS


def _lacks(values: Map, path: Path) -> bool:
    """Whether nothing stands at a path, nor anything but mappings on the way to it."""
    value: Value = values
    for key in path:
        if value is None:
            return True
        if not isinstance(value, Map):
            return False
        value = value.get(key)
    return value is None
