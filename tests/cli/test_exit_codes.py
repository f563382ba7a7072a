"""The exit codes that gates rely on, the same in every format."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import Run

Guardrail = Callable[..., Run]

PRIVILEGED = """\
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: x}
spec:
  containers:
    - name: c
      image: registry.example/a@sha256:5f0f3e1b7a2d4c6890ab1234cd56ef7890123456789abcdef0123456789abcde
      securityContext: {privileged: true}
"""
HARMLESS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\ndata: {a: b}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    return tmp_path


def test_0_clean(folder: Path, guardrail: Guardrail) -> None:
    (folder / "a.yaml").write_text(HARMLESS)
    assert guardrail("scan", folder, "--rule", "container-privileged").code == 0


@pytest.mark.parametrize("form", ["text", "json", "sarif", "html"])
def test_1_the_gate_is_broken_in_every_format(folder: Path, guardrail: Guardrail, form: str) -> None:
    (folder / "a.yaml").write_text(PRIVILEGED)
    assert guardrail("scan", folder, "-f", form).code == 1


def test_fail_on_moves_the_gate(folder: Path, guardrail: Guardrail) -> None:
    (folder / "a.yaml").write_text(PRIVILEGED)
    only = ("--rule", "container-privileged")
    assert guardrail("scan", folder, *only, "--fail-on", "critical").code == 0
    assert guardrail("scan", folder, *only, "--fail-on", "high").code == 1
    assert guardrail("scan", folder, *only, "--fail-on", "never").code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["scan", "not-there"], "no such file or folder: not-there"),
        (["scan", ".", "--rule", "container-privileg"], 'did you mean "container-privileged"?'),
        (["scan", ".", "-o", "pdf=x"], "is not FORMAT=FILE"),
        (["scan", ".", "-o", "json=no/such/folder/x"], "there is no folder"),
        (["scan", ".", "--config", "missing.yaml"], "no such file"),
        (["scan", ".", "--var", "novalue"], "is not NAME=VALUE"),
        (["scna"], "Did you mean 'scan'?"),
        (["rules", "show", "container-privilegd"], 'did you mean "container-privileged"?'),
    ],
)
def test_2_usage(
    folder: Path, guardrail: Guardrail, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    monkeypatch.chdir(folder)
    (folder / "a.yaml").write_text(HARMLESS)
    done = guardrail(*arguments)
    assert done.code == 2
    assert says in done.err


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("rules: {container-privilegd: off}\n", 'guardrail.yaml:1:9: there is no rule "container-privilegd"'),
        ("rulse: {}\n", "guardrail.yaml:1"),
        ("rules:\n  container-privileged: {severity: hgih}\n", "guardrail.yaml:2"),
        ("rules:\n  container-memory-limit: {parameters: {mx: 1Gi}}\n", 'did you mean "max"'),
        ("rules:\n  container-memory-limit: {parameters: {max: much}}\n", "is not a quantity"),
        ("rules:\n  namespace-name-pattern: {parameters: {pattern: team-(}}\n",
         "guardrail.yaml:2:41: rule namespace-name-pattern: matches: not a regular expression: missing )"),
        ("rules:\n  tag-value-pattern: {parameters: {patterns: {owner: '('}}}\n", "'(' is no pattern"),
        ("rules: [\n", "guardrail.yaml"),
    ],
)
def test_2_configuration(folder: Path, guardrail: Guardrail, config: str, says: str) -> None:
    (folder / "guardrail.yaml").write_text(config)
    (folder / "a.yaml").write_text(PRIVILEGED)
    done = guardrail("scan", folder)
    assert done.code == 2
    assert says in done.err


def test_3_incomplete_outranks_the_gate(folder: Path, guardrail: Guardrail) -> None:
    (folder / "a.yaml").write_text(PRIVILEGED)
    (folder / "b.tf").write_text('resource "aws_s3_bucket" "b" {\n')
    done = guardrail("scan", folder, "-f", "json")
    assert done.code == 3
    report = json.loads(done.out)
    assert [problem["file"] for problem in report["problems"]] == ["b.tf"]
    assert any(finding["rule"] == "container-privileged" for finding in report["findings"])


def test_3_an_empty_scan_is_not_a_clean_one(folder: Path, guardrail: Guardrail) -> None:
    (folder / "readme.txt").write_text("nothing here")
    done = guardrail("scan", folder)
    assert done.code == 3
    assert "nothing to judge" in done.out


def test_a_crashing_rule_is_a_problem_and_not_a_pass(
    folder: Path, guardrail: Guardrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    from guardrail.policy.rule import Check, Rule

    real = Rule.checks

    def broken(self: Rule, parameters: dict[str, object] | None = None) -> tuple[Check, ...]:
        checks = real(self, parameters)
        if self.id != "container-privileged":
            return checks
        return tuple(check._replace(when=None, require=lambda scope: 1 / 0) for check in checks)  # type: ignore[misc,arg-type]

    monkeypatch.setattr(Rule, "checks", broken)
    (folder / "a.yaml").write_text(PRIVILEGED)
    done = guardrail("scan", folder, "-f", "json")
    assert done.code == 3
    problems = json.loads(done.out)["problems"]
    assert {problem["kind"] for problem in problems} == {"rule-crash"}
    assert "container-privileged crashed on Pod/x/a: ZeroDivisionError" in problems[0]["message"]
    assert problems[0]["line"] == 6


def test_4_a_fault_of_its_own(folder: Path, guardrail: Guardrail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guardrail.scanning.prepare", lambda request: 1 / 0)
    done = guardrail("scan", folder)
    assert done.code == 4
    assert "a fault of its own: ZeroDivisionError" in done.err
    assert "Traceback" not in done.err


def test_reports_to_files_beside_the_terminal(folder: Path, guardrail: Guardrail) -> None:
    (folder / "a.yaml").write_text(PRIVILEGED)
    done = guardrail("scan", folder, "-q", "-o", f"json={folder}/r.json", "-o", f"sarif={folder}/r.sarif",
                     "-o", f"html={folder}/r.html")  # fmt: skip
    assert done.code == 1
    assert done.out.count("\n") == 1
    assert json.loads((folder / "r.json").read_text())["summary"]["exit_code"] == 1
    assert json.loads((folder / "r.sarif").read_text())["version"] == "2.1.0"
    assert "<html" in (folder / "r.html").read_text()


def test_warnings_do_not_break_the_gate(folder: Path, guardrail: Guardrail) -> None:
    (folder / "guardrail.yaml").write_text("rules: {container-privileged: {enforce: warn}}\n")
    (folder / "a.yaml").write_text(PRIVILEGED)
    done = guardrail("scan", folder, "--rule", "container-privileged", "-f", "json")
    assert done.code == 0
    assert [finding["enforce"] for finding in json.loads(done.out)["findings"]] == ["warn"]


def test_settings_by_path(folder: Path, guardrail: Guardrail) -> None:
    (folder / "guardrail.yaml").write_text(
        "paths:\n  - match: ['dev/**']\n    rules: {container-privileged: off}\n"
        "rules: {container-privileged: {severity: critical}}\n"
    )
    for name in ("dev", "prod"):
        (folder / name).mkdir()
        (folder / name / "a.yaml").write_text(PRIVILEGED)
    report = json.loads(guardrail("scan", folder, "--rule", "container-privileged", "-f", "json").out)
    assert [(f["file"], f["severity"]) for f in report["findings"]] == [("prod/a.yaml", "critical")]


def test_stdin(folder: Path, guardrail: Guardrail, monkeypatch: pytest.MonkeyPatch) -> None:
    import io
    import sys

    class Stdin:
        buffer = io.BytesIO(PRIVILEGED.encode())

    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "stdin", Stdin())
    report = json.loads(guardrail("scan", "-", "-f", "json", "--rule", "container-privileged").out)
    assert [(f["file"], f["line"]) for f in report["findings"]] == [("stdin.yaml", 8)]


def command(*arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    """The process itself, which leaves without tidying up."""
    line = [sys.executable, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    return subprocess.run(line, env=environment, check=False, text=True, **more)


def test_all_is_said_before_the_process_leaves(folder: Path) -> None:
    (folder / "a.yaml").write_text(PRIVILEGED + "---\n" + HARMLESS)
    out = folder / "out.json"
    with out.open("w") as stream:  # a file, and so buffered
        done = command("-m", "guardrail", "scan", folder / "a.yaml", "-f", "json", stdout=stream)
    assert done.returncode == 1
    assert json.loads(out.read_text())["findings"]


def test_a_full_disk_is_no_success(folder: Path) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full here")
    (folder / "a.yaml").write_text(HARMLESS)
    with open("/dev/full", "w") as stream:
        done = command("-m", "guardrail", "scan", folder / "a.yaml", stdout=stream, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert "output: cannot be written: No space left" in done.stderr
    assert "fault" not in done.stderr


def test_a_report_that_cannot_be_written_keeps_no_other_from_it(folder: Path, guardrail: Guardrail) -> None:
    (folder / "a.yaml").write_text(PRIVILEGED)
    (folder / "taken").mkdir()
    done = guardrail("scan", folder, "-q", "-o", f"json={folder}/taken", "-o", f"sarif={folder}/r.sarif")
    assert done.code == 2
    assert "taken: cannot be written: Is a directory" in done.err
    assert "findings" in done.out
    assert json.loads((folder / "r.sarif").read_text())["version"] == "2.1.0"


def gone() -> int:
    """What nobody reads any more."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(("fail_on", "code"), [("never", 0), ("low", 1)])
def test_a_reader_that_goes_away_changes_no_verdict(folder: Path, form: str, fail_on: str, code: int) -> None:
    (folder / "a.yaml").write_text(PRIVILEGED)
    more = ("--fail-on", fail_on, "-f", form, "-o", f"sarif={folder}/r.sarif")
    with os.fdopen(gone(), "w") as stream:
        done = command("-m", "guardrail", "scan", folder / "a.yaml", *more, stdout=stream, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (code, "")
    assert json.loads((folder / "r.sarif").read_text())["version"] == "2.1.0"


def test_a_command_that_was_still_printing_is_no_broken_gate() -> None:
    with os.fdopen(gone(), "w") as stream:
        done = command("-m", "guardrail", "rules", "list", stdout=stream, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (141, "")


def test_closed_standard_output(folder: Path) -> None:
    (folder / "a.yaml").write_text(PRIVILEGED)
    line = [sys.executable, "-m", "guardrail", "scan", str(folder / "a.yaml"), "-o", f"json={folder}/r.json"]
    for closed in (">&-", ">&- 2>&-"):
        done = subprocess.run(
            ["sh", "-c", f'"$@" {closed}', "sh", *line], env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (1, "")
        assert json.loads((folder / "r.json").read_text())["summary"]["exit_code"] == 1


def test_a_profiler_has_the_last_word(folder: Path) -> None:
    (folder / "a.yaml").write_text(HARMLESS)
    profile = folder / "profile"
    done = command("-m", "cProfile", "-o", profile, "-m", "guardrail", "scan", folder / "a.yaml", capture_output=True)
    assert done.returncode == 0
    assert profile.stat().st_size > 1000


def test_changed_takes_the_list_that_git_gives(
    folder: Path, guardrail: Guardrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (folder / "a.yaml").write_text(PRIVILEGED)
    only = ("--rule", "container-privileged", "-f", "json")
    done = guardrail("scan", *only, "--changed", "deleted.yaml")
    report = json.loads(done.out)
    assert (done.code, [finding["file"] for finding in report["findings"]]) == (1, ["a.yaml"])
    assert [note["kind"] for note in report["notes"]] == ["deleted-file"]
    done = guardrail("scan", *only, "--changed", "../elsewhere.yaml")
    assert (done.code, "elsewhere.yaml" in done.err) == (2, True)
    done = guardrail("scan", *only, "--changed")
    assert (done.code, json.loads(done.out)["findings"]) == (0, [])
    assert [note["kind"] for note in json.loads(done.out)["notes"]] == ["nothing-changed"]
    (folder / "k").mkdir()
    (folder / "k" / "b.yaml").write_text(HARMLESS)
    monkeypatch.chdir(folder / "k")
    for written in ("k/b.yaml", "k/deleted.yaml", "a.yaml"):  # as seen from the top
        done = guardrail("scan", *only, "--changed", written)
        assert (done.code, f"no such file or folder: {written}; {folder} has them" in done.err) == (2, True)
