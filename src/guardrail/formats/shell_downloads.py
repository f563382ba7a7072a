"""Programs that shell code downloads and runs, with nothing compared in between."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guardrail.formats.shell_commands import PREFIX, parsed
from guardrail.model.patterns import lazy_regex

ADDRESS = lazy_regex(r"https?://[^\s\"'`|;)<>]+", re.IGNORECASE)
# A commit's id in the address says what is got as well as a sum would.
BY_COMMIT = lazy_regex(
    r"https://(?:raw\.githubusercontent\.com/[^/\s]+/[^/\s]+|(?:github|gitlab)\.com/[^\s]{1,200}?/raw)/[0-9a-f]{40}/"
)
VERIFIES = lazy_regex(
    r"\b(?:sha(?:1|224|256|384|512)sum|shasum|md5sum|b2sum|openssl\s+dgst|gpgv?\s[^\n]{0,200}--verify|gpgv\s"
    r"|cosign\s+verify|minisign|slsa-verifier|gh\s+attestation\s+verify|codesign\s[^\n]{0,80}--verify|Get-FileHash"
    r"|Get-AuthenticodeSignature|certutil\s+-hashfile)\b|\brpm\s+(?:-K|--checksig)\b"
)

_FETCHERS = ("curl", "wget", "aria2c", "iwr", "invoke-webrequest", ".downloadfile")
_FETCHES = lazy_regex(
    PREFIX + r"(?:curl(?:\.exe)?|wget(?:\.exe)?|aria2c)\s"
    r"|[^\n|]{0,40}?(?:\biwr\b|\bInvoke-WebRequest\b|\.DownloadFile\()",
    re.IGNORECASE,
)
_THIS_MACHINE = lazy_regex(r"https?://(?:localhost|127\.|\[::1\])", re.IGNORECASE)
_SAVED_AS = lazy_regex(
    r"\s(?:-[a-zA-Z]*[oO]|--output(?:-document)?|-[oO]ut[fF]ile)(?:[\s=]+|(?=[\"'/]))[\"']?(?P<name>[^\s\"'|;&<>]+)"
    r"|>\s*[\"']?(?P<to>[^\s\"'&|;<>]+)|\.DownloadFile\([^,\n]{1,400},\s*[\"']?(?P<file>[^\s\"')]+)"
)
_NAMED_BY_ADDRESS = lazy_regex(PREFIX + r"(?:wget|aria2c|curl\s(?:[^\n]*\s)?(?:-[a-zA-Z#]*O|--remote-name))")
_TO_STDOUT = lazy_regex(r"\s-[a-zA-Z]*O\s*-(?=\s|\Z)|\s--output-document[\s=]-(?=\s|\Z)")
_NESTED = lazy_regex(r"\$\([^()]*\)")
_TEE = lazy_regex(PREFIX + r"tee\s+(?P<names>[^\n]*)")

_MAY_RUN = lazy_regex(
    PREFIX + r"chmod\s+(?:-\S+\s+)*(?:(?:[augo]*[-+=][rwstX]*,)*[augo]*[+=][rwst]*x[rwxst]*(?:,\S*)?"
    r"|0?[0-7]?[1357][0-7]{2})\s+(?P<names>[^\n]*)"
)
_MOVES = lazy_regex(PREFIX + r"(?:mv|cp|ln)\s+(?P<words>[^\n]*)")
_INSTALL = lazy_regex(PREFIX + r"install\s+(?P<words>[^\n]*)")
_PLAIN_MODE = lazy_regex(r"(?:\A|\s)(?:-[a-zA-Z]*m|--mode)[\s=]*[\"']?0?[0-7]?[0246]{3}\b")
_PACKAGE = lazy_regex(
    PREFIX + r"(?:dpkg\s+(?:-\S+\s+)*(?:-i|--install)"
    r"|rpm\s+(?:-\S+\s+)*(?:-[a-zA-Z]*[iUF][a-zA-Z]*|--install|--upgrade)"
    r"|(?:apt|apt-get|yum|dnf|zypper)\s+(?:-\S+\s+)*(?:install|localinstall)|gdebi|msiexec(?:\.exe)?|installer)"
    r"\s+(?P<words>[^\n]*)",
    re.IGNORECASE,
)
_INTERPRETER = lazy_regex(
    PREFIX + r"(?:(?P<shell>(?:ba|da|z|k|a)?sh)|(?P<language>python[\d.]*|node|ruby|perl|php)|(?P<here>source|\.)"
    r"|(?P<power>pwsh|powershell(?:\.exe)?))\s+(?P<words>[^\n]*)",
)
_JAR = lazy_regex(PREFIX + r"java\s+(?:[^\n]*\s)?-jar\s+[\"']?(?P<name>[^\s\"']+)")
_AS_A_PATH = lazy_regex(
    r"\s*(?:sudo\s+|&\s*|Start-Process\s+(?:-\w+\s+)*)*[\"']?"
    r"(?P<name>(?:\.{1,2}|~|/|\$)[^\s\"';|]*|[\w.-]+\.(?:exe|ps1|bat|cmd))(?=[\s\"']|\Z)",
    re.IGNORECASE,
)
_WITH_VALUE = frozenset(("-W", "-X", "-r", "-I", "--require", "--rcfile", "--init-file", "-ExecutionPolicy"))


def runs_unchecked(text: str) -> tuple[int, int] | None:
    """Where a program is downloaded that is run then or may be, with no sum or signature checked in between."""
    lowered = text.lower()
    if "http" not in lowered or not any(word in lowered for word in _FETCHERS) or VERIFIES.search(text):
        return None
    saved: dict[str, tuple[int, int]] = {}
    for stages in parsed(text):
        fetched: tuple[int, int] | None = None
        for stage in stages:
            command = _NESTED.sub("_", _NESTED.sub("_", stage.text))
            if _FETCHES.match(command):
                address = ADDRESS.search(command)
                if address is None or BY_COMMIT.match(address[0]) or _THIS_MACHINE.match(address[0]):
                    continue
                fetched = (stage.start, stage.end)
                saved.update(dict.fromkeys(_saved(command, address[0]), fetched))
                continue
            tee = _TEE.match(command)
            if tee and fetched:
                saved.update(dict.fromkeys(map(_last_part, tee["names"].split()), fetched))
            if saved:
                _follow(command, saved)
                run = next((name for name in map(_last_part, _run(command)) if name in saved), None)
                if run is not None:
                    return saved[run]
    return None


def _follow(command: str, saved: dict[str, tuple[int, int]]) -> None:
    """What is moved or linked goes by its new name as well."""
    moves = _MOVES.match(command)
    words = [word for word in moves["words"].split() if not word.startswith("-")] if moves else []
    if len(words) == 2 and (where := saved.get(_last_part(words[0]))) is not None:
        saved[_last_part(words[1])] = where


def _saved(command: str, address: str) -> Iterator[str]:
    if _TO_STDOUT.search(command):
        return
    named = False
    for match in _SAVED_AS.finditer(command):
        name = match["name"] or match["to"] or match["file"]
        if name not in ("-", "/dev/null"):
            yield _last_part(name)
        named = True
    if not named and _NAMED_BY_ADDRESS.match(command):
        yield _last_part(address.partition("?")[0])


def _run(command: str) -> Iterator[str]:
    """The files that a command runs, installs, or makes executable."""
    may_run = _MAY_RUN.match(command)
    if may_run:
        yield from may_run["names"].split()
        return
    installed = _INSTALL.match(command)
    if installed:
        if not _PLAIN_MODE.search(installed["words"]):
            yield from (word for word in installed["words"].split() if not word.startswith("-"))
        return
    package = _PACKAGE.match(command)
    if package:
        yield from (word for word in package["words"].split() if "." in word or "/" in word)
        return
    jar = _JAR.match(command)
    if jar:
        yield jar["name"]
        return
    interpreter = _INTERPRETER.match(command)
    if interpreter:
        name = _script_of(interpreter["words"].split(), bool(interpreter["shell"]), bool(interpreter["power"]))
        if name is not None:
            yield name
        return
    path = _AS_A_PATH.match(command)
    if path:
        yield path["name"]


def _script_of(words: list[str], is_shell: bool, is_power: bool) -> str | None:
    """The file that an interpreter is given; None where it is given code, a module or nothing."""
    skip = False
    for word in words:
        if skip:
            skip = False
        elif not word.startswith(("-", "+")):
            return word
        elif is_power:
            if word.lower() in ("-c", "-command", "-encodedcommand"):
                return None
            skip = word.lower() in ("-executionpolicy", "-ep", "-ex")
        elif is_shell:
            if word in ("-", "-s") or (not word.startswith("--") and "c" in word):
                return None
            skip = word in _WITH_VALUE or (word[-1] in "oO" and not word.startswith("--"))
        elif word in ("-", "-c", "-m", "-e", "--eval", "-p", "--print"):
            return None
        else:
            skip = word in _WITH_VALUE
    return None


def _last_part(path: str) -> str:
    return path.strip("\"'").rstrip("/").replace("\\", "/").rpartition("/")[2]
