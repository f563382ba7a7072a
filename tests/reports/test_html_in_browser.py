"""The HTML report in a real browser: search, filters, keyboard, themes, links, and no script but its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from result_builder import finding, mixed

from guardrail.model import Excerpt, Result, Span
from guardrail.reports import render

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCRIPT_NAME = "<script>document.title='owned'</script>.tf"


def executable() -> str | None:
    named = os.environ.get("GUARDRAIL_CHROMIUM")
    if named:
        return named
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        found = shutil.which(name)
        if found:
            return found
    return None


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    def give_up(why: str) -> None:
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)

    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        give_up("playwright is not installed")
    path = executable()
    if path is None:
        give_up("no Chromium on PATH")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield started
        started.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = mixed()
    made.findings.append(
        finding(span=Span(SCRIPT_NAME, 1, 1, 1, 4), message="odd name", severity="low", fingerprint="1" * 64,
                evidence=(), excerpt=Excerpt(1, ("<img src=x onerror=\"document.title='owned'\">",)))
    )  # fmt: skip
    return saved(tmp_path_factory.mktemp("report") / "report.html", made)


def saved(path: Path, made: Result) -> str:
    path.write_text(render("html", made), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def page(browser: Browser, report: str) -> Iterator[Page]:
    """The report in a window of its own. At the end: nothing was said on the console, nothing was fetched."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    said: list[str] = []
    fetched: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda request: fetched.append(request.url))
    opened.goto(report)
    yield opened
    assert said == []
    assert {url.split("#")[0] for url in fetched if not url.startswith("data:")} == {report}
    assert opened.title() == "Compliance report"
    opened.close()


def shown(page: Page) -> list[str]:
    """Rules of the findings in view, from top to bottom."""
    return [node.get_attribute("data-rule") or "" for node in page.locator("#list > li:visible").all()]


def count(page: Page) -> str:
    return page.locator("#count").inner_text()


def chosen(page: Page, facet: str) -> list[str]:
    pressed = page.locator(f"aside button[data-facet={facet}][aria-pressed=true]").all()
    return [node.get_attribute("data-value") or "" for node in pressed]


def number(page: Page, facet: str, value: str) -> str:
    return page.locator(f"button[data-facet={facet}][data-value='{value}'] .n").first.inner_text()


def test_begins_with_the_failures(page: Page) -> None:
    assert len(shown(page)) == 5
    assert count(page) == "Showing 5 of 8 findings"
    assert chosen(page, "state") == ["fail"]
    assert page.locator("#toolbar").is_visible()


def test_search(page: Page) -> None:
    page.get_by_label("Search the findings").fill("CKV_k8s_13 memory")
    page.get_by_text("Showing 1 of 8 findings").wait_for()
    assert shown(page) == ["container-memory-limit"]
    assert number(page, "severity", "medium") == "1"
    assert number(page, "severity", "critical") == "0"
    page.get_by_label("Search the findings").fill("no such thing")
    page.get_by_text("No finding matches these filters.").wait_for()
    assert shown(page) == []
    page.get_by_role("button", name="Reset filters").click()
    assert len(shown(page)) == 5
    assert page.get_by_label("Search the findings").input_value() == ""


def test_filters_add_up_and_counts_follow(page: Page) -> None:
    page.locator("aside button[data-value=pipeline]").click()
    assert sorted(shown(page)) == ["dependency-pinned", "job-timeout"]
    assert number(page, "category", "security") == "0"
    assert number(page, "platform", "kubernetes") == "1"  # what choosing it too would add
    page.locator("aside button[data-value=kubernetes]").click()
    assert len(shown(page)) == 3
    page.locator(".tile[data-value=high]").click()
    assert shown(page) == ["dependency-pinned"]
    page.get_by_role("button", name="Remove filter high").click()
    assert len(shown(page)) == 3


def test_verdicts_and_suppressed(page: Page) -> None:
    page.locator("aside button[data-value=suppressed]").click()
    assert shown(page)[-2:] == ["tags-required", "tags-required"]
    page.locator("aside button[data-value=fail]").click()
    assert shown(page) == ["tags-required", "tags-required"]
    page.locator(".tile[data-value=undetermined]").click()
    assert "store-encrypted" in shown(page)
    assert chosen(page, "state") == ["undetermined", "suppressed"]


def test_open_a_finding(page: Page) -> None:
    item = page.locator("#finding-" + "a" * 64)
    assert not item.locator("mark").is_visible()
    item.locator("summary").click()
    assert item.locator("mark").inner_text() == "var.acl"
    assert item.locator(".evidence").is_visible()
    assert "What everyone can read" in item.inner_text()


def test_keyboard_alone(page: Page) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the findings"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "findings"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "search"
    page.locator("#list summary").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator("#list > li:visible").nth(1).locator("details").get_attribute("open") is not None
    page.keyboard.press("End")
    last = page.locator("#list > li:visible").last.get_attribute("id")
    assert page.evaluate("document.activeElement.closest('li').id") == last
    page.keyboard.press("Home")
    first = page.locator("#list > li:visible").first.get_attribute("id")
    assert page.evaluate("document.activeElement.closest('li').id") == first
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_facet_by_keyboard(page: Page) -> None:
    page.locator("aside button[data-value=kubernetes]").focus()
    page.keyboard.press("Space")
    assert shown(page) == ["container-memory-limit"]
    assert page.locator("aside button[data-value=kubernetes]").get_attribute("aria-pressed") == "true"


def test_sort(page: Page) -> None:
    by_severity = shown(page)
    page.get_by_label("Sort by").select_option("rule")
    assert shown(page) == sorted(by_severity)
    page.get_by_label("Sort by").select_option("severity")
    assert shown(page) == by_severity


def test_expand_all(page: Page) -> None:
    page.get_by_role("button", name="Expand all").click()
    assert page.locator("#list details[open]").count() == 5
    page.get_by_role("button", name="Collapse all").click()
    assert page.locator("#list details[open]").count() == 0


def test_link_shows_a_finding_that_filters_hide(browser: Browser, report: str) -> None:
    page = browser.new_page()
    page.goto(f"{report}#finding-{'e' * 64}")
    item = page.locator("#finding-" + "e" * 64)
    assert item.is_visible()
    assert item.locator("details").get_attribute("open") is not None
    assert "moves to team B" in item.inner_text()
    page.evaluate(f"location.hash = '#finding-{'d' * 64}'")
    page.locator("#finding-" + "d" * 64).wait_for(state="visible")
    page.close()


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_dark_mode(page: Page) -> None:
    light = background(page)
    page.emulate_media(color_scheme="dark")
    dark = background(page)
    assert dark != light
    toggle = page.get_by_role("button", name="Theme")
    toggle.click()
    assert background(page) == light
    toggle.click()
    assert background(page) == dark
    page.emulate_media(color_scheme="light")
    assert background(page) == dark
    page.reload()
    assert background(page) == dark
    toggle.click()
    assert background(page) == light


def test_a_file_named_like_a_script_stays_text(page: Page) -> None:
    item = page.locator("#finding-" + "1" * 64)
    item.locator("summary").click()
    assert SCRIPT_NAME in item.inner_text()
    page.locator(".value", has_text=SCRIPT_NAME).click()
    assert len(shown(page)) == 1
    assert SCRIPT_NAME in page.locator("#chips").inner_text()
    assert page.locator("script").count() == 1
    assert page.locator("img").count() == 0


def test_foreign_script_does_not_run(browser: Browser, report: str) -> None:
    page = browser.new_page()
    page.goto(report)
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.owned = 1';"
        "document.body.append(s);"
        "document.body.insertAdjacentHTML('beforeend', '<button id=b onclick=\"window.owned = 2\">x</button>');"
        "document.getElementById('b').click(); }"
    )
    assert page.evaluate("window.owned") is None
    page.close()


def test_narrow_screen_has_no_sideways_scroll(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.reload()
    page.get_by_role("button", name="Expand all").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert not page.locator("aside button").first.is_visible()
    page.locator("#facets > summary").click()
    assert page.locator("aside button").first.is_visible()


def test_readable_without_script(browser: Browser, report: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report)
    assert page.locator("#list > li:visible").count() == 8
    assert not page.locator("#toolbar").is_visible()
    context.close()


def test_print_opens_the_findings(page: Page) -> None:
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("#list details[open]").count() == 5
    assert not page.locator("aside").is_visible()
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#list details[open]").count() == 0


def test_five_thousand_findings(browser: Browser, tmp_path: Path) -> None:
    made = mixed()
    kinds = made.findings[:3]
    made.findings = [
        kinds[n % 3]._replace(fingerprint=f"{n:064x}", span=Span(f"m{n % 90}/main.tf", n + 1, 1, n + 1, 9))
        for n in range(5000)
    ]
    page = browser.new_page()
    page.goto(saved(tmp_path / "big.html", made))
    spent = page.evaluate(
        "() => { const start = performance.now(); document.querySelector('aside [data-value=pipeline]').click();"
        "document.body.offsetHeight; return performance.now() - start; }"
    )
    assert count(page) == "Showing 1,666 of 5,000 findings"
    assert spent < 3000  # a tenth of this is usual; without care it was half a minute
    page.close()
