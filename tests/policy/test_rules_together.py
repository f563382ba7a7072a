"""What holds of all rules that come with guardrail, together."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from guardrail.kit.linting import lint
from guardrail.kit.mutating import mutate_files
from guardrail.kit.peers import peer_ids
from guardrail.kit.rulebook import Rulebook
from guardrail.policy.bundle import Bundle, load_bundle
from guardrail.policy.loading import rule_files
from guardrail.shipped import folder

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load_bundle(folder("rules"))


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return Rulebook()


def listed(name: str) -> set[str]:
    """The lines of a list beside this file, without comments."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def twice(items: list[str]) -> list[str]:
    return [item for item, count in Counter(items).items() if count > 1]


def test_ids_and_aliases_are_unique(bundle: Bundle) -> None:
    assert not twice([*(os.path.splitext(os.path.basename(file))[0] for file in rule_files(folder("rules")))])
    assert not bundle.rules.keys() & bundle.aliases.keys()


def test_titles_and_remedies_are_unique(bundle: Bundle) -> None:
    assert not twice([rule.title.lower() for rule in bundle.rules.values()])
    assert not twice([" ".join(rule.remedy().split()) for rule in bundle.rules.values()])


def test_each_replaced_check_exists(bundle: Bundle) -> None:
    known = peer_ids()
    unknown = {
        (rule.id, peer, name)
        for rule in bundle.rules.values()
        for peer, ids in (rule.data.get("replaces") or {}).items()
        for name in ids
        if name not in known.get(peer, {name})
    }
    assert not unknown


def shrinks(name: str, found: set[str], update: bool) -> None:
    """Holds what is found against a list that may only get shorter (`--update-goldens` writes it anew)."""
    if update:
        head = [line for line in (HERE / name).read_text(encoding="utf-8").splitlines() if line.startswith("#")]
        (HERE / name).write_text("\n".join([*head, *sorted(found)]) + "\n", encoding="utf-8")
    known = listed(name)
    assert found <= known, f"new: {sorted(found - known)}"
    assert known <= found, f"mended, take them out: {sorted(known - found)}"


def test_no_rule_has_a_fault_that_is_not_listed(book: Rulebook, request: pytest.FixtureRequest) -> None:
    found = {f"{Path(fault.file).stem}: {fault.code}" for fault in lint(list(rule_files(folder("rules"))), book)}
    shrinks("lint_faults.txt", found, request.config.getoption("--update-goldens"))


@pytest.mark.slow
def test_every_mutant_is_killed_or_has_a_reason_or_is_listed(book: Rulebook, request: pytest.FixtureRequest) -> None:
    update = request.config.getoption("--update-goldens")
    reports = mutate_files(list(rule_files(folder("rules"))), book)
    assert update or not [fault for report in reports for fault in report.faults]
    found = {f"{report.rule}: {survivor}" for report in reports for survivor in report.survivors}
    shrinks("surviving_mutants.txt", found, update)
