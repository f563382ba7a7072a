"""Claims of a pod whose volume only one node can have at a time (access modes ReadWriteOnce and ReadWriteOncePod)."""

from __future__ import annotations

from guardrail.concepts.blocks import Block, Spelling
from guardrail.concepts.kubernetes_names import names_of
from guardrail.concepts.selectors import namespace_of, spelled
from guardrail.model import Inventory, Map, Resource, Seq

_ONE = frozenset(("ReadWriteOnce", "ReadWriteOncePod"))


def add_claims(fields: Map, spec: Block, metadata: Block, spelling: Spelling, inventory: Inventory) -> None:
    """Names of the claims, as `one_node_claims`, as far as the scanned set has them."""
    fields.spans["one_node_claims"] = fields.header
    namespace = namespace_of(metadata)
    volumes = spelling.blocks(spec, "volumes")
    if not isinstance(volumes, Seq) or not isinstance(namespace, str):
        return
    found: Seq | None = None
    for volume in volumes:
        claim = spelling.block(volume, "persistentVolumeClaim") if isinstance(volume, Map) else None
        name = claim.get(spelling["claimName"]) if isinstance(claim, Map) else None
        given = names_of("PersistentVolumeClaim", inventory).at(namespace, name) if isinstance(name, str) else None
        if isinstance(claim, Map) and given is not None and _of_one_node(given):
            place = claim.place(spelling["claimName"])
            found = Seq(place) if found is None else found
            found.add(name, place)
    if found is not None:
        fields.put("one_node_claims", found, found.header)


def _of_one_node(claim: Resource) -> bool:
    _, attributes, spelling = spelled(claim)
    spec = spelling.block(attributes, "spec")
    modes = spec.get(spelling["accessModes"]) if isinstance(spec, Map) else None
    return isinstance(modes, Seq) and bool(modes) and all(isinstance(mode, str) and mode in _ONE for mode in modes)
