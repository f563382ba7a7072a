"""Which rule, which rule files, the words of a command line mean."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from guardrail.errors import UsageError
from guardrail.policy.bundle import Bundle
from guardrail.policy.loading import rule_files
from guardrail.policy.rule import Rule
from guardrail.shipped import folder

if TYPE_CHECKING:
    from guardrail.policy.packs import Pack


def find_rule(bundle: Bundle, rule_id: str) -> Rule:
    """By its id, or one that it had before. Raises UsageError with the nearest id."""
    rule = bundle.rules.get(bundle.aliases.get(rule_id, rule_id))
    if rule is None:
        from guardrail.policy.vocabulary import suggestion

        raise UsageError(f"no rule is called {rule_id!r}{suggestion(rule_id, bundle.rules)}")
    return rule


def of_here(config: str | None = None) -> tuple[Bundle, tuple[Pack, ...]]:
    """The rules that come with guardrail, and those of the packs that a guardrail.yaml names: `config`, or the one of
    the working directory."""
    from guardrail.config import load
    from guardrail.discover import find_base
    from guardrail.policy.bundle import load_bundle
    from guardrail.tree import Tree

    if config is not None and not os.path.isfile(config):
        raise UsageError(f"{config}: no such file")
    tree = Tree(find_base(["."]))
    found = load(tree, os.path.abspath(config) if config else None)
    bundle = load_bundle(folder("rules"))
    if not found.packs:
        return bundle, ()
    from guardrail.policy.pack_rules import with_packs
    from guardrail.policy.packs import find_packs

    packs = find_packs(found.packs, tree, found.explicit)
    return with_packs(bundle, packs), packs


def files_of(paths: Sequence[str]) -> list[str]:
    """The rule files at paths, of folders all that are in them; without paths, those that come with guardrail. Raises
    UsageError for a folder that has none: a pack may have all of its rules in Python."""
    found: list[str] = []
    for path in paths or (folder("rules"),):
        there = files_at(path)
        if not there and not os.path.isfile(os.path.join(path, "pack.yaml")):
            raise UsageError(f"{path}: there is no rule in this folder")
        found += there
    return found


def files_at(path: str) -> list[str]:
    return list(rule_files(path)) if os.path.isdir(path) else [path]
