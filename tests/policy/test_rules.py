"""What holds of every rule that comes with guardrail."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from guardrail.examples import file_name, run_examples
from guardrail.inputs.table import entry_for
from guardrail.policy.bundle import Bundle, load_bundle
from guardrail.policy.catalogue import load_concepts
from guardrail.policy.loading import load_rule, rule_files
from guardrail.policy.vocabulary import Vocabulary
from guardrail.shipped import folder

FILES = list(rule_files(folder("rules")))
PEERS = json.loads((Path(__file__).parents[2] / "src/guardrail/policy/peers.json").read_text())["ids"]


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary(load_concepts())


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load_bundle(folder("rules"))


def rule_at(path: str, vocabulary: Vocabulary) -> dict[str, Any]:
    return load_rule(path, vocabulary)


@pytest.mark.parametrize("path", FILES, ids=lambda path: Path(path).stem)
def test_examples(path: str, vocabulary: Vocabulary, bundle: Bundle) -> None:
    rule = rule_at(path, vocabulary)
    assert not list(run_examples(rule, bundle))
    assert any("fail" in example for example in rule["examples"])
    assert any("pass" in example for example in rule["examples"])


def platforms(example: dict[str, Any], verdict: str) -> set[str]:
    source = example[verdict]
    files = source if isinstance(source, dict) else {example.get("file") or file_name(source): source}
    entries = [entry_for(name, text.encode()) for name, text in files.items()]
    return {entry.name for entry in entries if entry}


@pytest.mark.parametrize("path", FILES, ids=lambda path: Path(path).stem)
def test_each_platform_has_an_example_that_fails_and_one_that_passes(path: str, vocabulary: Vocabulary) -> None:
    examples = rule_at(path, vocabulary)["examples"]
    failing = {name for example in examples if "fail" in example for name in platforms(example, "fail")}
    passing = {name for example in examples if "pass" in example for name in platforms(example, "pass")}
    assert failing <= passing


@pytest.mark.parametrize("path", FILES, ids=lambda path: Path(path).stem)
def test_words(path: str, vocabulary: Vocabulary) -> None:
    rule = rule_at(path, vocabulary)
    assert Path(path).parent.name == rule["category"]
    assert not rule["title"].endswith(".")
    assert rule["title"][0].isupper()
    assert rule["why"].strip().endswith(".")
    remedies = [rule["remedy"]] if isinstance(rule["remedy"], str) else rule["remedy"].values()
    assert all(re.search(r"[.`)\]]$", remedy.strip()) for remedy in remedies)


@pytest.mark.parametrize("path", FILES, ids=lambda path: Path(path).stem)
def test_what_is_agreed_on_is_told_in_units(path: str, vocabulary: Vocabulary) -> None:
    """`4Gi`, not `4294967296`. Cores are numbers."""
    rule = rule_at(path, vocabulary)
    for name, parameter in (rule.get("parameters") or {}).items():
        if parameter["type"] == "duration" or (parameter["type"] == "quantity" and "cpu" not in rule["id"]):
            for check in rule["checks"]:
                assert f"{{${name}}}" not in check["message"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: Path(path).stem)
def test_replaces_names_real_checks(path: str, vocabulary: Vocabulary) -> None:
    rule = rule_at(path, vocabulary)
    for peer, ids in (rule.get("replaces") or {}).items():
        if peer in PEERS:
            assert set(ids) <= set(PEERS[peer]), f"{peer}: {sorted(set(ids) - set(PEERS[peer]))}"


def test_titles_are_unique(bundle: Bundle) -> None:
    titles = [rule.title for rule in bundle.rules.values()]
    assert len(titles) == len(set(titles))
    assert len(titles) >= 60


def test_every_rule_says_what_it_replaces_or_is_our_own(bundle: Bundle) -> None:
    own = {rule.id for rule in bundle.rules.values() if not rule.data.get("replaces")}
    assert own <= OWN, f"no `replaces`: {sorted(own - OWN)}"


# Ideas that no peer has a check for.
OWN = {
    "claim-free-for-next-pod", "claim-not-shared-by-replicas", "cluster-source-encrypted",
    "machine-trusted-launch", "rbac-no-port-forward", "server-certificate-checked",
    "module-interface-described", "service-account-key-not-in-state", "variable-typed", "share-protocol-strong",
    "storage-not-replicated-across-tenants", "bucket-website-behind-cdn", "organization-all-features",
    "store-cors-bounded", "volume-type-current", "bucket-versions-expire", "network-storage-endpoint",
    "schedule-not-too-often", "cluster-costs-allocated", "analytics-cluster-stops-idle", "cluster-nodes-scale",
    "ingress-controller-maintained", "service-port-exists", "service-monitor-port-exists",
    "statefulset-service-headless", "vault-access-logged",
    "cdn-origin-tls-minimum", "machine-disk-bandwidth", "search-own-security-group",
    "api-key-hosts-bounded", "api-key-services-bounded", "app-engine-encrypted", "network-names-logged",
    "cloud-sql-hides-databases", "cloud-sql-hides-error-details", "cloud-sql-no-external-scripts",
    "cloud-sql-no-remote-access", "cloud-sql-point-in-time", "network-admin-ports-closed",
    "argo-default-role-bounded", "argo-login-required", "artifact-without-credentials",
    "cache-of-protected-branches-apart", "cloud-login-without-stored-key",
    "docker-daemon-encrypted", "docker-daemon-rootless", "pipeline-stages-required", "pipeline-variables-served",
    "runner-allowed", "script-containers-unprivileged", "script-downloads-encrypted",
    "script-environment-not-printed", "script-installs-locked", "script-secrets-not-pasted",
    "script-secrets-not-printed",
    "action-version-served", "autoscaler-owns-replicas", "autoscaler-requests", "catalog-lifecycle",
    "catalog-owner", "catalog-references", "catalog-system", "chart-version-pinned", "trail-has-alarms",
    "mesh-authorization-bounded",
    "container-escalation-contradicted", "container-limit-not-below-request", "deployment-environment",
    "deployment-serialized",
    "disruption-budget-selects-pods", "function-memory-bounded", "function-timeout-bounded",
    "grant-no-not-action", "ignore-expired", "ignore-malformed", "ignore-unused", "include-pinned",
    "job-container-no-docker-socket",
    "job-timeout", "limit-range-fits-containers", "machine-allowed-classes", "machine-previous-generation",
    "priority-class-exists", "provider-version-constrained", "quota-fits-workloads", "quota-needs-sizes",
    "rbac-no-volume-creation", "role-binding-role-exists", "runner-supported", "script-verifies-downloads",
    "service-principal-not-in-environment", "source-revision-pinned", "ssh-keys-named", "tag-allowed-values",
    "tag-key-pattern", "tag-valid", "tag-value-pattern", "task-pinned", "volume-claim-exists",
    "workload-job-deadline", "workload-recommended-labels",
    "bucket-key-bounded", "firewall-management-bounded", "vpn-key-exchange-strong",
    "broker-clients-authenticated", "event-target-key", "graphql-callers-known", "user-pool-second-factor",
    "vault-access-by-roles",
}  # fmt: skip
