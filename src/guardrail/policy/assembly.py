"""What a configuration comes to: guardrail's rules and the packs', profiles, bindings."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from guardrail.config import Config, check_rule_ids
from guardrail.config.source import ConfigFile, Place, Setting
from guardrail.errors import ConfigError
from guardrail.model import plain
from guardrail.policy.bundle import Bundle, load_bundle
from guardrail.shipped import folder
from guardrail.tree import Tree


def assemble(
    config: Config, tree: Tree, packs: tuple[str, ...] = (), profiles: tuple[str, ...] = ()
) -> Bundle:
    """The rules that the configuration is about; `config.under` gets what packs and profiles say of them. `packs` are
    folders named beside those of the configuration, `profiles` names that take the place of its own. Raises ConfigError
    and RuleError."""
    bundle = _shipped(folder("rules"))
    under: list[ConfigFile] = []
    named = [Setting(name, Place("--profile", 0, 0)) for name in profiles] or config.profiles
    if packs or config.packs:
        from guardrail.policy.pack_rules import policy_of, with_packs
        from guardrail.policy.packs import find_packs

        found = find_packs(config.packs, tree, config.explicit, packs)
        bundle = with_packs(bundle, found)
        policies = [(pack, policy_of(pack)) for pack in found]
    else:
        found, policies = (), []
    if named:
        from guardrail.policy.profiles import chosen

        under += chosen(named, bundle, found)
    for _, policy in policies:
        if policy is not None:
            under.append(policy)
            if policy.bindings:
                bundle = _bound(bundle, policy)
    config.under = tuple(under)
    if config.bindings:
        from guardrail.policy.own_bindings import checked_bindings

        bundle = bundle.with_bindings(checked_bindings(*config.bindings, bundle))
    return bundle


@lru_cache(maxsize=1)
def _shipped(rules_folder: str) -> Bundle:
    """Read once, however many repositories a scan is of."""
    return load_bundle(rules_folder)


def check_settings(config: Config, bundle: Bundle, is_foreign: Callable[[str], bool] | None = None) -> None:
    """What the files read so far say of rules, whether a scan comes to these rules or not. Raises ConfigError for the
    first rule that does not exist, or parameter that a rule has not or can make no sense of. `is_foreign`: as in
    `check_rule_ids`."""
    check_rule_ids(config, {*bundle.rules, *bundle.aliases}, is_foreign)
    for source in (*config.under, *config.files):
        for layer in source.layers:
            for name, settings in layer.rules.items():
                rule = bundle.rules.get(bundle.aliases.get(name, name))
                for key, setting in settings.items():
                    if key.startswith("parameters."):
                        if rule is None:
                            raise ConfigError(f"{name} is not guardrail's, and has no parameters", *setting.place)
                        try:
                            rule.checks({key.removeprefix("parameters."): plain(setting.value)})
                        except ValueError as error:
                            raise ConfigError(str(error), *setting.place) from None


def _bound(bundle: Bundle, policy: ConfigFile) -> Bundle:
    from guardrail.policy.own_bindings import checked_bindings

    assert policy.bindings is not None
    return bundle.with_bindings(checked_bindings(policy.bindings, policy.file, bundle))
