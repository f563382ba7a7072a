"""Provider configurations: which one a resource has, and the tags that come from it."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from guardrail.formats.hcl import Block
from guardrail.formats.hcl_collection_nodes import Object
from guardrail.formats.hcl_nodes import INDEX, Literal, Node, Ref, Scope, Trace
from guardrail.formats.hcl_values import Deferred, EvalError, derived
from guardrail.inputs.terraform.expansion import expand
from guardrail.inputs.terraform.folder import alias_of
from guardrail.inputs.terraform.functions.collections import merged
from guardrail.model import NOWHERE, Map, Sensitive, Seq, Unknown, Value

if TYPE_CHECKING:
    from guardrail.inputs.terraform.module import Module

# What a provider adds to the tags of all that it manages: (block or attribute, member of the block).
DEFAULT_TAGS = {
    "aws": ("default_tags", "tags"),
    "google": ("default_labels", ""),
    "google-beta": ("default_labels", ""),
}
WITHOUT_DEFAULT_TAGS = frozenset(("aws_autoscaling_group",))


# Providers of smaller clouds, which have a file of their own that most scans need not read.
_SMALLER = frozenset(("alicloud", "oci", "tencentcloud", "yandex"))
# Oracle has tags of one's own and tags that the tenancy defines, `Operations.CostCenter`. Both are tags.
_BESIDE = {"freeform_tags": "defined_tags"}


@cache
def taggable(file: str) -> dict[str, dict[str, frozenset[str]]]:
    """provider -> dotted path of the tags -> resource types."""
    with open(os.path.join(os.path.dirname(__file__), file), encoding="utf-8") as stream:
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


class Configured(NamedTuple):
    """A provider's configuration: the module that its block stands in, the block, and the scope that its arguments
    have (None where the block has for_each and it is not known which of its instances is meant)."""

    module: Module
    block: Block
    scope: Scope | None


def configuration(module: Module, name: str, key: Node | None = None, scope: Scope | None = None) -> Configured | None:
    """What configures provider `name` (`aws` or `aws.west`) for a module; `key` is the `each.key` of
    `aws.by_region[each.key]`, and `scope` the one that it stands in."""
    at: Module | None = module
    while at is not None:
        call = at.call_
        passed, passed_key = _passed(call.block, name) if call is not None else ("", None)
        kind, _, alias = name.partition(".")
        for block in at.folder.providers:
            if block.labels[0] == kind and alias_of(block) == alias and not (passed and _is_placeholder(block)):
                return Configured(at, block, _instance(at, block, key, scope))
        if call is None:
            return None
        if passed:
            name, key, scope = passed, passed_key, call.scope
        elif alias:
            return None
        else:  # a default configuration is inherited, by whatever name the caller has for the provider
            name = _local_name(call.caller, real_name(at, kind))
        at = call.caller
    return None


def _instance(module: Module, block: Block, key: Node | None, scope: Scope | None) -> Scope | None:
    if "for_each" not in block.body.attributes:
        return module.scope
    if key is None or scope is None:
        return None
    try:
        wanted = key.eval(scope)
        scopes = expand(block, module.scope, module.run, f"provider.{block.labels[0]}", module.doubtful).scopes
    except EvalError:
        return None
    return next((found for known, found in scopes if isinstance(known, str) and known == wanted), None)


def _is_placeholder(block: Block) -> bool:
    """An empty block, as modules had it before there was `configuration_aliases`: what the caller passes counts."""
    return not block.body.blocks and not block.body.attributes.keys() - {"alias", "version"}


def real_name(module: Module, local: str) -> str:
    """The provider's own name, for the one that a module calls it by."""
    return _required(module).get(local, "").rpartition("/")[2] or local


def _local_name(module: Module, real: str) -> str:
    return next((name for name, source in _required(module).items() if source.rpartition("/")[2] == real), real)


def _required(module: Module) -> dict[str, str]:
    """The sources of a module's providers, by the names that it has for them."""
    found: dict[str, str] = {}
    for settings in module.folder.settings:
        for block in settings.body.of_type("required_providers"):
            for name, attribute in block.body.attributes.items():
                for key, value, _ in attribute.node.entries if isinstance(attribute.node, Object) else ():
                    if key == "source" and isinstance(value, Literal) and isinstance(value.value, str):
                        found[name] = value.value
    return found


def _passed(call: Block, name: str) -> tuple[str, Node | None]:
    """What a call passes under this name, and the key of its instance."""
    attribute = call.body.attributes.get("providers")
    if attribute is not None and isinstance(attribute.node, Object):
        for key, value, _ in attribute.node.entries:
            if (key if isinstance(key, str) else _name_of(key)) == name:
                return _name_of(value), _key_of(value)
    return "", None


def _key_of(node: Node) -> Node | None:
    """The index in `aws.by_region["eu"]`."""
    kind, what = node.steps[-1] if isinstance(node, Ref) and node.steps else (-1, None)
    return what if kind == INDEX and isinstance(what, Node) else None


def default_tags(module: Module, block: Block, scope: Scope) -> Value:
    """Tags that the provider's configuration adds to a resource: a Map, an Unknown or None."""
    kind = block.labels[0]
    attribute = block.body.attributes.get("provider")
    chosen = _name_of(attribute.node) if attribute is not None else ""
    key = _key_of(attribute.node) if attribute is not None else None
    found = configuration(module, chosen or provider_of(kind), key, scope)
    if found is None or kind in WITHOUT_DEFAULT_TAGS:
        return None
    if found.scope is not found.module.scope:
        return _defaults(found)
    known = found.module.provider_tags
    if id(found.block) not in known:
        known[id(found.block)] = _defaults(found)
    return known[id(found.block)]


def _defaults(found: Configured) -> Value:
    module, settings, scope = found
    where, member = DEFAULT_TAGS.get(real_name(module, settings.labels[0]), ("", ""))
    if not where:
        return None
    sources: list[Value] = []
    bodies = [block.body for block in settings.body.of_type(where)] if member else [settings.body]
    for body in bodies:
        attribute = body.attributes.get(member or where)
        if attribute is None:
            continue
        if scope is None:
            sources.append(Unknown(f"which configuration of provider.{settings.labels[0]} is meant is not known"))
            continue
        value = module.run.value_of(attribute.node, scope, attribute.span, attribute.name)
        if isinstance(value, Map) and not attribute.node.pure:
            value = _with_origins(value, Trace(attribute.node, scope))
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


def effective_tags(module: Module, block: Block, attributes: Map, scope: Scope) -> Map | Unknown | None:
    """What the resource is tagged with, its own tags over the provider's; None where its type takes none."""
    kind = block.labels[0]
    path = tags_path(kind, attributes)
    if path is None:
        return None
    own = own_tags(attributes, path)
    if path in _BESIDE:
        own = merged([own_tags(attributes, _BESIDE[path]), own])
    inherited = default_tags(module, block, scope) if path in ("tags", "labels", "tag") else None
    result: Map | Unknown = merged([_open(inherited), own])
    if isinstance(result, Map):
        result.header = own.header if isinstance(own, Map) and own.header.line else attributes.header
        result.span = own.span if isinstance(own, Map) else attributes.span
        member = path.partition(".")[0]
        traced = attributes.origins.get(member) if attributes.origins else None
        if isinstance(own, Map) and traced is not None:
            result.origins = {**{key: traced for key in own if key in result}, **(result.origins or {})}
    return result


def tags_path(kind: str, attributes: Map) -> str | None:
    """Where a resource has its tags; None where its type takes none."""
    provider = provider_of(kind)
    known = taggable("taggable_clouds.json" if provider in _SMALLER else "taggable.json").get(provider, {})
    for path, kinds in known.items():
        if kind in kinds:
            return path
    return "tags" if isinstance(attributes.get("tags"), (Map, Unknown)) and "tags" in attributes else None


def own_tags(attributes: Map, path: str) -> Value:
    """The tags that stand in the resource itself: a Map, an Unknown or None."""
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
