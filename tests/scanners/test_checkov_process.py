"""Checkov's process, with a Checkov that behaves badly in its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from checkov_stub import write_stub
from harness import Run, ends

from guardrail.scanners import checkov

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'a:1'}]}\n"
Scan = Callable[..., dict[str, Any]]


@pytest.fixture
def scan(tmp_path: Path, guardrail: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> Scan:
    """The report on a tree with these container files, where this is what Checkov does."""
    tree = tmp_path / "tree"

    def run(body: str, files: dict[str, str] | None = None, *options: str) -> dict[str, Any]:
        write_stub(tmp_path / "stub", body)
        monkeypatch.setattr(checkov, "site_packages", lambda: [str(tmp_path / "stub")])
        for name, text in (files or {"Dockerfile": "FROM a\n"}).items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text(text)
        with ends():
            done = guardrail("scan", tree, "--scanner", "checkov", "-f", "json", "--no-cache", *options)
        report: dict[str, Any] = json.loads(done.out)
        report["code"] = done.code
        return report

    return run


def problems(report: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["file"], one["message"]) for one in report["problems"]]


FAILS = "report.failed_checks += [Record('CKV_DOCKER_2', path) for path in files]\n"


def test_what_it_finds_stands_in_the_report(scan: Scan) -> None:
    report = scan(FAILS)
    [found] = report["findings"]
    assert (found["rule"], found["replaces"]) == ("CKV_DOCKER_2", {"checkov": ["CKV_DOCKER_2"]})
    assert (found["file"], found["line"], found["resource"]) == ("Dockerfile", 1, "Dockerfile")
    assert (found["platform"], found["severity"]) == ("dockerfile", "medium")
    assert (report["problems"], report["code"]) == ([], 1)
    assert report["coverage"]["files"] == {"analysed": 1, "partial": 0, "skipped": 0, "failed": 0}


def test_it_works_while_guardrail_does(scan: Scan) -> None:
    report = scan(FAILS, {"Dockerfile": "FROM a\n", "pod.yaml": POD})
    platforms = {found["platform"] for found in report["findings"]}
    assert platforms == {"dockerfile", "kubernetes"}


def test_a_file_that_brings_it_down_costs_the_others_nothing(scan: Scan) -> None:
    body = "if any('bad' in path for path in files):\n    raise KeyError('bad')\n" + FAILS
    report = scan(body, dict.fromkeys(("a.Dockerfile", "bad.Dockerfile", "z/Dockerfile"), "FROM a\n"))
    assert [found["file"] for found in report["findings"]] == ["a.Dockerfile", "z/Dockerfile"]
    assert problems(report) == [("bad.Dockerfile", "Checkov fails: KeyError: 'bad'")]
    assert report["code"] == 3


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("os._exit(7)", "it ended with exit code 7"),
        ("os.kill(os.getpid(), 9)", "it ended with signal 9"),
    ],
)
def test_its_end_is_a_problem(scan: Scan, body: str, said: str) -> None:
    report = scan(body)
    assert problems(report) == [("Dockerfile", f"dockerfile: 1 file not checked by Checkov: {said}")]
    assert report["code"] == 3


def test_one_that_does_not_come_to_an_end_is_stopped(scan: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkov, "SECONDS", 1.0)
    monkeypatch.setattr(checkov, "SECONDS_A_FILE", 0.0)
    report = scan("time.sleep(3600)")
    assert problems(report) == [
        ("Dockerfile", "dockerfile: 1 file not checked by Checkov: it did not come to an end in 1 seconds")
    ]


@pytest.mark.parametrize(
    "reach", ["socket.create_connection(('127.0.0.1', 9))", "socket.socket().connect(('127.0.0.1', 9))",
              "socket.getaddrinfo('example.org', 80)"],
)  # fmt: skip
def test_it_gets_no_network(scan: Scan, reach: str) -> None:
    report = scan(reach)
    assert problems(report) == [("Dockerfile", "Checkov fails: PermissionError: guardrail lets nothing on the network")]


def test_it_starts_where_nothing_is_and_with_nothing_of_the_users(
    scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `.checkov.yaml` in the working directory could name Python to load."""
    monkeypatch.setenv("BC_API_KEY", "key")
    monkeypatch.setenv("CKV_IGNORED_DIRECTORIES", "x")
    body = [
        "assert os.listdir('.') == [], os.listdir('.')",
        "assert os.path.realpath(os.environ['HOME']) == os.path.realpath('.')",
        "assert not [name for name in os.environ if name.startswith(('BC_', 'CKV_'))]",
    ]
    assert scan("\n".join(body) + "\n" + FAILS)["problems"] == []


def test_none_but_the_one_that_is_installed_is_run(
    tmp_path: Path, guardrail: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one that the scanned tree brings along, wherever guardrail is started."""
    write_stub(tmp_path, "raise SystemExit(5)")
    (tmp_path / "Dockerfile").write_text("FROM a\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(checkov, "site_packages", list)
    assert guardrail("scan", ".", "--scanner", "checkov").code == 2


def test_what_it_prints_is_no_record(scan: Scan) -> None:
    report = scan("print('{}')\nos.write(1, b'[]')\n" + FAILS)
    assert (len(report["findings"]), report["problems"]) == (1, [])


def test_memory_has_an_end(scan: Scan) -> None:
    pytest.importorskip("resource")
    [(file, message)] = problems(scan("report.hoard = bytearray(6 << 30)"))
    assert (file, "MemoryError" in message) == ("Dockerfile", True)


def test_ids_that_it_does_not_know_are_told(scan: Scan) -> None:
    config = "rules:\n  CKV_DOCKER_2: low\n  CKV_DOCKER_22: off\n  CKV_*: {enforce: warn}\n"
    report = scan(FAILS, {"guardrail.yaml": config, "Dockerfile": "FROM a\n"})
    assert problems(report) == [("guardrail.yaml", 'Checkov has no check "CKV_DOCKER_22" for what it was given')]
    assert [(found["severity"], found["enforce"]) for found in report["findings"]] == [("low", "warn")]


def test_guardrail_yaml_can_ask_for_it(scan: Scan) -> None:
    config = "scanners: {checkov: {frameworks: [cloudformation], severity: high}}\n"
    files = {"guardrail.yaml": config, "Dockerfile": "FROM a\n", "pod.yaml": POD}
    assert "CKV_DOCKER_2" not in {found["rule"] for found in scan(FAILS, files)["findings"]}
    files["guardrail.yaml"] = config.replace("cloudformation", "dockerfile")
    severity = {found["rule"]: found["severity"] for found in scan(FAILS, files)["findings"]}
    assert severity["CKV_DOCKER_2"] == "high"


def test_a_severity_is_for_the_check_that_it_is_given(scan: Scan) -> None:
    several = "report.failed_checks += [Record(f'CKV_DOCKER_{n}', path) for n in (1, 2, 3) for path in files]\n"
    report = scan(several, {"guardrail.yaml": "rules: {CKV_DOCKER_1: critical}\n", "Dockerfile": "FROM a\n"})
    severities = {found["rule"]: found["severity"] for found in report["findings"]}
    assert severities == {"CKV_DOCKER_1": "critical", "CKV_DOCKER_2": "medium", "CKV_DOCKER_3": "medium"}


def test_a_profile_leaves_it_on(scan: Scan) -> None:
    files = {"guardrail.yaml": "profile: baseline\n", "Dockerfile": "FROM a\n"}
    assert [found["rule"] for found in scan(FAILS, files)["findings"]] == ["CKV_DOCKER_2"]
    files["guardrail.yaml"] += "rules: {CKV_DOCKER_*: off}\n"
    assert scan(FAILS, files)["findings"] == []


def test_what_is_asked_of_one_rule_is_not_asked_of_checkov(scan: Scan) -> None:
    files = {"pod.yaml": POD, "Dockerfile": "FROM a\n"}
    assert scan("os._exit(7)", files, "--rule", "store-versioned")["problems"] == []


# Exceptions -----------------------------------------------------------------------------------------------------


def suppressions(report: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (found["suppression"]["by"], found["suppression"]["reason"]) if found["suppression"] else ("", "")
        for found in report["findings"]
    ]


SKIPS = "report.skipped_checks += [Record('CKV_DOCKER_2', path) for path in files]\n"


def test_what_is_accepted_in_its_own_words_is_suppressed(scan: Scan) -> None:
    assert suppressions(scan(SKIPS)) == [("inline", "checkov:skip=CKV_DOCKER_2: because")]
    files = {"guardrail.yaml": "peer_ignores: false\n", "Dockerfile": "FROM a\n"}
    assert suppressions(scan(SKIPS, files)) == [("", "")]


def test_so_is_what_its_configuration_skips(scan: Scan) -> None:
    files = {"a/.checkov.yaml": "skip-check: [CKV_DOCKER_*]\n", "a/Dockerfile": "FROM a\n", "b/Dockerfile": "FROM a\n"}
    assert [by for by, _ in suppressions(scan(FAILS, files))] == ["waiver", ""]


def test_so_is_what_is_ignored_or_waived_in_guardrails(scan: Scan) -> None:
    files = {
        "guardrail.yaml": "waivers: [{rules: CKV_DOCKER_*, match: [b/], reason: r}]\n",
        "a/Dockerfile": '# guardrail:ignore CKV_DOCKER_2 reason="x"\n\nFROM a\n',
        "b/Dockerfile": "FROM a\n",
        "c/Dockerfile": '# guardrail:ignore-file CKV_DOCKER_3\nFROM a\n',
    }
    report = scan(FAILS, files)
    by = [(found["file"], found["rule"], (found["suppression"] or {"by": ""})["by"]) for found in report["findings"]]
    assert by == [
        ("a/Dockerfile", "CKV_DOCKER_2", "inline"),
        ("b/Dockerfile", "CKV_DOCKER_2", "waiver"),
        ("c/Dockerfile", "CKV_DOCKER_2", ""),
        ("c/Dockerfile", "ignore-malformed", ""),
    ]


def test_they_hold_for_what_was_checked_before_its_end(scan: Scan) -> None:
    """Which checks there are it says at its end."""
    body = "sys.modules['__main__']._ids = lambda names: os._exit(7)\n"
    report = scan(FAILS + body, {"Dockerfile": '# guardrail:ignore-file CKV_DOCKER_2 reason="x"\nFROM a\n'})
    assert [by for by, _ in suppressions(report)] == ["inline"]
    assert report["problems"] == []


def test_fingerprints_survive_moved_lines(scan: Scan) -> None:
    body = "report.failed_checks += [Record('CKV_DOCKER_2', path, path + '.FROM', {0}, {0}) for path in files]"
    [first], [moved] = (scan(body.format(line))["findings"] for line in (1, 10))
    assert (first["fingerprint"], first["resource"]) == (moved["fingerprint"], "Dockerfile#FROM")
    assert (first["line"], moved["line"]) == (1, 10)
