from __future__ import annotations

import pytest

from guardrail.formats.hcl import parse
from guardrail.formats.text import decode, source_lines, with_newlines
from guardrail.formats.yaml import load


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a\nb\n", "a\nb\n"),
        (b"a\r\nb\r\n", "a\r\nb\r\n"),
        (b"a\rb\r", "a\nb\n"),
        (b"a\r\nb\rc\n\r\r\n", "a\nb\nc\n\n\n"),
    ],
)
def test_a_carriage_return_by_itself_ends_a_line(data: bytes, text: str) -> None:
    assert decode(data, "a.yaml") == (text, None)
    assert with_newlines(data) == text.encode()


def test_lines_of_yaml_are_counted_by_them() -> None:
    value = load(b"a: 1 # x\rb:\r\n  c: |\r    d\r    e\n", "a.yaml").documents[0].value
    assert value == {"a": 1, "b": {"c": "d\ne\n"}}
    assert [span.line for span in value.spans.values()] == [1, 2]
    assert value["b"].place("c").line == 3


def test_a_comment_of_hcl_goes_on_after_one() -> None:
    body = parse(b"# a\rb = 1\nc = 2\n", "a.tf").body
    assert [(name, attribute.span.line) for name, attribute in body.attributes.items()] == [("c", 2)]


def test_lines_end_at_newlines_alone() -> None:
    assert source_lines("a\x0cb\r\n\u2028c\n\n") == ["a\x0cb", "\u2028c", ""]
    assert source_lines("") == []


@pytest.mark.parametrize("file", ["ci/Jenkinsfile", "Jenkinsfile.release", "a.jenkinsfile", "vars/build.groovy"])
def test_groovy_in_another_encoding_is_read_as_jenkins_reads_it(file: str) -> None:
    assert decode("// producción\nnode { }\n".encode("latin-1"), file) == ("// producci\ufffdn\nnode { }\n", None)


@pytest.mark.parametrize("file", ["main.tf", "deployment.yaml", "plan.json"])
def test_nothing_else_is_guessed(file: str) -> None:
    text, problem = decode("a: 1\n# producción\n".encode("latin-1"), file)
    assert text == ""
    assert problem is not None
    assert (problem.kind, problem.line, problem.message) == ("encoding", 2, "is not UTF-8: byte 0xf3")
