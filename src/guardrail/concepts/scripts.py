"""Shell that machines run at their start and that Terraform runs itself: user data and provisioners."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from guardrail.formats.shell import DETECTIONS
from guardrail.formats.shell_lines import Find, find_in
from guardrail.model import (
    HOLE,
    Encoded,
    EncodedUnknown,
    Inventory,
    Map,
    Noun,
    PartText,
    Reference,
    Resource,
    Sensitive,
    Seq,
    Span,
    Text,
    Unknown,
    Value,
)
from guardrail.model.patterns import lazy_regex

USER_DATA = ("user_data", "user_data_base64", "custom_data", "metadata_startup_script")
CLOUD_INIT = ("cloudinit_config", "template_cloudinit_config")  # data sources that put user data together
METADATA = ("startup-script", "windows-startup-script-ps1", "user-data", "user_data")
MAX_ENCODED = 1_000_000  # characters; user data is limited to a few kilobytes everywhere


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    attributes = resource.attributes
    if resource.kind in CLOUD_INIT:
        for index, part in enumerate(_blocks(attributes.get("part"))):
            if part.get("content") is not None:
                label = f"{resource.local} part {index + 1}"
                yield script_noun(part, "content", "user-data", label, f"part[{index}]")
    if resource.mode != "managed":
        return
    holders: list[tuple[str, Map]] = [("", attributes)]
    holders += [("os_profile.", block) for block in _blocks(attributes.get("os_profile"))]
    for prefix, holder in holders:
        for key in USER_DATA:
            value = holder.get(key)
            if value is not None and not _read_elsewhere(value, inventory):
                label = f"{resource.local} {prefix}{key}"
                yield script_noun(holder, key, "user-data", label, prefix + key)
    metadata = attributes.get("metadata")
    if isinstance(metadata, Map):
        there = [key for key in METADATA if metadata.get(key) is not None]
        known = [key for key in there if key in metadata]
        for key in known or there[:1]:  # of metadata that is known in part, one script stands for all that it may hold
            yield script_noun(metadata, key, "user-data", f"{resource.local} {key}", f"metadata.{key}")
    for index, block in enumerate(_blocks(attributes.get("provisioner"))):
        for key in ("command", "inline"):
            if block.get(key) is not None:
                label = f"provisioner of {resource.local}"
                yield script_noun(block, key, "provisioner", label, f"provisioner[{index}]")


def _read_elsewhere(value: Value, inventory: Inventory) -> bool:
    """True for what a data source puts together, whose parts are scripts of their own."""
    if isinstance(value, Reference):
        targets = [value.target]
    elif isinstance(value, Unknown):  # by way of a function, or of a module's output
        targets = [ref.rpartition(".")[0] for ref in value.refs]
    else:
        return False
    return any(other.kind in CLOUD_INIT for target in targets for other in inventory.at(target))


def _blocks(value: Value) -> Iterator[Map]:
    if isinstance(value, Seq):
        yield from (item for item in value if isinstance(item, Map))


def script_noun(holder: Map | Seq, key: str | int, kind: str, name: str, identity: str) -> Noun:
    """The noun of the code that an entry holds: a string, or a list of lines."""
    if isinstance(holder, Seq):
        value, span = holder[int(key)], holder.place(int(key))
    else:
        value, span = holder.get(str(key)), holder.place(str(key))
    fields = Map(span, span)
    fields.put("name", name, span)
    fields.put("class", kind, span)
    hidden = isinstance(value, Sensitive)
    text, lines = _code(value.reveal() if isinstance(value, Sensitive) else value, span)
    fields.put("text", Sensitive(text) if hidden else text, span)
    for field, find in DETECTIONS:
        fields.put(field, *_detected(field, find, lines, span))
    fields.put("untrusted", Seq(span), span)
    fields.put("privileged_trigger", False, span)
    if holder.origins and key in holder.origins:
        origin = holder.origins[key]  # type: ignore[index]
        fields.origins = dict.fromkeys(("text", *(field for field, _ in DETECTIONS)), origin)
    return Noun("script", name, fields, identity)


def _code(value: Value, span: Span) -> tuple[Value, list[tuple[Value, Span]]]:
    """The code as a whole, and its pieces with their places: the lines of a list, or the one text."""
    if isinstance(value, Seq):
        lines: list[tuple[Value, Span]] = []
        for index, item in enumerate(value):
            item = item.reveal() if isinstance(item, Sensitive) else item
            lines.append((item if isinstance(item, (str, Unknown)) else str(item), value.place(index)))
        unknown = next((item for item, _ in lines if isinstance(item, Unknown)), None)
        return unknown if unknown is not None else "\n".join(str(item) for item, _ in lines), lines
    text = _decoded(value)
    return text, [(text, span)]


def _decoded(value: Value) -> Value:
    """Plain text, also where it is handed over as base64."""
    if isinstance(value, Encoded) and isinstance(value.decoded, str):
        return value.decoded
    if isinstance(value, EncodedUnknown) and isinstance(value.decoded, PartText):
        return value.decoded
    if isinstance(value, Unknown):
        return value
    if not isinstance(value, str):
        return Unknown("the script is not a string")
    bare = "".join(value.split()) if len(value) < MAX_ENCODED else ""
    if len(bare) > 20 and " " not in value.strip():
        try:
            return base64.b64decode(bare, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            pass  # it is what it looks like
    return value


# A command, or all of a line or of what a shell is given: what fills it in may be any code. Elsewhere it is a word.
_CODE_TO_COME = lazy_regex(rf"""(?:^|[;&|(`{{]|\b(?:eval|exec|source)\b|\s-c)[ \t"']*{HOLE}""", re.MULTILINE)


def _may_hide_code(text: Value) -> bool:
    if isinstance(text, PartText):
        return _CODE_TO_COME.search(text.template) is not None
    return isinstance(text, Unknown)


def _detected(field: str, find: Find, lines: list[tuple[Value, Span]], span: Span) -> tuple[Value, Span]:
    """Whether a piece of the code does what is looked for, and where; what is known decides before what is not."""
    codes = [text.template if isinstance(text, PartText) else text for text, _ in lines]
    hit = find_in(field, find, [code.replace(HOLE, "x") if isinstance(code, str) else "" for code in codes])
    if hit is not None:
        code, place = codes[hit.line], lines[hit.line][1]
        return True, code.place(place.file, hit.start, hit.end) if isinstance(code, Text) else place
    unknown = next(((text, place) for text, place in lines if _may_hide_code(text)), None)
    return unknown if unknown is not None else (False, span)
