"""Packs of rules: found, named, judged; and what Python of theirs is run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from harness import EXAMPLES

from guardrail.errors import ConfigError, GuardrailError, RuleError
from guardrail.policy import packs as packs_module
from guardrail.policy.bundle import load_bundle
from guardrail.scanning import Request, prepare, scan
from guardrail.shipped import folder

RULE = """
id: bucket-names
title: Buckets are named after the team that owns them
severity: medium
category: tagging
why: Whoever finds a bucket has to know whom to ask about it.
remedy: Let the name begin with the team's name and a dash.
parameters:
  teams: {type: list, default: [shop, web], help: The names of the teams.}
checks:
  - on: aws_s3_bucket
    require: {bucket: {starts_with: $teams}}
    message: "{name} is called {value}, which begins with no team's name"
examples:
  - fail: |
      resource "aws_s3_bucket" "b" {
        bucket = "stuff" # guardrail:expect
      }
  - pass: |
      resource "aws_s3_bucket" "b" {
        bucket = "shop-stuff"
      }
"""
CODE = '''
import guardrail

with open(__file__ + ".ran", "w") as stream:
    stream.write("ran")


@guardrail.rule(
    id="names-differ",
    on="aws_s3_bucket",
    title="No two buckets have the same name",
    severity="high",
    category="reliability",
    why="Only one of them can be made; the other fails when it is applied.",
    remedy="Give one of the buckets another name.",
    parameters={"least": {"type": "number", "default": 3, "help": "Shorter names are not compared."}},
    examples=[
        {"fail": """
resource "aws_s3_bucket" "a" {
  bucket = "same" # guardrail:expect
}
resource "aws_s3_bucket" "b" {
  bucket = "same" # guardrail:expect
}
"""},
        {"pass": """
resource "aws_s3_bucket" "a" {
  bucket = "one"
}
"""},
    ],
)
def names_differ(resource, inventory, parameters):
    name = resource.attributes.get("bucket")
    if isinstance(name, guardrail.Unknown):
        return guardrail.undetermined(at="bucket")
    if name is None or len(name) < parameters["least"]:
        return None
    same = [one for one in inventory.by_kind["aws_s3_bucket"] if one.attributes.get("bucket") == name]
    if len(same) > 1:
        return guardrail.failed(f"{resource.local} is called {name}, as is another bucket", at="bucket")
    return guardrail.passed()
'''
BUCKETS = """
variable "name" {}

resource "aws_s3_bucket" "a" {
  bucket = "stuff"
}

resource "aws_s3_bucket" "b" {
  bucket = "stuff"
}

resource "aws_s3_bucket" "c" {
  bucket = var.name
}
"""


def write(base: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_text(text)
    return base


def pack(base: Path, **more: str) -> Path:
    files = {"pack.yaml": "name: acme\nversion: 1.2.0\nowner: platform\n", "rules/naming/bucket-names.yaml": RULE}
    return write(base, {**files, **{name.replace("__", "/"): text for name, text in more.items()}})


def repository(base: Path, config: str = "packs: [{path: policy/acme}]\n") -> Path:
    (base / ".git").mkdir(parents=True)
    return write(base, {"guardrail.yaml": config, "main.tf": BUCKETS})


def found(path: Path, *only: str, **more: Any) -> list[tuple[str, str, str, int]]:
    result = scan(Request(paths=(str(path),), only=only, **more))
    assert [problem.message for problem in result.problems] == []
    return [(f.rule, f.severity, f.verdict, f.span.line) for f in result.findings if "/" in f.rule]


def refused(path: Path, **more: Any) -> GuardrailError:
    with pytest.raises(GuardrailError) as caught:
        prepare(Request(paths=(str(path),), **more))
    assert caught.value.exit_code == 2
    return caught.value


def test_a_pack_s_rules_apply_under_its_name(tmp_path: Path) -> None:
    pack(repository(tmp_path) / "policy/acme")
    assert found(tmp_path) == [
        ("acme/bucket-names", "medium", "fail", 5),
        ("acme/bucket-names", "medium", "fail", 9),
        ("acme/bucket-names", "medium", "undetermined", 13),
    ]
    assert found(tmp_path, "acme/bucket-names") == found(tmp_path)
    assert "acme/bucket-names" not in load_bundle(folder("rules")).rules


def test_rules_of_a_pack_are_set_and_ignored_like_any_other(tmp_path: Path) -> None:
    pack(repository(tmp_path) / "policy/acme")
    (tmp_path / "guardrail.yaml").write_text(
        "packs: [{path: policy/acme}]\nrules:\n  acme/bucket-names: {severity: low, parameters: {teams: [stuff]}}\n"
    )
    assert found(tmp_path) == [("acme/bucket-names", "low", "undetermined", 13)]
    (tmp_path / "guardrail.yaml").write_text("packs: [{path: policy/acme}]\nrules: {acme/bucket-nams: off}\n")
    assert 'did you mean "acme/bucket-names"?' in str(refused(tmp_path))
    (tmp_path / "guardrail.yaml").write_text("packs: [{path: policy/acme}]\n")
    text = BUCKETS.replace('bucket = "stuff"', 'bucket = "stuff" # guardrail:ignore acme/bucket-names reason="old"')
    (tmp_path / "main.tf").write_text(text)
    findings = scan(Request(paths=(str(tmp_path),), only=("acme/bucket-names",))).findings
    assert [(f.span.line, f.suppression is not None) for f in findings] == [(5, True), (9, True), (13, False)]


def test_a_pack_s_policy_is_refined_by_guardrail_yaml(tmp_path: Path) -> None:
    policy = "rules:\n  store-versioned: critical\n  acme/bucket-names: {enforce: warn}\n  bucket-lifecycle: off\n"
    pack(repository(tmp_path) / "policy/acme", policy__yaml="").joinpath("policy.yaml").write_text(policy)
    plan = prepare(Request(paths=(str(tmp_path),)))
    settings = plan.config.for_path("main.tf")
    assert settings.rule("store-versioned", "reliability").severity == "critical"
    assert settings.rule("store-versioned", "reliability").provenance["severity"][:2] == ("policy/acme/policy.yaml", 2)
    assert settings.rule("acme/bucket-names", "tagging").enforce == "warn"
    assert not settings.rule("bucket-lifecycle", "cost").enabled
    (tmp_path / "guardrail.yaml").write_text("packs: [{path: policy/acme}]\nrules: {store-versioned: low}\n")
    settings = prepare(Request(paths=(str(tmp_path),))).config.for_path("main.tf")
    assert settings.rule("store-versioned", "reliability").severity == "low"


def test_what_a_pack_may_not_say(tmp_path: Path) -> None:
    acme = pack(repository(tmp_path) / "policy/acme")
    (acme / "policy.yaml").write_text("fail_on: low\n")
    assert str(refused(tmp_path)).startswith('policy/acme/policy.yaml:1:1: "fail_on" is not for a pack to say')
    (acme / "policy.yaml").write_text("rules: {no-such-rule: off}\n")
    assert str(refused(tmp_path)).startswith('policy/acme/policy.yaml:1:9: there is no rule "no-such-rule"')


def test_bindings_of_a_pack(tmp_path: Path) -> None:
    acme = pack(repository(tmp_path) / "policy/acme")
    (acme / "policy.yaml").write_text("bindings: {pods: {WebApp: spec.pod}}\n")
    assert "WebApp" in prepare(Request(paths=(str(tmp_path),))).bundle.bindings


@pytest.mark.parametrize(
    ("config", "manifest", "message"),
    [
        ("packs: [{path: ../acme}]\n", "", '"../acme" leads out of the tree'),
        ("packs: [{path: policy}]\n", "", '"policy" is no pack: it has no pack.yaml'),
        ("packs: [{path: a, distribution: b}]\n", "", "a pack has either a path or a distribution"),
        ("packs: [{pth: a}]\n", "", 'did you mean "path"?'),
        ("packs: [{distribution: no-such-thing}]\n", "", 'no distribution "no-such-thing" is installed'),
        ("", "name: Acme\nversion: 1\n", '"Acme" is no name for a pack'),
        ("", "name: acme\n", "policy/acme/pack.yaml:1:1: a pack has a version"),
        ("", "name: acme\nversion: 1\nonwer: x\n", 'policy/acme/pack.yaml:3:1: unknown key "onwer"'),
        ("", 'name: acme\nversion: 1\nguardrail: ">=99"\n', "acme wants guardrail >=99; this is"),
        ("", "name: acme\nversion: 1\nguardrail: 99\n", "acme wants guardrail 99; this is"),
        ("", "[]\n", "holds no single mapping"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, config: str, manifest: str, message: str) -> None:
    repository(tmp_path, config or "packs: [{path: policy/acme}]\n")
    acme = pack(tmp_path / "policy/acme")
    if manifest:
        (acme / "pack.yaml").write_text(manifest)
    assert message in str(refused(tmp_path))


def test_a_wrong_rule_of_a_pack_does_not_load(tmp_path: Path) -> None:
    acme = pack(repository(tmp_path) / "policy/acme")
    (acme / "rules/naming/bucket-names.yaml").write_text(RULE.replace("bucket: {starts", "buket: {starts"))
    assert 'policy/acme/rules/naming/bucket-names.yaml:12:15' in str(refused(tmp_path))


def test_a_pack_is_no_way_out_of_the_tree(tmp_path: Path) -> None:
    acme = pack(repository(tmp_path / "repo") / "policy/acme")
    outside = write(tmp_path, {"secret.yaml": RULE}) / "secret.yaml"
    os.remove(acme / "rules/naming/bucket-names.yaml")
    os.symlink(outside, acme / "rules/naming/bucket-names.yaml")
    assert "leads out of the scanned tree" in str(refused(tmp_path / "repo"))
    os.symlink(pack(tmp_path / "other"), tmp_path / "repo/policy/other")
    (tmp_path / "repo/guardrail.yaml").write_text("packs: [{path: policy/other}]\n")
    assert "leads out of the tree" in str(refused(tmp_path / "repo"))


def test_another_content_makes_another_bundle(tmp_path: Path) -> None:
    acme = pack(repository(tmp_path) / "policy/acme")
    rule = acme / "rules/naming/bucket-names.yaml"
    status = rule.stat()
    before = prepare(Request(paths=(str(tmp_path),))).bundle.key
    assert len(found(tmp_path, "acme/bucket-names")) == 3
    rule.write_text(RULE.replace("[shop, web]", "[stuff, ab]"))
    os.utime(rule, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert len(found(tmp_path, "acme/bucket-names")) == 1
    assert prepare(Request(paths=(str(tmp_path),))).bundle.key != before


def test_no_python_of_the_scanned_tree_is_run(tmp_path: Path) -> None:
    acme = pack(repository(tmp_path) / "policy/acme", rules__names="")
    write(acme, {"rules/names.py": CODE})
    for more in ({}, {"config": str(tmp_path / "guardrail.yaml")}, {"packs": (str(acme),)}):
        message = str(refused(tmp_path, **more))
        assert 'the pack "acme" has rules in Python (' in message
        assert "stands in the tree that is scanned, of which no code is run" in message
        assert not (acme / "rules/names.py.ran").exists()


def test_python_of_a_configuration_that_the_user_gave(tmp_path: Path) -> None:
    repository(tmp_path / "repo", "fail_on: low\n")
    (tmp_path / "repo/a.tf").write_text("")
    write(tmp_path / "house", {"ours.yaml": "packs: [{path: acme}]\n", "acme/rules/names.py": CODE})
    acme = pack(tmp_path / "house/acme")
    expected = [
        ("acme/names-differ", "high", "fail", 5),
        ("acme/names-differ", "high", "fail", 9),
        ("acme/names-differ", "high", "undetermined", 13),
    ]
    assert found(tmp_path / "repo", "acme/names-differ", config=str(tmp_path / "house/ours.yaml")) == expected
    assert (acme / "rules/names.py.ran").exists()
    assert found(tmp_path / "repo", "acme/names-differ", packs=(str(acme),)) == expected
    result = scan(Request(paths=(str(tmp_path / "repo"),), only=("acme/names-differ",), packs=(str(acme),)))
    assert result.findings[0].message == "aws_s3_bucket.a is called stuff, as is another bucket"
    assert result.findings[2].message == "aws_s3_bucket.c: cannot tell, because var.name has no value"
    config = "packs: [{path: acme}]\nrules: {acme/names-differ: {severity: low, parameters: {least: 9}}}\n"
    (tmp_path / "house/ours.yaml").write_text(config)
    assert found(tmp_path / "repo", "acme/names-differ", config=str(tmp_path / "house/ours.yaml")) == [
        ("acme/names-differ", "low", "undetermined", 13)
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CODE.replace('severity="high"', 'severity="hgh"'), "'hgh' is not one of"),
        (CODE.replace('"number", "default": 3', '"number", "default": "x"'), "default of parameter 'least'"),
        (CODE.replace("category=", "kategory="), "missing 1 required keyword-only argument: 'category'"),
        ("import guardrail\nraise ValueError('no')\n", "names.py:2: ValueError: no"),
        ("def\n", "names.py:1: SyntaxError"),
    ],
)
def test_a_wrong_rule_in_python_does_not_load(tmp_path: Path, text: str, message: str) -> None:
    repository(tmp_path / "repo", "fail_on: low\n")
    acme = write(pack(tmp_path / "acme"), {"rules/names.py": text})
    assert message in str(refused(tmp_path / "repo", packs=(str(acme),)))


def test_a_crash_in_python_is_a_problem_and_not_a_pass(tmp_path: Path) -> None:
    repository(tmp_path / "repo", "fail_on: low\n")
    body = CODE.replace("isinstance(name, guardrail.Unknown)", "False")
    acme = write(pack(tmp_path / "acme"), {"rules/names.py": body})
    result = scan(Request(paths=(str(tmp_path / "repo"),), only=("acme/names-differ",), packs=(str(acme),)))
    assert [(p.kind, p.file, p.line) for p in result.problems] == [("rule-crash", "main.tf", 12)]
    assert result.exit_code == 3


def installed(site: Path, name: str = "acme-rules") -> None:
    pack(site / "acme_rules")
    write(site, {"acme_rules/rules/names.py": CODE, f"{name.replace('-', '_')}-1.dist-info/METADATA":
                 f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n"})  # fmt: skip
    files = [str(path.relative_to(site)) for path in site.rglob("*") if path.is_file()]
    record = "".join(f"{file},,\n" for file in files)
    write(site, {f"{name.replace('-', '_')}-1.dist-info/RECORD": record})


def test_an_installed_distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path / "site")
    monkeypatch.setattr(packs_module, "site_packages", lambda: [str(tmp_path / "site")])
    repository(tmp_path / "repo", "packs: [{distribution: acme-rules}]\n")
    rules = [rule for rule, *_ in found(tmp_path / "repo")]
    assert rules == ["acme/names-differ", "acme/bucket-names"] * 3


def test_a_distribution_in_the_scanned_tree_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(repository(tmp_path, "packs: [{distribution: acme-rules}]\n"))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert isinstance(error := refused(tmp_path), ConfigError)
    assert 'no distribution "acme-rules" is installed beside guardrail' in str(error)


def test_two_packs_of_one_name(tmp_path: Path) -> None:
    repository(tmp_path, "packs: [{path: one}, {path: two}]\n")
    pack(tmp_path / "one")
    pack(tmp_path / "two")
    assert 'two packs are called "acme"' in str(refused(tmp_path))


def test_packs_count_only_at_the_base(tmp_path: Path) -> None:
    repository(tmp_path, "fail_on: low\n")
    write(tmp_path, {"sub/guardrail.yaml": "packs: [{path: acme}]\n", "sub/main.tf": BUCKETS})
    assert "packs only counts in the guardrail.yaml at the base of the tree" in str(refused(tmp_path))


def test_a_pack_of_the_command_line_that_is_none(tmp_path: Path) -> None:
    repository(tmp_path, "fail_on: low\n")
    assert "is no pack: it has no pack.yaml" in str(refused(tmp_path, packs=(str(tmp_path),)))
    write(tmp_path / "x", {"pack.yaml": "- 1\n"})
    assert isinstance(refused(tmp_path, packs=(str(tmp_path / "x"),)), RuleError)


def test_examples_of_a_pack_are_run(tmp_path: Path, guardrail: Any) -> None:
    acme = write(pack(tmp_path / "acme"), {"rules/names.py": CODE})
    run = guardrail("rules", "test", acme)
    assert (run.code, run.err) == (0, "")
    assert "1 rules, 2 examples, 0 failures" in run.out
    assert "names-differ, 2 examples" in run.out
    write(acme, {"rules/names.py": CODE.replace('"same" # guardrail:expect', '"same"')})
    run = guardrail("rules", "test", acme)
    assert run.code == 1
    assert "names-differ: example 1: no line is marked" in run.out


def test_rules_of_a_pack_are_listed_and_shown(
    tmp_path: Path, guardrail: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack(repository(tmp_path) / "policy/acme")
    monkeypatch.chdir(tmp_path)
    assert "acme/bucket-names" in guardrail("rules", "list").out
    assert "Buckets are named after the team" in guardrail("rules", "show", "acme/bucket-names").out
    shown = guardrail("config", "show", ".").out
    assert 'packs: {"path": "policy/acme"}  (guardrail.yaml:1)' in shown


def test_the_example_in_the_repository(tmp_path: Path, guardrail: Any) -> None:
    acme = EXAMPLES / "acme-rules" / "acme_rules"
    run = guardrail("rules", "test", acme)
    assert (run.code, run.err) == (0, "")
    assert "bucket-clashes, 3 examples" in run.out
    repository(tmp_path, "rules: {acme/bucket-names: {enforce: block}}\n")
    assert {rule for rule, *_ in found(tmp_path, packs=(str(acme),))} == {"acme/bucket-clashes", "acme/bucket-names"}
    request = Request(paths=(str(tmp_path),), packs=(str(acme),), profiles=("acme/service",))
    only = {finding.rule for finding in scan(request).findings}
    assert "required-tags" in only
    assert "store-versioned" not in only
