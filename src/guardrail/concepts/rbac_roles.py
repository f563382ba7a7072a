"""What the roles of the scanned set allow, for the bindings that name them.

Rules of a ClusterRole that is put together by labels (`aggregationRule`) are those of the roles that bear them.
"""

from __future__ import annotations

from guardrail.concepts.blocks import TERRAFORM, Spelling
from guardrail.concepts.kubernetes_names import names_of
from guardrail.concepts.lists import listed
from guardrail.concepts.selectors import Selector, spelled
from guardrail.model import Inventory, Map, Origin, Reference, Resource, Seq, Span, Unknown, Value, as_if_there

MAX_RULES = 500  # of one role, with those that it is put together of


def given_by(ref: Map, namespace: Value, place: Span, asker: Resource, inventory: Inventory) -> Value:
    """The rules of the role that a binding names, each standing where the binding names it; None where the role is
    not among what was scanned, or several other sets have one of that name and do not agree."""
    kind, name = ref.get("kind"), ref.get("name")
    role: Resource | None = None
    if isinstance(name, Reference):
        role = next(iter(inventory.at(name.target)), None)
    elif kind in ("Role", "ClusterRole") and isinstance(name, str) and isinstance(namespace, str):
        roles = names_of(kind, inventory)
        role = roles.at(namespace, name) or _agreed(roles.of_others(namespace, name, asker))
    if role is None:
        return None
    given = Seq(place)
    for rule, giver, spelling in _rules(role, inventory):
        if len(given) >= MAX_RULES:
            break
        if isinstance(rule, Unknown):
            return rule
        made = Map(place)
        for field, key in (("actions", "verbs"), ("resources", "resources")):
            value = _moved(listed(rule.get(spelling[key]), place), place)
            if value is not None:
                origin = Origin(f"rule of {giver.address}", rule.place(spelling[key]), value)
                made.put(field, value, place, lambda origin=origin: (origin,))  # type: ignore[misc]
        names = rule.get(spelling["resourceNames"])
        made.put("named", names if isinstance(names, Unknown) else bool(names), place)
        made.put("role", giver.local, place)
        given.add(made, place)
    return given


def _agreed(roles: list[Resource]) -> Resource | None:
    if not roles or any(_said(role) != _said(roles[0]) for role in roles[1:]):
        return None
    return roles[0]


def _said(role: Resource) -> tuple[Value, Value]:
    return role.attributes.get("rules"), role.attributes.get("aggregationRule")


def _moved(items: Seq | Unknown | None, place: Span) -> Seq | Unknown | None:
    if not isinstance(items, Seq):
        return items
    moved = Seq(place)
    for item in items:
        moved.add(item, place)
    return moved


def _rules(role: Resource, inventory: Inventory) -> list[tuple[Map | Unknown, Resource, Spelling]]:
    found = _own_rules(role)
    _, attributes, spelling = spelled(role)
    aggregation = spelling.block(attributes, "aggregationRule")
    selectors = spelling.blocks(aggregation, "clusterRoleSelectors")
    for item in selectors if isinstance(selectors, Seq) else ():
        if not isinstance(item, Map):
            continue
        wanted = Selector("", "", spelling.block(item, "matchLabels"), spelling.blocks(item, "matchExpressions"))
        for other, *_ in names_of("ClusterRole", inventory).found.values():
            _, others, other_spelling = spelled(other)
            labels = other_spelling.block(other_spelling.block(others, "metadata"), "labels")
            if other is not role and wanted.selects("", labels):
                found += _own_rules(other)
    return found


def _own_rules(role: Resource) -> list[tuple[Map | Unknown, Resource, Spelling]]:
    _, attributes, spelling = spelled(role)
    rules = as_if_there(spelling.blocks(attributes, "rule" if spelling is TERRAFORM else "rules"))
    if isinstance(rules, Unknown):
        return [(rules, role, spelling)]
    return [
        (rule, role, spelling) for rule in (rules if isinstance(rules, Seq) else ()) if isinstance(rule, (Map, Unknown))
    ]
