"""An assignment in YAML, at the place of a finding: the value of a key that stands there, or a key that is missing from
the mapping that the key there is part of. Text is put in by lines, so that all else, comments too, stays as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from guardrail.fixing.assignments import Assignment
from guardrail.formats.text import has_lone_return
from guardrail.model import Span

if TYPE_CHECKING:
    from yaml.nodes import MappingNode, Node

MAX_BYTES = 1_000_000  # of a file into which keys are put: PyYAML makes a node of everything

_SCALAR = (
    r"(?P<value>true|false|True|False|null|~|-?[0-9]+|\"[^\"\\]*\"|'[^']*'|[A-Za-z][\w./-]*)"
    r"(?=[ \t]*(?:$|[,}]|[ \t]#))"
)


def edited(source: bytes, span: Span, wanted: Assignment) -> bytes | None:
    """The file with the value in place of the one that the key has, or with the key; None where neither can be done by
    whole lines, or is done already."""
    if wanted.is_hcl or b"{{" in source.replace(b"${{", b""):  # a template of a chart is no YAML
        return None
    if has_lone_return(source):  # a patch ends its lines elsewhere
        return None
    try:
        lines = source.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        return None
    if not 0 < span.line <= len(lines) or not span.column:
        return None
    changed = _replaced(lines, span, wanted)
    if changed is None and len(wanted.path) > 1 and len(source) <= MAX_BYTES:
        changed = _inserted(source, lines, span, wanted)
    return "\n".join(changed).encode("utf-8") if changed is not None else None


def _replaced(lines: list[str], span: Span, wanted: Assignment) -> list[str] | None:
    line, end = lines[span.line - 1], ""
    if line.endswith("\r"):
        line, end = line[:-1], "\r"
    found = re.compile(rf"([\"']?){re.escape(wanted.name)}\1[ \t]*:[ \t]+{_SCALAR}").match(line, span.column - 1)
    if found is None or found["value"] == wanted.value:
        return None
    changed = line[: found.start("value")] + wanted.value + line[found.end("value") :] + end
    return [*lines[: span.line - 1], changed, *lines[span.line :]]


def _inserted(source: bytes, lines: list[str], span: Span, wanted: Assignment) -> list[str] | None:
    holder = _holder(source, span)
    if holder is None or holder.flow_style:
        return None
    first, *rest = wanted.path
    inner = next((value for key, value in holder.value if key.value == first), None)
    if inner is None:
        at, value = next((key, value) for key, value in holder.value if _starts_at(key, span))
        if value.end_mark.line != at.start_mark.line:  # nothing can be put behind what goes on in the next line
            return None
        return _with(lines, at.start_mark.line + 1, at.start_mark.column, [first, *rest], wanted.value)
    if not _is_block(inner) or any(key.value == rest[0] for key, _ in inner.value):
        return None
    start = inner.value[0][0].start_mark
    before = start.line
    while before and lines[before - 1].lstrip().startswith("#"):  # what is said there is said of the key below
        before -= 1
    return _with(lines, before, start.column, rest, wanted.value)


def _with(lines: list[str], before: int, indent: int, path: list[str], value: str) -> list[str]:
    """The lines with nested keys before one of them, or behind the last."""
    end = "\r" if lines[min(before, len(lines) - 1) - 1].endswith("\r") else ""
    new = [f"{' ' * (indent + 2 * depth)}{name}:" for depth, name in enumerate(path)]
    new[-1] += f" {value}"
    if before == len(lines):  # the last line has no end, and the new last one gets none
        return [*lines[:-1], lines[-1] + end, *(line + end for line in new[:-1]), new[-1]]
    return [*lines[:before], *(line + end for line in new), *lines[before:]]


def _holder(source: bytes, span: Span) -> MappingNode | None:
    """The mapping of which a key begins at the start of a span."""
    import yaml
    from yaml.nodes import MappingNode, SequenceNode

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        stack: list[Node | None] = list(yaml.compose_all(source, loader))
    except (yaml.YAMLError, RecursionError):
        return None
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if node is None or id(node) in seen:  # what an alias stands for comes up again
            continue
        seen.add(id(node))
        if isinstance(node, MappingNode):
            if any(_starts_at(key, span) for key, _ in node.value):
                return node
            stack += (value for _, value in node.value)
        elif isinstance(node, SequenceNode):
            stack += node.value
    return None


def _starts_at(node: Node, span: Span) -> bool:
    return bool((node.start_mark.line, node.start_mark.column) == (span.line - 1, span.column - 1))


def _is_block(node: Node) -> bool:
    from yaml.nodes import MappingNode

    return isinstance(node, MappingNode) and not node.flow_style and bool(node.value)
