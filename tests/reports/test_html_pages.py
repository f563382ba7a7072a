"""The HTML report of several repositories: a page for each, and one that leads to them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from harness import Run
from hypothesis import given
from hypothesis import strategies as st
from result_builder import finding, result
from test_html_report import Page

from guardrail.model import Coverage, Problem, Result, Span
from guardrail.reports import ReportOptions
from guardrail.reports.html_pages import pages


def found(file: str, rule: str = "store-public-acl", severity: str = "critical") -> object:
    return finding(rule=rule, severity=severity, span=Span(file, 3, 1, 3, 5), fingerprint=f"{file}{rule}"[:32])


def several(*names: str) -> Result:
    made = result(
        *(found(f"{name}/main.tf") for name in names), found(f"{names[0]}/b.tf", "job-timeout", "low"),
        problems=[Problem("unreadable", "is too large", f"{names[-1]}/big.tf", 1)],
    )  # fmt: skip
    made.repositories = names
    made.coverage_of = {name: Coverage(analysed=number + 1, rules=60) for number, name in enumerate(names)}
    return made


def links(page: Page) -> list[str]:
    return [str(found["href"]) for tag, found in page.tags if tag == "a" and found.get("class") == "link"]


def test_a_page_for_each_and_one_that_leads_there() -> None:
    made = dict(pages(several("blog", "shop"), ReportOptions()))
    assert list(made) == ["index.html", "blog.html", "shop.html"]
    index = Page(made["index.html"])
    assert links(index) == ["blog.html", "shop.html"]
    assert "The scan is incomplete" in index.text
    assert "is too large" not in index.text
    shop = Page(made["shop.html"])
    assert links(shop)[0] == "index.html"
    assert [item["data-file"] for item in shop.items()] == ["shop/main.tf"]
    assert "is too large" in shop.text
    assert "is too large" not in Page(made["blog.html"]).text


def test_the_worst_come_first_and_all_add_up() -> None:
    made = several("blog", "shop", "zoo")
    made.findings.append(found("zoo/c.tf"))  # type: ignore[arg-type]
    index = Page(dict(pages(made, ReportOptions()))["index.html"])
    assert links(index) == ["zoo.html", "blog.html", "shop.html"]
    numbers = index.texts["td"]
    assert numbers[:7] == ["2", "–", "–", "–", "–", "–", "1"]
    assert numbers[21:28] == ["4", "–", "–", "1", "–", "–", "1"]
    assert numbers[28:] == ["critical", "4", "3", "low", "1", "1"]


def test_what_stands_beside_the_repositories_has_a_page() -> None:
    made = several("blog", "shop")
    made.findings.append(found("Jenkinsfile"))  # type: ignore[arg-type]
    written = dict(pages(made, ReportOptions()))
    assert [item["data-file"] for item in Page(written["beside.html"]).items()] == ["Jenkinsfile"]
    assert "beside the repositories" in Page(written["index.html"]).text


def test_one_repository_is_one_page() -> None:
    ((name, text),) = pages(result(finding()), ReportOptions())
    assert name == "index.html"
    assert len(Page(text).items()) == 1


FOLDERS = st.text(st.characters(exclude_characters="/"), min_size=1, max_size=120)


@given(st.lists(FOLDERS, min_size=1, max_size=5, unique=True))
def test_pages_have_names_that_any_file_system_takes(folders: list[str]) -> None:
    folders = [folder for folder in folders if folder not in (".", "..")] or ["a"]
    written = list(pages(several(*folders), ReportOptions()))
    names = [name for name, _ in written]
    assert len({name.lower() for name in names}) == len(names) == len(folders) + 1
    for name, text in written:
        assert not set(name) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
        assert not name.startswith((".", "-"))
        assert len(name) < 120
        page = Page(text)
        assert all(link in names or link.startswith("#") for link in links(page))


def test_written_into_a_folder(tmp_path: Path, guardrail: Callable[..., Run]) -> None:
    for name in ("blog", "shop"):
        (tmp_path / "all" / name / ".git").mkdir(parents=True)
        (tmp_path / "all" / name / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
        (tmp_path / "all" / name / "main.tf").write_text('resource "aws_s3_bucket" "a" {\n  acl = "public-read"\n}\n')
    done = guardrail("scan", tmp_path / "all", "-f", "json", "-o", f"html={tmp_path}/out/")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["blog.html", "index.html", "shop.html"]
    judged = [item["file"] for item in json.loads(done.out)["findings"]]
    shop = Page((tmp_path / "out" / "shop.html").read_text())
    assert len(shop.items()) == sum(file.startswith("shop/") for file in judged)
    (tmp_path / "file").write_text("")
    refused = guardrail("scan", tmp_path / "all", "-o", f"html={tmp_path}/file/")
    assert refused.code == 2
    assert "cannot be written" in refused.err
