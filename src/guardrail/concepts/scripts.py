"""Shell that machines run at their start and that Terraform runs itself: user data and provisioners."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from guardrail.model import Inventory, Map, Noun, Resource, Seq, Span, Unknown, Value

USER_DATA = ("user_data", "user_data_base64", "custom_data", "metadata_startup_script")
_REMOTE_PIPE = re.compile(
    r"(?:\b(?:curl|wget)\b[^|;&\n]*\|\s*(?:sudo\s+(?:-\S+\s+)*)?(?:/(?:usr/)?bin/)?(?:ba|z|k|da)?sh\b"
    r"|\b(?:curl|wget)\b[^|;&\n]*\|\s*(?:sudo\s+)?(?:python3?|perl|ruby|node)\b"
    r"|\b(?:ba|z)?sh\s+<\(\s*(?:curl|wget)\b"
    r"|\b(?:ba|z)?sh\s+-c\s+[\"']?\$\(\s*(?:curl|wget)\b"
    r"|\b(?:iwr|invoke-webrequest|irm|invoke-restmethod)\b[^|\n]*\|\s*(?:iex|invoke-expression)\b)",
    re.I,
)


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    attributes = resource.attributes
    for key in USER_DATA:
        if attributes.get(key) is not None:
            yield _script(resource, attributes, key, "user-data", f"{resource.local} {key}", key)
    metadata = attributes.get("metadata")
    if isinstance(metadata, Map) and metadata.get("startup-script") is not None:
        yield _script(resource, metadata, "startup-script", "user-data", f"{resource.local} startup script", "startup")
    for index, block in enumerate(_blocks(attributes.get("provisioner"))):
        for key in ("command", "inline"):
            if block.get(key) is not None:
                label = f"{resource.local} provisioner"
                yield _script(resource, block, key, "provisioner", label, f"provisioner[{index}]")


def _blocks(value: Value) -> Iterator[Map]:
    if isinstance(value, Seq):
        yield from (item for item in value if isinstance(item, Map))


def _script(resource: Resource, holder: Map, key: str, kind: str, name: str, identity: str) -> Noun:
    value = holder[key]
    span = holder.place(key)
    fields = Map(span, span)
    fields.put("name", name, span)
    fields.put("class", kind, span)
    text = _text(value, key)
    fields.put("text", text, span, holder.origins.get(key) if holder.origins else None)
    if isinstance(text, str):
        match = _REMOTE_PIPE.search(text)
        fields.put("remote_pipe", bool(match), _place(text, match, span))
    else:
        fields.put("remote_pipe", text, span)
    fields.put("untrusted", Seq(span), span)
    return Noun("script", name, fields, identity)


def _text(value: Value, key: str) -> Value:
    if isinstance(value, Seq):
        unknown = next((item for item in value if isinstance(item, Unknown)), None)
        return unknown or "\n".join(str(item) for item in value)
    if isinstance(value, str) and key in ("user_data_base64", "custom_data"):
        try:
            return base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return value
    if isinstance(value, (str, Unknown)):
        return value
    return Unknown("the script is not a string")


def _place(text: str, match: re.Match[str] | None, span: Span) -> Span:
    from guardrail.model import Text

    if match is not None and isinstance(text, Text):
        return text.place(span.file, *match.span())
    return span
