"""Shell code, looked at without being run: which commands, in which pipelines, and what they do.

A rough reading on purpose: quoting, comments, pipes and separators are followed; expansions, functions and
control flow are not. It is linear in the length of the code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
      (?P<single>'[^']*')
    | (?P<double>"(?:\\.|[^"\\])*")
    | (?P<joined>\\\r?\n)
    | (?P<escaped>\\.)
    | (?P<comment>(?:(?<=[\s;|&(])|\A)\#[^\n]*)
    | (?P<end>\n|;|&&|\|\|)
    | (?P<pipe>\|&?)
    | (?P<background>&(?![>\d]))
    | (?P<plain>[^'"\\\n;|&#]+|.)
    """,
    re.VERBOSE | re.DOTALL,
)
MAX_NESTING = 3

_SH = r"(?:ba|z|k|da|a)?sh"
# What may stand before the command's own name.
_PREFIX = (
    r"\s*(?:\(\s*|\{\s+|!\s+|(?:then|do|else|if|while|time|exec|command|nohup)\s+|\w+=\S*\s+)*"
    r"(?:sudo\s+(?:-[ugh]\s+\S+\s+|-{1,2}\S+\s+|\w+=\S*\s+)*)?(?:env\s+(?:-\S+\s+|\w+=\S*\s+)*)?(?:\S*/)?"
)
# An interpreter that takes its program from standard input: no script named, no `-c`, no `-m`.
_RUNS_STDIN = re.compile(
    _PREFIX + r"(?:(?:" + _SH + r"|fish|pwsh|powershell)(?:\s+-(?!-?[a-zA-Z]*c)[\w-]*(?:\s+pipefail\b)?)*"
    r"|(?:python[\d.]*|perl|ruby|node|php)(?:\s+-(?!-?[a-zA-Z]*[cmenpr])[\w-]*)*)"
    r"(?:\s+/dev/stdin)?\s*(?:[)}`'\"]|\d?[<>]|\Z)",
    re.DOTALL,
)
_SHELL_STDIN_WITH_ARGUMENTS = re.compile(
    _PREFIX + r"(?:" + _SH + r")\s+(?:-[a-zA-Z]+\s+)*-[a-zA-Z]*s\b"
)
_SOURCE_STDIN = re.compile(_PREFIX + r"(?:source|\.)\s+/dev/(?:stdin|fd/0)\b")
_DOWNLOAD = re.compile(r"(?:\A|[\s($`{/])(?:curl|wget)(?:\.exe)?\s")
_RUNS_SUBSTITUTION = re.compile(
    _PREFIX + r"(?:(?:" + _SH + r"|fish|python[\d.]*|perl|ruby|node|source|\.)"
    r"(?:\s[^\n]{0,200}?)?<\(\s*(?:sudo\s+)?(?:curl|wget)\s"
    r"|(?:" + _SH + r"|python[\d.]*|perl|ruby|node)\s+-[a-zA-Z]*[ce]\s+[\"']?(?:\$\(|`)\s*(?:curl|wget)\s"
    r"|eval\s+[\"']?(?:\$\(|`)\s*(?:curl|wget)\s)"
)  # fmt: skip
_POWERSHELL_DOWNLOAD = re.compile(
    r"\b(?:iwr|irm|curl|wget|invoke-webrequest|invoke-restmethod|downloadstring)\b", re.IGNORECASE
)
_POWERSHELL_RUNS = re.compile(r"\s*(?:iex|invoke-expression)\b", re.IGNORECASE)
_POWERSHELL_RUNS_INLINE = re.compile(
    r"\s*(?:iex|invoke-expression|&\s*\(\s*\[scriptblock\]::create)[\s(\"'$&]", re.IGNORECASE
)
_SAYS_ONLY = re.compile(r"\s*(?:echo|printf|git\s+commit|Write-(?:Host|Output))\b")

_GIT_MOVES = re.compile(
    _PREFIX + r"git\s[^\n]*?\b(?:checkout|switch|fetch|pull|merge|reset|clone|worktree|cherry-pick)\b"
)
_PULL_CHECKOUT = re.compile(_PREFIX + r"(?:gh\s+pr\s+checkout|hub\s+pr\s+checkout)\b")
_PULL_REF = re.compile(r"\b(?:refs/)?(?:pull|merge-requests|pr)/[^\s\"']{1,200}/(?:head|merge)\b")
_EVALUATES = re.compile(
    _PREFIX + r"(?:eval\s|" + _SH + r"\s+(?:-\S+\s+)*-[a-zA-Z]*c\s|python[\d.]*\s+-c\s|perl\s+-e\s|node\s+-e\s)"
)


_VARIABLE = re.compile(r"(?<!\\)\$\{?!?([A-Za-z_][A-Za-z0-9_]*)")
_SUBSTITUTED_DOWNLOAD = re.compile(r"(?:\$\(|`)\s*(?:curl|wget)\s")


class Command(NamedTuple):
    """One command as written; `text[start:end]` of the code, save that continued lines are joined here."""

    text: str
    start: int
    end: int


def pipelines(text: str) -> Iterator[list[Command]]:
    """The code's pipelines, each a list of commands, comments left out."""
    stages: list[Command] = []
    parts: list[str] = []
    start = 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "comment":
            continue
        if kind in ("end", "background", "pipe"):
            _close(stages, parts, start, match.start())
            parts, start = [], match.end()
            if kind != "pipe":
                if stages:
                    yield stages
                stages = []
        else:
            parts.append(" " if kind == "joined" else match.group())
    _close(stages, parts, start, len(text))
    if stages:
        yield stages


def _close(stages: list[Command], parts: list[str], start: int, end: int) -> None:
    command = "".join(parts)
    bare = command.strip()
    if bare:
        stages.append(Command(bare, start + len(command) - len(command.lstrip()), end))


def remote_pipe(text: str, nesting: int = 0) -> tuple[int, int] | None:
    """Where in the code something is downloaded and run without a look: `text[start:end]`, or None."""
    lowered = text.lower()
    if not any(word in lowered for word in ("curl", "wget", "iwr", "irm", "invoke-", "downloadstring")):
        return None
    for stages in pipelines(text):
        downloaded = powershell = False
        for number, command in enumerate(stages):
            stage = command.text
            if (
                (number and downloaded and _runs_stdin(stage))
                or (number and powershell and _POWERSHELL_RUNS.match(stage))
                or _RUNS_SUBSTITUTION.match(stage)
                or (_POWERSHELL_RUNS_INLINE.match(stage) and _POWERSHELL_DOWNLOAD.search(stage))
            ):
                return stages[0].start, command.end
            if _SAYS_ONLY.match(stage):
                downloaded = downloaded or bool(_SUBSTITUTED_DOWNLOAD.search(stage))
                continue
            bare = _without_strings(stage)
            downloaded = downloaded or bool(_DOWNLOAD.search(bare))
            powershell = powershell or bool(_POWERSHELL_DOWNLOAD.search(bare))
            if nesting < MAX_NESTING and any(
                "|" in inner and remote_pipe(inner, nesting + 1) for inner in _strings(stage)
            ):
                return command.start, command.end
    return None


def _runs_stdin(stage: str) -> bool:
    return bool(_RUNS_STDIN.match(stage) or _SHELL_STDIN_WITH_ARGUMENTS.match(stage) or _SOURCE_STDIN.match(stage))


def _strings(command: str) -> Iterator[str]:
    for match in _TOKEN.finditer(command):
        if match.lastgroup in ("single", "double"):
            yield match.group()[1:-1]


def _without_strings(command: str) -> str:
    """The command with its quoted strings emptied, save what a double-quoted one runs (`"$(curl ...)"`)."""
    return "".join(
        "''" if match.lastgroup == "single" or (match.lastgroup == "double" and "$(" not in match.group())
        else match.group()
        for match in _TOKEN.finditer(command)
    )  # fmt: skip


def checkouts(text: str) -> Iterator[tuple[Command, bool]]:
    """Commands that take code out of git, with whether they plainly name a pull request's."""
    for stages in pipelines(text):
        for command in stages:
            if _PULL_CHECKOUT.match(command.text):
                yield command, True
            elif _GIT_MOVES.match(command.text):
                yield command, bool(_PULL_REF.search(command.text))


def evaluated(text: str) -> Iterator[tuple[Command, str]]:
    """Commands that take their arguments for code (`eval`, `sh -c`), with those arguments as written."""
    for stages in pipelines(text):
        for command in stages:
            match = _EVALUATES.match(command.text)
            if match:
                yield command, command.text[match.end() :]


def expanded_variables(code: str) -> Iterator[str]:
    """Names of the variables that the shell puts in: outside of single quotes, not escaped."""
    for match in _TOKEN.finditer(code):
        if match.lastgroup in ("double", "plain"):
            yield from _VARIABLE.findall(match.group())
