"""The rules and bindings in one file: written on first use, taken if it is whole and of the same rules."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from guardrail.policy.bundle import Bundle, load_bundle

RULE = """\
id: {name}
title: Buckets have a name ({name})
severity: low
category: tagging
why: Nobody knows what is in a bucket that has none.
remedy: Set `bucket`.
checks:
  - on: aws_s3_bucket
    require: {{bucket: {{set: true}}}}
    message: "{{name}} has no name"
examples:
  - fail: |
      resource "aws_s3_bucket" "b" {{}} # guardrail:expect
  - pass: |
      resource "aws_s3_bucket" "b" {{
        bucket = "b"
      }}
"""


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GUARDRAIL_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "rules" / "tagging"
    folder.mkdir(parents=True)
    (folder / "first.yaml").write_text(RULE.format(name="first"))
    second = RULE.format(name="second") + "aliases: [older]\nyields_to: [first]\n"
    (folder / "second.yaml").write_text(second)
    return tmp_path / "rules"


def content(bundle: Bundle) -> object:
    rules = [(rule.data, rule.head(), rule.on, rule.yields_to) for rule in bundle.rules.values()]
    return rules, bundle.bindings, bundle.concepts, bundle.aliases, bundle.key


def stored(rules: Path) -> Path:
    [found] = (rules.parent / "cache").iterdir()
    return found


def test_what_is_stored_is_what_was_compiled(rules: Path) -> None:
    compiled = load_bundle(str(rules))
    assert stored(rules).is_file()
    again = load_bundle(str(rules))
    assert [rule.id for rule in again.rules.values()] == ["first", "second"]
    assert (again.rules["second"].yields_to, again.aliases) == (("first",), {"older": "second"})
    assert content(again) == content(compiled)


def test_a_rule_is_not_read_before_it_is_asked(rules: Path) -> None:
    load_bundle(str(rules))
    rule = load_bundle(str(rules)).rules["first"]
    assert isinstance(rule._data, bytes)
    assert rule.card().title == "Buckets have a name (first)"
    assert isinstance(rule._data, dict)


@pytest.mark.parametrize("spoil", [
    lambda data: data[: len(data) // 2],
    lambda data: b"",
    lambda data: b"\xff\n\x00",
    lambda data: data.replace(b"Set `bucket`", b"Get `bucket`"),
    lambda data: b"zz" + data[2:],
])  # fmt: skip
def test_a_spoilt_one_is_made_anew(rules: Path, spoil: object) -> None:
    compiled = load_bundle(str(rules))
    path = stored(rules)
    path.write_bytes(spoil(path.read_bytes()))  # type: ignore[operator]
    assert content(load_bundle(str(rules))) == content(compiled)
    assert content(load_bundle(str(rules))) == content(compiled)


def test_a_changed_rule_counts(rules: Path) -> None:
    load_bundle(str(rules))
    path = rules / "tagging" / "first.yaml"
    path.write_text(path.read_text().replace("severity: low", "severity: high"))
    os.utime(path, ns=(1, 1))
    assert load_bundle(str(rules)).rules["first"].severity == "high"
