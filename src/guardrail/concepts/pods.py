"""Everything that holds a pod -> `container` and `workload` nouns.

Kubernetes' own kinds and those of operators (`pod_kinds` knows where each has its pods), Terraform's `kubernetes_*`
for the same, and the object in a `kubernetes_manifest`. Effective values follow the kubelet: a container's security
context before its pod's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from guardrail.concepts import pod_kinds
from guardrail.concepts.blocks import (
    KUBERNETES,
    Block,
    Doubt,
    Spelling,
    account_is_default,
    number_or_name,
    take,
    truth,
    whole,
    word,
)
from guardrail.concepts.pod_claims import add_claims
from guardrail.concepts.pod_containers import (
    NOT_ADDED,
    Pod,
    container,
    doubt,
    mounted_paths,
    restarts,
    unknown_container,
)
from guardrail.concepts.pod_details import add_to_workload, doubt_of_workload
from guardrail.concepts.pod_joins import Joins, joins_of
from guardrail.concepts.pod_kinds import Bearer
from guardrail.concepts.pod_references import missing
from guardrail.concepts.pod_sums import PodLevel, add_sums, product, reckoned, unknown_sums
from guardrail.concepts.selectors import Selector, namespace_of, spelled
from guardrail.model import Inventory, Map, Noun, Origin, Resource, Seq, Span, Unknown, Unsaid, Value

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
KINDS: tuple[str, ...] = (*pod_kinds.KINDS, *TERRAFORM_KINDS, "kubernetes_manifest")

_RESTARTING = frozenset({"deployment", "statefulset", "daemonset", "replicaset"})
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_ENDING = frozenset({"job", "cronjob"})
_UNCOUNTED = frozenset({"daemonset"})  # as many as there are nodes
_COUNTED = frozenset({"deployment", "statefulset", "replicaset"})  # by a number, or by what is not written here
_ACCOUNT = ("serviceAccountName", "serviceAccount")
_WRITTEN_AS = (("automount_token", ("automountServiceAccountToken",)), ("restart_policy", ("restartPolicy",)),
               ("spread", ("topologySpreadConstraints", "affinity")), ("service_account", _ACCOUNT),
               ("default_account", _ACCOUNT), ("granted", _ACCOUNT))  # fmt: skip
_ANYWHERE = Unknown("it runs in the namespace of what makes use of it")
_LISTS = (("containers", "app"), ("initContainers", "init"), ("ephemeralContainers", "ephemeral"))


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    """The workloads that a resource is and the containers that they run; nothing for other kinds."""
    if resource.mode != "managed":
        return
    kind, attributes, spelling = spelled(resource)
    kind = TERRAFORM_KINDS.get(kind, kind)
    version = attributes.get("apiVersion") if isinstance(attributes, Map) else None
    group = version.rpartition("/")[0] if isinstance(version, str) else ""
    for bearer in pod_kinds.bearers(kind, group, attributes, spelling, inventory):
        yield from _of_bearer(resource, kind, attributes, spelling, bearer, inventory)


def bound_nouns(resource: Resource, inventory: Inventory, paths: Sequence[str], klass: str) -> Iterator[Noun]:
    """The same for a kind of which somebody else has said where its pods stand."""
    for bearer in pod_kinds.at_paths(paths, klass, resource.attributes):
        yield from _of_bearer(resource, resource.kind, resource.attributes, KUBERNETES, bearer, inventory)


def _of_bearer(
    resource: Resource, kind: str, attributes: Block, spelling: Spelling, bearer: Bearer, inventory: Inventory
) -> Iterator[Noun]:
    joins = joins_of(inventory)
    template, spec = bearer.template, bearer.spec
    metadata = spelling.block(attributes, "metadata")
    if _is_of_no_namespace(resource, kind, metadata):
        metadata = _ANYWHERE
    namespace = namespace_of(metadata)
    labels = spelling.block(spelling.block(template, "metadata"), "labels")
    if labels is None and bearer.doubt:
        labels = Unknown(bearer.doubt)
    runs = _runs(bearer.klass, spec, spelling) if kind != "Pod" or _is_named(attributes, spelling) else False
    workload = _workload(resource, kind, attributes, spelling, bearer, labels, runs, joins, namespace)
    _ending(workload.fields, bearer, spelling)
    add_to_workload(workload.fields, spec, template, labels, spelling)
    add_claims(workload.fields, spec, metadata, spelling, inventory)
    isolated = _ANYWHERE if metadata is _ANYWHERE else joins.selecting("policies", namespace, labels, resource)
    if bearer.doubt and isolated is False:  # the operator's own labels may be what a policy goes by
        isolated = joins.selecting("policies", namespace, Unknown(bearer.doubt), resource)
    workload.fields.put("isolated", isolated, workload.fields.header)
    containers: list[Noun] = []
    if isinstance(spec, Map):
        selected = joins.services.selecting(namespace, labels) if runs is not False else False
        annotations = spelling.block(spelling.block(template, "metadata"), "annotations")
        defaults = joins.defaults.get(namespace, {}) if isinstance(namespace, str) else {}
        containers = list(_containers(spec, spelling, runs, selected, annotations, defaults))
    elif spec is not None:
        containers = [unknown_container(spec, resource.header, "app", 0)]
    unsaid = _unsaid(bearer.doubt)
    for noun in containers:
        if bearer.doubt:
            spared = NOT_ADDED if bearer.doubt == pod_kinds.MERGED else frozenset()
            doubt(noun.fields, unsaid, spared)
        if bearer.label:
            noun.key = f"{bearer.label}/{noun.key}"
    if bearer.doubt:
        _doubt(workload.fields, spec, unsaid, spelling)
        doubt_of_workload(workload.fields, unsaid)
    _sums(workload.fields, bearer, containers, spelling)
    if bearer.label:
        workload.name, workload.key = f"{workload.name} {bearer.label}", f"{bearer.label}/{workload.key}"
    yield workload
    yield from containers
    if metadata is not _ANYWHERE:
        yield from missing(resource, spec, metadata, spelling, inventory)


def _is_of_no_namespace(resource: Resource, kind: str, metadata: Block) -> bool:
    """A template for the whole cluster (a ClusterServingRuntime), whose address has no namespace; what OLM installs
    from a bundle, where it is told to."""
    if kind == "ClusterServiceVersion" and isinstance(metadata, Map):
        return metadata.get("namespace") in (None, "placeholder")
    return resource.platform == "kubernetes" and resource.address.count("/") == 1


def _sums(fields: Map, bearer: Bearer, containers: list[Noun], spelling: Spelling) -> None:
    spec = bearer.spec
    here = spec.header if isinstance(spec, Map) and spec.header.line else fields.header
    if isinstance(spec, Unknown):
        unknown_sums(fields, spec, here)
        return
    counted = bearer.klass not in _UNCOUNTED and (bearer.counts or bearer.klass not in _COUNTED)
    factors = [
        reckoned(whole(holder[spelling[key]]))
        for holder, key in bearer.counts
        if isinstance(holder, Map) and holder.get(spelling[key]) is not None
    ]
    add_sums(fields, containers, PodLevel(spec, spelling), here, product(factors) if counted else None)


def _unsaid(why: str) -> Doubt:
    """What an operator may add isn't written anywhere; a patch that can't be followed may say anything."""
    return partial(Unsaid, why) if why == pod_kinds.MERGED else lambda instead: Unknown(why)


def _doubt(fields: Map, spec: Block, unsaid: Doubt, spelling: Spelling) -> None:
    """Of what the template doesn't say, what it comes to is not known. Operators make budgets, too."""
    if fields.get("disruption_budget") is False:
        fields.put("disruption_budget", unsaid(False), fields.spans["disruption_budget"])
    for field, keys in _WRITTEN_AS:
        if not isinstance(spec, Map) or all(spec.get(spelling[key]) is None for key in keys):
            fields.put(field, unsaid(fields.get(field)), fields.spans.get(field) or fields.header)


def _is_named(attributes: Block, spelling: Spelling) -> bool:
    """False for a pod that no cluster takes as it stands: a template by which Jenkins, Spark and others start pods for
    one task."""
    metadata = spelling.block(attributes, "metadata")
    if not isinstance(metadata, Map):
        return isinstance(metadata, Unknown)
    return any(metadata.get(spelling[key]) is not None for key in ("name", "generateName"))


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
    resource: Resource, kind: str, attributes: Block, spelling: Spelling, bearer: Bearer, labels: Block, runs: Value,
    joins: Joins, namespace: Value,
) -> Noun:  # fmt: skip
    here = resource.header
    klass, spec, replicated = bearer.klass, bearer.spec, bearer.replicated
    fields = Map(resource.span, here)
    metadata = spelling.block(attributes, "metadata")
    take(fields, "name", metadata, "name", here, word)
    if "name" not in fields and isinstance(metadata, Map) and metadata.get(spelling["generateName"]) is not None:
        take(fields, "name", metadata, spelling["generateName"], here, _prefix)
    if namespace is not _ANYWHERE and not take(fields, "namespace", metadata, "namespace", here, word):
        fields["namespace"] = "default"
    fields.put("class", klass, here)
    fields.put("orchestrator", "kubernetes", here)
    fields.put("long_running", runs, here)

    top = spelling.block(attributes, "spec") if kind != "PodTemplate" else None
    if replicated:
        holder, key = bearer.counts[0]
        if not take(fields, "replicas", holder, spelling[key], here, whole):
            fields["replicas"] = 1
    name = fields.get("name")
    fields.put("autoscaled", joins.autoscaled(resource, kind, namespace, name), here)
    fields.put("disruption_budget", joins.selecting("budgets", namespace, labels, resource), here)
    if klass in _RESTARTING and kind not in _OWN_WAY_OF_SELECTING and not bearer.label:
        _own_selector(fields, top, labels, spelling)
    if replicated:
        minimum = joins.budget_minimum(namespace, labels, fields.get("replicas"))
        if minimum is not None:
            fields.put("budget_minimum", minimum, fields.spans["replicas"])
    _strategy(fields, top, spelling, klass in _RESTARTING)

    pod_here = spec.header if isinstance(spec, Map) else here
    for field, key in (("host_network", "hostNetwork"), ("host_pid", "hostPID"), ("host_ipc", "hostIPC")):
        take(fields, field, spec, spelling[key], pod_here, truth)
    _account(fields, spec, spelling, pod_here)
    _automount(fields, spec, spelling, namespace, joins, resource)
    account = fields.get("service_account")
    default = account_is_default(account, lambda name: name == "default")
    fields.put("default_account", default, fields.spans["service_account"])
    fields.put("granted", joins.granted(namespace, fields.get("service_account", "default"), resource),
               fields.spans["service_account"])  # fmt: skip
    _host_paths(fields, spec, spelling)
    _sysctls(fields, spelling.block(spec, "securityContext"), spelling, pod_here)
    if isinstance(labels, Unknown):
        fields.put("labels", labels, pod_here)
    elif labels is not None:
        fields.put("labels", labels, labels.header)
    else:
        fields.spans["labels"] = pod_here
    _words(fields, labels, spelling.block(spelling.block(bearer.template, "metadata"), "annotations"), pod_here)
    return Noun("workload", name if isinstance(name, str) and name else resource.local, fields, key=klass)


def _ending(fields: Map, bearer: Bearer, spelling: Spelling) -> None:
    """When it ends, and what becomes of it then."""
    spec, job, is_job = bearer.spec, bearer.job, bearer.klass in _ENDING
    here = spec.header if isinstance(spec, Map) else fields.header
    # The API's default for jobs is `Always`, which it then refuses; Terraform's provider has one of its own.
    written = take(fields, "restart_policy", spec, spelling["restartPolicy"], here, word)
    if not written and not (is_job and spelling.singular):
        fields["restart_policy"] = "Always"
    if not is_job:
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
            rolls = spelling.block(strategy, "rollingUpdate")
            take(fields, "surge", rolls, spelling["maxSurge"], fields.header, number_or_name)
            break
    if rolling:
        fields.setdefault("strategy", "RollingUpdate")


def _account(fields: Map, spec: Block, spelling: Spelling, pod_here: Span) -> None:
    """The account's name. An empty one, as templates leave it where nobody gives a name, is none."""
    if take(fields, "service_account", spec, spelling["serviceAccountName"], pod_here, word):
        if fields["service_account"] != "":
            return
        del fields["service_account"]
    lacking = fields.spans["service_account"]
    if not take(fields, "service_account", spec, spelling["serviceAccount"], pod_here, word):
        fields.spans["service_account"] = lacking
    elif fields["service_account"] == "":
        del fields["service_account"]


def _automount(
    fields: Map, spec: Block, spelling: Spelling, namespace: Value, joins: Joins, resource: Resource
) -> None:
    """The pod's own word, else its service account's, else true. Stands at the pod, which could say no."""
    if take(fields, "automount_token", spec, spelling["automountServiceAccountToken"], fields.header, truth):
        return
    fields["automount_token"] = True
    found = joins.account(namespace, fields.get("service_account", "default"), resource)
    if found is None:
        return
    account, attributes, account_spelling = found
    key = account_spelling["automountServiceAccountToken"]
    if attributes.get(key) is not None:
        value = truth(attributes[key])
        origin = Origin(f"set by service account {account.address}", attributes.place(key), value)
        fields.put("automount_token", value, fields.spans["automount_token"], lambda: (origin,))


def _words(fields: Map, labels: Block, annotations: Block, here: Span) -> None:
    """Labels and annotations of the pods together; where both have a key, the label counts."""
    words = Map(here)
    for source in (annotations, labels):
        if isinstance(source, Map):
            for key in source:
                words.copy_entry(source, key)
    fields.put("words", words, here)


def _sysctls(fields: Map, security: Block, spelling: Spelling, here: Span) -> None:
    written = spelling.blocks(security, "sysctls")
    if not isinstance(written, Seq):
        take(fields, "sysctls", written, "", here)
        return
    names, values = Seq(written.span, written.header), Seq(written.span, written.header)
    for index, item in enumerate(written):
        if isinstance(item, Unknown):
            names.add(item, written.place(index))
            values.add(item, written.place(index))
        elif isinstance(item, Map):
            if item.get("name") is not None:
                names.add(word(item["name"]), item.place("name"))
            if item.get("value") is not None:
                values.add(item["value"], item.place("value"))
    fields.put("sysctls", names, written.header)
    fields.put("sysctl_values", values, written.header)


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
