"""The example of clusters: what is found of their parts, and where."""

from __future__ import annotations

import json
from collections.abc import Callable

from harness import EXAMPLES, Run

PARTS = ("apiserver-", "controller-manager-", "scheduler-", "etcd-", "kubelet-")


def test_the_parts_of_clusters(guardrail: Callable[..., Run]) -> None:
    done = guardrail("scan", EXAMPLES / "clusters", "-f", "json")
    assert done.code == 1
    result = json.loads(done.out)
    assert result["problems"] == []
    found = [finding for finding in result["findings"] if finding["rule"].startswith(PARTS)]
    assert {finding["verdict"] for finding in found} == {"fail"}
    assert sorted((f["file"].rpartition("clusters/")[2], f["line"], f["rule"]) for f in found) == [
        ("edge/kubeadm.yaml", 7, "controller-manager-profiling-off"),
        ("edge/kubeadm.yaml", 7, "scheduler-profiling-off"),
        ("edge/kubeadm.yaml", 11, "apiserver-audit-log-on"),
        ("edge/kubeadm.yaml", 11, "apiserver-profiling-off"),
        ("edge/kubeadm.yaml", 11, "apiserver-secrets-encrypted"),
        ("edge/kubeadm.yaml", 11, "apiserver-verifies-kubelets"),
        ("edge/kubeadm.yaml", 13, "apiserver-anonymous-off"),
        ("edge/kubeadm.yaml", 15, "apiserver-event-rate-limited"),
        ("edge/kubeadm.yaml", 15, "apiserver-restricts-nodes"),
        ("edge/kubeadm.yaml", 26, "kubelet-read-only-port-off"),
        ("edge/manifests/etcd.yaml", 14, "etcd-authenticates-peers"),
        ("edge/manifests/etcd.yaml", 14, "etcd-peer-certificate"),
        ("edge/manifests/etcd.yaml", 23, "etcd-peers-no-own-signed-certificates"),
        ("management/shop.yaml", 22, "apiserver-authorises-by-rbac"),
        ("management/shop.yaml", 22, "apiserver-authorises-nodes"),
        ("management/shop.yaml", 22, "apiserver-authorization-on"),
        ("management/shop.yaml", 30, "controller-manager-local"),
    ]
