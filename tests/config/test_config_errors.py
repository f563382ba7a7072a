"""Every way to get guardrail.yaml wrong ends in a place and a word of help."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from guardrail.config import load
from guardrail.config.source import SCHEMA, _conforms
from guardrail.errors import ConfigError
from guardrail.model import CATEGORIES, SEVERITIES
from guardrail.tree import Tree

SCHEMA_DATA = json.loads(Path(SCHEMA).read_text(encoding="utf-8"))


SCALARS = "on, off, critical, high, medium, low, info"
SEVERITY_WORDS = "critical, high, medium, low, info"
KEYS = (
    "baseline, bindings, categories, environments, exceptions, exclude, fail_on, helm, min_severity, packs, paths, "
    "peer_ignores, profile, rules, scanners, terraform, version, waivers"
)
HIGH = '"hgih"; did you mean "high"?'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("exlude: [a]\n", '1:1: unknown key "exlude"; did you mean "exclude"?'),
        ("version: 1\nzzz: 1\n", f'2:1: unknown key "zzz"; known are {KEYS}'),
        ("version: 2\n", "1:1: version must be 1, not 2"),
        ("peer_ignores: off the record\n", "1:1: peer_ignores must be true or false, not text"),
        ("fail_on: hgih\n", f'1:1: fail_on must be one of {SEVERITY_WORDS}, never, not {HIGH}'),
        ("rules:\n  r: medum\n", f'2:3: rules.r must be one of {SCALARS}, not "medum"; did you mean "medium"?'),
        ("rules:\n  r: 3\n", f"2:3: rules.r must be one of {SCALARS}, not 3"),
        ("rules:\n  r:\n", f"2:3: rules.r must be one of {SCALARS}, not nothing"),
        ("rules:\n  r:\n    severty: low\n", '3:5: unknown key "severty" in rules.r; did you mean "severity"?'),
        ("rules:\n  r: {enforce: wran}\n",
         '2:7: rules.r.enforce must be one of block, warn, off, not "wran"; did you mean "warn"?'),
        ("rules:\n  r: {parameters: [1]}\n", "2:7: rules.r.parameters must be a mapping, not a list"),
        ("rules: [a]\n", "1:1: rules must be a mapping, not a list"),
        ("categories: {costs: off}\n", '1:14: unknown key "costs" in categories; did you mean "cost"?'),
        ("categories: {cost: high}\n", '1:14: categories.cost must be one of on, off, not "high"'),
        ("exclude: a\n", "1:1: exclude must be a list, not text"),
        ("exclude:\n  - a\n  - ''\n", "3:5: exclude[1] is empty"),
        ("exclude:\n  - a\n  - 3\n", "3:5: exclude[1] must be text, not 3"),
        ("exclude: ['[a']\n", '1:11: "[a" is not a glob that could match anything'),
        ("paths:\n  - rules: {}\n", "2:5: paths[0] has no match"),
        ("paths:\n  - match: [a]\n    rulse: {}\n", '3:5: unknown key "rulse" in paths[0]; did you mean "rules"?'),
        ("terraform: {var_files: [nope.tfvars]}\n", '1:25: there is no file "nope.tfvars"'),
        ("terraform: {var_files: [../x.tfvars]}\n", '1:25: "../x.tfvars" leads out of the tree'),
        ("- a\n", "1:1: the file must be a mapping, not a list"),
        ("just text\n", "1:1: the file must be a mapping, not text"),
        ("rules: {a: off\n", "2:1: not valid YAML: did not find expected ',' or '}'"),
        ("rules: {a: off}\nrules: {b: off}\n", "2:1: key 'rules' stands twice"),
        ("exclude: [./gen/]\n", '1:11: "./gen/" can match nothing: write "/gen/"'),
        ("paths:\n  - match: [a, './envs/**']\n", '2:16: "./envs/**" can match nothing: write "envs/**"'),
        ("paths:\n  - match: ['!envs\\dev\\*']\n", '2:13: "!envs\\dev\\*" can match nothing: write "!envs/dev/*"'),
        ("exclude: [././x]\n", '1:11: "././x" can match nothing: write "/x"'),
        ("rules: {}\n---\nrules: {}\n", "2:1: holds more than one YAML document"),
        ("rules: {a: !x off}\n", f"1:9: rules.a must be one of {SCALARS}, not a value with a tag"),
    ],
)  # fmt: skip
def test_the_error_names_place_and_nearest_word(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "guardrail.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(Tree(str(tmp_path)))
    assert str(caught.value) == f"guardrail.yaml:{message}"
    assert caught.value.exit_code == 2


def test_of_several_errors_the_first_in_the_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "guardrail.yaml").write_text("rules:\n  b: [x]\n  a: [x]\nfail_on: x\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(Tree(str(tmp_path)))
    assert (caught.value.line, caught.value.column) == (2, 3)


@pytest.mark.parametrize("key", ["fail_on: high", "terraform: {}"])
def test_some_keys_count_only_at_the_base(tmp_path: Path, key: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "guardrail.yaml").write_text(f"version: 1\n{key}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="only counts in the") as caught:
        load(Tree(str(tmp_path))).for_path("a/m.tf")
    assert (caught.value.file, caught.value.line, caught.value.column) == ("a/guardrail.yaml", 2, 1)


def test_two_files_in_one_folder_are_an_error(tmp_path: Path) -> None:
    for name in ("guardrail.yaml", ".guardrail.yml"):
        (tmp_path / name).write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="stands in the same folder"):
        load(Tree(str(tmp_path)))


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a: \x00", b"a: \xff"])
def test_what_is_no_text_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "guardrail.yaml").write_bytes(content)
    with pytest.raises(ConfigError):
        load(Tree(str(tmp_path)))


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    os.symlink("/nonexistent/guardrail.yaml", tmp_path / "guardrail.yaml")
    with pytest.raises(ConfigError, match="leads out of"):
        load(Tree(str(tmp_path)))
    with pytest.raises(ConfigError, match="is not there"):
        load(Tree(str(tmp_path)), str(tmp_path / "missing.yaml"))


def test_the_schema_lists_the_severities_and_categories_of_the_model() -> None:
    definitions = SCHEMA_DATA["$defs"]
    assert tuple(definitions["categories"]["properties"]) == CATEGORIES
    assert tuple(SCHEMA_DATA["properties"]["fail_on"]["enum"]) == (*SEVERITIES, "never")
    rule = definitions["rules"]["additionalProperties"]
    assert tuple(rule["then"]["properties"]["severity"]["enum"]) == SEVERITIES
    assert tuple(rule["else"]["enum"][4:]) == SEVERITIES
    Draft202012Validator.check_schema(SCHEMA_DATA)


WORDS = st.sampled_from(
    ["version", "exclude", "fail_on", "rules", "categories", "paths", "terraform", "match", "severity", "enforce",
     "parameters", "cost", "security", "var_files", "variables", "off", "on", "high", "warn", "never", "", "x"]
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(0, 2), st.just(1.0), WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(VALUES)
def test_what_the_short_cut_lets_through_jsonschema_lets_through(value: Any) -> None:
    if _conforms(value, SCHEMA_DATA, SCHEMA_DATA):
        Draft202012Validator(SCHEMA_DATA).validate(value)


def test_a_right_file_costs_no_import_of_jsonschema(tmp_path: Path) -> None:
    (tmp_path / "guardrail.yaml").write_text("rules: {a-*: off, b: {severity: low}}\n", encoding="utf-8")
    script = (
        "import sys; from guardrail.config import load; from guardrail.tree import Tree\n"
        f"load(Tree({str(tmp_path)!r})).for_path('m.tf').rule('a', 'cost')\n"
        "assert not {'jsonschema', 'difflib'} & set(sys.modules), sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_globs_may_have_what_git_lets_them_have(tmp_path: Path) -> None:
    (tmp_path / "guardrail.yaml").write_text("exclude: ['\\#a', '!\\!b', 'c\\ ', 'd\\*', '.e', '.f/g', '**/h', '/i']\n")
    assert len(load(Tree(str(tmp_path))).file_in("").exclude_lines) == 8  # type: ignore[union-attr]
