"""Manifests that something fills in before anybody applies them."""

from __future__ import annotations

from time import perf_counter

import pytest

from guardrail.concepts.build import build
from guardrail.inputs.kubernetes import read
from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.model import Inventory, Unknown, plain
from guardrail.tree import Tree

ROLE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{.Driver.Name}}-reader   # filled in
  namespace: {{ .Namespace }}
  labels: {app: {{ .App }}, team: "{{ .Team }}"}
  annotations:
    script: |
      echo {{ .Greeting }}
rules:
  - apiGroups: [""]
    resources: [{{ printf "%s: pods" .Kind }}, '{{ .Other }}']
    verbs: ["*"]
"""
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: b}
spec:
  containers:
    - name: a
      image: {{ .Registry }}/a:latest
      resources: %s
"""

PLAIN = "apiVersion: v1\nkind: Pod\nspec:\n"


def reading(text: str, path: str = "a.yaml") -> Reading:
    return read([path], Tree("/nowhere", {path: text.encode()}), ReadOptions())


def told(found: Reading) -> list[tuple[str, int]]:
    return [(item.kind, item.line) for item in (*found.problems, *found.notes)]


def test_values_that_are_filled_in_are_texts() -> None:
    found = reading(ROLE)
    assert (told(found), found.files) == ([], {"a.yaml": "analysed"})
    (role,) = found.resources
    assert role.address == "Role/{{ .Namespace }}/{{.Driver.Name}}-reader"
    assert plain(role.attributes["metadata"]["labels"]) == {"app": "{{ .App }}", "team": "{{ .Team }}"}
    script = role.attributes["metadata"]["annotations"]["script"]
    assert (script, script.first_line) == ("echo {{ .Greeting }}\n", 9)
    (rule,) = role.attributes["rules"]
    assert plain(rule["resources"]) == ['{{ printf "%s: pods" .Kind }}', "{{ .Other }}"]
    assert rule["resources"].spans[1][1:] == (12, 48, 12, 62)


@pytest.mark.parametrize("whole", ["{{ toYaml .Resources }}", '"{{ .Resources }}"', "${RESOURCES}", "$(RESOURCES)"])
def test_a_mapping_that_is_filled_in_as_a_whole_is_not_known(whole: str) -> None:
    inventory = Inventory(reading(POD % whole).resources)
    assert not build(inventory, {})
    (container,) = inventory.by_concept["container"]
    assert isinstance(container.fields["limits"]["memory"], Unknown)
    (image,) = inventory.by_concept["dependency"]
    assert image.fields["version"] == "latest"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (POD % "{}" + "{{- if .Host }}\n  hostNetwork: true\n{{- end }}\n", 7),
        (POD % "{}" + "  {% if host %}\n  hostNetwork: true\n  {% endif %}\n", 7),
        (POD % "{}" + "  {{ .Key }}: true\n", 7),
        ("{{- range .Items }}\napiVersion: v1\nkind: Pod\nmetadata: {name: {{ . }}}\n{{ end }}\n", 1),
        (POD % "{}" + "  {{ include\n  . }}: x\n", 7),
        ("{{ if .Host }}\n# a pod\n\n" + POD % "{}" + "{{ end }}\n", 1),
        (POD % "!odd {{ .Resources }}", 7),
        (PLAIN + "  %{~ for port in ports ~}\n  port${port}: x\n  %{~ endfor ~}\n", 4),
        (PLAIN + "%{ if host }\n  hostNetwork: true\n%{ endif }\n", 4),
        (PLAIN + "<#if host??>\n  hostNetwork: true\n</#if>\n", 4),
    ],
)
def test_a_template_whose_pieces_hang_on_values_is_a_note(text: str, line: int) -> None:
    found = reading(text)
    assert (told(found), found.files) == ([("template", line)], {"a.yaml": "skipped"})


def test_what_is_whole_beside_it_is_judged() -> None:
    whole = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"
    found = reading(f"{whole}---\n{POD % '{}'}{{{{ if .Host }}}}\n")
    assert [resource.address for resource in found.resources] == ["Namespace/a"]
    assert found.files == {"a.yaml": "partial"}


def test_what_is_broken_for_another_reason_is_a_problem() -> None:
    whole = 'apiVersion: v1\nkind: Pod\nmetadata: {name: "{{ .Name }}"}\nspec:\n  x: 1\n'
    found = reading(f"{whole}\tcontainers: []\n")
    assert told(found) == [("syntax", 6)]
    assert told(reading(PLAIN + "  %{HOST}: x\n")) == [("syntax", 4)]
    found = reading(f"{whole}---\na: [\n---\n{POD % '{}'}{{{{ if .Host }}}}\n")
    assert told(found) == [("syntax", 8), ("template", 15)]


def test_nothing_is_filled_in_before_kustomize_builds() -> None:
    files = {"kustomization.yaml": b"resources: [role.yaml]\n", "role.yaml": ROLE.encode()}
    found = read(sorted(files), Tree("/nowhere", files), ReadOptions())
    assert [(problem.kind, problem.file) for problem in found.problems] == [("unrendered", "role.yaml")]


def test_what_private_characters_a_file_has_are_its_own() -> None:
    assert told(reading(ROLE.replace("reader", "\ue000\uf8ff"))) == [("template", 4)]


@pytest.mark.parametrize("text", ["{{" * 200_000, "{{ x" * 100_000, '{{ "' * 100_000, "a: {{ x }}\n" * 20_000])
def test_hostile_braces_take_no_time(text: str) -> None:
    began = perf_counter()
    reading("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nb: [\n" + text)
    assert perf_counter() - began < 5
