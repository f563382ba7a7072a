"""Is this file a Kubernetes manifest? Told from its first bytes, without parsing: discovery asks this of
every YAML and JSON file of a repository."""

from __future__ import annotations

import re

from guardrail.formats.text import with_newlines
from guardrail.model.patterns import lazy_regex

# Top-level `apiVersion:` and `kind:`, quoted or not; also inside the items of a top-level list. From the end of the
# line before: a literal to begin with makes them three times as quick as `^`.
_API_VERSION = lazy_regex(rb"""\n(?:-[ \t]+)?(?:apiVersion|"apiVersion"|'apiVersion')[ \t]*:[ \t]*([^\r\n]*)""")
_KIND = lazy_regex(rb"""\n(?:-[ \t]+)?(?:kind|"kind"|'kind')[ \t]*:[ \t]*([^\r\n]*)""")
_ITEM_API_VERSION = lazy_regex(rb"""^(?:-[ \t]+|[ \t]+)["']?apiVersion["']?[ \t]*:[ \t]*([^\r\n]*)""", re.M)
_ITEM_KIND = lazy_regex(rb"""^(?:-[ \t]+|[ \t]+)["']?kind["']?[ \t]*:[ \t]*([^\r\n]*)""", re.M)
# Braces (JSON, flow style): anywhere, for which bracket a key belongs to takes a parser.
_FLOW_API_VERSION = lazy_regex(rb"""["']?\bapiVersion["']?\s*:\s*([^\s,}]*)""")
_FLOW_KIND = lazy_regex(rb"""["']?\bkind["']?\s*:\s*([^\s,}]*)""")

# Files that have an apiVersion and a kind and are read by a tool instead of an API server.
NOT_FOR_A_CLUSTER = lazy_regex(
    r"(?:kustomize\.config\.k8s\.io|skaffold|kind\.x-k8s\.io|k3d\.io|eksctl\.io"
    r"|ctlptl\.dev|(?:kubeproxy|kubescheduler|apiserver|credentialprovider)\.config\.k8s\.io"
    r"|audit\.k8s\.io|cli\.kyverno\.io|krew\.googlecontainertools\.github\.com|score\.dev"
    r"|scorecard\.operatorframework\.io|minikube\.sigs\.k8s\.io|talos\.dev|k0sctl\.k0sproject\.io)(?:/|\Z)"
)
# How a cluster itself is set up: read by kubeadm and kubelets, and judged.
CLUSTER_CONFIGURATION = lazy_regex(r"(?:kubeadm|kubelet\.config)\.k8s\.io/")
CLUSTER_CONFIGURATIONS = ("ClusterConfiguration", "KubeletConfiguration")
_PREAMBLE = rb"\A(?:\xef\xbb\xbf)?(?:[ \t\r]*(?:#[^\n]*)?\n|---[^\n]*\n)*"
_LISTED = lazy_regex(_PREAMBLE + rb"[ \t]*-[ \t]")
_BRACED = lazy_regex(_PREAMBLE + rb"(?:---)?[ \t]*(?:\[|\{(?!\{))")  # `{{` begins a template's action
_CHART = lazy_regex(rb"^name[ \t]*:", re.M)  # Helm's Chart.yaml, by which its templates are found
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_SUFFIXES = (".yaml", ".yml", ".json")
_NAMES = frozenset({"chart.yaml", "chart.yml", "chart.lock", "values.yaml", "values.yml", "kustomization.yaml",
                    "kustomization.yml", "skaffold.yaml", "skaffold.yml"})  # fmt: skip


def recognise(path: str, head: bytes) -> bool:
    """True if a file of this name that begins like this is a manifest (or a template of one)."""
    name = path.rsplit("/", 1)[-1]
    if name == "Chart.yaml":
        return _CHART.search(head) is not None
    if name in _KUSTOMIZATIONS:
        return True
    name = name.lower()
    if name in _NAMES or not name.endswith(_SUFFIXES):
        return False
    # Two searches for fixed bytes settle nearly all files that are something else.
    if b"apiVersion" not in head or b"kind" not in head:
        return False
    head = with_newlines(head)
    if _BRACED.match(head):
        versions, kinds = _FLOW_API_VERSION.findall(head), _FLOW_KIND.findall(head)
    else:
        lines = b"\n" + head
        versions, kinds = _API_VERSION.findall(lines), _KIND.findall(lines)
        if (not versions or not kinds) and _LISTED.match(head):
            versions, kinds = _ITEM_API_VERSION.findall(head), _ITEM_KIND.findall(head)
    if not versions or not kinds:
        return False
    if all(NOT_FOR_A_CLUSTER.match(_bare(version)) for version in versions):
        return False
    return not all(_bare(kind) == "Config" for kind in kinds) or any(_bare(v) != "v1" for v in versions)


def _bare(value: bytes) -> str:
    """A scalar without quotes and comment."""
    text = value.split(b" #", 1)[0].strip().strip(b"\"',").strip()
    return text.decode("utf-8", "replace")
