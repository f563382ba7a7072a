"""The root module that a plan was made of, where its files stand beside the plan."""

from __future__ import annotations

from typing import Any

from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform.plan.addresses import block_of, calls_of, prefix_of
from guardrail.inputs.terraform.plan.document import PlanDocument
from guardrail.inputs.terraform.plan.handed import handed_values
from guardrail.inputs.terraform.plan.json_cursor import MAX_DEPTH
from guardrail.model import Origin, Resource
from guardrail.tree import Tree

_SUFFIXES = (".tf", ".tofu", ".tf.json", ".tofu.json")


class Source:
    """Resources as the files have them, evaluated with the plan's variables. `files`: those that they stand in."""

    def __init__(self, resources: list[Resource], files: list[str]) -> None:
        self.resources, self.files = resources, files
        self.by_address: dict[str, Resource] = {}
        self.by_block: dict[str, Resource] = {}
        self.calls: dict[str, Resource] = {}
        for resource in resources:
            if resource.mode == "config":
                if resource.kind == "module":
                    self.calls.setdefault(block_of(resource.address), resource)
                continue
            self.by_address.setdefault(resource.address, resource)
            self.by_block.setdefault(block_of(resource.address), resource)

    def find(self, address: str) -> tuple[Resource | None, bool]:
        """The source's resource, and whether it is that very instance."""
        exact = self.by_address.get(address)
        return (exact, True) if exact is not None else (self.by_block.get(block_of(address)), False)

    def trace(self, module: str) -> tuple[Origin, ...]:
        """The calls that lead to a module, as far as they stand in the source."""
        calls = calls_of(module)
        found: list[Origin] = []
        for depth in range(1, len(calls) + 1):
            address = prefix_of(calls[:depth])[:-1]
            call = self.calls.get(block_of(address))
            if call is not None:
                found.append(Origin(address, call.header, None))
        return tuple(found)


def beside(document: PlanDocument, tree: Tree) -> Source | None:
    """None where the plan's folder holds no files that declare what is planned."""
    folder = document.file.rpartition("/")[0]
    prefix = f"{folder}/" if folder else ""
    names = [
        prefix + name for name in tree.names_in(folder) if name.endswith(_SUFFIXES) and not name.startswith(".")
    ]
    if not names:
        return None
    from guardrail.inputs.terraform.reader import read

    # What is wrong with the files is told by whoever scans them; here they only say where things stand.
    given = tuple(
        (name, f"variable {name} of the plan {document.file}", value) for name, value in handed_values(document)
        if _depth(value) <= MAX_DEPTH
    )
    reading = read(names, tree, ReadOptions(planned=given))
    files = dict.fromkeys(names)
    for resource in reading.resources:
        if resource.span.line:
            files.setdefault(resource.span.file, None)
    source = Source(reading.resources, sorted(files))
    planned = {block_of(change.address) for change in document.changes}
    return source if not planned.isdisjoint(source.by_block) else None


def _depth(value: Any) -> int:
    """How deep plain JSON is nested."""
    depth, level = 0, [value]
    while level:
        level = [
            inner for item in level if isinstance(item, (dict, list))
            for inner in (item.values() if isinstance(item, dict) else item)
        ]  # fmt: skip
        depth += 1
    return depth
