# ruff: noqa: E501 (tables of one case a line)
from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.concepts import rbac
from guardrail.inputs.kubernetes import read
from guardrail.inputs.reader import ReadOptions
from guardrail.model import HOLE, Inventory, Map, PartText, Perhaps, Reference, Resource, Seq, Span, Unknown
from guardrail.tree import Tree


def grants(text: str) -> list[Map]:
    reading = read(["a.yaml"], Tree("/nowhere-at-all", {"a.yaml": text.encode()}), ReadOptions())
    assert not reading.problems
    inventory = Inventory(reading.resources)
    return [noun.fields for resource in reading.resources for noun in rbac.nouns(resource, inventory)]


def rule(body: str, kind: str = "Role") -> Map:
    (found,) = grants(f"apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: r}}\nrules:\n  - {{{body}}}\n")
    return found


@pytest.mark.parametrize(
    ("body", "resources", "everything"),
    [
        ('apiGroups: [""], resources: [pods, secrets]', ["pods", "secrets"], False),
        ("apiGroups: [apps, batch], resources: [jobs]", ["apps/jobs", "batch/jobs"], False),
        ('apiGroups: ["*"], resources: ["*"]', ["*/*"], True),
        ('apiGroups: [""], resources: ["*"]', ["*"], False),
        ('apiGroups: ["*"], resources: [pods/log]', ["*/pods/log"], False),
        ("resources: [pods]", ["pods"], False),
        ("nonResourceURLs: [/metrics]", ["/metrics"], False),
        ('nonResourceURLs: ["*"]', ["/*"], False),
    ],
)
def test_resources(body: str, resources: list[str], everything: bool) -> None:
    fields = rule(body + ", verbs: [get]")
    assert (fields["resources"], fields["all_resources"]) == (resources, everything)


def test_a_rule_of_a_role() -> None:
    fields = rule('apiGroups: [""], resources: [pods], verbs: [get, "*"], resourceNames: [a]', "ClusterRole")
    assert fields["class"] == "role"
    assert fields["system"] == "kubernetes"
    assert fields["scope"] == "cluster"
    assert fields["actions"] == ["get", "*"]
    assert fields["all_actions"] is True
    assert fields["conditions"] is True
    assert rule('apiGroups: [""], resources: [pods], verbs: [get]')["conditions"] is False


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [bind]", ["bind rbac.authorization.k8s.io/roles"]),
        ("apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [get, list]", []),
        ('apiGroups: ["*"], resources: [clusterroles], verbs: [escalate]', ["escalate */clusterroles"]),
        ('apiGroups: [""], resources: [pods/exec], verbs: [create]', ["create pods/exec"]),
        ('apiGroups: ["*"], resources: [pods/exec], verbs: ["*"]', ["* */pods/exec"]),
        ('apiGroups: [""], resources: [pods], verbs: [create]', []),
        ('apiGroups: [""], resources: [nodes/proxy], verbs: [get]', ["get nodes/proxy"]),
        ('apiGroups: [""], resources: [users], verbs: [impersonate], resourceNames: [jane]', []),
        ('apiGroups: ["*"], resources: ["*"], verbs: ["*"]', []),  # for the rules about wildcards
    ],
)  # fmt: skip
def test_escalation(body: str, found: list[str]) -> None:
    assert rule(body)["escalation"] == found


def test_the_resource_that_escalates_is_where_it_stands() -> None:
    (fields,) = grants(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules:\n"
        '  - apiGroups: [""]\n    resources:\n      - pods\n      - pods/exec\n    verbs: [create]\n'
    )
    assert fields.place("escalation").line == 8


def binding(subject: str, role: str = "view", kind: str = "RoleBinding") -> Map:
    (found,) = grants(
        f"apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: b}}\n"
        f"roleRef: {{kind: ClusterRole, name: {role}}}\nsubjects:\n  - {{{subject}}}\n"
    )
    return found


@pytest.mark.parametrize(
    ("subject", "principal", "anyone", "default"),
    [
        ("kind: User, name: jane", "User:jane", False, False),
        ("kind: User, name: default", "User:default", False, False),
        ("kind: ServiceAccount, name: api, namespace: shop", "ServiceAccount:shop/api", False, False),
        ("kind: ServiceAccount, name: default, namespace: shop", "ServiceAccount:shop/default", False, True),
        ("kind: ServiceAccount, name: default", "ServiceAccount:/default", False, True),
        ("kind: Group, name: system:unauthenticated", "Group:system:unauthenticated", True, False),
        ("kind: Group, name: system:authenticated", "Group:system:authenticated", True, False),
        ("kind: User, name: system:anonymous", "User:system:anonymous", True, False),
        ("kind: Group, name: system:masters", "Group:system:masters", False, False),
    ],
)
def test_subjects(subject: str, principal: str, anyone: bool, default: bool) -> None:
    fields = binding(subject)
    assert fields["principals"] == [principal]
    assert (fields["anyone"], fields["default_identity"]) == (anyone, default)
    assert fields["class"] == "binding"


def test_what_everybody_has_anyway() -> None:
    assert binding("kind: Group, name: system:unauthenticated", "system:public-info-viewer")["anyone"] is False


def test_cluster_admin() -> None:
    fields = binding("kind: User, name: jane", "cluster-admin", "ClusterRoleBinding")
    assert (fields["role"], fields["all_actions"], fields["scope"]) == ("cluster-admin", True, "cluster")
    assert fields["resources"] == ["ClusterRole/cluster-admin"]
    assert binding("kind: User, name: jane")["all_actions"] is False


@pytest.mark.parametrize("subjects", ["", "subjects:\n", "subjects: []\n"])
def test_a_binding_of_nobody_grants_nothing(subjects: str) -> None:
    assert not grants(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\n"
        f"roleRef: {{kind: ClusterRole, name: cluster-admin}}\n{subjects}"
    )


def placed(value: Any) -> Any:
    here = Span("main.tf", 1, 1, 1, 2)
    if isinstance(value, dict):
        mapping = Map(here)
        for key, item in value.items():
            mapping.put(key, placed(item), here)
        return mapping
    if isinstance(value, list):
        sequence = Seq(here)
        for item in value:
            sequence.add(placed(item), here)
        return sequence
    return value


def terraform(kind: str, attributes: dict[str, Any]) -> list[Map]:
    resource = Resource("terraform", "kubernetes", kind, f"{kind}.x", placed(attributes))
    return [noun.fields for noun in rbac.nouns(resource, Inventory([resource]))]


def test_terraform_spells_it_differently() -> None:
    (fields,) = terraform(
        "kubernetes_cluster_role_v1", {"rule": [{"api_groups": [""], "resources": ["secrets"], "verbs": ["get"]}]}
    )
    assert (fields["scope"], fields["resources"], fields["actions"]) == ("cluster", ["secrets"], ["get"])
    (fields,) = terraform(
        "kubernetes_role_binding",
        {"role_ref": [{"kind": "ClusterRole", "name": "edit"}], "subject": [{"kind": "User", "name": "jane"}]},
    )
    assert (fields["scope"], fields["role"], fields["principals"]) == ("namespace", "edit", ["User:jane"])


def test_a_manifest_in_terraform() -> None:
    manifest = {"kind": "ClusterRole", "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]}]}
    (fields,) = terraform("kubernetes_manifest", {"manifest": manifest})
    assert fields["all_actions"] is True
    assert terraform("kubernetes_manifest", {"manifest": {"kind": "Deployment"}}) == []


def test_what_is_unknown_stays_so() -> None:
    unknown = Unknown("var.x has no value")
    (fields,) = terraform("kubernetes_role", {"rule": unknown})
    assert fields["actions"] is unknown
    (fields,) = terraform("kubernetes_role", {"rule": [{"api_groups": [""], "resources": ["pods/exec"], "verbs": unknown}]})
    assert fields["all_actions"] is unknown
    assert fields["escalation"] is unknown
    (fields,) = terraform("kubernetes_role", {"rule": [{"api_groups": [""], "resources": ["a", unknown], "verbs": ["*"]}]})
    assert fields["all_actions"] is True
    assert fields["all_resources"] is unknown
    (fields,) = terraform("kubernetes_role_binding", {"role_ref": [{"name": unknown}], "subject": [{"name": unknown}]})
    assert fields["all_actions"] is unknown
    assert fields["anyone"] is unknown


VAR = Unknown("var.x has no value", ("var.x",))
ENTRA = Reference("data.azuread_group.devs", "object_id")


def test_blocks_that_may_be_there_count() -> None:
    rules = [{"api_groups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    (fields,) = terraform("kubernetes_role", {"rule": Perhaps(Unknown("var.on has no value"), placed(rules))})
    assert (fields["all_actions"], fields["all_resources"]) == (True, True)
    (fields,) = terraform(
        "kubernetes_role_binding",
        {
            "role_ref": [{"kind": "ClusterRole", "name": "view"}],
            "subject": Perhaps(Unknown("var.on has no value"), placed([{"kind": "User", "name": "jane"}])),
        },
    )
    assert fields["principals"] == ["User:jane"]


@pytest.mark.parametrize(
    ("subject", "starts", "anyone", "default"),
    [
        ({"kind": "Group", "name": VAR}, "Group:", None, False),
        ({"kind": "Group", "name": ENTRA}, "Group:", False, False),
        ({"kind": "Group", "name": PartText("?", ("var.x",), f"team-{HOLE}")}, "Group:team-", False, False),
        ({"kind": "Group", "name": PartText("?", ("var.x",), f"system:{HOLE}")}, "Group:system:", None, False),
        ({"kind": "ServiceAccount", "name": VAR, "namespace": "shop"}, "ServiceAccount:shop/", False, None),
        ({"kind": "ServiceAccount", "name": "default", "namespace": VAR}, "ServiceAccount:", False, True),
        ({"kind": "ServiceAccount", "name": "api", "namespace": VAR}, "ServiceAccount:", False, False),
    ],
)
def test_subjects_that_are_known_in_part(subject: Any, starts: str, anyone: bool | None, default: bool | None) -> None:
    (fields,) = terraform("kubernetes_role_binding", {"role_ref": [{"name": "view"}], "subject": [subject]})
    (principal,) = fields["principals"]
    assert principal.prefix == starts
    assert principal.can_be("Group:system:masters") is (subject["kind"] == "Group" and anyone is None)
    found = [fields["anyone"], fields["default_identity"]]
    assert [None if isinstance(value, Unknown) else value for value in found] == [anyone, default]


WORDS = st.sampled_from(["*", "", "pods", "secrets", "get", "ServiceAccount", "default"])
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["apiGroups", "resources", "verbs", "resourceNames", "kind", "name", "namespace"]), inner, max_size=4
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"]), ANY, ANY, ANY)
def test_no_manifest_raises(kind: str, rules: Any, subjects: Any, ref: Any) -> None:
    document = {
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": "x"},
        "rules": rules, "subjects": subjects, "roleRef": ref,
    }  # fmt: skip
    grants(json.dumps(document, indent=1))
