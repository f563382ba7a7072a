from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.formats.hcl import Block, Document, parse, parse_expression, parse_template
from guardrail.formats.hcl_nodes import Scope
from guardrail.model import Map, Seq, Span, Text, Unknown


class NoWorld:
    """Expressions that refer to nothing."""

    def resolve(self, ref, scope):
        return Unknown(f"{ref.text()} is unknown"), len(ref.steps)

    def call(self, call, scope):
        return Unknown(f"{call.name}() is unknown")

    def spend(self, amount):
        pass

    def origins(self, node, scope):
        return ()


def value(text: str):
    return parse_expression(text, "f.tf", 1).eval(Scope(NoWorld()))


def doc(text: str) -> Document:
    return parse(text.encode(), "f.tf")


def only(document: Document) -> Block:
    assert [problem.message for problem in document.problems] == []
    return document.body.blocks[0]


def test_blocks_have_labels_headers_and_spans():
    block = only(doc('resource "aws_x"   "y" {\n  a = 1\n\n  b {\n    c = "d"\n  }\n}\n'))
    assert (block.type, block.labels) == ("resource", ("aws_x", "y"))
    assert block.header == Span("f.tf", 1, 1, 1, 23)
    assert block.span == Span("f.tf", 1, 1, 7, 2)
    assert block.body.attributes["a"].span == Span("f.tf", 2, 3, 2, 8)
    assert block.body.blocks[0].header == Span("f.tf", 4, 3, 4, 4)


def test_columns_count_characters():
    block = only(doc('locals {\n  a = { "ü" = "é", b = "x" }\n}\n'))
    made = block.body.attributes["a"].node.eval(Scope(NoWorld()))
    assert made.spans["ü"] == Span("f.tf", 2, 9, 2, 18)
    assert made.spans["b"] == Span("f.tf", 2, 20, 2, 27)


def test_collections_know_their_parts():
    made = doc('x = {\n  a = [\n    "p",\n    "q",\n  ]\n}\n').body.attributes["x"].node.eval(Scope(NoWorld()))
    assert isinstance(made, Map)
    assert made.header == Span("f.tf", 1, 1, 1, 6)
    inner = made["a"]
    assert isinstance(inner, Seq)
    assert inner.header == Span("f.tf", 2, 3, 2, 8)
    assert inner.spans == [Span("f.tf", 3, 5, 3, 8), Span("f.tf", 4, 5, 4, 8)]


@pytest.mark.parametrize("text", ["\r\n", "\n"])
def test_line_ends(text):
    block = only(doc(f'a "b" {{{text}  x = 1{text}  y = 2{text}}}{text}'))
    assert block.body.attributes["y"].span == Span("f.tf", 3, 3, 3, 8)


def test_heredocs_know_their_lines():
    document = doc('x = <<-EOT\n    #!/bin/sh\n      echo 1\n    EOT\n')
    made = document.body.attributes["x"].node.eval(Scope(NoWorld()))
    assert made == "#!/bin/sh\n  echo 1\n"
    assert isinstance(made, Text)
    assert made.place("f.tf", 10, 18) == Span("f.tf", 3, 5, 3, 13)


def test_three_valued_operators():
    assert value("false && a.b") is False
    assert value("a.b && false") is False
    assert value("a.b || true") is True
    assert isinstance(value("a.b || false"), Unknown)
    assert isinstance(value("!a.b"), Unknown)
    assert value("a.b ? 1 : 1") == 1
    assert isinstance(value("a.b ? 1 : 2"), Unknown)
    assert value("[1, a.b] == [2, a.b]") is False
    assert isinstance(value("[1, a.b] == [1, 2]"), Unknown)
    assert value('{ x = "a", y = b.c }.x') == "a"


def test_unknown_condition_of_maps_keeps_common_keys():
    made = value('a.b ? { x = 1, y = 2 } : { x = 1, z = 3 }')
    assert made["x"] == 1
    assert isinstance(made.get("y"), Unknown)
    assert isinstance(made.get("other"), Unknown)


def test_reason_and_refs_of_unknowns():
    made = value('"${a.b}-${c.d}"')
    assert isinstance(made, Unknown)
    assert made.reason == "a.b is unknown"


BROKEN = {
    "a block without its end": 'resource "a" "b" {\n  x = 1\n\nresource "c" "d" {\n  y = 2\n}\n',
    "a string without its end": 'resource "a" "b" {\n  x = "1\n}\nresource "c" "d" {\n  y = 2\n}\n',
    "a heredoc without its end": 'resource "a" "b" {\n  x = <<EOF\n1\n}\nresource "c" "d" {\n  y = 2\n}\n',
    "nonsense between": 'resource "a" "b" {\n  x = 1\n}\n%%%% ?\nresource "c" "d" {\n  y = 2\n}\n',
    "an attribute that is nonsense": 'resource "a" "b" {\n  z = [1 2 ;\n  x = 1\n}\nresource "c" "d" {\n  y = 2\n}\n',
    "a comma after an attribute": 'resource "a" "b" {\n  x = 1,\n}\nresource "c" "d" {\n  y = 2\n}\n',
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_stands_outside_an_error_is_kept(name):
    document = doc(BROKEN[name])
    assert document.status == "partial"
    assert document.problems[0].kind == "syntax"
    assert 1 <= document.problems[0].line <= 5
    kept = [block for block in document.body.blocks if block.labels == ("c", "d")]
    assert [block.body.attributes["y"].node.eval(Scope(NoWorld())) for block in kept] == [2]
    assert all(not block.body.broken for block in kept)


def test_an_attribute_that_did_not_parse_is_unknown():
    document = doc("a {\n  x = [1 2]\n  y = 3\n}\n")
    body = document.body.blocks[0].body
    assert body.broken
    assert body.attributes["y"].node.eval(Scope(NoWorld())) == 3


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("x = " + "[" * 3000 + "]" * 3000, "too-deep"),
        ("x = " + "(" * 3000 + "1" + ")" * 3000, "too-deep"),
        ("x = " + "!" * 3000 + "true", "too-deep"),
        ("a {\n" * 3000 + "}\n" * 3000, "too-deep"),
        ("x = 1\nx = 2\n", "syntax"),
        ("x = 1 y = 2\n", "syntax"),
        ('x = "${}"\n', "syntax"),
        ("x = 0x10\n", "syntax"),
        ("x = 1\0\n", "encoding"),
    ],
)
def test_what_is_refused(text, kind):
    assert [problem.kind for problem in doc(text).problems] == [kind]


def test_long_chains_of_operators_are_not_deep():
    assert value(" + ".join(["1"] * 3000)) == 3000


def test_bytes_that_are_no_text():
    assert parse(b'a = "\xff"', "f.tf").status == "failed"
    assert parse('a = "ü"\n'.encode("utf-16"), "f.tf").status == "analysed"
    assert parse(b"\xef\xbb\xbfa = 1\n", "f.tf").body.attributes["a"].span == Span("f.tf", 1, 1, 1, 6)


def test_templates_by_themselves():
    assert parse_template("plain $5 100%", "f", 1).eval(Scope(NoWorld())) == "plain $5 100%"
    assert parse_template('"${1 + 1}" $${x}\n', "f", 1).eval(Scope(NoWorld())) == '"2" ${x}\n'
    with pytest.raises(ValueError, match="syntax error"):
        parse_template("${", "f", 1)
    with pytest.raises(ValueError):
        parse_template("%{ endif }", "f", 1)


PIECES = st.sampled_from(
    ['resource "a" "b" {\n', "}\n", "x = ", "[", "]", "{", "}", '"', "${", "%{ if a }", "<<EOT\n", "EOT\n", "for ",
     "in ", " : ", "=>", "...", "1", "e5", "var.x", "[*]", ".", ",", "\n", "?", "-", "!", "&&", "(", ")", "é", "\\",
     "~", "#", "/*", "*/", "if ", "%{ endfor }", "null", "\r\n", "\t", "0x", "::"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join))
def test_no_input_raises(text):
    document = doc(text)
    assert document.status in ("analysed", "partial", "failed")
    for attribute in document.body.attributes.values():
        assert attribute.span.file == "f.tf"
        assert 1 <= attribute.span.line <= attribute.span.end_line <= text.count("\n") + 1


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40).filter(lambda text: "\0" not in text and "\r" not in text))
def test_quoted_strings_come_back(text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    escaped = escaped.replace("${", "$${").replace("%{", "%%{")
    if any(ord(letter) < 32 for letter in escaped) or text.endswith(("$", "%")):
        return
    document = doc(f'x = "{escaped}"\n')
    if not document.problems:
        value = document.body.attributes["x"].node.eval(Scope(NoWorld()))
        assert value == unicodedata.normalize("NFC", text)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_raise(data):
    assert parse(data, "f.tf").status in ("analysed", "partial", "failed")
