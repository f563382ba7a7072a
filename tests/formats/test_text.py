from __future__ import annotations

import pytest

from guardrail.formats.text import decode


@pytest.mark.parametrize("file", ["ci/Jenkinsfile", "Jenkinsfile.release", "a.jenkinsfile", "vars/build.groovy"])
def test_groovy_in_another_encoding_is_read_as_jenkins_reads_it(file: str) -> None:
    assert decode("// producción\nnode { }\n".encode("latin-1"), file) == ("// producci\ufffdn\nnode { }\n", None)


@pytest.mark.parametrize("file", ["main.tf", "deployment.yaml", "plan.json"])
def test_nothing_else_is_guessed(file: str) -> None:
    text, problem = decode("a: 1\n# producción\n".encode("latin-1"), file)
    assert text == ""
    assert problem is not None
    assert (problem.kind, problem.line, problem.message) == ("encoding", 2, "is not UTF-8: byte 0xf3")
