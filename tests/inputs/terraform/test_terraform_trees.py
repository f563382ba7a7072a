"""Trees of modules, each with an expected.json: what the resources and outputs of its root come to.

Where that has `confirmed`, the values are those of `terraform plan`. To have them confirmed again by a Terraform of
your own (1.11 or later), name its binary in GUARDRAIL_TERRAFORM. In the values `{"$unknown": true}` stands for what is
not known; "(tags)" are effective tags, "(uncertain)" says that nobody knows whether there is such a resource.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.table import is_terraform
from guardrail.inputs.terraform import read
from guardrail.model import Sensitive, Unknown, plain
from guardrail.tree import Tree

FOLDER = Path(__file__).parents[2] / "fixtures/terraform/trees"
TREES = sorted(path.name for path in FOLDER.iterdir())
EXPECTED = {name: json.loads((FOLDER / name / "expected.json").read_text(encoding="utf-8")) for name in TREES}
CONFIRMED = [name for name in TREES if "confirmed" in EXPECTED[name]]
TERRAFORM = os.environ.get("GUARDRAIL_TERRAFORM", "")


def files_of(base: Path) -> list[str]:
    names = (path.relative_to(base) for path in base.rglob("*") if path.is_file())
    return sorted(name.as_posix() for name in names if ".terraform" not in name.parts and is_terraform(name.name))


def shown(value):
    if isinstance(value, Unknown):
        return {"$unknown": True}
    if isinstance(value, Sensitive):
        return shown(value.reveal())
    if isinstance(value, dict):
        return {str(key): shown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shown(item) for item in value]
    return str(value) if isinstance(value, str) else value


def attributes_of(resource):
    found = {key: shown(value) for key, value in resource.attributes.items() if key != "lifecycle"}
    if resource.tags is not None:
        found["(tags)"] = shown(resource.tags)
    if resource.uncertain is not None:
        found["(uncertain)"] = True
    return found


def options_of(expected) -> ReadOptions:
    given_here = expected.get("options", {})
    return ReadOptions(
        variables=tuple(given_here.get("variables", {}).items()),
        var_files=tuple(given_here.get("var_files", ())),
        environment="environment" in given_here,
    )


@pytest.mark.parametrize("name", TREES)
def test_a_tree_comes_to_what_is_expected(name, monkeypatch):
    expected = EXPECTED[name]
    for variable, value in expected.get("options", {}).get("environment", {}).items():
        monkeypatch.setenv(variable, value)
    base = FOLDER / name
    made = read(files_of(base), Tree(str(base)), options_of(expected))
    resources = {
        (f"{r.root}: " if r.root else "") + r.address: attributes_of(r) for r in made.resources if r.mode != "config"
    }
    outputs = {
        r.local.removeprefix("output."): shown(r.attributes["value"])
        for r in made.resources
        if r.kind == "output" and not r.trace and not r.root
    }
    assert resources == expected["resources"]
    assert outputs == expected["outputs"]
    assert sorted([p.kind, p.file, p.line] for p in made.problems) == expected["problems"]
    assert sorted([n.kind, n.file, n.line] for n in made.notes) == expected["notes"]


def test_environment_counts_only_where_it_is_asked_for(monkeypatch):
    monkeypatch.setenv("TF_VAR_b", "environment")
    base = FOLDER / "variable-precedence"
    made = read(files_of(base), Tree(str(base)), ReadOptions())
    resource = next(r for r in made.resources if r.address == "terraform_data.r")
    assert resource.attributes["input"][1] == "default"


def test_environment_is_told_as_an_origin(monkeypatch):
    monkeypatch.setenv("TF_VAR_a", "x")
    tree = Tree("/nonexistent", {"main.tf": b'variable "a" {}\nresource "a_b" "c" { x = var.a }\n'})
    made = read(["main.tf"], tree, ReadOptions(environment=True))
    assert [origin.note for origin in made.resources[0].attributes.origin_of("x")] == ["TF_VAR_a of the environment"]


def test_most_trees_are_confirmed():
    assert len(TREES) >= 30
    assert len(CONFIRMED) >= 18


# ---- nothing raises ----


def contents(name: str) -> dict[str, bytes]:
    base = FOLDER / name
    return {path.relative_to(base).as_posix(): path.read_bytes() for path in base.rglob("*") if path.is_file()}


SHAPES = ("nested-modules", "override-files", "json-configuration", "optional-attributes", "provider-for-each",
          "module-repetition", "conditional-types", "collections", "templates", "vendored-modules", "check-data",
          "refactoring-blocks", "variable-precedence")  # fmt: skip
FILES = {name: contents(name) for name in SHAPES}
PIECES = ("", "{", "}", "[", "]", '"', "${", "%{", "\n", "=", "null", "<<-X\n", "each.key", "*", "...", "for ",
          "module.", "count = 2\n", "1e9", "\0", "é", "/*")  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_damaged_tree_raises(data):
    name = data.draw(st.sampled_from(SHAPES))
    files = dict(FILES[name])
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(sorted(files)))
        content = files[path]
        start = data.draw(st.integers(0, len(content)))
        end = min(len(content), start + data.draw(st.sampled_from((0, 0, 1, 5, 40))))
        quoted = st.sampled_from(sorted(FILES[name])).map(lambda other: f'"{other}"')
        piece = data.draw(st.sampled_from(PIECES) | quoted)
        files[path] = content[:start] + piece.encode() + content[end:]
    names = sorted(path for path in files if is_terraform(path) and ".terraform" not in path)
    made = read(names, Tree("/nonexistent", files), ReadOptions())
    assert set(made.files) == set(names)
    for resource in made.resources:
        plain(resource.attributes)
        for key in resource.attributes:
            resource.attributes.origin_of(key)


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["Modules", "Key", "Dir", "Source", "m", "..", "/"]), inner, max_size=4),
        max_leaves=12,
    )
)
def test_no_manifest_raises(manifest):
    files = {
        "main.tf": b'module "m" {\n  source = "a/b/c"\n}\n',
        ".terraform/modules/modules.json": json.dumps(manifest).encode(),
    }
    made = read(["main.tf"], Tree("/nonexistent", files), ReadOptions())
    assert [note.kind for note in made.notes] == ["remote-module"]


# ---- confirmed by Terraform itself ----


def merged(value, unknown):
    if unknown is True:
        return {"$unknown": True}
    if isinstance(unknown, dict):
        known = {key: merged(item, unknown.get(key)) for key, item in (value or {}).items()}
        return known | {key: merged(None, item) for key, item in unknown.items() if key not in known and item}
    if isinstance(unknown, list):
        return [merged(item, unknown[at] if at < len(unknown) else None) for at, item in enumerate(value)]
    return value


def run(*command: str, cwd: Path, **variables: str) -> str:
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1", **variables}
    done = subprocess.run([TERRAFORM, *command], cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not TERRAFORM, reason="GUARDRAIL_TERRAFORM names no Terraform")
@pytest.mark.parametrize("name", CONFIRMED)
def test_terraform_agrees(name, tmp_path):
    expected = EXPECTED[name]
    base = tmp_path / name
    shutil.copytree(FOLDER / name, base)
    given_here = expected.get("options", {})
    variables = given_here.get("environment", {})
    if not (base / ".terraform").exists():
        run("init", "-no-color", cwd=base)
    files = [f"-var-file={file}" for file in given_here.get("var_files", ())]
    values = [f"-var={key}={value}" for key, value in given_here.get("variables", {}).items()]
    run("plan", "-no-color", "-out=plan", *files, *values, cwd=base, **variables)
    plan = json.loads(run("show", "-json", "plan", cwd=base))
    changes = {item["address"]: item["change"] for item in plan.get("resource_changes", [])}
    assert set(changes) == set(expected["resources"])
    for address, attributes in expected["resources"].items():
        whole = merged(changes[address]["after"], changes[address]["after_unknown"])
        assert {key: whole[key] for key in attributes} == attributes
    outputs = {
        key: merged(change["after"], change["after_unknown"]) for key, change in plan.get("output_changes", {}).items()
    }
    assert outputs == expected["outputs"]
