"""Shell code, looked at without being run: which commands, in which pipelines, and what they do.

It is linear in the length of the code; `shell_commands` says how roughly it is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from guardrail.formats.shell_commands import PREFIX, SH, parsed, strings, without_strings
from guardrail.formats.shell_commands import Command as Command
from guardrail.formats.shell_commands import expanded_variables as expanded_variables
from guardrail.formats.shell_commands import pipelines as pipelines
from guardrail.formats.shell_downloads import ADDRESS, BY_COMMIT, runs_unchecked
from guardrail.formats.shell_evaluated import evaluated as evaluated
from guardrail.formats.shell_evaluated import may_evaluate as may_evaluate
from guardrail.formats.shell_evaluated import runs_stdin
from guardrail.formats.shell_habits import (
    plain_transport,
    privileged_container,
    sets_secret,
    unlocked_install,
    uses_retired,
)
from guardrail.formats.shell_secrets import prints_environment, prints_secret, sends_secret, stored_cloud_key
from guardrail.model.patterns import lazy_regex

MAX_NESTING = 3

_DOWNLOAD = lazy_regex(r"(?:\A|[\s($`{/])(?:curl|wget)(?:\.exe)?\s")
_RUNS_SUBSTITUTION = lazy_regex(
    PREFIX + r"(?:(?:" + SH + r"|fish|python[\d.]*|perl|ruby|node|source|\.)"
    r"(?:\s[^\n]{0,200}?)?<\(\s*(?:sudo\s+)?(?:curl|wget)\s"
    r"|(?:" + SH + r"|python[\d.]*|perl|ruby|node)\s+-[a-zA-Z]*[ce]\s+[\"']?(?:\$\(|`)\s*(?:curl|wget)\s"
    r"|eval\s+[\"']?(?:\$\(|`)\s*(?:curl|wget)\s)"
)  # fmt: skip
_POWERSHELL_DOWNLOAD = lazy_regex(
    r"\b(?:iwr|irm|curl|wget|invoke-webrequest|invoke-restmethod|downloadstring)\b", re.IGNORECASE
)
_POWERSHELL_RUNS = lazy_regex(r"\s*(?:iex|invoke-expression)\b", re.IGNORECASE)
_POWERSHELL_RUNS_INLINE = lazy_regex(
    r"\s*(?:iex|invoke-expression|&\s*\(\s*\[scriptblock\]::create)[\s(\"'$&]", re.IGNORECASE
)
_SAYS_ONLY = lazy_regex(r"\s*(?:echo|printf|git\s+commit|Write-(?:Host|Output))\b")

_HERE = lazy_regex(r"//(?:[^/@\s\"']{0,100}@)?(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1\])(?=[:/\s\"']|\Z)")
# Tools that are told not to check whom they talk to, or who signed what they take.
_UNVERIFIED = lazy_regex(
    r"(?:\A|[\s;(`/])(?:"
    r"curl\s(?:[^\n]{0,200}?\s)?(?:--insecure|--proxy-insecure|-[fsSLvgiIOJ#0]*k[fsSLvgiIOJo]*)(?=\s|\Z)"
    r"|wget\s(?:[^\n]{0,200}?\s)?--no-check-certificate\b"
    r"|(?:pip[\d.]*|uv)\s[^\n]{0,200}?--trusted-host\b"
    r"|(?:npm|yarn|pnpm)\s[^\n]{0,200}?strict-ssl[\s=][\"']?false\b"
    r"|git\s[^\n]{0,200}?http(?:\.[^\s=]+)?\.sslverify[\s=][\"']?(?:false|0)\b"
    r"|apt(?:-get)?\s[^\n]{0,200}?(?:--allow-unauthenticated|--force-yes)\b"
    r"|(?:yum|dnf|microdnf)\s[^\n]{0,200}?--nogpgcheck\b"
    r"|zypper\s[^\n]{0,200}?--no-gpg-checks\b"
    r"|apk\s[^\n]{0,200}?--allow-untrusted\b"
    r"|(?:kubectl|helm|oc|argocd)\s[^\n]{0,200}?--insecure(?:-skip-tls-verify)?(?=\s|=true|\Z)"
    r"|(?:ssh|scp|sftp|rsync|ansible)\s[^\n]{0,200}?stricthostkeychecking[=\s](?:no|off)\b"
    r")|\bGIT_SSL_NO_VERIFY=[\"']?(?:1|true)\b|\bNODE_TLS_REJECT_UNAUTHORIZED=[\"']?0\b"
    r"|\s-SkipCertificateCheck\b(?!:\$false)|\bServerCertificateValidationCallback\s*=\s*\{\s*\$true"
    r"|\bPYTHONHTTPSVERIFY=[\"']?0\b|\bGIT_SSH_COMMAND=[^\n]{0,200}?stricthostkeychecking[=\s](?:no|off)\b",
    re.IGNORECASE,
)
_ADDRESS = r"(?<![\d.])(?!127\.|0\.0\.0\.0)\d{1,3}(?:\.\d{1,3}){3}\b"
_REVERSE_SHELL = lazy_regex(
    r"(?:\A|[\s;(`/|])(?:"
    r"(?:nc|ncat|netcat)\s(?:[^\n]{0,200}?\s)?(?:-[a-zA-Z]*[ec]|--exec|--sh-exec)[\s=][\"']?\S*(?:sh|cmd(?:\.exe)?|powershell)\b"
    r"|(?:ba|z|k|da)?sh\s+-i\b[^\n]{0,200}?/dev/(?:tcp|udp)/"
    r"|socat\s[^\n]{0,200}?exec:[\"']?\S*sh\b[^\n]{0,200}?tcp[46]?(?:-connect)?:"
    r"|socat\s[^\n]{0,200}?tcp[46]?(?:-connect)?:[^\n]{0,200}?exec:[\"']?\S*sh\b"
    r")",
    re.IGNORECASE,
)
# A line of code that connects and then runs a shell: `python -c 'import socket, pty; ...'`.
_RUNS_TEXT = lazy_regex(PREFIX + r"(?:python[\d.]*|perl|ruby|php|node|lua)\s+(?:\S+\s+)?-[a-zA-Z]*[cer]")
_DIALS = lazy_regex(r"\bconnect\s*\(|\bfsockopen\s*\(|\bTCPSocket\.(?:open|new)\b", re.IGNORECASE)
_A_SHELL = lazy_regex(r"/bin/(?:ba|da|z)?sh\b|[\"'](?:ba|da|z)?sh[\"']|\bcmd\.exe\b")
_SENDS = lazy_regex(r"\s*(?:sudo\s+)?(?:\S*/)?(?:nc|ncat|netcat)\s[^\n]{0,200}?" + _ADDRESS, re.IGNORECASE)

_GIT_MOVES = lazy_regex(
    PREFIX + r"git\s[^\n]*?\b(?:checkout|switch|fetch|pull|merge|reset|clone|worktree|cherry-pick)\b"
)
_GIT = PREFIX + r"git\s+(?:-[cC]\s+\S+\s+|-(?![cC]\s)-?\w\S*\s+)*"
_GIT_FETCHES = lazy_regex(_GIT + r"fetch\b")
# What puts into the folder what has been fetched.
_GIT_TAKES_OUT = lazy_regex(
    _GIT + r"(?:checkout|switch|pull|merge|reset|rebase|worktree|cherry-pick|restore|read-tree|archive|apply|am)\b"
)
_PULL_CHECKOUT = lazy_regex(PREFIX + r"(?:gh\s+pr\s+checkout|hub\s+pr\s+checkout)\b")
_PULL_REF = lazy_regex(r"\b(?:refs/)?(?:pull|merge-requests|pr)/[^\s\"']{1,200}/(?:head|merge)\b")
_DENO = lazy_regex(
    PREFIX + r"deno\s+(?:run|install)\s(?=[^\n]{0,500}?(?:-A|--allow-all)\s)[^\n]{0,500}?\bhttps?://"
)
_SUBSTITUTED_DOWNLOAD = lazy_regex(r"(?:\$\(|`)\s*(?:curl|wget)\s")


def remote_pipe(text: str, nesting: int = 0) -> tuple[int, int] | None:
    """Where in the code something is downloaded and run without a look: `text[start:end]`, or None."""
    lowered = text.lower()
    if not any(word in lowered for word in ("curl", "wget", "iwr", "irm", "invoke-", "downloadstring", "deno ")):
        return None
    for stages in parsed(text):
        addresses = ADDRESS.findall("\n".join(stage.text for stage in stages))
        if addresses and all(BY_COMMIT.match(address) for address in addresses):
            continue
        downloaded = powershell = False
        for number, command in enumerate(stages):
            stage = command.text
            if (
                (number and downloaded and runs_stdin(stage))
                or (number and powershell and _POWERSHELL_RUNS.match(stage))
                or _RUNS_SUBSTITUTION.match(stage)
                or _DENO.match(stage)
                or (_POWERSHELL_RUNS_INLINE.match(stage) and _POWERSHELL_DOWNLOAD.search(stage))
            ):
                return stages[0].start, command.end
            if _SAYS_ONLY.match(stage):
                downloaded = downloaded or bool(_SUBSTITUTED_DOWNLOAD.search(stage))
                continue
            bare = without_strings(stage)
            downloaded = downloaded or bool(_DOWNLOAD.search(bare))
            powershell = powershell or bool(_POWERSHELL_DOWNLOAD.search(bare))
            if nesting < MAX_NESTING and any(
                "|" in inner and remote_pipe(inner, nesting + 1) for inner in strings(stage)
            ):
                return command.start, command.end
    return None


def skips_verification(text: str) -> tuple[int, int] | None:
    """Where a tool is told not to check certificates, host keys or signatures; talk with the machine itself
    does not count."""
    for stages in parsed(text):
        for command in stages:
            if _SAYS_ONLY.match(command.text):
                continue
            if _UNVERIFIED.search(command.text) and not _HERE.search(command.text):
                return command.start, command.end
    return None


def reverse_shell(text: str) -> tuple[int, int] | None:
    """Where a shell is handed to another machine, or what a command says is piped to a bare address."""
    lowered = text.lower()
    if not any(word in lowered for word in ("nc", "netcat", "/dev/tcp/", "/dev/udp/", "socat", "sock")):
        return None
    for stages in parsed(text):
        for number, command in enumerate(stages):
            if _SAYS_ONLY.match(command.text):
                continue
            if _REVERSE_SHELL.search(command.text) or (number and _SENDS.match(command.text)):
                return stages[0].start, command.end
            if _RUNS_TEXT.match(command.text) and _DIALS.search(command.text) and _A_SHELL.search(command.text):
                return stages[0].start, command.end
    return None


def checkouts(text: str, later: Iterable[str] = ()) -> Iterator[tuple[Command, bool]]:
    """Commands that take code out of git, with whether they plainly name a pull request's. What is only fetched changes
    no file; it counts where a later command, or one of the scripts `later`, takes something out."""
    commands = [command for stages in parsed(text) for command in stages]
    last = next((at for at in range(len(commands) - 1, -1, -1) if _GIT_TAKES_OUT.match(commands[at].text)), -1)
    taken_later: bool | None = None
    for index, command in enumerate(commands):
        if _PULL_CHECKOUT.match(command.text):
            yield command, True
        elif _GIT_MOVES.match(command.text):
            if index > last and _GIT_FETCHES.match(command.text):
                if taken_later is None:
                    taken_later = any(map(_takes_out, later))
                if not taken_later:
                    continue
            yield command, bool(_PULL_REF.search(command.text))


def _takes_out(script: str) -> bool:
    return "git" in script and any(
        _GIT_TAKES_OUT.match(command.text) for stages in parsed(script) for command in stages
    )


_ENVIRONMENT_FILE = lazy_regex(
    r"(?:>>?|\btee\s+-a|\btee\s+--append)\s*[\"']?\$\{?(?:env:)?GITHUB_(?:ENV|PATH)\b", re.IGNORECASE
)
_READS_FILE = lazy_regex(
    r"(?:\A|[\s;(`])(?:cat|head|tail)\s+(?!<<)[^\s|>]|\$\(<|\bunzip\s+-p\b|\bget-content\s", re.IGNORECASE
)


def environment_from_file(text: str) -> tuple[int, int] | None:
    """Where what stands in a file is written to the environment of the steps after this one, in GitHub's way."""
    if "GITHUB_ENV" not in text and "GITHUB_PATH" not in text:
        return None
    for stages in parsed(text):
        if any(_ENVIRONMENT_FILE.search(command.text) for command in stages) and any(
            _READS_FILE.search(command.text) for command in stages
        ):
            return stages[0].start, stages[-1].end
    return None


DETECTIONS: tuple[tuple[str, Callable[[str], tuple[int, int] | None]], ...] = (
    ("remote_pipe", remote_pipe),
    ("runs_unchecked", runs_unchecked),
    ("skips_verification", skips_verification),
    ("reverse_shell", reverse_shell),
    ("environment_from_file", environment_from_file),
    ("prints_secret", prints_secret),
    ("prints_environment", prints_environment),
    ("sends_secret", sends_secret),
    ("stored_cloud_key", stored_cloud_key),
    ("plain_transport", plain_transport),
    ("privileged_container", privileged_container),
    ("unlocked_install", unlocked_install),
    ("uses_retired", uses_retired),
    ("sets_secret", sets_secret),
)
"""What is looked for in every script: the script concept's field, and what finds the place in the code."""
