"""Role assignments and custom roles of Azure as grants."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guardrail.concepts.lists import among, listed, refers_to, some
from guardrail.model import HOLE, Inventory, Map, Noun, PartText, Reference, Resource, Seq, Span, Unknown, Value
from guardrail.model.patterns import lazy_regex

# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
_BUILT_IN = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
}
_ESCALATING = frozenset(("user access administrator", "role based access control administrator"))
_WIDE = frozenset(("tenant", "management-group", "subscription"))
_GUID = lazy_regex(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
_MAKES_RIGHTS = (
    "Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleDefinitions/write",
    "Microsoft.Authorization/elevateAccess/action",
)  # fmt: skip


def azure_grants(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.kind == "azurerm_role_assignment":
        yield _assignment(resource, inventory)
    else:
        yield from _definition(resource, inventory)


def _assignment(resource: Resource, inventory: Inventory) -> Noun:
    attributes, header = resource.attributes, resource.header
    fields = _fields(resource, attributes.span, header, "binding")
    key = "role_definition_name" if attributes.get("role_definition_name") is not None else "role_definition_id"
    role, place = _role(attributes.get(key), inventory), attributes.place(key)
    fields.put("role", role.whole() if isinstance(role, PartText) else role, place)
    scope = _scope(attributes.get("scope"), inventory)
    fields.put("scope", scope, attributes.place("scope"))
    principal = Seq(attributes.place("principal_id"))
    if attributes.get("principal_id") is not None:
        principal.add(attributes["principal_id"], attributes.place("principal_id"))
    fields.put("principals", principal, principal.header)
    fields.put("actions", Seq(place), place)
    condition = attributes.get("condition")
    narrowed = condition if isinstance(condition, Unknown) else bool(condition)
    fields.put("conditions", narrowed, attributes.place("condition"))
    fields.put("all_actions", among(role, ("owner",)), place)
    wide = scope if isinstance(scope, Unknown) else scope in _WIDE
    fields.put("all_resources", wide, attributes.place("scope"))
    fields.put("service_wildcard", among(role, ("owner", "contributor")), place)
    escalation: Value = Seq(place)
    escalates = among(role, _ESCALATING)
    if isinstance(escalates, Unknown):
        escalation = escalates
    elif escalates and wide is not False and narrowed is not True:
        if isinstance(wide, Unknown) or isinstance(narrowed, Unknown):
            escalation = wide if isinstance(wide, Unknown) else narrowed
        else:
            escalation.add(_MAKES_RIGHTS[0], place)
    fields.put("escalation", escalation, place)
    return Noun("grant", resource.local, fields)


def _definition(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    attributes = resource.attributes
    blocks = attributes.get("permissions")
    wide, scope, place = _assignable(attributes, inventory)
    for index, block in enumerate(blocks if isinstance(blocks, Seq) else ()):
        if not isinstance(block, Map):
            continue
        fields = _fields(resource, block.span, block.header, "role")
        fields.put("scope", scope, place)
        fields.put("all_resources", wide, place)
        for field, key in (("actions", "actions"), ("not_actions", "not_actions")):
            fields.spans[field] = block.place(key)
            if block.get(key) is not None:
                fields.copy_entry(block, key, field)
        actions, excluded, at = block.get("actions"), block.get("not_actions"), block.place("actions")
        everything = some(listed(actions, at), at, lambda text: text == "*")
        if everything[0] is True and excluded:
            everything = (excluded if isinstance(excluded, Unknown) else False), everything[1]
        fields.put("all_actions", *everything)
        fields.put("service_wildcard", *some(listed(actions, at), at, _is_service))
        fields.put("whole_services", _whole_services(actions, at), at)
        fields.put("conditions", False, block.header)
        found, at = _escalation(actions, excluded, at)
        narrow = isinstance(found, Seq) and wide is False
        fields.put("escalation", Seq(at) if narrow else wide if found and isinstance(wide, Unknown) else found, at)
        yield Noun("grant", resource.local, fields, f"permissions[{index}]")


def _whole_services(actions: Value, at: Span) -> Seq:
    found = Seq(at)
    for item in actions if isinstance(actions, Seq) else ():
        if isinstance(item, str) and _is_service(item):
            found.add(item, at)
    return found


def _fields(resource: Resource, span: Span, header: Span, grants_class: str) -> Map:
    fields = Map(span, header)
    fields.put("system", "azure", header)
    fields.put("class", grants_class, header)
    fields.put("effect", "allow", header)
    fields.put("anyone", False, header)
    return fields


def _role(value: Value, inventory: Inventory) -> str | Unknown:
    """The role's name, where it is one of Azure's own."""
    if isinstance(value, Reference):
        for target in inventory.at(value.target):
            name = target.attributes.get("name")
            if isinstance(name, str) and target.mode == "data":
                return name
        return ""  # a custom role, which is judged where it is defined
    if isinstance(value, PartText):
        last = value.template.rpartition("/")[2].lower()
        if _GUID.match(last):
            return _BUILT_IN.get(last, "")
    if isinstance(value, Unknown):
        return "" if refers_to(value, ("azurerm_role_definition",)) else value
    if isinstance(value, str):
        last = value.rsplit("/", 1)[-1].lower()
        return _BUILT_IN.get(last, "") if _GUID.match(last) else value
    return ""


def _scope(value: Value, inventory: Inventory) -> str | Unknown:
    if isinstance(value, str):
        return _scope_of_id(value)
    if isinstance(value, Reference):
        kind = value.target.rsplit(".", 2)[-2] if "." in value.target else ""
        return {
            "azurerm_subscription": "subscription",
            "azurerm_management_group": "management-group",
            "azurerm_resource_group": "resource-group",
        }.get(kind, "resource")
    if isinstance(value, PartText):
        return _scope_of_part(value)
    return value if isinstance(value, Unknown) else Unknown("no scope is written")


def _scope_of_part(value: PartText) -> str | Unknown:
    """A hole between slashes is one part of an ID; one that an ID begins with is that of something else."""
    beginning, slash, rest = value.template.lower().partition("/")
    if not beginning and not rest.startswith(HOLE):
        return _scope_of_id(value.template)
    if beginning != HOLE or not slash:
        return value.whole()
    parts = [part for part in rest.split("/") if part]
    if parts[:1] == ["resourcegroups"]:
        return "resource-group" if len(parts) <= 2 else "resource"
    of_provider = parts[:1] == ["providers"] and len(parts) > 2 and "managementgroups" not in parts
    return "resource" if of_provider else value.whole()


def _scope_of_id(text: str) -> str:
    parts = [part for part in text.lower().split("/") if part]
    if not parts:
        return "tenant"
    if "managementgroups" in parts:
        return "management-group"
    if parts[0] == "subscriptions":
        if len(parts) <= 2:
            return "subscription"
        if len(parts) <= 4 and parts[2] == "resourcegroups":
            return "resource-group"
    return "resource"


def _assignable(attributes: Map, inventory: Inventory) -> tuple[bool | Unknown, Value, Span]:
    """Whether the role can be assigned for a whole subscription or more; the widest scope and its place."""
    listed = attributes.get("assignable_scopes")
    items = [(attributes.get("scope"), attributes.place("scope"))]
    if isinstance(listed, Seq) and listed:
        items = [(item, listed.place(index)) for index, item in enumerate(listed)]
    elif isinstance(listed, Unknown):
        items = [(listed, attributes.place("assignable_scopes"))]
    undecided: tuple[Unknown, Span] | None = None
    for item, place in items:
        scope = _scope(item, inventory)
        if isinstance(scope, Unknown):
            undecided = undecided or (scope, place)
        elif scope in _WIDE:
            return True, scope, place
    if undecided:
        return undecided[0], undecided[0], undecided[1]
    return False, _scope(items[0][0], inventory), items[0][1]


def _is_service(text: str) -> bool:
    return text == "*" or bool(re.match(r"[\w.]+/\*\Z", text))


def _escalation(actions: Value, excluded: Value, place: Span) -> tuple[Value, Span]:
    if isinstance(actions, Unknown):
        return actions, place
    found = Seq(place)
    texts = [text for text in excluded if isinstance(text, str)] if isinstance(excluded, Seq) else []
    remaining = [action for action in _MAKES_RIGHTS if not any(_matches(text, action) for text in texts)]
    for index, item in enumerate(actions if isinstance(actions, Seq) else ()):
        if isinstance(item, str) and any(_matches(item, action) for action in remaining):
            found.add(item, actions.place(index))
    if found:
        found.header = found.place(0)
    return found, found.header


def _matches(pattern: str, action: str) -> bool:
    if pattern.count("*") > 4:
        return False
    parts = [re.escape(part) for part in pattern[:200].lower().split("*")]
    return re.fullmatch(".*".join(parts), action.lower()) is not None
