"""Provider configurations: which one a resource has, and the tags that come from it."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import TYPE_CHECKING, Any

from guardrail.formats.hcl import Block
from guardrail.formats.hcl_nodes import Literal, Node, Object, Ref, Trace
from guardrail.formats.hcl_values import Deferred, derived
from guardrail.inputs.terraform.functions.collections import merged
from guardrail.model import NOWHERE, Map, Sensitive, Seq, Unknown, Value

if TYPE_CHECKING:
    from guardrail.inputs.terraform.module import Module

# What a provider adds to the tags of all that it manages: (block or attribute, member of the block).
_DEFAULTS = {"aws": ("default_tags", "tags"), "google": ("default_labels", ""), "google-beta": ("default_labels", "")}
_WITHOUT_DEFAULTS = frozenset(("aws_autoscaling_group",))


@cache
def taggable() -> dict[str, dict[str, frozenset[str]]]:
    """provider -> dotted path of the tags -> resource types."""
    with open(os.path.join(os.path.dirname(__file__), "taggable.json"), encoding="utf-8") as stream:
        data: dict[str, Any] = json.load(stream)
    return {
        provider: {path: frozenset(kinds) for path, kinds in paths.items()}
        for provider, paths in data["providers"].items()
    }


def provider_of(kind: str) -> str:
    return kind.partition("_")[0]


def _name_of(node: Node) -> str:
    """`aws.west`, written as a reference or (in JSON, and in old files) as a string."""
    if isinstance(node, Ref):
        return node.text()
    return str(node.value) if isinstance(node, Literal) and isinstance(node.value, str) else ""


def configuration(module: Module, name: str) -> tuple[Module, Block] | None:
    """The block that configures provider `name` (`aws` or `aws.west`) for a module, and the module that it
    stands in."""
    at: Module | None = module
    while at is not None:
        kind, _, alias = name.partition(".")
        for block in at.folder.providers:
            if block.labels[0] == kind and _alias(block) == alias:
                return at, block
        call = at.call_
        if call is None:
            return None
        passed = _passed(call.block, name)
        if passed:
            name = passed
        elif alias:
            return None
        at = call.caller
    return None


def _alias(block: Block) -> str:
    attribute = block.body.attributes.get("alias")
    return _name_of(attribute.node) if attribute is not None else ""


def _passed(call: Block, name: str) -> str:
    attribute = call.body.attributes.get("providers")
    if attribute is None or not isinstance(attribute.node, Object):
        return ""
    for key, value, _ in attribute.node.entries:
        if (key if isinstance(key, str) else _name_of(key)) == name:
            return _name_of(value)
    return ""


def default_tags(module: Module, block: Block, kind: str) -> Value:
    """Tags that the provider's configuration adds: a Map, an Unknown or None."""
    provider = provider_of(kind)
    found = configuration(module, _chosen(block, provider))
    if found is None or kind in _WITHOUT_DEFAULTS:
        return None
    home, settings = found
    if id(settings) not in home.provider_tags:
        home.provider_tags[id(settings)] = _defaults(home, settings)
    return home.provider_tags[id(settings)]


def _chosen(block: Block, provider: str) -> str:
    attribute = block.body.attributes.get("provider")
    return (_name_of(attribute.node) if attribute is not None else "") or provider


def _defaults(module: Module, settings: Block) -> Value:
    where, member = _DEFAULTS.get(settings.labels[0], ("", ""))
    if not where:
        return None
    sources: list[Value] = []
    bodies = [block.body for block in settings.body.of_type(where)] if member else [settings.body]
    for body in bodies:
        attribute = body.attributes.get(member or where)
        if attribute is None:
            continue
        value = module.run.value_of(attribute.node, module.scope, attribute.span, attribute.name)
        if isinstance(value, Map) and not attribute.node.pure:
            value = _with_origins(value, Trace(attribute.node, module.scope))
        sources.append(value)
    if settings.body.of_type("dynamic"):
        sources.append(Unknown(f"provider.{settings.labels[0]} sets its {where} dynamically"))
    return merged([_open(source) for source in sources]) if sources else None


def _with_origins(value: Map, trace: Trace) -> Map:
    from guardrail.formats.hcl_values import copy_map

    copy = copy_map(value)
    copy.origins = {**dict.fromkeys(value, trace), **(value.origins or {})}
    return copy


def _open(value: Value) -> Value:
    if isinstance(value, Sensitive):
        value = value.reveal()
    if isinstance(value, Deferred):
        value = value.force()
    if isinstance(value, Unknown):
        return derived(value)
    return value if isinstance(value, Map) else None


def effective_tags(module: Module, block: Block, attributes: Map) -> Map | Unknown | None:
    """What the resource is tagged with, its own tags over the provider's; None where its type takes none."""
    kind = block.labels[0]
    path = _path(kind, attributes)
    if path is None:
        return None
    own = _own(attributes, path)
    inherited = default_tags(module, block, kind) if path in ("tags", "labels", "tag") else None
    result: Map | Unknown = merged([_open(inherited), own])
    if isinstance(result, Map):
        result.header = own.header if isinstance(own, Map) and own.header.line else attributes.header
        result.span = own.span if isinstance(own, Map) else attributes.span
        member = path.partition(".")[0]
        traced = attributes.origins.get(member) if attributes.origins else None
        if isinstance(own, Map) and traced is not None:
            result.origins = {**{key: traced for key in own if key in result}, **(result.origins or {})}
    return result


def _path(kind: str, attributes: Map) -> str | None:
    known = taggable().get(provider_of(kind), {})
    for path, kinds in known.items():
        if kind in kinds:
            return path
    return "tags" if isinstance(attributes.get("tags"), (Map, Unknown)) and "tags" in attributes else None


def _own(attributes: Map, path: str) -> Value:
    if path == "tag":
        return _tag_blocks(attributes)
    value: Value = attributes
    for step in path.split("."):
        if isinstance(value, Seq):
            value = value[0] if value else None
        if isinstance(value, Unknown):
            return derived(value)
        value = value.get(step) if isinstance(value, Map) else None
    return _open(value)


def _tag_blocks(attributes: Map) -> Value:
    """The `tag { key, value }` blocks of an autoscaling group, and its older `tags = [{...}]`."""
    sources: list[Value] = []
    for name in ("tag", "tags"):
        blocks = attributes.get(name)
        if isinstance(blocks, Unknown):
            sources.append(derived(blocks))
        if not isinstance(blocks, Seq):
            continue
        for index, block in enumerate(blocks):
            key = block.get("key") if isinstance(block, Map) else block
            if isinstance(key, Unknown):
                sources.append(derived(key))
            elif isinstance(key, str) and isinstance(block, Map):
                one = Map(block.span, block.header)
                origin = block.origins.get("value") if block.origins else None
                place = block.span if block.span.line else blocks.place(index)
                one.put(key, block.get("value"), place or NOWHERE, origin)
                sources.append(one)
    return merged(sources) if sources else None
