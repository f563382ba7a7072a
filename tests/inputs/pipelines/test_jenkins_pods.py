"""Pods whose manifests stand in a Jenkinsfile."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.formats.groovy_nodes import Call
from guardrail.inputs.pipelines.jenkins_margins import cuts, shift, without

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


def test_volumes_of_a_pod_are_in_each_of_its_containers(read_texts: Callable[..., Any]) -> None:
    text = """podTemplate(volumes: [
  emptyDirVolume(mountPath: '/a'),
  hostPathVolume(hostPath: '/var/lib/cache', mountPath: '/b', readOnly: true),
  hostPathVolume(hostPath: "/${X}", mountPath: '/c'),
  other,
]) { node(POD_LABEL) { sh 'make' } }
podTemplate(volumes: shared) { node(POD_LABEL) { sh 'make' } }
"""
    read = read_texts({ROOT: text})
    fields = read.noun(ROOT, "container").fields
    assert fields["mounts"] == [{"path": "/b", "read_only": True, "host_path": "/var/lib/cache"}]
    assert fields["mounts"].spans[0].line == 3


@pytest.mark.parametrize("manifest", [
    "'''\n\t\tspec:\n\t\t  containers:\n\t\t  - name: tool\n\t\t    image: acme/${V}:1\n\n\t\t'''.stripIndent()",
    '"""\\\n  |spec:\n  |  containers:\n  |  - name: tool\n\n  |    image: "acme/tool:1"\n  |""".stripMargin().trim()',
    "'''\n  #spec:\n  #  containers:\n  #  - name: tool\n  #    image: acme/tool:1\n'''.stripMargin('#')",
])  # fmt: skip
def test_lines_that_are_stripped_keep_their_places(manifest: str, read_texts: Callable[..., Any]) -> None:
    text = f"def pod = {manifest}\npodTemplate(yaml: pod) {{ node(POD_LABEL) {{ sh 'make' }} }}\n"
    read = read_texts({ROOT: text})
    assert read.problems == []
    place = read.noun(ROOT, "container").fields.place("image")
    line = text.split("\n")[place.line - 1]
    assert line[place.column - 1 : place.end_column - 1].strip('"').startswith("image: ")


def test_scripts_whose_lines_are_stripped(read_texts: Callable[..., Any]) -> None:
    text = 'node {\n  sh """\n  |cd x\n  |echo ${env.CHANGE_TITLE} ${B}\n  |""".stripMargin()\n}\n'
    script = read_texts({ROOT: text}).noun(ROOT, "script")
    assert script.fields["text"] == "\ncd x\necho ${env.CHANGE_TITLE} ${B}\n"
    (hit,) = script.fields["untrusted"]
    assert hit.place("source")[1:] == (4, 9, 4, 28)


@given(st.text("ab |#\n\t", max_size=60), st.integers(0, 5), st.sampled_from(["stripIndent", "stripMargin"]))
def test_what_is_left_is_what_groovy_leaves(text: str, size: int, name: str) -> None:
    call = Call(0, 0, 0, name)
    pieces: list[tuple[str, int | None]] = [(text[at : at + size + 1], at) for at in range(0, len(text), size + 1)]
    left_out = cuts(text, call)
    gone = {at for start, end in left_out for at in range(start, end)}
    kept = list(accumulate((at not in gone for at in range(len(text))), initial=0))
    left = without(pieces, left_out)
    if name == "stripIndent":
        lines = text.split("\n")
        count = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        wanted = "\n".join(line[count:] for line in lines)
    else:
        wanted = re.sub(r"(?m)^[ \t]*\|", "", text)
    assert "".join(part for part, _ in left) == wanted
    assert all(text[at : at + len(part)] == part for part, at in left if at is not None)
    assert [shift(left_out)(at) for at in range(len(text) + 1)] == kept
