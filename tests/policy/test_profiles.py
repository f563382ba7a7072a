"""Profiles: data that says which rules apply."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from guardrail.config import Place
from guardrail.errors import ConfigError
from guardrail.policy.bundle import Bundle, load_bundle
from guardrail.policy.profiles import Profile, Profiles, settings_of
from guardrail.scanning import Request, prepare, scan
from guardrail.shipped import folder

NAMES = ["baseline", "cis-aws", "cis-azure", "cis-gcp", "cis-kubernetes", "pss-restricted", "strict", "supply-chain"]
POD = """
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: x}
spec:
  containers:
    - name: c
      image: registry.example/a:1
      securityContext: {privileged: true}
"""


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load_bundle(folder("rules"))


def on(profile: Profile, bundle: Bundle) -> set[str]:
    settings = settings_of(profile)
    return {
        rule.id
        for rule in bundle.rules.values()
        if (found := settings.rule(rule.id, rule.category)).enabled and "enabled" in found.provenance
    }


def get(name: str, bundle: Bundle) -> Profile:
    return Profiles(bundle).get(name, Place("", 0, 0))


def test_those_that_come_with_guardrail(bundle: Bundle) -> None:
    assert Profiles(bundle).names == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_names_rules_that_exist_with_parameters_that_they_have(name: str, bundle: Bundle) -> None:
    profile = get(name, bundle)
    known = {*bundle.rules, *bundle.aliases}
    settings = settings_of(profile)
    for source in profile.layers:
        for rule, place in source.top.named:
            assert rule in known or "*" in rule, place
    for rule_id in on(profile, bundle):
        rule = bundle.rules[rule_id]
        rule.checks(settings.rule(rule_id, rule.category).parameters)
    assert profile.title
    assert profile.description
    assert on(profile, bundle)


def test_baseline_is_what_weighs(bundle: Bundle) -> None:
    chosen = on(get("baseline", bundle), bundle)
    assert 20 <= len(chosen) <= 50
    light = {name for name in chosen if bundle.rules[name].severity in ("low", "info")}
    assert light <= {"ignore-expired", "ignore-malformed", "ignore-unused"}


def test_strict_has_all(bundle: Bundle) -> None:
    assert on(get("strict", bundle), bundle) == set(bundle.rules)


def test_a_framework_s_profile_has_all_rules_of_it(bundle: Bundle) -> None:
    wanted = {rule.id for rule in bundle.rules.values()
              if {"pss-baseline", "pss-restricted"} & set(rule.data.get("frameworks") or ())}  # fmt: skip
    assert on(get("pss-restricted", bundle), bundle) == wanted


def repository(base: Path, config: str) -> Path:
    (base / ".git").mkdir(parents=True)
    (base / "guardrail.yaml").write_text(config)
    (base / "pod.yaml").write_text(POD)
    return base


def rules_found(path: Path, **more: Any) -> set[str]:
    return {finding.rule for finding in scan(Request(paths=(str(path),), **more)).findings}


def test_only_what_a_profile_lists_applies_and_what_is_named_beside(tmp_path: Path, bundle: Bundle) -> None:
    path = repository(tmp_path, "profile: baseline\n")
    assert rules_found(path) == {"container-privileged"}
    assert scan(Request(paths=(str(path),))).coverage.rules == len(on(get("baseline", bundle), bundle))
    (path / "guardrail.yaml").write_text("profile: baseline\nrules: {container-read-only-root: on}\n")
    assert rules_found(path) == {"container-privileged", "container-read-only-root"}
    (path / "guardrail.yaml").write_text("profile: baseline\nrules: {container-privileged: off}\n")
    assert rules_found(path) == set()
    (path / "guardrail.yaml").write_text("profile: baseline\nrules: {'*': {enforce: warn}}\n")
    assert rules_found(path) == {"container-privileged"}


def test_several_are_all_that_one_of_them_lists(tmp_path: Path) -> None:
    path = repository(tmp_path, "profile: [baseline, supply-chain]\n")
    assert rules_found(path) == {"container-privileged", "image-pinned-by-digest"}
    assert rules_found(path, profiles=("supply-chain",)) == {"image-pinned-by-digest"}
    assert rules_found(path, profiles=("supply-chain", "baseline")) == {
        "container-privileged",
        "image-pinned-by-digest",
    }


def test_the_cache_knows_profiles_apart(tmp_path: Path) -> None:
    path = repository(tmp_path, "fail_on: low\n")
    (path / "pod.yaml").write_text(POD + "# " + "x" * 150_000 + "\n")
    both = [rules_found(path, profiles=(name,), cache=True) for name in ("baseline", "supply-chain", "baseline")]
    assert both == [{"container-privileged"}, {"image-pinned-by-digest"}, {"container-privileged"}]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("profile: baselin\n", 'guardrail.yaml:1:1: there is no profile "baselin"; did you mean "baseline"?'),
        ("profile: [strict, nope]\n", 'guardrail.yaml:1:19: there is no profile "nope"; there are baseline, '),
        ("profile: 3\n", "profile must be text or a list"),
    ],
)
def test_one_that_does_not_exist(tmp_path: Path, config: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        prepare(Request(paths=(str(repository(tmp_path, config)),)))
    assert str(caught.value).startswith(message) or message in str(caught.value)


def test_a_pack_s_rules_stay_on_beside_a_profile_and_it_may_have_profiles(tmp_path: Path) -> None:
    path = repository(tmp_path, "packs: [{path: acme}]\nprofile: baseline\n")
    files = {
        "acme/pack.yaml": "name: acme\nversion: 1\n",
        "acme/rules/pods-named.yaml": (
            "id: pods-named\ntitle: Pods are called pod\nseverity: low\ncategory: tagging\n"
            "why: A name that says nothing at all.\nremedy: Call the pod pod.\n"
            "checks: [{on: Pod, require: {metadata.name: pod}, message: '{name}'}]\n"
            "examples: [{pass: 'x: 1'}, {pass: 'y: 1'}]\n"
        ),
        "acme/profiles/web.yaml": "title: Web\nincludes: [baseline]\nrules: {container-read-only-root: high}\n",
    }
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    assert rules_found(path) == {"container-privileged", "acme/pods-named"}
    (path / "guardrail.yaml").write_text("packs: [{path: acme}]\nprofile: acme/web\n")
    assert rules_found(path) == {"container-privileged", "acme/pods-named", "container-read-only-root"}
    (path / "acme/profiles/web.yaml").write_text("includes: [acme/web]\n")
    with pytest.raises(ConfigError, match="the profile acme/web includes itself"):
        prepare(Request(paths=(str(path),)))
    (path / "acme/profiles/web.yaml").write_text("rulez: {}\n")
    with pytest.raises(ConfigError, match=r'acme/profiles/web\.yaml:1:1: unknown key "rulez"; did you mean "rules"'):
        prepare(Request(paths=(str(path),)))


def test_the_command_line(tmp_path: Path, guardrail: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = repository(tmp_path, "profile: baseline\n")
    monkeypatch.chdir(path)
    listed = guardrail("profiles", "list")
    assert [line.split()[0] for line in listed.out.splitlines()] == NAMES
    shown = json.loads(guardrail("profiles", "show", "strict", "-f", "json").out)
    assert shown["rules"]["store-backup-retention"]["parameters"] == {"days": 30}
    assert 'did you mean "strict"?' in guardrail("profiles", "show", "strickt").err
    assert guardrail("scan", ".", "--profile", "nope").code == 2
    told = guardrail("config", "show", "pod.yaml").out
    assert "profile: baseline  (guardrail.yaml:1)" in told
    assert "rules.*.enabled: off  (guardrail.yaml:1)" in told
    assert "rules.container-privileged.enabled: on  (profile baseline:" in told
