"""Whether a rule's examples speak of what the rule speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from guardrail.conditions import Scope
from guardrail.inputs.table import entry_for
from guardrail.kit.prepared import Prepared, prepare
from guardrail.kit.rulebook import Rulebook
from guardrail.model import Map, Resource, Span, plain
from guardrail.policy.judge import subjects_of
from guardrail.policy.rule import Check, Rule

Found = Iterator[tuple[Span, str, str]]

_CLOUDS = {
    "alicloud": "Alibaba Cloud", "aws": "AWS", "azurerm": "Azure", "digitalocean": "DigitalOcean",
    "google": "Google Cloud", "ibm": "IBM Cloud", "kubernetes": "Terraform's kubernetes provider", "linode": "Linode",
    "ncloud": "Naver Cloud", "nifcloud": "Nifcloud", "oci": "Oracle Cloud", "panos": "PAN-OS",
    "tencentcloud": "Tencent Cloud", "yandex": "Yandex Cloud",
}  # fmt: skip


def speaking(rule: Map, book: Rulebook) -> Found:
    data: dict[str, Any] = plain(rule)
    compiled = Rule(data)
    if "ignore" in compiled.on:  # what it speaks of is made of findings, not read from the example
        return
    prepared = prepare(data, book.beside(data))
    examples = rule["examples"]
    reached: set[int] = set()
    judged: set[str] = set()
    silent: list[tuple[int, set[str]]] = []
    for index, one in enumerate(prepared):
        checks = compiled.checks(one.example.parameters)
        touched = [number for number, check in enumerate(checks) if any(_scopes(check, one))]
        reached |= {number for number in touched if any(_applies(checks[number], scope)
                                                        for scope in _scopes(checks[number], one))}  # fmt: skip
        if touched:
            judged |= _kinds(one)
        else:
            silent.append((index, _kinds(one)))
    for index, kinds in silent:
        # Some nouns are only there where something is wrong: then the same kinds are judged in another example.
        if prepared[index].example.verdict != "pass" or not kinds & judged:
            yield examples.place(index), "untouched", f"no check speaks of anything in example {index + 1}"
    for number in range(len(rule["checks"])):
        if number not in reached:
            yield rule["checks"].place(number), "unreached", f"`when` of check {number + 1} holds in no example"
    yield from _platforms(rule, compiled, prepared)


def _kinds(one: Prepared) -> set[str]:
    return {kind for inventory in one.inventories for kind in inventory.by_kind}


def _scopes(check: Check, one: Prepared) -> Iterator[Scope]:
    for inventory in one.inventories:
        for word in check.on:
            for subject in subjects_of(word, inventory):
                yield Scope(subject.root, subject.resource, inventory)


def _applies(check: Check, scope: Scope) -> bool:
    if check.each is not None:
        return bool(check.each.leaves(scope))
    return check.when is None or check.when(scope).truth is not False


def _platforms(rule: Map, compiled: Rule, prepared: list[Prepared]) -> Found:
    """Examples that lack: for each provider whose kinds the rule names, and on each platform that it fails on."""
    at = rule.place("examples")
    seen: dict[str, set[str]] = {"fail": set(), "pass": set(), "undetermined": set()}
    for one in prepared:
        kinds = {_provider(r) for inventory in one.inventories for r in inventory.resources if r.mode != "config"}
        readers = {entry.name for name, text in one.example.files.items() if (entry := entry_for(name, text.encode()))}
        seen[one.example.verdict] |= {kind for kind in kinds if kind} | readers
    for verdict in ("fail", "pass"):
        if not any(one.example.verdict == verdict for one in prepared):
            yield at, "examples", f"no example that {'fails' if verdict == 'fail' else 'passes'}"
    for provider in _named(compiled.on):
        for verdict in ("fail", "pass"):
            if provider not in seen[verdict]:
                words = "fails" if verdict == "fail" else "passes"
                yield at, "examples", f"no example that {words} for {_CLOUDS[provider]}"
    for platform in sorted(seen["fail"] - seen["pass"]):
        if platform not in _CLOUDS or not any(provider == platform for provider in _named(compiled.on)):
            yield at, "examples", f"fails for {_CLOUDS.get(platform, platform)}, and no example passes there"


def _provider(resource: Resource) -> str:
    name = resource.kind.removeprefix("data.").partition("_")[0]
    return name if name in _CLOUDS and resource.platform == "terraform" else ""


def _named(words: Iterable[str]) -> list[str]:
    """The providers whose kinds a rule names outright."""
    found = (word.removeprefix("data.").partition("_")[0] for word in words if "_" in word)
    return sorted({provider for provider in found if provider in _CLOUDS})

