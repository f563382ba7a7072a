"""Grants of AWS that are no documents: managed policies given to somebody, permissions of Lambda functions."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.iam import policy_name
from guardrail.concepts.iam_actions import ALL_MANAGED, BROAD_MANAGED, ESCALATING_MANAGED
from guardrail.concepts.lists import among, refers_to, surely_named
from guardrail.model import Inventory, Map, Noun, PartText, Reference, Resource, Seq, Span, Unknown, Value

_ARNS = ("policy_arn", "managed_policy_arn", "managed_policy_arns", "policy_arns")
_RECEIVERS = ("role", "user", "group", "roles", "users", "groups", "permission_set_arn")


def attachments(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    """A noun for each policy of AWS's own; what attaches a policy written elsewhere is judged there."""
    attributes = resource.attributes
    for key in _ARNS:
        value = attributes.get(key)
        if isinstance(value, Seq):
            for index, item in enumerate(value):
                yield from _attached(resource, inventory, item, value.place(index))
        elif value is not None:
            yield from _attached(resource, inventory, value, attributes.place(key))


def _attached(resource: Resource, inventory: Inventory, arn: Value, place: Span) -> Iterator[Noun]:
    name = _of_data(arn, inventory) if isinstance(arn, Reference) else policy_name(arn)
    if name == "" or (isinstance(name, Unknown) and refers_to(name, ("aws_iam_policy",))):
        return
    fields = Map(place)
    fields.put("system", "aws", place)
    fields.put("class", "binding", place)
    fields.put("effect", "allow", place)
    fields.put("role", name.whole() if isinstance(name, PartText) else name, place)
    fields.put("conditions", False, place)
    fields.put("anyone", False, place)
    receivers = Seq(place)
    for key in _RECEIVERS:
        value = resource.attributes.get(key)
        for item in value if isinstance(value, Seq) else [value]:
            if item is not None:
                receivers.add(item, resource.attributes.place(key))
    fields.put("principals", receivers, place)
    fields.put("actions", Seq(place), place)
    fields.put("resources", Seq(place), place)
    for field, names in (("all_actions", ALL_MANAGED), ("all_resources", None), ("service_wildcard", BROAD_MANAGED)):
        if isinstance(name, Unknown):
            fields.put(field, name, place)
        elif names is None:
            fields.put(field, True, place)
        else:
            whole = field == "service_wildcard" and str(name).endswith("FullAccess")
            fields.put(field, name in names or whole, place)
    escalation: Value = Seq(place)
    if isinstance(name, Unknown):
        escalation = name
    elif name in ESCALATING_MANAGED:
        escalation.add("iam:*", place)
    fields.put("escalation", escalation, place)
    yield Noun("grant", resource.local, fields, f"attached/{name if isinstance(name, str) else ''}")


def _of_data(reference: Reference, inventory: Inventory) -> Value:
    """The name of a managed policy that a data source looks up, "" for a policy that is no data source."""
    for resource in inventory.at(reference.target):
        if resource.mode == "data" and resource.kind == "aws_iam_policy":
            arn = resource.attributes.get("arn")
            if arn is not None:
                return policy_name(arn)
            name = resource.attributes.get("name")
            return name if isinstance(name, (str, Unknown)) else ""
    return ""


def permission(resource: Resource) -> Noun:
    """`aws_lambda_permission`: a statement of the function's policy, as attributes."""
    attributes, header = resource.attributes, resource.header
    fields = Map(attributes.span, header)
    fields.put("system", "aws", header)
    fields.put("class", "resource-policy", header)
    fields.put("effect", "allow", header)
    for field, key in (("principals", "principal"), ("actions", "action")):
        value, place = attributes.get(key), attributes.place(key)
        fields.spans[field] = place
        if value is not None:
            listed = Seq(place)
            listed.add(value, place)
            fields.put(field, listed, place)
    limits = [attributes.get(key) for key in ("source_account", "source_arn", "principal_org_id", "organization_id")]
    through_url = attributes.get("invoked_via_function_url")  # whom that lets in, the statement for the URL says
    limited: Value = through_url if isinstance(through_url, Unknown) else through_url in (True, "true")
    if any(value is not None for value in limits):
        limited = True
    fields.put("conditions", limited, header)
    principal, place = attributes.get("principal"), attributes.place("principal")
    anyone: Value = False
    if isinstance(principal, Unknown):
        anyone = False if surely_named(principal) else among(principal, ("*",))
    elif principal == "*":
        anyone = limited if isinstance(limited, Unknown) else not limited
    fields.put("anyone", anyone, place)
    fields.put("all_actions", attributes.get("action") == "*", attributes.place("action"))
    fields.put("service_wildcard", attributes.get("action") in ("*", "lambda:*"), attributes.place("action"))
    fields.put("all_resources", False, header)
    return Noun("grant", resource.local, fields)
