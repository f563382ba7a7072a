"""guardrail.yaml: which rules apply where, and how hard.

Every folder between the tree's base and a scanned file may hold one; the nearer refines the farther, key by
key, and every key remembers the file and line that it came from.
"""

from guardrail.config.globs import Globs
from guardrail.config.nearest import did_you_mean, nearest
from guardrail.config.settings import (
    DEFAULT,
    Config,
    NamedRule,
    RuleSetting,
    Settings,
    check_rule_ids,
    load,
)
from guardrail.config.source import CONFIG_NAMES, Place

__all__ = [
    "CONFIG_NAMES",
    "DEFAULT",
    "Config",
    "Globs",
    "NamedRule",
    "Place",
    "RuleSetting",
    "Settings",
    "check_rule_ids",
    "did_you_mean",
    "load",
    "nearest",
]
