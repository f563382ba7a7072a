"""The language of conditions: a mapping from attribute paths to what must hold of them, three-valued.

Stands below concepts (whose bindings test things) and policy (whose rules are made of it).
"""

from guardrail.conditions.compiler import compile_condition
from guardrail.conditions.outcome import MISSING, Condition, Leaf, Outcome, Scope
from guardrail.conditions.paths import Path, parse_path
from guardrail.conditions.truths import Truth, compile_truth

__all__ = [
    "MISSING",
    "Condition",
    "Leaf",
    "Outcome",
    "Path",
    "Scope",
    "Truth",
    "compile_condition",
    "compile_truth",
    "parse_path",
]
