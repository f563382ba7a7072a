"""GitLab's `include`: which files a configuration consists of, and all of them merged into one mapping."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from guardrail.inputs.pipelines.document import Library
from guardrail.inputs.pipelines.gitlab_inputs import MAX_PASTED, Pasting, inputs_of
from guardrail.inputs.pipelines.vocabulary import text_of
from guardrail.model import Map, Note, Origin, OriginsOf, Problem, Seq, Span, Value
from guardrail.model.patterns import lazy_regex

MAX_INCLUDES = 150  # GitLab's own limit
# A component of this very repository, at the commit that runs.
_OWN_COMPONENT = lazy_regex(
    r"\$\{?CI_SERVER_(?:FQDN|HOST)\}?/\$\{?CI_PROJECT_PATH\}?/([\w./-]+)@\$\{?CI_COMMIT_(?:SHA|REF_NAME|BRANCH|TAG)\}?\Z"
)
_OWN_PROJECT = frozenset(("$CI_PROJECT_PATH", "${CI_PROJECT_PATH}", "$CI_PROJECT_NAMESPACE/$CI_PROJECT_NAME"))
_KINDS = ("local", "project", "remote", "template", "component", "artifact")


class Include(NamedTuple):
    """One entry of an `include`: `kind` is local, project, remote, template, component or artifact; `what` is
    what it names and `body` the entry where it is a mapping."""

    kind: str
    what: str
    body: Map | None
    span: Span


def includes_of(declared: Value, span: Span) -> Iterator[Include]:
    """The entries of an `include:`, in any of its spellings."""
    items = list(zip(declared, declared.spans, strict=False)) if isinstance(declared, Seq) else [(declared, span)]
    for item, place in items:
        if isinstance(item, str):
            yield Include("remote" if item.startswith(("http://", "https://")) else "local", item, None, place)
        elif isinstance(item, Map):
            for kind in _KINDS:
                if item.get(kind) is not None:
                    yield Include(kind, text_of(item[kind]) or "", item, item.spans[kind])
                    break
            else:
                yield Include("", "", item, item.header)
        elif item is not None:
            yield Include("", "", None, place)


class Merged:
    """A configuration with what it includes. `files` are those it was read from, the including one last;
    `open` says that parts of it are elsewhere and were not read."""

    __slots__ = ("children", "files", "given", "includes", "left", "notes", "open", "problems", "root")

    def __init__(self, root: Map) -> None:
        self.root = root
        self.files: list[str] = []
        self.includes: list[Include] = []
        self.children: list[str] = []
        self.given: dict[str, Value] = {}  # to children: the inputs that they are started with
        self.left = MAX_PASTED
        self.problems: list[Problem] = []
        self.notes: list[Note] = []
        self.open = False


def merged(path: str, library: Library, given: Value = None) -> Merged | None:
    """The configuration at `path`, None where it holds no mapping; `given` are the inputs it is started with. Later
    files win over earlier ones, the including file over all; mappings are merged, anything else is replaced, as
    GitLab does."""
    root = library.get(path).root
    if root is None:
        return None
    result = Merged(root)
    result.root = _merge_file(path, library, result, (), given)
    return result


def _merge_file(path: str, library: Library, result: Merged, chain: tuple[str, ...], given: Value) -> Map:
    source = library.get(path)
    root = source.root
    if root is None:
        return Map()
    if source.inputs is not None and result.left > 0:
        included = bool(chain) and "templates" not in path.split("/")  # components are for others too
        pasting = Pasting(inputs_of(source.inputs, given, included), result.left)
        filled = pasting.value(root)
        result.left = pasting.left
        if result.left < 0:
            what = f"its inputs are put into more than {MAX_PASTED:,} entries; the others stay as they are"
            result.problems.append(Problem("too-many", what, path, 1))
            result.open = True
        root = filled if isinstance(filled, Map) else root
    collected = Map(root.span, root.header)
    if "include" in root:
        for include in includes_of(root["include"], root.spans["include"]):
            if len(result.includes) >= MAX_INCLUDES:
                what = f"more than {MAX_INCLUDES} includes; the others are not read"
                result.problems.append(Problem("too-many", what, include.span.file, include.span.line))
                result.open = True
                break
            result.includes.append(include)
            for target in _targets(path, include, library, result):
                if target in chain or target == path:
                    what = f"{target} includes itself"
                    result.problems.append(Problem("include-cycle", what, include.span.file, include.span.line))
                elif target not in result.files or given_to(include) is not None:
                    part = _merge_file(target, library, result, (*chain, path), given_to(include))
                    collected = merge(collected, part)
    if path not in result.files:
        result.files.append(path)
    return merge(collected, root)


def given_to(include: Include) -> Value:
    """The inputs that an include hands to the file that it takes in."""
    return include.body.get("inputs") if include.body is not None else None


def is_own(kind: str, what: str, body: Map | None) -> bool:
    """True for what stands in this repository, at the commit that runs, though it is spelt as another's."""
    if kind == "component":
        return bool(_OWN_COMPONENT.match(what))
    return kind == "project" and what in _OWN_PROJECT and body is not None and "ref" not in body


def own_files(path: str, include: Include, library: Library) -> list[str] | None:
    """The files of this repository that an include spells as those of a project or component; None where it means
    those of another one."""
    component = _OWN_COMPONENT.match(include.what) if include.kind == "component" else None
    if component:
        name = component.group(1)
        return local_files(path, f"templates/{name}.yml", library) or local_files(
            path, f"templates/{name}/template.yml", library
        )
    if include.body is not None and is_own(include.kind, include.what, include.body):
        wanted = include.body.get("file")
        return [
            target
            for name in (wanted if isinstance(wanted, Seq) else [wanted])
            if isinstance(name, str) and "$" not in name
            for target in local_files(path, name, library)
        ]
    return None


def _targets(path: str, include: Include, library: Library, result: Merged) -> list[str]:
    """The files of the tree that an include stands for; what is elsewhere is told in a note."""
    where = include.span.file, include.span.line
    if include.kind == "local" and "$" not in include.what:
        found = local_files(path, include.what, library)
        readable = [target for target in found if library.get(target).root is not None]
        for target in found:
            if target not in readable and not library.get(target).problems:
                result.problems.append(Problem("malformed", "is no mapping, so no configuration", target, 1))
        if not found:
            if include.body is not None and "rules" in include.body:  # it may be there only where it is wanted
                result.notes.append(Note("missing-include", f"{include.what} is not there", *where))
            else:
                result.problems.append(Problem("missing-include", f"{include.what} is not there", *where))
            result.open = True
        return readable
    own = own_files(path, include, library)
    if own:
        return [target for target in own if library.get(target).root is not None]
    if include.kind in ("", "artifact"):
        if not include.kind:
            result.problems.append(Problem("malformed", "an include that names nothing", *where))
        return []
    result.open = True
    what = f"the {include.kind} include {include.what} is not read"
    result.notes.append(Note("remote-include", what, *where))
    return []


def local_files(path: str, wanted: str, library: Library) -> list[str]:
    """Files for a local include, seen from the repository's root; `*` and `**` are wildcards."""
    tree = library.tree
    folder = path.rpartition("/")[0] if path.rpartition("/")[2].startswith(".gitlab-ci.") else ""
    relative = wanted.strip().lstrip("/")
    # What is included, or is no `.gitlab-ci.yml`, does not tell where its repository begins: any folder above may.
    parts = path.split("/")[:-1]
    for base in dict.fromkeys((folder, "", *("/".join(parts[:end]) for end in range(1, len(parts) + 1)))):
        joined = tree.join(base, relative)
        if not joined:
            continue
        if "*" in joined:
            found = _matching(joined, library)
        else:
            found = [joined] if tree.is_file(joined) else []
        if found:
            return found
    return []


def _matching(pattern: str, library: Library) -> list[str]:
    """Files that match a pattern whose folders are named outright; `**` takes the folder itself as well."""
    head = pattern.rpartition("/")[0]
    folders = [head]
    if "*" in head:
        head = head.partition("*")[0].rstrip("/")
        folders = list(_folders_below(head, library))
    expression = "".join(
        {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}.get(part, re.escape(part))
        for part in re.split(r"(\*\*/|\*\*|\*)", pattern)
    )
    matcher = re.compile(expression + r"\Z")
    names = (f"{folder}/{name}" if folder else name for folder in folders for name in library.tree.names_in(folder))
    return sorted(name for name in names if matcher.match(name) and name.endswith((".yml", ".yaml")))[:MAX_INCLUDES]


def _folders_below(top: str, library: Library) -> Iterator[str]:
    for count, (folder, inner, _) in enumerate(library.tree.walk(top)):
        inner[:] = [name for name in inner if name not in (".git", "node_modules")]
        if count >= 2000:
            return
        yield folder


def merge(base: Map, over: Map, note: str = "", at: Span | None = None) -> Map:
    """`over` upon `base`, mappings within mappings too. Entries keep their places; with `note`, those taken
    from `base` say so as their origin."""
    result = Map(over.span, over.header)
    for key in base:
        if key in over:
            inner, upper = base[key], over[key]
            value = merge(inner, upper) if isinstance(inner, Map) and isinstance(upper, Map) else upper
            result[key], result.spans[key] = value, over.spans[key]
            _keep_origin(result, over, key)
        else:
            result[key], result.spans[key] = base[key], base.spans[key]
            _keep_origin(result, base, key)
            if note and at is not None:
                origins = result.origins = result.origins or {}
                if key not in origins:
                    origins[key] = _inherited(note, at, base[key])
    for key in over:
        if key not in base:
            result[key], result.spans[key] = over[key], over.spans[key]
            _keep_origin(result, over, key)
    return result


def _inherited(note: str, at: Span, value: Value) -> OriginsOf:
    return lambda: (Origin(note, at, value),)


def _keep_origin(result: Map, source: Map, key: str) -> None:
    if source.origins and key in source.origins:
        result.origins = result.origins or {}
        result.origins[key] = source.origins[key]
