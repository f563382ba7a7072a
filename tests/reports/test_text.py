"""The text report: what is shown, that carets stand below what they mean, and that scanned text does nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from result_builder import excerpt, finding, mixed, result

from guardrail.model import Coverage, Evidence, Excerpt, Finding, Note, Problem, Result, Span, Suppression
from guardrail.reports import ReportOptions, render
from guardrail.reports.excerpts import columns, lines_of


def text(made: Result, **options: object) -> str:
    return render("text", made, ReportOptions(**options))  # type: ignore[arg-type]


def test_a_finding_in_full() -> None:
    assert text(result(finding(), coverage=Coverage(analysed=1, resources=1, rules=1))) == (
        "main.tf\n"
        "\n"
        '  critical  bucket "logs" is readable by everyone\n'
        "    main.tf:13:12  aws_s3_bucket.logs  [store-public-acl]\n"
        "    13 |   acl    = var.acl\n"
        "       |            ^^^^^^^\n"
        '      ← default of var.acl = "public-read", variables.tf:3\n'
        "      fix: Set `acl` to `private`, and grant what is needed in a bucket policy.\n"
        "\n"
        "1 finding (1 critical) · 1 file, 1 resource, 1 rule · gate broken (fails on low)\n"
    )


def test_last_line_sums_up() -> None:
    assert text(mixed()).splitlines()[-1] == (
        "4 findings (1 critical, 1 high, 1 medium, 1 info), 1 undetermined, 2 suppressed, 2 problems, 1 note"
        " · 41 files, 120 resources, 60 rules · gate broken (fails on low)"
    )


def test_quiet_is_the_last_line_alone() -> None:
    assert text(mixed(), quiet=True) == text(mixed()).splitlines()[-1] + "\n"


@pytest.mark.parametrize(
    ("fail_on", "end"),
    [("critical", "gate broken (fails on critical)"), ("never", "gate off")],
)
def test_gate(fail_on: str, end: str) -> None:
    assert text(result(finding(), fail_on=fail_on)).rstrip().endswith(end)


def test_gate_that_holds() -> None:
    made = result(finding(severity="low"), fail_on="high")
    assert text(made).rstrip().endswith("gate holds (fails on high)")


def test_nothing_found() -> None:
    assert text(result()) == "no findings · 41 files, 120 resources, 60 rules\n"


def test_files_are_grouped_and_every_place_can_be_clicked() -> None:
    out = text(mixed())
    for place in (".github/workflows/ci.yml:6:3", ".github/workflows/ci.yml:9:15", "k8s/deploy.yaml:22:4"):
        assert f"    {place}  " in out
    assert out.count("\n.github/workflows/ci.yml\n") + out.startswith(".github/workflows/ci.yml\n") == 1
    assert "jobs.build.steps[0]  [" in out
    assert "ci.yml#jobs" not in out


def test_many_of_one_rule_in_one_file_are_short() -> None:
    many = [finding(span=Span("main.tf", n, 3, n, 9), fingerprint=str(n), excerpt=None) for n in range(1, 9)]
    out = text(result(*many))
    assert out.count("fix: ") == 3
    assert "5 more findings of store-public-acl" in out
    for n in range(1, 9):
        assert f"main.tf:{n}:3" in out


def test_one_place_is_quoted_once() -> None:
    here = [finding(rule=f"rule-{n}", fingerprint=str(n)) for n in range(3)]
    there = finding(rule="rule-3", fingerprint="3", span=Span("other.tf", 13, 12, 13, 19))
    out = text(result(*here, there))
    assert out.count("13 |   acl    = var.acl") == 2
    assert [place for place in out.split() if place.endswith(".tf:13:12")] == ["main.tf:13:12"] * 3 + ["other.tf:13:12"]
    assert out.count("fix: ") == 4


def test_max_findings_counts_the_rest() -> None:
    many = [finding(span=Span(f"{n}.tf", 1, 1, 1, 2), fingerprint=str(n)) for n in range(9)]
    out = text(result(*many), max_findings=4)
    assert out.count("fix: ") == 4
    assert "5 more findings not shown" in out
    assert "9 findings" in out.splitlines()[-1]


def test_undetermined_are_counted_and_listed_when_asked() -> None:
    brief, full = text(mixed()), text(mixed(), verbose=True)
    assert "1 undetermined: they hang on values that cannot be known" in brief
    assert "storage.tf:4:3" not in brief
    assert "storage.tf:4:3  undetermined (high)  [store-encrypted]" in full
    assert "← encrypted = unknown (var.encrypted has no value), storage.tf:4" in full


def undetermined(rule: str, path: str, line: int = 3, note: str = "", **changes: Any) -> Finding:
    where = Span("es.yaml", line, 5, line, 9)
    said = Evidence(path, None, where, "its operator may set it")
    return finding(
        rule=rule, verdict="undetermined", severity="low", span=where, fingerprint=f"{rule}{line}",
        message="logs: cannot tell, because its operator may set it",
        evidence=(said, Evidence("", 1, where, note)) if note else (said,),
        **{"resource": "Elasticsearch/logs", "instances": ("Elasticsearch/logs",), **changes},
    )  # fmt: skip


def test_what_one_resource_leaves_open_for_one_reason_is_told_together() -> None:
    out = text(
        result(
            undetermined("cpu", "limits.cpu"), undetermined("memory", "limits.memory"),
            undetermined("spread", "spread", 7), undetermined("passed", "limits.cpu", 8, note="argument of module.a"),
            undetermined("other", "spread", 9, resource="Elasticsearch/other"),
        ),
        verbose=True,
    )  # fmt: skip
    assert """\
  es.yaml  undetermined (3)  Elasticsearch/logs
    cannot tell, because its operator may set it
  low      3:5  logs: limits.cpu  [cpu]
  low      3:5  logs: limits.memory  [memory]
  low      7:5  logs: spread  [spread]

  es.yaml:8:5  undetermined (low)  [passed]
""" in out
    assert out.count("because") == 3
    assert "5 undetermined" in out.splitlines()[-1]


def test_problems_are_always_there_and_notes_when_asked() -> None:
    brief, full = text(mixed()), text(mixed(), verbose=True)
    assert "Problems: the scan is incomplete" in brief
    assert "broken.tf:7  [syntax]\n    expected a closing brace" in brief
    assert "module.vpc" not in brief
    assert "module.vpc comes from a registry" in full
    assert "waiver: until the cut-over, until 2031-01-31" in full


def test_of_many_problems_alike_a_few_are_shown() -> None:
    many = [Problem("evaluation", f"var.{n} is not declared", "live/main.tf", n) for n in range(1, 1006)]
    many += [Problem("syntax", "a brace is missing", "live/other.tf", 1), Problem("syntax", "a quote", "a.tf", 1)]
    made = result(problems=many)
    brief, full = text(made), text(made, verbose=True)
    assert brief.count("is not declared") == 5
    assert "  1,000 more in live  [evaluation]  (--verbose lists them)\n" in brief
    assert "a brace is missing" in brief
    assert "a quote" in brief
    assert brief.count("more in") == 1
    assert full.count("is not declared") == 1005
    assert "more in" not in full


def test_instances_and_warnings() -> None:
    out = text(result(finding(instances=("a.b[0]", "a.b[1]", "a.b[2]"), resource="a.b[0]", enforce="warn")))
    assert "a.b[0] (and 2 more instances)  [store-public-acl]  warns only" in out


def carets(made: Result, **options: object) -> tuple[str, str]:
    """The text after the gutter of the first source line and of the carets below it."""
    lines = text(made, **options).splitlines()
    at = next(number for number, line in enumerate(lines) if re.match(r"\s+\| *\^", line))
    return lines[at - 1].split(" | ", 1)[1], lines[at].split(" | ", 1)[1]


def at(line: str, column: int, end: int) -> Result:
    return result(finding(span=Span("a.tf", 1, column, 1, end), excerpt=Excerpt(1, (line,)), evidence=()))


def test_carets_below_tabs_and_wide_characters() -> None:
    assert carets(at("\tkey = 1", 2, 5)) == ("    key = 1", "    ^^^")
    assert carets(at("a\tkey", 3, 6)) == ("a   key", "    ^^^")
    assert carets(at("漢字 = x", 1, 3)) == ("漢字 = x", "^^^^")
    assert carets(at("漢字 = x", 6, 7)) == ("漢字 = x", "       ^")
    assert carets(at("e\u0301x", 3, 4)) == ("e\u0301x", " ^")
    assert carets(at("\x1b[2Jx", 5, 6)) == ("\\x1b[2Jx", "       ^")


def test_carets_of_an_empty_or_lost_part() -> None:
    assert carets(at("ab", 3, 3)) == ("ab", "  ^")
    assert carets(at("ab", 40, 60)) == ("ab", "  ^")


def test_long_line_is_cut_round_the_offending_part() -> None:
    source, below = carets(at("x" * 5000 + "BAD" + "y" * 5000, 5001, 5004), width=80)
    assert len(source) <= 80
    assert source[below.index("^") : below.rindex("^") + 1] == "BAD"


def test_span_over_many_lines() -> None:
    out = text(result(finding(span=Span("main.tf", 11, 1, 15, 2), excerpt=excerpt())))
    assert '11 | resource "aws_s3_bucket" "logs" {' in out
    assert "… to line 15" in out
    assert "force_destroy" not in out


def test_color_only_when_asked() -> None:
    assert "\x1b" not in text(mixed(), verbose=True)
    colored = text(mixed(), verbose=True, color=True)
    assert "\x1b[1;31mcritical\x1b[0m" in colored
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == text(mixed(), verbose=True)


def test_folds_at_the_width() -> None:
    made = result(finding(message="word " * 60, remedy="word " * 60))
    assert max(map(len, text(made, width=60).splitlines()[:-1])) <= 60


def evil(said: str) -> Result:
    where = Span(said, 3, 1, 3, 2)
    one = finding(
        rule=said, resource=said, message=said, remedy=said, span=where, excerpt=Excerpt(3, (said,)),
        evidence=(Evidence(said, said, where, said),), instances=(said, said),
    )  # fmt: skip
    many = [finding(rule="many", span=where._replace(line=n), resource=said, fingerprint=str(n)) for n in range(9)]
    return result(
        one, *many,
        finding(verdict="undetermined", message=said, span=where, evidence=one.evidence, rule=said),
        *(finding(verdict="undetermined", message=f"{said}: cannot tell, because {said}", resource=said, span=where,
                  evidence=one.evidence, rule=rule, fingerprint=rule) for rule in (said, "b")),
        finding(suppression=Suppression("inline", said, where, said), span=where),
        problems=[Problem(said, said, said, 1)], notes=[Note(said, said, said, 1)],
    )  # fmt: skip


@pytest.mark.parametrize(
    "said",
    ["\x1b[31mred", "\x9b2J", "a\rb", "a\nb", "\x07", "\u202eltr", "\u2066x", "a\u2028b", "\udc80", "\x7f", "\x00"],
)
def test_nothing_that_moves_the_cursor_or_the_reader(said: str) -> None:
    out = text(evil(said), verbose=True)
    out.encode("utf-8")
    for character in said:
        if not character.isprintable() and character != "\n":
            assert character not in out
    assert not any(line.strip() == "b" for line in out.split("\n"))


@pytest.mark.parametrize(
    "said",
    [
        "##vso[task.setvariable variable=x]y", "##[error]x", "##teamcity[buildStatus]", "::error::x", "  ::add-mask::x",
        "\u00a0::error::x", "word " * 30 + "::stop-commands::x",
    ],
)  # fmt: skip
@pytest.mark.parametrize("width", [40, 61, 100])
def test_no_command_to_a_ci_system(said: str, width: int) -> None:
    for line in text(evil(said), verbose=True, width=width).splitlines():
        assert not line.strip().startswith("::")
        assert not re.search(r"##\w*\[", line)


def test_command_that_straddles_the_mark() -> None:
    assert "##vso[" not in text(at("##vso[x]", 3, 6))


source_lines = st.text(st.characters(exclude_categories=(), exclude_characters="\n"), max_size=40)


@settings(max_examples=150, deadline=None)
@given(source_lines, st.integers(1, 45), st.integers(0, 45))
def test_parts_make_up_the_line_and_carets_are_below_it(line: str, column: int, size: int) -> None:
    made = at(line, column, column + size)
    (part,) = lines_of(made.findings[0])
    assert part.before + part.marked + part.after == line
    out = text(made, width=400).split("\n")
    (number,) = [n for n, shown in enumerate(out) if re.match(r"    +\| *\^+$", shown)]
    below = out[number].split(" | ", 1)[1]
    shown = out[number - 1].removeprefix("    1 |").removeprefix(" ")
    # Spaces at the end are not printed, and a caret stands for an empty part.
    blank = columns(line) - columns(line.rstrip()) + line.count("\t") * 4
    assert len(below) <= columns(shown) + blank + 1


def test_many_findings_are_shown_briefly_but_for_the_most_severe() -> None:
    many = [
        finding(rule=f"rule-{n}", severity="critical" if n == 11 else "low", fingerprint=f"{n:032x}",
                span=Span("main.tf", n, 1, n, 5), message=f"finding number {n}")
        for n in range(1, 13)
    ]  # fmt: skip
    text = render("text", result(*many), ReportOptions())
    assert "  critical  finding number 11\n" in text
    assert text.count("fix:") == 8
    assert "  low      12:1  finding number 12  [rule-12]\n" in text
    assert "--verbose shows all so" in text
    assert render("text", result(*many), ReportOptions(verbose=True)).count("fix:") == 12


def test_brief_lines_are_cut_in_a_terminal_and_whole_in_a_log() -> None:
    words = "opens SSH (port 22) to the whole internet (0.0.0.0/0), and to everybody's neighbours beside it, as it was"
    many = [
        finding(rule=f"rule-{n}", severity="low", fingerprint=f"{n:032x}",
                span=Span("main.tf", n, 1, n, 5), message=f"{n} {words}")
        for n in range(1, 13)
    ]  # fmt: skip
    log = render("text", result(*many), ReportOptions())
    assert f"  12:1  12 {words}  [rule-12]\n" in log
    terminal = render("text", result(*many), ReportOptions(clip=True))
    (line,) = (line for line in terminal.splitlines() if line.endswith("…  [rule-12]"))
    assert len(line) <= 100
