"""Keys and values of dicts, in an order."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from helm_charts import Charts, chart

from guardrail.inputs.kubernetes.helm.order import LISTS, in_order


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{- range $k := keys $x -}}{{ end }}", "{{- range $k := keys $x | sortAlpha  -}}{{ end }}"),
        ("{{ .a | keys | first }}", "{{ .a | keys  | sortAlpha | first }}"),
        ("{{ has .b (keys (merge .a .c)) }}", "{{ has .b (keys (merge .a .c) | sortAlpha ) }}"),
        ("{{ keys (pick .a (keys .b)) }}", "{{ keys (pick .a (keys .b | sortAlpha )) | sortAlpha  }}"),
        ('{{ keys (get .a "|)") }}', '{{ keys (get .a "|)") | sortAlpha  }}'),
        ("{{ range values .a }}{{ end }}", "{{ range  .a }}{{ end }}"),
        ("{{- range $v := values (omit .a .b) -}}{{ end }}", "{{- range $v :=  (omit .a .b) -}}{{ end }}"),
    ],
)
def test_what_is_asked_for_is_sorted(text: str, expected: str) -> None:
    assert in_order(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ .a | values | first }}", "{{ .a | @  | fromJsonArray | first }}"),
        ("{{ has .b (values .a) }}", "{{ has .b (@ .a | fromJsonArray ) }}"),
        ("{{ range values .a | uniq }}{{ end }}", "{{ range @ .a  | fromJsonArray | uniq }}{{ end }}"),
        ("{{ range $i, $v := values .a }}{{ end }}", "{{ range $i, $v := @ .a | fromJsonArray  }}{{ end }}"),
        ("{{ range (values .a) }}\n{{ end }}\n", "{{ range (@ .a | fromJsonArray ) }}\n{{ end }}\n"),
        ("{{ range $v := values (pick .a (first (values .b))) }}{{ end }}",
         "{{ range $v :=  (pick .a (first (@ .b | fromJsonArray ))) }}{{ end }}"),
    ],
)  # fmt: skip
def test_values_are_listed_by_their_keys(text: str, expected: str) -> None:
    assert in_order(text) == expected.replace("@", 'include "guardrail values"') + LISTS


@pytest.mark.parametrize(
    "text",
    ['{{ "keys" }}{{ .keys }}{{ $keys }} keys of {{ x }}', "{{ `keys .a` }}", "{{/* keys .a */}}", "{{ keys .a",
     "{{ .values }}{{ $values }} values of {{ valuesOf .a }}", "{{ values .a"],
)  # fmt: skip
def test_what_is_no_call_stays_as_it_is(text: str) -> None:
    assert in_order(text) == text


def test_objects_come_in_the_same_order_each_time(charts: Callable[..., Charts]) -> None:
    names = [f"n{number}" for number in range(8)]
    template = "{{ range keys .Values.x }}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ . }}}\n{{ end }}"
    values = "x:\n" + "".join(f"  {name}: 1\n" for name in reversed(names))
    made = charts({"Chart.yaml": chart("a"), "values.yaml": values, "templates/c.yaml": template})
    resources = made.read().resources
    assert [resource.address.rpartition("/")[2] for resource in resources] == names
    assert {(resource.span.file, resource.span.line) for resource in resources} == {("templates/c.yaml", 3)}


@pytest.mark.parametrize(
    "template",
    ["{{ range values .Values.x }}{{ range .names }}\n{{ template `one` . }}{{ end }}{{ end }}",
     "{{ range $i, $v := values .Values.x }}{{ range $v.names }}\n{{ template `one` . }}{{ end }}{{ end }}",
     "{{ range .Values.x | values }}{{ range .names }}\n{{ template `one` . }}{{ end }}{{ end }}"],
)  # fmt: skip
def test_so_do_those_of_values(charts: Callable[..., Charts], template: str) -> None:
    names = [f"n{number}" for number in range(8)]
    define = "{{ define `one` }}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ . }}}\n{{ end }}"
    values = "x:\n" + "".join(f"  {name}: {{names: [{name}], port: 8080}}\n" for name in reversed(names))
    made = charts({"Chart.yaml": chart("a"), "values.yaml": values, "templates/c.yaml": define + template})
    assert [resource.address.rpartition("/")[2] for resource in made.read().resources] == names


def test_values_stay_what_they_are(charts: Callable[..., Charts]) -> None:
    template = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
        "data: {first: {{ values .Values.x | first | quote }}, all: {{ values .Values.x | toJson | quote }}}\n"
    )
    values = "x: {b: {deep: [true, null]}, a: 8080, c: 1.5, d: '007'}\n"
    made = charts({"Chart.yaml": chart("a"), "values.yaml": values, "templates/c.yaml": template})
    (resource,) = made.read().resources
    assert resource.attributes["data"] == {"first": "8080", "all": '[8080,{"deep":[true,null]},1.5,"007"]'}
