"""Which files are Checkov's, and what becomes of them where there is no Checkov."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import Run

from guardrail.config.source import SCHEMA
from guardrail.planning import Request, prepare
from guardrail.scanners import checkov
from guardrail.tree import MAX_FILE_BYTES

TEMPLATE = "Resources:\n  Logs:\n    Type: AWS::S3::Bucket\n"
DEPLOYMENT = '{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"}'
MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


@pytest.fixture
def handed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, list[str]]]:
    monkeypatch.setattr(checkov, "found_in", lambda: "somewhere")

    def hand_over(files: dict[str, str], *paths: str, changed: bool = False) -> dict[str, list[str]]:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        given = tuple(str(tmp_path / path) for path in paths or (".",))
        plan = prepare(Request(paths=given, scanners=("checkov",), changed=changed))
        assert plan.handed is not None
        return plan.handed.files

    return hand_over


@pytest.mark.parametrize(
    ("name", "text", "framework"),
    [
        ("Dockerfile", "FROM a", "dockerfile"),
        ("build/api.dockerfile", "FROM a", "dockerfile"),
        ("Dockerfile.dev", "FROM a", "dockerfile"),
        ("Containerfile", "FROM a", "dockerfile"),
        ("Dockerfile.dockerignore", "*", ""),
        ("dockerfiles.md", "FROM a", ""),
        ("main.bicep", "", "bicep"),
        ("stack.yaml", TEMPLATE, "cloudformation"),
        ("stack.template", TEMPLATE, "cloudformation"),
        ("stack.yaml", "AWSTemplateFormatVersion: 2010-09-09\n", "cloudformation"),
        ("stack.json", '{"Resources": {"A": {"Type": "AWS::SNS::Topic"}}}', "cloudformation"),
        ("site.yaml", "a: b\n", ""),
        ("azuredeploy.json", DEPLOYMENT, "arm"),
        ("parameters.json", DEPLOYMENT.replace("deploymentTemplate", "deploymentParameters"), ""),
        ("of-a-group.json", DEPLOYMENT.replace("deploymentT", "subscriptionDeploymentT"), "arm"),
        ("api.yaml", "openapi: 3.0.1\n", "openapi"),
        ("api.json", '{"swagger": "2.0"}', "openapi"),
        ("play.yaml", "- hosts: all\n  tasks:\n    - name: a\n", "ansible"),
        ("readme.txt", "FROM a", ""),
        ("config.yaml", MANIFEST, ""),
        ("doubtful.json", DEPLOYMENT.replace("{", '{"apiVersion": "1", "kind": "x", ', 1), "arm"),
    ],
)
def test_by_name_and_contents(
    handed: Callable[..., dict[str, list[str]]], name: str, text: str, framework: str
) -> None:
    assert handed({name: text, "pod.yaml": MANIFEST}) == ({framework: [name]} if framework else {})


def test_guardrail_yaml_takes_all_that_there_are() -> None:
    schema = json.loads(Path(SCHEMA).read_text(encoding="utf-8"))
    said = schema["properties"]["scanners"]["properties"]["checkov"]["properties"]["frameworks"]
    assert said["items"]["enum"] == list(checkov.FRAMEWORKS)


def test_what_is_excluded_stays_out(handed: Callable[..., dict[str, list[str]]]) -> None:
    files = {"guardrail.yaml": "exclude: [old/]\n", "old/Dockerfile": "FROM a", "node_modules/Dockerfile": "FROM a"}
    assert handed(files) == {}


def test_of_a_commit_only_what_changed(handed: Callable[..., dict[str, list[str]]]) -> None:
    files = {"Dockerfile": "FROM a", "b/Dockerfile": "FROM a", "pod.yaml": MANIFEST, "c.yaml": TEMPLATE}
    assert handed(files, "b/Dockerfile", "pod.yaml", changed=True) == {"dockerfile": ["b/Dockerfile"]}


def test_a_link_out_of_the_tree_is_a_problem(
    handed: Callable[..., dict[str, list[str]]], tmp_path: Path, guardrail: Callable[..., Run]
) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.write_text("FROM secret")
    os.symlink(outside, tmp_path / "Dockerfile")
    assert handed({"pod.yaml": MANIFEST}) == {}
    done = guardrail("scan", tmp_path, "--scanner", "checkov")
    assert done.code == 3
    assert "Dockerfile  [outside-tree]" in done.out


def test_of_files_that_are_too_large_templates_are_problems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkov, "found_in", lambda: "somewhere")
    (tmp_path / "stack.json").write_text('{"Resources": {"A": {"Type": "AWS::SNS::Topic"}}}' + " " * MAX_FILE_BYTES)
    (tmp_path / "data.json").write_text('{"rows": []}' + " " * MAX_FILE_BYTES)
    plan = prepare(Request(paths=(str(tmp_path),), scanners=("checkov",)))
    assert plan.handed is not None
    assert plan.handed.files == {}
    assert [(problem.kind, problem.file) for problem in plan.handed.problems] == [("too-large", "stack.json")]


def test_without_checkov_the_run_ends(
    tmp_path: Path, guardrail: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkov, "found_in", lambda: None)
    (tmp_path / "pod.yaml").write_text(MANIFEST)
    done = guardrail("scan", tmp_path, "--scanner", "checkov")
    assert (done.code, done.err) == (2, "guardrail: Checkov is not installed: pip install 'guardrail-scan[checkov]'\n")


@pytest.mark.parametrize(
    ("config", "error"),
    [
        ("rules: {CKV_DOCKER_2: off}", 'there is no rule "CKV_DOCKER_2"'),
        ("scanners: {checkov: {}}\nrules: {CKV_DOCKER_2: {parameters: {a: 1}}}",
         "CKV_DOCKER_2 is not guardrail's, and has no parameters"),
        ("scanners: {checkov: {frameworks: [terraform]}}", "scanners.checkov.frameworks[0] must be one of dockerfile"),
        ("scanners: {trivy: {}}", 'unknown key "trivy" in scanners'),
    ],
)  # fmt: skip
def test_a_configuration_that_is_wrong_ends_the_run(
    tmp_path: Path, guardrail: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, config: str, error: str
) -> None:
    monkeypatch.setattr(checkov, "found_in", lambda: "somewhere")
    (tmp_path / "pod.yaml").write_text(MANIFEST)
    (tmp_path / "guardrail.yaml").write_text(config)
    done = guardrail("scan", tmp_path)
    assert (done.code, error in done.err) == (2, True), done.err


def test_one_repository_that_asks_for_what_is_not_there_keeps_itself_only(
    tmp_path: Path, guardrail: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkov, "found_in", lambda: None)
    for name in ("a", "b"):
        (tmp_path / name / ".git").mkdir(parents=True)
        (tmp_path / name / ".git/HEAD").write_text("ref: refs/heads/main\n")
        (tmp_path / name / "config.yaml").write_text(MANIFEST)
    (tmp_path / "a/guardrail.yaml").write_text("scanners:\n  checkov: {}\n")
    done = guardrail("scan", tmp_path)
    assert done.code == 3
    assert "a/guardrail.yaml:2  [configuration]" in done.out
    assert "1 problem" in done.out


def test_config_show_knows_of_its_checks(tmp_path: Path, guardrail: Callable[..., Run]) -> None:
    (tmp_path / "guardrail.yaml").write_text("scanners: {checkov: {}}\nrules: {CKV_DOCKER_2: low, CKV_AWS_*: off}\n")
    done = guardrail("config", "show", tmp_path)
    assert (done.code, "rules.CKV_DOCKER_2.severity: low" in done.out) == (0, True)
