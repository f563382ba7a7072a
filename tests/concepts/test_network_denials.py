from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from guardrail.concepts.network_denials import Denials, Ordered, apply_all, by_direction, denials_of
from guardrail.conditions import Scope, compile_condition
from guardrail.model import Inventory, Map, Resource, Span

HERE = Span("main.tf", 1, 1, 9, 2)
PORT = st.integers(0, 65535)


def rule(action: str, low: int, high: int, protocol: str = "tcp", source: str = "0.0.0.0/0") -> Map:
    made = Map(HERE)
    made.put("direction", "ingress", HERE)
    for key, value in (("action", action), ("protocol", protocol), ("from_port", low), ("to_port", high),
                       ("anywhere", True), ("open_to", source), ("ports", f"{low}-{high}")):  # fmt: skip
        made.put(key, value, HERE)
    return made


@given(st.lists(st.tuples(PORT, PORT, st.integers(1, 20)), max_size=6), PORT, PORT, PORT)
def test_a_port_is_open_unless_an_earlier_rule_denies_it(
    denied: list[tuple[int, int, int]], low: int, high: int, port: int
) -> None:
    low, high = sorted((low, high))
    denials = Denials()
    for first, last, order in denied:
        denials.note(rule("deny", *sorted((first, last))), order)
    allowed = rule("allow", low, high)
    denials.apply(allowed, 10)
    expected = low <= port <= high and not any(
        min(a, b) <= port <= max(a, b) for a, b, order in denied if order < 10
    )
    subject = Resource("terraform", "aws", "x", "x.y", Map(HERE))
    covers = compile_condition({"ports": {"covers": [port]}, "anywhere": True})
    assert covers(Scope(allowed, subject, Inventory())).truth is expected


def test_a_denial_of_another_protocol_or_family_takes_nothing() -> None:
    denials = Denials()
    denials.note(rule("deny", 0, 65535, "udp", "*"), 1)
    denials.note(rule("deny", 0, 65535, "tcp", "::/0"), 1)
    allowed = rule("allow", 22, 22)
    denials.apply(allowed, 2)
    assert allowed["ports"] == "22-22"
    assert allowed["anywhere"] is True


def test_what_several_groups_deny_adds_up() -> None:
    groups = [by_direction([(rule("deny", low, high), 1)]) for low, high in ((0, 21), (23, 65535))]
    allowed = rule("allow", 0, 65535)
    apply_all(groups, allowed, 2)
    assert allowed["ports"] == "22"


def test_the_rules_of_a_group_are_looked_at_once() -> None:
    """Each of a group's rules asks what the others deny: thousands of rules took minutes."""
    looked: list[str] = []

    def rules(group: Resource, inventory: Inventory) -> Iterator[Ordered]:
        looked.append(group.address)
        yield rule("deny", 22, 22), 1

    group = Resource("terraform", "aws", "aws_network_acl", "aws_network_acl.main", Map(HERE))
    inventory = Inventory([group])
    for _ in range(3):
        allowed = rule("allow", 22, 22)
        apply_all([denials_of(group, inventory, rules)], allowed, 2)
        assert allowed["anywhere"] is False
    assert looked == ["aws_network_acl.main"]
