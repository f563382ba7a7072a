"""Files of tests that say what is expected in a cluster."""

from __future__ import annotations

import pytest

from guardrail.inputs.kubernetes import read
from guardrail.inputs.kubernetes.grouping import components
from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.tree import Tree

OBJECT = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nstatus: {readyReplicas: 1}\n"
TEST = """\
apiVersion: chainsaw.kyverno.io/v1alpha1
kind: Test
metadata: {name: one}
spec:
  steps:
    - try:
        - apply: {file: install.yaml}
        - assert: {file: resources/expected-*.yaml}
        - error:
            file: gone.yaml
      catch:
        - assert: {file: ../shared/again.yaml}
        - assert: {file: install.yaml}
        - assert: {resource: {apiVersion: v1, kind: Pod}}
"""


def reading(files: dict[str, str]) -> Reading:
    return read(sorted(files), tree(files), ReadOptions())


def tree(files: dict[str, str]) -> Tree:
    return Tree("/nowhere-at-all", {path: text.encode() for path, text in files.items()})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("00-assert.yaml", True),
        ("02-errors.yml", True),
        ("01-assert-collector.yaml", True),
        ("00-install.yaml", False),
        ("assert.yaml", False),
        ("00-assertions.yaml", False),
    ],
)
def test_the_names_of_kuttl(name: str, expected: bool) -> None:
    found = reading({f"tests/e2e/one/{name}": OBJECT})
    assert found.files == {f"tests/e2e/one/{name}": "skipped" if expected else "analysed"}
    assert [note.kind for note in found.notes] == (["expectation"] if expected else [])
    assert len(found.resources) == (0 if expected else 1)


def test_what_a_test_of_chainsaw_names() -> None:
    files = dict.fromkeys(("e2e/install.yaml", "e2e/gone.yaml", "e2e/resources/expected-a.yaml", "e2e/other.yaml",
                           "e2e/resources/more/expected-b.yaml", "shared/again.yaml"), OBJECT)  # fmt: skip
    files["e2e/chainsaw-test.yaml"] = TEST
    found = reading(files)
    skipped = {path for path, state in found.files.items() if state == "skipped"}
    assert skipped == {"e2e/gone.yaml", "e2e/resources/expected-a.yaml", "shared/again.yaml"}
    assert len(list(components(sorted(files), tree(files)))) == 1


def test_what_is_no_test_names_nothing() -> None:
    text = TEST.replace("kind: Test", "kind: Configuration")
    assert reading({"e2e/chainsaw-test.yaml": text, "e2e/gone.yaml": OBJECT}).files["e2e/gone.yaml"] == "analysed"
    broken = "apiVersion: chainsaw.kyverno.io/v1alpha1\nkind: Test\nspec: {steps: [{try: [{assert: {file: 3}}, 4]}]}\n"
    assert reading({"e2e/chainsaw-test.yaml": broken, "e2e/gone.yaml": OBJECT}).files["e2e/gone.yaml"] == "analysed"
