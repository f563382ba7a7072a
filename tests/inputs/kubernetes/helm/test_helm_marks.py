from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from guardrail.inputs.kubernetes.helm.marks import Marker, Trail, documents_in, lines_alike
from guardrail.inputs.kubernetes.helm.syntax import Template


def marked(text: str, inside_defines: bool = True) -> tuple[str, Marker]:
    marker = Marker([text])
    return marker.instrumented("t.yaml", Template(text), inside_defines), marker


def test_marks_stand_before_text_and_around_what_is_put_out() -> None:
    text, marker = marked("a: {{ .x -}}\n  - b: c\n")
    assert text == 'qzjv1xa: {{ "qzjv0o" }}{{ .x }}{{ "qzjv0c" -}}\n  - qzjv2xb: c\n' or re.fullmatch(
        r'qzjv\d+xa: \{\{ "qzjv\d+o" \}\}\{\{ \.x \}\}\{\{ "qzjv\d+c" -\}\}\n  - qzjv\d+xb: c\n', text
    )
    assert {(mark.line, mark.column) for mark in marker.marks} == {(1, 1), (1, 4), (2, 5)}


def test_dividers_comments_and_blanks_get_no_marks() -> None:
    text, _ = marked("---\n# about {{ .x }}\n\n   \nkind: Pod\n")
    assert text.startswith("---\n# about ")
    assert len(re.findall(r"qzjv\d+x", text)) == 1


def test_words_in_a_define_that_may_be_compared_get_no_marks() -> None:
    source = '{{ define "is" }}true{{ end }}\n{{ define "labels" -}}\napp: {{ .n }}\n{{ .more }}{{ end }}'
    text, _ = marked(source)
    assert text.startswith('{{ define "is" }}true{{ end }}')
    assert re.search(r"qzjv\d+xapp:qzjv\d+t ", text)
    assert marked(source, inside_defines=False)[0] == source


def test_the_marks_word_is_in_no_template() -> None:
    marker = Marker(["image: qzjv1 QZJVJ2"])
    assert marker.prefix == "qzjvjj"


def test_a_trail_tells_where_text_comes_from() -> None:
    text, marker = marked("a: {{ .x }}\nb: c\n")
    numbers = {(mark.line, mark.column): index for index, mark in enumerate(marker.marks)}
    rendered = re.sub(r'\{\{ "(qzjv\d+[oc])" \}\}', r"\1", text).replace("{{ .x }}", "one\n  two")
    trail = Trail(rendered, marker)
    assert trail.text == "a: one\n  two\nb: c\n"
    inside = trail.at(1, 3)
    assert inside is not None
    assert inside.actions == (numbers[1, 4],)
    after = trail.at(2, 3)
    assert after is not None
    assert (after.actions, after.text) == ((), numbers[2, 1])


def test_documents_in_another_order() -> None:
    clean = "kind: A\n---\nkind: B\nx: 1\n"
    other = "---\nkind: B\nx: 1\n---\nkind: A\n"
    pairs = [(line, clean.split("\n")[line], other.split("\n")[at]) for line, at in enumerate(lines_alike(clean, other))
             if at is not None]  # fmt: skip
    assert [ours for _, ours, _ in pairs if ours] == ["kind: A", "---", "kind: B", "x: 1"]
    assert all(ours == theirs for _, ours, theirs in pairs if ours)


def test_a_hash_that_the_marks_changed_is_still_its_line() -> None:
    clean = "a: 1\nchecksum: aaa\nb: 2\n"
    assert lines_alike(clean, "a: 1\nchecksum: bbb\nb: 2\n") == [0, 1, 2, 3]
    assert lines_alike(clean, "a: 1\nother: bbb\nb: 2\n") == [0, None, 2, 3]


def test_documents_are_parted_at_the_beginning_of_lines() -> None:
    assert [line for line, _ in documents_in("a\n---\nb\n  ---\n---- \n--- \nc")] == [0, 1, 5]


LINES = ["a: b", "  - c: d", "", "# e", "---", "f {{ .g }}", "{{- .h }}", '"{{ .i }}":', "- "]


@given(st.lists(st.sampled_from(LINES)))
def test_without_its_marks_a_template_is_what_it_was(lines: list[str]) -> None:
    text = "\n".join(lines)
    instrumented, marker = marked(text)
    bare = re.sub(rf'\{{\{{(-?) "{marker.prefix}\d+o" \}}\}}', r"{{\1", instrumented)
    bare = re.sub(rf'\}}\}}\{{\{{ "{marker.prefix}\d+c" \}}\}}', "}}", bare)
    bare = re.sub(r"\{\{(-?)\{\{", r"{{\1", bare)
    assert marker.pattern.sub("", bare) == text
