"""Scripts that set variables or the path of later steps to something that is neither written in them nor the
machine's own to say."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from guardrail.inputs.pipelines.github_untrusted import Level
from guardrail.inputs.pipelines.vocabulary import text_of
from guardrail.model.patterns import lazy_regex

MAX_WRITES = 100  # of one script; more would say no more
MAX_NAMES = 50  # of variables that a script sets; more are not looked into
MAX_SET = 500  # times that a script sets variables; beyond that nothing is known of them
MAX_VALUE = 1000  # characters of what it sets one to

_FILE = lazy_regex(
    r"[\"']?(?:\$(?:\{?(?:env:)?|env:)|(?P<cmd>%))(?P<file>GITHUB_(?:ENV|PATH))[}%]?[\"']?", re.IGNORECASE
)
_INTO = lazy_regex(r"(?:>>?|\|[ \t]*tee[ \t]+(?:-a|--append))[ \t]*\Z")
_POWERSHELL = lazy_regex(r"\b(?:add-content|out-file|set-content|tee-object)\b", re.IGNORECASE)
_IN_POWERSHELL = lazy_regex(r"\$\{?env:|\b(?:add-content|out-file|set-content|tee-object)\b", re.IGNORECASE)
_CALLS = lazy_regex(r"\(\s*(?:[A-Za-z]+-[A-Za-z]+|&)")  # a command of PowerShell's for a value
_OF_CMD = lazy_regex(r"[%!]([A-Za-z_]\w*)[%!]")
_SET_IN_CMD = lazy_regex(r"(?im)^[ \t]*@?set[ \t]+(/[ap][ \t]+)?\"?([A-Za-z_]\w*)=([^\n]{0,1000})")
# Not the `<<` that stands in what is quoted.
_HERE = lazy_regex(
    r"(?:[^\"'\\<]|\"(?:[^\"\\]|\\.)*\"|'[^']*'|\\.|<(?!<))*<<-?\s*(?P<quote>[\"']?)(?P<word>\w+)"
)
_SAYS = lazy_regex(
    r"(?:\A|[;&|{(]|\b(?:then|do|else)\b)\s*(?:echo|printf|write-(?:output|host))\b", re.IGNORECASE
)
_MOVES = lazy_regex(r"(?<!\\)(?:\$[\w({]|\$env:|`|\$\{\{)")
_SINGLE = lazy_regex(r"'[^']*'")

# What GitHub or the machine sets, and no outsider has a say in: folders, addresses, numbers, commit ids, logins,
# branches of the repository's own (a pull request's is GITHUB_HEAD_REF).
_MACHINES_OWN = frozenset(
    ("GITHUB_ACTION_PATH", "GITHUB_ACTOR", "GITHUB_API_URL", "GITHUB_BASE_REF", "GITHUB_EVENT_NAME",
     "GITHUB_GRAPHQL_URL", "GITHUB_JOB", "GITHUB_REF", "GITHUB_REF_NAME", "GITHUB_REF_TYPE", "GITHUB_REPOSITORY",
     "GITHUB_REPOSITORY_ID", "GITHUB_REPOSITORY_OWNER", "GITHUB_RUN_ATTEMPT", "GITHUB_RUN_ID", "GITHUB_RUN_NUMBER",
     "GITHUB_SERVER_URL", "GITHUB_SHA", "GITHUB_TRIGGERING_ACTOR", "GITHUB_WORKSPACE", "HOME", "HOSTNAME", "OSTYPE",
     "PATH", "PWD", "RANDOM", "RUNNER_ARCH", "RUNNER_OS", "RUNNER_TEMP", "RUNNER_TOOL_CACHE", "RUNNER_WORKSPACE",
     "SECONDS", "USER", "USERPROFILE")
)  # fmt: skip
_EXPANSION = lazy_regex(
    r"\$\{\{(?P<expression>[^}$]{0,200})\}\}|\$\((?P<command>[^$`()]*)\)"
    r"|\$\{(?:env:)?(?P<braced>[A-Za-z_]\w*)[^${}`]*\}|\$(?:env:)?(?P<bare>[A-Za-z_]\w*)"
)
_HARMLESS_EXPRESSION = lazy_regex(
    r"\s*(?:github\.(?:action_path|actor|api_url|base_ref|event_name|graphql_url|job|ref(?:_name|_type)?"
    r"|repository(?:_id|_owner)?|run_attempt|run_id|run_number|server_url|sha|triggering_actor|workspace"
    r"|event\.(?:(?:issue|pull_request)\.)?number|event\.pull_request\.(?:(?:head|base)\.sha|base\.ref|user\.login)"
    r"|event\.repository\.(?:name|full_name|default_branch)|event\.workflow_run\.(?:id|run_number|head_sha))"
    r"|runner\.\w+|secrets\.\w+|vars\.\w+|strategy\.[\w-]+)\s*\Z"
)
_HARMLESS_COMMAND = lazy_regex(
    r"\s*(?:(?:pwd|nproc|uname|hostname|whoami|date|mktemp)(?:\s[^|;&<>\n]*)?|id -[ug]"
    r"|git rev-parse(?: --short(?:=\d+)?)? HEAD)\s*\Z"
)
_COMMENT_LINE = lazy_regex(r"^[ \t]*#[^\n]*$", re.MULTILINE)
_SETS = lazy_regex(
    r"(?:^|[;&|({]|\b(?:then|do|else|export|local|readonly|declare|typeset)\b(?:[ \t]+-\w+)*)[ \t]*"
    r"([A-Za-z_]\w*)\+?=(?=([^\n]{0,1000}))",
    re.MULTILINE,
)
_TAKES_IN = lazy_regex(r"(?:^|[;&|({]|\b(?:then|do|else)\b)[ \t]*(?:eval|source|\.)[ \t]", re.MULTILINE)


def environment_writes(code: str, env: Sequence[Level] = ()) -> Iterator[tuple[str, str]]:
    """(command, GITHUB_ENV or GITHUB_PATH) for each line that writes there what it takes from a variable, a command, a
    file or an expression, unless that is the machine's own. `env`: what is set around the script, the nearest first."""
    lowered = code.lower()
    if "github_env" not in lowered and "github_path" not in lowered:
        return
    told = 0
    joined = code.replace("\\\n", "  ")
    if _IN_POWERSHELL.search(code):
        joined = joined.replace("`\n", "  ")
    harmless: Collection[str] | None = None
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
        if match["cmd"]:
            if into and _moves_in_cmd(code, before):
                told += 1
                yield " ".join(line.split()), match["file"].upper()
            continue
        if _moves(joined, begin, start, before, after, bool(into)):
            if harmless is None:
                harmless = _harmless_names(joined, env)
            if not _moves(joined, begin, start, before, after, bool(into), harmless):
                continue
            told += 1
            yield " ".join(line.split()), match["file"].upper()


def _moves(
    code: str, begin: int, end: int, before: str, after: str, redirected: bool, harmless: Collection[str] | None = None
) -> bool:
    """`code[begin:end]` is the line; variables that are `harmless` don't count."""
    here = _HERE.match(before + " " + after)
    if here:
        closing = re.compile(rf"^\s*{re.escape(here['word'])}\s*$", re.MULTILINE).search(code, end)
        body = _without(code[end : closing.start() if closing else len(code)], harmless)
        return "${{" in body if here["quote"] else bool(_MOVES.search(body))
    if not redirected:
        text = _without(before + after, harmless)
        return bool(_MOVES.search(text) or _CALLS.search(text))
    before = before.strip()
    block = before.endswith(("}", ")", "done", "fi")) and not before.endswith("}}")
    if block or not before:  # what it says stands before
        if before[:1] == "{" and len(before) > 1:
            return bool(_MOVES.search(_without(before, harmless)))
        opening = max(code.rfind("{\n", 0, begin), code.rfind("(\n", 0, begin), 0)
        return bool(_MOVES.search(_without(code[opening:begin], harmless)))
    said = [match.end() for match in _SAYS.finditer(before)]
    if not said:
        return True  # what a program puts out
    what = _without(before[said[-1] :], harmless)
    return bool(_MOVES.search(_SINGLE.sub("", what)) or "${{" in what)


def _moves_in_cmd(code: str, said: str) -> bool:
    names = {name.upper() for name in _OF_CMD.findall(said)} - _MACHINES_OWN - {"CD"}
    if not names:
        return False
    values: dict[str, bool] = {}  # by name, whether all that it is set to is written there
    for count, match in enumerate(_SET_IN_CMD.finditer(code)):
        if count >= MAX_SET:
            return True
        name = match[2].upper()
        values[name] = values.get(name, True) and not match[1] and not _OF_CMD.search(match[3])
    return not all(values.get(name) for name in names)


def _without(text: str, harmless: Collection[str] | None) -> str:
    """The text without what is expanded in it and harmless."""
    if harmless is None or "$" not in text:
        return text

    def put(match: re.Match[str]) -> str:
        expression, command, name = match["expression"], match["command"], match["braced"] or match["bare"]
        if expression is not None:
            return "" if _HARMLESS_EXPRESSION.match(expression) else match[0]
        if command is not None:
            return "" if _HARMLESS_COMMAND.match(command) else match[0]
        return "" if name in harmless else match[0]

    return _EXPANSION.sub(put, text)


def _harmless_names(code: str, env: Sequence[Level]) -> set[str]:
    """The variables whose values are written in the file or the machine's own, whichever line sets them."""
    harmless = set(_MACHINES_OWN)
    outside: set[str] = set()
    for level in env:
        for name in level.entries:
            if name not in outside:
                outside.add(name)
                value = _without(text_of(level.entries[name]) or "", ())
                (harmless.discard if "${{" in value else harmless.add)(name)
    lines = _COMMENT_LINE.sub("", code)
    if _TAKES_IN.search(lines):  # another script may set anything
        return set(_MACHINES_OWN)
    values: dict[str, list[str]] = {}
    for count, match in enumerate(_SETS.finditer(lines)):
        if count >= MAX_SET:
            return set(_MACHINES_OWN)
        if match[1] in values or len(values) < MAX_NAMES:
            values.setdefault(match[1], []).append(match[2])
        else:
            harmless.discard(match[1])
    for name in values:
        # Where it stands as a mere word, something else may set it: `read`, `for`, `printf -v`.
        word = re.compile(rf"(?<![\w$.{{/-]){name}(?!\w|\+?=)").search(lines)
        harmless_outside = name in harmless or name not in outside
        (harmless.add if word is None and harmless_outside else harmless.discard)(name)
    changed = True
    while changed:
        changed = False
        for name, found in values.items():
            if name in harmless and not all(_is_harmless(value, harmless) for value in found):
                harmless.discard(name)
                changed = True
    return harmless


def _is_harmless(value: str, harmless: Collection[str]) -> bool:
    """What stands behind a `NAME=` to the end of the line; a text that goes on behind that isn't known."""
    if len(value) >= MAX_VALUE or value.count('"') % 2 or value.count("'") % 2:
        return False
    return not _MOVES.search(_without(value, harmless))
