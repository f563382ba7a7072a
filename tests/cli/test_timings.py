"""`guardrail scan --timings`: where the time goes."""

from __future__ import annotations

import re
import subprocess
import sys

from harness import EXAMPLES


def test_stages_files_and_rules_are_listed() -> None:
    command = [sys.executable, "-m", "guardrail", "scan", str(EXAMPLES / "webshop"), "--timings", "-q"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "timings" not in done.stdout
    heads = [line.strip() for line in done.stderr.splitlines() if not re.match(r"\s+\d", line)]
    assert re.fullmatch(r"timings: \d+\.\d{3} s", heads[0])
    assert heads[1:] == ["by stage", "by file, while reading", "by rule, while judging"]
    rows = re.findall(r"^ +(\d+\.\d{3}) s +(\d+)%  (.+)$", done.stderr, re.M)
    names = [name for _, _, name in rows]
    assert names[:8] == ["discovery", "rules", "reading", "secrets", "concepts", "judging", "findings", "reports"]
    assert any("examples/webshop/" in name for name in names[8:18])
    of_stages = sum(float(seconds) for seconds, _, _ in rows[:8])
    assert abs(of_stages - float(heads[0].split()[1])) < 0.01
    reading, judging = float(rows[2][0]), float(rows[5][0])
    by_file = [float(seconds) for seconds, _, name in rows[8:19]]
    assert sum(by_file) <= reading + 0.02
    assert sum(float(seconds) for seconds, _, _ in rows[19:]) <= judging + 0.02


def test_nothing_is_timed_unasked() -> None:
    command = [sys.executable, "-m", "guardrail", "scan", str(EXAMPLES / "paved-road"), "-q"]
    assert subprocess.run(command, capture_output=True, text=True, check=False).stderr == ""
