"""Where schedules stand, and which texts are none yet."""

from __future__ import annotations

from typing import Any

import pytest

from guardrail.concepts.build import build
from guardrail.inputs.kubernetes import read as read_kubernetes
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform import read as read_terraform
from guardrail.model import Inventory, Unknown
from guardrail.tree import Tree


def schedules(text: str, name: str = "a.yaml") -> list[tuple[Any, Any, int]]:
    read = read_terraform if name.endswith(".tf") else read_kubernetes
    inventory = Inventory(read([name], Tree("/nowhere", {name: text.encode()}), ReadOptions()).resources)
    assert not build(inventory, {})
    nouns = inventory.by_concept.get("schedule", ())
    return [(n.fields["text"], n.fields.get("fault"), n.fields.place("text").line) for n in nouns]


def manifest(version: str, kind: str, spec: str) -> str:
    return f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a, namespace: b}}\nspec: {spec}\n"


@pytest.mark.parametrize(
    ("version", "kind"),
    [("batch/v1", "CronJob"), ("argoproj.io/v1alpha1", "CronWorkflow"), ("velero.io/v1", "Schedule")],
)
def test_objects_of_a_cluster(version: str, kind: str) -> None:
    assert schedules(manifest(version, kind, '{schedule: "0 3 * * *"}')) == [("0 3 * * *", None, 4)]
    assert schedules(manifest("example.com/v1", kind, '{schedule: "next week"}')) == []
    assert schedules(manifest(version, kind, '{schedule: "${WHEN}"}')) == [("${WHEN}", None, 4)]
    assert schedules(manifest(version, kind, "{suspend: true}")) == []


def test_a_workflow_with_several() -> None:
    found = schedules(manifest("argoproj.io/v1alpha1", "CronWorkflow", '{schedules: ["0 3 * * *", "0 3 * * 7"]}'))
    assert [(text, bool(fault)) for text, fault, _ in found] == [("0 3 * * *", False), ("0 3 * * 7", True)]


def test_a_time_zone_is_for_backups_alone() -> None:
    zoned = '{schedule: "TZ=UTC 0 3 * * *"}'
    assert schedules(manifest("velero.io/v1", "Schedule", zoned))[0][1] is None
    assert schedules(manifest("batch/v1", "CronJob", zoned))[0][1] == "the time zone has a field of its own"


def test_terraform_s_spelling() -> None:
    text = """\
variable "hour" {}
resource "kubernetes_cron_job_v1" "a" {
  spec {
    schedule = "0 24 * * *"
  }
}
resource "kubernetes_cron_job_v1" "b" {
  spec {
    schedule = "0 ${var.hour} * * *"
  }
}
"""
    (_, fault, line), (_, unknown, _) = schedules(text, "main.tf")
    assert (fault, line) == ("24 is no hour (0 to 23)", 4)
    assert isinstance(unknown, Unknown)
