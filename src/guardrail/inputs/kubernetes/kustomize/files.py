"""The files of a build: kustomizations, what they name, and YAML that is written inside of them. Each is read once."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, Protocol

from guardrail.formats import yaml
from guardrail.inputs.kubernetes.kustomize.objects import Failed, word
from guardrail.inputs.reader import Reading
from guardrail.model import Map, Note, Problem, Resource, Seq, Span, Text, Value
from guardrail.model.patterns import lazy_regex
from guardrail.tree import Tree, Unreadable

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
DIALECT = "kustomize"  # of YAML
GROUP = "kustomize.config.k8s.io/"
# What else than manifests a kustomization names, so that none of it is judged by itself.
PATCH_LISTS = ("patches", "patchesStrategicMerge", "patchesJson6902", "replacements", "transformers", "generators",
               "configurations", "validators")  # fmt: skip
_MAX_LISTED = 10_000
_REMOTE = lazy_regex(
    r"[a-z0-9+.-]+::|[a-z][a-z0-9+.-]*://|[^/@\s]+@[^/:\s]+[:/]|(?:www\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}[/:][^/]+/"
    r"|[^?]*\?(?:.*&)?(?:ref|version|timeout|submodules)=",
    re.IGNORECASE,
)


class ReadManifest(Protocol):
    """Puts the resources of one manifest into a reading."""

    def __call__(self, path: str, data: bytes, reading: Reading, dialect: str = ...) -> None: ...


class Named(NamedTuple):
    """Something that a kustomization names: `what` is file, folder, remote, outside or missing. `path` is its name in
    the tree, else what is written."""

    what: str
    path: str
    span: Span


class Kustomization:
    """One kustomization file. `value` is empty where nothing of it could be read."""

    def __init__(self, folder: str, path: str, value: Map) -> None:
        self.folder, self.path, self.value = folder, path, value
        self.component = value.get("kind") == "Component"
        self.resources: list[Named] = []
        self.components: list[Named] = []
        self.configurations: list[Named] = []  # of generators and transformers

    @property
    def place(self) -> Span:
        return self.value.header if self.value.header.line else Span(self.path, 1, 1, 1, 1)

    def items(self, *keys: str) -> Iterator[Map]:
        """The mappings in these lists."""
        for key in keys:
            for item, _ in self.listed(key):
                if isinstance(item, Map):
                    yield item

    def listed(self, key: str) -> list[tuple[Value, Span]]:
        found = self.value.get(key)
        if not isinstance(found, Seq):
            return []
        return [(found[index], found.spans[index]) for index in range(min(len(found), _MAX_LISTED))]

    def text(self, key: str) -> str:
        return word(self.value.get(key))

    def children(self) -> Iterator[Named]:
        """The folders that it takes."""
        for named in (*self.resources, *self.components, *self.configurations):
            if named.what == "folder":
                yield named


class Files:
    """Everything that is read of one tree; problems are told once, whoever comes across them."""

    def __init__(self, tree: Tree, read_manifest: ReadManifest, added: Mapping[str, Seq] | None = None) -> None:
        self.tree, self._read_manifest, self._added = tree, read_manifest, added or {}
        self.problems: dict[Problem, None] = {}
        self.notes: dict[Note, None] = {}  # of the manifests
        self.read: dict[str, str] = {}  # how far the files were read
        self.used: dict[str, str] = {}  # the same of those that a build took something from
        self._kustomizations: dict[str, Kustomization | None] = {}
        self._manifests: dict[str, list[Resource]] = {}
        self._documents: dict[str, list[Value]] = {}

    def fail(self, kind: str, message: str, file: str, line: int = 0) -> None:
        self.problems.setdefault(Problem(kind, message, file, line))

    def fail_at(self, error: Failed) -> None:
        self.fail(error.kind, error.message, error.span.file, error.span.line)

    # ---- kustomizations --------------------------------------------------------------------------------

    def kustomization(self, folder: str) -> Kustomization | None:
        """That of a folder; None where there is none."""
        if folder not in self._kustomizations:
            self._kustomizations[folder] = self._find(folder)
        return self._kustomizations[folder]

    def _find(self, folder: str) -> Kustomization | None:
        here = [path for name in NAMES for path in [posixpath.join(folder, name)] if self.tree.is_file(path)]
        if not here:
            return None
        path = here[0]
        documents = self.documents(path)
        found = next((value for value in documents if isinstance(value, Map)), Map())
        if not is_kustomization(found):
            return None  # the object of that name that Flux has, or something else
        if len(here) > 1:
            others = " and ".join(name.rsplit("/", 1)[-1] for name in here[1:])
            self.fail("kustomize", f"kustomize builds no folder that has this and {others}; this one is read", path)
        made = Kustomization(folder, path, found)
        for key in ("resources", "bases"):
            made.resources += [self.named(folder, item, span) for item, span in made.listed(key)]
        made.components = [self.named(folder, item, span) for item, span in made.listed("components")]
        added = self._added.get(folder)
        if added is not None and not made.component:
            made.components += [self.named(folder, item, added.place(index)) for index, item in enumerate(added)]
        for key in ("generators", "transformers", "validators"):
            made.configurations += [self.named(folder, item, span) for item, span in made.listed(key) if _is_name(item)]
        return made

    def named(self, folder: str, item: Value, span: Span) -> Named:
        """What an entry such as one of `resources` stands for."""
        text = word(item)
        if not text or "\n" in text:
            return Named("missing", text.split("\n")[0], span)
        joined = self.tree.join(folder, text)
        if joined is not None and self.tree.is_file(joined):
            return Named("file", joined, span)
        if joined is not None and (not joined or self.tree.is_folder(joined)):
            return Named("folder", joined, span)
        if _REMOTE.match(text):
            return Named("remote", text, span)
        if joined is None or not self.tree.contains(joined):
            return Named("outside", text, span)
        return Named("missing", joined, span)

    def patches_of(self, made: Kustomization) -> Iterator[str]:
        """Files that it names as something else than manifests."""
        for key in PATCH_LISTS:
            for item, _ in made.listed(key):
                text = word(item.get("path")) if isinstance(item, Map) else word(item)
                if text and "\n" not in text and "://" not in text:
                    joined = self.tree.join(made.folder, text.rstrip("/"))
                    if joined:
                        yield joined

    def named_by(self, made: Kustomization) -> Iterator[str]:
        """Every file that it names, and itself."""
        yield made.path
        yield from (named.path for named in made.resources if named.what == "file")
        yield from self.patches_of(made)
        names: list[Value] = [item for item, _ in made.listed("crds")]
        for item in made.items("configMapGenerator", "secretGenerator"):
            names.append(item.get("env"))
            for key in ("envs", "files"):
                listed = item.get(key)
                names += listed[:_MAX_LISTED] if isinstance(listed, Seq) else []
        openapi = made.value.get("openapi")
        names += [openapi.get("path")] if isinstance(openapi, Map) else []
        for name in names:
            joined = self.tree.join(made.folder, word(name).rpartition("=")[2]) if word(name) else None
            if joined:
                yield joined

    # ---- what they name --------------------------------------------------------------------------------

    def manifest(self, path: str) -> list[Resource]:
        """The resources of a file, as they are written there."""
        known = self._manifests.get(path)
        if known is None:
            reading = Reading()
            try:
                self._read_manifest(path, self.tree.read(path), reading)
            except Unreadable as error:
                reading.problems.append(error.problem)
                reading.files[path] = "failed"
            for problem in reading.problems:
                self.problems.setdefault(problem)
            self.notes.update(dict.fromkeys(reading.notes))
            known = self._manifests[path] = reading.resources
            self.read[path] = reading.files.get(path, "analysed")
        self.use(path)
        return known

    def documents(self, path: str) -> list[Value]:
        """Every document of a file, which does not count as used by that. What is wrong with the file is told."""
        known = self._documents.get(path)
        if known is None:
            known = []
            self.read[path] = "analysed"
            try:
                loaded = yaml.load(self.tree.read(path), path, DIALECT)
            except Unreadable as error:
                self.problems.setdefault(error.problem)
                self.read[path] = "failed"
            else:
                known = [untagged(document.value) for document in loaded.documents if document.value is not None]
                for problem in loaded.problems:
                    self.problems.setdefault(problem)
                    self.read[path] = "partial" if known else "failed"
            self._documents[path] = known
        return known

    def use(self, path: str) -> None:
        self.used.setdefault(path, self.read.get(path, "analysed"))

    def contents(self, folder: str, name: str, span: Span) -> tuple[str, bytes] | None:
        """A file's name in the tree, and its bytes; None where it isn't there. Raises Failed."""
        joined = self.tree.join(folder, name)
        if joined is None or not self.tree.contains(joined):
            raise Failed(f"{name} leads out of the scanned tree; not read", span, "outside-tree")
        if not self.tree.is_file(joined):
            return None
        try:
            data = self.tree.read(joined)
        except Unreadable as error:
            raise Failed(f"{name}: {error.problem.message}", span, error.problem.kind) from None
        self.use(joined)
        return joined, data

    def path_of(self, folder: str, name: str, span: Span) -> str:
        """The name in the tree of a file that must be there. Raises Failed."""
        joined = self.tree.join(folder, name)
        if joined is None or not self.tree.contains(joined):
            raise Failed(f"{name} leads out of the scanned tree; not read", span, "outside-tree")
        if not self.tree.is_file(joined):
            raise Failed(f"there is no file {name}", span, "missing-file")
        self.use(joined)
        return joined


def _is_name(item: Value) -> bool:
    """Whether it names a file or folder; else it is one, written where it would be named."""
    return isinstance(item, str) and "\n" not in item.strip()


def is_kustomization(value: Map) -> bool:
    api, kind = value.get("apiVersion"), value.get("kind")
    if api is not None and not word(api).startswith(GROUP):
        return False
    return kind in (None, "Kustomization", "Component")


def untagged(value: Value) -> Value:
    while isinstance(value, yaml.Tag):
        value = value.value
    return value


def written_inside(text: str, holder: Map | Seq, key: str | int) -> list[Value]:
    """The documents of YAML that stands in a string of another file, at their places in it. Raises Failed."""
    place = holder.spans.get(str(key)) or holder.header if isinstance(holder, Map) else holder.spans[int(key)]
    loaded = yaml.load(text.encode("utf-8", "surrogatepass"), place.file, DIALECT)
    if loaded.problems:
        first = loaded.problems[0]
        line = first.line + text.first_line - 1 if isinstance(text, Text) and first.line else place.line
        raise Failed(first.message, Span(place.file, line, 1, line, 1), first.kind)
    values = [untagged(document.value) for document in loaded.documents if document.value is not None]
    move = _mover(text, place)
    seen: set[int] = set()
    stack: list[Value] = list(values)
    while stack:
        value = stack.pop()
        if not isinstance(value, (Map, Seq)) or id(value) in seen:
            continue
        seen.add(id(value))
        value.span, value.header = move(value.span), move(value.header)
        keys: list[str] | range = list(value) if isinstance(value, Map) else range(len(value))
        for inner in keys:
            value.spans[inner] = move(value.spans[inner])  # type: ignore[index]
            item = value[inner]  # type: ignore[index]
            if isinstance(item, Text):
                exact = isinstance(text, Text) and text.exact
                line = item.first_line + text.first_line - 1 if isinstance(text, Text) else place.line
                indent = item.indent + text.indent if isinstance(text, Text) else 0
                value[inner] = Text(str(item), line, indent, item.exact and exact, place.file)  # type: ignore[index]
            elif isinstance(item, yaml.Tag):
                value[inner] = item = untagged(item)  # type: ignore[index]
            stack.append(value[inner])  # type: ignore[index]
    return values


def _mover(text: str, place: Span) -> Callable[[Span], Span]:
    if not isinstance(text, Text) or not text.exact:
        return lambda span: place
    lines, columns = text.first_line - 1, text.indent

    def move(span: Span) -> Span:
        return Span(
            place.file, span.line + lines, span.column + columns, span.end_line + lines, span.end_column + columns
        )

    return move
