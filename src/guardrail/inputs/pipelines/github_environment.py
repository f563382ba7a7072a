"""Scripts that set variables or the path of later steps to something that is not written in them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guardrail.model.patterns import lazy_regex

MAX_WRITES = 100  # of one script; more would say no more

_FILE = lazy_regex(r"[\"']?\$(?:\{?(?:env:)?|env:)(GITHUB_(?:ENV|PATH))\}?[\"']?", re.IGNORECASE)
_INTO = lazy_regex(r"(?:>>?|\|[ \t]*tee[ \t]+(?:-a|--append))[ \t]*\Z")
_POWERSHELL = lazy_regex(r"\b(?:add-content|out-file|set-content|tee-object)\b", re.IGNORECASE)
_HERE = lazy_regex(r"<<-?\s*(?P<quote>[\"']?)(?P<word>\w+)")
_SAYS = lazy_regex(
    r"(?:\A|[;&|{(]|\b(?:then|do|else)\b)\s*(?:echo|printf|write-(?:output|host))\b", re.IGNORECASE
)
_MOVES = lazy_regex(r"(?<!\\)(?:\$[\w({]|\$env:|`|\$\{\{)")
_SINGLE = lazy_regex(r"'[^']*'")


def environment_writes(code: str) -> Iterator[tuple[str, str]]:
    """(command, GITHUB_ENV or GITHUB_PATH) for each line that writes there what it takes from a variable, a command, a
    file or an expression."""
    lowered = code.lower()
    if "github_env" not in lowered and "github_path" not in lowered:
        return
    told = 0
    joined = code.replace("\\\n", "  ")
    start = 0
    for line in joined.split("\n"):
        begin, start = start, start + len(line) + 1
        match = _FILE.search(line) if "github_" in line.lower() and not line.lstrip().startswith("#") else None
        if not match or told >= MAX_WRITES:
            continue
        before, after = line[: match.start()], line[match.end() :]
        into = _INTO.search(before[-80:])
        if into:
            before = before[: len(before) - (into.end() - into.start())]
        elif not _POWERSHELL.search(before):
            continue
        if _moves(joined, begin, start, before, after, bool(into)):
            told += 1
            yield " ".join(line.split()), match[1].upper()


def _moves(code: str, begin: int, end: int, before: str, after: str, redirected: bool) -> bool:
    """`code[begin:end]` is the line."""
    here = _HERE.search(before + " " + after)
    if here:
        closing = re.compile(rf"^\s*{re.escape(here['word'])}\s*$", re.MULTILINE).search(code, end)
        body = code[end : closing.start() if closing else len(code)]
        return "${{" in body if here["quote"] else bool(_MOVES.search(body))
    if not redirected:
        return bool(_MOVES.search(before + after))
    before = before.strip()
    block = before.endswith(("}", ")", "done", "fi")) and not before.endswith("}}")
    if block or not before:  # what it says stands before
        if before[:1] == "{" and len(before) > 1:
            return bool(_MOVES.search(before))
        opening = max(code.rfind("{\n", 0, begin), code.rfind("(\n", 0, begin), 0)
        return bool(_MOVES.search(code, opening, begin))
    said = [match.end() for match in _SAYS.finditer(before)]
    if not said:
        return True  # what a program puts out
    what = before[said[-1] :]
    return bool(_MOVES.search(_SINGLE.sub("", what)) or "${{" in what)
