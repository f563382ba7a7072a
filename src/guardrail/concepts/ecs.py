"""ECS task definitions -> `container` and `workload` nouns; services by way of `ecs_services`, containers of other
clouds by way of `cloud_containers`.

ECS counts CPU in units of 1/1024 core and memory in MiB. `memory` is a container's hard limit and, without
`memoryReservation`, what is reserved for it; `cpu` is only reserved. Sizes of the task bind each container.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from guardrail.concepts import cloud_containers
from guardrail.concepts.blocks import TERRAFORM, Block, carry, group, image, number_or_name, take, truth, word
from guardrail.concepts.ecs_services import service_noun
from guardrail.concepts.lists import among
from guardrail.concepts.pod_containers import capability_names, unknown_container
from guardrail.conditions.documents import document
from guardrail.model import (
    HOLE,
    Inventory,
    Map,
    Noun,
    PartText,
    Reference,
    Resource,
    Sensitive,
    Seq,
    Span,
    Unknown,
    Value,
    as_if_there,
)
from guardrail.model.patterns import lazy_regex
from guardrail.model.quantity import quantity

KINDS: tuple[str, ...] = ("aws_ecs_task_definition", "aws_ecs_service", *cloud_containers.KINDS)

_SIZE = lazy_regex(r"\s*([0-9]*\.?[0-9]+)\s*(vcpu|gb)?\s*\Z", re.IGNORECASE)
_STARTS_ONCE = ("aws_cloudwatch_event_target", "aws_scheduler_schedule", "aws_sfn_state_machine", "aws_pipes_pipe")
_DONE = ("COMPLETE", "SUCCESS")


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.mode != "managed":
        return
    if resource.kind == "aws_ecs_task_definition":
        yield from _task_definition(resource, inventory)
    elif resource.kind == "aws_ecs_service":
        yield service_noun(resource, inventory)
    else:
        yield from cloud_containers.nouns(resource, inventory)


def _task_definition(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    task = resource.attributes
    runs = _runs(resource, inventory)
    yield _task(resource, runs)
    written = task.get("container_definitions")
    if written is None:
        return
    place = task.spans.get("container_definitions") or resource.header
    definitions = as_if_there(document(written, place), place)
    if definitions is None:
        definitions = Unknown("container_definitions is not a JSON list")
    if isinstance(definitions, Unknown):
        yield unknown_container(definitions, place, "app", 0, "ecs")
        return
    if isinstance(definitions, Map):
        alone = Seq(definitions.span, definitions.header)
        alone.add(definitions, definitions.header)
        definitions = alone
    awaited = _awaited(definitions)
    volumes = _volumes(task)
    keys: dict[str, int] = {}
    for index, definition in enumerate(definitions):
        if isinstance(definition, Map):
            noun = definition_container(definition, task, volumes, awaited, runs, index)
        elif isinstance(definition, Unknown):
            noun = unknown_container(definition, definitions.place(index), "app", index, "ecs")
        else:
            continue
        keys[noun.key] = count = keys.get(noun.key, 0) + 1
        if count > 1:
            noun.key = f"{noun.key}#{count}"
        yield noun


def _runs(resource: Resource, inventory: Inventory) -> bool:
    """False where only something that starts single tasks refers to the definition."""
    kinds = {source.kind for source, _ in inventory.referring_to(resource)}
    return "aws_ecs_service" in kinds or kinds.isdisjoint(_STARTS_ONCE)


def _awaited(definitions: Seq) -> set[str]:
    """Names of the containers that others wait for to end."""
    found: set[str] = set()
    for definition in definitions:
        waits = definition.get("dependsOn") if isinstance(definition, Map) else None
        for item in waits if isinstance(waits, Seq) else ():
            if isinstance(item, Map) and item.get("condition") in _DONE and isinstance(item.get("containerName"), str):
                found.add(item["containerName"])
    return found


def _volumes(task: Map) -> dict[str, tuple[Value, Span]]:
    found: dict[str, tuple[Value, Span]] = {}
    volumes = TERRAFORM.blocks(task, "volumes")
    for volume in volumes if isinstance(volumes, Seq) else ():
        if isinstance(volume, Map) and isinstance(volume.get("name"), str):
            path = volume.get("host_path")
            if path is not None and path != "":
                found[volume["name"]] = (path, volume.place("host_path"))
    return found


def definition_container(
    source: Map, task: Map, volumes: dict[str, tuple[Value, Span]], awaited: set[str], runs: bool, index: int
) -> Noun:
    """The noun of one definition within a task; `volumes`: name -> path on the host, `awaited`: names of the
    containers whose end others wait for."""
    here = source.header
    fields = Map(source.span, here)
    take(fields, "name", source, "name", here, word)
    take(fields, "image", source, "image", here, image)
    name = fields.get("name")
    init = isinstance(name, str) and name in awaited and source.get("essential") is False
    kind = "init" if init else "app"
    fields.put("class", kind, here)
    fields.put("orchestrator", "ecs", here)
    _join_command(fields, source, here)

    requests, limits = group(fields, "requests", None, here), group(fields, "limits", None, here)
    if not (source.get("cpu") and take(requests, "cpu", source, "cpu", here, cores)):
        requests.spans["cpu"] = here
    if not take(requests, "memory", source, "memoryReservation", here, mebibytes):
        take(requests, "memory", source, "memory", here, mebibytes)
    if not take(limits, "cpu", task, "cpu", here, cores):
        limits.spans["cpu"] = here
    if not take(limits, "memory", source, "memory", here, mebibytes) and not take(
        limits, "memory", task, "memory", here, mebibytes
    ):
        limits.spans["memory"] = here
    for nested in (requests, limits):
        nested.spans["ephemeral_storage"] = here

    take(fields, "privileged", source, "privileged", here, truth)
    take(fields, "read_only_root_filesystem", source, "readonlyRootFilesystem", here, truth)
    _user(fields, source, here)
    options = source.get("dockerSecurityOptions")
    if isinstance(options, Seq) and any(str(option).startswith("no-new-privileges") for option in options):
        carry(fields, "allow_privilege_escalation", False, source, "dockerSecurityOptions")
    else:
        take(fields, "allow_privilege_escalation", options if isinstance(options, Unknown) else None, "", here)
    linux = _map(source, "linuxParameters")
    capabilities = _map(linux, "capabilities")
    best = linux.header if isinstance(linux, Map) else here
    nested = group(fields, "capabilities", capabilities, best)
    for key in ("add", "drop"):
        take(nested, key, capabilities, key, best, capability_names)

    _environment(fields, source, here)
    ports = _ports(fields, source, here)
    _mounts(fields, source, volumes, here)
    probes = group(fields, "probes", None, here)
    take(probes, "liveness", source, "healthCheck", here)
    lasting = runs and kind == "app"
    fields.put("long_running", lasting, here)
    fields.put("serves", ports if lasting and isinstance(ports, Unknown) else lasting and bool(ports), here)
    return Noun("container", name if isinstance(name, str) and name else f"{kind}[{index}]", fields)


def _map(source: Block, key: str) -> Block:
    if not isinstance(source, Map):
        return source
    value = source.get(key)
    return value if isinstance(value, (Map, Unknown)) else None


def _join_command(fields: Map, source: Map, here: Span) -> None:
    joined: Seq | None = None
    for key in ("entryPoint", "command"):
        value = source.get(key)
        if isinstance(value, Unknown):
            if joined is None:
                carry(fields, "command", value, source, key)
            return
        if isinstance(value, Seq):
            if joined is None:
                joined = Seq(value.span, value.header)
                fields.put("command", joined, source.place(key))
            for index, item in enumerate(value):
                joined.add(item, value.place(index))
    if joined is None:
        fields.spans["command"] = here


def _user(fields: Map, source: Map, here: Span) -> None:
    """`user`, `uid`, `uid:gid`, `user:group` ..."""
    value = source.get("user")
    unknown = value.whole() if isinstance(value, PartText) else None
    written = value.template if isinstance(value, PartText) else value
    if isinstance(written, str) and ":" in written:
        user, _, owner = written.partition(":")
        for field, part in (("run_as_user", user), ("run_as_group", owner)):
            carry(fields, field, unknown if unknown and HOLE in part else number_or_name(part), source, "user")
        return
    take(fields, "run_as_user", source, "user", here, number_or_name)
    fields.spans["run_as_group"] = here


def _environment(fields: Map, source: Map, here: Span) -> None:
    found: Seq | None = None
    for key in ("environment", "secrets", "environmentFiles"):
        value = source.get(key)
        if isinstance(value, (Unknown, Sensitive)):
            why = value if isinstance(value, Unknown) else Unknown("it is sensitive as a whole")
            carry(fields, "env", why, source, key)
            return
        if not isinstance(value, Seq):
            continue
        if found is None:
            found = Seq(value.span, value.header)
            fields.put("env", found, source.place(key))
        for index, item in enumerate(value):
            if isinstance(item, Map):
                made = Map(item.span, item.header)
                if item.get("name") is not None:
                    made.copy_entry(item, "name")
                if key == "environment":
                    if item.get("value") is not None:
                        made.copy_entry(item, "value")
                elif key == "secrets":
                    made.put("from", _secret_source(item.get("valueFrom")), item.place("valueFrom"))
                else:
                    made.put("name", "*", item.header)
                    made.put("from", "config", item.place("value"))
                found.add(made, value.place(index))
            elif isinstance(item, Unknown):
                found.add(item, value.place(index))
    if found is None:
        fields.spans["env"] = here


def _secret_source(origin: Value) -> str:
    """Secrets Manager or the parameter store, which also takes bare names."""
    if isinstance(origin, PartText) and origin.prefix:
        bare = not origin.prefix.startswith("arn:"[: len(origin.prefix)])
        parameter = ":parameter/" in origin.template or any("ssm_parameter" in ref for ref in origin.refs)
        return "parameter" if bare or parameter else "secret"
    written = origin.target if isinstance(origin, Reference) else " ".join(origin.refs) if isinstance(
        origin, Unknown) else str(origin)  # fmt: skip
    parameter = "ssm_parameter" in written or ":parameter/" in written
    return "parameter" if parameter or (isinstance(origin, str) and not written.startswith("arn:")) else "secret"


def _ports(fields: Map, source: Map, here: Span) -> Value:
    value = source.get("portMappings")
    if not isinstance(value, Seq):
        take(fields, "ports", value if isinstance(value, Unknown) else None, "", here)
        return value
    ports = Seq(value.span, value.header)
    for index, item in enumerate(value):
        if isinstance(item, Map):
            made = Map(item.span, item.header)
            for name, key in (("port", "containerPort"), ("host_port", "hostPort"), ("name", "name")):
                if item.get(key) is not None:
                    made.copy_entry(item, key, name)
            protocol = item.get("protocol")
            made.put("protocol", protocol.upper() if isinstance(protocol, str) else protocol or "TCP",
                     item.place("protocol"))  # fmt: skip
            ports.add(made, value.place(index))
        elif isinstance(item, Unknown):
            ports.add(item, value.place(index))
    fields.put("ports", ports, source.place("portMappings"))
    return ports


def _mounts(fields: Map, source: Map, volumes: dict[str, tuple[Value, Span]], here: Span) -> None:
    value = source.get("mountPoints")
    if not isinstance(value, Seq):
        take(fields, "mounts", value if isinstance(value, Unknown) else None, "", here)
        return
    mounts = Seq(value.span, value.header)
    for index, item in enumerate(value):
        if isinstance(item, Map):
            made = Map(item.span, item.header)
            for name, key in (("path", "containerPath"), ("read_only", "readOnly")):
                if item.get(key) is not None:
                    made.copy_entry(item, key, name)
            volume = item.get("sourceVolume")
            if isinstance(volume, str) and volume in volumes:
                made.put("host_path", volumes[volume][0], item.place("sourceVolume"))
            mounts.add(made, value.place(index))
        elif isinstance(item, Unknown):
            mounts.add(item, value.place(index))
    fields.put("mounts", mounts, source.place("mountPoints"))


def cores(value: Value) -> Value:
    """ECS CPU units, or `1 vCPU`, as cores."""
    return _sized(value, "vcpu", 1024, 1)


def mebibytes(value: Value) -> Value:
    """MiB, or `1 GB`, as bytes."""
    return _sized(value, "gb", 2**-20, 2**30)


def _sized(value: Value, unit: str, divisor: float, unit_size: int) -> Value:
    if isinstance(value, Sensitive):
        inner = _sized(value.reveal(), unit, divisor, unit_size)
        return inner if isinstance(inner, Unknown) else Sensitive(inner, value.literal)
    if isinstance(value, Unknown):
        return value
    match = _SIZE.match(str(value)) if isinstance(value, (str, int, float)) and len(str(value)) < 40 else None
    if match is None or (match[2] or unit).lower() != unit:
        shown = repr(str(value)) if isinstance(value, (str, int, float)) else "what it holds"
        return Unknown(f"{shown} is no size that ECS knows")
    number = float(match[1]) * unit_size if match[2] else float(match[1]) / divisor
    return quantity(number)


def _task(resource: Resource, runs: bool) -> Noun:
    task, here = resource.attributes, resource.header
    fields = Map(resource.span, here)
    take(fields, "name", task, "family", here, word)
    fields.put("class", "pod", here)
    fields.put("orchestrator", "ecs", here)
    fields.put("long_running", runs, here)
    for field, key in (("host_network", "network_mode"), ("host_pid", "pid_mode"), ("host_ipc", "ipc_mode")):
        take(fields, field, task, key, here, _is_host)
    take(fields, "service_account", task, "task_role_arn", here)
    volumes = task.get("volume")
    if isinstance(volumes, Unknown):
        fields.put("host_paths", volumes, task.place("volume"))
    else:
        paths = Seq(task.place("volume"))
        for path, place in _volumes(task).values():
            paths.add(path, place)
        if paths:
            fields.put("host_paths", paths, paths.header)
        else:
            fields.spans["host_paths"] = here
    name = fields.get("name")
    return Noun("workload", name if isinstance(name, str) and name else resource.local, fields, key="pod")


def _is_host(value: Value) -> Value:
    return among(value, ("host",))
