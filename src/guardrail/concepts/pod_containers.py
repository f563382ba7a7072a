"""Containers of a pod -> `container` nouns, in either spelling."""

from __future__ import annotations

from guardrail.concepts.blocks import (
    Block,
    Convert,
    Doubt,
    Spelling,
    amount,
    carry,
    group,
    image,
    number_or_name,
    opened,
    take,
    truth,
    word,
)
from guardrail.concepts.pod_details import add_to_container, runs_windows, settled
from guardrail.model import Map, Noun, Origin, Resource, Seq, Span, Unknown, Value

_RESOURCES = (("cpu", "cpu"), ("memory", "memory"), ("ephemeral_storage", "ephemeral-storage"))
_PROBES = (("liveness", "livenessProbe"), ("readiness", "readinessProbe"), ("startup", "startupProbe"))
_ENV_SOURCES = (("secretKeyRef", "secret"), ("configMapKeyRef", "config"), ("fieldRef", "field"),
                ("resourceFieldRef", "field"), ("fileKeyRef", "config"))  # fmt: skip
_SCALARS = ("image", "command", "security_context", "privileged", "run_as_non_root", "run_as_user", "run_as_group",
            "read_only_root_filesystem", "allow_privilege_escalation", "seccomp_profile", "proc_mount",
            "apparmor_profile", "host_process", "env",
            "ports", "mounts", "image_pull_policy", "interactive")  # fmt: skip
_GROUPS = (("requests", ("cpu", "memory", "ephemeral_storage")), ("limits", ("cpu", "memory", "ephemeral_storage")),
           ("capabilities", ("add", "drop")), ("selinux", ("type", "user", "role")),
           ("probes", ("liveness", "readiness", "startup")))  # fmt: skip


class Pod:
    """What a container takes over from the pod that it stands in. `selected`: a Service selects the pod.
    `host_paths`: volume name -> path on the host."""

    __slots__ = (
        "defaults", "host_paths", "long_running", "orchestrator", "ports_declared", "resources", "security", "selected",
        "spelling", "unconfined", "windows",
    )  # fmt: skip

    def __init__(
        self, spelling: Spelling, spec: Map, long_running: Value, selected: Value, orchestrator: str = "kubernetes"
    ) -> None:
        self.spelling, self.long_running, self.selected = spelling, long_running, selected
        self.security: Block = spelling.block(spec, "securityContext")
        self.resources: Block = spelling.block(spec, "resources")
        self.host_paths: dict[str, Value] = {}
        self.orchestrator = orchestrator
        self.defaults: dict[str, tuple[Map, Resource]] = {}  # of its namespace; see `Joins.defaults`
        self.unconfined: dict[str, Span] = {}
        self.ports_declared = False
        self.windows = runs_windows(spec, spelling)


def container(source: Map, pod: Pod, kind: str, index: int) -> Noun:
    """The noun of one container; `kind` is its class."""
    spelling = pod.spelling
    here = source.header
    fields = Map(source.span, here)
    take(fields, "name", source, "name", here, word)
    take(fields, "image", source, "image", here, image)
    fields.put("class", kind, here)
    fields.put("orchestrator", pod.orchestrator, here)
    _command(fields, source, spelling, here)

    resources = spelling.block(source, "resources")
    for sizes in ("requests", "limits"):
        _amounts(fields, sizes, resources, pod, here)

    security = spelling.block(source, "securityContext")
    for field, key, convert in (
        ("privileged", "privileged", truth),
        ("read_only_root_filesystem", "readOnlyRootFilesystem", truth),
        ("allow_privilege_escalation", "allowPrivilegeEscalation", truth),
        ("proc_mount", "procMount", word),
    ):
        take(fields, field, security, spelling[key], here, convert)
    for field, key, convert in (
        ("run_as_non_root", "runAsNonRoot", truth),
        ("run_as_user", "runAsUser", number_or_name),
        ("run_as_group", "runAsGroup", number_or_name),
    ):
        if not take(fields, field, security, spelling[key], here, convert):
            lacking = fields.spans[field]
            if not take(fields, field, pod.security, spelling[key], lacking, convert):
                fields.spans[field] = lacking
    best = security.header if isinstance(security, Map) else here
    levels = (security, pod.security)
    _said(fields, levels, best)
    _effective(fields, "seccomp_profile", levels, spelling, "seccompProfile", "type", best, word)
    _effective(fields, "apparmor_profile", levels, spelling, "appArmorProfile", "type", best, word)
    _effective(fields, "host_process", levels, spelling, "windowsOptions", "hostProcess", best, truth)
    name = fields.get("name")
    if "apparmor_profile" not in fields and isinstance(name, str) and name in pod.unconfined:
        fields.put("apparmor_profile", "Unconfined", pod.unconfined[name])
    selinux = group(fields, "selinux", None, best)
    for key in ("type", "user", "role"):
        _effective(selinux, key, levels, spelling, "seLinuxOptions", key, best, word)
    _capabilities(fields, spelling.block(security, "capabilities"), security, here)

    _env(fields, source, spelling)
    ports = _ports(fields, source, spelling)
    _mounts(fields, source, pod)
    probes = group(fields, "probes", source, here)
    for probe, key in _PROBES:
        _probe(probes, probe, source, spelling, key)
    take(fields, "image_pull_policy", source, spelling["imagePullPolicy"], here, word)
    add_to_container(fields, source, spelling)
    fields.put("windows", pod.windows, here)

    runs = pod.long_running if kind in ("app", "sidecar") else False
    fields.put("long_running", runs, here)
    fields.put("serves", _serves(runs, kind, ports, pod), here)
    name = fields.get("name")
    shown = name if isinstance(name, str) and name else f"{kind}[{index}]"
    return Noun("container", shown, fields)


# What containers elsewhere do not have, whatever else is unknown of them.
_OF_PODS = frozenset(("proc_mount", "apparmor_profile", "seccomp_profile", "selinux", "host_process",
                      "image_pull_policy", "interactive", "security_context"))  # fmt: skip


def unknown_container(why: Unknown, where: Span, kind: str, index: int, orchestrator: str = "kubernetes") -> Noun:
    """A container of which nothing is known but that there may be one."""
    fields = Map(where)
    pod = orchestrator == "kubernetes"
    for name in ("name", *_SCALARS, "long_running", "serves"):
        if pod or name not in _OF_PODS:
            fields.put(name, why, where)
    fields.put("class", kind, where)
    fields.put("orchestrator", orchestrator, where)
    for name, members in _GROUPS:
        nested = group(fields, name, None, where)
        for member in members:
            if pod or name not in _OF_PODS:
                nested.put(member, why, where)
    return Noun("container", f"{kind}[{index}]", fields)


# What no operator adds to a container that does not ask for it.
NOT_ADDED = frozenset(("privileged", "host_process", "proc_mount", "apparmor_profile", "env", "ports", "mounts",
                       "run_as_group", "interactive", "add", "type", "user", "role"))  # fmt: skip


def doubt(fields: Map, unsaid: Doubt, spared: frozenset[str] = frozenset()) -> None:
    """Of what a container doesn't say, but for what is spared, what it comes to is not known: somebody else has a say
    in it."""
    for name in _SCALARS:
        if name not in fields and name != "image" and name not in spared:  # an image is then the operator's own
            fields.put(name, unsaid(None), fields.spans.get(name) or fields.header)
    for name, members in _GROUPS:
        nested = fields.get(name)
        if isinstance(nested, Map):
            for member in members:
                if nested.get(member) is None and member not in spared:
                    nested.put(member, unsaid(None), nested.spans.get(member) or nested.header)


def _command(fields: Map, source: Map, spelling: Spelling, here: Span) -> None:
    """Entry point and arguments as one list; `commands` of Azure included."""
    joined: Seq | None = None
    for key in ("command", "args"):
        value = spelling.get_in(source, key)
        if value is None:
            continue
        written = spelling[key]
        if not isinstance(value, Seq):
            if joined is None or isinstance(value, Unknown):
                why = value if isinstance(value, Unknown) else Unknown(f"its {key} is not a list")
                carry(fields, "command", why, source, written)
                return
            continue
        if joined is None:
            joined = Seq(value.span, value.header)
            fields.put("command", joined, source.place(written))
        for index, item in enumerate(value):
            joined.add(item, value.place(index))
    if joined is None:
        fields.spans["command"] = here


def _amounts(fields: Map, name: str, resources: Block, pod: Pod, here: Span) -> None:
    """requests or limits; what the pod as a whole is bound to binds each of its containers."""
    source = pod.spelling.block(resources, name)
    best = resources.header if isinstance(resources, Map) else here
    nested = group(fields, name, source, best)
    whole = pod.spelling.block(pod.resources, name) if name == "limits" and pod.resources is not None else None
    for field, key in _RESOURCES:
        if source is None:
            nested.spans[field] = best
            found = False
        else:
            found = take(nested, field, source, key, best, amount)
        if not found and whole is not None:
            lacking = nested.spans[field]
            found = take(nested, field, whole, key, lacking, amount)
            if not found:
                nested.spans[field] = lacking
        # A container's own limit is its request, before the namespace has a say.
        if not found and name in pod.defaults and not (name == "requests" and _has(resources, "limits", key, pod)):
            _default_amount(nested, field, key, *pod.defaults[name])


def _has(resources: Block, name: str, key: str, pod: Pod) -> bool:
    amounts = pod.spelling.block(resources, name)
    return isinstance(amounts, Unknown) or (amounts is not None and amounts.get(key) is not None)


def _default_amount(nested: Map, field: str, key: str, amounts: Map, giver: Resource) -> None:
    """What the namespace's LimitRange gives. Stands at the container, which could say otherwise."""
    if amounts.get(key) is None:
        return
    value = amount(amounts[key])
    origin = Origin(f"default of {giver.address}", amounts.place(key), value)
    nested.put(field, value, nested.spans[field], lambda: (origin,))


def _effective(
    fields: Map, field: str, levels: tuple[Block, Block], spelling: Spelling, block: str, key: str, lacking: Span,
    convert: Convert,
) -> None:  # fmt: skip
    """A setting within a block of the security context: a container's own block counts before its pod's."""
    for level in levels:
        found = spelling.block(level, block)
        if found is not None:
            take(fields, field, found, spelling[key], lacking, convert)
            return
    fields.spans[field] = lacking


def _said(fields: Map, levels: tuple[Block, Block], place: Span) -> None:
    """Whether the security context of the container or that of its pod says anything at all."""
    fields.spans["security_context"] = place
    for level in levels:
        if isinstance(level, Map) and any(value is not None for value in level.values()):
            fields.put("security_context", True, level.header)
            return
    unknown = next((level for level in levels if isinstance(level, Unknown)), None)
    if unknown is not None:
        fields.put("security_context", unknown, place)


def _capabilities(fields: Map, capabilities: Block, security: Block, here: Span) -> None:
    best = security.header if isinstance(security, Map) else here
    nested = group(fields, "capabilities", capabilities, best)
    for key in ("add", "drop"):
        take(nested, key, capabilities, key, best, capability_names)


def capability_names(value: Value) -> Value:
    """`CAP_NET_ADMIN` and `net_admin` -> `NET_ADMIN`."""
    if not isinstance(value, Seq):
        return value if isinstance(value, Unknown) else Unknown("the capabilities are not a list")
    names = Seq(value.span, value.header)
    for index, item in enumerate(value):
        name = word(item)
        names.add(name.upper().removeprefix("CAP_") if isinstance(name, str) else name, value.place(index))
    return names


def _env(fields: Map, source: Map, spelling: Spelling) -> None:
    found: Seq | None = None
    for key, read in (("env", _env_item), ("envFrom", _env_source)):
        value = spelling.blocks(source, key)
        if isinstance(value, Unknown):
            carry(fields, "env", value, source, spelling[key])
            return
        if value is None:
            continue
        if found is None:
            found = Seq(value.span, value.header)
            fields.put("env", found, source.place(spelling[key]))
        for index, item in enumerate(value):
            if isinstance(item, Map):
                found.add(read(item, spelling), value.place(index))
            elif isinstance(item, Unknown):
                found.add(item, value.place(index))
    if found is None:
        fields.spans["env"] = source.header


def _env_item(item: Map, spelling: Spelling) -> Map:
    made = Map(item.span, item.header)
    for key in ("name", "value"):
        if item.get(key) is not None:
            made.copy_entry(item, key)
    written = spelling["valueFrom"]
    if written in item:
        origin = spelling.block(item, "valueFrom")
        if isinstance(origin, Unknown):
            made.put("from", origin, item.place(written))
        elif origin is not None:
            for key, name in _ENV_SOURCES:
                if origin.get(spelling[key]) is not None:
                    made.put("from", name, item.place(written))
                    break
    return made


def _env_source(item: Map, spelling: Spelling) -> Map:
    """A whole Secret or ConfigMap as environment: its names are not known here, only how they begin."""
    made = Map(item.span, item.header)
    prefix = item.get("prefix")
    made.put("name", f"{prefix if isinstance(prefix, str) else ''}*", item.header)
    for key, name in (("secretRef", "secret"), ("configMapRef", "config")):
        if item.get(spelling[key]) is not None:
            made.put("from", name, item.place(spelling[key]))
    return made


def _ports(fields: Map, source: Map, spelling: Spelling) -> Value:
    value = spelling.blocks(source, "ports")
    if not isinstance(value, Seq):
        if value is None:
            fields.spans["ports"] = source.header
        else:
            carry(fields, "ports", value, source, spelling["ports"])
        return value
    ports = Seq(value.span, value.header)
    for index, item in enumerate(value):
        if isinstance(item, Map):
            made = Map(item.span, item.header)
            for name, key in (("port", "containerPort"), ("host_port", "hostPort"), ("protocol", "protocol"),
                              ("name", "name")):  # fmt: skip
                if item.get(spelling[key]) is not None:
                    made.copy_entry(item, spelling[key], name)
                    made[name] = settled(made[name])
            if "protocol" not in made:
                made.put("protocol", "TCP", made.header)
            ports.add(made, value.place(index))
        elif isinstance(item, Unknown):
            ports.add(item, value.place(index))
    fields.put("ports", ports, source.place(spelling["ports"]))
    return ports


def _mounts(fields: Map, source: Map, pod: Pod) -> None:
    spelling = pod.spelling
    value = spelling.blocks(source, "volumeMounts")
    if not isinstance(value, Seq):
        if value is None:
            fields.spans["mounts"] = source.header
        else:
            carry(fields, "mounts", value, source, spelling["volumeMounts"])
        return
    mounts = Seq(value.span, value.header)
    for index, item in enumerate(value):
        if isinstance(item, Map):
            made = Map(item.span, item.header)
            for name, key in (("path", "mountPath"), ("read_only", "readOnly")):
                if item.get(spelling[key]) is not None:
                    made.copy_entry(item, spelling[key], name)
            volume = item.get("name")
            if isinstance(volume, str) and volume in pod.host_paths:
                made.put("host_path", pod.host_paths[volume], item.place("name"))
            mounts.add(made, value.place(index))
        elif isinstance(item, Unknown):
            mounts.add(item, value.place(index))
    fields.put("mounts", mounts, source.place(spelling["volumeMounts"]))


def _probe(probes: Map, field: str, source: Map, spelling: Spelling, key: str) -> None:
    written = spelling[key]
    probe = spelling.block(source, key)
    if probe is None:
        probes.spans[field] = source.spans.get(written) or source.header
    else:
        carry(probes, field, probe, source, written)


def _serves(runs: Value, kind: str, ports: Value, pod: Pod) -> Value:
    if not runs or isinstance(runs, Unknown):
        return runs
    if isinstance(ports, Unknown):
        return ports
    if ports:
        return True
    # A Service finds its port in whichever container has it; with none declared, any may be meant.
    return pod.selected if kind == "app" and not pod.ports_declared else False


def restarts(source: Map, spelling: Spelling) -> bool:
    """True for an init container that keeps running: a sidecar."""
    return bool(spelling.get_in(source, "restartPolicy") == "Always")


def mounted_paths(volumes: Seq | Unknown | None, spelling: Spelling) -> dict[str, tuple[Value, Span]]:
    """Host paths among the volumes, by volume name, with their places."""
    found: dict[str, tuple[Value, Span]] = {}
    for index, volume in enumerate(volumes if isinstance(volumes, Seq) else ()):
        if isinstance(volume, Map):
            mounted = opened(spelling.block(volume, "hostPath"))
            if isinstance(mounted, Unknown):
                found[str(volume.get("name") or index)] = (mounted, volume.header)
            elif mounted is not None and mounted.get("path") is not None:
                found[str(volume.get("name") or index)] = (mounted["path"], mounted.place("path"))
    return found
