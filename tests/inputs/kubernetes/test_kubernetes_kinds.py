from __future__ import annotations

import pytest

from guardrail.inputs.kubernetes import read
from guardrail.inputs.kubernetes.kinds import kind_of
from guardrail.inputs.reader import ReadOptions
from guardrail.model import Map, Unknown, Value
from guardrail.tree import Tree


def read_text(**files: str) -> list[tuple[str, str]]:
    overlay = {f"{name}.yaml": text.encode() for name, text in files.items()}
    found = read(sorted(overlay), Tree("/nowhere-at-all", overlay), ReadOptions())
    assert not found.problems
    return [(resource.kind, resource.address) for resource in found.resources]


@pytest.mark.parametrize(
    ("version", "kind", "called"),
    [
        ("v1", "Secret", "Secret"),
        ("networking.k8s.io/v1", "Ingress", "Ingress"),
        ("extensions/v1beta1", "Ingress", "Ingress"),
        ("policy/v1beta1", "PodDisruptionBudget", "PodDisruptionBudget"),
        ("config.openshift.io/v1", "Ingress", "Ingress.config.openshift.io"),
        ("secrets.crossplane.io/v1", "Secret", "Secret.secrets.crossplane.io"),
        ("projectcalico.org/v3", "GlobalNetworkPolicy", "GlobalNetworkPolicy"),  # nobody else's
        ("authorization.openshift.io/v1", "ClusterRole", "ClusterRole"),
        ("serving.knative.dev/v1", "Service", "Service"),
        ("apps.kruise.io/v1beta1", "StatefulSet", "StatefulSet"),
        ("${GROUP}.example.com/v1", "Ingress", "Ingress"),
        (Unknown("a stand-in"), "Ingress", "Ingress"),
        (None, "Ingress", "Ingress"),
        ("v1", None, ""),
    ],
)
def test_a_kind_of_another_group_is_another_kind(version: Value, kind: Value, called: str) -> None:
    value = Map()
    value["apiVersion"], value["kind"] = version, kind
    assert kind_of(value) == called


def test_addresses_have_no_group() -> None:
    assert read_text(a="""\
apiVersion: iam.aws.upbound.io/v1beta1
kind: Role
metadata: {name: r}
---
apiVersion: config.openshift.io/v1
kind: Ingress
metadata: {name: cluster}
---
apiVersion: iam.aws.upbound.io/v1beta1
kind: Service
metadata: {name: s}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: services.iam.aws.upbound.io}
spec: {group: iam.aws.upbound.io, names: {kind: Service}, scope: Cluster}
""") == [
        ("Role.iam.aws.upbound.io", "Role/default/r"),
        ("Ingress.config.openshift.io", "Ingress/cluster"),
        ("Service.iam.aws.upbound.io", "Service/s"),
        ("CustomResourceDefinition", "CustomResourceDefinition/services.iam.aws.upbound.io"),
    ]


def test_what_is_built_is_called_alike() -> None:
    role = "apiVersion: iam.aws.upbound.io/v1beta1\nkind: Role\nmetadata: {name: r}\n"
    assert read_text(a=role, kustomization="namespace: n\nresources: [a.yaml]\n") == [
        ("Role.iam.aws.upbound.io", "Role/n/r")
    ]
