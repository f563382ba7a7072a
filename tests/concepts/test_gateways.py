"""Whether the listeners of gateways are encrypted hangs on what stands beside them."""

from __future__ import annotations

import pytest

from guardrail.concepts.build import build
from guardrail.inputs.kubernetes.reader import read
from guardrail.inputs.reader import ReadOptions
from guardrail.model import Inventory, Unknown
from guardrail.tree import Tree

HTTP = "{name: web, port: 80, protocol: HTTP}"
HTTPS = "{name: secure, port: 443, protocol: HTTPS}"
SERVES = "{backendRefs: [{name: shop, port: 80}]}"
REDIRECTS = "{filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]}"
MOVES = "{filters: [{type: RequestRedirect, requestRedirect: {hostname: www.example.com}}]}"


def gateway(*listeners: str, klass: str = "envoy") -> str:
    return f"""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: edge, namespace: edge}}
spec: {{gatewayClassName: {klass}, listeners: [{", ".join(listeners)}]}}
"""


def route(*rules: str, parent: str = "{name: edge}", namespace: str = "edge") -> str:
    return f"""
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: r, namespace: {namespace}}}
spec: {{parentRefs: [{parent}], rules: [{", ".join(rules)}]}}
"""


def encrypted(*documents: str) -> dict[str, object]:
    text = "---".join(documents)
    found = read(["a.yaml"], Tree("/nowhere", {"a.yaml": text.encode()}), ReadOptions())
    assert not found.problems
    inventory = Inventory(found.resources)
    assert not build(inventory, {})
    return {noun.name: noun.fields.get("encrypted") for noun in inventory.by_concept.get("endpoint", [])}


def web(*documents: str) -> object:
    return encrypted(*documents)["listener web of edge"]


@pytest.mark.parametrize(
    ("listeners", "routes", "expected"),
    [
        ([HTTP], [], False),
        ([HTTP, HTTPS], [], None),
        ([HTTP, HTTPS], [route(SERVES)], False),
        ([HTTP, HTTPS], [route(REDIRECTS)], True),
        ([HTTP], [route(REDIRECTS)], True),
        ([HTTP, HTTPS], [route(REDIRECTS, SERVES)], False),
        ([HTTP, HTTPS], [route(MOVES)], False),
        ([HTTP, HTTPS], [route()], False),
        ([HTTP, HTTPS], [route(REDIRECTS), route(SERVES)], False),
        ([HTTP, HTTPS], [route(SERVES, parent="{name: edge, sectionName: secure}")], None),
        ([HTTP, HTTPS], [route(SERVES, parent="{name: edge, port: 443}")], None),
        ([HTTP, HTTPS], [route(SERVES, parent="{name: edge, sectionName: web}")], False),
        ([HTTP, HTTPS], [route(SERVES, parent="{name: other}")], None),
        ([HTTP, HTTPS], [route(SERVES, namespace="shop")], None),
        ([HTTP, HTTPS], [route(SERVES, namespace="shop", parent="{name: edge, namespace: edge}")], False),
    ],
)
def test_a_listener_for_http(listeners: list[str], routes: list[str], expected: bool | None) -> None:
    assert web(gateway(*listeners), *routes) is expected


def test_others() -> None:
    found = encrypted(gateway(HTTPS, "{name: pass, port: 8443, protocol: TLS}", "{name: raw, port: 53, protocol: UDP}"))
    assert found == {"listener secure of edge": True, "listener pass of edge": True, "listener raw of edge": None}


def test_google_says_what_is_internal() -> None:
    read_as = read(["a.yaml"], Tree("/nowhere", {"a.yaml": gateway(HTTP, klass="gke-l7-rilb").encode()}), ReadOptions())
    inventory = Inventory(read_as.resources)
    build(inventory, {})
    assert inventory.by_concept["endpoint"][0].fields["public"] is False


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ("{port: {number: 80, name: web, protocol: HTTP}, hosts: [a]}", False),
        ("{port: {number: 80, name: web, protocol: GRPC}, hosts: [a]}", False),
        ("{port: {number: 80, name: web, protocol: HTTP}, tls: {httpsRedirect: true}, hosts: [a]}", True),
        ("{port: {number: 443, name: web, protocol: HTTPS}, tls: {mode: SIMPLE}, hosts: [a]}", True),
        ("{port: {number: 27017, name: web, protocol: MONGO}, hosts: [a]}", None),
    ],
)
def test_servers_of_istio(server: str, expected: bool | None) -> None:
    text = f"""
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{name: edge}}
spec: {{selector: {{istio: ingressgateway}}, servers: [{server}]}}
"""
    assert web(text) is expected


def test_in_terraform() -> None:
    from guardrail.inputs.terraform.reader import read as read_terraform

    text = """
variable "protocol" {}
resource "kubernetes_manifest" "edge" {
  manifest = {
    apiVersion = "gateway.networking.k8s.io/v1"
    kind       = "Gateway"
    metadata   = { name = "edge", namespace = "edge" }
    spec = {
      gatewayClassName = "envoy"
      listeners = [
        { name = "web", port = 80, protocol = "HTTP" },
        { name = "open", port = 81, protocol = var.protocol },
      ]
    }
  }
}
"""
    found = read_terraform(["main.tf"], Tree("/nowhere", {"main.tf": text.encode()}), ReadOptions())
    inventory = Inventory(found.resources)
    assert not build(inventory, {})
    by_name = {noun.name: noun.fields.get("encrypted") for noun in inventory.by_concept["endpoint"]}
    assert isinstance(by_name["listener open of edge"], Unknown)
    assert by_name["listener web of edge"] is None  # the other one may be for TLS
