from __future__ import annotations

import subprocess
import sys

import pytest
from harness import ends

from guardrail.inputs.kubernetes.recognise import recognise

POD = b"apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n"


@pytest.mark.parametrize(
    ("path", "head"),
    [
        ("pod.yaml", POD),
        ("a/b/pod.yml", b"\xef\xbb\xbf# comment\n---\n" + POD),
        ("quoted.yaml", b"\"apiVersion\": v1\n'kind': Pod\n"),
        ("crlf.yaml", POD.replace(b"\n", b"\r\n")),
        ("cr.yaml", POD.replace(b"\n", b"\r")),
        ("second.yaml", b"a: 1\n---\n" + POD),
        ("late-kind.yaml", b"kind: Pod\nmetadata:\n  labels:\n    a: b\napiVersion: v1\n"),
        ("items.yaml", b"- apiVersion: v1\n  kind: Pod\n- apiVersion: v1\n  kind: Service\n"),
        ("items2.yaml", b"# all of them\n-   kind: Pod\n    apiVersion: v1\n"),
        ("pod.json", b'{"kind": "Pod", "apiVersion": "v1"}'),
        ("pods.json", b'[\n {"apiVersion": "v1",\n "kind": "Pod"}]'),
        ("flow.yaml", b"{apiVersion: v1, kind: Pod}"),
        ("crd.yaml", b"apiVersion: example.com/v1\nkind: Config\n"),
        ("both.yaml", b"apiVersion: kustomize.config.k8s.io/v1\nkind: Component\n---\n" + POD),
        ("overlays/prod/kustomization.yaml", b"resources: [../base]\n"),
        ("Kustomization", b"bases: [a]\n"),
        ("templates/web.yaml", b"{{- if .Values.on }}\napiVersion: apps/v1\nkind: Deployment\n{{- end }}\n"),
    ],
)
def test_manifests(path: str, head: bytes) -> None:
    assert recognise(path, head)


@pytest.mark.parametrize(
    ("path", "head"),
    [
        ("Chart.yaml", POD),
        ("chart/values.yaml", POD),
        ("pod.txt", POD),
        ("compose.yaml", b"services:\n  web:\n    image: nginx\n"),
        ("base.yaml", b"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"),
        ("s.yaml", b"apiVersion: skaffold/v4beta6\nkind: Config\n"),
        ("kubeconfig.yaml", b"apiVersion: v1\nkind: Config # mine\nclusters: []\n"),
        ("kubeconfig.json", b'{"apiVersion": "v1", "kind": "Config", "clusters": []}'),
        ("cluster.yaml", b"kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n"),
        (".krew.yaml", b"apiVersion: krew.googlecontainertools.github.com/v1alpha2\nkind: Plugin\n"),
        ("config.yaml", b"apiVersion: scorecard.operatorframework.io/v1alpha3\nkind: Configuration\n"),
        ("nested.yaml", b"spec:\n  apiVersion: v1\n  kind: Pod\n"),
        ("kindless.yaml", b"apiVersion: v2\nname: x\n"),
        ("text.yaml", b"# apiVersion and kind are words here\na: 1\n"),
        ("package.json", b'{"name": "x", "version": "1"}'),
        ("empty.yaml", b""),
        ("binary.json", bytes(range(256))),
    ],
)
def test_other_files(path: str, head: bytes) -> None:
    assert not recognise(path, head)


@pytest.mark.parametrize("filler", [b"\n", b" ", b"\t", b"---\n", b"#\n", b"- ", b"{", b"kind", b"apiVersion:", b"\r"])
def test_hostile_heads_take_no_time(filler: bytes) -> None:
    head = filler * (65536 // len(filler)) + b"apiVersion kind"
    with ends():
        recognise("x.yaml", head)


def test_recognising_imports_no_yaml() -> None:
    code = "import sys, guardrail.inputs.kubernetes.recognise; sys.exit('yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
