"""`bindings:` of guardrail.yaml."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from guardrail.errors import ConfigError
from guardrail.policy.bundle import load_bundle
from guardrail.process import read_group
from guardrail.scanning import Request, prepare, scan
from guardrail.shipped import folder

APP = """
apiVersion: example.com/v1
kind: WebApp
metadata: {name: shop}
spec:
  replicas: 2
  pod:
    spec:
      containers: [{name: web, image: "web:1", securityContext: {privileged: true}}]
  groups:
    - name: blue
      template: {spec: {containers: [{name: web, image: "web:1"}]}}
    - name: green
      template: {containers: [{name: web, image: "web:2"}]}
"""


def repository(folder: Path, config: str, **files: str) -> Path:
    (folder / ".git").mkdir(parents=True)
    (folder / "guardrail.yaml").write_text(config)
    (folder / "app.yaml").write_text(APP)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def nouns(path: Path, concept: str) -> dict[str, dict[str, Any]]:
    plan = prepare(Request(paths=(str(path),)))
    found = {}
    for group in plan.groups:
        for inventory in read_group(group, plan.task).inventories:
            found.update({f"{n.name} {n.key}": dict(n.fields) for n in inventory.by_concept.get(concept, ())})
    return found


def test_pods_of_one_s_own_kinds(tmp_path: Path) -> None:
    path = repository(tmp_path, "bindings: {pods: {WebApp: spec.pod}}\n")
    assert [(f["class"], f["replicas"]) for f in nouns(path, "workload").values()] == [("deployment", 2)]
    result = scan(Request(paths=(str(path),), only=("container-privileged",)))
    assert [(f.rule, f.span.line) for f in result.findings] == [("container-privileged", 9)]


def test_several_pods_and_their_class(tmp_path: Path) -> None:
    config = "bindings: {pods: {WebApp: {path: [spec.pod, 'spec.groups[].template'], class: statefulset}}}\n"
    found = nouns(repository(tmp_path, config), "container")
    assert set(found) == {"web pod/web", "web blue/web", "web green/web"}


def test_any_concept(tmp_path: Path) -> None:
    config = """
bindings:
  store:
    - kinds: [Bucket]
      when: {spec.real: true}
      fields:
        class: {value: bucket}
        encrypted: {path: spec.encryption, map: {aes: true, "*": false}, default: false}
"""
    bucket = "apiVersion: example.com/v1\nkind: Bucket\nmetadata: {name: b}\nspec: {real: true, encryption: none}\n"
    path = repository(tmp_path, config, bucket__yaml=bucket)
    ((_, fields),) = nouns(path, "store").items()
    assert (fields["class"], fields["encrypted"]) == ("bucket", False)
    result = scan(Request(paths=(str(path),), only=("store-encrypted",)))
    assert [(f.span.file, f.span.line) for f in result.findings] == [("bucket.yaml", 4)]


def test_the_cached_bundle_knows_nothing_of_it(tmp_path: Path) -> None:
    scan(Request(paths=(str(repository(tmp_path / "one", "bindings: {pods: {WebApp: spec.pod}}\n")),)))
    assert "WebApp" not in load_bundle(folder("rules")).bindings
    assert not nouns(repository(tmp_path / "two", "fail_on: high\n"), "container")


@pytest.mark.parametrize(
    ("bindings", "message"),
    [
        ("  sotre: []\n", '2:3: no concept is called "sotre"; did you mean "store"?'),
        ("  pods: {A: spec..x}\n", "2:10: 'spec..x' is no path to a pod; one looks like spec.template or "
                                   "spec.groups[].template"),
        ("  pods: {A: {paht: x}}\n", '2:14: unknown key "paht" in bindings.pods.A; did you mean "path"?'),
        ("  pods: {A: {path: x, class: jbo}}\n",
         '2:23: bindings.pods.A.class must be one of deployment, statefulset, daemonset, replicaset, job, cronjob, '
         'pod, task, not "jbo"; did you mean "job"?'),
        ("  pods: {A: {class: job}}\n", "2:10: bindings.pods.A has no path"),
        ("  store:\n  - kinds: [A]\n", "3:5: bindings.store[0] has no fields"),
        ("  store:\n  - {kinds: [A], fields: {encrpted: x}}\n",
         '3:27: store has no field "encrpted"; did you mean "encrypted"?'),
        ("  store:\n  - {kinds: [A], fields: {encrypted: {pth: x}}}\n",
         '3:39: unknown key "pth" in a field; did you mean "path"?'),
        ("  store:\n  - {kinds: [A], fields: {encrypted: {test: {x: {abov: 1}}}}}\n",
         "3:50: 'abov' is not an operator; did you mean \"above\"?"),
        ("  store:\n  - {kinds: [A], when: {x: {matches: '('}}, fields: {encrypted: x}}\n",
         "3:29: matches: not a regular expression: missing ), unterminated subpattern at position 0"),
        ("  store:\n  - {kinds: [aws_s3_buckt], fields: {encrypted: x}}\n",
         '3:14: there is no kind "aws_s3_buckt"; did you mean "aws_s3_bucket"?'),
        ("  store:\n  - {kinds: [aws_s3_bucket], fields: {encrypted: x}}\n",
         "3:14: aws_s3_bucket is bound to store already"),
        ("  container:\n  - {kinds: [aws_s3_bucket], fields: {image: buket}}\n",
         "3:39: aws_s3_bucket has no attribute 'buket'; did you mean \"bucket\"?"),
        ("  store:\n  - {kinds: [A], fields: {encrypted: {default: true}}}\n",
         "3:27: a field needs a path, a value, a test or first"),
        ("  store:\n  - {kinds: [], fields: {encrypted: x}}\n", "3:6: kinds is empty"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, bindings: str, message: str) -> None:
    path = repository(tmp_path, "bindings:\n" + bindings)
    with pytest.raises(ConfigError) as caught:
        prepare(Request(paths=(str(path),)))
    assert str(caught.value) == f"guardrail.yaml:{message}"


def test_bindings_count_only_at_the_base(tmp_path: Path) -> None:
    path = repository(tmp_path, "fail_on: high\n")
    (path / "sub").mkdir()
    (path / "sub" / "guardrail.yaml").write_text("bindings: {pods: {A: spec}}\n")
    (path / "sub" / "a.yaml").write_text(APP)
    with pytest.raises(ConfigError, match=r"only counts in the guardrail\.yaml at the base"):
        prepare(Request(paths=(str(path),)))


def test_the_command_line_shows_them_and_ends_with_two(tmp_path: Path) -> None:
    path = repository(tmp_path, "bindings:\n  pods: {WebApp: spec.pod}\n")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "guardrail", *words]
        return subprocess.run(command, cwd=path, env=dict(os.environ), capture_output=True, text=True, check=False)

    shown = json.loads(run("config", "show", "app.yaml", "--format", "json").stdout)["bindings"]
    assert shown == [{"concept": "pods", "kind": "WebApp", "value": "spec.pod", "file": "guardrail.yaml", "line": 2}]
    assert "bindings.pods.WebApp: spec.pod  (guardrail.yaml:2)" in run("config", "show", "app.yaml").stdout
    (path / "guardrail.yaml").write_text("bindings:\n  pdos: {WebApp: spec.pod}\n")
    failed = run("scan", ".")
    assert failed.returncode == 2
    assert "guardrail.yaml:2:3" in failed.stderr
