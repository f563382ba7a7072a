"""A folder of Terraform files: what it declares, before anything is evaluated."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from guardrail.formats.hcl import Attribute, Block, Body, Document, parse
from guardrail.formats.hcl_nodes import Literal
from guardrail.inputs.terraform.grouping import folder_of
from guardrail.inputs.terraform.run import Run
from guardrail.inputs.terraform.vendored import Copy, manifest_of
from guardrail.model import HOLE, Map, Note, PartText, Span, Value
from guardrail.tree import Unreadable

if TYPE_CHECKING:
    from guardrail.inputs.terraform.terragrunt.config import Config

CODE = (".tf", ".tofu")
JSON_CODE = (".tf.json", ".tofu.json")
VALUES = (".tfvars", ".tfvars.json")
SELECTED = ".terraform/environment"


def is_code(path: str) -> bool:
    return path.endswith(CODE) or path.endswith(JSON_CODE)


class Folder:
    """Declarations by name. `resources` has data sources and ephemeral ones too, by address."""

    __slots__ = (
        "checks", "declarations", "locals", "modules", "outputs", "path", "providers", "resources", "settings",
        "twins", "variables",
    )  # fmt: skip

    def __init__(self, path: str) -> None:
        self.path = path
        self.variables: dict[str, Block] = {}
        self.locals: dict[str, Attribute] = {}
        self.outputs: dict[str, Block] = {}
        self.modules: dict[str, Block] = {}
        self.resources: dict[str, Block] = {}
        self.checks: list[Block] = []
        self.providers: list[Block] = []
        self.settings: list[Block] = []
        self.declarations: dict[str, Map] = {}  # of variables, evaluated
        self.twins: list[tuple[str, Block]] = []  # resources whose address another one has

    def __bool__(self) -> bool:
        return bool(self.variables or self.locals or self.outputs or self.modules or self.resources
                    or self.providers or self.settings)  # fmt: skip


_LABELS = {"resource": 2, "data": 2, "ephemeral": 2, "variable": 1, "output": 1, "module": 1, "provider": 1}
BOILERPLATE = "boilerplate.yml"
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
        self._workspaces: dict[str, Value] = {}
        self.configs: dict[str, Config] = {}  # of Terragrunt's files that others read, by path
        self._copies: dict[str, dict[str, Copy]] = {}

    def copies(self, root: str) -> dict[str, Copy]:
        """The remote modules of a root module that `terraform init` has copied, by call."""
        if root not in self._copies:
            self._copies[root] = manifest_of(root, self.run.tree)
        return self._copies[root]

    def workspace(self, folder: Folder) -> Value:
        """The workspace that a root module is planned in, where the tree says which. Else who refers to it has several,
        and which one is meant is said where Terraform runs: some text."""
        root, named = folder.path, cloud_workspace(folder)
        if named:
            self._take_workspace(named, root)
            return named
        known = self._workspaces.get(root)
        if known is None:
            path = f"{root}/{SELECTED}" if root else SELECTED
            selected = ""
            if self.run.tree.is_file(path):
                with suppress(Unreadable):
                    selected = self.run.tree.read(path).decode("utf-8", "replace").strip()
            why = "terraform.workspace is known only where Terraform runs"
            known = selected or PartText(why, ("terraform.workspace",), HOLE)
            self._workspaces[root] = known
            if selected:
                self._take_workspace(selected, root)
        return known

    def _take_workspace(self, name: str, root: str) -> None:
        self.run.notes[Note("workspace", f'terraform.workspace is taken to be "{name[:90]}"', root)] = None

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
            if document.problems and b"{{" in data and self._is_skeleton(path):
                what = "a template of configuration, to be filled in by a scaffolder; not judged"
                self.run.notes[Note("template", what, path)] = None
                document = Document(path, Body(), [])
                document.status = "skipped"
            for problem in document.problems:
                self.run.problems[problem] = None
            self.documents[path] = document
        return self.documents[path]

    def _is_skeleton(self, path: str) -> bool:
        """Whether a file is boilerplate, as `terragrunt scaffold` fills it in, or cookiecutter's."""
        if "{{" in path:
            return True
        folder, above = folder_of(path), True
        while above:
            if self.run.tree.is_file(f"{folder}/{BOILERPLATE}" if folder else BOILERPLATE):
                return True
            above, folder = bool(folder), folder_of(folder)
        return False

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
            documents = [(name, self.document(name)) for name in self.code_files(path)]
            if documents and self._only_overrides(path):
                documents = [(name, self._left_out(name, document)) for name, document in documents]
            found = self._folders[path] = self._made(path, documents)
        return found

    def _only_overrides(self, path: str) -> bool:
        """Whether all that a folder has is meant to be laid over the configuration of another one."""
        there = [name for name in self.run.tree.names_in(path) if is_code(name) and not name.startswith(".")]
        return bool(there) and all(map(_is_override, there))

    def _left_out(self, path: str, document: Document | None) -> Document | None:
        if document is None or document.problems:
            return document
        what = "overrides with nothing beside them that they override; not judged"
        self.run.notes[Note("template", what, path)] = None
        empty = self.documents[path] = Document(path, Body(), [])
        empty.status = "skipped"
        return empty

    def folder_with(self, path: str, generated: dict[str, Document]) -> Folder:
        """The folder as it is once these files, by name, have been written to it."""
        kept = [(name, self.document(name)) for name in self.code_files(path) if name not in generated]
        files = [*kept, *generated.items()]
        return self._made(path, sorted(files, key=lambda file: _is_override(file[0])))

    def _made(self, path: str, documents: list[tuple[str, Document | None]]) -> Folder:
        found = Folder(path)
        for name, document in documents:
            if document is None:
                continue
            if not document.problems:
                for attribute in document.body.attributes.values():
                    self.run.tell("syntax", f"{attribute.name} is set outside of any block", attribute.span)
            for block in document.body.blocks:
                _declare(found, block, _is_override(name), self.run)
        return found


def cloud_workspace(folder: Folder) -> str:
    """The one workspace of HCP Terraform that a `cloud` block names, as which it then is selected; "" where several
    share the configuration. (With a backend `remote` it is `default` in local runs, and its name in remote ones.)"""
    for settings in folder.settings:
        for cloud in settings.body.of_type("cloud"):
            for workspaces in cloud.body.of_type("workspaces"):
                attribute = workspaces.body.attributes.get("name")
                value = attribute.node.value if attribute is not None and isinstance(attribute.node, Literal) else ""
                if isinstance(value, str) and value:
                    return value
    return ""


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
        for inner in block.body.blocks:
            run.tell("syntax", f"a {inner.type[:60]} block stands among the locals", inner.header)
        for name, attribute in block.body.attributes.items():
            if name in folder.locals and not override:
                _twice(run, f"local.{name}", attribute.span, folder.locals[name].span)
            elif override and name not in folder.locals:
                _nothing_to_override(run, f"local.{name}", attribute.span)
            else:
                folder.locals[name] = attribute
        return
    if kind == "check":
        folder.checks.append(block)
        for inner in block.body.of_type("data"):  # a data source of the module, though only the check may refer to it
            _declare(folder, inner, False, run)
        return
    if kind == "terraform":
        known = folder.settings[0] if override and folder.settings else None
        if known is not None:
            folder.settings[0] = merged_settings(known, block)
        else:
            folder.settings.append(block)
        return
    if kind == "provider":
        at = _provider_at(folder, block) if override else -1
        if at >= 0:
            folder.providers[at] = merged(folder.providers[at], block)
        else:
            folder.providers.append(block)
        return
    table, name = _table(folder, block)
    if table is None:
        return
    base = table.get(name)
    if base is None:
        if override:
            _nothing_to_override(run, name, block.header)
        else:
            table[name] = block
    elif override:
        table[name] = merged(base, block)
    else:
        _twice(run, name, block.header, base.header)
        if kind in ("resource", "data"):
            folder.twins.append((name, block))


def _provider_at(folder: Folder, block: Block) -> int:
    """Where the configuration stands that a provider block of an override file is laid over, -1 for nowhere."""
    mark = (block.labels, alias_of(block))
    return next((i for i, known in enumerate(folder.providers) if (known.labels, alias_of(known)) == mark), -1)


def alias_of(provider: Block) -> str:
    attribute = provider.body.attributes.get("alias")
    value = attribute.node.value if attribute is not None and isinstance(attribute.node, Literal) else ""
    return value if isinstance(value, str) else ""


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


def _nothing_to_override(run: Run, name: str, span: Span) -> None:
    run.tell("evaluation", f"{name} stands in an override file and is declared nowhere else", span)


def _twice(run: Run, name: str, span: Span, first: Span) -> None:
    where = "" if first.file == span.file else f" of {first.file}"
    run.tell("evaluation", f"{name} is declared a second time (first in line {first.line}{where})", span)


_MERGED = frozenset(("lifecycle", "required_providers"))
_ONE_OF = {"backend": frozenset(("backend", "cloud")), "cloud": frozenset(("backend", "cloud"))}


def merged(base: Block, over: Block) -> Block:
    """An override file's block laid over the one that it overrides: attributes replace attributes, nested blocks all
    those of their type (a `dynamic` block is of the type that it makes), but those of `lifecycle` are laid over."""
    body = Body()
    body.attributes = {**base.body.attributes, **over.body.attributes}
    replaced = {_made_type(block) for block in over.body.blocks}
    onto = {block.type: block for block in base.body.blocks if block.type in _MERGED & replaced}
    body.blocks = [block for block in base.body.blocks if _made_type(block) not in replaced]
    for block in over.body.blocks:
        under = onto.pop(block.type, None)
        body.blocks.append(merged(under, block) if under is not None else block)
    body.broken = base.body.broken or over.body.broken
    return Block(base.type, base.labels, body, base.span, base.header)


def merged_settings(base: Block, over: Block) -> Block:
    """The same for `terraform` blocks, where a backend replaces `cloud` and the other way round."""
    out = frozenset(kind for block in over.body.blocks for kind in _ONE_OF.get(block.type, ()))
    body = Body()
    body.attributes, body.broken = base.body.attributes, base.body.broken
    body.blocks = [block for block in base.body.blocks if block.type not in out]
    return merged(Block(base.type, base.labels, body, base.span, base.header), over)


def _made_type(block: Block) -> str:
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type
