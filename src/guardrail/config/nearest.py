"""The nearest right word for a wrong one."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice most like `word`, or None where nothing is like it."""
    from difflib import get_close_matches

    by_folded = {choice.lower().replace("_", "-"): choice for choice in sorted(choices, reverse=True)}
    found = get_close_matches(word.lower().replace("_", "-"), sorted(by_folded), n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """`; did you mean "high"?`, to be put after an error message; empty where nothing is like `word`."""
    found = nearest(word, choices)
    return f'; did you mean "{found}"?' if found else ""
