"""One of GitHub's files, a workflow or an action, with what all parts of its reading share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from guardrail.formats.secret_texts import veiled
from guardrail.inputs.pipelines.document import Library, Source
from guardrail.inputs.pipelines.expressions import Expression, ExpressionError, Node, find_expressions, parse
from guardrail.inputs.pipelines.vocabulary import text_of
from guardrail.model import Map, Note, Problem, Seq, Span, Text, Value
from guardrail.model.patterns import lazy_regex

if TYPE_CHECKING:
    from guardrail.inputs.pipelines.github_flow import JobFlow
    from guardrail.inputs.pipelines.github_untrusted import Taint

PROVIDER = "github-actions"
MAX_TOLD = 50  # problems with expressions in one file
_WORKFLOW_FOLDER = lazy_regex(r"(?:^|/)\.(?:github|gitea|forgejo)/workflows/[^/]+\Z")
_DOT_GITHUB = lazy_regex(r"(?:^|/)\.(?:github|gitea|forgejo)/")
# Forgejo and Gitea take whole addresses. Theirs are mirrors of what GitHub has under the same name.
_HOST = lazy_regex(r"https://(?:github\.com|gitea\.com|(?:data|code)\.forgejo\.org)/(?=[\w.-]+/[\w.-])")

_LITERAL = lazy_regex(r"'[^']*(?:'|\Z)")


class GithubFile:
    """`top` is the repository's root as a folder of the tree, None where the file's name doesn't tell it.
    `inputs` is what outsiders put into the file's inputs, by the hands of callers, `outputs` what they put into
    those of an action or a called workflow, `flows` what goes on in between (`github_flow`). `called_on`: events of
    outsiders that workflows which call this one start on, with the repository's rights; `handed_code`: inputs (in lower
    case) that these fill with the name of an outsider's code, `handed_branches` those with its branch's
    (`github_checkout`). `events` are those that alone start
    it, None for what may also be called, by whatever starts its caller."""

    __slots__ = (
        "called_on", "events", "flows", "handed_branches", "handed_code", "inputs", "is_telling", "library", "notes",
        "outputs", "path", "problems", "root", "source", "top",
    )  # fmt: skip

    def __init__(self, source: Source, root: Map, library: Library) -> None:
        self.source, self.root, self.library, self.path = source, root, library, source.path
        self.problems: list[Problem] = []
        self.notes: list[Note] = []
        self.inputs: dict[str, list[Taint]] = {}
        self.outputs: dict[str, list[Taint]] = {}
        self.flows: dict[str, JobFlow] = {}
        self.called_on: set[str] = set()
        self.handed_code: set[str] = set()
        self.handed_branches: set[str] = set()
        self.top = repository_top(source.path)
        self.is_telling = True  # see `github_expressions`
        self.events = self._events()
        if "https://" in source.text and "uses" in source.text:
            _name_without_hosts(root)

    @property
    def is_action(self) -> bool:
        return isinstance(self.root.get("runs"), Map) and "jobs" not in self.root

    @property
    def is_privileged(self) -> bool:
        """True for a workflow that an outsider's event runs with the repository's rights."""
        from guardrail.inputs.pipelines.github_untrusted import PRIVILEGED_EVENTS

        events = self.root.get("on", self.root.get("true"))
        names = [events] if isinstance(events, str) else events if isinstance(events, (Map, Seq)) else []
        return any(isinstance(name, str) and name in PRIVILEGED_EVENTS for name in names)

    def _events(self) -> frozenset[str] | None:
        declared = self.root.get("on", self.root.get("true"))
        names = [declared] if isinstance(declared, str) else declared if isinstance(declared, (Map, Seq)) else []
        if self.is_action or not names or not all(isinstance(name, str) for name in names) or "workflow_call" in names:
            return None
        return frozenset(str(name) for name in names)

    @property
    def in_place(self) -> bool:
        """True where it stands where GitHub looks for workflows, so that the repository's root is known."""
        return bool(_WORKFLOW_FOLDER.search(self.path))

    def problem(self, kind: str, message: str, span: Span) -> None:
        self.problems.append(Problem(kind, message, span.file or self.path, span.line))

    def note(self, kind: str, message: str, span: Span) -> None:
        self.notes.append(Note(kind, message, span.file or self.path, span.line))

    def local_target(self, uses: str) -> str | None:
        """The file that `uses: ./...` names: a workflow, or the `action.yml` in a folder. None if there is
        none in the tree."""
        tree = self.library.tree
        name = uses.partition("@")[0]
        joined = tree.join(self.top or "", name.removeprefix("$/"))
        if joined is None:
            return None
        if joined.endswith((".yml", ".yaml")):
            return joined if tree.is_file(joined) else None
        for file in ("action.yml", "action.yaml"):
            path = f"{joined}/{file}" if joined else file
            if tree.is_file(path):
                return path
        return None

    def local_dockerfile(self, uses: str) -> bool:
        joined = self.library.tree.join(self.top or "", uses.partition("@")[0].removeprefix("$/"))
        return joined is not None and self.library.tree.is_file(f"{joined}/Dockerfile" if joined else "Dockerfile")

    def check_expressions(self, value: Value, span: Span) -> None:
        """A problem for every expression in a value that is none: GitHub refuses the whole file for one."""
        told = 0
        for text, place in strings_in(value, span):
            if "${{" not in text:
                continue
            for expression in find_expressions(text):
                if expression.node is None and told < MAX_TOLD:
                    told += 1
                    where = self.source.place(text, expression.start, expression.end, place)
                    body = shorten(_LITERAL.sub("'...'", expression.body))
                    what = f"{body!r} is no expression: {expression.error}"
                    self.problem("expression", what, where)


def _name_without_hosts(root: Map) -> None:
    """`https://github.com/actions/checkout@v4` is what `actions/checkout@v4` is."""
    runs, jobs = root.get("runs"), root.get("jobs")
    holders: list[Value] = [job for job in jobs.values() if isinstance(job, Map)] if isinstance(jobs, Map) else []
    for owner in (runs, *holders):
        holders += [step for _, step, _ in steps_in(owner.get("steps"))] if isinstance(owner, Map) else []
    for holder in holders:
        uses = holder.get("uses") if isinstance(holder, Map) else None
        if isinstance(holder, Map) and isinstance(uses, str) and (host := _HOST.match(uses.lstrip())):
            short = uses.lstrip()[host.end() :]
            holder["uses"] = uses.like(short) if isinstance(uses, Text) else short


def steps_in(steps: Value) -> list[tuple[str, Value, Span]]:
    """Each step of a list, with where it is there (`[2]`, `[2].parallel[0]`) and its place. Those of a group stand for
    the group: they run side by side, and what follows waits for them all."""
    found: list[tuple[str, Value, Span]] = []
    if not isinstance(steps, Seq):
        return found
    for index, step in enumerate(steps):
        group = step.get("parallel") if isinstance(step, Map) else None
        if isinstance(group, Seq) and isinstance(step, Map) and "run" not in step and "uses" not in step:
            found += [(f"[{index}].parallel[{n}]", item, group.place(n)) for n, item in enumerate(group)]
        else:
            found.append((f"[{index}]", step, steps.place(index)))
    return found


def repository_top(path: str) -> str | None:
    """What stands before `.github/` in a path; None where there is none."""
    match = _DOT_GITHUB.search(path)
    return path[: match.start()] if match else None


def shorten(text: str, limit: int = 60) -> str:
    text = " ".join(veiled(text, throwaway=True).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def strings_in(value: Value, span: Span) -> Iterator[tuple[str, Span]]:
    """Every string in a value with its entry's place, in the order of the file."""
    stack: list[tuple[Value, Span]] = [(value, span)]
    while stack:
        item, place = stack.pop()
        if isinstance(item, str):
            yield item, place
        elif isinstance(item, Map):
            stack.extend((item[key], item.spans[key]) for key in reversed(item))
        elif isinstance(item, Seq):
            stack.extend(reversed(list(zip(item, item.spans, strict=False))))


def condition_text(value: Value) -> str | None:
    """An `if:` without the braces that it may be written with. With anything around them, be it the line end of a
    block scalar, it is no condition but a text, which GitHub takes for true; such a text is given as it is."""
    text = text_of(value)
    if text is None:
        return None
    if "${{" not in text:
        return text.strip()
    found = find_expressions(text)
    if len(found) == 1 and found[0].start == 0 and found[0].end == len(text):
        return found[0].body
    return text


def condition_node(value: Value) -> Node | None:
    text = condition_text(value)
    if not text or "${{" in text:
        return None
    try:
        return parse(text)
    except ExpressionError:
        return None


def places(file: GithubFile, text: str, expression: Expression, entry: Span) -> Span:
    return file.source.place(text, expression.start, expression.end, entry)


def get_ci(mapping: Value, name: str) -> tuple[str, Value]:
    """The key and value of an entry whose name GitHub takes in any case (inputs in `with`); ("", None) if
    there is none."""
    if isinstance(mapping, Map):
        for key in mapping:
            if key.lower() == name:
                return key, mapping[key]
    return "", None
