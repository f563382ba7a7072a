"""What manifests give as headers of requests: none of it stands in a report."""

from __future__ import annotations

from importlib import import_module

import pytest

import guardrail
from guardrail.model import Result
from guardrail.reports.table import FORMATS, ReportOptions

MANIFESTS = """\
apiVersion: v1
kind: Pod
metadata: {name: probed}
spec:
  containers:
    - name: web
      image: web
      securityContext: {privileged: true}
      livenessProbe:
        httpGet:
          port: 80
          httpHeaders:
            - name: Authorization
              value: Bearer h8Jk2LmP9qXz4Rt6
            - {name: proxy-authorization, value: "Basic cHJvYmU6aHVudGVyLXg="}
            - name: Cookie
              value: theme=dark; session_id=Kq82Lz5mWv73Np1x
            - name: X-Probe
              value: Bearer of good news
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: written-out
  annotations:
    nginx.ingress.kubernetes.io/configuration-snippet: |
      proxy_set_header Authorization "Basic aW5ncmVzczpodW50ZXIteQ==";
      proxy_set_header X-Api-Key Zq41Rt8vLm26Kx9w;
spec:
  defaultBackend: {service: {name: web, port: {number: 80}}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: routed}
spec:
  hosts: [web]
  http:
    - headers: {request: {set: {authorization: Bearer Vb93Xn6cQe14Ty7u}}}
      route: [{destination: {host: web}}]
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: between}
spec:
  headers:
    customRequestHeaders:
      Authorization: Basic dHJhZWZpazpodW50ZXItei4=
"""
SECRETS = {
    "h8Jk2LmP9qXz4Rt6": 14,
    "cHJvYmU6aHVudGVyLXg=": 15,
    "Kq82Lz5mWv73Np1x": 17,
    "aW5ncmVzczpodW50ZXIteQ==": 27,
    "Zq41Rt8vLm26Kx9w": 28,
    "Vb93Xn6cQe14Ty7u": 38,
    "dHJhZWZpazpodW50ZXItei4=": 47,
}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("headers")
    (folder / "guardrail.yaml").write_text("{}\n")
    (folder / "all.yaml").write_text(MANIFESTS)
    return guardrail.scan([str(folder)])


def test_each_is_found_where_it_stands(result: Result) -> None:
    found = [finding.span.line for finding in result.failures if finding.rule == "no-plain-secrets"]
    assert sorted(found) == sorted(SECRETS.values())


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_no_report_tells_one(result: Result, name: str) -> None:
    report = import_module(FORMATS[name]).render(result, ReportOptions(verbose=True))
    assert "all.yaml" in report
    assert [secret for secret in SECRETS if secret in report] == []
