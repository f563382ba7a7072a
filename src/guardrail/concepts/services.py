"""Services of Kubernetes -> `service` nouns."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.blocks import Spelling, take, word
from guardrail.concepts.kubernetes_names import KINDS
from guardrail.concepts.pod_details import settled
from guardrail.concepts.selectors import namespace_of, spelled
from guardrail.model import Inventory, Map, Noun, Resource, Seq, Unknown, Value

_PORTS = (("port", "port"), ("target_port", "targetPort"), ("node_port", "nodePort"), ("name", "name"),
          ("protocol", "protocol"))  # fmt: skip


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    kind, attributes, spelling = spelled(resource)
    if kind not in KINDS["Service"] or resource.mode != "managed" or not isinstance(attributes, Map):
        return
    version = attributes.get("apiVersion")
    if isinstance(version, str) and "/" in version:
        return  # Knative's
    here = resource.header
    spec, metadata = spelling.block(attributes, "spec"), spelling.block(attributes, "metadata")
    fields = Map(resource.span, here)
    take(fields, "name", metadata, "name", here, word)
    fields.put("namespace", namespace_of(metadata), here)
    if not take(fields, "type", spec, "type", here, word):
        fields["type"] = "ClusterIP"
    for field, key in (("selector", "selector"), ("external_ips", spelling["externalIPs"]),
                       ("external_name", spelling["externalName"])):  # fmt: skip
        take(fields, field, spec, key, here)
    _ports(fields, spelling.blocks(spec, "ports"), spelling, resource.platform)
    take(fields, "annotations", metadata, "annotations", here)
    twins = _twins(resource, inventory)
    if twins:
        place = fields.spans["selector"]
        found = Seq(place)
        for twin in twins:
            found.add(twin, place)
        fields.put("twins", found, place)
    name = fields.get("name")
    yield Noun("service", name if isinstance(name, str) and name else resource.local, fields)


def _ports(fields: Map, written: Seq | Unknown | None, spelling: Spelling, platform: str) -> None:
    if isinstance(written, Unknown):
        fields.put("ports", written, fields.header)
    if not isinstance(written, Seq):
        return
    ports = Seq(written.span, written.header)
    for index, item in enumerate(written):
        if isinstance(item, Map):
            made = Map(item.span, item.header)
            for name, key in _PORTS:
                if item.get(spelling[key]) not in (None, ""):
                    made.copy_entry(item, spelling[key], name)
                    made[name] = settled(made[name])
            target = made.get("target_port")
            if platform == "kubernetes" and isinstance(target, str) and target.isdigit():
                made["target_port"] = f'"{target}"'  # in quotes the API server takes it for a port's name
            ports.add(made, written.place(index))
        elif isinstance(item, Unknown):
            ports.add(item, written.place(index))
    fields.put("ports", ports, written.header)


Key = tuple[str, tuple[tuple[str, str], ...]]


def _twins(resource: Resource, inventory: Inventory) -> list[str]:
    """Names of the others with the same selector; copies of one, in other folders, have its name and are no others."""
    index_key = f"kubernetes services by selector {len(inventory.resources)}"
    index: dict[Key, set[str]] | None = inventory.indexes.get(index_key)  # type: ignore[assignment]
    if index is None:
        index = {}
        inventory.indexes[index_key] = index
        for kind in (*KINDS["Service"], "kubernetes_manifest"):
            for other in inventory.by_kind.get(kind, ()):
                key, name = _key(other)
                if key is not None and name:
                    index.setdefault(key, set()).add(name)
    key, name = _key(resource)
    return sorted(index.get(key, set()) - {name}) if key is not None else []


def _key(resource: Resource) -> tuple[Key | None, str]:
    kind, attributes, spelling = spelled(resource)
    metadata = spelling.block(attributes, "metadata")
    selector: Value = spelling.path(attributes, ("spec", "selector"))
    namespace = namespace_of(metadata)
    name = metadata.get("name") if isinstance(metadata, Map) else None
    if (
        kind not in KINDS["Service"] or resource.mode != "managed" or not isinstance(selector, Map) or not selector
        or not isinstance(namespace, str) or not isinstance(name, str)
        or any(not isinstance(value, (str, int)) for value in selector.values())
    ):  # fmt: skip
        return None, ""
    return (namespace, tuple(sorted((key, str(value)) for key, value in selector.items()))), name
