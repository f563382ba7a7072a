"""HCL's native syntax -> blocks, attributes and compiled expressions, each with its place."""

from __future__ import annotations

from guardrail.formats.hcl_compile import Compiler
from guardrail.formats.hcl_nodes import Literal, Node
from guardrail.formats.hcl_syntax import EXPONENT, Attribute, Block, Body, Document, tree_of, without_exponents
from guardrail.formats.text import decode


def parse(data: bytes, file: str) -> Document:
    """A file's blocks and attributes. Never raises for what the file holds."""
    text, problem = decode(data, file)
    if problem:
        return Document(file, Body(), [problem])
    source = text.encode("utf-8", "replace")
    compiler = Compiler(source, file)
    root = tree_of(source)
    if root.has_error and EXPONENT.search(source):
        root = tree_of(without_exponents(source))
    if not root.has_error:
        body = compiler.top(root)
        return Document(file, body, compiler.problems)
    from guardrail.formats.hcl_recovery import recover

    return recover(source, root, compiler)


def parse_template(text: str, file: str, line: int) -> Node:
    """A template that stands by itself: a string of Terraform's JSON syntax, a file for `templatefile`.
    Raises ValueError where it is none."""
    if "${" not in text and "%{" not in text:
        return Literal(text)
    marker = "END_OF_TEMPLATE"
    while marker in text:
        marker += "_"
    source = f"x = <<{marker}\n{text}\n{marker}\n".encode("utf-8", "replace")
    compiler = Compiler(source, file, line - 2)
    return compiler.single(tree_of(source), bare=True)


def parse_expression(text: str, file: str, line: int) -> Node:
    """An expression written in a string. Raises ValueError."""
    source = f"x = {text}\n".encode("utf-8", "replace")
    root = tree_of(source)
    if root.has_error:
        root = tree_of(without_exponents(source))
    return Compiler(source, file, line - 1).single(root)


__all__ = ["Attribute", "Block", "Body", "Document", "parse", "parse_expression", "parse_template"]
