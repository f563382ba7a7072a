"""Sums and classes of whole pods, against the examples of the Kubernetes documentation and ComputePodQOS."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from harness import calls
from hypothesis import given
from hypothesis import strategies as st

from guardrail.concepts import pods
from guardrail.formats import yaml
from guardrail.inputs.kubernetes import read
from guardrail.inputs.reader import ReadOptions
from guardrail.model import Inventory, Map, Resource, Unknown
from guardrail.model.quantity import quantity
from guardrail.tree import Tree


def workload(text: str) -> Map:
    found = read(["a.yaml"], Tree("/nowhere", {"a.yaml": text.encode()}), ReadOptions())
    assert not found.problems
    return of(found.resources)


def of(resources: list[Resource]) -> Map:
    inventory = Inventory(resources)
    for resource in resources:
        for noun in pods.nouns(resource, inventory):
            resource.add_noun(noun)
    inventory.index_nouns()
    (noun,) = inventory.by_concept["workload"]
    return noun.fields


def pod(spec: str, kind: str = "Pod", above: str = "") -> Map:
    if kind == "Pod":
        return workload(f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n{spec}")
    body = "\n".join("    " + line for line in spec.split("\n"))
    return workload(f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: p}}\nspec:\n{above}"
                    f"  template:\n    spec:\n{body}")  # fmt: skip


def one(requests: str = "", limits: str = "") -> str:
    return f"{{name: c, resources: {{requests: {{{requests}}}, limits: {{{limits}}}}}}}"


def test_containers_add_up() -> None:
    first, second = one("cpu: 100m, memory: 1Gi", "cpu: 1, memory: 2Gi"), one("cpu: 0.2", "memory: 1G, cpu: 500m")
    fields = pod(f"  containers: [{first}, {second}]")
    assert fields["requests"] == {"cpu": 0.3, "memory": 2**30 + 10**9}  # 0.1 + 0.2 in binary is something else
    assert fields["limits"] == {"cpu": 1.5, "memory": 2 * 2**30 + 10**9}
    assert fields["total_requests"] == fields["requests"]


def test_an_init_container_counts_where_it_is_larger() -> None:
    side_by_side = f"{one('cpu: 500m')}, {one('cpu: 1')}"
    fields = pod(f"  initContainers: [{one('cpu: 2')}]\n  containers: [{side_by_side}]")
    assert fields["requests"]["cpu"] == 2
    fields = pod(f"  initContainers: [{one('cpu: 1')}, {one('cpu: 1')}]\n  containers: [{side_by_side}]")
    assert fields["requests"]["cpu"] == 1.5


def test_sidecars_run_beside_later_init_containers_and_the_app() -> None:
    sidecar = "{name: s, restartPolicy: Always, resources: {requests: {cpu: 1}}}"
    fields = pod(f"  initContainers: [{one('cpu: 3')}, {sidecar}]\n  containers: [{one('cpu: 1')}]")
    assert fields["requests"]["cpu"] == 3  # the first runs before the sidecar is there
    fields = pod(f"  initContainers: [{sidecar}, {one('cpu: 3')}]\n  containers: [{one('cpu: 1')}]")
    assert fields["requests"]["cpu"] == 4
    fields = pod(f"  initContainers: [{sidecar}]\n  containers: [{one('cpu: 1')}]")
    assert fields["requests"]["cpu"] == 2


def test_the_pod_s_own_word_counts_before_the_sum() -> None:
    whole = "  resources: {requests: {cpu: 3}, limits: {memory: 4Gi}}\n"
    fields = pod(f"{whole}  containers: [{one('cpu: 1, memory: 1Gi')}]")
    assert fields["requests"] == {"cpu": 3, "memory": 2**30}
    assert fields["limits"] == {"memory": 4 * 2**30}
    assert fields["requests"].place("cpu").line == 5
    fields = pod("  resources: {limits: {cpu: 2, memory: 1Gi}}\n  containers: [{name: a}, {name: b}]")
    assert fields["requests"] == fields["limits"] == {"cpu": 2, "memory": 2**30}
    assert fields["qos"] == "Guaranteed"


def test_overhead_comes_on_top() -> None:
    fields = pod(f"  overhead: {{cpu: 250m, memory: 120Mi}}\n  containers: [{one('cpu: 1', 'memory: 1Gi')}]")
    assert fields["requests"] == {"cpu": 1.25, "memory": 2**30 + 120 * 2**20}
    assert fields["limits"] == {"memory": 2**30 + 120 * 2**20}  # no limit of cpu: overhead makes none


def test_without_a_limit_of_one_container_the_pod_has_none() -> None:
    fields = pod(f"  containers: [{one('', 'memory: 1Gi')}, {one('memory: 1Gi')}]")
    assert "memory" not in fields["limits"]
    assert fields["requests"]["memory"] == 2 * 2**30  # a container's own limit is its request
    assert "cpu" not in fields["requests"]
    assert "memory" not in pod(f"  containers: [{one('', 'memory: 0')}]")["limits"]


@pytest.mark.parametrize(
    ("kind", "above", "total"),
    [
        ("Deployment", "  replicas: 3\n", 0.3),
        ("Deployment", "", 0.1),
        ("StatefulSet", "  replicas: 0\n", 0),
        ("Job", "  parallelism: 7\n", 0.7),
        ("DaemonSet", "", None),
    ],
)
def test_all_pods_together(kind: str, above: str, total: float | None) -> None:
    fields = pod(f"  containers: [{one('cpu: 100m')}]", kind, above)
    assert fields["total_requests"].get("cpu") == total


def test_what_is_unknown_stays_so() -> None:
    fields = pod(f"  containers: [{one('cpu: 100m')}]", "Deployment", '  replicas: "${N}"\n')
    assert isinstance(fields["total_requests"]["cpu"], Unknown)
    assert fields["requests"]["cpu"] == 0.1
    fields = pod(f"  containers: [{one('cpu: 100m')}, {one('cpu: much')}]")
    assert isinstance(fields["requests"]["cpu"], Unknown)
    assert fields["qos"] == "Burstable"  # whatever the other asks for


def test_defaults_of_the_namespace_count() -> None:
    fields = workload("""
apiVersion: v1
kind: LimitRange
metadata: {name: l}
spec: {limits: [{type: Container, default: {memory: 512Mi}, defaultRequest: {memory: 256Mi}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: a}, {name: b}]}
""")
    assert fields["requests"]["memory"] == 2**29
    assert fields["limits"]["memory"] == 2**30


@pytest.mark.parametrize(
    ("containers", "quality"),
    [
        (["{name: a}"], "BestEffort"),
        ([one("cpu: 0")], "BestEffort"),
        ([one("", "cpu: 1, memory: 1Gi")], "Guaranteed"),
        ([one("cpu: 1000m, memory: 1024Mi", "cpu: 1, memory: 1Gi")], "Guaranteed"),
        ([one("cpu: 0", "cpu: 1, memory: 1Gi")], "Burstable"),
        ([one("", "cpu: 1")], "Burstable"),
        ([one("", "cpu: 1, memory: 1Gi"), "{name: b}"], "Burstable"),
        ([one("cpu: 500m", "cpu: 1, memory: 1Gi")], "Burstable"),
        ([one("ephemeral-storage: 1Gi")], "BestEffort"),
    ],
)
def test_quality_of_service(containers: list[str], quality: str) -> None:
    assert pod(f"  containers: [{', '.join(containers)}]")["qos"] == quality


def test_an_ephemeral_container_counts_for_nothing() -> None:
    spec = f"  containers: [{one('', 'cpu: 1, memory: 1Gi')}]\n  ephemeralContainers: [{{name: debug}}]"
    assert pod(spec)["qos"] == "Guaranteed"
    assert pod(spec)["limits"]["memory"] == 2**30


def test_a_pod_of_terraform_is_reckoned_alike() -> None:
    attributes = yaml.load(b"""
metadata: [{name: p}]
spec:
- replicas: "2"
  template:
  - spec:
    - container:
      - {name: a, resources: [{requests: [{cpu: 100m}], limits: [{}]}]}
      init_container:
      - {name: b, resources: [{requests: [{cpu: 300m}]}]}
""", "main.tf").documents[0].value
    for holder in (attributes["spec"][0]["template"][0]["spec"][0]["container"][0]["resources"][0],
                   attributes["spec"][0]["template"][0]["spec"][0]["init_container"][0]["resources"][0]):  # fmt: skip
        holder["requests"] = holder["requests"][0]
        holder.pop("limits", None)
    fields = of([Resource("terraform", "kubernetes", "kubernetes_deployment", "kubernetes_deployment.x", attributes)])
    assert fields["requests"]["cpu"] == 0.3
    assert fields["total_requests"]["cpu"] == 0.6


amounts = st.sampled_from(["1", "100m", "0.1", "0.25", "3e2", "1Gi", "128974848000m", "1.5Ki", "1u"])


@given(st.lists(amounts, min_size=1, max_size=4), st.lists(st.tuples(amounts, st.booleans()), max_size=4))
def test_the_sum_is_exact(apps: list[str], inits: list[tuple[str, bool]]) -> None:
    def exact(text: str) -> Fraction:
        return Fraction(repr(quantity(text)))

    listed = ", ".join(f"{{name: a{n}, resources: {{requests: {{memory: {text}}}}}}}" for n, text in enumerate(apps))
    first = ", ".join(
        f"{{name: i{n}, {'restartPolicy: Always, ' if stays else ''}resources: {{requests: {{memory: {text}}}}}}}"
        for n, (text, stays) in enumerate(inits)
    )
    # The rule as the API documentation states it, in the plainest form.
    beside, most = Fraction(0), Fraction(0)
    for text, stays in inits:
        most = max(most, beside + exact(text))
        beside += exact(text) if stays else 0
    wanted = max(most, beside + sum((exact(text) for text in apps), Fraction(0)))
    found: Any = pod(f"  initContainers: [{first}]\n  containers: [{listed}]")["requests"]["memory"]
    assert found == (wanted.numerator if wanted.denominator == 1 else float(wanted))


def test_the_work_grows_with_the_number_of_pods() -> None:
    def asked(count: int) -> int:
        text = "".join(
            f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d{n}}}\nspec: {{replicas: 2, template: {{"
            f"spec: {{containers: [{{name: a, resources: {{requests: {{cpu: {n % 13}00m, memory: 1Gi}}}}}}]}}}}}}"
            "\n---\n"
            for n in range(count)
        )
        found = read(["a.yaml"], Tree("/nowhere", {"a.yaml": text.encode()}), ReadOptions())
        inventory = Inventory(found.resources)
        return calls(lambda: [list(pods.nouns(resource, inventory)) for resource in found.resources])

    asked(10)  # imports
    assert asked(400) < 5 * asked(100)
