"""Which kinds bear pods, and where in each of them a pod's template stands.

Data, one line a place. A path leads to the pod's spec, what is above it is its template; `x[]` goes over the items of a
list or the values of a mapping; `x(key)` says that the number of pods stands there under that key. Operators whose
objects are no pod templates but say the same in words of their own have functions in `operator_pods`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import NamedTuple

from guardrail.concepts.blocks import KUBERNETES, Block, Spelling
from guardrail.model import Inventory, Map, Seq, Unknown, Value
from guardrail.model.patterns import lazy_regex


class Bearer(NamedTuple):
    """One pod that a resource bears. `label` tells it from others of the resource; "" where there is but one.
    `counts`: mappings and keys of the numbers of pods, the first of them the replicas where `replicated`. `job`: the
    job that the pod is of. `doubt`: why what isn't written may be set all the same; "" where it can't be."""

    label: str
    klass: str
    template: Block
    spec: Block
    counts: tuple[tuple[Block, str], ...] = ()
    replicated: bool = False
    job: Block = None
    doubt: str = ""


class _Place(NamedTuple):
    groups: frozenset[str]  # empty: whatever the group
    klass: str
    steps: tuple[tuple[str, bool, str], ...]  # name, over its items, key of a number there
    merged: bool


_OWN_GROUPS = frozenset({"", "apps", "batch", "extensions"})
_FULL = frozenset({"deployment", "statefulset", "replicaset"})  # a number of replicas makes sense
MERGED = "its operator may set what is not written here"
# kind, API groups (`*`: any), class, path, in which `@` is `template.spec`; `~` before the class: an operator merges it
# into pods of its own making.
_TABLE = """
Pod                    *                     pod          spec
PodTemplate            *                     pod          template.spec
ReplicationController  *                     replicaset   spec(replicas).@
ReplicaSet             *                     replicaset   spec(replicas).@
Deployment             *                     deployment   spec(replicas).@
StatefulSet            *                     statefulset  spec(replicas).@
DaemonSet              *                     daemonset    spec.@
Job                    ,apps,batch,extensions job          spec(parallelism).@
CronJob                *                     cronjob      spec.jobTemplate.spec(parallelism).@
DeploymentConfig       *                     deployment   spec(replicas).@
Rollout                argoproj.io           deployment   spec(replicas).@
Service                serving.knative.dev   deployment   spec.@
Configuration          serving.knative.dev   deployment   spec.@
Revision               serving.knative.dev   deployment   spec
ContainerSource        sources.knative.dev   deployment   spec.@
ScaledJob              keda.sh               cronjob      spec.jobTargetRef(parallelism).@
CloneSet               apps.kruise.io        deployment   spec(replicas).@
BroadcastJob           apps.kruise.io        task         spec.@
AdvancedCronJob        apps.kruise.io        cronjob      spec.template.jobTemplate.spec(parallelism).@
AdvancedCronJob        apps.kruise.io        task         spec.template.broadcastJobTemplate.spec.@
UnitedDeployment       apps.kruise.io        deployment   spec(replicas).template.deploymentTemplate.spec.@
UnitedDeployment       apps.kruise.io        deployment   spec(replicas).template.cloneSetTemplate.spec.@
UnitedDeployment       apps.kruise.io        statefulset  spec(replicas).template.statefulSetTemplate.spec.@
UnitedDeployment       apps.kruise.io        statefulset  spec(replicas).template.advancedStatefulSetTemplate.spec.@
SidecarSet             apps.kruise.io        pod          spec
Job                    batch.volcano.sh      task         spec.tasks[](replicas).@
JobSet                 jobset.x-k8s.io       task         spec.replicatedJobs[](replicas).template.spec(parallelism).@
TrainingRuntime        trainer.kubeflow.org  task         spec.@.replicatedJobs[](replicas).template.spec(parallelism).@
ClusterTrainingRuntime trainer.kubeflow.org  task         spec.@.replicatedJobs[](replicas).template.spec(parallelism).@
LeaderWorkerSet        leaderworkerset.x-k8s.io statefulset  spec(replicas).leaderWorkerTemplate.leaderTemplate.spec
LeaderWorkerSet        leaderworkerset.x-k8s.io statefulset  spec.leaderWorkerTemplate.workerTemplate.spec
Notebook               kubeflow.org          statefulset  spec.@
TFJob                  kubeflow.org          task         spec.tfReplicaSpecs[](replicas).@
PyTorchJob             kubeflow.org          task         spec.pytorchReplicaSpecs[](replicas).@
MPIJob                 kubeflow.org          task         spec.mpiReplicaSpecs[](replicas).@
XGBoostJob             kubeflow.org          task         spec.xgbReplicaSpecs[](replicas).@
PaddleJob              kubeflow.org          task         spec.paddleReplicaSpecs[](replicas).@
MXJob                  kubeflow.org          task         spec.mxReplicaSpecs[](replicas).@
JAXJob                 kubeflow.org          task         spec.jaxReplicaSpecs[](replicas).@
RayCluster             ray.io                deployment   spec.headGroupSpec.@
RayCluster             ray.io                deployment   spec.workerGroupSpecs[](replicas).@
RayJob                 ray.io                task         spec.rayClusterSpec.headGroupSpec.@
RayJob                 ray.io                task         spec.rayClusterSpec.workerGroupSpecs[](replicas).@
RayJob                 ray.io                task         spec.submitterPodTemplate.spec
RayService             ray.io                deployment   spec.rayClusterConfig.headGroupSpec.@
RayService             ray.io                deployment   spec.rayClusterConfig.workerGroupSpecs[](replicas).@
SeldonDeployment       machinelearning.seldon.io deployment   spec.predictors[](replicas).componentSpecs[].spec
GameServer             agones.dev            pod          spec.@
GameServerSet          agones.dev            pod          spec(replicas).template.spec.@
Fleet                  agones.dev            pod          spec(replicas).template.spec.@
Sandbox                agents.x-k8s.io       pod          spec.podTemplate.spec
AutoscalingRunnerSet   actions.github.com    task         spec.@
EphemeralRunnerSet     actions.github.com    task         spec.ephemeralRunnerSpec.spec
ClusterServiceVersion  operators.coreos.com  deployment   spec.install.spec.deployments[].spec(replicas).@
Elasticsearch          elasticsearch.k8s.elastic.co ~statefulset spec.nodeSets[](count).podTemplate.spec
Kibana                 kibana.k8s.elastic.co ~deployment  spec(count).podTemplate.spec
ApmServer              apm.k8s.elastic.co    ~deployment  spec(count).podTemplate.spec
EnterpriseSearch       enterprisesearch.k8s.elastic.co ~deployment  spec(count).podTemplate.spec
ElasticMapsServer      maps.k8s.elastic.co   ~deployment  spec(count).podTemplate.spec
Logstash               logstash.k8s.elastic.co ~statefulset spec(count).podTemplate.spec
Beat                   beat.k8s.elastic.co   ~daemonset   spec.daemonSet.podTemplate.spec
Beat                   beat.k8s.elastic.co   ~deployment  spec.deployment(replicas).podTemplate.spec
Agent                  agent.k8s.elastic.co  ~daemonset   spec.daemonSet.podTemplate.spec
Agent                  agent.k8s.elastic.co  ~deployment  spec.deployment(replicas).podTemplate.spec
Agent                  agent.k8s.elastic.co  ~statefulset spec.statefulSet(replicas).podTemplate.spec
Grafana                grafana.integreatly.org ~deployment  spec.deployment.spec(replicas).@
CassandraDatacenter    cassandra.datastax.com ~statefulset spec(size).podTemplateSpec.spec
FlinkDeployment        flink.apache.org      ~deployment  spec.podTemplate.spec
FlinkDeployment        flink.apache.org      ~deployment  spec.jobManager(replicas).podTemplate.spec
FlinkDeployment        flink.apache.org      ~deployment  spec.taskManager(replicas).podTemplate.spec
"""
# Kinds that say what is in their pods in words of their own -> module with
# `bearers(kind, group, attributes, inventory)`.
_OPERATORS = {
    kind: f"guardrail.concepts.operator_pods.{module}"
    for module, kinds in (
        ("workflows", "Workflow WorkflowTemplate ClusterWorkflowTemplate CronWorkflow Sensor"),
        ("tekton", "Task ClusterTask TaskRun Pipeline PipelineRun StepAction TriggerTemplate"),
        ("monitoring", "Prometheus PrometheusAgent Alertmanager ThanosRuler OpenTelemetryCollector"),
        ("serving", "InferenceService ServingRuntime ClusterServingRuntime Function"),
        ("spark", "SparkApplication ScheduledSparkApplication"),
    )
    for kind in kinds.split()
}
_STEP = lazy_regex(r"(\w+)(\[\])?(?:\((\w+)\))?\Z")


def _steps(path: str) -> tuple[tuple[str, bool, str], ...]:
    """Raises ValueError for what is no such path."""
    found: list[tuple[str, bool, str]] = []
    for part in path.split("."):
        match = _STEP.match(part)
        if match is None:
            raise ValueError(f"{path!r} is no path to a pod")
        found.append((match[1], bool(match[2]), match[3] or ""))
    return tuple(found)


def _places() -> dict[str, list[_Place]]:
    found: dict[str, list[_Place]] = {}
    for line in _TABLE.strip().split("\n"):
        kind, groups, klass, path = line.split()
        known = frozenset() if groups == "*" else frozenset(groups.split(","))
        steps = _steps(path.replace("@", "template.spec"))
        place = _Place(known, klass.removeprefix("~"), steps, klass.startswith("~"))
        found.setdefault(kind, []).append(place)
    return found


_PLACES = _places()
KINDS: tuple[str, ...] = tuple(dict.fromkeys((*_PLACES, *_OPERATORS)))


def bearers(
    kind: str, group: str, attributes: Block, spelling: Spelling, inventory: Inventory
) -> Iterator[Bearer]:
    """The pods of a resource, by its kind and API group; none for other kinds."""
    if spelling is KUBERNETES and kind in _OPERATORS and isinstance(attributes, Map):
        yield from import_module(_OPERATORS[kind]).bearers(kind, group, attributes, inventory)
        return
    places = [place for place in _PLACES.get(kind, ()) if not place.groups or group in place.groups]
    for place in places:
        yield from _at(place, group, attributes, spelling, alone=len(places) == 1)


def at_paths(paths: Iterable[str], klass: str, attributes: Map) -> Iterator[Bearer]:
    """The pods at paths to pod templates or pod specs, as guardrail.yaml names them."""
    paths = list(paths)
    for path in paths:
        place = _Place(frozenset(), klass, _steps(path), False)
        for bearer in _at(place, None, attributes, KUBERNETES, alone=len(paths) == 1, replicas="replicas"):
            template = bearer.spec
            if isinstance(template, Map) and "containers" not in template and isinstance(template.get("spec"), Map):
                bearer = bearer._replace(template=template, spec=template["spec"])
            yield bearer


def check_path(path: str) -> None:
    """Raises ValueError for what `at_paths` could not follow."""
    _steps(path)


class _Way(NamedTuple):
    """How far a path has been followed: the mappings passed, and the numbers of pods among them."""

    label: str
    holders: tuple[Block, ...]
    counts: tuple[tuple[Block, str], ...]


def _at(
    place: _Place, group: str | None, attributes: Block, spelling: Spelling, alone: bool, replicas: str = ""
) -> Iterator[Bearer]:
    """`replicas`: a key to look for in every mapping on the way where the path names none."""
    ways = [_Way("", (attributes,), ())]
    for name, over, count in place.steps:
        further: list[_Way] = []
        for way in ways:
            above = way.holders[-1]
            found = _items(above, name, spelling) if over else (("", spelling.block(above, name)),)
            for own, value in found:
                key = count or (replicas if isinstance(value, Map) and replicas in value else "")
                label = f"{way.label}/{own}" if way.label and own else way.label or own
                counts = (*way.counts, (value, key)) if key else way.counts
                further.append(_Way(label, (*way.holders, value), counts))
        ways = further
    for label, holders, counts in ways:
        spec = holders[-1]
        if spec is None and group not in _OWN_GROUPS:
            continue  # a kind of the same name that has its pods elsewhere: a Rollout with a workloadRef
        if not label and not alone:
            label = next((name for name, _, _ in reversed(place.steps) if name not in _PLAIN), "")
        yield Bearer(
            label,
            place.klass,
            holders[-2],
            spec,
            counts,
            bool(counts) and place.klass in _FULL,
            holders[-3] if len(holders) > 3 else None,
            MERGED if place.merged else "",
        )


_PLAIN = frozenset({"spec", "template", "podTemplate"})


def _items(holder: Block, name: str, spelling: Spelling) -> Iterator[tuple[str, Block]]:
    """The items of a list, by their names, or the values of a mapping."""
    if not isinstance(holder, Map):
        if holder is not None:
            yield "", holder
        return
    value: Value = holder.get(spelling[name])
    if isinstance(value, Unknown):
        yield "", value
    elif isinstance(value, Map):
        for key, item in value.items():
            if isinstance(item, (Map, Unknown)):
                yield key, item
    elif isinstance(value, Seq):
        for index, item in enumerate(value):
            if isinstance(item, Map):
                own = next((item[key] for key in ("name", "groupName") if isinstance(item.get(key), str)), "")
                yield own or f"{name}[{index}]", item
            elif isinstance(item, Unknown):
                yield f"{name}[{index}]", item
