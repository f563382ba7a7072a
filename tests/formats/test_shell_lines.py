"""Scripts that are lists of lines."""

from __future__ import annotations

from guardrail.formats.shell import DETECTIONS
from guardrail.formats.shell_lines import Hit, detected_in, find_in

DOWNLOAD = "curl -o x https://a.io/x"


def test_lines_are_one_script() -> None:
    assert detected_in(["make", DOWNLOAD, "chmod +x x"]) == {"runs_unchecked": Hit(1, 0, len(DOWNLOAD))}
    assert detected_in([DOWNLOAD, "sha256sum -c x.sum", "chmod +x x"]) == {}
    assert detected_in(["wget http://a.io/x.tgz", "sha256sum -c x.sum"]) == {}
    assert "plain_transport" in detected_in(["make", "wget http://a.io/x.tgz"])


def test_the_first_line_counts() -> None:
    lines = ["", "make; curl https://a.io | sh", "curl https://b.io | sh"]
    assert detected_in(lines) == {"remote_pipe": Hit(1, 6, len(lines[1]))}


def test_each_alone() -> None:
    lines = [DOWNLOAD, "chmod +x x; npm install"]
    found = {field: hit for field, find in DETECTIONS if (hit := find_in(field, find, lines))}
    assert found == detected_in(lines)
    assert found["unlocked_install"].line == 1


def test_no_lines() -> None:
    assert detected_in([]) == {}
