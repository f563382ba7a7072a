"""One group of files: what it shows of them, and that what it leaves behind goes without a search for garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import EXAMPLES

from guardrail import process
from guardrail.inputs.terraform.module import Module
from guardrail.model import Noun, Resource
from guardrail.scanning import Request, prepare


@pytest.fixture
def uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    process.let_go()
    gc.enable()


def alive(*kinds: type) -> int:
    return sum(1 for each in gc.get_objects() if type(each) in kinds)


@pytest.mark.parametrize("part", ["infra", "deploy", ".github"])
def test_nothing_is_left_that_holds_itself(part: str, uncollected: None) -> None:
    plan = prepare(Request((str(Path(EXAMPLES) / "webshop" / part),)))
    before = alive(Resource, Noun)
    for group in plan.groups:
        assert process.process(group, plan.task).resources
    assert alive(Resource, Noun) > before + 5  # for as long as somebody may ask
    process.let_go()
    assert alive(Resource, Noun) == before
    assert not [module for module in gc.get_objects() if type(module) is Module and vars(module)]


def test_whoever_collects_garbage_keeps_nothing() -> None:
    plan = prepare(Request((str(Path(EXAMPLES) / "webshop" / "deploy"),)))
    for group in plan.groups:
        process.process(group, plan.task)
    assert process._left == []


def test_no_excerpt_shows_a_secret_that_stands_in_another_file(tmp_path: Path) -> None:
    """Where the files of a group tell that it is one."""
    remark = "# Horse-Battery-77, not a-common-word"
    bucket = f'resource "aws_s3_bucket_acl" "b{{0}}" {{{{\n  {remark}\n  acl = "public-read"\n}}}}\n'
    (tmp_path / "bucket.tf").write_text("".join(bucket.format(number) for number in range(20)))
    (tmp_path / "main.tf").write_text(
        'resource "aws_db_instance" "a" {\n  password = "Horse-Battery-77"\n}\n'
        'resource "aws_db_instance" "b" {\n  password = "a-common-word"\n}\n'
    )
    plan = prepare(Request((str(tmp_path),)))
    (group,) = plan.groups
    excerpts = [finding.excerpt for finding in process.process(group, plan.task).findings]
    shown = {line for excerpt in excerpts if excerpt is not None for line in excerpt.lines}
    assert "  # ************, not a-common-word" in shown
    assert not [line for line in shown if "Horse" in line]
