"""What a pod and its containers say beyond sizes and security contexts: volumes, settings of the pod as a whole, probes
and hooks, and where its replicas may run.

`add_to_workload` and `add_to_container` put it into the fields of nouns that `pods` makes. What stands under `pod.` is
as written at the pod's level, whatever its containers say: a default for those that are added later, and what the Pod
Security Standards judge on its own.
"""

from __future__ import annotations

from guardrail.concepts.blocks import Block, Doubt, Spelling, number_or_name, take, truth, word
from guardrail.concepts.selectors import Selector
from guardrail.model import Map, PartText, Seq, Span, Unknown, Value
from guardrail.model.image import image_facts

VOLUME_TYPES = (
    "configMap", "secret", "emptyDir", "persistentVolumeClaim", "projected", "downwardAPI", "hostPath", "csi",
    "ephemeral", "nfs", "image", "awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "fc",
    "flexVolume", "flocker", "gcePersistentDisk", "gitRepo", "glusterfs", "iscsi", "photonPersistentDisk",
    "portworxVolume", "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume",
)  # fmt: skip
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_CONTROL_PLANE = ("node-role.kubernetes.io/master", "node-role.kubernetes.io/control-plane")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HOOKS = ("postStart", "preStop")
_ACTIONS = ("httpGet", "tcpSocket", "grpc")
_OF_POD = (
    ("run_as_non_root", "runAsNonRoot", truth), ("run_as_user", "runAsUser", number_or_name),
    ("run_as_group", "runAsGroup", number_or_name), ("fs_group", "fsGroup", number_or_name),
    ("supplemental_groups", "supplementalGroups", None),
)  # fmt: skip
_OF_POD_BLOCKS = (
    ("seccomp_profile", "seccompProfile", "type", word), ("apparmor_profile", "appArmorProfile", "type", word),
    ("host_process", "windowsOptions", "hostProcess", truth), ("selinux_type", "seLinuxOptions", "type", word),
    ("selinux_user", "seLinuxOptions", "user", word), ("selinux_role", "seLinuxOptions", "role", word),
)  # fmt: skip
_OF_SPEC = (
    ("priority_class", "priorityClassName", word), ("runtime_class", "runtimeClassName", word),
    ("shared_processes", "shareProcessNamespace", truth), ("pull_secrets", "imagePullSecrets", None),
    ("host_aliases", "hostAliases", None), ("node_name", "nodeName", word), ("node_selector", "nodeSelector", None),
)  # fmt: skip
_FIELDS = (
    *(field for field, *_ in _OF_SPEC), "old_account", "volumes", "node_affinity", "dns_options",
    "tolerates_control_plane", "spread",
)  # fmt: skip


def add_to_workload(fields: Map, spec: Block, template: Block, labels: Block, spelling: Spelling) -> None:
    here = spec.header if isinstance(spec, Map) and spec.header.line else fields.header
    _security(fields, spelling.block(spec, "securityContext"), spelling, here)
    if isinstance(spec, Unknown):
        for field in _FIELDS:
            fields.put(field, spec, here)
        return
    for field, key, convert in _OF_SPEC:
        take(fields, field, spec, spelling[key], here, convert)
    _old_account(fields, spec, spelling, here)
    fields.spans["volumes"] = here
    volumes = spelling.blocks(spec, "volumes")
    if volumes is not None:
        fields.put("volumes", _volumes(volumes, spelling, _disk_limited(spec, spelling)), here)
    affinity = spelling.path(spec, ("affinity", "nodeAffinity"))
    fields.put("node_affinity", affinity if isinstance(affinity, Unknown) else bool(affinity), here)
    _dns_options(fields, spec, spelling, here)
    fields.put("tolerates_control_plane", _tolerates(spelling.blocks(spec, "tolerations"), spelling), here)
    fields.put("spread", _spread(spec, labels, spelling), here)
    annotations = spelling.block(spelling.block(template, "metadata"), "annotations")
    if isinstance(annotations, Map):
        profiles = Seq(annotations.header)
        for key, value in annotations.items():
            if key.startswith(_APPARMOR):
                profiles.add(value, annotations.place(key))
        if profiles:
            fields.put("apparmor_annotations", profiles, annotations.header)


def _old_account(fields: Map, spec: Block, spelling: Spelling, here: Span) -> None:
    """The deprecated field; nothing where the current one says the same, as it does in what the cluster gives out."""
    fields.spans["old_account"] = here
    if isinstance(spec, Map) and spec.get(spelling["serviceAccount"]) not in (
        None, "", spec.get(spelling["serviceAccountName"])
    ):  # fmt: skip
        take(fields, "old_account", spec, spelling["serviceAccount"], here, word)


def doubt_of_workload(fields: Map, unsaid: Doubt) -> None:
    """Whether somebody else adds what the template lacks is not known."""
    for field in ("spread", "node_affinity", "dns_options", "priority_class"):
        if fields.get(field) is None or fields[field] is False:
            fields.put(field, unsaid(fields.get(field)), fields.spans.get(field) or fields.header)


def _security(fields: Map, security: Block, spelling: Spelling, here: Span) -> None:
    best = security.header if isinstance(security, Map) and security.header.line else here
    pod = Map(best)
    fields.put("pod", pod, best)
    for field, key, convert in _OF_POD:
        take(pod, field, security, spelling[key], best, convert)
    for field, block, key, convert in _OF_POD_BLOCKS:
        take(pod, field, spelling.block(security, block), spelling[key], best, convert)


def _disk_limited(spec: Block, spelling: Spelling) -> Value:
    """Whether a container has a limit of local disk: the sum of these is the pod's, scratch volumes included."""
    containers = spelling.blocks(spec, "containers")
    if not isinstance(containers, Seq):
        return containers if isinstance(containers, Unknown) else False
    doubt: Value = False
    for container in containers:
        limits = spelling.path(container, ("resources", "limits")) if isinstance(container, Map) else container
        limit = limits.get("ephemeral-storage") if isinstance(limits, Map) else limits
        if isinstance(limit, Unknown):
            doubt = limit
        elif limit is not None and isinstance(limits, Map):
            return True
    return doubt


def _volumes(volumes: Seq | Unknown, spelling: Spelling, limited: Value) -> Value:
    """Items with `name`, `type` as manifests call it, and of some types what else rules ask for."""
    if isinstance(volumes, Unknown):
        return volumes
    found = Seq(volumes.span, volumes.header)
    for index, volume in enumerate(volumes):
        if isinstance(volume, Unknown):
            found.add(volume, volumes.place(index))
        elif isinstance(volume, Map):
            found.add(_volume(volume, spelling, limited), volumes.place(index))
    return found


def _volume(volume: Map, spelling: Spelling, limited: Value) -> Map:
    made = Map(volume.span, volume.header)
    if volume.get("name") is not None:
        made.copy_entry(volume, "name")
    for kind in VOLUME_TYPES:
        key = spelling[kind]
        if volume.get(key) is None or volume[key] == []:
            continue
        made.put("type", kind, volume.place(key))
        source = spelling.block(volume, kind)
        if kind == "emptyDir":
            made.spans["size_limit"] = volume.place(key)
            take(made, "size_limit", source, spelling["sizeLimit"], volume.place(key))
            in_memory = source.get("medium") == "Memory" if isinstance(source, Map) else False
            made.put("disk_limited", False if in_memory else limited, volume.place(key))
        elif kind == "flexVolume":
            take(made, "driver", source, "driver", volume.place(key), word)
        break
    else:
        others = [key for key in volume if key != "name" and volume[key] is not None]
        made.put("type", str(others[0]) if others else "emptyDir", volume.place(others[0]) if others else volume.header)
    return made


def _dns_options(fields: Map, spec: Block, spelling: Spelling, here: Span) -> None:
    """Name -> value; "" for those that have none."""
    config = spelling.block(spec, "dnsConfig")
    written = spelling.blocks(config, "options" if not spelling.singular else "option")
    fields.spans["dns_options"] = config.header if isinstance(config, Map) else here
    if isinstance(written, Unknown):
        fields.put("dns_options", written, fields.spans["dns_options"])
    if not isinstance(written, Seq):
        return
    options = Map(written.span, written.header)
    for index, item in enumerate(written):
        if isinstance(item, Map) and isinstance(item.get("name"), str):
            options.put(item["name"], "" if item.get("value") is None else item["value"], written.place(index))
    fields.put("dns_options", options, written.header)


def _tolerates(tolerations: Seq | Unknown | None, spelling: Spelling) -> Value:
    if not isinstance(tolerations, Seq):
        return tolerations if isinstance(tolerations, Unknown) else False
    doubt: Unknown | None = None
    for item in tolerations:
        if isinstance(item, Unknown):
            doubt = doubt or item
        elif isinstance(item, Map):
            key = item.get("key")
            if isinstance(key, Unknown):
                doubt = doubt or key
            elif key in _CONTROL_PLANE or ((key is None or key == "") and item.get("operator") == "Exists"):
                return True
    return doubt or False


def _spread(spec: Block, labels: Block, spelling: Spelling) -> Value:
    """Whether something keeps its own pods apart: a constraint or a term of anti-affinity that fits their labels."""
    terms: list[Block] = []
    unknown: Unknown | None = None
    anti = spelling.path(spec, ("affinity", "podAntiAffinity"))
    if isinstance(anti, Unknown):
        unknown = anti
    for source, name, inner in (
        (spec, "topologySpreadConstraints", ""),
        (anti, "requiredDuringSchedulingIgnoredDuringExecution", ""),
        (anti, "preferredDuringSchedulingIgnoredDuringExecution", "podAffinityTerm"),
    ):
        listed = spelling.blocks(source, name)
        if isinstance(listed, Unknown):
            unknown = unknown or listed
        for item in listed if isinstance(listed, Seq) else ():
            term: Block = item if isinstance(item, (Map, Unknown)) else None
            terms.append(spelling.block(term, inner) if inner else term)
    for term in terms:
        if isinstance(term, Unknown):
            unknown = unknown or term
            continue
        selector = spelling.block(term, "labelSelector")
        if selector is None:
            continue  # selects no pod
        fits = Selector("", "", spelling.block(selector, "matchLabels"), spelling.blocks(selector, "matchExpressions"))
        answer = fits.selects("", labels)
        if answer:
            return True
        if answer is None:
            unknown = unknown or Unknown("its labels are not known")
    return unknown or False


def runs_windows(spec: Map, spelling: Spelling) -> bool:
    """Whether it says that it is for nodes with Windows, which have no capabilities, seccomp or set-uid programs."""
    system = spelling.block(spec, "os")
    selector = spec.get(spelling["nodeSelector"])
    for holder, key in ((system, "name"), (selector, "kubernetes.io/os"), (selector, "beta.kubernetes.io/os")):
        if isinstance(holder, Map) and holder.get(key) is not None:
            return bool(holder[key] == "windows")
    return False


def settled(value: Value) -> Value:
    """A value, unless something fills it in before the cluster sees it."""
    return word(value) if isinstance(value, str) else value


def add_to_container(fields: Map, source: Map, spelling: Spelling) -> None:
    here = source.header
    for key in ("stdin", "tty"):
        value = source.get(key)
        if value is not None and value is not False:
            fields.put("interactive", truth(value), source.place(key))
            break
    else:
        fields.put("interactive", False, here)
    image = fields.get("image")
    if isinstance(image, (str, PartText)):
        name = image_facts(image.template, image).name if isinstance(image, PartText) else image_facts(image).name
        if isinstance(name, str):
            fields.put("repository", name, fields.place("image"))
    _names_of_env(fields, source, spelling)
    hosts = Seq(here)
    ports: list[tuple[Value, Span]] = []
    for key in _PROBES:
        _handler(spelling.block(source, key), hosts, ports, spelling)
    lifecycle = spelling.block(source, "lifecycle")
    for key in _HOOKS:
        _handler(spelling.block(lifecycle, key), hosts, None, spelling)
    if hosts:
        _put_list(fields, "handler_hosts", hosts)
    _undeclared(fields, ports, spelling.blocks(source, "ports"), spelling, here)


def _handler(handler: Block, hosts: Seq, ports: list[tuple[Value, Span]] | None, spelling: Spelling) -> None:
    """The hosts that a probe or hook names, and (of probes) the ports that it asks."""
    for action in _ACTIONS:
        asked = spelling.block(handler, action)
        if not isinstance(asked, Map):
            continue
        host = asked.get("host")
        if host is not None and host != "":
            hosts.add(host, asked.place("host"))
        port = asked.get("port")
        if ports is not None and port is not None:
            ports.append((port, asked.place("port")))


def _undeclared(
    fields: Map, asked: list[tuple[Value, Span]], declared: Seq | Unknown | None, spelling: Spelling, here: Span
) -> None:
    """Ports that probes ask and the container does not declare, by name and by number."""
    if not asked or isinstance(declared, Unknown):
        return
    names: set[str] = set()
    numbers: set[int] = set()
    for item in declared or ():
        if not isinstance(item, Map):
            return  # it may be any of them
        name, number = item.get("name"), number_or_name(item.get(spelling["containerPort"]))
        if isinstance(name, Unknown) or isinstance(number, Unknown):
            return
        if isinstance(name, str):
            names.add(name)
        if isinstance(number, int):
            numbers.add(number)
    by_name, by_number = Seq(here), Seq(here)
    for port, place in asked:
        value = number_or_name(port)
        if isinstance(value, str) and value not in names and value not in by_name:
            by_name.add(value, place)
        elif isinstance(value, int) and value not in numbers and value not in by_number:
            by_number.add(value, place)
    for field, found in (("probes_unknown_ports", by_name), ("probes_undeclared_ports", by_number)):
        if found:
            _put_list(fields, field, found)


def _names_of_env(fields: Map, source: Map, spelling: Spelling) -> None:
    """Names of environment variables that are known, and of those that are given more than once each but the first."""
    written = spelling.blocks(source, "env")
    if not isinstance(written, Seq) or not written:
        return
    seen: set[str] = set()
    names, twice = Seq(written.span, written.header), Seq(source.header)
    for index, item in enumerate(written):
        name = item.get("name") if isinstance(item, Map) else None
        if not isinstance(name, str):
            continue
        if name in seen:
            twice.add(name, written.place(index))
        seen.add(name)
        names.add(name, written.place(index))
    fields.put("env_names", names, written.header)
    if twice:
        _put_list(fields, "env_twice", twice)


def _put_list(fields: Map, name: str, found: Seq) -> None:
    """A list of what is wrong stands where the first of it does."""
    found.header = found.place(0)
    fields.put(name, found, found.header)
