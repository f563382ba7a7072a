"""Everything that holds a pod -> `container` and `workload` nouns.

Kubernetes' own kinds, Terraform's `kubernetes_*` for the same, and the object in a `kubernetes_manifest`, all
by the tables below. Effective values follow the kubelet: a container's security context before its pod's.
"""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.blocks import Block, Spelling, account_is_default, take, truth, whole, word
from guardrail.concepts.pod_containers import Pod, container, mounted_paths, restarts, unknown_container
from guardrail.concepts.pod_joins import Joins, Selector, joins_of, namespace_of, spelled
from guardrail.model import Inventory, Map, Noun, Origin, Resource, Seq, Span, Unknown, Value

# Where the pod's spec stands; a custom resource needs a line here (and in _CLASSES if it has replicas).
POD_SPECS: dict[str, tuple[str, ...]] = {
    "Pod": ("spec",),
    "PodTemplate": ("template", "spec"),
    "ReplicationController": ("spec", "template", "spec"),
    "ReplicaSet": ("spec", "template", "spec"),
    "Deployment": ("spec", "template", "spec"),
    "StatefulSet": ("spec", "template", "spec"),
    "DaemonSet": ("spec", "template", "spec"),
    "Job": ("spec", "template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    # Argo Rollouts, OpenShift, OpenKruise, KEDA; Knative's Service is told from the other by its group.
    "Rollout": ("spec", "template", "spec"),
    "DeploymentConfig": ("spec", "template", "spec"),
    "CloneSet": ("spec", "template", "spec"),
    "ScaledJob": ("spec", "jobTargetRef", "template", "spec"),
    "Service": ("spec", "template", "spec"),
}
_OWN_GROUPS = frozenset({"", "apps", "batch", "extensions"})
# The class of each, and whether it keeps a number of replicas (one where nothing is written).
_CLASSES: dict[str, tuple[str, bool]] = {
    "Pod": ("pod", False),
    "PodTemplate": ("pod", False),
    "ReplicationController": ("replicaset", True),
    "ReplicaSet": ("replicaset", True),
    "Deployment": ("deployment", True),
    "StatefulSet": ("statefulset", True),
    "DaemonSet": ("daemonset", False),
    "Job": ("job", False),
    "CronJob": ("cronjob", False),
    "Rollout": ("deployment", True),
    "DeploymentConfig": ("deployment", True),
    "CloneSet": ("deployment", True),
    "ScaledJob": ("cronjob", False),
    "Service": ("deployment", False),
}
_OWN_WAY_OF_SELECTING = frozenset({"ReplicationController", "DeploymentConfig"})
TERRAFORM_KINDS: dict[str, str] = {
    f"kubernetes_{name}{version}": kind
    for name, kind in (
        ("pod", "Pod"), ("replication_controller", "ReplicationController"), ("deployment", "Deployment"),
        ("stateful_set", "StatefulSet"), ("daemonset", "DaemonSet"), ("daemon_set", "DaemonSet"), ("job", "Job"),
        ("cron_job", "CronJob"),
    )
    for version in ("", "_v1")
}  # fmt: skip
KINDS: tuple[str, ...] = (*POD_SPECS, *TERRAFORM_KINDS, "kubernetes_manifest")

_RESTARTING = frozenset({"deployment", "statefulset", "daemonset", "replicaset"})
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_JOBS = frozenset({"Job", "CronJob", "ScaledJob"})
_LISTS = (("containers", "app"), ("initContainers", "init"), ("ephemeralContainers", "ephemeral"))


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    """The workload that a resource is and the containers that it runs; nothing for other kinds."""
    if resource.mode != "managed":
        return
    kind, attributes, spelling = spelled(resource)
    kind = TERRAFORM_KINDS.get(kind, kind)
    path = POD_SPECS.get(kind)
    if path is None:
        return
    version = attributes.get("apiVersion") if isinstance(attributes, Map) else None
    group = version.rpartition("/")[0] if isinstance(version, str) else ""
    if kind == "Service" and group != "serving.knative.dev":
        return
    joins = joins_of(inventory)
    template: Block = spelling.path(attributes, path[:-1])
    job: Block = spelling.path(attributes, path[:-2]) if kind in _JOBS else None
    spec: Block = spelling.block(template, path[-1])
    if spec is None and group not in _OWN_GROUPS:
        return  # a kind of the same name that has its pods elsewhere: Volcano's Job, a Rollout with a workloadRef
    metadata = spelling.block(attributes, "metadata")
    namespace = namespace_of(metadata)
    labels = spelling.block(spelling.block(template, "metadata"), "labels")
    runs = _runs(_CLASSES.get(kind, ("pod", False))[0], spec, spelling)
    workload = _workload(resource, kind, attributes, spelling, spec, labels, runs, joins)
    _ending(workload.fields, kind, job, spec, spelling)
    yield workload
    if isinstance(spec, Unknown):
        yield unknown_container(spec, resource.header, "app", 0)
    elif spec is not None:
        selected = joins.services.selecting(namespace, labels) if runs is not False else False
        annotations = spelling.block(spelling.block(template, "metadata"), "annotations")
        defaults = joins.defaults.get(namespace, {}) if isinstance(namespace, str) else {}
        yield from _containers(spec, spelling, runs, selected, annotations, defaults)


def _runs(klass: str, spec: Block, spelling: Spelling) -> Value:
    """True for what serves until it is stopped."""
    if klass in _RESTARTING:
        return True
    if klass != "pod":
        return False
    policy = spelling.get_in(spec, "restartPolicy") if isinstance(spec, Map) else spec
    return policy if isinstance(policy, Unknown) else policy is None or policy == "Always"


def _containers(
    spec: Map, spelling: Spelling, runs: Value, selected: Value, annotations: Block,
    defaults: dict[str, tuple[Map, Resource]],
) -> Iterator[Noun]:  # fmt: skip
    pod = Pod(spelling, spec, runs, selected)
    pod.defaults = defaults
    pod.host_paths = {name: path for name, (path, _) in mounted_paths(spelling.blocks(spec, "volumes"),
                                                                     spelling).items()}  # fmt: skip
    if isinstance(annotations, Map):  # the way of clusters before 1.30
        pod.unconfined = {
            key.removeprefix(_APPARMOR): annotations.place(key)
            for key, value in annotations.items()
            if key.startswith(_APPARMOR) and value == "unconfined"
        }
    lists = [(name, kind, spelling.blocks(spec, name)) for name, kind in _LISTS]
    pod.ports_declared = any(
        isinstance(item, Map) and item.get(spelling["ports"])
        for _, _, listed in lists
        for item in (listed if isinstance(listed, Seq) else ())
    )
    keys: dict[str, int] = {}
    for name, kind, listed in lists:
        if isinstance(listed, Unknown):
            yield unknown_container(listed, spec.place(spelling[name]), kind, 0)
            continue
        for index, item in enumerate(listed or ()):
            if isinstance(item, Unknown):
                noun = unknown_container(item, listed.place(index) if listed else spec.header, kind, index)
            elif isinstance(item, Map):
                sidecar = kind == "init" and restarts(item, spelling)
                noun = container(item, pod, "sidecar" if sidecar else kind, index)
            else:
                continue
            keys[noun.key] = count = keys.get(noun.key, 0) + 1
            if count > 1:
                noun.key = f"{noun.key}#{count}"
            yield noun


def _workload(
    resource: Resource, kind: str, attributes: Block, spelling: Spelling, spec: Block, labels: Block, runs: Value,
    joins: Joins,
) -> Noun:  # fmt: skip
    here = resource.header
    klass, replicated = _CLASSES.get(kind, ("pod", False))
    fields = Map(resource.span, here)
    metadata = spelling.block(attributes, "metadata")
    take(fields, "name", metadata, "name", here, word)
    if "name" not in fields and isinstance(metadata, Map) and metadata.get(spelling["generateName"]) is not None:
        take(fields, "name", metadata, spelling["generateName"], here, _prefix)
    if not take(fields, "namespace", metadata, "namespace", here, word):
        fields["namespace"] = "default"
    fields.put("class", klass, here)
    fields.put("orchestrator", "kubernetes", here)
    fields.put("long_running", runs, here)

    top = spelling.block(attributes, "spec") if kind != "PodTemplate" else None
    if replicated and not take(fields, "replicas", top, "replicas", here, whole):
        fields["replicas"] = 1
    namespace, name = namespace_of(metadata), fields.get("name")
    fields.put("autoscaled", joins.autoscaled(resource, kind, namespace, name), here)
    fields.put("disruption_budget", joins.budgets.selecting(namespace, labels), here)
    if klass in _RESTARTING and kind not in _OWN_WAY_OF_SELECTING:
        _own_selector(fields, top, labels, spelling)
    if replicated:
        minimum = joins.budget_minimum(namespace, labels, fields.get("replicas"))
        if minimum is not None:
            fields.put("budget_minimum", minimum, fields.spans["replicas"])
    _strategy(fields, top, spelling, klass in _RESTARTING)

    pod_here = spec.header if isinstance(spec, Map) else here
    fields.put("spread", _spread(spec, spelling), pod_here)
    for field, key in (("host_network", "hostNetwork"), ("host_pid", "hostPID"), ("host_ipc", "hostIPC")):
        take(fields, field, spec, spelling[key], pod_here, truth)
    if not take(fields, "service_account", spec, spelling["serviceAccountName"], pod_here, word):
        lacking = fields.spans["service_account"]
        if not take(fields, "service_account", spec, spelling["serviceAccount"], pod_here, word):
            fields.spans["service_account"] = lacking
    _automount(fields, spec, spelling, namespace, joins)
    account = fields.get("service_account")
    default = account_is_default(account, lambda name: name == "default")
    fields.put("default_account", default, fields.spans["service_account"])
    fields.put("granted", joins.granted(namespace, fields.get("service_account", "default")),
               fields.spans["service_account"])  # fmt: skip
    _host_paths(fields, spec, spelling)
    _sysctls(fields, spelling.block(spec, "securityContext"), spelling, pod_here)
    if isinstance(labels, Unknown):
        fields.put("labels", labels, pod_here)
    elif labels is not None:
        fields.put("labels", labels, labels.header)
    else:
        fields.spans["labels"] = pod_here
    return Noun("workload", name if isinstance(name, str) and name else resource.local, fields, key=klass)


def _ending(fields: Map, kind: str, job: Block, spec: Block, spelling: Spelling) -> None:
    """When it ends, and what becomes of it then."""
    here = spec.header if isinstance(spec, Map) else fields.header
    # The API's default for jobs is `Always`, which it then refuses; Terraform's provider has one of its own.
    written = take(fields, "restart_policy", spec, spelling["restartPolicy"], here, word)
    if not written and not (kind in _JOBS and spelling.singular):
        fields["restart_policy"] = "Always"
    if kind not in _JOBS:
        return
    above = job.header if isinstance(job, Map) else fields.header
    if not take(fields, "deadline", job, spelling["activeDeadlineSeconds"], above, whole):
        lacking = fields.spans["deadline"]
        if not take(fields, "deadline", spec, spelling["activeDeadlineSeconds"], lacking, whole):
            fields.spans["deadline"] = lacking
    take(fields, "kept_for", job, spelling["ttlSecondsAfterFinished"], above, whole)


def _prefix(value: Value) -> Value:
    value = word(value)
    return f"{value}*" if isinstance(value, str) else value


def _own_selector(fields: Map, top: Block, labels: Block, spelling: Spelling) -> None:
    selector = spelling.block(top, "selector")
    if not isinstance(selector, Map) or not isinstance(top, Map):
        return
    own = Selector("", "", spelling.block(selector, "matchLabels"), spelling.blocks(selector, "matchExpressions"))
    answer = own.selects("", labels)
    fields.put("selects_its_pods", Unknown("its labels are not known") if answer is None else answer,
               top.place(spelling["selector"]))  # fmt: skip


def _strategy(fields: Map, top: Block, spelling: Spelling, rolling: bool) -> None:
    fields.spans["strategy"] = top.header if isinstance(top, Map) else fields.header
    for key in ("strategy", "updateStrategy"):
        strategy = spelling.block(top, key)
        if strategy is not None:
            take(fields, "strategy", strategy, "type", fields.header, word)
            break
    if rolling:
        fields.setdefault("strategy", "RollingUpdate")


def _spread(spec: Block, spelling: Spelling) -> Value:
    constraints = spelling.blocks(spec, "topologySpreadConstraints")
    anti_affinity = spelling.path(spec, ("affinity", "podAntiAffinity"))
    for found in (constraints, anti_affinity):
        if found and not isinstance(found, Unknown):
            return True
    for found in (constraints, anti_affinity):
        if isinstance(found, Unknown):
            return found
    return False


def _automount(fields: Map, spec: Block, spelling: Spelling, namespace: Value, joins: Joins) -> None:
    """The pod's own word, else its service account's, else true. Stands at the pod, which could say no."""
    if take(fields, "automount_token", spec, spelling["automountServiceAccountToken"], fields.header, truth):
        return
    fields["automount_token"] = True
    found = joins.account(namespace, fields.get("service_account", "default"))
    if found is None:
        return
    account, attributes, account_spelling = found
    key = account_spelling["automountServiceAccountToken"]
    if attributes.get(key) is not None:
        value = truth(attributes[key])
        origin = Origin(f"set by service account {account.address}", attributes.place(key), value)
        fields.put("automount_token", value, fields.spans["automount_token"], lambda: (origin,))


def _sysctls(fields: Map, security: Block, spelling: Spelling, here: Span) -> None:
    written = spelling.blocks(security, "sysctls")
    if not isinstance(written, Seq):
        take(fields, "sysctls", written, "", here)
        return
    names = Seq(written.span, written.header)
    for index, item in enumerate(written):
        if isinstance(item, Map) and item.get("name") is not None:
            names.add(word(item["name"]), item.place("name"))
        elif isinstance(item, Unknown):
            names.add(item, written.place(index))
    fields.put("sysctls", names, written.header)


def _host_paths(fields: Map, spec: Block, spelling: Spelling) -> None:
    volumes = spelling.blocks(spec, "volumes")
    where = spec.place(spelling["volumes"]) if isinstance(spec, Map) else fields.header
    if isinstance(volumes, Unknown):
        fields.put("host_paths", volumes, where)
        return
    paths = Seq(where)
    for path, place in mounted_paths(volumes, spelling).values():
        paths.add(path, place)
    for index, volume in enumerate(volumes or ()):
        if isinstance(volume, Unknown) and volumes is not None:
            paths.add(volume, volumes.place(index))
    if paths:
        fields.put("host_paths", paths, where)
    else:
        fields.spans["host_paths"] = where

