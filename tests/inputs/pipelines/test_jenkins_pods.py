"""Pods whose manifests stand in a Jenkinsfile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ROOT = "Jenkinsfile"


def test_pods_of_scripted_pipelines(read_texts: Callable[..., Any]) -> None:
    text = """podTemplate(yaml: '''
spec:
  containers:
    - name: tool
      image: acme/tool:1
      securityContext: {privileged: true}
''') {
  node(POD_LABEL) { container('tool') { sh 'make' } }
}
"""
    read = read_texts({ROOT: text})
    assert (container := read.noun(ROOT, "container")).fields["privileged"] is True
    assert container.fields.place("privileged")[1:3] == (6, 25)
    assert read.noun(ROOT, "dependency").fields["name"] == "acme/tool"
