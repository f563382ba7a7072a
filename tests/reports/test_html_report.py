"""The HTML report: everything in one file, nothing from outside, scanned text stays text."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from result_builder import card, finding, mixed, result

from guardrail.model import Evidence, Excerpt, Problem, Result, Span, Suppression
from guardrail.reports import ReportOptions, render
from guardrail.reports.html_report import MAX_FACET_VALUES, prose

VOID = {"meta", "link", "input", "br"}


class Page(HTMLParser):
    """The page as tags and text; fails on tags that don't match."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)
        if not self.open or self.open[-1] not in ("script", "style"):
            self.text += data

    def items(self) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag == "li" and "data-rule" in attrs]


def page(made: Result, **options: str) -> Page:
    return Page(render("html", made, ReportOptions(**options)))  # type: ignore[arg-type]


def test_every_finding_is_there_failures_first() -> None:
    states = [attrs["data-state"] for attrs in page(mixed()).items()]
    assert states == ["fail"] * 4 + ["undetermined"] + ["suppressed"] * 2
    severities = [attrs["data-severity"] for attrs in page(mixed()).items()][:4]
    assert severities == ["critical", "high", "medium", "info"]


def test_a_finding_says_all_that_is_known() -> None:
    text = page(result(finding(), rules={"store-public-acl": card(finding())})).text
    for said in (
        'bucket "logs" is readable by everyone', "main.tf:13:12", "var.acl", '"public-read"', "default of var.acl",
        "variables.tf:3", "What everyone can read", "grant what is needed", "CKV_AWS_57", "nist-800-53-r5", "a" * 64,
    ):  # fmt: skip
        assert said in text
    assert "`" not in text


def test_the_offending_part_is_marked() -> None:
    assert page(result(finding())).texts["mark"] == ["var.acl"]


def test_nothing_comes_from_outside() -> None:
    html = render("html", mixed())
    assert not re.search(r"""(?:src|href|action)=["'](?!#|data:)""", html)
    assert "@import" not in html
    assert "url(" not in html
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", html)


def test_policy_names_script_and_style_by_hash() -> None:
    made = page(mixed())
    (policy,) = [a["content"] for tag, a in made.tags if tag == "meta" and a.get("http-equiv")]
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("script", "style"):
        (body,) = ["".join(made.texts[tag])]
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert not any(name == "style" or name.startswith("on") for _, attrs in made.tags for name in attrs)
    assert [tag for tag, _ in made.tags].count("script") == 1


def test_title_and_time_only_when_given() -> None:
    assert page(Result()).texts["title"] == ["Compliance report"]
    made = page(Result(), title="Payments <audit>", generated="2026-01-02")
    assert made.texts["title"] == ["Payments <audit>"]
    assert "2026-01-02" in made.text
    assert not re.search(r"20\d\d-\d\d-\d\d", page(result(finding())).text)


@pytest.mark.parametrize(
    ("made", "headline", "detail"),
    [
        (mixed(), "The scan is incomplete", "4 failures so far, and the gate is broken. 1 could not be determined."),
        (result(finding()), "The gate is broken", "1 failure. The gate breaks at low or worse."),
        (result(finding(severity="low"), fail_on="high"), "The gate holds", "1 failure, none of which breaks it."),
        (result(finding(), fail_on="never"), "The gate holds", "The gate is off."),
        (result(finding(verdict="undetermined")), "No failures, but not all is known", "1 could not be determined."),
        (result(), "No failures", "900 judgements passed."),
    ],
)
def test_outcome(made: Result, headline: str, detail: str) -> None:
    shown = page(made)
    assert headline in shown.texts["h2"]
    assert any(detail in text for text in shown.texts["p"])


def test_problems_and_notes() -> None:
    text = page(mixed()).text
    assert "broken.tf:7" in text
    assert "nothing to scan in examples/" in text
    assert "module.vpc comes from a registry and is not read" in text


def test_undetermined_are_in_view_where_nothing_failed() -> None:
    def states(made: Result) -> str | None:
        return next(attrs["data-states"] for tag, attrs in page(made).tags if attrs.get("id") == "list")

    assert states(mixed()) == "fail"
    assert states(result(finding(verdict="undetermined"))) == "fail undetermined"
    assert states(result()) == "fail"


def test_ids_are_unique_though_fingerprints_are_not() -> None:
    ids = [attrs["id"] for attrs in page(result(finding(), finding(), finding(fingerprint='x"> y'))).items()]
    assert len(set(ids)) == 3
    assert {"finding-" + "a" * 64, "finding-" + "a" * 64 + "-2", "finding-x---y"} == set(ids)


def test_a_facet_has_an_end() -> None:
    many = [finding(span=Span(f"{n:04}.tf", 1, 1, 1, 2), fingerprint=str(n)) for n in range(MAX_FACET_VALUES + 7)]
    made = page(result(*many))
    values = [attrs for tag, attrs in made.tags if tag == "button" and attrs.get("data-facet") == "file"]
    assert len(values) == MAX_FACET_VALUES
    assert "and 7 more" in made.text
    assert len(made.items()) == len(many)


def test_prose() -> None:
    (one, two) = prose("Set `a` now.\n\nThen ` alone.")
    assert [(piece.text, piece.is_code) for piece in one] == [("Set ", False), ("a", True), (" now.", False)]
    assert [(piece.text, piece.is_code) for piece in two] == [("Then ` alone.", False)]
    assert prose("") == []


def evil(said: str) -> Result:
    where = Span(said, 1, 1, 1, 3)
    return result(
        finding(
            rule=said, title=said, resource=said, message=said, remedy=said, span=where, kind=said, category=said,
            platform=said, provider=said, instances=(said, said), excerpt=Excerpt(1, (said, said)), fingerprint=said,
            evidence=(Evidence(said, said, where, said),), replaces={said: [said]}, frameworks={said: [said]},
            suppression=Suppression("inline", said, where, said),
        ),
        problems=[Problem(said, said, said, 1)],
    )  # fmt: skip


EVIL = "</script></style></pre><script>alert(1)</script><img src=x onerror='a'>\"><b>"


def test_markup_stays_text() -> None:
    made = page(evil(EVIL), title=EVIL, generated=EVIL)
    harmless = page(evil("harmless"), title="x", generated="x")
    assert [tag for tag, _ in made.tags] == [tag for tag, _ in harmless.tags]
    assert EVIL in made.text


def test_templates_in_scanned_text_are_not_run() -> None:
    assert "{{ 7 * 7 }}{% raw %}" in page(evil("{{ 7 * 7 }}{% raw %}")).text


@settings(max_examples=15, deadline=None)
@given(st.text(st.characters(exclude_categories=()), min_size=1, max_size=40))
def test_any_text(said: str) -> None:
    html = render("html", evil(said))
    html.encode("utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", html)
    Page(html)
