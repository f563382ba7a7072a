"""Names that two objects claim: who is a copy of whom, and what may share a name."""

from __future__ import annotations

from guardrail.concepts.build import build
from guardrail.inputs.kubernetes.reader import read
from guardrail.inputs.reader import ReadOptions
from guardrail.model import Inventory
from guardrail.tree import Tree


def clashes(**files: str) -> list[tuple[str, str, list[str]]]:
    texts = {f"{name}/a.yaml": text.encode() for name, text in files.items()}
    found = read(list(texts), Tree("/nowhere", texts), ReadOptions())
    inventory = Inventory(found.resources)
    assert not found.problems
    assert not build(inventory, {})
    return [
        (noun.name, str(noun.fields["value"]), [str(other) for other in noun.fields["others"]])
        for noun in inventory.by_concept.get("clash", [])
    ]  # fmt: skip


def route(name: str, namespace: str, host: str, path: str = "") -> str:
    return f"""
apiVersion: route.openshift.io/v1
kind: Route
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{host: {host}, path: "{path}"}}
"""


def service(name: str, annotations: str) -> str:
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, annotations: {{{annotations}}}}}
spec: {{type: LoadBalancer}}
"""


def test_a_host_belongs_to_one_namespace() -> None:
    text = route("one", "a", "x.example.com") + "---" + route("two", "b", "x.example.com", "/two")
    assert clashes(here=text) == [
        ("one", "x.example.com", ["Route/b/two"]), ("two", "x.example.com", ["Route/a/one"])
    ]  # fmt: skip


def test_paths_share_a_host_within_a_namespace() -> None:
    assert clashes(here=route("one", "a", "x.example.com") + "---" + route("two", "a", "x.example.com", "/two")) == []
    same = route("one", "a", "x.example.com", "/x") + "---" + route("two", "a", "x.example.com", "/x")
    assert [name for name, _, _ in clashes(here=same)] == ["one", "two"]


def test_copies_of_an_object_are_one() -> None:
    one = route("one", "dev", "x.example.com")
    assert clashes(dev=one, prod=route("one", "prod", "x.example.com")) == []
    assert clashes(dev=one, prod=one) == []
    beside = one + "---" + route("one", "prod", "x.example.com")
    assert len(clashes(here=beside)) == 2


def test_a_route_of_something_else_claims_nothing() -> None:
    other = route("one", "a", "x.example.com").replace("route.openshift.io/v1", "serving.knative.dev/v1")
    assert clashes(here=other + "---" + route("two", "b", "x.example.com")) == []


def test_names_in_the_dns() -> None:
    key = "external-dns.alpha.kubernetes.io/hostname"
    one, two = service("one", f'{key}: "a.example.com,b.example.com"'), service("two", f'{key}: "b.example.com."')
    assert [(name, value) for name, value, _ in clashes(here=one + "---" + two)] == [
        ("one", "b.example.com"), ("two", "b.example.com")
    ]  # fmt: skip
    marked = service("two", f"{key}: b.example.com, external-dns.alpha.kubernetes.io/set-identifier: canary")
    assert clashes(here=one + "---" + marked) == []
