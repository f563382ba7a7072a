"""Groovy's notation, read into statements with their places."""

from __future__ import annotations

import pytest
from harness import ends
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardrail.formats.groovy import parse
from guardrail.formats.groovy_nodes import (
    Annotation,
    Assign,
    Call,
    Closure,
    Compound,
    Define,
    ListOf,
    Literal,
    MapOf,
    Member,
    Name,
    Node,
    Operation,
    Quote,
    walk,
)


def one(text: str) -> Node:
    script = parse(text)
    assert script.faults == []
    (statement,) = script.statements
    return statement


def shown(node: Node | None) -> object:
    """A node as nested tuples, to compare."""
    if node is None:
        return None
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Quote):
        return node.quoted.text
    if isinstance(node, Name):
        return f"`{node.id}"
    if isinstance(node, Member):
        return (shown(node.object), "." + node.name)
    if isinstance(node, Call):
        args = [*map(shown, node.args), *((key, shown(value)) for key, value, _ in node.named)]
        return (*((shown(node.receiver),) if node.receiver else ()), node.name + "()", *args)
    if isinstance(node, Closure):
        return {"params": node.params, "body": [shown(item) for item in node.statements]}
    if isinstance(node, ListOf):
        return [shown(item) for item in node.items]
    if isinstance(node, MapOf):
        return {key: shown(value) for key, value, _ in node.entries}
    if isinstance(node, Operation):
        return (node.op, *map(shown, node.operands))
    if isinstance(node, Assign):
        return ("def" if node.declares else node.op, *map(shown, node.targets), shown(node.value))
    if isinstance(node, Compound):
        return (node.word, *map(shown, node.parts))
    if isinstance(node, Define):
        return ("method", node.name, node.params, [shown(item) for item in node.statements])
    if isinstance(node, Annotation):
        return ("@", shown(node.call))
    raise AssertionError(node)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sh 'make'", ("sh()", "make")),
        ("sh('make')", ("sh()", "make")),
        ("sh script: 'make', returnStdout: true", ("sh()", ("script", "make"), ("returnStdout", True))),
        ("sh(script: 'make',\n   returnStdout: true)", ("sh()", ("script", "make"), ("returnStdout", True))),
        ("sh(script: 'make', , returnStdout: true,)", ("sh()", ("script", "make"), ("returnStdout", True))),
        ("echo 'a',\n  'b'", ("echo()", "a", "b")),
        ("agent any", ("agent()", "`any")),
        ("agent { label 'x' }", ("agent()", {"params": [], "body": [("label()", "x")]})),
        ("stage('A')\n{\n}", ("stage()", "A", {"params": [], "body": []})),
        ("checkout([$class: 'GitSCM', branches: [[name: '*/main']]])",
         ("checkout()", {"$class": "GitSCM", "branches": [{"name": "*/main"}]})),
        ("parallel a: { x }, b: { y }",
         ("parallel()", ("a", {"params": [], "body": ["`x"]}), ("b", {"params": [], "body": ["`y"]}))),
        ("def x = sh script: 'a', returnStdout: true",
         ("def", "`x", ("sh()", ("script", "a"), ("returnStdout", True)))),
        ("A = readFile 'v'", ("=", "`A", ("readFile()", "v"))),
        ("String x = 'a'", ("def", "`x", "a")),
        ("Map<String, List<String>> x = [:]", ("def", "`x", {})),
        ("def (a, b) = [1, 2]", ("def", "`a", "`b", [1, 2])),
        ("env.X = 'a'", ("=", (("`env"), ".X"), "a")),
        ("a.b().c 'x'", ((("`a", "b()"), "c()", "x"))),
        ("docker.image('x:1').inside('-u root') { sh 'y' }",
         ((("`docker", "image()", "x:1"), "inside()", "-u root", {"params": [], "body": [("sh()", "y")]}))),
        ("list.each { item -> echo item }",
         ("`list", "each()", {"params": ["item"], "body": [("echo()", "`item")]})),
        ("list\n  .first()\n  ?.name", (("`list", "first()"), ".name")),
        ("x = a ? 'b' : 'c'", ("=", "`x", ("?:", "`a", "b", "c"))),
        ("x = a ?: 'c'", ("=", "`x", ("?:", "`a", "c"))),
        ("x = a + 'b' + c", ("=", "`x", ("+", "`a", "b", "`c"))),
        ("x = 1 + 2 * 3", ("=", "`x", ("+", 1, ("*", 2, 3)))),
        ("x = a instanceof String", ("=", "`x", ("instanceof", "`a"))),
        ("x = (String) y", ("=", "`x", ("()", "`y"))),
        ("x = m['a'].b", ("=", "`x", (("[]", "`m", "a"), ".b"))),
        ("x =~ /a.*b/", ("=~", "`x", "a.*b")),
        ("branch pattern: /release-\\d+/, comparator: 'REGEXP'",
         ("branch()", ("pattern", "release-\\d+"), ("comparator", "REGEXP"))),
        ("x = a / b / c", ("=", "`x", ("/", ("/", "`a", "`b"), "`c"))),
        ("if (a) { b } ", ("if", "`a", {"params": [], "body": ["`b"]})),
        ("for (x in [1, 2]) { y }", ("for", ("head", [1, 2]), {"params": [], "body": ["`y"]})),
        ("return sh('x')", ("return", ("sh()", "x"))),
        ("def call(Map config = [:]) { sh 'x' }", ("method", "call", ["config"], [("sh()", "x")])),
        ("String name() { 'x' }", ("method", "name", [], ["x"])),
        ("@Library('a@1')", ("@", ("Library()", "a@1"))),
        ("new Date().format('x')", (("Date()",), "format()", "x")),
        ("import java.util.Date", ("import",)),
        ("assert a : 'b'", ("assert", "`a", "b")),
        ("a ? b = 1 : null", ("?:", "`a", ("=", "`b", 1), None)),
    ],
)  # fmt: skip
def test_statements(text: str, expected: object) -> None:
    assert shown(one(text)) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'a\\'b\\n'", "a'b\n"),
        ('"a\\$b"', "a$b"),
        ("'${x}'", "${x}"),
        ("'''\n  a\n  'b'\n'''", "\n  a\n  'b'\n"),
        ("'''a \\\nb'''", "a b"),
        ('"""a "b" c"""', 'a "b" c'),
        ("'\\u00e9'", "é"),
        ("x = /a\\/b/", "a/b"),
        ("x = $/a $$ /b/$", "a $ /b"),
        ("'\\d'", "\\d"),
    ],
)
def test_strings(text: str, value: str) -> None:
    (quote,) = [node for node in walk(one(text)) if isinstance(node, Quote)]
    assert quote.quoted.text == value


def test_interpolations() -> None:
    text = 'sh "a ${b.c} $d.e ${f ? "x ${g}" : \'}\'} h"'
    (quote,) = [node for node in one(text).args if isinstance(node, Quote)]  # type: ignore[attr-defined]
    holes = [quote.quoted.text[hole.start : hole.end] for hole in quote.quoted.holes]
    assert holes == ["${b.c}", "$d.e", "${f ? \"x ${g}\" : '}'}"]
    assert [shown(hole) for hole in quote.holes] == [("`b", ".c"), ("`d", ".e"), ("?:", "`f", "x ${g}", "}")]
    assert text[quote.holes[0].start : quote.holes[0].end] == "b.c"


def test_places_in_strings_with_escapes() -> None:
    text = 'x = "a\\tb\\\\c ${d} e"'
    (quote,) = [node for node in walk(one(text)) if isinstance(node, Quote)]
    quoted = quote.quoted
    assert quoted.text == "a\tb\\c ${d} e"
    for letter in "abcde":
        assert text[quoted.source(quoted.text.index(letter))] == letter


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("pipeline {\n  stages {\n", 2, "never closed"),
        ("a\n}\nb", 2, "closes nothing"),
        ("x = 'abc\ny = 1", 1, "string that is never closed"),
        ("a\nx = [1, 2)\n", 2, "is to be closed"),
        ("a\nb )\n", 2, "closes nothing"),
        ("a\nx = [1, , 2]\n", 2, "means nothing"),
        ("x = \"${a\n", 1, "never closed"),
        ("/* a", 1, "comment"),
        ("x = \u2026", 1, "means nothing"),
    ],
)
def test_faults_have_a_place(text: str, line: int, word: str) -> None:
    faults = parse(text).faults
    assert any(text.count("\n", 0, fault.at) + 1 == line and word in fault.message for fault in faults), faults


def test_what_cannot_be_followed_costs_only_its_statement() -> None:
    script = parse("a 'x'\nfoo ] bar { sh 'inside' }\nb 'y'\n")
    calls = [node.name for statement in script.statements for node in walk(statement) if isinstance(node, Call)]
    assert {"a", "b"} <= set(calls)
    assert script.faults
    script = parse("stage('A') {\n  x ==== {\n    sh 'inside'\n  }\n  sh 'behind'\n}\n")
    said = [node.quoted.text for statement in script.statements for node in walk(statement) if isinstance(node, Quote)]
    assert said == ["A", "inside", "behind"]


@pytest.mark.parametrize(
    "text",
    ["(" * 5000, "a{" * 5000, "[" * 5000, '"${' * 2000, "a?" * 5000, "if(a)" * 3000, "a=" * 5000, "(String)" * 3000,
     "new " * 5000, "a." * 20000, "a + " * 20000, "{a," * 5000, "else " * 5000, "f({" * 3000, "a{) " * 3000,
     "'" * 5001],
)  # fmt: skip
def test_nesting_without_end_ends(text: str) -> None:
    with ends():
        script = parse(text)
        assert script.faults


SNIPPETS = st.sampled_from(
    ["{", "}", "(", ")", "[", "]", '"', "'", '"""', "'''", "${", "$x", "/", "$/", "\\", ",", ":", ".", "?", "->", "=",
     "\n", " ", "sh", "stage", "def ", "if ", "else ", "@A", "x", "1", "//", "/*", "*/", "import ", "class ", "case ",
     "in ", "new ", "==", "+", ";", "\r\n", "\u2028", "é", "';'", "'{'", "'}'", '")"', "return ", "'new'"]
)  # fmt: skip


def test_punctuation_in_quotes_is_a_string() -> None:
    with ends(20):
        script = parse(";';'$x\\")
    assert [fault.message for fault in script.faults] == ["a word means nothing here", "'\\\\' means nothing here"]
    assert [type(statement) for statement in script.statements] == [Compound]
    for text in ("return ';'", "x = '{'", "echo '}'", "a ? '(' : ')'", "f(';', '[')", "['{': 1, ';': 2]"):
        assert not parse(text).faults, text
    (made,) = parse("x.'do it'(a: 1, 'b;': 2)").statements
    assert isinstance(made, Call)
    assert (made.name, [key for key, _, _ in made.named]) == ("do it", ["a", "b;"])


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(SNIPPETS, max_size=60).map("".join))
def test_any_text(text: str) -> None:
    script = parse(text)
    for statement in script.statements:
        for node in walk(statement):
            assert 0 <= node.start <= node.end <= len(text), node
    for fault in script.faults:
        assert 0 <= fault.at <= len(text)
        assert fault.message
