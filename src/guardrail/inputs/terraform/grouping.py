"""Which folders belong together, by a look at the bytes (and, for Terragrunt, at what they mean)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from guardrail.model.patterns import lazy_regex
from guardrail.tree import Tree, Unreadable

_SOURCE = lazy_regex(rb"""(?:\bsource[ \t]*=|"source"[ \t]*:)[ \t\r\n]*"(\.\.?(?:/[^"\n]*)?)\"""")
# OpenTofu has sources be worked out from variables and locals.
_WORKED_OUT = lazy_regex(rb"""(?:\bsource[ \t]*=[ \t]*|"source"[ \t]*:[ \t\r\n]*")(?:[A-Za-z_(]|"?[^"\n]*\$\{)""")
_FOLDER = lazy_regex(rb"""["}](\.?\.?/[^"\n]*)""")

UNIT = "terragrunt.hcl"
STACK = "terragrunt.stack.hcl"
_ROOTS = ("root.hcl", UNIT, STACK)
_READ_BY_UNITS = (".hcl", ".tfvars", ".yaml", ".yml", ".json", ".tftpl")


def is_unit(path: str) -> bool:
    """Whether a file is a unit of Terragrunt's: it says which module is called with which inputs."""
    return path == UNIT or path.endswith(f"/{UNIT}")


def is_stack(path: str) -> bool:
    """Whether a file says which units of Terragrunt's are made of which files."""
    return path == STACK or path.endswith(f"/{STACK}")


def folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def may_concern_units(path: str, tree: Tree) -> bool:
    """Whether a file may have a part in Terragrunt's units: one of its own, one that such a file may read, or code that
    a file beside it may generate into modules."""
    if path.endswith(".hcl"):
        return not path.endswith(".terraform.lock.hcl")
    folder = folder_of(path)
    if path.endswith((".tf", ".tofu")):
        return _has_root(folder, tree)
    if not path.endswith(_READ_BY_UNITS):
        return False
    while not _has_root(folder, tree):
        if not folder:
            return False
        folder = folder_of(folder)
    return True


def _has_root(folder: str, tree: Tree) -> bool:
    return any(tree.is_file(f"{folder}/{name}" if folder else name) for name in _ROOTS)


def local_sources(data: bytes) -> list[str]:
    """What in a file looks like the source of a local module."""
    return [found.decode("utf-8", "replace") for found in _SOURCE.findall(data)]


def worked_out_sources(folder: str, data: bytes, folders: Collection[str], tree: Tree) -> Iterator[str]:
    """The folders that a file may mean where it speaks of folders at all: `data` are those of a folder's files in which
    a source is worked out. `./modules/${var.kind}` may be any of the folders in `./modules`."""
    for found in dict.fromkeys(_FOLDER.findall(data)):
        fixed, hole, _ = found.decode("utf-8", "replace").partition("${")
        target = tree.join(folder, "./" + fixed.lstrip("/") if fixed.startswith("/") else fixed)
        if target is None:
            continue
        if hole:
            above = target if fixed.endswith("/") else folder_of(target)
            yield from (other for other in folders if other.startswith(f"{above}/" if above else ""))
        elif target in folders:
            yield target


def components(files: Sequence[str], tree: Tree) -> list[list[str]]:
    parent: dict[str, str] = {}

    def root(folder: str) -> str:
        while parent[folder] != folder:
            parent[folder] = parent[parent[folder]]
            folder = parent[folder]
        return folder

    def join(folder: str, target: str) -> None:
        parent.setdefault(target, target)
        one, other = sorted((root(folder), root(target)))
        parent[other] = one

    texts: dict[str, list[bytes]] = {}
    worked_out: set[str] = set()
    for path in files:
        folder = folder_of(path)
        parent.setdefault(folder, folder)
        if is_unit(path) or is_stack(path):
            continue
        try:
            data = tree.read(path)
        except Unreadable:
            continue
        texts.setdefault(folder, []).append(data)
        if path.endswith((".tfvars", ".tfvars.json")):
            continue
        if _WORKED_OUT.search(data):
            worked_out.add(folder)
        for source in local_sources(data):
            target = tree.join(folder, source)
            if target is not None and target != folder:
                join(folder, target)
    folders = dict.fromkeys(sorted(parent))
    for folder in sorted(worked_out):
        for target in worked_out_sources(folder, b"\n".join(texts[folder]), folders, tree):
            if target != folder:
                join(folder, target)
    for folder, target in _of_units(files, tree):
        join(folder, target)
    groups: dict[str, list[str]] = {}
    for path in sorted(files):
        groups.setdefault(root(folder_of(path)), []).append(path)
    return list(groups.values())


def _of_units(files: Sequence[str], tree: Tree) -> Iterator[tuple[str, str]]:
    """The folders of Terragrunt's units with those of their modules, of the units that they include, and of the stacks
    that they are made by. Where all that stands only their expressions say."""
    if not any(is_unit(path) or is_stack(path) for path in files):
        return
    from guardrail.inputs.terraform.folder import Sources
    from guardrail.inputs.terraform.run import Run
    from guardrail.inputs.terraform.terragrunt.units import included_by, units

    sources = Sources(files, Run(tree))
    for unit in units(files, sources):
        folder = folder_of(unit.config.path)
        if unit.folder is not None:
            yield folder, unit.folder
        for step in unit.trace:
            yield folder, folder_of(step.span.file)
    for path in files:
        for other in included_by(path, sources) if is_unit(path) else ():
            if is_unit(other):
                yield folder_of(path), folder_of(other)
