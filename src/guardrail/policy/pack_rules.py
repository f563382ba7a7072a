"""Packs -> their rules, checked, beside those that come with guardrail."""

from __future__ import annotations

import os
from collections.abc import Sequence
from copy import copy
from typing import Any
from zlib import crc32

from guardrail.config.source import ConfigFile, read
from guardrail.errors import ConfigError, RuleError
from guardrail.policy.bundle import FORMAT, Bundle, cache_folder, cached, keep
from guardrail.policy.packs import POLICY, Pack
from guardrail.policy.rule import Rule

_POLICY_KEYS = ("version", "rules", "categories", "paths", "environments", "bindings")


def with_packs(bundle: Bundle, packs: Sequence[Pack]) -> Bundle:
    """Another bundle that has the packs' rules, too. Raises RuleError, and ConfigError where a pack has Python that may
    not be run."""
    made = copy(bundle)
    made.key = "\n".join([bundle.key, *(pack.key for pack in packs)])
    made.rules = dict(bundle.rules)
    made.aliases = dict(bundle.aliases)
    for pack in packs:
        for data in _compiled(pack, bundle):
            made.rules[data["id"]] = Rule(data)
            made.aliases.update(dict.fromkeys(data.get("aliases", ()), data["id"]))
    for rule in list(made.rules.values()):
        for name in rule.yields_to:
            if name not in made.rules:
                raise RuleError(f"rule {rule.id!r} yields to {name!r}, which is no rule", rule.data["file"])
    made.rules = {name: made.rules[name] for name in sorted(made.rules)}
    return made


def policy_of(pack: Pack) -> ConfigFile | None:
    """What the pack says of rules, its own and guardrail's. Raises ConfigError."""
    if POLICY not in pack.files:
        return None
    shown = pack.called(POLICY)
    content = pack.mapping(POLICY)
    for key in content:
        if key not in _POLICY_KEYS:
            span = content.spans[key]
            raise ConfigError(f'"{key}" is not for a pack to say; it may say {", ".join(_POLICY_KEYS)}', shown,
                              span.line, span.column)  # fmt: skip
    return read(pack.tree, POLICY, "", shown=shown, is_base=True)


def _compiled(pack: Pack, bundle: Bundle) -> list[dict[str, Any]]:
    """The data of a pack's rules. Those in YAML are kept like the bundle; Python is run each time."""
    if pack.code_files and pack.refusal:
        message = f'the pack "{pack.name}" has rules in Python ({pack.called(pack.code_files[0])}) and {pack.refusal}; '
        raise ConfigError(message + "install it, or name it from outside with --config or --pack", *pack.place)
    key = f"{FORMAT} {bundle.key}\n{pack.key}"
    path = os.path.join(cache_folder(), f"pack-{crc32(key.encode('utf-8', 'surrogateescape')):08x}.json")
    data = cached(path, key)
    if data is None:
        data = {"key": key, "rules": _from_yaml(pack, bundle)}
        keep(path, data)
    rules: list[dict[str, Any]] = [*data["rules"], *_from_code(pack)]
    seen: dict[str, str] = {}
    for rule in rules:
        if rule["id"] in seen:
            raise RuleError(f"rule {rule['id']!r} is there twice; also in {seen[rule['id']]}", rule["file"])
        seen[rule["id"]] = rule["file"]
    return rules


def _from_yaml(pack: Pack, bundle: Bundle) -> list[dict[str, Any]]:
    from guardrail.policy.loading import load_rule
    from guardrail.policy.vocabulary import Vocabulary

    vocabulary = Vocabulary({name: {"fields": fields} for name, fields in bundle.concepts.items()})
    found: list[dict[str, Any]] = []
    for file in pack.rule_files:
        pack.read(file)  # refuses what is no file of the pack's own
        rule = load_rule(pack.tree.absolute(file), vocabulary, pack.called(file))
        rule["file"] = pack.called(file)
        found.append(_named(rule, pack))
    names = {rule["id"] for rule in found}
    for rule in found:
        if "yields_to" in rule:
            rule["yields_to"] = [own if (own := f"{pack.name}/{n}") in names else n for n in rule["yields_to"]]
    return found


def _from_code(pack: Pack) -> list[dict[str, Any]]:
    return [_named(rule, pack) for file in pack.code_files for rule in code_rules(pack, file)]


def code_rules(pack: Pack, file: str) -> list[dict[str, Any]]:
    """The rules of a Python file, checked, with their examples and the ids that the file gives them. Runs it."""
    from guardrail.policy.code import rules_in
    from guardrail.policy.loading import check_code_rule

    found = list(rules_in(pack, file))
    for rule in found:
        check_code_rule(rule)
    return found


def _named(rule: dict[str, Any], pack: Pack) -> dict[str, Any]:
    """With the ids that the pack's rules have outside, and without what only tests need."""
    named = {key: value for key, value in rule.items() if key not in ("examples", "mutants")}
    named["id"] = f"{pack.name}/{rule['id']}"
    if "aliases" in rule:
        named["aliases"] = [f"{pack.name}/{alias}" for alias in rule["aliases"]]
    return named
