"""Which commands of shell code take text for code: what they are handed as arguments, by a pipe, in a document."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guardrail.formats.shell_commands import PREFIX, SH, Command, Document, documents, parsed
from guardrail.model.patterns import lazy_regex

# An interpreter that takes its program from standard input: no script named, no `-c`, no `-m`.
_RUNS_STDIN = lazy_regex(
    PREFIX + r"(?:(?:" + SH + r"|fish|pwsh|powershell)(?:\s+-(?!-?[a-zA-Z]*c)[\w-]*(?:\s+pipefail\b)?)*"
    r"|(?:python[\d.]*|perl|ruby|node|php)(?:\s+-(?!-?[a-zA-Z]*[cmenpr])[\w-]*)*)"
    r"(?:\s+/dev/stdin)?\s*(?:[)}`'\"]|\d?[<>]|\Z)",
    re.DOTALL,
)
_SHELL_STDIN_WITH_ARGUMENTS = lazy_regex(
    PREFIX + r"(?:" + SH + r")\s+(?:-[a-zA-Z]+\s+)*-[a-zA-Z]*s\b"
)
_SOURCE_STDIN = lazy_regex(PREFIX + r"(?:source|\.)\s+/dev/(?:stdin|fd/0)\b")
# A shell elsewhere: on another machine, where one is started anyway, or within a container.
_ELSEWHERE_STDIN = lazy_regex(
    PREFIX + r"(?:(?:sshpass\s+(?:-[pfd]\s*\S+|-e)\s+)?ssh"
    r"(?:\s+-[1246AaCfGgKkMNnqsTtVvXxYy]+|\s+-[BbcDEeFIiJLlmOopQRSWw]\s*\S+)*\s+[^\s<>|;&-][^\s<>|;&]*"
    r"(?:\s+[\"']?(?:sudo\s+)?" + SH + r"(?:\s+-(?![a-zA-Z]*c)[\w-]+)*[\"']?)?"
    r"|(?:docker|podman|nerdctl|kubectl|oc)\s[^\n|;&'\"<>]{0,200}?\s(?:/\S*/)?" + SH + r"(?:\s+-(?![a-zA-Z]*c)[\w-]+)*"
    r")\s*(?:\d?[<>]|\Z)"
)
_LOGIN_STDIN = lazy_regex(PREFIX + r"su(?:\s+-(?![a-z]*c)[a-z]*)*(?:\s+[a-z_][\w-]*)?\s*(?:\d?[<>]|\Z)")
_SAYS = lazy_regex(PREFIX + r"(?:echo|printf)\s")
_HERE_STRING = lazy_regex(r"<<<\s*")
_EVALUATES = lazy_regex(
    PREFIX
    + r"(?:eval\s|(?:(?:docker|podman|kubectl|nerdctl|su|flock|timeout|xargs|chroot)\s[^\n|;&'\"]{0,200}?\s)?(?:/\S*/)?"
    + SH
    + r"\s+(?:-\S+\s+)*-[a-zA-Z]*c\s|python[\d.]*\s+-c\s|perl\s+-e\s|node\s+-e\s|ruby\s+-e\s|ssh\s+(?=\S+\s+\S)"
    r"|su\s(?:[^\n|;&'\"]{0,200}?\s)?(?:-[a-z]*c|--command)[\s=])"
)
_CLEANS = lazy_regex(
    r"\|\s*(?:tr\s+(?:-\w+\s+)*-(?:[ds]*[cC][ds]*\b|-complement\b)|md5sum|sha\d+sum|wc\b|base64\b)"
    r"|\bsed\s[^|\n]*?\bs(?P<mark>[/|#,~@])\[\^[^\]\n]+\](?:\\?[+*])?(?P=mark)[^\n]{0,20}?(?P=mark)\w*g|//\[[!^]"
    r"|\bgrep\s+(?:-\w+\s+)*-\w*[oc]|printf\s+[\"']?%q|@Q\}"
)
_MAY_EVALUATE = lazy_regex(r"\beval\b|\s-[a-zA-Z]*[ce]\s|\bssh\s|<<|\||\bsu\s")


def may_evaluate(text: str) -> bool:
    """False where it is plain at a glance that `evaluated` finds nothing."""
    return _MAY_EVALUATE.search(text) is not None


def evaluated(text: str) -> Iterator[tuple[Command, str]]:
    """Commands that take text for code, with that text as written: arguments (`eval`, `sh -c`), what is said into a
    shell's standard input, documents that are handed to it."""
    handed = documents(text)
    for stages in parsed(text):
        before: Command | None = None
        for command in stages:
            match = _EVALUATES.match(command.text)
            if match:
                yield command, command.text[match.end() :]
            if (before is not None or "<<" in command.text) and takes_code(command.text):
                yield from ((command, code) for code in _input(command, before, handed))
            before = command


def takes_code(command: str) -> bool:
    """Whether a command runs what comes through its standard input, here or on another machine."""
    return runs_stdin(command) or bool(_ELSEWHERE_STDIN.match(command) or _LOGIN_STDIN.match(command))


def _input(command: Command, before: Command | None, handed: list[Document]) -> Iterator[str]:
    here = _HERE_STRING.search(command.text)
    if here is not None:
        yield command.text[here.end() :]
    elif before is not None and _SAYS.match(before.text):
        yield before.text
    for one in (before, command):  # its own document, or that of the command that it reads from
        if one is not None and "<<" in one.text:
            yield from (document.code for document in handed if one.start <= document.at < one.end)


def runs_stdin(stage: str) -> bool:
    return bool(_RUNS_STDIN.match(stage) or _SHELL_STDIN_WITH_ARGUMENTS.match(stage) or _SOURCE_STDIN.match(stage))


def is_cleaned(text: str) -> bool:
    """True where a command takes out all but certain characters of what it puts out, or quotes it."""
    return bool(_CLEANS.search(text))
