"""Documents -> values, with the places that they have in a file or a heredoc of the tree."""

from __future__ import annotations

import json
from itertools import pairwise
from math import isfinite

from guardrail.formats import holes
from guardrail.formats.hcl_conversions import nfc, parse_number
from guardrail.formats.hcl_values import EvalError, combined
from guardrail.inputs.terraform.functions.table import text
from guardrail.model import (
    HOLE,
    NOWHERE,
    Encoded,
    EncodedUnknown,
    Map,
    PartText,
    Sensitive,
    Seq,
    Span,
    Text,
    Unknown,
    Value,
)
from guardrail.model.patterns import lazy_regex

_OPENS = lazy_regex(r"(?::|[\[{,]|(?:\A|\s)-|(?:\A|\s)[|>][-+0-9]*)\Z")  # after which a line begins with a value


class FileText(str):
    """The contents of a file of the scanned tree, so that what is decoded from them knows its places."""

    __slots__ = ("path",)

    path: str

    def __new__(cls, value: str, path: str) -> FileText:
        self = super().__new__(cls, value)
        self.path = path
        return self


def decode(value: Value, yaml: bool) -> Value:
    """`jsondecode`, or `yamldecode`. Of what is unknown in part, what surely stands there. Raises EvalError."""
    if isinstance(value, Sensitive):
        made = decode(value.reveal(), yaml)
        return made if isinstance(made, Unknown) else Sensitive(made)
    if isinstance(value, (Encoded, EncodedUnknown)) and isinstance(value.decoded, (dict, list)):
        return value.decoded
    if isinstance(value, PartText):
        return _decode_part(value, yaml)
    if isinstance(value, Unknown):
        return combined([value])
    source = text(value)
    located = isinstance(value, FileText) or (isinstance(value, Text) and value.exact and value.file != "")
    if not yaml:
        try:
            plain = json.loads(source, parse_float=parse_number)
        except (ValueError, RecursionError):
            raise EvalError("jsondecode() is given what is not JSON") from None
        if not located:
            return placed(plain)
    from guardrail.formats.yaml import load

    path = value.path if isinstance(value, FileText) else value.file if located else ""
    loaded = load(source.encode("utf-8", "replace"), path, "kubernetes")  # YAML 1.1's booleans, like Terraform
    wrong = next((problem for problem in loaded.problems if "stands twice" not in problem.message), None)
    if wrong is not None:
        raise EvalError(f"yamldecode(): {wrong.message}")
    if yaml and not loaded.documents:
        raise EvalError("yamldecode() finds no document")
    if len(loaded.documents) > 1:
        raise EvalError("yamldecode() is given more than one document")
    found = loaded.documents[0].value if loaded.documents else None
    from guardrail.inputs.terraform.functions.yaml_values import as_terraform_has_it

    found = as_terraform_has_it(found, loaded.text if yaml else "")
    if isinstance(value, Text):
        return moved(found, value)
    return found if path else placed(found)


def _decode_part(part: PartText, yaml: bool) -> Value:
    """What is known of the document; all of it unknown where an unknown part may bring entries of its own."""
    marked = holes.marked(part, holes.MARK) if yaml else holes.marked_json(part)
    if marked is None or (yaml and _may_bring_entries(part.template)):
        return part.whole()
    try:
        root = decode(part.template.like(marked) if isinstance(part.template, Text) else marked, yaml)
    except EvalError:  # what the unknown parts are may make sense of it
        return part.whole()
    return holes.opened(root, part) if isinstance(root, (Map, Seq)) else part.whole()


def _may_bring_entries(template: str) -> bool:
    """Whether an unknown part stands at the start of a line where an entry would, as `${indent(4, var.more)}` does."""
    lines = [line.strip() for line in template.split("\n")]
    lines = [line for line in lines if line and not line.startswith("#")]
    if lines and lines[0].startswith(HOLE):
        return True
    return any(here.startswith(HOLE) and not _OPENS.search(before) for before, here in pairwise(lines))


def moved(value: Value, text: Text) -> Value:
    """What was read from a heredoc, with the places that it has in the file of that."""
    done: set[int] = set()

    def there(span: Span) -> Span:
        first, margin = text.first_line - 1, text.indent
        return Span(span.file, span.line + first, span.column + margin, span.end_line + first, span.end_column + margin)

    def move(item: Value) -> Value:
        if isinstance(item, Text):
            return Text(item, item.first_line + text.first_line - 1, item.indent + text.indent, item.exact, item.file)
        if not isinstance(item, (Map, Seq)) or id(item) in done:
            return item
        done.add(id(item))
        item.span, item.header = there(item.span), there(item.header)
        if isinstance(item, Map):
            item.spans = {key: there(span) for key, span in item.spans.items()}
            for key, inner in item.items():
                item[key] = move(inner)
            return item
        item.spans = [there(span) for span in item.spans]
        item[:] = [move(inner) for inner in item]
        return item

    return move(value)


_LONE = lazy_regex("[\ud800-\udfff]")  # half of what UTF-16 has as two


def placed(value: Value) -> Value:
    """Plain data as values that stand nowhere."""
    if isinstance(value, dict):
        mapping = Map()
        for key, item in value.items():
            mapping.put(nfc(str(key)), placed(item), NOWHERE)
        return mapping
    if isinstance(value, tuple):
        raise EvalError("yamldecode() meets a tag that it does not know")
    if isinstance(value, list):
        sequence = Seq()
        for item in value:
            sequence.add(placed(item), NOWHERE)
        return sequence
    if isinstance(value, float) and not isfinite(value):
        raise EvalError("yamldecode() meets a number that is not finite")
    if isinstance(value, str) and not value.isascii():
        return nfc(_LONE.sub("\ufffd", value))
    return value
