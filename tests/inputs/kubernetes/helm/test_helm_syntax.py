from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.inputs.kubernetes.helm.syntax import NotATemplate, Template


def bodies(text: str) -> list[str]:
    return [action.body for action in Template(text).actions]


def test_actions_and_the_text_between_them() -> None:
    template = Template("a: {{ .Values.x }}\nb: {{- include `y` . | nindent 2 -}}\nc\n")
    assert [action.body for action in template.actions] == [".Values.x", "include `y` . | nindent 2"]
    assert [action.trims for action in template.actions] == [(False, False), (True, True)]
    assert [template.text[start:end] for start, end, _ in template.texts] == ["a: ", "\nb: ", "\nc\n"]


def test_delimiters_in_strings_end_nothing() -> None:
    assert bodies('{{ print "}}" `{{ }}` \'}\' "\\"}}" }}') == ['print "}}" `{{ }}` \'}\' "\\"}}"']


def test_comments_are_no_actions() -> None:
    assert bodies('{{/* "an odd quote }} */}}x{{- /* }} */ -}}{{ .a }}') == [".a"]


def test_blocks_around_an_action() -> None:
    template = Template("{{ with .a }}{{ if .b }}{{ .c }}{{ else }}{{ .d }}{{ end }}{{ end }}{{ .e }}")
    printing = {action.body: action for action in template.actions if action.prints}
    assert [(block.body, in_else) for block, in_else in printing[".c"].blocks] == [("with .a", False), ("if .b", False)]
    assert [(block.body, in_else) for block, in_else in printing[".d"].blocks] == [("with .a", False), ("if .b", True)]
    assert printing[".e"].blocks == ()


def test_what_puts_something_out() -> None:
    template = Template('{{ $x := .a }}{{ $x }}{{ $y = 1 }}{{ template "t" . }}{{ if .a }}{{ end }}{{ $x | quote }}')
    assert [action.body for action in template.actions if action.prints] == ["$x", 'template "t" .', "$x | quote"]


def test_defines_and_what_stands_in_them() -> None:
    template = Template('{{ define "a.b" }}x{{ .c }}{{ end }}{{ define `raw` }}{{ end }}{{ .d }}')
    assert sorted(template.defines) == ["a.b", "raw"]
    units = {action.body: action.unit.name if action.unit else None for action in template.actions if action.prints}
    assert units == {".c": "a.b", ".d": None}


@pytest.mark.parametrize("text", ["{{ .a", "{{ if .a }}", "{{ end }}", '{{ "a }}', "{{/* }}", "{{ else }}", "{{ ` }}"])
def test_what_is_no_template(text: str) -> None:
    with pytest.raises(NotATemplate):
        Template(text)


def test_blocks_that_go_too_deep() -> None:
    with pytest.raises(NotATemplate):
        Template("{{ if .a }}" * 500 + "{{ end }}" * 500)


@given(st.text(alphabet="{}-/* \n\"'`\\$.|aif end:=", max_size=80))
def test_any_text_is_a_template_or_none(text: str) -> None:
    try:
        template = Template(text)
    except NotATemplate:
        return
    pieces = sorted([(start, end) for start, end, _ in template.texts] + [(a.start, a.end) for a in template.actions])
    assert all(pieces[index - 1][1] <= pieces[index][0] for index in range(1, len(pieces)))
