"""All resources of one scan and the references between them."""

from __future__ import annotations

from collections.abc import Iterable

from guardrail.model.resource import Noun, Resource


class Inventory:
    """Resources by address, kind (`data.` before that of a data source, `ephemeral.` of an ephemeral resource) and
    concept. The index of who refers to whom is made when first asked for. `lacking`: whether a part of what belongs
    together is in none of the files that there are, so that what is not here may be there."""

    lacking = False

    def __init__(self, resources: Iterable[Resource] = ()) -> None:
        self.resources: list[Resource] = []
        self.by_kind: dict[str, list[Resource]] = {}
        self.by_address: dict[str, Resource] = {}
        self.by_concept: dict[str, list[Noun]] = {}
        self._by_block: dict[str, list[Resource]] | None = None
        self._incoming: dict[str, list[tuple[Resource, str]]] | None = None
        self.indexes: dict[str, object] = {}  # what concepts work out, or are told, once for the whole
        for resource in resources:
            self.add(resource)

    def add(self, resource: Resource) -> None:
        self.resources.append(resource)
        kind = f"{resource.mode}.{resource.kind}" if resource.mode in ("data", "ephemeral") else resource.kind
        self.by_kind.setdefault(kind, []).append(resource)
        self.by_address.setdefault(resource.address, resource)

    def index_nouns(self) -> None:
        """Called once, when every resource has its nouns."""
        self.by_concept = {}
        for resource in self.resources:
            for concept, nouns in resource.nouns.items():
                self.by_concept.setdefault(concept, []).extend(nouns)

    def let_go(self) -> None:
        """At the very end: resources and nouns hold each other, and what holds itself in a circle is only freed by a
        search through all that there is. Without the circles it goes by itself."""
        for resource in self.resources:
            resource.nouns = {}
        self.by_concept = {}
        self.indexes = {}

    def at(self, address: str) -> list[Resource]:
        """The resource at an address, or all instances of the block that it names."""
        found = self.by_address.get(address)
        if found is not None:
            return [found]
        if self._by_block is None:
            self._by_block = {}
            for resource in self.resources:
                block = without_instance_key(resource.address)
                if block != resource.address:
                    self._by_block.setdefault(block, []).append(resource)
        return self._by_block.get(address, [])

    def referred_to_by(self, resource: Resource, attribute: str = "") -> list[Resource]:
        """What this resource refers to, in the order written; only through `attribute` where one is named."""
        found: list[Resource] = []
        for edge in resource.edges:
            if not attribute or edge.path == attribute or edge.path.startswith((attribute + ".", attribute + "[")):
                found += [target for target in self.at(edge.target) if target not in found]
        return found

    def referring_to(self, resource: Resource) -> list[tuple[Resource, str]]:
        """Who refers to this resource (or to the block that it is an instance of), and at which path."""
        if self._incoming is None:
            self._incoming = {}
            for source in self.resources:
                # `x.y[each.key].id` may be noted for the instance and for the block: the instance says more.
                instances = {without_instance_key(e.target) for e in source.edges if e.target.endswith("]")}
                for edge in source.edges:
                    if edge.target not in instances:
                        self._incoming.setdefault(edge.target, []).append((source, edge.path))
        found = self._incoming.get(resource.address, [])
        block = without_instance_key(resource.address)
        if block != resource.address:
            found = found + self._incoming.get(block, [])
        return found


def without_instance_key(address: str) -> str:
    """`aws_s3_bucket.b[0]` -> `aws_s3_bucket.b`; keys of modules stay."""
    return address[: address.rindex("[")] if address.endswith("]") and "[" in address else address
