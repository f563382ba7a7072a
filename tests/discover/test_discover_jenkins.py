"""Files of Jenkins' have names of their own, and no ending that tells."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from harness import REPOSITORY

from guardrail.discover import discover
from guardrail.inputs import table
from guardrail.tree import Tree

DECLARATIVE = "pipeline {\n  agent any\n  stages { stage('a') { steps { sh 'x' } } }\n}\n"
CLAIMED = ["Jenkinsfile", "a/Jenkinsfile.release", "Jenkinsfile-nightly", "ci/build.jenkinsfile", "ci/b.Jenkinsfile"]
GROOVY = ["jenkins/build.groovy", "ci/jenkins/pipelines/a.groovy", "build.groovy", "pipelines/web/latest/build.groovy"]
NOT = ["Jenkinsfile.md", "Jenkinsfile.yml.j2", "Jenkinsfile~", "vars/jenkins/build.groovy", "src/build.groovy", "a.txt",
       "web/src/main/groovy/Build.groovy"]


def test_which_files_are_jenkins(tmp_path: Path) -> None:
    for name in (*CLAIMED, *GROOVY, *NOT, "jenkins/lib.groovy"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("def x() { sh 'y' }\n" if name == "jenkins/lib.groovy" else DECLARATIVE)
    found = discover([str(tmp_path)], Tree(str(tmp_path)))
    assert found.claimed == {"pipelines": sorted([*CLAIMED, *GROOVY])}
    assert found.problems == []


def test_a_changed_jenkinsfile_is_judged(tmp_path: Path) -> None:
    (tmp_path / "Jenkinsfile").write_text(DECLARATIVE)
    (tmp_path / "pod.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n")
    found = discover([str(tmp_path / "Jenkinsfile")], Tree(str(tmp_path)), changed=True)
    assert found.claimed == {"pipelines": ["Jenkinsfile"]}
    found = discover([str(tmp_path / "pod.yaml")], Tree(str(tmp_path)), changed=True)
    assert found.claimed == {"kubernetes": ["pod.yaml"]}


def test_standard_input(tmp_path: Path) -> None:
    found = discover(["-"], Tree(str(tmp_path)), stdin=DECLARATIVE.encode())
    assert found.claimed == {"pipelines": ["Jenkinsfile"]}


def test_an_embedded_manifest_makes_no_manifest_of_it() -> None:
    text = b"pipeline {\n agent { kubernetes { yaml '''\napiVersion: v1\nkind: Pod\n''' } }\n}\n"
    entry = table.entry_for("Jenkinsfile", text)
    assert entry is not None
    assert entry.name == "pipelines"


def test_the_hook_passes_them_on() -> None:
    hooks = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text())
    pattern = re.compile(hooks[0]["files"])
    assert all(pattern.search(name) for name in (*CLAIMED, *GROOVY, "main.tf", "a/b.yaml"))
    assert not any(pattern.search(name) for name in ("src/build.gradle", "README.md", "main.tf.bak"))
