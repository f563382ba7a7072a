"""Keys of dicts, in an order."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from helm_charts import Charts, chart

from guardrail.inputs.kubernetes.helm.order import with_sorted_keys


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{- range $k := keys $x -}}{{ end }}", "{{- range $k := keys $x | sortAlpha  -}}{{ end }}"),
        ("{{ .a | keys | first }}", "{{ .a | keys  | sortAlpha | first }}"),
        ("{{ has .b (keys (merge .a .c)) }}", "{{ has .b (keys (merge .a .c) | sortAlpha ) }}"),
        ("{{ keys (pick .a (keys .b)) }}", "{{ keys (pick .a (keys .b | sortAlpha )) | sortAlpha  }}"),
        ('{{ keys (get .a "|)") }}', '{{ keys (get .a "|)") | sortAlpha  }}'),
    ],
)
def test_what_is_asked_for_is_sorted(text: str, expected: str) -> None:
    assert with_sorted_keys(text) == expected


@pytest.mark.parametrize(
    "text",
    ['{{ "keys" }}{{ .keys }}{{ $keys }} keys of {{ x }}', "{{ `keys .a` }}", "{{/* keys .a */}}", "{{ keys .a"],
)
def test_what_is_no_call_stays_as_it_is(text: str) -> None:
    assert with_sorted_keys(text) == text


def test_objects_come_in_the_same_order_each_time(charts: Callable[..., Charts]) -> None:
    names = [f"n{number}" for number in range(8)]
    template = "{{ range keys .Values.x }}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ . }}}\n{{ end }}"
    values = "x:\n" + "".join(f"  {name}: 1\n" for name in reversed(names))
    made = charts({"Chart.yaml": chart("a"), "values.yaml": values, "templates/c.yaml": template})
    resources = made.read().resources
    assert [resource.address.rpartition("/")[2] for resource in resources] == names
    assert {(resource.span.file, resource.span.line) for resource in resources} == {("templates/c.yaml", 3)}
