from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.inputs.kubernetes import read
from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.model import Map, Resource, Sensitive
from guardrail.tree import Tree

FIXTURES = Path(__file__).parents[2] / "fixtures" / "kubernetes"


def reading(*files: str) -> Reading:
    return read(sorted(files), Tree(str(FIXTURES)), ReadOptions())


def read_text(**files: str) -> Reading:
    overlay = {f"{name}.yaml": text.encode() for name, text in files.items()}
    return read(sorted(overlay), Tree(str(FIXTURES / "nowhere"), overlay), ReadOptions())


def by_address(found: Reading) -> dict[str, Resource]:
    return {resource.address: resource for resource in found.resources}


def test_every_document_is_a_resource() -> None:
    found = reading("shop.yaml")
    assert [resource.address for resource in found.resources] == [
        "Namespace/shop",
        "ServiceAccount/shop/api",
        "Secret/shop/database",
        "Deployment/shop/api",
        "Service/shop/api",
        "PodDisruptionBudget/shop/api",
        "HorizontalPodAutoscaler/shop/api",
        "CronJob/shop/report",
        "DaemonSet/shop/agent",
        "ClusterIssuer/letsencrypt",
        "Job/shop/seed-*",
    ]
    assert found.files == {"shop.yaml": "analysed"}
    assert not found.problems


def test_places() -> None:
    lines = (FIXTURES / "shop.yaml").read_text().split("\n")
    resources = by_address(reading("shop.yaml"))
    deployment = resources["Deployment/shop/api"]
    assert lines[deployment.span.line - 1] == "# The part that customers talk to."
    assert lines[deployment.header.line - 1] == "apiVersion: apps/v1"
    assert lines[deployment.span.end_line - 1] == "          image: busybox"
    assert resources["Namespace/shop"].span.line == 1
    account = resources["ServiceAccount/shop/api"]
    assert lines[account.span.line - 2] == "---"
    assert account.span.line == account.header.line
    assert deployment.scope == ""


def test_labels_are_tags() -> None:
    resources = by_address(reading("shop.yaml"))
    tags = resources["Deployment/shop/api"].tags
    assert tags == {"app": "api", "team": "checkout"}
    bare = resources["Service/shop/api"].tags
    assert isinstance(bare, Map)
    assert bare == {}
    assert bare.header == resources["Service/shop/api"].attributes["metadata"].header


def test_secrets_are_hidden_where_they_are_literal() -> None:
    secret = by_address(reading("shop.yaml"))["Secret/shop/database"].attributes
    assert secret["data"]["password"] == Sensitive("aHVudGVyMg==")
    assert secret["data"]["password"].literal
    assert not secret["data"]["tls.crt"].literal
    assert secret["data"]["empty"] == ""
    assert isinstance(secret["stringData"]["url"], Sensitive)
    assert secret["stringData"]["token"] == "${API_TOKEN}"
    assert secret["data"].spans["password"].line == 21


def test_settings_beside_a_credential_are_no_leak() -> None:
    text = """
        apiVersion: v1
        kind: Secret
        metadata: {name: repository}
        stringData: {type: git, url: "https://git.example.org/a", password: hunter2, enableLfs: "true"}
        data: {server: aHR0cHM6Ly9h, host: aHR0cHM6Ly91OnB3QGg=}
    """
    (secret,) = read_text(a=text).resources
    values = {**secret.attributes["stringData"], **secret.attributes["data"]}
    literal = {key for key, value in values.items() if value.literal}
    assert literal == {"password", "host"}  # the host is https://u:pw@h


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("url: 'git@github.com:acme/shop'", False),
        ("url: 'ssh://git@github.com/acme/shop'", False),
        ("url: 'https://ci:h8Jk2LmP9q@github.com/acme/shop'", True),
        ("MYSQL_DATABASE: shop", False),
        ("aws_region: eu-west-1", False),
        ("DB_HOST: 'db.example.com'", False),
        ("DB_HOST: 'shop:h8Jk2LmP9q@db.example.com'", True),
        ("database: 'postgres://shop:h8Jk2LmP9q@db/shop'", True),
        ("WEBHOOK_URL: 'https://chat.example.com/hooks/h8Jk2LmP9q'", True),
        ("known_hosts: 'github.com ssh-ed25519 AAAAC3'", False),
        ("support: h8Jk2LmP9q", True),
        ("AZURE_CLIENT_ID: 04561461-0f92-42b3-9328-8b0c1bba4641", False),
        ("tenantId: 531ff96d-0ae9-462a-8d2b-bec7c0b42082", False),
        ("AWS_ACCESS_KEY_ID: AKIAIOSFODNN7EXAMPLE", True),
        ("grid: h8Jk2LmP9q", True),
        ("USE_WORKLOAD_IDENTITY: 'true'", False),
        ("SYNC_PERIOD: 30m", False),
        ("MAX_CONCURRENT_RECONCILES: 1", False),
        ("pin: '1234'", True),
        ("SLACK_OUTPUTFORMAT: all", False),
        ("batchSize: '10000'", False),
        ("admin: h8Jk2LmP9q", True),
        ("token-format: 'https://ci:h8Jk2LmP9q@github.com/acme/shop'", True),
        ("alertmanager.yaml: 'receivers: [{name: none}]'", False),
        ("alertmanager.yaml: 'receivers: [{name: a, slack_configs: [{api_url: https://hooks.slack.com/x}]}]'", True),
        ("db.properties: 'pool=3'", False),
        ("db.properties: 'db.password=x'", True),
        ("account: h8Jk2LmP9q", True),
        ("METRICSPORT: '8125'", False),
        ("db-username: h8Jk2LmP9q", True),
    ],
)
def test_settings_are_told_by_the_end_of_their_names(entry: str, told: bool) -> None:
    text = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData:\n  {entry}\n"
    (secret,) = read_text(a=text).resources
    (value,) = secret.attributes["stringData"].values()
    assert value.literal is told


def test_lists() -> None:
    found = reading("list.json")
    assert list(by_address(found)) == ["Pod/default/one"]
    (pod,) = found.resources
    assert (pod.span.line, pod.span.end_line) == (5, 14)


def test_items_of_a_typed_list_need_not_say_what_they_are() -> None:
    found = read_text(a="apiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: x}\n- 5\n")
    assert list(by_address(found)) == ["ConfigMap/default/x"]
    assert [(problem.kind, problem.line) for problem in found.problems] == [("syntax", 5)]


def test_a_chart_is_rendered() -> None:
    found = reading("chart/Chart.yaml", "chart/templates/deployment.yaml", "chart/templates/service.yaml",
                    "chart/templates/account.yaml", "chart/crds/things.yaml", "chart/values.yaml")  # fmt: skip
    assert sorted(by_address(found)) == ["CustomResourceDefinition/things.example.com", "Service/web/web",
                                        "ServiceAccount/web/web"]  # fmt: skip
    assert not found.problems
    assert found.files["chart/values.yaml"] == "analysed"
    assert found.files["chart/templates/deployment.yaml"] == "skipped"  # switched off


def test_a_template_outside_a_chart_is_told() -> None:
    found = reading("jinja.yaml")
    assert not found.problems
    assert [(note.kind, note.file, note.line) for note in found.notes] == [("template", "jinja.yaml", 4)]
    assert found.files == {"jinja.yaml": "skipped"}


def test_braces_in_strings_are_no_template() -> None:
    found = read_text(a='apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: "{{ $labels.pod }}"}\n')
    assert not found.problems
    assert len(found.resources) == 1


def test_kustomize_patches_are_not_judged_as_wholes() -> None:
    found = reading("overlay/patches/replicas.yaml", "overlay/extra.yaml")
    assert list(by_address(found)) == ["Pod/default/extra"]
    assert not found.notes
    assert found.files["overlay/patches/replicas.yaml"] == "analysed"
    assert found.resources[0].scope == "overlay"


def test_what_is_broken_is_told_and_the_rest_read() -> None:
    found = reading("broken.yaml")
    assert [resource.address for resource in found.resources] == [
        "Pod/default/(unnamed)",
        "ConfigMap/default/(unnamed)",
    ]
    assert found.resources[1].attributes["data"]["a"] == "secret/x"
    assert found.files == {"broken.yaml": "partial"}
    assert [problem.line for problem in found.problems if "kind" in problem.message] == [6, 10]
    assert any("not valid YAML" in problem.message for problem in found.problems)


def test_missing_files_are_told() -> None:
    found = reading("gone.yaml")
    assert found.files == {"gone.yaml": "failed"}
    assert found.problems[0].kind == "unreadable"


def test_names_that_are_numbers_and_addresses_that_repeat() -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: 2024, namespace: 7}\n"
    found = read_text(a=text, b=text)
    assert [resource.address for resource in found.resources] == ["Pod/7/2024"] * 2


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.sampled_from(["Pod", "List", "v1", "a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["apiVersion", "kind", "metadata", "name", "items", "data", "stringData", "labels"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@given(
    st.lists(values, max_size=3), st.sampled_from(["v1", None, 5]), st.sampled_from(["Secret", "List", "Pod", [], ""])
)
def test_nothing_in_a_file_makes_it_raise(documents: list[Any], version: Any, kind: Any) -> None:
    import yaml

    documents = [
        {"apiVersion": version, "kind": kind, **item} if isinstance(item, dict) else item for item in documents
    ]
    found = read_text(a=yaml.safe_dump_all(documents))
    assert set(found.files) == {"a.yaml"}
    for resource in found.resources:
        assert resource.span.line
        assert resource.header.line
        assert resource.address.startswith(resource.kind)


def test_an_azure_template_is_no_manifest() -> None:
    text = '{"type": "Microsoft.Authorization/policyAssignments", "apiVersion": "2024-04-01", "kind": null}'
    found = read(["a.json"], Tree("/nowhere", {"a.json": text.encode()}), ReadOptions())
    assert (found.resources, found.problems, found.files) == ([], [], {"a.json": "skipped"})
