"""A configuration of CircleCI, or an orb that stands in one: its jobs, commands and executors by their names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from guardrail.inputs.pipelines.circleci_scope import Given, Scope
from guardrail.inputs.pipelines.document import Source
from guardrail.inputs.pipelines.vocabulary import Keys, text_of
from guardrail.model import NOWHERE, Map, Note, Problem, Seq, Span, Unknown, Value
from guardrail.model.patterns import lazy_regex

_CONFIG = lazy_regex(r"(?:^|/)\.circleci/config\.ya?ml\Z")


class Config:
    """`name` is empty for the configuration itself, else the orb's. `elsewhere` are its orbs of the registry."""

    def __init__(self, root: Map, name: str = "", depth: int = 0) -> None:
        self.root, self.name = root, name
        self.inline: dict[str, Config] = {}
        self.elsewhere: dict[str, Value] = {}
        orbs = root.get("orbs")
        for alias, orb in orbs.items() if isinstance(orbs, Map) else ():
            if isinstance(orb, Map) and orb and depth < 5:
                self.inline[alias] = Config(orb, f"{name}.{alias}".lstrip("."), depth + 1)
            else:
                self.elsewhere[alias] = orb

    def find(self, kind: str, name: str) -> tuple[Config, Map] | None:
        """A job, command or executor (`kind`: jobs, commands, executors) and whose it is. None where it isn't there."""
        orb, slash, inner = name.partition("/")
        if slash:
            config = self.inline.get(orb)
            return config.find(kind, inner) if config is not None else None
        listed = self.root.get(kind)
        found = listed.get(name) if isinstance(listed, Map) else None
        return (self, found) if isinstance(found, Map) else None

    def is_elsewhere(self, name: str) -> bool:
        orb, slash, _ = name.partition("/")
        return bool(slash) and orb in self.elsewhere


class File:
    """What the parts of one file's reading share."""

    def __init__(self, source: Source, root: Map) -> None:
        self.source, self.path, self.root = source, source.path, root
        self.config = Config(root)
        self.problems: list[Problem] = []
        self.notes: list[Note] = []
        self.addresses, self.names = Keys(), Keys()
        self.locals: dict[Span, str] = {}
        self.steps = 0  # made so far

    def problem(self, kind: str, message: str, span: Span) -> None:
        self.problems.append(Problem(kind, message, span.file or self.path, span.line))

    def missing(self, kind: str, message: str, span: Span) -> None:
        """Something that the file names and doesn't have. What a configuration is continued with may be completed
        before it is used."""
        if _CONFIG.search(self.path):
            self.problem(kind, message, span)
        else:
            self.notes.append(Note(kind, message, span.file or self.path, span.line))

    def local(self, name: str, place: Span) -> str:
        """What the fingerprint calls the thing at this place, whichever jobs it becomes part of."""
        found = self.locals.get(place)
        if found is None:
            found = self.locals[place] = self.names.next(name)
        return found


class Invocation(NamedTuple):
    """A job of a workflow: one entry of its `jobs`, once for each combination of its matrix. `guard` says what lets it
    run, where not every push does; `guard_span` where that stands."""

    name: str
    body: Map | None
    span: Span
    scope: Scope
    workflow: str
    maybe: Unknown | None
    triggers: Seq
    guard: str = ""
    guard_span: Span = NOWHERE

    @property
    def scheduled(self) -> bool:
        return list(self.triggers) == ["schedule"]


MAX_MATRIX = 128  # CircleCI's own limit
MAX_GUARDED = 1000  # jobs of a workflow whose approvals are looked for


def combinations(body: Map | None, scope: Scope) -> list[dict[str, Given]]:
    """What a matrix makes of an invocation; a single one without a matrix."""
    matrix = body.get("matrix") if body is not None else None
    listed = matrix.get("parameters") if isinstance(matrix, Map) else None
    if not isinstance(listed, Map) or not isinstance(matrix, Map):
        return [{}]
    found: list[dict[str, Given]] = [{}]
    for name in listed:
        values = scope.resolve(listed[name], listed.spans[name])
        cells: list[Given]
        if isinstance(values.value, Seq):
            cells = [
                scope.resolve(item, place, f"matrix.{name}")
                for item, place in zip(values.value, values.value.spans, strict=False)
            ]
        else:
            cells = [values]
        found = [{**old, name: cell} for old in found for cell in cells[:MAX_MATRIX]][:MAX_MATRIX]
    left_out = [entry for entry in _maps(matrix.get("exclude")) if entry]
    return [one for one in found if not any(_matches(one, entry) for entry in left_out)] or [{}]


def _matches(one: dict[str, Given], entry: Map) -> bool:
    return all(key in one and one[key].value == value for key, value in entry.items())


def _maps(value: Value) -> Iterator[Map]:
    for item in value if isinstance(value, Seq) else ():
        if isinstance(item, Map):
            yield item


def guards(workflow: Map) -> dict[str, tuple[str, Span]]:
    """What lets the jobs of a workflow run, by their names in it: the workflow's own condition, filters of branches (of
    all that they require, too), somebody's approval further up. Jobs that every push runs are left out."""
    jobs: dict[str, tuple[Map | None, Span]] = {}
    listed = workflow.get("jobs")
    for item, span in zip(listed, listed.spans, strict=False) if isinstance(listed, Seq) else ():
        entry = one_entry(item)
        if entry is not None:
            body = entry[1] if isinstance(entry[1], Map) else None
            name = text_of(body.get("name")) if body is not None else None
            jobs.setdefault(name or entry[0], (body, span))
            if len(jobs) > MAX_GUARDED:
                return {}
    for key in ("when", "unless"):
        if key in workflow:
            return dict.fromkeys(jobs, (f"{key} of the workflow", workflow.spans[key]))
    found = _filtered(jobs)
    for name, (_, span) in jobs.items():
        if name in found:
            continue
        waiting, seen = [name], {name}
        while waiting:
            before, place = jobs.get(waiting.pop(), (None, span))
            if before is not None and text_of(before.get("type")) == "approval":
                found[name] = "an approval", place
                break
            for one in _required(before):
                if one not in seen:
                    seen.add(one)
                    waiting.append(one)
    return found


def _filtered(jobs: dict[str, tuple[Map | None, Span]]) -> dict[str, tuple[str, Span]]:
    """The jobs with a filter of their own, and those all of whose required jobs are filtered: they run where one of
    these does."""
    found: dict[str, tuple[str, Span]] = {}
    missing: dict[str, set[str]] = {}
    after: dict[str, list[str]] = {}
    for name, (body, span) in jobs.items():
        own = _filter(body)
        if own:
            found[name] = own, body.spans["filters"] if body is not None else span
            continue
        missing[name] = set(_required(body))
        for one in missing[name]:
            after.setdefault(one, []).append(name)
    settled = list(found)
    while settled:
        name = settled.pop()
        for later in after.get(name, ()):
            missing[later].discard(name)
            if not missing[later]:
                found[later] = found[name]
                settled.append(later)
    return found


def _required(body: Map | None) -> Iterator[str]:
    requires = body.get("requires") if body is not None else None
    for one in requires if isinstance(requires, Seq) else ():
        entry = one_entry(one)
        if entry is not None:
            yield entry[0]


def _filter(body: Map | None) -> str:
    """The words of a filter that keeps most branches out."""
    filters = body.get("filters") if body is not None else None
    if isinstance(filters, str):
        return filters
    branches = filters.get("branches") if isinstance(filters, Map) else None
    if not isinstance(branches, Map):
        return ""
    for key in ("only", "ignore"):
        words = branches.get(key)
        texts = [text_of(word) or "" for word in (words if isinstance(words, Seq) else [words])] if words else []
        if texts and (key == "only" or any(text.strip("/") in (".*", ".+", "^.*$") for text in texts)):
            return f"branches {key} {', '.join(texts)}"
    return ""


def one_entry(value: Value) -> tuple[str, Value] | None:
    """`name` or `{name: body}`; None for anything else."""
    if isinstance(value, str):
        return value.strip(), None
    if isinstance(value, Map) and len(value) == 1:
        (name, body), *_ = value.items()
        return name.strip(), body
    return None


def names_in(value: Value, scope: Scope) -> Iterator[str]:
    """Texts of a list or a single one."""
    for item in value if isinstance(value, Seq) else [value]:
        text = text_of(scope.resolve(item).value)
        if text:
            yield text
