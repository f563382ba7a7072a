"""Azure's templates: where a `template:` leads, and what its parameters stand for."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.inputs.pipelines.azure_expand import Expander, Level
from guardrail.inputs.pipelines.azure_scope import Bound, Scope, Variables, of_the_run
from guardrail.inputs.pipelines.document import Library
from guardrail.inputs.pipelines.vocabulary import text_of
from guardrail.model import Map, Origin, Seq, Span, Text, Unknown, Value

_STEP_KEYS = frozenset(
    ("task", "script", "bash", "pwsh", "powershell", "checkout", "download", "publish", "getPackage", "downloadBuild",
     "reviewApp")
)  # fmt: skip
MAX_NAMED = 2000  # templates that one file is asked for
LISTS = ("stages", "jobs", "steps")


def split(wanted: str) -> tuple[str, str]:
    """`path@alias` -> path, alias; the alias is empty for this repository's own (`@self`)."""
    path, at, alias = wanted.strip().rpartition("@")
    if not at:
        path, alias = wanted.strip(), ""
    return path.replace("\\", "/"), "" if alias == "self" else alias


def locate(path: str, at: str, library: Library) -> str | None:
    """The file of the tree that a template's path means, seen from the file `at`; None where there is none."""
    tree = library.tree
    found = beside(path, at, library)
    if found:
        return found
    # From the repository's root, which any folder above may be.
    parts = at.split("/")[:-1]
    for end in range(len(parts) + 1):
        joined = tree.join("/".join(parts[:end]), path.lstrip("/"))
        if joined and tree.is_file(joined):
            return joined
    return None


def beside(path: str, at: str, library: Library) -> str | None:
    """The same as far as it is written relative to that file."""
    joined = library.tree.join(at.rpartition("/")[0], path) if not path.startswith("/") else None
    return joined if joined and library.tree.is_file(joined) else None


def called_by(root: Map, path: str, library: Library) -> Iterator[str]:
    """The files of the tree that a document names as templates outright."""
    stack: list[Value] = [root]
    seen: set[str] = set()
    while stack and len(seen) < MAX_NAMED:
        value = stack.pop()
        if isinstance(value, Map):
            wanted = value.get("template")
            if isinstance(wanted, str) and "${{" not in wanted and wanted not in seen:
                seen.add(wanted)
                name, alias = split(wanted)
                target = locate(name, path, library) if name and not alias else None
                if target:
                    yield target
            stack.extend(value.values())
        elif isinstance(value, Seq):
            stack.extend(value)


def declared_parameters(root: Map) -> Iterator[tuple[str, Map | None, Value, Span]]:
    """Name, declaration where it is one of the newer form, default, place. None is the default of those without."""
    declared = root.get("parameters")
    if isinstance(declared, Map):
        for name in declared:
            yield name, None, declared[name], declared.spans[name]
    elif isinstance(declared, Seq):
        for item, span in zip(declared, declared.spans, strict=False):
            title = text_of(item.get("name")) if isinstance(item, Map) else None
            if title and isinstance(item, Map):
                yield title, item, item.get("default"), item.spans.get("default", span)


BY_THE_RUN = "whoever starts a run"


def bind(
    root: Map, given: Level | None, expander: Expander, variables: Variables, chosen: str = "", caller: str = ""
) -> Scope:  # fmt: skip
    """The scope of a file: what a caller gives for its parameters, else their defaults. `chosen` completes the sentence
    "parameters.x may be chosen by ..." where a run (or a caller that isn't known) may find others than the defaults."""
    parameters: dict[str, Bound] = {}
    rest = given.open if given is not None else None
    scope = Scope(parameters, variables, rest=rest)
    for name, declaration, default, span in declared_parameters(root):
        kind = (text_of(declaration.get("type")) or "string").lower() if declaration is not None else ""
        settled = expander.settle(given, name) if given is not None else None
        if settled is None and given is not None:  # names are taken in any case
            other = next((key for key in given if key.lower() == name.lower()), None)
            settled = expander.settle(given, other) if other is not None else None
        if settled is not None:
            note = f"parameters.{name}, as {caller} is given it" if caller else f"parameters.{name}"
            value = typed(settled.value, kind)
            parameters[name.lower()] = Bound(value, settled.span, note, settled.free, _is_typed(kind), settled.origin)
            continue
        note = f"default of parameters.{name}"
        any_text = chosen == BY_THE_RUN and kind == "string" and declaration is not None and "values" not in declaration
        refs = (of_the_run(name),) if any_text else ()
        free = Unknown(f"parameters.{name} may be chosen by {chosen}", refs) if chosen else None
        if declaration is not None and "default" not in declaration:
            why = f"parameters.{name} is chosen by {chosen}" if chosen else f"parameters.{name} is given no value"
            parameters[name.lower()] = Bound(rest or Unknown(why, refs or (f"parameters.{name}",)), span, note)
            continue
        value = typed(expander.whole(default, scope, span), kind)
        parameters[name.lower()] = Bound(value, span, note, rest or free, _is_typed(kind))
    return scope


def _is_typed(kind: str) -> bool:
    return kind in ("boolean", "number")


def typed(value: Value, kind: str) -> Value:
    """A value as its parameter's type has it."""
    if kind == "boolean" and isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    if kind == "number" and isinstance(value, str):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            return value
        return int(number) if abs(number) < 1e15 and number.is_integer() else number
    if kind == "string" and not isinstance(value, (str, Map, Seq, Unknown)):
        return text_of(value) or ""
    return value


def looks_like(value: Value, name: str) -> str:
    """What a list that is handed to a template somewhere else holds: stages, jobs, steps; empty for anything else."""
    if not isinstance(value, Seq):
        return ""
    for item in value:
        if not isinstance(item, Map):
            continue
        if not _STEP_KEYS.isdisjoint(item):
            return "steps"
        if "stage" in item:
            return "stages"
        if "job" in item or "deployment" in item:
            return "jobs"
        if "template" in item:
            return next((kind for kind in LISTS if name.lower().endswith(kind)), "")
    return ""


def call_note(kind: str, wanted: str, span: Span) -> Origin:
    return Origin(f"template for {kind}", span, wanted)


def in_file(value: Value, span: Span) -> Value:
    """A text that is handed on to another file knows its own."""
    if isinstance(value, Text) and not value.file:
        return Text(str(value), value.first_line, value.indent, value.exact, span.file)
    return value
