"""A scan of several repositories finds in each what a scan of it alone finds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from harness import Run

from guardrail.model import Finding, Result
from guardrail.scanning import Request, scan

Guardrail = Callable[..., Run]

WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers:
        - {name: shop, image: "shop:1.4.2"}
"""
POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: all, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress]}
"""
BUCKET = 'resource "aws_sqs_queue" "q" {\n  name                    = "q"\n  sqs_managed_sse_enabled = false\n}\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GUARDRAIL_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "repositories"
    for name, text in (
        ("shop/deploy/shop.yaml", WORKLOAD),
        ("network/policy.yaml", POLICY),
        ("queue/main.tf", BUCKET),
        ("notes/README.md", "nothing to judge\n"),
        ("loose.tf", BUCKET),
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for name in ("shop", "network", "queue", "notes"):
        initialise(root / name)
    return root


def initialise(repository: Path) -> None:
    (repository / ".git").mkdir(parents=True)
    (repository / ".git/HEAD").write_text("ref: refs/heads/main\n")


def run(*paths: Path, **more: object) -> Result:
    return scan(Request(tuple(map(str, paths)))._replace(**more))  # type: ignore[arg-type]


def brief(finding: Finding, folder: str = "") -> tuple[object, ...]:
    file = f"{folder}/{finding.span.file}" if folder else finding.span.file
    return (finding.rule, finding.verdict, file, finding.span.line, finding.resource, finding.fingerprint)


@pytest.mark.parametrize("workers", [1, 3])
def test_each_is_what_it_is_alone(folder: Path, workers: int) -> None:
    whole = run(folder, workers=workers)
    alone = [(name, run(folder / name)) for name in ("network", "queue", "shop")]
    expected = [brief(finding, name) for name, result in alone for finding in result.findings]
    expected += [brief(finding) for finding in run(folder / "loose.tf").findings]
    assert sorted(map(brief, whole.findings), key=str) == sorted(expected, key=str)
    assert whole.findings == sorted(whole.findings, key=Finding.sort_key)
    assert whole.base == str(folder)
    assert whole.coverage.analysed == 4
    assert whole.coverage.resources == sum(result.coverage.resources for _, result in alone) + 1
    assert "workload-network-policy" in whole.rules  # the policy of another repository says nothing here


def test_evidence_stands_under_the_folder_too(folder: Path) -> None:
    finding = next(f for f in run(folder).findings if f.span.file == "queue/main.tf" and f.rule == "store-encrypted")
    assert [item.span.file for item in finding.evidence] == ["queue/main.tf"]


def test_one_without_anything_to_judge_is_a_note(folder: Path) -> None:
    whole = run(folder)
    assert whole.problems == []
    assert [(note.kind, note.file) for note in whole.notes] == [("empty-scan", "notes")]
    initialise(folder / "bare")
    assert [(p.kind, p.file) for p in run(folder / "notes", folder / "bare").problems] == [
        ("empty-scan", "bare"), ("empty-scan", "notes"),
    ]  # fmt: skip


def test_each_has_its_own_configuration_and_one_gate_is_for_all(folder: Path) -> None:
    (folder / "queue/guardrail.yaml").write_text("fail_on: critical\nrules: {store-encrypted: off}\n")
    whole = run(folder)
    told = {finding.span.file for finding in whole.findings if finding.rule == "store-encrypted"}
    assert told == {"loose.tf"}
    assert whole.fail_on == "low"
    assert run(folder, fail_on="never").exit_code == 0
    (folder / "common.yml").write_text("rules: {store-encrypted: off}\n")
    everywhere = run(folder, config=str(folder / "common.yml"))
    assert "store-encrypted" not in {finding.rule for finding in everywhere.findings}


def test_a_wrong_configuration_keeps_the_others_from_nothing(folder: Path) -> None:
    (folder / "queue/guardrail.yaml").write_text("rules:\n  no-such-rule: off\n")
    whole = run(folder)
    assert [(p.kind, p.file, p.line) for p in whole.problems] == [("configuration", "queue/guardrail.yaml", 2)]
    assert {finding.span.file.partition("/")[0] for finding in whole.findings} == {"loose.tf", "shop"}
    assert whole.exit_code == 3


def test_what_is_unchanged_comes_from_the_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from guardrail import running

    monkeypatch.setattr(running, "WORTH_KEEPING", 0)
    first = run(folder, cache=True, workers=1)
    (folder / "queue/main.tf").write_text(BUCKET.replace("false", "true"))
    judged: list[str] = []
    before = running.processing.process
    monkeypatch.setattr(
        running.processing, "process", lambda group, task: judged.append(task.tree.base) or before(group, task)
    )
    second = run(folder, cache=True, workers=1)
    assert judged == [str(folder / "queue")]
    elsewhere = [finding for finding in first.findings if not finding.span.file.startswith("queue/")]
    assert [f for f in second.findings if not f.span.file.startswith("queue/")] == elsewhere


def test_inspect_shows_the_resources_of_each(folder: Path, guardrail: Guardrail) -> None:
    done = guardrail("inspect", folder, "--format", "json")
    assert {found["file"]: found["address"] for found in json.loads(done.out)["resources"]} == {
        "loose.tf": "aws_sqs_queue.q",
        "network/policy.yaml": "NetworkPolicy/shop/all",
        "queue/main.tf": "aws_sqs_queue.q",
        "shop/deploy/shop.yaml": "Deployment/shop/shop",
    }
    assert "Deployment/shop/shop  shop/deploy/shop.yaml:1" in guardrail("inspect", folder).out


def test_what_needs_one_repository_says_so(folder: Path, guardrail: Guardrail) -> None:
    done = guardrail("rules", "explain", "store-encrypted", "--resource", "aws_sqs_queue.q", folder)
    assert done.code == 2
    assert "name one of network, notes, queue, shop" in done.err


def test_reports_count_for_each(folder: Path, guardrail: Guardrail) -> None:
    (folder / "queue/guardrail.yaml").write_text("rules:\n  no-such-rule: off\n")
    document = json.loads(guardrail("scan", folder, "-f", "json").out)
    jsonschema.validate(document, json.loads(guardrail("schema", "result").out))
    counted = {name: (of["failures"], of["problems"]) for name, of in document["repositories"].items()}
    found = Counter(f["file"].partition("/")[0] for f in document["findings"] if f["verdict"] == "fail")
    assert counted == {
        ".": (found["loose.tf"], 0), "network": (0, 0), "notes": (0, 0), "queue": (0, 1), "shop": (found["shop"], 0),
    }  # fmt: skip
    lines = guardrail("scan", folder).out.splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("Repositories"))
    assert [line.split()[0] for line in lines[head + 1 : head + 6]] == [".", "network", "notes", "queue", "shop"]
    assert lines[head + 4].endswith("1 problem")
    guardrail("scan", folder, "-o", f"html={folder}.html")
    page = Path(f"{folder}.html").read_text(encoding="utf-8")
    assert 'data-facet="repository" data-value="shop"' in page
    assert 'data-repository="shop"' in page


def test_a_scan_of_one_says_nothing_of_repositories(folder: Path, guardrail: Guardrail) -> None:
    assert "repositories" not in json.loads(guardrail("scan", folder / "shop", "-f", "json").out)
    assert "Repositories" not in guardrail("scan", folder / "shop").out


def test_a_commit_is_judged_in_each(folder: Path, guardrail: Guardrail) -> None:
    done = guardrail("scan", "--changed", folder / "queue/main.tf", folder / "loose.tf", "-f", "json")
    found = {(f["file"], f["rule"]) for f in json.loads(done.out)["findings"]}
    assert {("queue/main.tf", "store-encrypted"), ("loose.tf", "store-encrypted")} <= found
    assert {file for file, _ in found} == {"queue/main.tf", "loose.tf"}


def test_a_commit_may_name_folders_of_repositories(folder: Path, guardrail: Guardrail) -> None:
    whole = json.loads(guardrail("scan", folder / "queue", folder / "shop", "-f", "json").out)
    changed = json.loads(guardrail("scan", "--changed", folder / "queue", folder / "shop", "-f", "json").out)
    assert [f["file"] for f in changed["findings"]] == [f["file"] for f in whole["findings"]] != []


def test_copies_in_two_repositories_are_told_apart(folder: Path, guardrail: Guardrail) -> None:
    for name in ("copy", "notes"):
        (folder / name).mkdir(exist_ok=True)
        text = 'variable "key" {}\nmodule "m" {\n  source = "./m"\n  key    = var.key\n}\n'
        (folder / name / "main.tf").write_text(text)
        (folder / name / "m").mkdir()
        (folder / name / "m/main.tf").write_text(
            'variable "key" {}\nresource "aws_sqs_queue" "q" {\n  kms_master_key_id = var.key\n}\n'
        )
    initialise(folder / "copy")
    found = run(folder / "copy", folder / "notes")
    same = [f for f in found.undetermined if f.rule == "store-customer-key"]
    assert len(same) == 2
    assert len({finding.fingerprint for finding in same}) == 1
    out = guardrail("scan", folder / "copy", folder / "notes", "--verbose").out
    for name in ("copy", "notes"):
        assert f"{name}/m/main.tf:3:3  undetermined (low)  [store-customer-key]" in out
    everything = guardrail("scan", folder).out
    assert everything.count("      fix: ") == 8  # the most severe, in full


def test_inspect_has_no_problem_with_one_that_is_empty(folder: Path, guardrail: Guardrail) -> None:
    done = guardrail("inspect", folder, "--format", "json")
    assert (done.code, json.loads(done.out)["problems"]) == (0, [])
    assert guardrail("inspect", folder / "notes").code == 3
