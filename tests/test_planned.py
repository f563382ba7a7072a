"""What a plan settles of the files beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from guardrail import running
from guardrail.scanning import Request, scan

DECLARED = """\
variable "days" {
  type = number
}

variable "wanted" {
  type = bool
}

resource "aws_db_instance" "orders" {
  backup_retention_period = var.days
}

resource "aws_db_instance" "spare" {
  count                   = var.wanted ? 1 : 0
  backup_retention_period = var.days
}
"""
ORDERS = "aws_db_instance.orders"
SPARE = "aws_db_instance.spare[0]"


def plan(*planned: tuple[str, Any], **more: Any) -> str:
    """`planned`: addresses and days; None: known after apply."""
    changes = [
        {
            "address": address, "mode": "managed", "type": "aws_db_instance",
            **({"module_address": address.rpartition(".aws_")[0]} if address.startswith("module") else {}),
            "name": address.rpartition(".")[2].partition("[")[0],
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": {
                "actions": ["create"], "before": None,
                "after": {} if days is None else {"backup_retention_period": days},
                "after_unknown": {"backup_retention_period": True} if days is None else {},
            },
        }
        for address, days in planned
    ]  # fmt: skip
    return json.dumps({"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": changes, **more})


def told(tree: Path, files: dict[str, str], *, cache: bool = False) -> list[tuple[str, int, str, str]]:
    """File, line, verdict and first instance."""
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    request = Request(paths=(str(tree),), base=str(tree), only=("store-backup-retention",), cache=cache)
    found = scan(request).findings
    return [(each.span.file, each.span.line, each.verdict, each.instances[0]) for each in found]


OPEN = ("main.tf", 10, "undetermined", ORDERS)
PERHAPS = ("main.tf", 15, "undetermined", "aws_db_instance.spare")


@pytest.mark.parametrize(
    ("planned", "found"),
    [
        (None, [OPEN, PERHAPS]),
        (plan((ORDERS, 30)), [PERHAPS]),
        (plan((ORDERS, 30), complete=True), []),  # no spare is wanted
        (plan((ORDERS, 30), complete=False), [PERHAPS]),
        (plan((ORDERS, 30), (SPARE, 1), complete=True), [("main.tf", 15, "fail", SPARE)]),
        (plan((ORDERS, 3), complete=True), [("main.tf", 10, "fail", ORDERS)]),
        (plan((ORDERS, None), complete=True), [OPEN]),  # nobody knows before it is applied
        (plan(("aws_db_instance.another", 30), complete=True), [OPEN, PERHAPS]),  # not of these files
        (plan((ORDERS, 30), complete=True)[:-9], [OPEN, PERHAPS]),  # cut off
    ],
)
def test_what_is_left_open(tmp_path: Path, planned: str | None, found: list[object]) -> None:
    files = {"main.tf": DECLARED} if planned is None else {"main.tf": DECLARED, "plan.json": planned}
    assert [each for each in told(tmp_path, files) if each[0] == "main.tf"] == found


def test_a_plan_that_lies_elsewhere_settles_nothing(tmp_path: Path) -> None:
    files = {"main.tf": DECLARED, "plans/plan.json": plan((ORDERS, 30), complete=True)}
    assert told(tmp_path, files) == [OPEN, PERHAPS]


DAYS = 'variable "days" {\n  type = number\n}\n\n'
CALL = DAYS + 'module "db" {\n  source = "../modules/db"\n  days   = var.days\n}\n'
MODULE = DAYS + 'resource "aws_db_instance" "main" {\n  backup_retention_period = var.days\n}\n'
CALLED = "module.db.aws_db_instance.main"


@pytest.mark.parametrize(
    ("planned", "found"),
    [(["one"], [("modules/db/main.tf", 6, "undetermined", CALLED)]), (["one", "two"], [])],
)
def test_a_module_that_two_roots_call(tmp_path: Path, planned: list[str], found: list[object]) -> None:
    """Of one of them alone there is a plan: of the other one nobody can tell."""
    files = {"one/main.tf": CALL, "two/main.tf": CALL, "modules/db/main.tf": MODULE}
    plans = {f"{root}/plan.json": plan((CALLED, 30), complete=True) for root in planned}
    assert told(tmp_path, {**files, **plans}) == found


def test_two_plans_of_one_module(tmp_path: Path) -> None:
    """Of two environments, one of which has a spare."""
    both = {"a.json": plan((ORDERS, 30)), "b.json": plan((ORDERS, 30), (SPARE, 30))}
    assert told(tmp_path, {"main.tf": DECLARED, **both}) == []


def test_with_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUARDRAIL_CACHE", str(tmp_path / "kept"))
    monkeypatch.setattr(running, "WORTH_KEEPING", 0)
    tree = tmp_path / "tree"
    settled = {"main.tf": DECLARED, "plan.json": plan((ORDERS, 3), complete=True)}
    assert told(tree, {"main.tf": DECLARED}, cache=True) == [OPEN, PERHAPS]
    for _ in range(2):
        assert told(tree, settled, cache=True) == [("main.tf", 10, "fail", ORDERS)]
    (tree / "plan.json").unlink()
    assert told(tree, {}, cache=True) == [OPEN, PERHAPS]
