"""Charts that several processes read come to what one process makes of them."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from helm_charts import FIXTURES, Charts, chart
from test_helm_engine import POD, spans_of

from guardrail.inputs.kubernetes.helm import reading
from guardrail.inputs.reader import Reading
from guardrail.tree import Tree

Make = Callable[..., Charts]
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is parted where there is no fork")


def all_of(found: Reading) -> list[object]:
    resources = [
        (one.address, one.root, one.span, one.declared, one.scope, one.trace, one.attributes, spans_of(one.attributes),
         [one.attributes.origin_of(key) for key in one.attributes])
        for one in found.resources
    ]  # fmt: skip
    return [resources, found.problems, found.notes, found.files]


def test_the_same_by_two(charts: Make) -> None:
    web = {str(path.relative_to(FIXTURES / "web")): path for path in sorted((FIXTURES / "web").rglob("*"))}
    copies = [(f"web{number}/{name}", path) for number in range(3) for name, path in web.items() if path.is_file()]
    made = charts({name: path.read_bytes() for name, path in copies})
    made.write(
        {
            "broken/Chart.yaml": chart("broken"),
            "broken/templates/a.yaml": POD % "{{ fail \"no\" }}",
            "library/Chart.yaml": chart("library", "type: library"),
            "user/Chart.yaml": chart("user", "dependencies: [{name: library, version: 1.2.3, repository: file://../library}]"),
            "user/templates/a.yaml": POD % "1",
            "lacking/Chart.yaml": chart("lacking", "dependencies: [{name: gone, version: 1.2.3, repository: https://c.e}]"),
            "lacking/templates/a.yaml": POD % 'x{{ .Values.gone.x }}\n  a: {{ include "g.a" . | nindent 4 }}\n    b: c',
            "nameless/Chart.yaml": "apiVersion: v2\n",
            "nameless/templates/a.yaml": POD % "1",
        }
    )
    one_tree, two_tree = Tree(str(made.base)), Tree(str(made.base))
    one_tree.log, two_tree.log = {}, {}
    one, two = made.read(tree=one_tree), made.read(processes=2, tree=two_tree)
    assert len(one.resources) > 10
    assert all_of(one) == all_of(two)
    assert one_tree.log == two_tree.log


def test_few_are_read_by_one(charts: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> set[str]:
        raise AssertionError("two processes for one chart")

    monkeypatch.setattr(reading, "_in_parts", refuse)
    assert charts({"Chart.yaml": chart("a"), "templates/a.yaml": POD % "1"}).read(processes=8).resources


@pytest.mark.parametrize("folder", ["/nowhere/at/all", ""])
def test_without_a_file_system_in_memory(charts: Make, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    monkeypatch.setattr(reading, "IN_MEMORY", folder)
    assert reading._in_memory() is None
    assert charts({"Chart.yaml": chart("a"), "templates/a.yaml": POD % "1"}).read().resources


def test_a_file_system_in_memory_that_is_too_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MEMORY", 1 << 60)
    assert reading._in_memory() is None
