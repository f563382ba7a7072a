"""Whether a version satisfies a constraint, as Helm takes those of dependencies.

See https://github.com/Masterminds/semver: comparisons, `^`, `~`, wildcards, hyphen ranges, `,` for and, `||` for or.
"""

from __future__ import annotations

from guardrail.model.patterns import lazy_regex

_VERSION = lazy_regex(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?\Z")
_TERM = lazy_regex(r"\s*(=|==|!=|>=|=>|<=|=<|>|<|~>|~|\^)?\s*(v?[0-9xX*][0-9A-Za-z.*+-]*)\s*,?")
_HYPHEN = lazy_regex(r"\s*(\S+)\s+-\s+(\S+)\s*\Z")
_HIGHEST = 1 << 60

Version = tuple[int, int, int]


def satisfies(version: str, constraint: str) -> bool:
    """False for what is no version or no constraint, and for previews, which only a constraint that names one takes."""
    found = _VERSION.match(version.strip())
    if found is None or found.group(4):
        return version.strip() == constraint.strip() != ""
    own = (int(found.group(1)), int(found.group(2) or 0), int(found.group(3) or 0))
    return any(_all(own, part) for part in constraint.split("||"))


def _all(own: Version, text: str) -> bool:
    hyphen = _HYPHEN.match(text)
    if hyphen:
        text = f">={hyphen.group(1)} <={hyphen.group(2)}"
    text = text.strip() or "*"
    position = 0
    while position < len(text):
        term = _TERM.match(text, position)
        if term is None or not _one(own, term.group(1) or "=", term.group(2)):
            return False
        position = term.end()
    return True


def _one(own: Version, sign: str, text: str) -> bool:
    parts = text.lstrip("v").split("+")[0].split("-")[0].split(".")
    known: list[int] = []
    for part in parts[:3]:
        if part in ("x", "X", "*"):
            break
        if not part.isdecimal():
            return False
        known.append(int(part))
    low = _padded(known)
    above = _next(known, len(known) - 1) if known else (_HIGHEST, 0, 0)  # the first that is past all that it covers
    if sign in ("=", "=="):
        return low <= own < above
    if sign == "!=":
        return not low <= own < above
    if sign in (">=", "=>"):
        return own >= low
    if sign == ">":
        return own >= above
    if sign in ("<=", "=<"):
        return own < above
    if sign == "<":
        return own < low
    if sign == "^":
        first = next((index for index, part in enumerate(known) if part), max(len(known) - 1, 0))
        return low <= own < (_next(known, first) if known else above)
    return low <= own < (_next(known, min(1, len(known) - 1)) if known else above)


def _padded(known: list[int]) -> Version:
    major, minor, patch = [*known, 0, 0, 0][:3]
    return (major, minor, patch)


def _next(known: list[int], index: int) -> Version:
    return _padded([*known[:index], known[index] + 1])
