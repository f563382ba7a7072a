"""Which events of a trail alarms are set on: filters and alarms may be written in many ways."""

from __future__ import annotations

import pytest

from guardrail.concepts.build import build
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform.reader import read
from guardrail.model import Inventory, Map, Unknown
from guardrail.tree import Tree

TRAIL = """
resource "aws_cloudwatch_log_group" "trail" {
  name = "audit"
}
resource "aws_cloudtrail" "main" {
  name                       = "main"
  cloud_watch_logs_group_arn = "${aws_cloudwatch_log_group.trail.arn}:*"
}
"""
ROOT = '"{ $.userIdentity.type = \\"Root\\" }"'


def filtered(pattern: str = ROOT, group: str = "aws_cloudwatch_log_group.trail.name", metric: str = '"m"') -> str:
    return f"""
resource "aws_cloudwatch_log_metric_filter" "f" {{
  name           = "f"
  log_group_name = {group}
  pattern        = {pattern}
  metric_transformation {{
    name      = {metric}
    namespace = "n"
    value     = "1"
  }}
}}
"""


def alarm(body: str) -> str:
    return f'resource "aws_cloudwatch_metric_alarm" "a" {{\n  alarm_name = "a"\n  {body}\n}}\n'


def silent(*texts: str) -> Map:
    found = read(["main.tf"], Tree("/nowhere", {"main.tf": "".join((TRAIL, *texts)).encode()}), ReadOptions())
    assert not found.problems
    inventory = Inventory(found.resources)
    assert not build(inventory, {})
    (noun,) = inventory.by_concept["trail"]
    assert noun.fields["log_group"] == "aws_cloudwatch_log_group.trail"
    subjects: Map = noun.fields.get("silent", Map())
    return subjects


@pytest.mark.parametrize(
    "watching",
    [
        'metric_name = "m"',
        "metric_name = aws_cloudwatch_log_metric_filter.f.metric_transformation[0].name",
        "metric_name = aws_cloudwatch_log_metric_filter.f.id",
        'metric_query {\n    id = "q"\n    metric {\n      metric_name = "m"\n    }\n  }',
    ],
)
def test_an_alarm_watches_a_metric(watching: str) -> None:
    subjects = silent(filtered(), alarm(watching))
    assert subjects["root"] == []
    assert subjects["keys"] == ["DisableKey", "ScheduleKeyDeletion"]


def test_a_filter_without_an_alarm_tells_nobody() -> None:
    subjects = silent(filtered(), alarm('metric_name = "another"'))
    assert subjects["root"] == ["the root user"]


def test_without_filters_there_is_nothing_to_say_of_subjects() -> None:
    assert not silent()
    assert not silent(filtered(group='"shop"'))


def test_the_group_may_be_called_by_name() -> None:
    subjects = silent(filtered(group='"audit"'), alarm('metric_name = "m"'))
    assert subjects["root"] == []


@pytest.mark.parametrize(
    "texts",
    [
        ('variable "x" {}', filtered(pattern="var.x"), alarm('metric_name = "m"')),
        ('variable "x" {}', filtered(group="var.x"), alarm('metric_name = "m"')),
        ('variable "x" {}', filtered(), alarm("metric_name = var.x")),
        ('variable "x" {}', filtered(metric="var.x"), alarm('metric_name = "m"')),
    ],
)
def test_what_is_unknown_leaves_it_open(texts: tuple[str, ...]) -> None:
    subjects = silent(*texts)
    assert isinstance(subjects["root"], Unknown)
    assert isinstance(subjects["keys"], Unknown)


def test_names_that_are_known_in_part_are_the_same_where_they_are_written_the_same() -> None:
    subjects = silent('variable "x" {}', filtered(metric='"${var.x}-m"'), alarm('metric_name = "${var.x}-m"'))
    assert subjects["root"] == []


@pytest.mark.parametrize(
    ("pattern", "subject", "missing"),
    [
        ("{ $.eventName = *Key }", "keys", ["ScheduleKeyDeletion"]),
        ("{ ($.eventName = DisableKey) || ($.eventName = Schedule*) }", "keys", []),
        ("{ $.eventName = * }", "keys", ["DisableKey", "ScheduleKeyDeletion"]),
        ("{ $.eventName = CreateRouteTable }", "routes", None),
        ("{ $.eventSource = cloudtrail.amazonaws.com }", "trail", []),
        ("{ ($.eventSource = cloudtrail.amazonaws.com) && ($.eventName = StopLogging) }", "trail", None),
        ('{ ($.additionalEventData.MFAUsed = \\"No\\") && ($.eventName = ConsoleLogin) }', "without_mfa", []),
        ("{ $.userIdentity.type = Root }", "root", []),
        ('{ $.userIdentity.type != \\"Root\\" }', "root", ["the root user"]),
    ],
)
def test_patterns(pattern: str, subject: str, missing: list[str] | None) -> None:
    subjects = silent(filtered(pattern=f'"{pattern}"'), alarm('metric_name = "m"'))
    found = subjects[subject]
    if missing is None:
        assert found
        assert {"CreateRouteTable", "StopLogging"}.isdisjoint(found)
    else:
        assert found == missing


def selecting(name: str, body: str) -> str:
    return f'resource "aws_cloudtrail" "{name}" {{\n  name = "{name}"\n{body}\n}}\n'


def of_objects(half: str) -> str:
    values = 'data_resource {\n      type = "AWS::S3::Object"\n      values = ["arn:aws:s3"]\n    }'
    return f"  event_selector {{\n    read_write_type = {half}\n    {values}\n  }}"


@pytest.mark.parametrize(
    ("other", "writes", "reads"),
    [
        ("", False, False),
        (of_objects('"All"'), True, True),
        (of_objects('"WriteOnly"'), True, False),
        (of_objects('"ReadOnly"'), False, True),
        (of_objects("var.half"), None, None),
    ],
)
def test_what_one_trail_records_of_objects_no_other_has_to(
    other: str, writes: bool | None, reads: bool | None
) -> None:
    text = 'variable "half" {}\n' + selecting("all", "") + selecting("objects", other)
    found = read(["main.tf"], Tree("/nowhere", {"main.tf": text.encode()}), ReadOptions())
    assert not found.problems
    inventory = Inventory(found.resources)
    assert not build(inventory, {})
    for noun in inventory.by_concept["trail"]:
        values = [noun.fields[name] for name in ("object_writes", "object_reads")]
        assert [None if isinstance(value, Unknown) else value for value in values] == [writes, reads]
