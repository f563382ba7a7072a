"""More expressions with what Terraform (1.11.4) makes of them, as the JSON that its `jsonencode` writes, so that
numbers count digit by digit; null stands for one that it rejects. They are evaluated in the module of
`fixtures/terraform/expressions`.

`unknowns.json` has expressions of what is known only after apply, with the values that they have in a plan. To have all
of it confirmed by a Terraform of your own, name its binary in GUARDRAIL_TERRAFORM.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from guardrail.formats.hcl import parse_expression
from guardrail.formats.hcl_values import Deferred, EvalError, PartialMap, revealed, survey
from guardrail.inputs.terraform.folder import Sources
from guardrail.inputs.terraform.functions.encoding import json_text
from guardrail.inputs.terraform.module import Module
from guardrail.inputs.terraform.run import Run
from guardrail.model import Unknown
from guardrail.tree import Tree

FIXTURES = Path(__file__).parents[2] / "fixtures/terraform"
FILES = sorted((FIXTURES / "values").glob("*.json"))
TERRAFORM = os.environ.get("GUARDRAIL_TERRAFORM", "")
UNKNOWNS = json.loads((FIXTURES / "unknowns/expressions.json").read_text(encoding="utf-8"))


def module_in(folder: Path) -> Module:
    sources = Sources(["main.tf"], Run(Tree(str(folder))))
    return Module(sources.folder(""), sources)


def evaluated(text: str, module: Module):
    module.run.begin_root()
    value = parse_expression(text, "x.tf", 1).eval(module.scope)
    if isinstance(value, Deferred):
        value = value.force()
    return value


def written(text: str, module: Module) -> str | None:
    try:
        value = evaluated(text, module)
    except (EvalError, ValueError):
        return None
    unknown, _ = survey(value)
    return f"unknown: {unknown[0].reason}" if unknown else json_text(revealed(value))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_values_are_terraforms(path, monkeypatch):
    expected = json.loads(path.read_text(encoding="utf-8"))
    module = module_in(FIXTURES / "expressions")
    made = {text: written(text, module) for text in expected}
    assert {text: found for text, found in made.items() if found != expected[text]} == {}


def test_there_are_many():
    assert sum(len(json.loads(path.read_text(encoding="utf-8"))) for path in FILES) > 3_000
    assert len(UNKNOWNS) > 250


def shown(value):
    if isinstance(value, Unknown):
        return {"$unknown": True}
    assert not isinstance(value, PartialMap)
    if isinstance(value, dict):
        return {key: shown(item) for key, item in value.items()}
    return [shown(item) for item in value] if isinstance(value, list) else value


def test_unknowns_are_those_of_a_plan():
    module = module_in(FIXTURES / "unknowns")
    different = {}
    for text, expected in UNKNOWNS.items():
        try:
            found = shown(revealed(evaluated(text, module)))
        except EvalError:
            found = {"$rejected": True}
        if found != expected:
            different[text] = found
    assert different == {}


# ---- confirmed by Terraform itself ----


def asked(texts: list[str]) -> list[str | None]:
    """What `terraform console` gives for each; the whole batch in one, or in halves where it takes none of it."""
    line = ",".join(f'try(nonsensitive(jsonencode({{v={text}}})),"rejected")' for text in texts)
    done = subprocess.run(
        [TERRAFORM, f"-chdir={FIXTURES / 'expressions'}", "console", "-state=/nonexistent"], input=f"[{line}]\n",
        env={**os.environ, "CHECKPOINT_DISABLE": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        half = len(texts) // 2
        return asked(texts[:half]) + asked(texts[half:]) if half else [None]
    values = [json.loads(row.strip().rstrip(",")) for row in done.stdout.strip().splitlines()[1:-1]]
    return [None if value == "rejected" else value[5:-1] for value in values]


@pytest.mark.skipif(not TERRAFORM, reason="GUARDRAIL_TERRAFORM names no Terraform")
@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_terraform_gives_these_values(path):
    expected = json.loads(path.read_text(encoding="utf-8"))
    texts = list(expected)
    made: list[str | None] = []
    for start in range(0, len(texts), 100):
        made += asked(texts[start : start + 100])
    assert dict(zip(texts, made, strict=True)) == expected


@pytest.mark.skipif(not TERRAFORM, reason="GUARDRAIL_TERRAFORM names no Terraform")
def test_terraform_plans_these_unknowns(tmp_path):
    sys.path.insert(0, str(Path(__file__).parent))
    from test_terraform_roots import merged, rejected_at, terraform

    shutil.copy(FIXTURES / "unknowns/main.tf", tmp_path / "main.tf")
    texts = list(UNKNOWNS)
    output = tmp_path / "outputs.tf"

    def write(numbers: list[int]) -> None:
        output.write_text("".join(f'output "o{at}" {{ value = {texts[at]} }}\n' for at in numbers), encoding="utf-8")

    accepted = [at for at, text in enumerate(texts) if UNKNOWNS[text] != {"$rejected": True}]
    write(accepted)
    terraform("init", cwd=tmp_path)
    terraform("plan", "-out=plan", cwd=tmp_path)
    changes = json.loads(terraform("show", "-json", "plan", cwd=tmp_path))["output_changes"]
    made = {texts[int(key[1:])]: merged(item.get("after"), item["after_unknown"]) for key, item in changes.items()}
    assert made == {texts[at]: UNKNOWNS[texts[at]] for at in accepted}
    for at in set(range(len(texts))) - set(accepted):
        write([at])
        assert rejected_at(terraform("plan", "-json", cwd=tmp_path))
