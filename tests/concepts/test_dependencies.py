from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.concepts import cloud_dependencies
from guardrail.concepts.build import build
from guardrail.concepts.dependencies import git_pin, version_pin
from guardrail.concepts.table import CLOUD_DEPENDENCIES, CODE
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.table import BY_NAME, load
from guardrail.model import Inventory, Noun, Unknown
from guardrail.tree import Tree

COMMIT = "5cdeb1a9a0eea7ac7a0aa1b4fbf9d3c1e0a1a2b3"


def dependencies(text: str, reader: str = "terraform") -> list[Noun]:
    name = "main.tf" if reader == "terraform" else "manifest.yaml"
    reading = load(BY_NAME[reader])([name], Tree("/nowhere", {name: text.encode()}), ReadOptions())
    assert not reading.problems
    inventory = Inventory(reading.resources)
    assert not build(inventory, {})
    return inventory.by_concept.get("dependency", [])


def facts(noun: Noun) -> tuple[Any, ...]:
    fields = noun.fields
    return tuple(
        "unknown" if isinstance(fields.get(name), Unknown) else fields.get(name)
        for name in ("ecosystem", "name", "owner", "version", "pin", "local")
    )


@pytest.mark.parametrize(
    ("arguments", "name", "owner", "version", "pin", "line"),
    [
        ('source = "acme/vpc/aws"', "acme/vpc/aws", "acme", None, "none", 1),
        ('source = "acme/vpc/aws"\nversion = "5.1.2"', "acme/vpc/aws", "acme", "5.1.2", "version", 3),
        ('source = "acme/vpc/aws"\nversion = "~> 5.1"', "acme/vpc/aws", "acme", "~> 5.1", "range", 3),
        ('source = "acme/vpc/aws"\nversion = ">= 0"', "acme/vpc/aws", "acme", ">= 0", "none", 3),
        ('source = "acme/vpc/aws//a/b"\nversion = "= 1.0.0"', "acme/vpc/aws", "acme", "= 1.0.0", "version", 3),
        ('source = "tf.example.com/acme/vpc/aws"', "tf.example.com/acme/vpc/aws", "acme", None, "none", 1),
        ('source = "github.com/acme/vpc"', "github.com/acme/vpc", "acme", None, "none", 2),
        ('source = "github.com/acme/vpc/sub"', "github.com/acme/vpc/sub", "acme", None, "none", 2),
        ('source = "github.com/acme/vpc?ref=v1.2"', "github.com/acme/vpc", "acme", "v1.2", "tag", 2),
        ('source = "git@example.com:acme/v.git?ref=main"', "git@example.com:acme/v.git", "acme", "main", "branch", 2),
        (f'source = "git::https://example.com/acme/v.git?depth=1&ref={COMMIT}"',
         "git::https://example.com/acme/v.git", "acme", COMMIT, "digest", 2),
        ('source = "git::ssh://git@example.com/acme/v.git//sub?ref=vpc/v2"', "git::ssh://git@example.com/acme/v.git//sub",
         "acme", "vpc/v2", "tag", 2),
        ('source = "https://example.com/vpc.zip"', "https://example.com/vpc.zip", "example.com", None, "none", 2),
        ('source = "https://example.com/vpc-1.2.0.zip"', "https://example.com/vpc-1.2.0.zip", "example.com", None,
         "tag", 2),
        ('source = "https://example.com/vpc.zip?checksum=md5:1"', "https://example.com/vpc.zip", "example.com", "md5:1",
         "digest", 2),
    ],
)  # fmt: skip
def test_modules(arguments: str, name: str, owner: str, version: str | None, pin: str, line: int) -> None:
    (noun,) = dependencies('module "m" {\n' + arguments + "\n}\n")
    assert facts(noun) == ("module", name, owner, version, pin, False)
    assert noun.fields.place("pin").line == line
    assert noun.name == "module.m"


def test_a_module_whose_version_is_given_from_outside() -> None:
    (noun,) = dependencies('variable "v" {}\nmodule "m" {\n  source = "acme/vpc/aws"\n  version = var.v\n}\n')
    assert facts(noun) == ("module", "acme/vpc/aws", "acme", "unknown", "unknown", False)


def test_a_module_of_the_repository() -> None:
    files = {"main.tf": b'module "m" {\n  source = "./m"\n}\n', "m/main.tf": b""}
    reading = load(BY_NAME["terraform"])(["main.tf", "m/main.tf"], Tree("/nowhere", files), ReadOptions())
    inventory = Inventory(reading.resources)
    build(inventory, {})
    assert [noun.fields["local"] for noun in inventory.by_concept["dependency"]] == [True]


def test_providers() -> None:
    nouns = dependencies(
        "terraform {\n  required_providers {\n"
        '    aws = {\n      source = "hashicorp/aws"\n    }\n'
        '    random = "3.6.3"\n'
        '    cloud = {\n      source  = "example.com/acme/cloud"\n      version = "~> 1.2"\n    }\n'
        '    terraform = {\n      source = "terraform.io/builtin/terraform"\n    }\n'
        "  }\n}\n"
    )
    assert [facts(noun) for noun in nouns] == [
        ("provider", "hashicorp/aws", "hashicorp", None, "none", False),
        ("provider", "hashicorp/random", "hashicorp", "3.6.3", "version", False),
        ("provider", "example.com/acme/cloud", "acme", "~> 1.2", "range", False),
    ]
    assert [noun.fields.place("pin").line for noun in nouns] == [3, 6, 9]


def test_images_of_containers() -> None:
    nouns = dependencies(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n"
        "    - name: web\n      image: nginx\n"
        "    - name: api\n      image: ghcr.io/acme/api:1.2\n"
        "    - name: none\n",
        "kubernetes",
    )
    assert [facts(noun) for noun in nouns] == [
        ("image", "nginx", "docker.io", None, "none", False),
        ("image", "ghcr.io/acme/api", "ghcr.io", "1.2", "tag", False),
    ]
    assert [(noun.name, noun.fields.place("pin").line) for noun in nouns] == [
        ("the image nginx of container web", 7),
        ("the image ghcr.io/acme/api of container api", 9),
    ]


@pytest.mark.parametrize("blank", ["", " "])
def test_a_blank_image_is_none(blank: str) -> None:
    """So OpenShift has containers whose image a trigger puts in."""
    text = (
        "apiVersion: apps.openshift.io/v1\nkind: DeploymentConfig\nmetadata: {name: web}\nspec:\n  triggers:\n"
        "    - type: ImageChange\n      imageChangeParams:\n        containerNames: [web]\n"
        "        from: {kind: ImageStreamTag, name: 'web:1'}\n"
        f"  template: {{spec: {{containers: [{{name: web, image: '{blank}'}}]}}}}\n"
    )
    assert dependencies(text, "kubernetes") == []


def test_images_that_no_container_stands_for() -> None:
    nouns = dependencies(
        'variable "i" {}\n'
        'resource "aws_lambda_function" "f" {\n  image_uri = var.i\n}\n'
        'resource "aws_codebuild_project" "b" {\n  environment {\n    image = "aws/codebuild/standard:7.0"\n  }\n}\n'
        'resource "aws_codebuild_project" "c" {\n  environment {\n    image = "acme/build:2"\n  }\n}\n'
        'resource "docker_image" "d" {\n  name = "nginx:latest"\n}\n'
    )
    assert [facts(noun) for noun in nouns] == [
        ("image", "unknown", "unknown", "unknown", "unknown", False),
        ("image", "acme/build", "docker.io", "2", "tag", False),
        ("image", "nginx", "docker.io", "latest", "none", False),
    ]
    assert nouns[0].fields["pin"].reason == "var.i has no value"


def test_charts() -> None:
    nouns = dependencies(
        'resource "helm_release" "a" {\n  chart = "nginx"\n  repository = "https://c.example"\n}\n'
        'resource "helm_release" "b" {\n  chart = "./charts/b"\n}\n'
        'resource "helm_release" "c" {\n  chart = "https://c.example/redis-1.2.3.tgz"\n}\n'
        'resource "helm_release" "d" {\n  chart = "oci://c.example/redis"\n  version = "^1.2"\n}\n'
    )
    assert [facts(noun) for noun in nouns] == [
        ("chart", "nginx", "https://c.example", None, "none", False),
        ("chart", "./charts/b", None, None, "none", True),
        ("chart", "https://c.example/redis-1.2.3.tgz", None, "1.2.3", "version", False),
        ("chart", "oci://c.example/redis", None, "^1.2", "range", False),
    ]
    assert nouns[0].fields.place("pin").line == 1


def test_charts_that_controllers_install() -> None:
    flux = (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a}\n"
        "spec: {chart: {spec: {chart: redis, sourceRef: {kind: SOURCE, name: shop}}}}\n"
    )
    (noun,) = dependencies(flux.replace("SOURCE", "HelmRepository"), "kubernetes")
    assert facts(noun) == ("chart", "redis", "shop", None, "none", False)
    assert dependencies(flux.replace("SOURCE", "GitRepository"), "kubernetes") == []
    argo = (
        "apiVersion: GROUP/v1\nkind: Application\nmetadata: {name: a}\nspec:\n  sources:\n"
        "    - {repoURL: https://c.example, chart: redis, targetRevision: 1.2.3}\n"
        "    - {repoURL: https://c.example/x.git, path: x, targetRevision: main}\n"
    )
    nouns = dependencies(argo.replace("GROUP", "argoproj.io"), "kubernetes")
    found = {noun.fields["ecosystem"]: facts(noun) for noun in nouns}
    assert found == {
        "chart": ("chart", "redis", "https://c.example", "1.2.3", "version", False),
        "git": ("git", "c.example/x", "c.example", "main", "branch", False),
    }
    assert dependencies(argo.replace("GROUP", "app.k8s.io"), "kubernetes") == []


@pytest.mark.parametrize("version", [None, "", "*", "latest", ">= 0.0.0", "> 0"])
def test_constraints_that_constrain_nothing(version: str | None) -> None:
    assert version_pin(version) == "none"


def test_a_short_commit_is_not_content_addressed() -> None:
    assert git_pin(COMMIT) == "digest"
    assert git_pin(COMMIT[:8]) == "tag"
    assert git_pin("HEAD") == "none"


@given(st.text(max_size=60).filter(lambda text: "\r" not in text))
def test_any_source_has_a_pin(source: str) -> None:
    import json

    text = json.dumps({"module": {"m": {"source": source.replace("$", "").replace("%", "")}}})
    tree = Tree("/nowhere", {"main.tf.json": text.encode()})
    reading = load(BY_NAME["terraform"])(["main.tf.json"], tree, ReadOptions())
    inventory = Inventory(reading.resources)
    assert build(inventory, {}) == []
    assert all(noun.fields["pin"] for noun in inventory.by_concept.get("dependency", []))


def test_every_kind_is_in_the_table() -> None:
    assert {kind for kind, modules in CODE.items() if CLOUD_DEPENDENCIES in modules} == set(cloud_dependencies.KINDS)


@pytest.mark.parametrize(
    ("image", "name", "owner", "version", "pin"),
    [
        ("ghcr.io/acme/app:${TAG}", "ghcr.io/acme/app", "ghcr.io", "unknown", "unknown"),
        ("ghcr.io/acme/app:v$(VERSION)-alpine", "ghcr.io/acme/app", "ghcr.io", "unknown", "tag"),
        ("acme/app:$TAG", "acme/app", "docker.io", "unknown", "unknown"),
        ("ghcr.io/acme/app@{{ .Digest }}", "ghcr.io/acme/app", "ghcr.io", "unknown", "digest"),
        ("{{ .Registry }}/app:latest", "unknown", "unknown", "latest", "none"),
        ("${REGISTRY:-ghcr.io}/app", "unknown", "unknown", None, "none"),
        ('{{ printf "%s" .Registry }}/app:1.2', "unknown", "unknown", "1.2", "tag"),
        ("%s/app:1.2", "unknown", "unknown", "1.2", "tag"),
        ("<registry>/%NAME%:1.2", "unknown", "unknown", "1.2", "tag"),
        ("${IMAGE}", "unknown", "unknown", "unknown", "unknown"),
        ("{{ a }}{b}/app:1.2", "unknown", "unknown", "unknown", "unknown"),
        ("ghcr.io/app:${{ a }}", "unknown", "unknown", "unknown", "unknown"),
    ],
)
def test_what_stands_around_what_is_filled_in_is_known(
    image: str, name: str, owner: str, version: str | None, pin: str
) -> None:
    (noun,) = dependencies(
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{{name: a, image: '{image}'}}]}}\n",
        "kubernetes",
    )
    assert facts(noun) == ("image", name, owner, version, pin, False)
