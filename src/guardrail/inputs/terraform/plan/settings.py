"""What a plan tells of module calls and providers, for plans whose source isn't there."""

from __future__ import annotations

from typing import Any

from guardrail.inputs.terraform.plan.addresses import heads, is_expression
from guardrail.inputs.terraform.plan.document import PlanDocument, mapping
from guardrail.inputs.terraform.providers import DEFAULT_TAGS, WITHOUT_DEFAULT_TAGS
from guardrail.model import Map, Resource, Seq, Unknown, Value

MAX_MODULES_DEEP = 50


def configuration_resources(document: PlanDocument) -> list[Resource]:
    configuration = document.located_configuration()
    found: list[Resource] = []
    _calls(configuration.get("root_module"), "", found, 0)
    providers = configuration.get("provider_config")
    if isinstance(providers, Map):
        found += _providers(providers)
    return found


def default_tags(configuration: dict[str, Any], told: dict[str, Any] | None, kind: str) -> Value:
    """What the provider's configuration adds to the tags of a resource (`told` is the resource's own configuration): a
    Map, an Unknown or None."""
    if told is None:
        return Unknown("the plan does not say how the provider is configured")
    provider = mapping(mapping(configuration.get("provider_config")).get(told.get("provider_config_key") or ""))
    name = str(provider.get("full_name") or provider.get("name"))
    where, member = DEFAULT_TAGS.get(name.rpartition("/")[2], ("", ""))
    if not where or kind in WITHOUT_DEFAULT_TAGS:
        return None
    found = mapping(provider.get("expressions")).get(where)
    if member and found:
        found = mapping(found[0] if isinstance(found, list) else found).get(member)
    if found is None:
        return None
    value = mapping(found).get("constant_value")
    if not isinstance(value, dict):
        return Unknown(f"{where} of the provider is not in the plan", tuple(heads(found)))
    tags = Map()
    tags.update(value)
    return tags


def _calls(module: Value, prefix: str, found: list[Resource], depth: int) -> None:
    calls = module.get("module_calls") if isinstance(module, Map) else None
    if not isinstance(calls, Map) or depth > MAX_MODULES_DEEP:
        return
    for name, call in calls.items():
        if not isinstance(call, Map):
            continue
        made = Map(calls.spans[name], call.header)
        for key, to in (("source", "source"), ("version_constraint", "version")):
            if isinstance(call.get(key), str):
                made.copy_entry(call, key, to)
        _constants(call.get("expressions"), made)
        found.append(_resource("module", f"{prefix}module.{name}", made))
        _calls(call.get("module"), f"{prefix}module.{name}.", found, depth + 1)


def _providers(providers: Map) -> list[Resource]:
    """A `provider` for each configuration, a `terraform` block for the versions that the root module wants."""
    found: list[Resource] = []
    wanted = Map(providers.span, providers.header)
    for key, told in providers.items():
        name = told.get("name") if isinstance(told, Map) else None
        if not isinstance(name, str):
            continue
        module = told.get("module_address")
        prefix = f"{module}." if isinstance(module, str) and module else ""
        alias = told.get("alias")
        if isinstance(told.get("expressions"), Map) or isinstance(alias, str):
            made = Map(providers.spans[key], told.header)
            if isinstance(alias, str):
                made.copy_entry(told, "alias")
            _constants(told.get("expressions"), made)
            suffix = f".{alias}" if isinstance(alias, str) else ""
            resource = _resource("provider", f"{prefix}provider.{name}{suffix}", made)
            resource.provider = name
            found.append(resource)
        if not prefix and isinstance(told.get("version_constraint"), str) and name not in wanted:
            entry = Map(told.span, told.header)
            entry.copy_entry(told, "version_constraint", "version")
            if isinstance(told.get("full_name"), str):
                entry.copy_entry(told, "full_name", "source")
            wanted.put(name, entry, providers.spans[key])
    if wanted:
        block = Map(providers.span, providers.header)
        blocks = Seq(providers.span, providers.header)
        blocks.add(wanted, providers.span)
        block.put("required_providers", blocks, providers.span)
        found.append(_resource("terraform", "terraform", block))
    return found


def _constants(expressions: Value, made: Map, depth: int = 0) -> None:
    if not isinstance(expressions, Map):
        return
    for name, value in expressions.items():
        if name in made:
            continue
        if is_expression(value):
            made.put(name, _value(value, name), expressions.spans[name])
        elif depth < 20:
            blocks = Seq(expressions.spans[name])
            for item in value if isinstance(value, Seq) else [value]:
                if isinstance(item, Map):
                    block = Map(item.span, item.header)
                    _constants(item, block, depth + 1)
                    blocks.add(block, item.span)
            if blocks:
                made.put(name, blocks, expressions.spans[name])


def _value(expression: Map, name: str) -> Any:
    if "constant_value" in expression:
        return expression["constant_value"]
    return Unknown(f"the value of {name} is not in the plan", tuple(heads(expression)))


def _resource(kind: str, address: str, attributes: Map) -> Resource:
    return Resource(
        "terraform", "terraform", kind, address, attributes, span=attributes.span, header=attributes.header,
        mode="config", scope=attributes.span.file,
    )  # fmt: skip
