"""Which of GitLab's variables an outsider fills: those of the platform, and those that were made of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from guardrail.formats.shell import expanded_variables
from guardrail.formats.shell_commands import parsed
from guardrail.formats.shell_evaluated import is_cleaned
from guardrail.inputs.pipelines.gitlab_resolve import Variables
from guardrail.inputs.pipelines.vocabulary import text_of
from guardrail.model import Map, Origin, Seq, Span, Value
from guardrail.model.patterns import lazy_regex

# What the author of a commit or merge request writes. They are environment variables: harmless in a script
# until it has the shell read them as code.
UNTRUSTED_VARIABLES = frozenset(
    ("CI_COMMIT_MESSAGE", "CI_COMMIT_TITLE", "CI_COMMIT_DESCRIPTION", "CI_COMMIT_AUTHOR", "CI_COMMIT_BRANCH",
     "CI_COMMIT_REF_NAME", "CI_COMMIT_TAG_MESSAGE", "CI_MERGE_REQUEST_TITLE", "CI_MERGE_REQUEST_DESCRIPTION",
     "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME", "GITLAB_USER_NAME",
     "CHAT_INPUT")
)  # fmt: skip
# Known where the job is for one branch only. Who may push to the project names them; forks have pipelines of their own.
REFERENCES = frozenset(("CI_COMMIT_BRANCH", "CI_COMMIT_REF_NAME"))
SEVERAL_LINES = frozenset(
    ("CI_COMMIT_MESSAGE", "CI_COMMIT_DESCRIPTION", "CI_COMMIT_TAG_MESSAGE", "CI_MERGE_REQUEST_DESCRIPTION",
     "CHAT_INPUT")
)  # fmt: skip
MAX_HOPS = 6
MAX_NAMES = 500

_ASSIGNMENT = lazy_regex(
    r"\s*(?:(?:then|do|else)\s+)?(?:(?:export|local|declare|readonly)\s+(?:-\w+\s+)?)?([A-Za-z_]\w*)=(.*)\Z", re.DOTALL
)
_GIT_WORDS = lazy_regex(
    r"\bgit\s+(?:\S+\s+)?(?:log|show)\b[^|)`]*(?:--(?:pretty|format)[=\s][\"']?(?:\w+:)?[^\s)`]*%(?:s|b|B|an|cn|f)|--oneline)"
)
_ONE_BRANCH = lazy_regex(r"\$\{?CI_COMMIT_(?:BRANCH|REF_NAME)\}?\s*==\s*(?:\"[^\"$]*\"|'[^'$]*'|\$CI_DEFAULT_BRANCH\b)")
_WRITES_FILE = lazy_regex(
    r"(?:>>?|\btee\s+(?:-a\s+|--append\s+)?)\s*[\"']?(?:\./|\$CI_PROJECT_DIR/|\$\{CI_PROJECT_DIR\}/)?([\w./-]+)"
)
_SETS = lazy_regex(r"(?:\A|[\s\"'])([A-Za-z_]\w*)=")


class Tainted(NamedTuple):
    """What an outsider wrote: the platform's variable `source`, and how it came here, nearest last."""

    source: str
    hops: tuple[Origin, ...]

    def through(self, note: str, span: Span, value: Value) -> Tainted:
        return Tainted(self.source, (Origin(note, span, value), *self.hops)[:MAX_HOPS])


Taint = dict[str, Tainted]


def of_job(job: Map, variables: Variables, conditions: list[str], handed: Taint) -> Taint:
    """The variables that an outsider fills when the job begins; `handed` is what earlier jobs leave it."""
    fixed = REFERENCES if _for_one_branch(job, conditions) else frozenset()
    found: Taint = {name: Tainted(name, ()) for name in sorted(UNTRUSTED_VARIABLES - fixed)}
    found.update(handed)
    pending: list[tuple[str, str, Span]] = []
    seen: set[str] = set()
    for level, _ in variables.levels:
        for name in level:
            value = level[name]
            text = text_of(value.get("value") if isinstance(value, Map) else value)
            if name not in seen and text is not None:
                seen.add(name)
                found.pop(name, None)
                if "$" in text:
                    pending.append((name, text, level.spans[name]))
    for rule in variables.alternatives:  # perhaps, so that what it replaces stays
        for name, value in rule.items():
            text = text_of(value.get("value") if isinstance(value, Map) else value)
            if text is not None and "$" in text:
                pending.append((name, text, rule.spans[name]))
    for _ in range(3):  # variables of variables, in whatever order they stand
        changed = False
        for name, text, span in pending[:MAX_NAMES]:
            if name in found:
                continue
            source = next((found[other] for other in expanded_variables(text.replace("'", "")) if other in found), None)
            if source is not None:
                found[name] = source.through(f"variable {name}", span, text)
                changed = True
        if not changed:
            break
    return found


def _for_one_branch(job: Map, conditions: list[str]) -> bool:
    """True where all that lets the job run names the branch."""
    only = job.get("only")
    refs = only.get("refs") if isinstance(only, Map) else only
    if isinstance(refs, str):
        refs = [refs]
    if isinstance(refs, list) and refs:
        return all(isinstance(ref, str) and not ref.startswith("/") and ref not in _KINDS_OF_REF for ref in refs)
    return bool(conditions) and all(_ONE_BRANCH.search(condition) for condition in conditions)


_KINDS_OF_REF = frozenset(
    ("api", "branches", "chat", "external", "external_pull_requests", "merge_requests", "pipelines", "pushes",
     "schedules", "tags", "triggers", "web")
)  # fmt: skip


def after(text: str, taint: Taint, span: Span) -> Iterator[tuple[str, Tainted | None]]:
    """Variables that a piece of script sets: to an outsider's words, or (None) to something else."""
    if "=" not in text:
        return
    for stages in parsed(text):
        match = _ASSIGNMENT.match(stages[0].text)
        if not match or " " in match.group(1):
            continue
        name, value = match.group(1), match.group(2)
        source = next((taint[other] for other in expanded_variables(value) if other in taint), None)
        if source is not None and _cleaned(" | ".join(stage.text for stage in stages)):
            source = None
        if source is None and _GIT_WORDS.search(value):
            source = Tainted("the commit's message", ())
        yield name, source.through(f"variable {name}", span, value) if source is not None else None


_AS_JSON = lazy_regex(r"\|\s*jq\s+-R")


def _cleaned(command: str) -> bool:
    return is_cleaned(command) or bool(_AS_JSON.search(command))


def dotenv_of(job: Map) -> set[str]:
    """Files that a job hands on as variables (`artifacts:reports:dotenv`)."""
    artifacts = job.get("artifacts")
    reports = artifacts.get("reports") if isinstance(artifacts, Map) else None
    files = reports.get("dotenv") if isinstance(reports, Map) else None
    return {
        item.removeprefix("./") for item in (files if isinstance(files, Seq) else [files]) if isinstance(item, str)
    }


class Write(NamedTuple):
    """A command that writes an outsider's words to a file of variables; `name` is what it sets, "" where the command
    does not tell. `lines`: the words may have several lines, and so set more than that."""

    name: str
    file: str
    tainted: Tainted
    start: int
    end: int
    lines: bool


def writes(text: str, files: set[str], taint: Mapping[str, Tainted]) -> Iterator[Write]:
    if not files:
        return
    for stages in parsed(text):
        whole = " | ".join(stage.text for stage in stages)
        target = next((name for name in _WRITES_FILE.findall(whole) if name in files), None)
        if target is None or _cleaned(whole):
            continue
        for variable in dict.fromkeys(expanded_variables(whole)):
            if variable in taint:
                tainted = taint[variable]
                match = _SETS.search(stages[0].text)
                yield Write(
                    match.group(1) if match else "", target, tainted, stages[0].start, stages[-1].end,
                    tainted.source in SEVERAL_LINES,
                )  # fmt: skip
                break
