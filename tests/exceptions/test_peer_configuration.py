"""What the configuration of other scanners accepts. Checkov's and zizmor's cases are as those tools decide them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml
from harness import REPOSITORY, Run

from guardrail.config.peer_files import MAX_BYTES, read_waived
from guardrail.exceptions.peer_facts import speaks_of
from guardrail.model import NOWHERE, Finding
from guardrail.tree import Tree

Guardrail = Callable[..., Run]
Found = dict[tuple[str, str], str | None]

BUCKET = 'resource "aws_s3_bucket" "site" {\n  acl = "public-read"\n}\n'
RULE = "store-not-public"
WORKFLOW = """
    on: push
    permissions: {}
    jobs:
      a:
        runs-on: ubuntu-24.04
        steps:
          - uses: someone/first@v4
          - name: two
            uses: someone/second@v5
            with:
              version: "3.12"
    """


@pytest.fixture
def scanned(findings_in: Callable[..., list[dict[str, Any]]], tmp_path: Path) -> Callable[..., Found]:
    """(file, line) -> why the finding there is suppressed, or None; of one rule."""
    (tmp_path / ".git").mkdir()

    def scan(files: dict[str, str], rule: str = RULE, *paths: str, cached: bool = False) -> Found:
        found: Found = {}
        for finding in findings_in(files, rule, paths=paths or (".",), cached=cached):
            said = finding["suppression"]
            assert said is None or said["by"] == "waiver"
            found[finding["file"], finding["line"]] = said["reason"] if said else None
        return found

    return scan


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("skip-check: [CKV_AWS_20]", "skip-check: CKV_AWS_20"),
        ("skip-check:\n  - CKV_AWS_18\n  - CKV_AWS_20  # a web site\n", "skip-check: CKV_AWS_20: a web site"),
        ("skip-check:\n  # a web\n  # site\n  - CKV_AWS_20\n", "skip-check: CKV_AWS_20: a web site"),
        ("skip-check: CKV_AWS_18,CKV_AWS_20", "skip-check: CKV_AWS_20"),
        ('skip-check: ["CKV_AWS_18,CKV_AWS_20"]', "skip-check: CKV_AWS_20"),
        ("skip-check: [CKV_AWS_*]", "skip-check: CKV_AWS_*"),
        ("skip-check: [CKV_AWS_2?]", "skip-check: CKV_AWS_2?"),
        ("skip-check: [CKV_SECRET_*]", None),
        ("skip-check: [ckv_aws_20]", None),
        ("skip-check: [AWS_20]", None),
        ("skip-check: [{id: CKV_AWS_20, suppress_comment: so}]", None),
        ('skip-check: ["CKV_AWS_20:main.tf"]', None),
        ("check: [CKV_AWS_20]", None),
        ("skip-check: [CKV_AWS_20", None),
        ("- CKV_AWS_20", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("name", [".checkov.yaml", ".checkov.yml"])
def test_checkov(scanned: Callable[..., Found], name: str, text: str, reason: str | None) -> None:
    assert scanned({"main.tf": BUCKET, name: text}) == {("main.tf", 2): reason}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("AVD-AWS-0092", ".trivyignore: AVD-AWS-0092"),
        ("AWS-0092", ".trivyignore: AWS-0092"),
        ("# a web site\nAVD-AWS-0092\n", ".trivyignore: AVD-AWS-0092: a web site"),
        ("CVE-2026-1\nAVD-AWS-0092 # here\n", ".trivyignore: AVD-AWS-0092: here"),
        ("AVD-AWS-0092 exp:2026-06-15", ".trivyignore: AVD-AWS-0092"),
        ("AVD-AWS-0092 exp:2026-06-14", None),
        ("AVD-AWS-0092 exp:soon", None),
        ("#AVD-AWS-0092", None),
        ("AVD-AWS-0001", None),
        ("*", None),
    ],
)
def test_trivys_list(scanned: Callable[..., Found], text: str, reason: str | None) -> None:
    assert scanned({"main.tf": BUCKET, ".trivyignore": text}) == {("main.tf", 2): reason}


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("{id: AVD-AWS-0092}", "misconfigurations: AVD-AWS-0092"),
        ("{id: AVD-AWS-0092, statement: a web site}", "misconfigurations: AVD-AWS-0092: a web site"),
        ("{id: AVD-AWS-0092, paths: [live/**]}", "misconfigurations: AVD-AWS-0092"),
        ("{id: AVD-AWS-0092, paths: ['live/*.tf']}", "misconfigurations: AVD-AWS-0092"),
        ("{id: AVD-AWS-0092, paths: [main.tf]}", None),
        ("{id: AVD-AWS-0092, paths: live}", None),
        ("{id: AVD-AWS-0092, paths: [" + "live/main.tf, " * 101 + "]}", None),
        ("{id: AVD-AWS-0092, expired_at: 2026-06-15}", "misconfigurations: AVD-AWS-0092"),
        ("{id: AVD-AWS-0092, expired_at: 2026-06-14}", None),
        ("{id: AVD-AWS-0092, expired_at: soon}", None),
        ("{id: '*'}", None),
        ("AVD-AWS-0092", None),
    ],
)
def test_trivys_yaml(scanned: Callable[..., Found], entry: str, reason: str | None) -> None:
    files = {"live/main.tf": BUCKET, ".trivyignore.yaml": f"misconfigurations:\n  - {entry}\n"}
    assert scanned(files) == {("live/main.tf", 2): reason}


@pytest.mark.parametrize(
    ("said", "first", "second"),
    [
        ("{disable: true}", "unpinned-uses is disabled", "unpinned-uses is disabled"),
        ("{disable: false}", None, None),
        ("{ignore: [ci.yml]}", "unpinned-uses is ignored in ci.yml", "unpinned-uses is ignored in ci.yml"),
        ("{ignore: ['ci.yml:8']}", "unpinned-uses is ignored in ci.yml:8", None),
        ("{ignore: ['ci.yml:8:9']}", "unpinned-uses is ignored in ci.yml:8:9", None),
        ("{ignore: ['ci.yml:10']}", None, "unpinned-uses is ignored in ci.yml:10"),
        ("{ignore: ['cd.yml']}", None, None),
        ("{ignore: ['.github/workflows/ci.yml']}", None, None),
        ("{config: {policies: {'*': any}}}", "unpinned-uses of *: any", "unpinned-uses of *: any"),
        ("{policies: {'*': any}}", None, None),
    ],
)
@pytest.mark.parametrize("name", [".github/zizmor.yml", "zizmor.yaml", ".github/linters/zizmor.yaml"])
def test_zizmor(scanned: Callable[..., Found], name: str, said: str, first: str | None, second: str | None) -> None:
    files = {".github/workflows/ci.yml": WORKFLOW, name: f"rules:\n  unpinned-uses: {said}\n"}
    assert scanned(files, "action-pinned") == {
        (".github/workflows/ci.yml", 8): first,
        (".github/workflows/ci.yml", 10): second,
    }


USES = ("acme/one@v1", "acme/one/sub@v1", "acme/one/sub/deep@v1", "ACME/One@v1", "acme/two@main", "other/x@v1",
        "other/x", "actions/checkout@v4", "acme/one/.github/workflows/w.yml@v1")  # fmt: skip
ALL = set(USES) - {"other/x"}
ONES = {each for each in USES if each.startswith("acme/one")}
SUBS = ONES - {"acme/one@v1"}


@pytest.mark.parametrize(
    ("policies", "accepted"),
    [
        ("'*': hash-pin", set()),
        ("'*': ref-pin", ALL),
        ("'*': any", {*ALL, "other/x"}),
        ("acme/one: any", {"acme/one@v1"}),
        ("acme/one/*: ref-pin", ONES),
        ("acme/*: any", {*ONES, "acme/two@main"}),
        ("ACME/*: any", {"ACME/One@v1"}),
        ("acme/one/sub: any", {"acme/one/sub@v1"}),
        ("acme/one/.github/workflows/w.yml: any", {"acme/one/.github/workflows/w.yml@v1"}),
        ("'*': any, acme/*: any, acme/one/*: ref-pin, acme/one: hash-pin", {*ALL, "other/x"} - {"acme/one@v1"}),
        ("acme/one: any, acme/*: any, acme/one/*: hash-pin", {"acme/one@v1", "acme/two@main"}),
        ("'*': ref-pin, acme/*: hash-pin, other/*: any", ALL - ONES - {"acme/two@main"} | {"other/x"}),
        ("'*': any, acme: any", set()),
        ("'*': any, acme/one@v1: any", set()),
        ("'*': any, 'ac*/one': any", set()),
        ("'*': any, 'acme/*/sub': any", set()),
        ("'*': any, 'acme/one/sub/*': any", set()),
        ("'*': any, acme/one: tag", set()),
        ("'*': any, acme/one: [any]", set()),
        ("'*': any, " + ", ".join(f"acme/a{number}: any" for number in range(199)), {*ALL, "other/x"}),
        ("'*': any, " + ", ".join(f"acme/a{number}: any" for number in range(200)), set()),
        ("", set()),
    ],
)
def test_zizmors_policies_of_pins(scanned: Callable[..., Found], policies: str, accepted: set[str]) -> None:
    """As zizmor 1.32 decides them, which has nothing to do with what names no version."""
    steps = "".join(f"      - uses: {each}\n" for each in USES[:-1])
    workflow = "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n" + steps + "  b:\n    uses: " + USES[-1]
    said = f"rules:\n  unpinned-uses:\n    config:\n      policies: {{{policies}}} # agreed\n"
    name = ".github/workflows/ci.yml"
    found = scanned({name: workflow, "zizmor.yml": said}, "action-pinned")
    found |= scanned({name: workflow, "zizmor.yml": said}, "action-pinned-first-party")
    lines = workflow.splitlines()
    assert len(found) == len(USES)
    assert {lines[line - 1].split()[-1] for (_, line), reason in found.items() if reason} == accepted


def test_a_policy_gives_its_reason(scanned: Callable[..., Found]) -> None:
    said = """
    rules:
      unpinned-uses:
        config:
          policies:
            # ours are reviewed
            "acme/*": ref-pin
            "other/*": any  # as well
    """
    workflow = """
    on: push
    jobs:
      a:
        runs-on: ubuntu-24.04
        steps:
          - uses: acme/one@v1
          - uses: other/x@v1
    """
    found = scanned({".github/workflows/ci.yml": workflow, "zizmor.yml": said}, "action-pinned")
    assert list(found.values()) == [
        "unpinned-uses of acme/*: ref-pin: ours are reviewed",
        "unpinned-uses of other/*: any: as well",
    ]


def test_a_workflow_of_that_name_is_none(scanned: Callable[..., Found]) -> None:
    files = {".github/workflows/zizmor.yml": "rules: {unpinned-uses: {disable: true}}\n" + dedent(WORKFLOW)}
    assert set(scanned(files, "action-pinned").values()) == {None}


def test_kube_linter(scanned: Callable[..., Found]) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostPID: true\n  containers: [{name: a}]\n"
    files = {"pod.yaml": pod, ".kube-linter.yaml": "checks:\n  exclude:\n    - host-pid  # a node's agent\n"}
    reason = "checks.exclude: host-pid: a node's agent"
    assert scanned(files, "workload-host-namespaces") == {("pod.yaml", 5): reason}


def test_it_holds_below_its_folder_only(scanned: Callable[..., Found]) -> None:
    files = {f"{folder}/main.tf": BUCKET for folder in ("live", "live/eu", "liver")}
    found = scanned({**files, "live/.checkov.yaml": "skip-check: [CKV_AWS_20]"})
    assert {name: why is not None for (name, _), why in found.items()} == {
        "live/main.tf": True,
        "live/eu/main.tf": True,
        "liver/main.tf": False,
    }


def test_those_above_what_is_scanned_hold(scanned: Callable[..., Found]) -> None:
    files = {"live/eu/main.tf": BUCKET, ".checkov.yaml": "skip-check: [CKV_AWS_20]"}
    expected = {("live/eu/main.tf", 2): "skip-check: CKV_AWS_20"}
    assert scanned(files, RULE, "live/eu") == scanned(files, RULE, "live/eu/main.tf") == expected


@pytest.mark.parametrize("place", ["", ".github/", ".github/linters/"])
def test_a_single_file_is_judged_as_in_its_tree(scanned: Callable[..., Found], place: str) -> None:
    name = ".github/workflows/ci.yml"
    files = {name: WORKFLOW, f"{place}zizmor.yml": "rules: {unpinned-uses: {disable: true}}"}
    found = scanned(files, "action-pinned", name)
    assert set(found.values()) == {"unpinned-uses is disabled"}
    assert scanned(files, "action-pinned") == found


@pytest.mark.parametrize("path", [".", "live", "live/main.tf"])
def test_what_git_ignores_does_not_count(scanned: Callable[..., Found], path: str) -> None:
    files = {"live/main.tf": BUCKET, ".trivyignore": "AVD-AWS-0092", ".gitignore": ".trivyignore"}
    assert scanned(files, RULE, path) == {("live/main.tf", 2): None}


def test_what_is_kept_between_scans_goes_by_them(scanned: Callable[..., Found]) -> None:
    skipped = {"main.tf": BUCKET, ".checkov.yaml": "skip-check: [CKV_AWS_20]"}
    kept = {".checkov.yaml": "skip-check: []"}
    assert scanned(skipped, cached=True) == {("main.tf", 2): "skip-check: CKV_AWS_20"}
    assert scanned(kept, cached=True) == {("main.tf", 2): None}
    assert scanned(skipped, cached=True) == {("main.tf", 2): "skip-check: CKV_AWS_20"}


def test_the_text_report_says_where_it_stands(tmp_path: Path, guardrail: Guardrail) -> None:
    (tmp_path / "main.tf").write_text(BUCKET)
    (tmp_path / ".checkov.yaml").write_text("skip-check:\n  - CKV_AWS_20  # a web site\n")
    out = guardrail("scan", tmp_path, "--rule", RULE, "--verbose").out
    assert "    waiver: skip-check: CKV_AWS_20: a web site (.checkov.yaml:2:5)\n" in out


def test_it_may_be_refused(scanned: Callable[..., Found]) -> None:
    files = {"main.tf": BUCKET, ".checkov.yaml": "skip-check: [CKV_AWS_20]", "guardrail.yaml": "peer_ignores: false\n"}
    assert scanned(files) == {("main.tf", 2): None}


@pytest.mark.parametrize(
    "text",
    [
        "skip-check: [" + "CKV_AWS_20, " * (MAX_BYTES // 10) + "]",
        "a: &a [x]\n" * 99,
        "\x00",
        "skip-check: [[[]]]",
        "[" * 9999,
    ],
    ids=["large", "aliases", "NUL", "lists", "deep"],
)
def test_hostile_files(tmp_path: Path, text: str) -> None:
    (tmp_path / ".checkov.yaml").write_text(text)
    assert read_waived(Tree(str(tmp_path)), [".checkov.yaml"]) == ()


def test_reasons_have_an_end(tmp_path: Path) -> None:
    (tmp_path / ".trivyignore").write_text("# " + "so " * 1000 + "\nAVD-AWS-0092\n")
    (found,) = read_waived(Tree(str(tmp_path)), [".trivyignore"])
    assert len(found.reason) == 300


def test_a_link_out_of_the_tree_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("skip-check: [CKV_AWS_20]")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/.checkov.yaml").symlink_to(tmp_path / "outside")
    assert read_waived(Tree(str(tmp_path / "tree")), [".checkov.yaml"]) == ()


def test_who_grants_too_much_is_told_all_the_same(scanned: Callable[..., Found]) -> None:
    """What Checkov says of resources that are not named is less than what these rules say."""
    policy: Any = {"Statement": [{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]}
    text = f'resource "aws_iam_policy" "p" {{\n  policy = jsonencode({json.dumps(policy)})\n}}\n'
    found = scanned({"main.tf": text, ".checkov.yaml": "skip-check: [CKV_AWS_355]"}, "grant-data-access-bounded")
    assert found
    assert set(found.values()) == {None}


STORES = """
    resource "aws_sns_topic" "a" {}
    resource "aws_sqs_queue" "a" {
      sqs_managed_sse_enabled = false
    }
    """


@pytest.mark.parametrize(
    ("name", "text", "waived"),
    [
        (".checkov.yaml", "skip-check: [CKV_AWS_26]", {2}),
        (".checkov.yaml", "skip-check: [CKV_AWS_27]", {4}),
        (".checkov.yaml", "skip-check: ['CKV_AWS_2?']", {2, 4}),
        (".checkov.yaml", "skip-check: [CKV_AWS_3]", set()),  # EBS
        (".trivyignore", "AVD-AWS-0095", {2}),
        (".trivyignore", "AVD-AWS-0096", {4}),
        (".trivyignore", "AVD-AWS-0088", set()),  # S3
    ],
)
def test_of_many_checks_of_one_rule_each_is_about_its_kinds(
    scanned: Callable[..., Found], name: str, text: str, waived: set[int]
) -> None:
    found = scanned({"main.tf": STORES, name: text}, "store-encrypted")
    assert {line: why is not None for (_, line), why in found.items()} == {
        line: line in waived for (_, line) in found
    }
    assert len(found) == 2


def finding_of(kind: str, platform: str, provider: str, replaces: dict[str, list[str]]) -> Finding:
    return Finding(
        "r", "t", "low", "security", "fail", "a", (), kind, platform, provider, NOWHERE, "m", "", (), replaces, {}, "f"
    )


@pytest.mark.parametrize(
    ("scanner", "check", "kind", "platform", "provider", "others", "expected"),
    [
        ("checkov", "CKV_AWS_26", "aws_sns_topic", "terraform", "aws", ["CKV_AWS_27"], True),
        ("checkov", "CKV_AWS_26", "aws_sqs_queue", "terraform", "aws", ["CKV_AWS_27"], False),
        ("checkov", "CKV_AWS_26", "aws_sns_topic_policy", "terraform", "aws", [], True),
        ("checkov", "CKV_AWS_26", "aws_sns_topic_policy", "terraform", "aws", ["CKV_GCP_62"], True),
        ("checkov", "CKV_AWS_26", "google_pubsub_topic", "terraform", "google", [], False),
        ("checkov", "CKV_K8S_16", "Rollout", "kubernetes", "kubernetes", [], True),
        ("checkov", "CKV_GHA_2", "step", "pipeline", "github-actions", ["CKV_CIRCLECIPIPELINES_6"], True),
        ("checkov", "CKV_GHA_2", "step", "pipeline", "gitlab-ci", [], False),
        ("checkov", "CKV_AWS_41", "provider", "terraform", "aws", ["CKV_AWS_45"], True),
        ("trivy", "KSV-0017", "Pod", "kubernetes", "kubernetes", ["KSV-0001"], True),
        ("trivy", "KSV-0017", "kubernetes_pod", "terraform", "kubernetes", ["KSV-0001"], True),
        ("trivy", "AWS-0096", "Pod", "kubernetes", "kubernetes", [], False),
        ("kube-linter", "host-pid", "Pod", "kubernetes", "kubernetes", [], True),
        ("kube-linter", "host-pid", "kubernetes_pod", "terraform", "kubernetes", [], False),
        ("zizmor", "unpinned-uses", "step", "pipeline", "github-actions", [], True),
        ("zizmor", "unpinned-uses", "job", "pipeline", "gitlab-ci", [], False),
    ],
)
def test_what_checks_speak_of(
    scanner: str, check: str, kind: str, platform: str, provider: str, others: list[str], expected: bool
) -> None:
    finding = finding_of(kind, platform, provider, {scanner: [check, *others]})
    assert speaks_of(scanner, check, finding) is expected


def test_what_every_replaced_check_speaks_of_is_known() -> None:
    known = json.loads((REPOSITORY / "src/guardrail/exceptions/peer_kinds.json").read_text())["kinds"]
    for rule in (REPOSITORY / "rules").rglob("*.yaml"):
        replaced = yaml.safe_load(rule.read_text()).get("replaces") or {}
        for scanner in ("checkov", "trivy"):
            assert set(replaced.get(scanner, ())) <= set(known[scanner]), rule.name
