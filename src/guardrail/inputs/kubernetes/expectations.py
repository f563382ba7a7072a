"""What tests of operators expect to find in a cluster: parts of objects, which nobody applies.

KUTTL's are told by their names (https://kuttl.dev/docs/testing/steps.html), Chainsaw's by the tests that name them
(https://kyverno.github.io/chainsaw/latest/).
"""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator, Sequence

from guardrail.inputs.kubernetes import documents
from guardrail.model import Map, Seq, Value
from guardrail.model.patterns import lazy_regex
from guardrail.tree import Tree, Unreadable

_NAMED = lazy_regex(r"(?:^|/)\d+-(?:assert|errors)(?:-[\w.-]*)?\.ya?ml\Z")
_MARK = b"chainsaw.kyverno.io/"
_KINDS = ("Test", "StepTemplate")
_EXPECTS = frozenset(("assert", "error", "patch", "delete"))
_APPLIES = frozenset(("apply", "create", "update"))
_MAX_STEPS = 10_000  # values of one test


def expectations(files: Sequence[str], tree: Tree) -> set[str]:
    """Those of the files that are no more than that."""
    expected = {path for path in files if _NAMED.search(path)}
    applied: set[str] = set()
    for path in files:
        try:
            data = tree.read(path)
        except Unreadable:
            continue  # reading it says so
        if _MARK not in data:
            continue
        for operation, name in _operations(data, path):
            found = expected if operation in _EXPECTS else applied
            found.update(_named(name, posixpath.dirname(path), files, tree))
    return expected - applied


def _operations(data: bytes, path: str) -> Iterator[tuple[str, str]]:
    """What is done with which files."""
    for document in documents.load(data, path).documents:
        test = document.value
        if not isinstance(test, Map) or test.get("kind") not in _KINDS:
            continue
        stack: list[Value] = [test.get("spec")]
        seen = 0
        while stack and seen < _MAX_STEPS:
            value = stack.pop()
            seen += 1
            if isinstance(value, Seq):
                stack.extend(value)
            elif isinstance(value, Map):
                for key, inner in value.items():
                    named = inner.get("file") if isinstance(inner, Map) else None
                    if isinstance(named, str) and (key in _EXPECTS or key in _APPLIES):
                        yield key, named
                    else:
                        stack.append(inner)


def _named(name: str, folder: str, files: Sequence[str], tree: Tree) -> Iterator[str]:
    path = tree.join(folder, name)
    if path is None:
        return
    if any(sign in name for sign in "*?["):
        yield from (file for file in files if file.count("/") == path.count("/") and fnmatch.fnmatchcase(file, path))
    else:
        yield path
