"""Which manifests must be looked at together: those of one namespace, which select, name and limit each other.

A look at the text tells the namespaces that a file speaks of. Where something joins what stands in several (a chart, a
kustomization, a custom resource's definition, whatever speaks for the whole cluster), all manifests stay together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from guardrail.inputs.batches import batches
from guardrail.model.patterns import lazy_regex
from guardrail.tree import Tree, Unreadable

GROUP_BYTES = 50_000
"""Files that have nothing to do with each other are put together up to this."""

_TOGETHER_NAMES = frozenset(("chart.yaml", "chart.yml", "kustomization.yaml", "kustomization.yml", "kustomization"))
_TOGETHER = (
    b"argoproj.io/", b"toolkit.fluxcd.io/", b"helm.cattle.io/", b"cyclops-ui.com/", b"backstage.io/",
    b"kustomize.config.k8s.io/", b"CustomResourceDefinition", b"GlobalNetworkPolic", b"Monitor",
    b"chainsaw.kyverno.io/", b"{{", b"${",
)  # fmt: skip
# They begin with a literal, which is what makes them quick.
_NAMESPACE = lazy_regex(rb"""namespace["']?[ \t]*:[ \t]*["']?([^\s"'#,}\]]*)""")
_NAME = lazy_regex(rb"""name["']?[ \t]*:[ \t]*["']?([^\s"'#,}\]]*)""")
_CLUSTER_KIND = lazy_regex(rb"""kind["']?[ \t]*:[ \t]*["']?Cluster""")
_NAMESPACE_KIND = lazy_regex(rb"""kind["']?[ \t]*:[ \t]*["']?Namespace\b""")
_CLUSTER = b""
"""Stands for all that is in no namespace."""


def components(files: Sequence[str], tree: Tree) -> Iterator[tuple[str, ...]]:
    """Groups of files, sorted, in a stable order that depends on nothing but the files."""
    keys: dict[str, set[bytes]] = {}
    sizes: dict[str, int] = {}
    for path in files:
        if path.rsplit("/", 1)[-1].lower() in _TOGETHER_NAMES:
            yield tuple(files)
            return
        try:
            data = tree.read(path)
        except Unreadable:  # reading it says so
            data = b""
        if any(mark in data for mark in _TOGETHER):
            yield tuple(files)
            return
        keys[path], sizes[path] = _spoken_of(data), len(data)
    yield from batches(_connected(keys), sizes, GROUP_BYTES)


def _spoken_of(data: bytes) -> set[bytes]:
    """The namespaces that a file names, and `default` where one of its objects may be in none of them."""
    found = set(_NAMESPACE.findall(data))
    if _CLUSTER_KIND.search(data):
        found.add(_CLUSTER)
    if _NAMESPACE_KIND.search(data):  # which stands for what is in it
        found.update(_NAME.findall(data))
    documents = data.split(b"\n---") if b"\n---" in data else [data]
    if not all(map(_is_placed, documents)):
        found.add(b"default")
    return found


def _is_placed(document: bytes) -> bool:
    """Whether it plainly is one object that says its namespace, or nothing at all."""
    start = document.find(b"\nmetadata:")
    if start < 0:
        return not document.strip(b"- \r\n")
    at = document.find(b"\n", start + 1)
    while 0 < at < len(document) - 1 and document[at + 1] in b" \t\r\n":  # the lines of metadata
        end = document.find(b"\n", at + 1)
        line = document[at + 1 : end if end > 0 else len(document)].strip()
        if line.startswith(b"namespace:") and len(line) > 10:
            return True
        at = end
    return False


def _connected(keys: dict[str, set[bytes]]) -> Iterator[list[str]]:
    parent: dict[bytes, bytes] = {}

    def root(key: bytes) -> bytes:
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = key = parent[parent[key]]
        return key

    for spoken_of in keys.values():
        first, *others = sorted(spoken_of)
        for other in others:
            parent[root(other)] = root(first)
    together: dict[bytes, list[str]] = {}
    for path, spoken_of in keys.items():
        together.setdefault(root(min(spoken_of)), []).append(path)
    yield from together.values()
