"""Containers that a cloud runs for one: Cloud Run, Azure Container Instances, Azure Container Apps ->
`container` and `workload` nouns."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.blocks import (
    Block,
    Blocks,
    Spelling,
    account_is_default,
    amount,
    group,
    image,
    take,
    truth,
    whole,
    word,
)
from guardrail.concepts.pod_containers import Pod, container, unknown_container
from guardrail.model import Inventory, Map, Noun, Resource, Sensitive, Seq, Span, Unknown, Value

_RUN_V1 = Spelling({}, snake=True, singular=True)
_RUN_V2 = Spelling({"valueFrom": "value_source"}, snake=True, singular=True)
_APP = Spelling({"containers": "container", "initContainers": "init_container", "mountPath": "path"},
                snake=True, singular=True)  # fmt: skip
_GROUP = Spelling({"containers": "container", "initContainers": "init_container"}, snake=True, singular=True)

# kind -> spelling, where the block with the containers stands, whether they serve until stopped
_PLACES: dict[str, tuple[Spelling, tuple[str, ...], bool]] = {
    "google_cloud_run_service": (_RUN_V1, ("template", "spec"), True),
    "google_cloud_run_v2_service": (_RUN_V2, ("template",), True),
    "google_cloud_run_v2_worker_pool": (_RUN_V2, ("template",), True),
    "google_cloud_run_v2_job": (_RUN_V2, ("template", "template"), False),
    "azurerm_container_app": (_APP, ("template",), True),
    "azurerm_container_app_job": (_APP, ("template",), False),
    "azurerm_container_group": (_GROUP, (), True),
}
KINDS: tuple[str, ...] = tuple(_PLACES)
_ORCHESTRATORS = (("google_", "cloud-run"), ("azurerm_container_app", "container-apps"), ("", "container-instances"))
_CLOUD_RUN_LIMITS = (("cpu", 1), ("memory", 512 * 2**20))  # what a container gets that asks for nothing
_GOOGLE_DEFAULTS = ("-compute@developer.gserviceaccount.com", "@appspot.gserviceaccount.com")
_GIB = 2**30


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    found = _PLACES.get(resource.kind)
    if found is None or resource.mode != "managed":
        return
    spelling, path, lasting = found
    spec = spelling.path(resource.attributes, path)
    if resource.kind == "azurerm_container_group":
        policy = resource.attributes.get("restart_policy")
        runs: Value = policy if isinstance(policy, Unknown) else policy in (None, "Always")
    else:
        runs = lasting
    yield _workload(resource, spec, runs)
    if isinstance(spec, Unknown):
        yield unknown_container(spec, resource.header, "app", 0, _orchestrator(resource))
    elif spec is not None:
        yield from _containers(resource, spec, spelling, runs)


def _containers(resource: Resource, spec: Map, spelling: Spelling, runs: Value) -> Iterator[Noun]:
    main = spelling.blocks(spec, "containers")
    orchestrator = _orchestrator(resource)
    pod = Pod(spelling, Map(spec.span, spec.header), runs, _reachable(resource), orchestrator)
    pod.ports_declared = any(
        isinstance(item, Map) and item.get("ports") for item in (main if isinstance(main, Seq) else ())
    )
    lists: tuple[tuple[str, Blocks], ...] = (("app", main), ("init", spelling.blocks(spec, "initContainers")))
    for kind, listed in lists:
        if isinstance(listed, Unknown):
            yield unknown_container(listed, spec.header, kind, 0, orchestrator)
            continue
        for index, item in enumerate(listed or ()):
            if isinstance(item, Unknown):
                yield unknown_container(item, spec.header, kind, index, orchestrator)
            elif isinstance(item, Map):
                if resource.kind == "azurerm_container_group":
                    yield _group_container(item, kind, runs, index)
                    continue
                noun = container(item, pod, kind, index)
                if spelling is _APP:
                    _app_sizes(noun.fields, item)
                    _app_secrets(noun.fields, item)
                elif orchestrator == "cloud-run":
                    for size, default in _CLOUD_RUN_LIMITS:
                        noun.fields["limits"].setdefault(size, default)
                yield noun


def _orchestrator(resource: Resource) -> str:
    return next(name for prefix, name in _ORCHESTRATORS if resource.kind.startswith(prefix))


def _reachable(resource: Resource) -> Value:
    """Whether traffic comes in although no container declares a port: always on Cloud Run but to worker pools, by
    way of an ingress on Container Apps."""
    if resource.kind.startswith("google_"):
        return resource.kind != "google_cloud_run_v2_worker_pool"
    ingress = resource.attributes.get("ingress")
    return ingress if isinstance(ingress, Unknown) else bool(ingress)


def _app_sizes(fields: Map, source: Map) -> None:
    """Container Apps give a container exactly what it asks for."""
    for name in ("requests", "limits"):
        nested = group(fields, name, None, source.header)
        for key in ("cpu", "memory"):
            take(nested, key, source, key, source.header, amount)
        nested.spans["ephemeral_storage"] = source.header


def _app_secrets(fields: Map, source: Map) -> None:
    made, written = fields.get("env"), source.get("env")
    if isinstance(made, Seq) and isinstance(written, Seq):
        for item, origin in zip(made, (item for item in written if isinstance(item, (Map, Unknown))), strict=False):
            if isinstance(item, Map) and isinstance(origin, Map) and origin.get("secret_name"):
                item.put("from", "secret", origin.place("secret_name"))


def _group_container(source: Map, kind: str, runs: Value, index: int) -> Noun:
    here = source.header
    fields = Map(source.span, here)
    take(fields, "name", source, "name", here, word)
    take(fields, "image", source, "image", here, image)
    fields.put("class", kind, here)
    fields.put("orchestrator", "container-instances", here)
    take(fields, "command", source, "commands", here)
    requests, limits = group(fields, "requests", None, here), group(fields, "limits", None, here)
    for key, convert in (("cpu", amount), ("memory", _gigabytes)):
        take(requests, key, source, key, here, convert)
        # What is asked for is the limit where no other is set.
        if not take(limits, key, source, f"{key}_limit", here, convert):
            take(limits, key, source, key, here, convert)
    for nested in (requests, limits):
        nested.spans["ephemeral_storage"] = here
    security = _GROUP.block(source, "security")
    take(fields, "privileged", security, "privilege_enabled", here, truth)
    _group_env(fields, source, here)
    ports = _listed(fields, "ports", source, "ports", (("port", "port"), ("protocol", "protocol")))
    _listed(fields, "mounts", source, "volume", (("path", "mount_path"), ("read_only", "read_only")))
    probes = group(fields, "probes", None, here)
    for field, key in (("liveness", "liveness_probe"), ("readiness", "readiness_probe")):
        probe = _GROUP.block(source, key)
        if probe is None:
            probes.spans[field] = here
        else:
            probes.put(field, probe, source.place(key))
    lasting = runs if kind == "app" else False
    fields.put("long_running", lasting, here)
    serves: Value = lasting if isinstance(lasting, Unknown) or not lasting else ports
    fields.put("serves", serves if isinstance(serves, Unknown) else bool(serves), here)
    name = fields.get("name")
    return Noun("container", name if isinstance(name, str) and name else f"{kind}[{index}]", fields)


def _gigabytes(value: Value) -> Value:
    """Azure's GB, which are GiB, as bytes."""
    number = amount(value)
    if isinstance(number, Sensitive):
        return Sensitive(_gigabytes(number.reveal()), number.literal)
    if isinstance(number, Unknown):
        return number
    scaled = number * _GIB
    return int(scaled) if scaled == scaled // 1 else scaled


def _group_env(fields: Map, source: Map, here: Span) -> None:
    found = Seq(here)
    for key, origin in (("environment_variables", ""), ("secure_environment_variables", "secret")):
        value = source.get(key)
        if isinstance(value, (Unknown, Sensitive)):
            if not origin:
                fields.put("env", value if isinstance(value, Unknown) else Unknown("it is sensitive as a whole"),
                           source.place(key))  # fmt: skip
                return
            continue
        if not isinstance(value, Map):
            continue
        for name in value:
            place = value.place(name)
            made = Map(place)
            made.put("name", name, place)
            if origin:
                made.put("from", origin, place)
            else:
                made.put("value", value[name], place)
            found.add(made, place)
    if found:
        fields.put("env", found, here)
    else:
        fields.spans["env"] = here


def _listed(fields: Map, field: str, source: Map, key: str, names: tuple[tuple[str, str], ...]) -> Value:
    value = _GROUP.blocks(source, key)
    if not isinstance(value, Seq):
        take(fields, field, value, key, source.header)
        return value
    found = Seq(value.span, value.header)
    for index, item in enumerate(value):
        if isinstance(item, Map):
            made = Map(item.span, item.header)
            for name, written in names:
                if item.get(written) is not None:
                    made.copy_entry(item, written, name)
            found.add(made, value.place(index))
        elif isinstance(item, Unknown):
            found.add(item, value.place(index))
    fields.put(field, found, source.place(key))
    return found


def _workload(resource: Resource, spec: Block, runs: Value) -> Noun:
    attributes, here = resource.attributes, resource.header
    kind = resource.kind
    fields = Map(resource.span, here)
    take(fields, "name", attributes, "name", here, word)
    group_of_containers = kind == "azurerm_container_group"
    klass = "job" if kind.endswith("_job") else "pod" if group_of_containers else "service"
    fields.put("class", klass, here)
    fields.put("orchestrator", _orchestrator(resource), here)
    fields.put("long_running", runs, here)
    if klass == "service":
        fields.put("autoscaled", True, here)  # these platforms scale every service with its load
        if kind == "azurerm_container_app" and not take(fields, "replicas", spec, "min_replicas", here, whole):
            fields["replicas"] = 0
    account = "service_account_name" if kind == "google_cloud_run_service" else "service_account"
    if kind.startswith("google_"):
        take(fields, "service_account", spec, account, here)
        default = account_is_default(fields.get("service_account"), lambda name: name.endswith(_GOOGLE_DEFAULTS))
        fields.put("default_account", default, fields.spans["service_account"])
    name = fields.get("name")
    return Noun("workload", name if isinstance(name, str) and name else resource.local, fields, key=klass)
