"""AWS Batch job definitions -> `container` and `workload` nouns.

`container_properties` is much like an ECS container definition; sizes stand in `resourceRequirements` (VCPU in
cores, MEMORY in MiB), in older definitions in `vcpus` and `memory`. What is asked for is the limit, too.
"""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.blocks import TERRAFORM, amount, group, take, word
from guardrail.concepts.ecs import definition_container, mebibytes
from guardrail.concepts.pod_containers import unknown_container
from guardrail.conditions.documents import document
from guardrail.model import Inventory, Map, Noun, Resource, Seq, Span, Unknown, Value

KINDS: tuple[str, ...] = ("aws_batch_job_definition",)


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.mode != "managed" or resource.kind not in KINDS:
        return
    yield _workload(resource)
    written = resource.attributes.get("container_properties")
    if written is None:  # several nodes, or pods of EKS
        return
    place = resource.attributes.spans.get("container_properties") or resource.header
    properties = document(written, place)
    if not isinstance(properties, Map):
        why = properties if isinstance(properties, Unknown) else Unknown("container_properties is not a JSON object")
        yield unknown_container(why, place, "app", 0, "batch")
        return
    noun = definition_container(properties, Map(place), _volumes(properties), set(), False, 0)
    fields, here = noun.fields, properties.header
    fields.put("orchestrator", "batch", here)
    _sizes(fields, properties, here)
    yield noun


def _volumes(properties: Map) -> dict[str, tuple[Value, Span]]:
    found: dict[str, tuple[Value, Span]] = {}
    volumes = properties.get("volumes")
    for volume in volumes if isinstance(volumes, Seq) else ():
        host = volume.get("host") if isinstance(volume, Map) else None
        if isinstance(host, Map) and isinstance(volume.get("name"), str) and host.get("sourcePath"):
            found[volume["name"]] = (host["sourcePath"], host.place("sourcePath"))
    return found


def _sizes(fields: Map, properties: Map, here: Span) -> None:
    requests, limits = group(fields, "requests", None, here), group(fields, "limits", None, here)
    for sizes in (requests, limits):
        take(sizes, "cpu", properties, "vcpus", here, amount)
        take(sizes, "memory", properties, "memory", here, mebibytes)
        sizes.spans["ephemeral_storage"] = here
        asked = properties.get("resourceRequirements")
        for item in asked if isinstance(asked, Seq) else ():
            kind = item.get("type") if isinstance(item, Map) else None
            if kind == "VCPU":
                take(sizes, "cpu", item, "value", here, amount)
            elif kind == "MEMORY":
                take(sizes, "memory", item, "value", here, mebibytes)


def _workload(resource: Resource) -> Noun:
    here = resource.header
    fields = Map(resource.span, here)
    take(fields, "name", resource.attributes, "name", here, word)
    fields.put("class", "job", here)
    fields.put("orchestrator", "batch", here)
    fields.put("long_running", False, here)
    take(fields, "deadline", TERRAFORM.block(resource.attributes, "timeout"), "attempt_duration_seconds", here, amount)
    properties = document(resource.attributes.get("container_properties"), here)
    paths = Seq(here)
    for path, place in (_volumes(properties) if isinstance(properties, Map) else {}).values():
        paths.add(path, place)
    if paths:
        fields.put("host_paths", paths, here)
    else:
        fields.spans["host_paths"] = here
    name = fields.get("name")
    return Noun("workload", name if isinstance(name, str) and name else resource.local, fields, key="job")
