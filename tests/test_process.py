"""What a group leaves behind goes without a search for garbage."""

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
