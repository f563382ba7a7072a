"""A folder of Terraform files: what it declares, before anything is evaluated."""

from __future__ import annotations

from collections.abc import Iterable

from guardrail.formats.hcl import Attribute, Block, Body, Document, parse
from guardrail.inputs.terraform.grouping import folder_of
from guardrail.inputs.terraform.run import Run
from guardrail.model import Map, Span
from guardrail.tree import Unreadable

CODE = (".tf", ".tofu")
JSON_CODE = (".tf.json", ".tofu.json")
VALUES = (".tfvars", ".tfvars.json")


def is_code(path: str) -> bool:
    return path.endswith(CODE) or path.endswith(JSON_CODE)


class Folder:
    """Declarations by name. `resources` has data sources and ephemeral ones too, by address."""

    __slots__ = (
        "declarations", "locals", "modules", "outputs", "path", "providers", "resources", "settings", "twins",
        "variables",
    )  # fmt: skip

    def __init__(self, path: str) -> None:
        self.path = path
        self.variables: dict[str, Block] = {}
        self.locals: dict[str, Attribute] = {}
        self.outputs: dict[str, Block] = {}
        self.modules: dict[str, Block] = {}
        self.resources: dict[str, Block] = {}
        self.providers: list[Block] = []
        self.settings: list[Block] = []
        self.declarations: dict[str, Map] = {}  # of variables, evaluated
        self.twins: list[tuple[str, Block]] = []  # resources whose address another one has

    def __bool__(self) -> bool:
        return bool(self.variables or self.locals or self.outputs or self.modules or self.resources
                    or self.providers or self.settings)  # fmt: skip


_LABELS = {"resource": 2, "data": 2, "ephemeral": 2, "variable": 1, "output": 1, "module": 1, "provider": 1}
_KNOWN = frozenset((*_LABELS, "locals", "terraform", "moved", "import", "removed", "check", "action", "list"))


class Sources:
    """Parsed files and the folders that they make, each once."""

    def __init__(self, files: Iterable[str], run: Run) -> None:
        self.run = run
        self.given: dict[str, list[str]] = {}
        for path in sorted(files):
            self.given.setdefault(folder_of(path), []).append(path)
        self.documents: dict[str, Document | None] = {}
        self._folders: dict[str, Folder] = {}

    def names(self, path: str) -> list[str]:
        """The files of a folder: those that were handed over, or, where none of it were, all of them."""
        if path in self.given:
            return self.given[path]
        prefix = f"{path}/" if path else ""
        return [prefix + name for name in self.run.tree.names_in(path)
                if name.endswith((*CODE, *JSON_CODE, *VALUES)) and not name.startswith(".")]  # fmt: skip

    def document(self, path: str) -> Document | None:
        """A file, parsed; None (and a problem) where it can't be read."""
        if path not in self.documents:
            try:
                data = self.run.tree.read(path)
            except Unreadable as error:
                self.run.problems[error.problem] = None
                self.documents[path] = None
                return None
            if path.endswith(".json"):
                from guardrail.inputs.terraform.json_syntax import parse_json

                document = parse_json(data, path)
            else:
                document = parse(data, path)
            for problem in document.problems:
                self.run.problems[problem] = None
            self.documents[path] = document
        return self.documents[path]

    def code_files(self, path: str) -> list[str]:
        """`x.tofu` stands in for `x.tf`, overrides come last."""
        names = [name for name in self.names(path) if is_code(name)]
        there = set(names)
        names = [
            name for name in names
            if not (name.endswith(".tf") and name[:-3] + ".tofu" in there)
            and not (name.endswith(".tf.json") and name[:-8] + ".tofu.json" in there)
        ]  # fmt: skip
        return [n for n in names if not _is_override(n)] + [n for n in names if _is_override(n)]

    def folder(self, path: str) -> Folder:
        found = self._folders.get(path)
        if found is None:
            found = self._folders[path] = Folder(path)
            for name in self.code_files(path):
                document = self.document(name)
                if document is not None:
                    if not document.problems:
                        for attribute in document.body.attributes.values():
                            self.run.tell("syntax", f"{attribute.name} is set outside of any block", attribute.span)
                    for block in document.body.blocks:
                        _declare(found, block, _is_override(name), self.run)
        return found


def _is_override(path: str) -> bool:
    stem = path.rpartition("/")[2].partition(".")[0]
    return stem == "override" or stem.endswith("_override")


def _declare(folder: Folder, block: Block, override: bool, run: Run) -> None:
    kind = block.type
    if kind not in _KNOWN:
        run.tell("syntax", f"there is no block type {kind[:60]!r}", block.header)
        return
    if len(block.labels) != _LABELS.get(kind, len(block.labels)):
        run.tell("syntax", f"a {kind} block has {_LABELS[kind]} labels", block.header)
        return
    if kind == "locals":
        for name, attribute in block.body.attributes.items():
            if name in folder.locals and not override:
                _twice(run, f"local.{name}", attribute.span, folder.locals[name].span)
            else:
                folder.locals[name] = attribute
        return
    if kind == "terraform":
        folder.settings.append(block)
        return
    if kind == "provider":
        folder.providers.append(block)
        return
    table, name = _table(folder, block)
    if table is None:
        return
    known = table.get(name)
    if known is None:
        table[name] = block
    elif override:
        table[name] = merged(known, block)
    else:
        _twice(run, name, block.header, known.header)
        if kind in ("resource", "data"):
            folder.twins.append((name, block))


def _table(folder: Folder, block: Block) -> tuple[dict[str, Block] | None, str]:
    kind, labels = block.type, block.labels
    if kind == "resource":
        return folder.resources, ".".join(labels)
    if kind in ("data", "ephemeral"):
        return folder.resources, f"{kind}.{'.'.join(labels)}"
    if kind == "variable":
        return folder.variables, labels[0]
    if kind == "output":
        return folder.outputs, labels[0]
    if kind == "module":
        return folder.modules, labels[0]
    return None, ""


def _twice(run: Run, name: str, span: Span, first: Span) -> None:
    where = "" if first.file == span.file else f" of {first.file}"
    run.tell("evaluation", f"{name} is declared a second time (first in line {first.line}{where})", span)


def merged(base: Block, over: Block) -> Block:
    """An override file's block laid over the one that it overrides: attributes replace attributes, nested
    blocks all those of their type."""
    body = Body()
    body.attributes = {**base.body.attributes, **over.body.attributes}
    replaced = {block.type for block in over.body.blocks}
    body.blocks = [block for block in base.body.blocks if block.type not in replaced] + over.body.blocks
    body.broken = base.body.broken or over.body.broken
    return Block(base.type, base.labels, body, base.span, base.header)
