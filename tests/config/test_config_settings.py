from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guardrail.config import DEFAULT, Config, check_rule_ids, load
from guardrail.config.show import text
from guardrail.errors import ConfigError
from guardrail.tree import Tree


def config_of(base: Path, files: dict[str, str], explicit: str | None = None) -> Config:
    for name, content in files.items():
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_text(content, encoding="utf-8")
    return load(Tree(str(base)), explicit)


def test_without_a_file_every_rule_is_as_it_is_by_default(tmp_path: Path) -> None:
    config = config_of(tmp_path, {})
    assert config.for_path("a/b/main.tf").rule("any-rule", "cost") is DEFAULT
    assert (DEFAULT.enabled, DEFAULT.severity, DEFAULT.enforce, DEFAULT.parameters) == (True, None, "block", {})
    assert (config.fail_on, config.var_files, config.variables) == ("low", (), ())
    assert config.files == []
    assert not config.excluded("a/b/main.tf")


def test_a_rule_is_set_in_one_word_or_key_by_key(tmp_path: Path) -> None:
    config = config_of(
        tmp_path,
        {
            "guardrail.yaml": """\
version: 1
fail_on: high
rules:
  a-rule: off
  b-rule: on
  c-rule: false
  d-rule: critical
  required-tags:
    severity: high
    enforce: warn
    parameters:
      keys: [Owner, CostCenter]
  e-rule: {enforce: off}
"""
        },
    )
    settings = config.for_path("x.tf")
    assert config.fail_on == "high"
    assert not settings.rule("a-rule", "security").enabled
    assert settings.rule("b-rule", "security").enabled
    assert not settings.rule("c-rule", "security").enabled
    assert not settings.rule("e-rule", "security").enabled
    assert settings.rule("d-rule", "security")[:3] == (True, "critical", "block")
    tags = settings.rule("required-tags", "tagging")
    assert tags[:4] == (True, "high", "warn", {"keys": ["Owner", "CostCenter"]})
    assert tags.provenance["severity"] == ("guardrail.yaml", 9, 5)
    assert tags.provenance["parameters.keys"] == ("guardrail.yaml", 12, 7)
    assert settings.rule("not-named", "security") is DEFAULT


def test_a_nearer_file_refines_a_farther_one_key_by_key(tmp_path: Path) -> None:
    config = config_of(
        tmp_path,
        {
            "guardrail.yaml": "rules:\n  r: {severity: high, parameters: {a: 1, b: 2}}\n  s: off\n",
            "envs/guardrail.yml": "rules:\n  r: {enforce: warn, parameters: {b: 3}}\n",
            "envs/dev/.guardrail.yaml": "rules:\n  s: medium\n",
        },
    )
    far, middle, near = (config.for_path(path) for path in ("m.tf", "envs/m.tf", "envs/dev/deep/m.tf"))
    assert far.rule("r", "cost")[:4] == (True, "high", "block", {"a": 1, "b": 2})
    assert middle.rule("r", "cost")[:4] == (True, "high", "warn", {"a": 1, "b": 3})
    provenance = near.rule("r", "cost").provenance
    assert [(key, provenance[key].file, provenance[key].line) for key in sorted(provenance)] == [
        ("enabled", "envs/guardrail.yml", 2),
        ("enforce", "envs/guardrail.yml", 2),
        ("parameters.a", "guardrail.yaml", 2),
        ("parameters.b", "envs/guardrail.yml", 2),
        ("severity", "guardrail.yaml", 2),
    ]
    assert not middle.rule("s", "cost").enabled
    assert near.rule("s", "cost")[:2] == (True, "medium")


def test_within_a_file_id_beats_glob_beats_category(tmp_path: Path) -> None:
    content = """\
categories: {cost: off}
rules:
  cost-kept: on
  cost-*: {severity: info}
  "*-loud": critical
  cost-off-*: off
"""
    settings = config_of(tmp_path, {"guardrail.yaml": content}).for_path("m.tf")
    assert not settings.rule("cost-other", "cost").enabled  # a glob's severity turns nothing on
    assert settings.rule("cost-kept", "cost")[:2] == (True, "info")
    assert settings.rule("cost-loud", "security")[:2] == (True, "critical")  # the later glob wins
    assert not settings.rule("cost-off-loud", "security").enabled


def test_a_nearer_category_beats_a_farther_rule(tmp_path: Path) -> None:
    config = config_of(
        tmp_path, {"guardrail.yaml": "rules: {r: on}\n", "a/guardrail.yaml": "categories: {cost: off}\n"}
    )
    assert config.for_path("m.tf").rule("r", "cost").enabled
    assert not config.for_path("a/m.tf").rule("r", "cost").enabled


def test_paths_refine_in_order_and_the_last_match_wins(tmp_path: Path) -> None:
    content = """\
rules: {r: high}
paths:
  - match: ["dev/**"]
    rules: {r: off}
  - match: ["dev/payments", "*.json"]
    rules: {r: low}
"""
    config = config_of(tmp_path, {"sub/guardrail.yaml": content})
    severities = {
        path: config.for_path(path).rule("r", "cost")[:2]
        for path in ("sub/m.tf", "sub/dev/m.tf", "sub/dev/payments/m.tf", "sub/m.json", "dev/m.tf")
    }
    assert severities == {
        "sub/m.tf": (True, "high"),
        "sub/dev/m.tf": (False, "high"),
        "sub/dev/payments/m.tf": (True, "low"),
        "sub/m.json": (True, "low"),
        "dev/m.tf": (True, None),  # globs are relative to the file's folder
    }


def test_files_of_one_folder_share_their_settings(tmp_path: Path) -> None:
    config = config_of(tmp_path, {"guardrail.yaml": "rules: {r: off}\npaths: [{match: ['*.json'], rules: {r: on}}]\n"})
    assert config.for_path("a.tf") is config.for_path("b/c.tf")
    assert config.for_path("a.tf") is not config.for_path("a.json")


def test_an_explicit_file_is_the_only_one(tmp_path: Path) -> None:
    own = tmp_path / "policy" / "strict.yaml"
    tree = tmp_path / "tree"
    own.parent.mkdir()
    own.write_text("rules: {r: critical}\nexclude: [gen/]\n", encoding="utf-8")
    config = config_of(
        tree, {"guardrail.yaml": "rules: {r: off}\n", "a/guardrail.yaml": "rules: {nonsense"}, explicit=str(own)
    )
    setting = config.for_path("a/m.tf").rule("r", "cost")
    assert setting[:2] == (True, "critical")
    assert setting.provenance["severity"].file == str(own)
    assert config.excluded("gen/m.tf")
    inside = config_of(tree, {"policy.yaml": "rules: {r: low}\n"}, explicit=str(tree / "policy.yaml"))
    assert inside.for_path("m.tf").rule("r", "cost").provenance["severity"].file == "policy.yaml"


def test_excludes_of_all_files_above_count(tmp_path: Path) -> None:
    files = {
        "guardrail.yaml": 'exclude: ["**/vendor/**", "*.gen.tf"]\n',
        "a/guardrail.yaml": 'exclude: ["!ok.gen.tf", /x]\n',
    }
    config = config_of(tmp_path, files)
    paths = ("m.tf", "b/vendor/m.tf", "a/m.gen.tf", "a/ok.gen.tf", "a/x/m.tf", "x/m.tf")
    assert [path for path in paths if config.excluded(path)] == ["b/vendor/m.tf", "a/m.gen.tf", "a/x/m.tf"]


def test_terraform_variables_are_text_as_the_command_line_takes_it(tmp_path: Path) -> None:
    config = config_of(
        tmp_path,
        {
            "guardrail.yaml": """\
terraform:
  var_files: [./envs/prod.tfvars]
  variables: {region: eu-west-1, count: 3, on: true, off: off, zones: [a, b], tags: {Owner: x}, none: null}
""",
            "envs/prod.tfvars": "",
        },
    )
    assert config.var_files == ("envs/prod.tfvars",)
    assert {name: text for name, text, _ in config.variables} == {
        "region": "eu-west-1", "count": "3", "on": "true", "off": "off", "zones": '["a", "b"]',
        "tags": '{"Owner": "x"}', "none": "null",
    }  # fmt: skip


def test_sections_may_be_empty_and_so_may_the_file(tmp_path: Path) -> None:
    content = "rules:\nexclude:\npaths:\ncategories:\nterraform:\n"
    assert config_of(tmp_path, {"guardrail.yaml": content}).for_path("m.tf").rule("r", "cost") is DEFAULT
    assert config_of(tmp_path, {"guardrail.yaml": "# nothing yet\n"}).for_path("m.tf").rule("r", "cost") is DEFAULT


def test_rule_ids_are_checked_against_those_there_are(tmp_path: Path) -> None:
    content = "rules:\n  container-memory-limit: off\n  container-*: low\npaths:\n  - match: [dev]\n    rules:\n      "
    known = ["container-memory-limit", "required-tags"]
    check_rule_ids(config_of(tmp_path, {"guardrail.yaml": content + "required-tags: off\n"}), known)
    with pytest.raises(ConfigError) as caught:
        check_rule_ids(config_of(tmp_path, {"guardrail.yaml": content + "requird-tags: {}\n"}), known)
    assert str(caught.value) == 'guardrail.yaml:7:7: there is no rule "requird-tags"; did you mean "required-tags"?'
    with pytest.raises(ConfigError, match='no rule id matches "pod-\\*"'):
        check_rule_ids(config_of(tmp_path, {"guardrail.yaml": "rules: {'pod-*': off}\n"}), known)


def test_rule_ids_of_nearer_files_are_named_once_they_are_read(tmp_path: Path) -> None:
    config = config_of(tmp_path, {"guardrail.yaml": "rules: {a: off}\n", "x/guardrail.yaml": "rules: {b: off}\n"})
    config.for_path("x/y/m.tf")
    named = [tuple(named) for named in config.rule_ids_named()]
    assert named == [("a", "guardrail.yaml", 1, 9), ("b", "x/guardrail.yaml", 1, 9)]


def test_show_tells_where_each_key_came_from(tmp_path: Path) -> None:
    config = config_of(
        tmp_path,
        {
            "guardrail.yaml": (
                "fail_on: high\ncategories: {cost: off}\nexclude: [gen]\nrules:\n  r: high\n  'c-*': low\n"
            ),
            "a/guardrail.yaml": "rules:\n  r: {parameters: {max: 3}}\n",
        },
    )
    shown: dict[str, Any] = config.show("a/m.tf", [("r", "security"), ("c-1", "cost"), ("s", "security")])
    assert shown["files"] == ["guardrail.yaml", "a/guardrail.yaml"]
    assert shown["fail_on"] == {"value": "high", "file": "guardrail.yaml", "line": 1}
    assert shown["categories"]["cost"] == {"value": False, "file": "guardrail.yaml", "line": 2}
    assert shown["categories"]["tagging"] == {"value": True, "file": None, "line": None}
    assert shown["rules"]["r"]["parameters"]["max"] == {"value": 3, "file": "a/guardrail.yaml", "line": 2}
    assert shown["rules"]["r"]["severity"] == {"value": "high", "file": "guardrail.yaml", "line": 5}
    assert shown["rules"]["c-1"]["enabled"] == {"value": False, "file": "guardrail.yaml", "line": 2}
    assert shown["rules"]["s"]["enabled"] == {"value": True, "file": None, "line": None}
    assert shown["excluded"] is False
    printed = text(shown)
    assert "  rules.r.parameters.max: 3  (a/guardrail.yaml:2)\n" in printed
    assert "  rules.c-1.enabled: off  (guardrail.yaml:2)\n" in printed
    assert "  exclude: gen  (guardrail.yaml:3)\n" in printed
    assert "rules.s" not in printed


@pytest.mark.parametrize("folder", ["", "envs", "envs/dev"])
def test_for_a_folder_it_shows_what_holds_in_it(tmp_path: Path, folder: str) -> None:
    config = config_of(
        tmp_path,
        {
            "guardrail.yaml": "environments: {dev: {match: ['envs/dev/**']}}\nexclude: [envs/dev/gen/]\n"
            "paths: [{match: ['envs/**'], rules: {r: high}}, {match: ['*.tf'], rules: {r: low}}]\nrules: {r: medium}\n",
            "envs/dev/guardrail.yaml": "rules: {r: {enforce: warn}}\n",
            "envs/dev/gen/main.tf": "",
        },
    )
    shown = config.show(folder, [("r", "cost")])
    assert shown["files"] == ["guardrail.yaml", *(["envs/dev/guardrail.yaml"] if folder == "envs/dev" else [])]
    assert [entry["here"] for entry in shown["environments"]] == [folder == "envs/dev"]
    assert shown["rules"]["r"]["severity"]["value"] == ("high" if folder else "medium")
    assert (shown["path"], shown["excluded"]) == (folder, False)
    assert text(shown).startswith(f"settings for {folder or '.'}\n")
    assert config.show("envs/dev/gen")["excluded"] is True
