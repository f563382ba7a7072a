"""Whether a checkout's token can be taken from the steps after it. What they need it for, no scan tells: it still finds
nothing where `git push` fails. So only a job is changed whose token cannot push, and that is seen to fetch nothing.
"""

from __future__ import annotations

from guardrail.formats.yaml import load
from guardrail.inputs.pipelines.github_file import get_ci, steps_in
from guardrail.inputs.pipelines.vocabulary import text_of
from guardrail.model import Map, Span, Value
from guardrail.model.patterns import lazy_regex

KEEPS = "persist-credentials"

_ASKS_SERVER = lazy_regex(
    r"\bgit\b(?:[^\n]|\\\r?\n){0,80}?\b(?:push|fetch|pull|clone|submodule|lfs|remote|ls-remote|archive|maintenance)\b"
    r"|\bgh\s+(?:pr\s+checkout|repo\s+(?:sync|clone|fork))\b"
)
# They fetch what a shallow checkout left out, with the token that it left behind.
_FETCHERS = frozenset((
    "dorny/paths-filter", "gittools/actions/gitversion/execute", "nrwl/nx-set-shas", "step-security/changed-files",
    "tj-actions/changed-files",
))  # fmt: skip


def may_need_token(source: bytes, checkout: Span) -> bool:
    """Whether a later step may have to do with the server by the token of the checkout there; true where nobody can
    tell."""
    documents = load(source, checkout.file).documents
    root = documents[0].value if len(documents) == 1 else None
    jobs = root.get("jobs") if isinstance(root, Map) else None
    told: list[bool] = []  # an alias may put the step into several jobs
    for job in jobs.values() if isinstance(jobs, Map) else ():
        steps = [step for _, step, _ in steps_in(job.get("steps"))] if isinstance(job, Map) else []
        ours = next((step for step in reversed(steps) if isinstance(step, Map) and _holds(step.span, checkout)), None)
        if ours is not None:
            may_write = _may_write(job if "permissions" in job else root)
            own = any(get_ci(ours.get("with"), name)[0] for name in ("token", "ssh-key"))
            told.append(may_write or own or any(_asks_server(step) for step in steps if step is not ours))
    return not told or any(told)


def _holds(step: Span, place: Span) -> bool:
    return (step.line, step.column) <= (place.line, place.column) and place.line <= step.end_line


def _may_write(holder: Value) -> bool:
    """Whether the job's token can push, as far as is written; what a repository gives by default isn't."""
    declared = holder.get("permissions") if isinstance(holder, Map) else None
    if isinstance(declared, Map):
        return "contents" in declared and declared["contents"] not in ("read", "none")
    return declared != "read-all"


def _asks_server(step: Value) -> bool:
    if not isinstance(step, Map):
        return True
    uses, code = text_of(step.get("uses")), text_of(step.get("run"))
    if uses is not None:
        name = uses.partition("@")[0].lower()
        return name.startswith(".") or name in _FETCHERS  # what the repository's own actions do stands elsewhere
    return code is None or _ASKS_SERVER.search(code) is not None
