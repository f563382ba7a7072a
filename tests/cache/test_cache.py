"""What earlier scans found serves only while nothing that led to it has changed."""

from __future__ import annotations

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from guardrail import cache as cached
from guardrail import running
from guardrail.cache.store import Store
from guardrail.model import Result
from guardrail.scanning import Request, scan

MODULE = """
variable "ports" {
  default = [22]
}

resource "aws_security_group" "web" {
  name        = "web"
  description = "Web"
  dynamic "ingress" {
    for_each = var.ports
    content {
      description = "in"
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = ["0.0.0.0/0"]
    }
  }
}
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GUARDRAIL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(running, "WORTH_KEEPING", 0)
    root = tmp_path / "repository"
    (root / "modules/web").mkdir(parents=True)
    (root / "modules/web/main.tf").write_text(MODULE)
    (root / "main.tf").write_text('module "web" {\n  source = "./modules/web"\n}\n')
    (root / "notes").mkdir()
    return root


def run(root: Path, **more: object) -> tuple[Result, int]:
    """The result, and how many groups were judged anew."""
    count = 0
    before = running.processing.process

    def counting(*arguments: object) -> object:
        nonlocal count
        count += 1
        return before(*arguments)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(running.processing, "process", counting)
        result = scan(Request((str(root),), workers=1, cache=True)._replace(**more))  # type: ignore[arg-type]
    return result, count


def findings(result: Result) -> set[tuple[str, str, int]]:
    return {(finding.rule, finding.span.file, finding.span.line) for finding in result.findings}


def test_the_second_scan_judges_nothing_and_says_the_same(repository: Path) -> None:
    first, judged = run(repository)
    assert judged == 1
    assert ("network-ssh-closed", "modules/web/main.tf", 16) in findings(first)
    second, judged = run(repository)
    assert judged == 0
    assert second == first


def test_off_unless_asked_for(repository: Path, tmp_path: Path) -> None:
    run(repository, cache=False)
    assert not (tmp_path / "cache/parts").exists()
    run(repository)
    assert run(repository, cache=False)[1] == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "modules/web/main.tf").write_text(MODULE.replace("[22]", "[443]")),
        lambda root: (root / "modules/web/more.tf").write_text('variable "more" {}\n'),
        lambda root: (root / "terraform.tfvars").write_text("ports = [443]\n"),
        lambda root: (root / "modules/web/override.tf").write_text('variable "ports" {\n  default = [443]\n}\n'),
        lambda root: (root / "guardrail.yaml").write_text("rules:\n  network-ssh-closed: {severity: low}\n"),
    ],
    ids=["changed", "added", "variables", "override", "configuration"],
)
def test_what_changed_is_judged_anew(repository: Path, change: object) -> None:
    run(repository)
    change(repository)  # type: ignore[operator]
    after, judged = run(repository)
    assert judged >= 1
    fresh, _ = run(repository, cache=False)
    assert after == fresh
    assert run(repository)[1] == 0
    assert run(repository)[0] == fresh


def test_a_file_that_nobody_reads_changes_nothing(repository: Path) -> None:
    run(repository)
    (repository / "notes/readme.txt").write_text("hello")
    assert run(repository)[1] == 0


def test_going_back_is_known_again(repository: Path) -> None:
    path = repository / "modules/web/main.tf"
    first, _ = run(repository)
    path.write_text(MODULE.replace("22", "443"))
    run(repository)
    path.write_text(MODULE)
    again, _ = run(repository)
    assert again == first


def test_options_are_part_of_it(repository: Path) -> None:
    run(repository)
    result, judged = run(repository, variables=(("unused", "1"),))
    assert judged == 1
    _, judged = run(repository, only=("network-ssh-closed",))
    assert judged == 1
    assert result.findings


def test_an_ignore_runs_out_with_the_day(repository: Path) -> None:
    from datetime import date

    text = MODULE.replace(
        '["0.0.0.0/0"]', '["0.0.0.0/0"] # guardrail:ignore network-ssh-closed reason="moving" until=2026-03-01'
    )
    (repository / "modules/web/main.tf").write_text(text)
    held, _ = run(repository, today=date(2026, 2, 1))
    assert "ignore-expired" not in {finding.rule for finding in held.findings}
    over, judged = run(repository, today=date(2026, 4, 1))
    assert judged == 1
    assert "ignore-expired" in {finding.rule for finding in over.findings}


@pytest.mark.parametrize(
    "harm",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: "[" * 100_000,
        lambda text: json.dumps({**json.loads(text), "key": "another"}),
        lambda text: json.dumps({**json.loads(text), "part": {}}),
        lambda text: json.dumps({**json.loads(text), "asked": [["nonsense", "a", "b"]]}),
        lambda text: json.dumps({**json.loads(text), "asked": 3}),
        lambda text: text.replace('"findings":[[', '"findings":[[99999,'),
    ],
)
def test_a_spoilt_entry_is_none(repository: Path, tmp_path: Path, harm: object) -> None:
    first, _ = run(repository)
    for entry in (tmp_path / "cache/parts").iterdir():
        entry.write_text(harm(entry.read_text()))  # type: ignore[operator]
    second, judged = run(repository)
    assert judged == 1
    assert second == first
    assert run(repository)[1] == 0


def test_no_secret_comes_onto_the_disk(repository: Path, tmp_path: Path) -> None:
    secret = "kT9vX2mQ7pLw4sZr8nBd"
    (repository / "database.tf").write_text(
        f'resource "aws_db_instance" "shop" {{\n  engine   = "postgres"\n  password = "{secret}"\n}}\n'
        f'output "again" {{\n  value = "{secret}"\n}}\n'
    )
    result, _ = run(repository)
    assert "no-plain-secrets" in {finding.rule for finding in result.findings}
    for entry in (tmp_path / "cache/parts").iterdir():
        assert secret not in entry.read_text()
        assert stat.S_IMODE(os.stat(entry).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(tmp_path / "cache/parts").st_mode) == 0o700


def test_a_cache_that_cannot_be_written_stops_nothing(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir(exist_ok=True)
    (tmp_path / "cache/parts").write_text("in the way")
    first, _ = run(repository)
    second, judged = run(repository)
    assert judged == 1
    assert first == second


def test_two_at_once(tmp_path: Path) -> None:
    """Whoever reads gets a whole entry, of one or the other."""
    store = Store(str(tmp_path))
    entries = [{"value": [number] * 5_000} for number in range(8)]

    def work(number: int) -> bool:
        for _ in range(20):
            store.put("a", entries[number])
            found = store.get("a")
            if found is not None and len(set(found["value"])) != 1:
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
    assert sorted(os.listdir(tmp_path)) == ["a.json"]


def test_the_longest_unused_go_first(tmp_path: Path) -> None:
    store = Store(str(tmp_path), most=10_000)
    for number in range(10):
        store.put(f"k{number}", {"value": "x" * 1_500})
        os.utime(tmp_path / f"k{number}.json", (number, number))
    assert store.get("k0") is not None  # used now
    store.tidy()
    left = {entry.name for entry in tmp_path.iterdir()}
    assert "k0.json" in left
    assert "k1.json" not in left
    assert sum(entry.stat().st_size for entry in tmp_path.iterdir()) <= 10_000


def test_small_scans_do_without(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "WORTH_KEEPING", 100_000)
    run(repository)
    assert not (tmp_path / "cache/parts").exists()


def test_readers_reach_files_through_the_tree_alone() -> None:
    """What the tree is not asked for, the log does not know."""
    root = Path(cached.__file__).parent.parent
    allowed = {"inputs/kubernetes/helm"}  # which works in a folder of its own
    for path in (root / "inputs").rglob("*.py"):
        if any(path.is_relative_to(root / folder) for folder in allowed):
            continue
        text = path.read_text()
        for door in ("os.walk(", "os.scandir(", "os.listdir(", "os.path.isfile(", "os.path.exists(", ".absolute("):
            assert door not in text, f"{path.relative_to(root)}: {door}"
