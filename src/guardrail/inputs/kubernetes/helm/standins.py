"""What stands in for dependencies that are not in the repository, so that the rest of a chart can be rendered.

Charts ask for the values of their dependencies, which have defaults of their own, and for templates that are defined
there. Where the values file says nothing, each such value is a word that means nothing; each such template puts one
out. A second rendering with another word tells what came of them, however they were cut, quoted or hashed: that is
unknown.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import takewhile
from typing import Any, NamedTuple

from guardrail.inputs.kubernetes.helm.served import version_of
from guardrail.inputs.kubernetes.helm.syntax import Action, Template
from guardrail.model import Map, Sensitive, Unknown, Value
from guardrail.model.patterns import lazy_regex

MAX_TRIED = 200
MAX_LOOKED = 100  # lines around a call
MAX_HANDED_ON = 5  # by templates that do nothing but call another
PARTIAL = "templates/_stand-ins-of-guardrail.tpl"
_VALUES = lazy_regex(r"(?<![\w)\]\"'.])\$?\.Values((?:\.[A-Za-z_]\w*)+)")
_FURTHER = lazy_regex(r"\s*\)+((?:\.[A-Za-z_]\w*)+)")
_INDEX = lazy_regex(r"\bindex\s+\$?\.Values((?:\s+\"[^\"\\]+\")+)")
_QUOTED = lazy_regex(r"\"([^\"]+)\"")
_CALL = lazy_regex(r"\b(?:include|template)\s+(?:\"([^\"\\]+)\"|`([^`\"\\]+)`)")
_INDENTS = lazy_regex(r"\|\s*n?indent\s+([0-9]{1,3})\b")
_READS = lazy_regex(r"\bfrom(?:Yaml|Json)(Array)?\s*\(\s*include\s+[\"`]\Z")  # `fromYaml (include "x" .)`
_READ = lazy_regex(r"\|\s*from(?:Yaml|Json)(Array)?\b")  # `include "x" . | fromYaml`
_ITSELF = lazy_regex(r"\s*\.\s*\|\s*(?:\w+\s*\|\s*)?n?indent\s+([0-9]{1,3})\s*\Z")
_BOUNDARY = lazy_regex(r"---|\{\{-?\s*define\b")  # of a document, of a template
_DASHES = lazy_regex(r"(?:-\s+)+")
_HAS_KEY = lazy_regex(r":(?:\s|\Z)")
KEY = "not-in-the-repository"
_LISTS = frozenset(
    ("args", "command", "containers", "egress", "env", "envFrom", "from", "hostAliases", "hosts", "imagePullSecrets",
     "ingress", "initContainers", "items", "paths", "ports", "rules", "subjects", "tls", "to", "tolerations",
     "topologySpreadConstraints", "volumeClaimTemplates", "volumeMounts", "volumes")
)  # fmt: skip
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


class Shape(NamedTuple):
    """What callers need of a template: `sign` is put in the place of the first letter of its name."""

    sign: str
    text: str


_TEXT = Shape("", "{word}")
# They begin with a line of their own, as what stands behind a key has to: `labels: {{ include "x" . | indent 4 }}`.
_ENTRIES, _ITEMS = Shape("~", "\n" + KEY + '-{word}: "{word}"'), Shape("!", "\n- {word}")
# They stand in a line that is theirs.
_ENTRY, _ITEM = Shape("^", KEY + '-{word}: "{word}"'), Shape("+", "- {word}")
# They are read again, as YAML or as JSON: of a text, `fromYaml` makes a mapping that has nothing but an error in it.
_MAPPING, _LIST = Shape("%", '{{"' + KEY + '-{word}": "{word}"}}'), Shape("=", '["{word}"]')


class Calls:
    """Of templates that nobody defines, in the templates of one chart."""

    def __init__(self, templates: Collection[Template], defined: Collection[str]) -> None:
        self.templates, self.defined = templates, defined
        self._indented: dict[str, tuple[Template, Action, str]] = {}  # of what is called in no other way, where first
        plainly: set[str] = set()
        for template in templates:
            for action in template.actions:
                for name, _, rest in _calls(action):
                    if _INDENTS.search(rest):
                        self._indented.setdefault(name, (template, action, rest))
                    else:
                        plainly.add(name)
        for name in plainly:
            self._indented.pop(name, None)

    def undefined_in(self, template: Template) -> Iterator[tuple[str, int, Shape]]:
        """Name, where it stands in the text, and what is needed of it."""
        for action in template.actions:
            start = template.text.find(action.body, action.start)
            for name, at, rest in _calls(action):
                if name not in self.defined and name.isprintable():
                    yield name, start + at, _read_again(action.body[:at], rest) or self._shape(template, action, rest)

    def _shape(self, template: Template, action: Action, rest: str) -> Shape:
        for _ in range(MAX_HANDED_ON):
            if _INDENTS.search(rest) or action.unit is None or not _is_all_of_it(template, action.unit):
                break
            caller = self._indented.get(action.unit.name)
            if caller is None:
                break
            template, action, rest = caller
        return _shape(template, action, rest)

    def told_apart(self, template: Template) -> tuple[str, list[str]]:
        """The template's text with other names for the templates that nobody defines, as long as they were: one for
        each shape that is needed of them. And the names that they had."""
        letters = list(template.text)
        names: list[str] = []
        for name, at, shape in self.undefined_in(template):
            letters[at : at + len(shape.sign)] = shape.sign
            names.append(name)
        return "".join(letters), names


class StandIns:
    """Of one chart. `calls` of templates are told apart; `own`: the templates that see its values as they are, which
    those of its dependencies do not; `keys`: what its values call the dependencies that are missing."""

    def __init__(self, calls: Calls, own: Collection[Template], keys: Collection[str]) -> None:
        asked: dict[Path, bool] = {}  # whether it is only put out
        self.templates: dict[str, Shape] = {}
        for template in own:
            for action in template.actions:
                for path in _paths_in(action.body):
                    if path[0] in keys and len(path) > 1:
                        asked[path] = asked.get(path, True) and not _is_condition(action)
        for template in calls.templates:
            self.templates.update((name, shape) for name, _, shape in calls.undefined_in(template))
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
            f'{{{{- define "{name}" }}}}{shape.text.format(word=word)}{{{{- end -}}}}\n'
            for name, shape in self.templates.items()
        )
        return "".join(lines).encode()


def settle(value: Value) -> None:
    """What a library of templates would have said of an object: the version of its kind that the cluster serves, and
    the release's namespace, which is that of objects without one."""
    if not isinstance(value, Map):
        return
    kind, metadata = value.get("kind"), value.get("metadata")
    if isinstance(value.get("apiVersion"), Unknown) and isinstance(kind, str):
        version = version_of(kind)
        if version:
            value["apiVersion"] = version
    if isinstance(metadata, Map) and "namespace" in metadata:
        namespace = metadata["namespace"]
        if isinstance(namespace.reveal() if isinstance(namespace, Sensitive) else namespace, Unknown):
            del metadata["namespace"], metadata.spans["namespace"]


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


def _calls(action: Action) -> Iterator[tuple[str, int, str]]:
    """Name of a template that is called, where it stands in the action's body, and what stands behind it."""
    for match in _CALL.finditer(action.body):
        group = 1 if match.group(1) is not None else 2
        yield match.group(group), match.start(group), action.body[match.end() :]


def _read_again(before: str, rest: str) -> Shape | None:
    """What is needed of a call whose output a function reads again, by what stands before the template's name and what
    behind it."""
    match = _READS.search(before) or _READ.search(_without_arguments(rest))
    if match is None:
        return None
    return _LIST if match.group(1) else _MAPPING


def _without_arguments(rest: str) -> str:
    """What stands behind a call, without what is in brackets of its own: `(include "other" . | fromYaml)`."""
    kept: list[str] = []
    depth = 0
    for character in rest:
        depth += character == "("
        if not depth:
            kept.append(character)
        depth -= character == ")" and depth > 0
    return "".join(kept)


def _is_all_of_it(template: Template, define: Action) -> bool:
    """Whether a template puts out nothing but what it calls."""
    return all(not template.text[start:end].strip() for start, end, unit in template.texts if unit is define)


def _shape(template: Template, action: Action, rest: str) -> Shape:
    """Told by what stands around it in its template, at the column that it is indented to."""
    indents = _INDENTS.search(rest)
    if indents is None and action.keyword == "with":  # `{{ with include "x" . }}{{ . | nindent 4 }}{{ end }}`
        after = bisect_right(template.actions, action.start, key=lambda other: other.start)
        within = template.actions[after] if after < len(template.actions) else action
        indents, action = _ITSELF.match(within.body), within
    if indents is None:
        return _shape_in_line(template, action)
    width = int(indents.group(1))
    first, column = template.line_of(action.start)
    last, _ = template.line_of(action.end)
    below = range(last + 1, min(last + MAX_LOOKED, len(template.starts)) + 1)
    for text, depth in _written(map(template.line_text, below), width):
        if depth == width:
            return _ITEMS if text.startswith("-") else _ENTRIES
    own = template.line_text(first)[: column - 1].strip()
    if own:  # `volumes: {{- include ... }}`
        return _below(own)
    above = range(first - 1, max(first - 1 - MAX_LOOKED, 0), -1)
    for text, depth in _written(map(template.line_text, above), width):
        if depth < width or _below(text) is _ITEMS:
            return _below(text)
        return _ITEMS if text.startswith("-") else _ENTRIES
    return _ENTRIES


def _shape_in_line(template: Template, action: Action) -> Shape:
    """Of what is put out as it comes. Alone in its line, amid entries or items, it is some of them."""
    first, column = template.line_of(action.start)
    last, end = template.line_of(action.end)
    width = column - 1
    if template.line_text(first)[:width].strip() or template.line_text(last)[end - 1 :].strip():
        return _TEXT
    if any(action.trims) or not action.prints:
        return _TEXT
    below = range(last + 1, min(last + MAX_LOOKED, len(template.starts)) + 1)
    above = range(first - 1, max(first - 1 - MAX_LOOKED, 0), -1)
    for numbers in (below, above):
        near = takewhile(lambda line: not _BOUNDARY.match(line), map(template.line_text, numbers))
        for text, depth in _written(near, width):
            lead = _DASHES.match(text)
            dashes = lead.end() if lead else 0
            if depth == width and dashes:
                return _ITEM
            if depth + dashes == width and _HAS_KEY.search(text) and (not dashes or numbers is above):
                return _ENTRY
    return _TEXT


def _written(lines: Iterable[str], width: int) -> Iterator[tuple[str, int]]:
    """Up to the first line that is less far to the right: what is no action, nor further to the right."""
    for line in lines:
        text = line.strip()
        depth = len(line) - len(line.lstrip())
        if text and not text.startswith(("{{", "#")) and depth <= width:
            yield text, depth
            if depth < width:
                return


def _below(line: str) -> Shape:
    """What the key at a line's end is a key of."""
    key = line.removeprefix("- ").removesuffix(":").strip("\"' ")
    return _ITEMS if line.endswith(":") and key in _LISTS else _ENTRIES


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
