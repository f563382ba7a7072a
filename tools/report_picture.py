"""Remakes docs/images/report.png, the README's picture: the HTML report of examples/webshop in a real browser.

    python tools/report_picture.py        # wants playwright and a chromium on the PATH
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "docs" / "images" / "report.png"
OPENED = "network-ssh-closed"  # a finding whose value came a long way


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("no chromium on the PATH")
    with tempfile.TemporaryDirectory() as folder:
        page_file = Path(folder) / "report.html"
        webshop = ROOT / "examples" / "webshop"
        command = [sys.executable, "-m", "guardrail", "scan", str(webshop), "-q", "-o", f"html={page_file}"]
        subprocess.run(command, check=False)
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": 1280, "height": 1040}, color_scheme="light")
            page.goto(page_file.as_uri())
            page.locator("input[type=search]").fill("security group")
            finding = page.locator("details", has=page.locator(f"summary:has-text('{OPENED}')")).last
            finding.locator("summary").first.click()
            page.wait_for_timeout(300)
            page.screenshot(path=str(TARGET))
            browser.close()


if __name__ == "__main__":
    main()
