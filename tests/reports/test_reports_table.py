"""The table of formats, lazy imports, and writing to files and terminals."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest
from result_builder import finding, mixed, result

from guardrail.errors import UsageError
from guardrail.model import Result
from guardrail.reports import FORMATS, ReportOptions, render, write


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_renders_and_ends_in_one_newline(format: str) -> None:
    for made in (mixed(), Result()):
        text = render(format, made)
        assert text.endswith("\n")
        assert not text.endswith("\n\n")


@pytest.mark.parametrize("format", FORMATS)
def test_same_bytes_whatever_the_order(format: str) -> None:
    one, other = mixed(), mixed()
    for items in (other.findings, other.problems, other.notes):
        items.reverse()
    other.rules = dict(reversed(other.rules.items()))
    other.base = "/elsewhere"
    assert render(format, one) == render(format, other)


@pytest.mark.parametrize("format", FORMATS)
def test_no_local_path_in_a_report(format: str) -> None:
    assert "/home/someone" not in render(format, mixed(), ReportOptions(verbose=True))


def test_unknown_format_names_the_known() -> None:
    with pytest.raises(UsageError, match="no report format 'xml'; there are text, json, sarif, html"):
        render("xml", Result())


def test_text_needs_nothing_heavy() -> None:
    code = (
        "import sys, guardrail.reports as r\n"
        "from guardrail.model import Result\n"
        "r.render('text', Result())\n"
        "heavy = {'jinja2', 'json', 'jsonschema', 'yaml', 'rich', 'click', 'urllib.parse', 'unicodedata'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    out = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize("format", ["json", "sarif", "html"])
def test_what_programs_read_is_utf8_in_any_locale(format: str) -> None:
    raw = io.BytesIO()
    made = result(finding(message="übergroß ← 漢"))
    stream = io.TextIOWrapper(raw, encoding="ascii")
    write(format, made, stream)
    assert "übergroß" in raw.getvalue().decode("utf-8")


def test_terminal_gets_escapes_for_what_it_cannot_say() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    write("text", result(finding()), stream)
    stream.flush()
    assert b"\\u2190 default of var.acl" in raw.getvalue()


def test_writes_to_what_has_no_bytes() -> None:
    out = io.StringIO()
    write("json", Result(), out)
    assert out.getvalue() == render("json", Result())
