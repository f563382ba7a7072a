"""Expressions with the values that Terraform itself (1.11.4) gives for them, in the module that stands beside
the list: `terraform console` was asked for `jsonencode(EXPR)` of each."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from guardrail.formats.hcl import parse_expression
from guardrail.formats.hcl_values import EvalError
from guardrail.inputs.terraform.folder import Sources
from guardrail.inputs.terraform.functions import TABLE
from guardrail.inputs.terraform.module import Module
from guardrail.inputs.terraform.run import Run
from guardrail.model import HOLE, EncodedUnknown, PartText, Unknown, is_known, plain
from guardrail.tree import Tree

FOLDER = Path(__file__).parents[2] / "fixtures/terraform/expressions"
CASES = json.loads((FOLDER / "expressions.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def module() -> Module:
    sources = Sources(["main.tf"], Run(Tree(str(FOLDER))))
    return Module(sources.folder(""), sources)


def rounded(value):
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return round(value, 12) if isinstance(value, float) else value


@pytest.mark.parametrize("case", CASES, ids=[case["expr"][:60] for case in CASES])
def test_value_is_terraforms(case, module):
    node = parse_expression(case["expr"], "x.tf", 1)
    if "error" in case:
        with pytest.raises(EvalError):
            node.eval(module.scope)
        return
    value = plain(node.eval(module.scope))
    assert rounded(value) == rounded(case["value"])
    assert isinstance(value, bool) == isinstance(case["value"], bool)


def test_the_corpus_is_large_and_covers_the_functions():
    called = set(re.findall(r"\w+(?=\()", " ".join(case["expr"] for case in CASES)))
    left_out = set(TABLE) - called
    assert len(CASES) > 420
    # What is random, needs a clock, a key or a file by name, or is OpenTofu's or old Terraform's alone.
    assert left_out == {
        "abspath", "base64gunzip", "base64gzip", "base64sha512", "bcrypt", "cidrcontains", "defaults",
        "ephemeralasnull", "filebase64sha512", "filesha1", "filesha512", "issensitive", "list", "map", "pathexpand",
        "plantimestamp", "rsadecrypt", "textdecodebase64", "timestamp", "urldecode", "uuid",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["timestamp()", "plantimestamp()", "uuid()", 'bcrypt("a")', "provider::aws::f(1)", "path.cwd", 'abspath("x")',
     'file("no/such/file")', 'file("../../secret")'],
)  # fmt: skip
def test_what_a_run_decides_is_unknown(text, module):
    assert isinstance(parse_expression(text, "x", 1).eval(module.scope), Unknown)


UNKNOWN = "timestamp()"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("length([{u}, 1])", 2),
        ("keys({{ a = {u} }})", ["a"]),
        ("merge({{ a = {u} }}, {{ b = 2 }}).b", 2),
        ("element([{u}, 1], 1)", 1),
        ("concat([{u}], [1])[1]", 1),
        ('lookup({{ a = 1, b = {u} }}, "a")', 1),
        ('contains([{u}, "a"], "a")', True),
        ("alltrue([false, {u} == 1])", False),
        ("anytrue([true, {u} == 1])", True),
        ('coalesce("a", {u})', "a"),
        ("try({u}.x, 1) == 1 || true", True),
        ('zipmap(["a", "b"], [{u}, 2]).b', 2),
        ('values({{ a = {u}, b = 2 }})[1]', 2),
        ("{{ for k, v in {{ a = {u}, b = 2 }} : k => v }}.b", 2),
        ("[for x in [{u}, 2] : x][1]", 2),
        ("true || {u} == 1", True),
        ("{{ a = {u}, b = 2 }}.b", 2),
        ('jsondecode(jsonencode({{ a = {u}, b = 2 }})).b', 2),
        (r'jsondecode("{{\"a\": \"x-${{{u}}}\", \"b\": 2}}").b', 2),
        (r'jsondecode("{{\"a\": ${{{u}}}, \"b\": [2]}}").b[0]', 2),
        ("reverse([{u}, 2])[0]", 2),
        ("flatten([[1], [2]])[length([{u}])]", 2),
        ("false ? {{ a = true, b = 1, c = {u} }} : {{}}", {}),
        ('true ? {{ a = 1, b = true }} : {{ a = {u}, b = "x", c = 2 }}', {"a": "1", "b": "true"}),
    ],
)
def test_known_parts_stay_known(text, value, module):
    assert parse_expression(text.format(u=UNKNOWN), "x", 1).eval(module.scope) == value


@pytest.mark.parametrize(
    "text",
    ["{u} + 1", '"a${{{u}}}"', "upper({u})", "[{u}][0]", 'join(",", [{u}])', 'sort([{u}, "a"])[0]',
     'contains([{u}], "a")',
     "merge({u}, {{ a = 1 }}).b", "merge({{ a = 1 }}, {u}).a", "{u} ? 1 : 2", "[for x in {u} : x]", "toset({u})",
     r'jsondecode("{{\"a\": ${{{u}}}, \"b\": 2}}").a', r'jsondecode("{{${{{u}}}: 1, \"b\": 2}}").b',
     r'jsondecode("{{${{{u}}} \"b\": 2}}").b', r'jsondecode("${{{u}}}{{}}")',
     "coalesce({u}, 1)", "can({u})", "alltrue([true, {u}])", 'format("%s", {u})', "flatten([{u}])", "distinct([{u}])"],
)  # fmt: skip
def test_unknown_stays_unknown(text, module):
    made = parse_expression(text.format(u=UNKNOWN), "x", 1).eval(module.scope)
    assert isinstance(made, Unknown)
    assert "timestamp()" in made.reason


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ('timeadd({u}, "8760h")', "?-?-?T?:?:?"),
        ('timeadd("2027-01-01T00:00:00Z", {u})', "?-?-?T?:?:?"),
        ('timeadd("${{{u}}}T00:00:00Z", "168h")', "?-?-?T?:?:?"),
        ('formatdate("YYYY-MM-DD\'T\'hh", {u})', "?-?-?T?"),
        ('formatdate("YYYYMMDD", {u})', None),
        ('formatdate({u}, "2027-01-01T00:00:00Z")', None),
    ],
)
def test_of_a_time_that_nobody_knows_the_shape_is_known(text, shape, module):
    made = parse_expression(text.format(u=UNKNOWN), "x", 1).eval(module.scope)
    assert "timestamp()" in made.reason
    assert (made.template.replace(HOLE, "?") if isinstance(made, PartText) else None) == shape


def test_an_encoded_document_keeps_its_known_parts(module):
    made = parse_expression('jsonencode({ a = timestamp(), b = ["x"] })', "x", 1).eval(module.scope)
    assert isinstance(made, EncodedUnknown)
    assert made.decoded["b"] == ["x"]
    assert not is_known(made.decoded)


@pytest.mark.parametrize(
    ("text", "value"),
    [('regex("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")', ["a" * 47]),
     ('regexall("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")', []),
     ('replace("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "/(a|a)*$/", "")', "a" * 43 + "b"),
     ('regexall("a*a*a*a*a*a*a*b", join("", [for x in range(1000) : "a"]))', []),
     ('regex("' + "a?" * 28 + "a" * 28 + '", "' + "a" * 28 + '")', "a" * 28)],
)  # fmt: skip
def test_expressions_that_would_hang_are_matched_in_linear_time(text, value, module):
    assert parse_expression(text, "x", 1).eval(module.scope) == value


def test_an_expression_too_large_for_that_is_not_run(module):
    text = 'regexall("(a*)*(a*)*(a*)*b", join("", [for x in range(1000) : join("", [for y in range(200) : "a"])]))'
    assert isinstance(parse_expression(text, "x", 1).eval(module.scope), Unknown)


@pytest.mark.parametrize(
    "text",
    ["setproduct(range(1000), range(1000), range(1000))", 'format("%100000d", 1)', "pow(10, 1000)",
     'join("", [for x in range(1000) : join("", [for y in range(1000) : "xxxxxxxxxxxxxxxxxxxx"])])'],
)  # fmt: skip
def test_what_grows_without_bound_is_refused(text, module):
    with pytest.raises(EvalError):
        parse_expression(text, "x", 1).eval(module.scope)
