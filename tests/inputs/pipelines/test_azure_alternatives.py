"""Keys that each branch of an undecided `${{ if }}` sets in its own way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from guardrail.inputs.pipelines.azure_alternatives import MAX_CHOICES, agreed, one_of
from guardrail.model import OneOf, Seq, Span, Unknown

ROOT = "azure-pipelines.yml"
WHY = Unknown("nobody knows")
IF, ELSEIF, ELSE = (
    "${{ if eq(variables['Build.Reason'], 'Manual') }}:",
    "${{ elseif eq(variables['Build.Reason'], 'Schedule') }}:",
    "${{ else }}:",
)


def job(*lines: str) -> str:
    return "\n".join(["trigger: none", "jobs:", "  - job: a", *lines, "    steps: [{script: make}]"])


@pytest.fixture
def read_texts(read_texts: Callable[..., Any]) -> Callable[[str], Any]:
    return lambda text: read_texts({ROOT: text})


def fields(read: Any, concept: str) -> Any:
    return read.noun(f"{ROOT}#jobs.a", concept).fields


def pool(*branches: tuple[str, str]) -> str:
    lines = [line for branch, said in branches for line in (f"      {branch}", f"        {said}")]
    return job("    pool:", *lines)


def test_either_machine_is_microsofts(read_texts: Callable[..., Any]) -> None:
    found = fields(read_texts(pool((IF, "vmImage: windows-2022"), (ELSE, "vmImage: ubuntu-24.04"))), "job")
    assert found["self_hosted"] is False
    assert [list(labels) for labels in found["runner"].choices] == [["windows-2022"], ["ubuntu-24.04"]]


def test_either_machine_is_ones_own(read_texts: Callable[..., Any]) -> None:
    found = fields(read_texts(pool((IF, "name: big"), (ELSEIF, "name: middling"), (ELSE, "name: small"))), "job")
    assert found["self_hosted"] is True
    assert [list(labels) for labels in found["runner"].choices] == [["big"], ["middling"], ["small"]]


def test_the_same_machine(read_texts: Callable[..., Any]) -> None:
    found = fields(read_texts(pool((IF, "vmImage: ubuntu-24.04"), (ELSE, "vmImage: ubuntu-24.04"))), "job")
    assert (found["runner"], found["self_hosted"]) == (["ubuntu-24.04"], False)


@pytest.mark.parametrize(
    "branches",
    [
        ((IF, "name: big"), (ELSE, "name: Azure Pipelines")),
        ((IF, "name: big"), (ELSE, "vmImage: ubuntu-24.04")),
        ((IF, "name: big"),),
        ((IF, "name: big"), (ELSEIF, "name: small")),
        ((IF, "name: big"), (ELSEIF, "demands: x"), (ELSE, "name: small")),
        ((IF, "name: big"), (ELSE, "name: small"), (ELSEIF.replace("elseif", "if"), "name: other")),
        ((IF, "name: big"), (ELSE, "name: $(pool)")),
    ],
)
def test_machines_of_which_nobody_can_say(
    read_texts: Callable[..., Any], branches: tuple[tuple[str, str], ...]
) -> None:
    found = fields(read_texts(pool(*branches)), "job")
    assert isinstance(found["self_hosted"], Unknown)
    assert "runner" not in found


def test_branches_within_branches(read_texts: Callable[..., Any]) -> None:
    inner = f"{{\"{ELSEIF.replace('elseif', 'if')[:-1]}\": {{vmImage: windows-2022}}, %s}}"
    for rest, known in ((f'"{ELSE[:-1]}": {{vmImage: macos-15}}', True), ("demands: x", False)):
        text = job("    pool:", f"      {IF} {inner % rest}", f"      {ELSE}", "        vmImage: ubuntu-24.04")
        assert isinstance(fields(read_texts(text), "job")["runner"], OneOf) is known


def test_whole_pools(read_texts: Callable[..., Any]) -> None:
    lines = (f"    {IF}", "      pool: {name: big}", f"    {ELSE}", "      pool: {name: %s}")
    found = fields(read_texts(job(*lines) % "small"), "job")
    assert found["self_hosted"] is True
    lines = (f"    {IF}", "      pool: big", f"    {ELSE}", "      pool: small")
    assert fields(read_texts(job(*lines)), "job")["self_hosted"] is True


CONTAINERS = """\
trigger: none
resources:
  containers:
    - container: builder
      {branch}
        image: acme/build:{one}
      ${{{{ else }}}}:
        image: acme/build:{two}
jobs:
  - job: a
    pool: {{vmImage: ubuntu-24.04}}
    container: builder
    steps: [{{script: make}}]
"""


@pytest.mark.parametrize(("one", "two", "pins"), [("1", "2", "tag"), ("latest", "2", None)])
def test_a_declared_container(read_texts: Callable[..., Any], one: str, two: str, pins: str | None) -> None:
    read = read_texts(CONTAINERS.format(branch=IF, one=one, two=two))
    for address in (ROOT, f"{ROOT}#jobs.a"):
        found = read.noun(address, "dependency").fields
        assert found["name"] == "acme/build"
        assert found["tag"].choices == (one, two)
        assert (found["pin"] == pins) if pins else found["pin"].choices == ("none", "tag")
    assert fields(read, "container")["image"].choices == (f"acme/build:{one}", f"acme/build:{two}")


def test_images_of_a_job(read_texts: Callable[..., Any]) -> None:
    inside = ("    container:", f"      {IF}", "        image: a:1", f"      {ELSE}", "        image: b:latest",
              "      options: --privileged")  # fmt: skip
    around = (f"    {IF}", "      container: a:1", f"    {ELSE}", "      container: b:latest")
    for lines in (inside, around):
        read = read_texts(job(*lines))
        container = fields(read, "container")
        assert container["image"].choices == ("a:1", "b:latest")
        assert container["privileged"] is (lines is inside)
        assert container.place("image").line == (6 if lines is inside else 5)
        assert fields(read, "dependency")["pin"].choices == ("tag", "none")


def test_a_container_that_may_not_be_there(read_texts: Callable[..., Any]) -> None:
    read = read_texts(job(f"    {IF}", "      container: a:latest"))
    assert type(fields(read, "container")["image"]) is Unknown


def test_time_limits(read_texts: Callable[..., Any]) -> None:
    lines = (f"    {IF}", "      timeoutInMinutes: 20", f"    {ELSE}", "      timeoutInMinutes: %s")
    assert fields(read_texts(job(*lines) % 30), "job")["timeout"].choices == (1200, 1800)
    assert fields(read_texts(job(*lines) % 20), "job")["timeout"] == 1200
    assert type(fields(read_texts(job(*lines) % "$(minutes)"), "job")["timeout"]) is Unknown


def test_inputs_of_a_step(read_texts: Callable[..., Any]) -> None:
    text = f"""\
trigger: none
steps:
  - task: Bash@3
    inputs:
      {IF}
        workingDirectory: a
        noProfile: true
      {ELSE}
        workingDirectory: b
      script: make
"""
    inputs = read_texts(text).by_address[f"{ROOT}#steps[0]"].attributes["inputs"]
    assert inputs["workingDirectory"].choices == ("a", "b")
    assert type(inputs["noProfile"]) is Unknown


def test_many_alternatives_are_merely_unknown() -> None:
    many = [str(number) for number in range(MAX_CHOICES + 1)]
    assert type(one_of(WHY, many)) is Unknown
    assert agreed(WHY, list(many)) is WHY
    assert isinstance(one_of(WHY, many[1:]), OneOf)
    assert one_of(WHY, ["a", Unknown("other", ("x",))]).refs == ("x",)  # type: ignore[union-attr]
    span = Span("a", 1, 1, 1, 2)
    assert agreed(WHY, [Seq(span), WHY]) is WHY
    assert agreed(WHY, [True, 1]).choices == (True, 1)  # type: ignore[union-attr]
