"""A hook reads the folder of a changed manifest. What that lacks, the rest of the repository may have."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from harness import Run

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers: [{name: web, image: "registry.example.com/web:1"}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: other, namespace: shop}
"""
REST = """
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: web}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: all, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
"""
OF_THE_REST = {
    "service-account-exists",
    "workload-token-automount",
    "workload-network-policy",
    "workload-disruption-budget",
}


def told(guardrail: Callable[..., Run], *arguments: str | Path) -> set[str]:
    findings = json.loads(guardrail("scan", *arguments, "-f", "json").out)["findings"]
    return {finding["rule"] for finding in findings if finding["verdict"] == "fail"} & OF_THE_REST


def test_what_the_rest_of_the_repository_may_have(guardrail: Callable[..., Run], tmp_path: Path) -> None:
    for folder in (".git", "apps", "platform"):
        (tmp_path / folder).mkdir()
    changed = tmp_path / "apps/web.yaml"
    changed.write_text(DEPLOYMENT)
    assert told(guardrail, "--changed", changed) == OF_THE_REST
    (tmp_path / "platform/shop.yaml").write_text(REST)
    assert told(guardrail, "--changed", changed) == set()
    assert told(guardrail, tmp_path) == set()
