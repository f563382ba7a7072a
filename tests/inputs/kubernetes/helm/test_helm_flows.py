from __future__ import annotations

import pytest

from guardrail.inputs.kubernetes.helm.flows import EACH, Looker, Made, Root, Values
from guardrail.inputs.kubernetes.helm.syntax import Action, Template


def paths(text: str, helpers: str = "", *, action: str | None = None) -> set[str]:
    """What the last action of a template that puts something out may come from, as `a.b[]`."""
    template = Template(text)
    printing = [found for found in template.actions if found.prints and (action is None or found.body == action)]
    looker = Looker([template, Template(helpers)])
    return {shown(flow) for flow in looker.flows([(template, printing[-1])])}


def shown(flow: Values | Root | Made) -> str:
    if isinstance(flow, Values):
        return ".".join("[]" if step is EACH else str(step) for step in flow.path) or "."
    return type(flow).__name__


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ .Values.a.b }}", {"a.b"}),
        ("{{ $.Values.a }}", {"a"}),
        ("{{ .Values.a | default .Values.b | quote }}", {"a", "b"}),
        ("{{ default (printf \"%s-x\" .Values.a) .Values.b }}", {"a", "b"}),
        ("{{ toYaml .Values.a | nindent 4 }}", {"a"}),
        ("{{ index .Values \"a\" \"b-c\" }}", {"a.b-c"}),
        ("{{ (index .Values \"a\").d }}", {"a.d"}),
        ("{{ index .Values.a 0 }}", {"a.0"}),
        ("{{ get .Values.a \"b\" }}", {"a.b"}),
        ("{{ dig \"a\" \"b\" \"none\" .Values.c }}", {"c.a.b"}),
        ("{{ with .Values.a }}{{ .b }}{{ end }}", {"a.b"}),
        ("{{ with .Values.a }}{{ else }}{{ .Values.b }}{{ end }}", {"b"}),
        ("{{ with .Values.a }}{{ else with .Values.c }}{{ .b }}{{ end }}", {"c.b"}),
        ("{{ range .Values.a }}{{ .b }}{{ end }}", {"a.[].b"}),
        ("{{ range $k, $v := .Values.a }}{{ $v.b }}{{ end }}", {"a.[].b"}),
        ("{{ range $k, $v := .Values.a }}{{ $k }}{{ end }}", set()),
        ("{{ range .Values.a }}{{ range .b }}{{ . }}{{ end }}{{ end }}", {"a.[].b.[]"}),
        ("{{ range .Values.a }}{{ $.Values.c }}{{ end }}", {"c"}),
        ("{{ $x := .Values.a }}{{ $x.b }}", {"a.b"}),
        ("{{ $x := .Values.a }}{{ if .Values.c }}{{ $x = .Values.d }}{{ end }}{{ $x }}", {"a", "d"}),
        ("{{ $x := dict \"k\" .Values.a }}{{ $x.k.b }}", {"a.b"}),
        ("{{ $x := dict \"k\" 1 }}{{ $_ := set $x \"l\" .Values.a }}{{ $x.l.b }}", {"a.b"}),
        ("{{ $x := dict \"k\" .Values.a }}{{ set $x \"k\" .Values.b }}{{ $x.k }}", {"a", "b"}),
        ("{{ $x := dict }}{{ $x.k }}{{ set $x \"k\" .Values.b }}{{ $x.l }}", set()),
        ("{{ (set (dict \"k\" .Values.a) \"l\" .Values.b).l }}", {"b"}),
        ("{{ merge .Values.a .Values.b | toYaml }}", {"a", "b"}),
        ("{{ eq .Values.a \"x\" }}", set()),
        ("{{ .Chart.Name }}", set()),
        ("{{ .Release.Name | quote }}", set()),
        ("{{ (list .Values.a .Values.b) | first }}", {"a"}),
    ],
)  # fmt: skip
def test_where_values_flow(text: str, expected: set[str]) -> None:
    assert paths(text) == expected


def test_what_a_define_puts_out() -> None:
    helpers = '{{ define "image" }}{{ printf "%s:%s" .root.repository .root.tag }}{{ end }}'
    assert paths('{{ include "image" (dict "root" .Values.image) }}', helpers) >= {"image.repository", "image.tag"}


def test_a_define_that_includes_itself_comes_to_an_end() -> None:
    helpers = '{{ define "a" }}{{ include "a" . }}{{ .Values.x }}{{ end }}'
    assert "x" in paths('{{ include "a" . }}', helpers)


@pytest.mark.parametrize(
    "call",
    [
        'include "b" (dict "r" .c)',
        'template "b" (dict "r" .c)',
        'template "b" dict "r" .c',
        "template `b` .c | dict \"r\"",
        'template "b" merge (dict) (dict "r" .c)',
        'dict "r" .c | include "b"',
    ],
)
def test_the_dot_of_an_include_is_what_it_was_given(call: str) -> None:
    outer = Template(f"{{{{ with .Values.a }}}}{{{{ {call} }}}}{{{{ end }}}}")
    inner = Template('{{ define "b" }}x: {{ .r.d }}{{ end }}')
    calls = next(action for action in outer.actions if action.prints)
    prints: Action = next(action for action in inner.actions if action.prints)
    looker = Looker([outer, inner])
    assert {shown(flow) for flow in looker.flows([(outer, calls), (inner, prints)])} == {"a.c.d"}


def test_expressions_made_to_take_long_are_given_up() -> None:
    text = "{{ $a0 := .Values.x }}" + "".join(
        f"{{{{ $a{n} := list $a{n - 1} $a{n - 1} $a{n - 1} }}}}" for n in range(1, 60)
    )
    assert paths(text + "{{ $a59 }}{{ .Values.y }}") == {"y"}
    paths(text + "{{ $a59 }}")
    paths("{{ $a0 := .Values.x }}" + "".join(f"{{{{ $a{n} := $a{n - 1} }}}}" for n in range(1, 500)) + "{{ $a499 }}")
    paths("{{ " + "(" * 500 + ".Values.x" + ")" * 500 + " }}")
