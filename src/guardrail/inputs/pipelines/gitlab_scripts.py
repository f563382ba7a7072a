"""Scripts of GitLab's jobs: their code, and what of it an outsider's words reach."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from guardrail.formats.packages import loose_installs, publishes
from guardrail.formats.secret_texts import veiled
from guardrail.formats.shell import DETECTIONS, evaluated, expanded_variables
from guardrail.formats.shell_lines import detected_in
from guardrail.inputs.pipelines import gitlab_taint
from guardrail.inputs.pipelines.document import Library
from guardrail.inputs.pipelines.gitlab_inputs import pastes_in
from guardrail.inputs.pipelines.gitlab_taint import Taint, Tainted
from guardrail.inputs.pipelines.vocabulary import Draft, Keys, git_pin, key_line, text_of
from guardrail.model import Map, Noun, Resource, Seq, Span, Unknown, Value

SCRIPTS = ("before_script", "script", "after_script")
MAX_HITS = 200


class Surroundings:
    """What a job's scripts run in. `event` is an outsider's that starts it, "" where there is none; `files` those
    that it hands on as variables; `taint` grows while the scripts are read in the order in which they run."""

    __slots__ = ("event", "files", "library", "taint")

    def __init__(self, library: Library, taint: Taint, files: set[str], event: str) -> None:
        self.library, self.taint, self.files, self.event = library, taint, files, event


def script(holder: Map, key: str, kind: str, around: Surroundings, name: str = "") -> tuple[Noun, Span | None]:
    """One block of script lines as one piece of code, and where the first of them stands that is no text."""
    entry = holder.spans[key]
    lines = list(_lines(holder[key], entry, 0))
    draft = Draft("script", key_line(entry, key), entry)
    origin = holder.origins.get(key) if holder.origins else None
    draft.put("name", name or key)
    draft.put("class", kind)
    unknown = next((line for line, _ in lines if isinstance(line, Unknown)), None)
    texts = [(text_of(line), span) for line, span in lines if not isinstance(line, Unknown)]
    known = [(text, span) for text, span in texts if text is not None]
    draft.put("text", unknown if unknown is not None else "\n".join(text for text, _ in known), entry, origin)
    lists = {field: Seq(entry, draft.header) for field in _LISTS}
    detected: dict[str, Span] = {}
    for field, found in detected_in([text for text, _ in known]).items():
        text, span = known[found.line]
        source = around.library.get(span.file) if span.file else None
        detected[field] = source.place(text, found.start, found.end, span) if source else span
    for text, span in known:
        source = around.library.get(span.file) if span.file else None
        if source is None:
            continue
        for command, tool, which in _packages(text):
            place = source.place(text, *command, span)
            _item(lists[which], place, command=_shorten(text[slice(*command)], 120), tool=tool)
        for template, paste in pastes_in(text):
            place = source.place(template, paste.start, paste.end, span)
            words = template[paste.start : paste.end]
            hit = _pasted_taint(text, paste.functions, around.taint)
            if hit is not None:
                _hit(lists, place, words, hit)
            else:
                _item(
                    lists["expansions"], place, expression=words, source=f"inputs.{paste.name}", control=paste.control
                )
        _follow(text, span, source.place, lists, around)
    draft.put("untrusted", lists["untrusted"], lists["untrusted"].header)
    for field in _LISTS[1:]:
        if lists[field]:
            draft.put(field, lists[field], lists[field].header)
    draft.put("privileged_trigger", False)
    for field, _ in DETECTIONS:
        draft.put(field, field in detected, detected.get(field))
    return draft.noun(name or key, name or key), next((span for text, span in texts if text is None), None)


_LISTS = ("untrusted", "expansions", "environment_writes", "loose_installs", "publishes")


@lru_cache(maxsize=4096)  # an anchor's code is the same in every job that it is put into
def _packages(text: str) -> tuple[tuple[tuple[int, int], str, str], ...]:
    return tuple(
        ((use.command.start, use.command.end), use.tool, field)
        for field, find in (("loose_installs", loose_installs), ("publishes", publishes))
        for use in find(text)
    )


def _pasted_taint(text: str, functions: str, taint: Taint) -> Tainted | None:
    """Variables in an input are put in before the shell sees them where it is told to expand them."""
    if "expand_vars" not in functions:
        return None
    return next((taint[name] for name in expanded_variables(text) if name in taint), None)


def _follow(
    text: str, span: Span, place_of: Callable[[str, int, int, Span], Span], lists: dict[str, Seq], around: Surroundings
) -> None:
    """Where an outsider's words are taken for code or for settings, and which variables hold them afterwards."""
    if "$" not in text and "=" not in text:
        return
    assigned = dict(gitlab_taint.after(text, around.taint, span))
    taint = around.taint
    if assigned:
        taint = {name: tainted for name, tainted in taint.items() if assigned.get(name, tainted) is not None}
        taint.update({name: tainted for name, tainted in assigned.items() if tainted is not None})
        around.taint = taint
    for command, code in evaluated(text):
        for variable in dict.fromkeys(expanded_variables(code)):
            if variable in taint and len(lists["untrusted"]) + len(lists["expansions"]) < MAX_HITS * 2:
                place = place_of(text, command.start, command.end, span)
                _hit(lists, place, f"${variable}", taint[variable])
    for write in gitlab_taint.writes(text, around.files, taint):
        if write.lines and around.event:
            place = place_of(text, write.start, write.end, span)
            _item(
                lists["environment_writes"], place, command=_shorten(text[write.start : write.end], 120),
                file=write.file, trigger=around.event,
            )  # fmt: skip


def _hit(lists: dict[str, Seq], place: Span, words: str, tainted: Tainted) -> None:
    item = Map(place)
    pushed = tainted.source in gitlab_taint.REFERENCES
    hops = tainted.hops
    item.put("expression", words, place)
    item.put("source", tainted.source, place, (lambda: hops) if hops else None)
    item.put("control" if pushed else "privileged", "chosen" if pushed else False, place)
    _add(lists["expansions" if pushed else "untrusted"], item, place)


def _shorten(text: str, limit: int) -> str:
    return veiled(text.strip(), throwaway=True)[:limit]


def _item(items: Seq, place: Span, **facts: str) -> None:
    item = Map(place)
    for name, value in facts.items():
        item.put(name, value, place)
    _add(items, item, place)


def _add(items: Seq, item: Map, place: Span) -> None:
    if not items:
        items.header = place
    if len(items) < MAX_HITS:
        items.add(item, place)


def _lines(value: Value, span: Span, depth: int) -> list[tuple[Value, Span]]:
    if isinstance(value, Seq) and depth < 12:
        return [
            line for item, place in zip(value, value.spans, strict=False) for line in _lines(item, place, depth + 1)
        ]
    return [] if value is None else [(value, span)]


def lines_of(holder: Map, key: str) -> list[tuple[str, Span]]:
    """The known lines of a script, for those who only look at them."""
    if holder.get(key) is None:
        return []
    found = ((text_of(line), span) for line, span in _lines(holder[key], holder.spans[key], 0))
    return [(text, span) for text, span in found if text is not None]


def run_steps(job: Map, resource: Resource, around: Surroundings) -> None:
    """`run:`, a list of GitLab's own steps: scripts and steps taken from elsewhere."""
    steps = job.get("run")
    keys = Keys()
    for index, step in enumerate(steps if isinstance(steps, Seq) else ()):
        if not isinstance(step, Map):
            continue
        name = text_of(step.get("name")) or f"step {index + 1}"
        if step.get("script") is not None:
            resource.add_noun(script(step, "script", "step", around, name)[0])
        what = step.get("step")
        place = step.spans.get("step", step.header)
        if isinstance(what, Map):  # `git: {url, dir, rev}` spelt out
            git = what.get("git")
            url = text_of(git.get("url")) if isinstance(git, Map) else None
            rev = text_of(git.get("rev")) if isinstance(git, Map) else None
            what = f"{url}@{rev or ''}" if url else None
        if isinstance(what, str):
            resource.add_noun(_step_dependency(what, place, keys))


def _step_dependency(what: str, place: Span, keys: Keys) -> Noun:
    draft = Draft("dependency", place)
    name, _, version = what.partition("@")
    name = name.removeprefix("https://").removesuffix(".git")
    draft.put("ecosystem", "component")
    draft.put("local", name.startswith((".", "/")))
    draft.put("name", name)
    segments = name.split("/")
    if not name.startswith((".", "/")):
        draft.put("owner", segments[1] if len(segments) > 2 else segments[0])
        if version:
            draft.put("version", version)
        draft.put("pin", git_pin(version))
    return draft.noun(name, keys.next(name))


def handed_on(job: Map, taint: Taint) -> Taint:
    """Variables with an outsider's words that a job leaves to those after it."""
    files = gitlab_taint.dotenv_of(job)
    found: Taint = {}
    if not files:
        return found
    for key in ("before_script", "script"):
        for text, span in lines_of(job, key):
            for name, tainted in gitlab_taint.after(text, taint, span):
                if tainted is not None:
                    taint = {**taint, name: tainted}
            for write in gitlab_taint.writes(text, files, taint):
                if write.name:
                    way = write.tainted.through(f"{write.name} in {write.file}", span, _shorten(text, 200))
                    found[write.name] = way
    return found
