"""What others than the file's owners write into Jenkins' variables, and into which scripts the file pastes it.

Groovy puts what stands in `${...}` of a double-quoted string there before the shell sees it. In single quotes the shell
expands the variable, and takes it for code only where it is told to (`eval`); `cmd` expands `%NAME%` before it reads
the line, and so always does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from guardrail.formats.groovy_nodes import Call, Compound, ListOf, MapOf, Node, Operation, Quote, walk
from guardrail.formats.shell import evaluated, expanded_variables
from guardrail.inputs.pipelines.jenkins_file import JenkinsFile, Phrase
from guardrail.inputs.pipelines.jenkins_scope import MAX_HOPS, PARAMETERS, Names, named
from guardrail.model import Span
from guardrail.model.patterns import lazy_regex

CHANGES = ("CHANGE_TITLE", "CHANGE_BRANCH", "CHANGE_AUTHOR_DISPLAY_NAME", "CHANGE_AUTHOR_EMAIL")
UNTRUSTED = frozenset(
    (*CHANGES, "BRANCH_NAME", "TAG_NAME", "GIT_BRANCH", "GIT_LOCAL_BRANCH",
     # of plugins that build pull and merge requests
     "ghprbPullTitle", "ghprbPullLongDescription", "ghprbSourceBranch", "ghprbCommentBody",
     "ghprbActualCommitAuthor", "ghprbTriggerAuthor", "gitlabSourceBranch", "gitlabBranch", "gitlabMergeRequestTitle",
     "gitlabMergeRequestDescription", "gitlabTriggerPhrase", "gitlabUserName", "GERRIT_CHANGE_SUBJECT", "GERRIT_TOPIC",
     "GERRIT_BRANCH", "GERRIT_EVENT_COMMENT_TEXT", "GERRIT_PATCHSET_UPLOADER_NAME", "GERRIT_CHANGE_OWNER_NAME")
)  # fmt: skip
# What Jenkins sets by the repository that it builds; a parameter that is called so is what whoever starts it gives.
_BY_REPOSITORY = frozenset(("BRANCH_NAME", "TAG_NAME", "GIT_BRANCH", "GIT_LOCAL_BRANCH"))
# Of those, and of what git says, a change of an outsider's gives `PR-<number>`: only who may push can choose a name.
_BRANCH_BY_GIT = "the branch's name (git)"
_PASS_ON = frozenset(
    ("trim", "toLowerCase", "toUpperCase", "toString", "take", "drop", "substring", "split", "tokenize", "capitalize",
     "plus", "minus", "concat", "reverse", "stripIndent", "strip", "first", "last", "get", "getAt", "join", "padLeft",
     "padRight", "readLines", "normalize")
)  # fmt: skip
_JOINS = frozenset(("+", "?:", "()", "[]", "<<", "as", "*"))
_MESSAGE = lazy_regex(
    r"\bgit\s[^\n|;&]{0,200}?\b(?:log|show|shortlog)\b[^\n|;&]{0,200}(?:%[sBbacf]|--oneline)|\bgit\s+log\b(?![^\n]*%)"
)
_BRANCH = lazy_regex(
    r"\bgit\s[^\n|;&]{0,200}?(?:rev-parse\s[^\n|;&]{0,200}--abbrev-ref|symbolic-ref\b|name-rev\b"
    r"|branch\b[^\n|;&]{0,200}--show-current)"
)
_PERCENT = lazy_regex(r"%(\w+)(?::[^%\n]*)?%")
MAX_SOURCES = 10  # of one expression; more would say no more


class Hit(NamedTuple):
    """A stretch of a script's text that pastes `source`."""

    start: int
    end: int
    source: str


class Taint:
    """Sources of a file, by the names that carry them. Whatever is ever given to a name counts, wherever."""

    def __init__(self, file: JenkinsFile, names: Names) -> None:
        self.file, self.names = file, names
        self.carried: dict[str, tuple[str, ...]] = {}
        self.webhook = set(_webhook_names(file))
        for _ in range(MAX_HOPS):
            changed = False
            for name, values in names.variables.items():
                found = tuple(dict.fromkeys(source for value in values for source in self.sources(value)))[:MAX_SOURCES]
                if found and name not in UNTRUSTED and name not in names.passed and self.carried.get(name) != found:
                    self.carried[name] = found
                    changed = True
            if not changed:
                break

    def sources(self, node: Node, depth: int = 0) -> tuple[str, ...]:
        """What of others' a value may hold; empty where nothing, or where it is not known."""
        if depth > 40:
            return ()
        name, holder = named(node)
        if name:
            return self._of_name(name, holder)
        if isinstance(node, Quote):
            return self._all(node.holes, depth)
        if isinstance(node, Operation) and node.op in _JOINS:
            operands = node.operands
            if (node.op == "?:" and len(operands) == 3) or node.op == "[]":
                operands = operands[1:] if node.op == "?:" else operands[:1]
            return self._all(operands, depth)
        if isinstance(node, Call):
            if node.receiver is not None:
                return self.sources(node.receiver, depth + 1) if node.name in _PASS_ON else ()
            if node.name in ("sh", "bat", "powershell", "pwsh"):
                return self._of_output(node)
        if isinstance(node, Compound) and node.word == "block":
            return self._all(node.parts, depth)
        return ()

    def _all(self, nodes: list[Node], depth: int) -> tuple[str, ...]:
        found = dict.fromkeys(source for node in nodes for source in self.sources(node, depth + 1))
        return tuple(found)[:MAX_SOURCES]

    def _of_name(self, name: str, holder: str) -> tuple[str, ...]:
        if holder == "params":
            return (f"params.{name}",) if self._is_free(name, True) else ()
        declared = name in _BY_REPOSITORY and name in self.names.parameters and name not in self.webhook
        if declared and name not in self.names.top:
            return (f"params.{name}",) if self._is_free(name, False) else ()
        if name in UNTRUSTED and name not in self.names.top:
            return (name,)
        if name in self.webhook:
            return (f"{name} of the webhook",)
        if name in self.carried:
            return tuple(_by_way(source, name) for source in self.carried[name])
        if name in self.names.variables or name in self.names.passed:
            return ()
        return (f"params.{name}",) if self._is_free(name, False) else ()

    def _is_free(self, name: str, unless_declared: bool) -> bool:
        """Whether a parameter may hold any text; one that is declared elsewhere may."""
        declared = self.names.parameters.get(name)
        return PARAMETERS[declared.name] if declared is not None else unless_declared

    def _of_output(self, call: Call) -> tuple[str, ...]:
        """What git says of a commit that others made."""
        node = call.get("script") or (call.args[0] if call.args else None)
        phrase = self.file.phrase(node) if node is not None else None
        if phrase is None or call.get("returnStdout") is None:
            return ()
        if _MESSAGE.search(phrase.shell):
            return ("the commit's message (git log)",)
        return (_BRANCH_BY_GIT,) if _BRANCH.search(phrase.shell) else ()

    def hits(self, phrase: Phrase, shell: str) -> Iterator[Hit]:
        for start, end, expression in phrase.holes:
            for source in self.sources(expression):
                yield Hit(start, end, source)
        text = phrase.shell
        if shell == "cmd":
            for match in _PERCENT.finditer(text):
                for source in self._in_shell(match.group(1)):
                    yield Hit(match.start(), match.end(), source)
            return
        holes = {text[start + 2 : end - 1] for start, end, _ in phrase.holes}
        for command, code in evaluated(text):
            for variable in dict.fromkeys(expanded_variables(code)):
                if variable not in holes:
                    for source in self._in_shell(variable):
                        yield Hit(command.start, command.end, source)

    def _in_shell(self, name: str) -> tuple[str, ...]:
        """What an environment variable holds: Groovy's own variables are none."""
        if name in UNTRUSTED or name in self.names.parameters or name in self.webhook:
            return self._of_name(name, "env")
        return self._of_name(name, "env") if name in self.carried and name.upper() == name else ()


def _webhook_names(file: JenkinsFile) -> Iterator[str]:
    """Variables that the Generic Webhook Trigger fills from the request."""
    for statement in file.script.statements:
        for node in walk(statement):
            if isinstance(node, Call) and node.name == "GenericTrigger":
                listed = node.get("genericVariables")
                for item in listed.items if isinstance(listed, ListOf) else ():
                    key = file.plain(item.get("key")) if isinstance(item, MapOf) else None
                    if key:
                        yield key


def _by_way(source: str, name: str) -> str:
    return f"{source}, by way of {name}" if ", by way of" not in source else source


def is_chosen(source: str) -> bool:
    """Whether only those write it who may start the job or push to the repository."""
    first = source.partition(", by way of")[0]
    return first.startswith("params.") or first in _BY_REPOSITORY or first == _BRANCH_BY_GIT


def place_of(phrase: Phrase, hit: Hit) -> Span:
    return phrase.code.place(phrase.code.file, hit.start, hit.end)
