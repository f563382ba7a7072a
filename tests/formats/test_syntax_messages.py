"""What is said of a syntax error: never a value, which may be a password."""

from __future__ import annotations

import pytest

from guardrail.formats import hcl, yaml
from guardrail.formats.groovy import parse as parse_groovy

SECRET = "hunter-h8Jk2LmP9qXz4Rt6"  # no credential of anybody


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f'resource "a" "b" {{\n  password: "{SECRET}"\n}}\n', "unexpected `:`"),
        (f'resource "a" "b" {{\n  engine = "x" password = "{SECRET}"\n}}\n', "no new line before `password`"),
        (f'resource "a" "b" {{ engine = "x"\n password = "{SECRET}" }}\n', "`password` may not stand in this line"),
        (f'resource "a" "b" {{\n  password = {SECRET} {SECRET}\n  engine = "x"\n}}\n', "unexpected `engine =`"),
        (f'a {{\n  password = "x" "{SECRET}"\n}}\n', "unexpected text"),
        (f"a {{\n  password = x ? {SECRET}\n}}\n", "unexpected text"),
        (f'password = "x\n{SECRET}"\n', "a string is not closed in its line"),
        (f'password = 1 +\n"{SECRET}"\n', "a value goes on in a new line only within brackets"),
        (f'password "{SECRET}" = 1\n', "unexpected"),
        (f"password = <<EOT\n{SECRET}\n", "a heredoc is not closed"),
    ],
)
def test_hcl(text, told) -> None:
    document = hcl.parse(text.encode(), "main.tf")
    assert told in " ".join(problem.message for problem in document.problems)
    assert "h8Jk2" not in str(document.problems)


@pytest.mark.parametrize(
    "text",
    [
        f"password: *{SECRET}\n",
        f"password: !{SECRET}! x\n",
        f'password: "{SECRET}\n',
        f"password: %{SECRET}\n",
        f"password: [{SECRET}\nb: c\n",
        f"password: a: {SECRET}\n",
        f'{{"password": "{SECRET}" "{SECRET}"}}',
    ],
)
def test_yaml_and_json(text) -> None:
    problems = yaml.load(text.encode(), "a.yaml").problems
    assert problems
    assert "h8Jk2" not in str(problems)


@pytest.mark.parametrize("text", ["password = 'x' {}", "password = '{}", "sh 'x' '{}'", "password = x y {}"])
def test_groovy(text) -> None:
    assert "h8Jk2" not in str(parse_groovy(text.format(SECRET.replace("-", ""))).faults)
