"""YAML of which parts are unknown, as `yamldecode` has it: what surely stands there, with unknowns in it."""

from __future__ import annotations

from itertools import pairwise

from guardrail.formats import holes
from guardrail.formats.hcl_values import EvalError
from guardrail.inputs.terraform.functions.encoding import decode
from guardrail.model import HOLE, Map, PartText, Seq, Text, Value

_OPENS = (":", "-", "|", ">", "[", "{", ",", "|-", ">-", "|+", ">+")  # after which a line begins with a value


def decode_part(part: PartText) -> Value:
    """What is known of the document; all of it unknown where an unknown part may bring entries of its own."""
    text = holes.marked(part, holes.MARK)
    if text is None or _may_bring_entries(part.template):
        return part.whole()
    try:
        root = decode(part.template.like(text) if isinstance(part.template, Text) else text, yaml=True)
    except EvalError:  # what the unknown parts are may make sense of it
        return part.whole()
    return holes.opened(root, part) if isinstance(root, (Map, Seq)) else part.whole()


def _may_bring_entries(template: str) -> bool:
    """Whether an unknown part stands at the start of a line where an entry would, as `${indent(4, var.more)}` does."""
    lines = [line.strip() for line in template.split("\n")]
    lines = [line for line in lines if line and not line.startswith("#")]
    if lines and lines[0].startswith(HOLE):
        return True
    return any(here.startswith(HOLE) and not before.endswith(_OPENS) for before, here in pairwise(lines))
