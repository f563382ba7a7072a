from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from harness import ends
from hypothesis import given
from hypothesis import strategies as st

from guardrail.exceptions.inline import (
    MAX_IGNORES,
    MAX_LENGTH,
    apply,
    carriers,
    extents_of,
    find_ignores,
    read_ignores,
)
from guardrail.formats.yaml import load
from guardrail.model import Finding, Map, Noun, Resource, Seq, Span
from guardrail.tree import Tree

TODAY = date(2026, 6, 15)
RULES = {"a-rule", "b-rule", "container-memory-limit", "required-tags"}

MANIFEST = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: nginx:latest
      securityContext:
        privileged: true
        runAsUser: 0
    - name: sidecar
      image: envoy
"""


def finding(line: int, rule: str = "a-rule", file: str = "f.yaml") -> Finding:
    return Finding(
        rule=rule, title="", severity="high", category="security", verdict="fail", resource="r", instances=("r",),
        kind="k", platform="p", provider="p", span=Span(file, line, 1, line, 2), message="", remedy="", evidence=(),
        replaces={}, frameworks={}, fingerprint=f"{rule}{line}",
    )  # fmt: skip


def resources(text: str) -> list[Resource]:
    return [
        Resource("kubernetes", "kubernetes", "Pod", f"Pod/{index}", document.value)
        for index, document in enumerate(load(text.encode(), "f.yaml").documents)
        if isinstance(document.value, Map)
    ]


def suppressed(text: str, rule: str = "a-rule") -> list[int]:
    """The lines of the file on which a finding of the rule is suppressed."""
    ignores = find_ignores(text, "f.yaml")
    extents = extents_of(resources(text), {"f.yaml"})
    findings = [finding(line + 1, rule) for line in range(text.count("\n"))]
    judged, _ = apply(findings, ignores, extents, TODAY, RULES, lambda rule, file: True)
    return [found.span.line for found in judged if found.suppression]


def with_comment(line: int, comment: str = "# guardrail:ignore a-rule") -> str:
    lines = MANIFEST.split("\n")
    lines[line - 1] += f"  {comment}"
    return "\n".join(lines)


def with_line(before: int, *inserted: str) -> str:
    lines = MANIFEST.split("\n")
    lines[before - 1 : before - 1] = inserted
    return "\n".join(lines)


# What an ignore holds for


def test_behind_a_value_it_holds_for_the_line() -> None:
    assert suppressed(with_comment(8)) == [8]
    assert suppressed(with_comment(10)) == [10]  # and not for the rest of the mapping that begins there


def test_behind_a_header_it_holds_for_the_block() -> None:
    assert suppressed(with_comment(9)) == [9, 10, 11]
    assert suppressed(with_comment(7)) == [7, 8, 9, 10, 11]
    assert suppressed(with_comment(6)) == list(range(6, 14))


def test_directly_above_it_holds_for_what_starts_there() -> None:
    assert suppressed(with_line(9, "      # guardrail:ignore a-rule")) == [9, 10, 11, 12]
    assert suppressed(with_line(8, "      # guardrail:ignore a-rule")) == [8, 9]
    assert suppressed(with_line(1, "# guardrail:ignore a-rule")) == list(range(1, 15))


def test_other_comments_may_stand_between() -> None:
    assert suppressed(with_line(9, "      # guardrail:ignore a-rule", "      # legacy")) == [9, 10, 11, 12, 13]


def test_above_an_empty_line_it_holds_for_nothing_but_itself() -> None:
    assert suppressed(with_line(9, "      # guardrail:ignore a-rule", "")) == [9]


def test_at_the_top_with_an_empty_line_below_it_holds_for_the_file() -> None:
    top = "# Copyright\n# guardrail:ignore a-rule\n\n"
    assert suppressed(top + MANIFEST + "---\n" + MANIFEST) == list(range(1, 31))
    assert suppressed("---\n# guardrail:ignore a-rule\n\n" + MANIFEST) == list(range(1, 17))


def test_ignore_file_holds_for_the_file_wherever_it_stands() -> None:
    assert suppressed(with_comment(11, "# guardrail:ignore-file a-rule")) == list(range(1, 14))
    assert suppressed(with_line(12, "# guardrail:ignore-file b-rule, a-rule")) == list(range(1, 15))


def test_above_a_divider_it_holds_for_the_document_below() -> None:
    assert suppressed(MANIFEST + "# guardrail:ignore a-rule\n---\n" + MANIFEST) == list(range(14, 29))


def test_it_holds_for_the_rules_that_it_names() -> None:
    text = with_comment(8, "# guardrail:ignore b-rule, container-memory-limit")
    assert suppressed(text) == []
    assert suppressed(text, "container-memory-limit") == suppressed(text, "b-rule") == [8]


def test_hcl_blocks_and_comments() -> None:
    text = """\
resource "aws_s3_bucket" "b" { // guardrail:ignore a-rule
  bucket = "b"
}

/* guardrail:ignore b-rule */
resource "aws_s3_bucket" "c" {
  # guardrail:ignore a-rule
  rule {
    id = "x"
  }
  acl = "public" /* guardrail:ignore a-rule */
}
"""
    rule = Map(Span("m.tf", 8, 3, 10, 4), Span("m.tf", 8, 3, 8, 7))
    rule.put("id", "x", Span("m.tf", 9, 5, 9, 13))
    rules = Seq(rule.span)
    rules.add(rule, rule.span)
    second = Map(Span("m.tf", 6, 1, 12, 2))
    second.put("rule", rules, rule.span)
    second.put("acl", "public", Span("m.tf", 11, 3, 11, 17))
    found = [
        Resource("terraform", "aws", "aws_s3_bucket", "b", Map(Span("m.tf", 1, 1, 3, 2))),
        Resource("terraform", "aws", "aws_s3_bucket", "c", second),
    ]
    extents = extents_of(found, {"m.tf"})
    findings = [finding(line, rule, "m.tf") for rule in ("a-rule", "b-rule") for line in range(1, 13)]
    judged, _ = apply(findings, find_ignores(text, "m.tf"), extents, TODAY, RULES, lambda rule, file: True)
    held = [(found.rule, found.span.line) for found in judged if found.suppression]
    assert [line for rule, line in held if rule == "a-rule"] == [1, 2, 3, 7, 8, 9, 10, 11]
    assert [line for rule, line in held if rule == "b-rule"] == list(range(5, 13))


def test_a_job_begins_at_its_name() -> None:
    header = Span("f.yaml", 3, 3, 3, 8)
    body = Map(Span("f.yaml", 4, 5, 9, 9))
    job = Resource("pipeline", "github-actions", "job", "f.yaml#jobs.build", body, header=header)
    assert extents_of([job], {"f.yaml"}) == {"f.yaml": {3: 9}}


def test_scripts_in_yaml_take_comments_too() -> None:
    text = "jobs:\n  a:\n    run: |\n      # guardrail:ignore a-rule\n      curl x | sh\n      curl y | sh\n"
    assert suppressed(text) == [4, 5]


def test_extents_of_aliases_are_looked_at_once() -> None:
    text = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 16))
    [resource] = resources(text)
    with ends(20):
        assert extents_of([resource], {"f.yaml"})["f.yaml"][1] == 16


# What is a comment


@pytest.mark.parametrize(
    "line",
    [
        "# guardrail:ignore a-rule",
        "#guardrail:ignore a-rule",
        "## guardrail:ignore a-rule",
        "// guardrail:ignore a-rule",
        "/* guardrail:ignore a-rule */",
        'x = "y" # guardrail:ignore a-rule',
        'x = "y" # guardrail:ignore a-rule reason="z"',
        'size: 6" # guardrail:ignore a-rule',
        "x: y\t# guardrail:ignore a-rule\r",
    ],
)
def test_comments_that_count(line: str) -> None:
    [ignore] = find_ignores(line + "\n", "f")
    assert (ignore.rules, ignore.error) == (("a-rule",), None)


@pytest.mark.parametrize(
    "line",
    [
        "guardrail:ignore a-rule",
        "x: y# guardrail:ignore a-rule",
        "see # the docs on guardrail:ignore a-rule",
        'x = "# guardrail:ignore a-rule"',
        'x = "say # guardrail:ignore a-rule"',
        "# guardrail:ignored a-rule",
        "# Guardrail: ignore what is said here",
        'x = "# guardrail: ignore a-rule"',
        " guardrail:ignore a-rule",
        "/* so */ x\nguardrail:ignore a-rule",
        'x = "a/*"\nguardrail:ignore a-rule',
    ],
)
def test_comments_and_strings_that_do_not_count(line: str) -> None:
    assert find_ignores(line + "\n", "f") == []


def test_json_has_no_comments() -> None:
    assert find_ignores("# guardrail:ignore a-rule\n", "f.json") == []


def test_a_span_is_the_comment() -> None:
    [ignore] = find_ignores("a\nb: c  /* guardrail:ignore a-rule */  \n", "f")
    assert ignore.span == Span("f", 2, 7, 2, 36)


# What it says


def test_reason_and_date_go_into_the_suppression() -> None:
    text = "x: y # guardrail:ignore a-rule, b-rule until=2026-06-15 reason=\"it's legacy\"\n"
    [judged], _ = apply([finding(1)], find_ignores(text, "f.yaml"), {}, TODAY, RULES, lambda rule, file: True)
    suppression = judged.suppression
    assert suppression is not None
    assert (suppression.by, suppression.reason, suppression.until) == ("inline", "it's legacy", "2026-06-15")
    assert suppression.span == Span("f.yaml", 1, 6, 1, 77)


@pytest.mark.parametrize(
    ("text", "reason", "until"),
    [
        ("a-rule reason=legacy", "legacy", None),
        ("a-rule, reason='two words'", "two words", None),
        ('a-rule reason = "x" , until = "2027-01-31"', "x", "2027-01-31"),
        ("a-rule,b-rule until=2027-01-31", None, "2027-01-31"),
    ],
)
def test_spellings(text: str, reason: str | None, until: str | None) -> None:
    [ignore] = find_ignores(f"# guardrail:ignore {text}\n", "f")
    assert (ignore.error, ignore.reason, ignore.until) == (None, reason, until)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "it names no rule"),
        (' reason="x"', "it names no rule"),
        (" *", '"*" is a pattern; an ignore names each rule by its id'),
        (" container-*", '"container-*" is a pattern; an ignore names each rule by its id'),
        (" a-rule,, b-rule", "a rule id is missing between two commas"),
        (" a-rule b-rule", '"a-rule b-rule" is no rule id; write rule ids with commas between them'),
        (" a-rule because", '"a-rule because" is no rule id'),
        (" a-rule until=2027-02-30", 'until="2027-02-30" is not a date such as 2027-01-31'),
        (" a-rule until=tomorrow", 'until="tomorrow" is not a date'),
        (" a-rule until=20270131", 'until="20270131" is not a date'),
        (" a-rule until=", "until is empty"),
        (' a-rule reason=" "', "reason is empty"),
        (' a-rule reason="x', "the quote of reason is not closed"),
        (" a-rule reason=two words", '"words" is neither reason= nor until='),
        (" a-rule untli=2027-01-31", 'unknown key "untli"; did you mean "until"?'),
        (" a-rule until=2027-01-31 until=2028-01-31", "until stands twice"),
        (" requird-tags", 'there is no rule "requird-tags"; did you mean "required-tags"?'),
        ("-fiel a-rule", 'there is no "guardrail:ignore-fiel"; did you mean "guardrail:ignore-file"?'),
        (" " + "a" * MAX_LENGTH, "it has more than 2,000 characters"),
    ],
)
def test_a_malformed_one_says_what_is_wrong_and_suppresses_nothing(text: str, error: str) -> None:
    ignores = find_ignores(f"x: y # guardrail:ignore{text}\n", "f.yaml")
    [judged], [noun] = apply([finding(1)], ignores, {}, TODAY, RULES, lambda rule, file: True)
    assert judged.suppression is None
    assert noun.fields["malformed"] is True
    assert noun.fields["message"].startswith(error)
    assert (noun.fields["expired"], noun.fields["unused"]) == (False, False)


@pytest.mark.parametrize(
    "line",
    [
        "# guardrail: ignore a-rule",
        "// guardrail:  ignore-file a-rule reason=x",
        "x: y # GUARDRAIL:IGNORE a-rule",
        "/* Guardrail:ignore a-rule */",
        "{{- /* guardrail: ignore a-rule */}}",
    ],
)
def test_another_spelling_is_told_and_suppresses_nothing(line: str) -> None:
    [ignore] = find_ignores(line + "\n", "f")
    assert (ignore.rules, ignore.error) == (
        ("a-rule",), '"guardrail:ignore" is written in small letters and without a space')  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("/*\n guardrail:ignore a-rule\n*/\n", 2),
        ("/*\n * why\n * guardrail:ignore-file a-rule\n */\n", 3),
        ("a\n/* why\n GUARDRAIL: ignore a-rule */\n", 3),
        ("{{- /*\nguardrail:ignore a-rule\n*/}}\n", 2),
        ("/* guardrail:ignore a-rule\n   why */\n", 1),
    ],
)
def test_one_in_a_comment_of_several_lines_is_told_and_suppresses_nothing(text: str, line: int) -> None:
    [ignore] = find_ignores(text + "x: y\n", "f")
    assert (ignore.rules, ignore.span.line) == (("a-rule",), line)
    assert ignore.error == "it stands in a comment of several lines; an ignore is a comment of one line"


def test_behind_something_a_comment_may_go_on_below() -> None:
    [ignore] = find_ignores("x: y /* guardrail:ignore a-rule\n   why */\n", "f")
    assert (ignore.error, ignore.scope) == (None, "line")
    [ignore] = find_ignores("/* guardrail:ignore-file a-rule\n   why */\n", "f")
    assert (ignore.error, ignore.scope) == (None, "file")


# What is told of it


def nouns_of(text: str, lines: list[int], ran: set[str] = RULES) -> list[Noun]:
    findings = [finding(line) for line in lines]
    return apply(findings, find_ignores(text, "f.yaml"), {}, TODAY, RULES, lambda rule, file: rule in ran)[1]


def facts(noun: Noun) -> tuple[bool, bool, bool, bool]:
    return tuple(noun.fields[key] for key in ("malformed", "expired", "used", "unused"))  # type: ignore[return-value]


def test_used_and_unused() -> None:
    text = "x: y # guardrail:ignore a-rule\nx: y # guardrail:ignore b-rule, a-rule\n"
    assert [facts(noun) for noun in nouns_of(text, [1])] == [(False, False, True, False), (False, False, False, True)]


def test_unused_is_not_said_of_rules_that_were_not_judged() -> None:
    text = "x: y # guardrail:ignore a-rule, b-rule\n"
    assert facts(nouns_of(text, [], {"a-rule"})[0]) == (False, False, False, False)
    assert facts(nouns_of(text, [], {"a-rule", "b-rule"})[0]) == (False, False, False, True)


def test_it_holds_through_its_last_day() -> None:
    for until, held in (("2026-06-14", False), ("2026-06-15", True), ("2026-06-16", True)):
        text = f"x: y # guardrail:ignore a-rule until={until}\n"
        [judged], [noun] = apply([finding(1)], find_ignores(text, "f.yaml"), {}, TODAY, RULES, lambda rule, file: True)
        assert (judged.suppression is not None) is held
        assert facts(noun) == (False, not held, held, False)


def test_a_finding_that_is_suppressed_already_stays_as_it_is() -> None:
    text = "x: y # guardrail:ignore a-rule reason=first\n# guardrail:ignore-file a-rule reason=second\n"
    [judged], nouns = apply([finding(1)], find_ignores(text, "f.yaml"), {}, TODAY, RULES, lambda rule, file: True)
    assert judged.suppression is not None
    assert judged.suppression.reason == "first"
    assert [noun.fields["used"] for noun in nouns] == [True, True]


def test_a_noun_has_the_fields_of_its_concept() -> None:
    import guardrail

    concept = load((Path(guardrail.__file__).parent / "concepts" / "ignore.yaml").read_bytes(), "ignore.yaml")
    declared = set(concept.documents[0].value["fields"])
    text = "# guardrail:ignore\nx: y # guardrail:ignore a-rule until=2027-01-31 reason=x\n"
    nouns = nouns_of(text, [])
    assert {key for noun in nouns for key in noun.fields} == declared
    assert nouns[1].fields["class"] == "line"
    assert nouns[1].fields.place("reason") == nouns[1].fields.header == Span("f.yaml", 2, 6, 2, 57)


def test_carriers_hold_the_nouns_file_by_file() -> None:
    text = "# guardrail:ignore-file a-rule\nx: y # guardrail:ignore a-rule\nz: y # guardrail:ignore a-rule\n"
    nouns = nouns_of(text, [])
    [carrier] = carriers(nouns)
    assert (carrier.address, carrier.scope, carrier.kind) == ("f.yaml#guardrail", "f.yaml", "ignore")
    assert [noun.key for noun in carrier.nouns["ignore"]] == ["file a-rule", "line a-rule", "line a-rule (2)"]


def test_another_files_findings_are_left_alone() -> None:
    ignores = find_ignores("# guardrail:ignore-file a-rule\n", "f.yaml")
    judged, _ = apply([finding(1, file="g.yaml"), finding(1)], ignores, {}, TODAY, RULES, lambda rule, file: True)
    assert [found.suppression is not None for found in judged] == [False, True]


def test_ignores_are_read_through_the_tree(tmp_path: Path) -> None:
    comment = "# guardrail:ignore-file a-rule\n"
    (tmp_path / "a.tf").write_text(comment, encoding="utf-8")
    (tmp_path / "b.tf").write_text(comment, encoding="utf-16")
    (tmp_path / "c.tf").write_bytes(comment.encode() + b"\xff")
    (tmp_path / "d.json").write_text(comment, encoding="utf-8")
    (tmp_path / "e.tf").write_text(comment.upper(), encoding="utf-8")
    found = read_ignores(Tree(str(tmp_path)), ["a.tf", "b.tf", "c.tf", "d.json", "e.tf", "gone.tf", "../x.tf"])
    assert [ignore.span.file for ignore in found] == ["a.tf", "b.tf", "e.tf"]


# Hostile files


def test_too_many_are_cut_off_and_told(tmp_path: Path) -> None:
    text = "# guardrail:ignore a-rule\n" * (MAX_IGNORES + 50)
    ignores = find_ignores(text, "f")
    assert len(ignores) == MAX_IGNORES + 1
    assert ignores[-1].error == "the file has more than 1,000 ignores; from here on they suppress nothing"


@pytest.mark.parametrize(
    "text",
    [
        "# guardrail:ignore " + "a" * 2_000_000,
        '" # guardrail:ignore "' * 100_000,
        "#" * 1_000_000 + " guardrail:ignore",
        "# guardrail:ignore x\n" * 1000 + "#\n" * 500_000,
        "x # guardrail:ignore " + "a=" * 900,
        "/* guardrail:ignore" * 50_000,
        "# guardrail: ignore" * 50_000 + " a-rule",
        "# guardrail:" + " " * 1_000_000 + "ignore",
        "/*\n" * 100_000 + "guardrail:ignore a-rule\n" * 100_000,
        "* " * 500_000 + "guardrail:ignore a-rule",
        "".join(f"# guardrail:ignore unknown-{index}\n" for index in range(1000)),
    ],
    ids=range(11),
)
def test_hostile_text_takes_no_time(text: str) -> None:
    with ends(20):
        apply([finding(1)], find_ignores(text, "f.yaml"), {}, TODAY, RULES, lambda rule, file: True)


@given(st.text(st.sampled_from("ab-=,\"' */#\\\n:2027ü"), max_size=60))
def test_no_text_is_too_odd(text: str) -> None:
    for ignore in find_ignores(f"# guardrail:ignore{text}", "f.yaml"):
        assert ignore.error or ignore.rules
        line = f"# guardrail:ignore{text}".split("\n")[ignore.span.line - 1]
        assert line[ignore.span.column - 1 : ignore.span.end_column - 1].startswith(("#", "/"))
