"""Parameters of rules: what a policy may set, and as what."""

from __future__ import annotations

from typing import Any

from guardrail.model.quantity import duration, quantity


def convert(kind: str, value: Any) -> Any:
    """A parameter's value as conditions take it: a quantity as a number, a duration in seconds. None stays
    None ("not asked for"). Raises ValueError with what was expected."""
    if value is None:
        return None
    if kind == "string" and isinstance(value, str):
        return value
    if kind == "bool" and isinstance(value, bool):
        return value
    if kind == "number" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    if kind == "list" and isinstance(value, list):
        return value
    if kind == "map" and isinstance(value, dict):
        return value
    if kind in ("quantity", "duration") and not isinstance(value, bool):
        found = quantity(value) if kind == "quantity" else duration(value)
        if found is not None:
            return found
    raise ValueError(f"{value!r} is not a {kind}")
