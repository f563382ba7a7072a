"""Manifests -> resources: every document that has an apiVersion and a kind, of built-in kinds and others."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from guardrail.formats import yaml
from guardrail.inputs.kubernetes import documents, fillings
from guardrail.inputs.kubernetes.expectations import expectations
from guardrail.inputs.kubernetes.helm import read_charts
from guardrail.inputs.kubernetes.helm.layout import ChartFolders
from guardrail.inputs.kubernetes.kinds import group_of, kind_of
from guardrail.inputs.kubernetes.kustomize import Kustomizations
from guardrail.inputs.kubernetes.platform.catalog import entity, is_entity, is_skeleton
from guardrail.inputs.kubernetes.platform.releases import Releases
from guardrail.inputs.kubernetes.platform.sources import add_sources
from guardrail.inputs.kubernetes.platform.unseen import add_unseen
from guardrail.inputs.kubernetes.recognise import CLUSTER_CONFIGURATION, CLUSTER_CONFIGURATIONS, NOT_FOR_A_CLUSTER
from guardrail.inputs.kubernetes.scopes import address, settle
from guardrail.inputs.kubernetes.secrets import hide
from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.model import Map, Note, Problem, Resource, Seq, Span, Value
from guardrail.model.patterns import lazy_regex
from guardrail.tree import Tree, Unreadable

_NOT_MANIFESTS = frozenset({"chart.yaml", "chart.yml", "values.yaml", "values.yml"})  # fmt: skip
_TAKES_FILES = lazy_regex(rb"\.Files\s*\.")
UNNAMED = "(unnamed)"
_TO_FILL_IN = lazy_regex(rb"(?<=[:-] )\{\{ ([^{}\"'\s][^{}\"'\n]{0,200}?) \}\}(?=[ \t]*\r?$)", re.M)


def read(files: Sequence[str], tree: Tree, options: ReadOptions) -> Reading:
    releases = Releases(files, tree)
    reading = read_charts(files, tree, options, releases.profiles_of)
    kustomizations = Kustomizations(files, tree, partial(_read_file, built=True), releases.components)
    kustomizations.add_to(reading)
    expected = expectations(files, tree)
    for path in files:
        if path in reading.files:
            continue
        if path in expected:
            what = "what a test expects to find in a cluster, and is not applied; not judged"
            reading.notes.append(Note("expectation", what, path))
            reading.files[path] = "skipped"
            continue
        if path.rsplit("/", 1)[-1].lower() in _NOT_MANIFESTS:
            reading.files[path] = "skipped"
            continue
        try:
            data = tree.read(path)
        except Unreadable as error:
            reading.problems.append(error.problem)
            reading.files[path] = "failed"
            continue
        if kustomizations.is_patch(path):
            reading.notes.append(_patch(path))
            reading.files[path] = "skipped"
            continue
        before = len(reading.resources)
        if b"{{" in data and _is_filled_in_by_chart(path, data, tree):
            what = "a file of a chart that its templates may fill in; not judged by itself"
            reading.notes.append(Note("template", what, path))
            reading.files[path] = "skipped"
            continue
        _read_file(path, data, reading)
        whole: list[Resource] = []
        for resource in reading.resources[before:]:
            if kustomizations.is_partial(path, resource):
                reading.notes.append(_patch(path))
                continue
            whole.append(resource)
        if len(whole) != len(reading.resources) - before:
            reading.resources[before:] = whole
            if not whole and reading.files[path] == "analysed":
                reading.files[path] = "skipped"
    releases.fill(reading.resources)
    settle(reading.resources)
    releases.place(reading.resources)
    reading.notes += releases.notes
    add_sources(reading.resources, releases.is_local)
    add_unseen(reading, tree, releases.is_local)
    return reading


def _is_filled_in_by_chart(path: str, data: bytes, tree: Tree) -> bool:
    """Whether a file is no YAML yet and a chart's, whose templates may take it in (`tpl (.Files.Get "conf/rules.yaml")
    .`): it is judged as rendered."""
    folder = ChartFolders(tree).of(path)
    if folder is None or not documents.load(data, path).problems:
        return False
    templates = posixpath.join(folder, "templates")
    folders = [templates, *(posixpath.join(templates, name) for name in tree.folders_in(templates))]
    return any(_takes_files(posixpath.join(above, name), tree) for above in folders for name in tree.names_in(above))


def _takes_files(path: str, tree: Tree) -> bool:
    try:
        return _TAKES_FILES.search(tree.read(path)) is not None
    except Unreadable:
        return False


def _patch(path: str) -> Note:
    return Note("patch", "a kustomize patch that nothing of what is built makes use of; not judged", path)


def _read_file(path: str, data: bytes, reading: Reading, dialect: str = "kubernetes", built: bool = False) -> None:
    """`built`: by kustomize, which takes nothing that is still to be filled in."""
    if b"{{ " in data and ".tekton" in path.split("/"):
        # Pipelines-as-Code fills these in before it reads the file; quoted, they are texts of the same length.
        data = _TO_FILL_IN.sub(rb'"{{\1}}"', data)
    loaded = documents.load(data, path, dialect)
    problems = list(loaded.problems)
    if problems and is_skeleton(data):
        what = "a template of catalogue entries, to be filled in by a scaffolder; not judged"
        reading.notes.append(Note("template", what, path))
        reading.files[path] = "skipped"
        return
    broken = [problem.line for problem in problems if problem.kind == "syntax"]
    told = len(reading.notes)
    if broken and fillings.is_template(loaded.text):
        filled_in = None if built else fillings.read_as_written(loaded.text, path, dialect)
        if filled_in is not None:
            loaded, problems, broken = filled_in, list(filled_in.problems), []
        elif lacking := fillings.are_why(loaded.text, broken):
            problems = [problem for problem in problems if problem.kind != "syntax" or problem.line not in lacking]
            if built:
                what = "a template that is no YAML before it is filled in; not judged"
                problems.append(Problem("unrendered", what, path, min(lacking)))
            else:
                what = "a template, of which pieces hang on what it is filled in with; these are not judged"
                reading.notes.append(Note("template", what, path, min(lacking)))
    lines: list[str] = []
    tagged = b"!" in data
    resources: list[Resource] = []
    for document in loaded.documents:
        value = untagged(document.value) if tagged else document.value
        if broken and isinstance(value, (Map, Seq)) and any(map(value.span.covers, broken)):
            continue
        if not lines:
            lines = loaded.text.split("\n")
        before = len(resources) + len(problems)
        resources.extend(resources_in(value, path, problems, partial(_extent, document, lines)))
        if built and (isinstance(value, Seq) or before == len(resources) + len(problems)):
            problems += _refused(value, path, document.line)
    reading.resources += resources
    reading.problems += problems
    if len(reading.notes) > told and not problems:
        reading.files[path] = "partial" if resources else "skipped"
    elif problems:
        reading.files[path] = "partial" if resources else "failed"
    else:
        reading.files[path] = "analysed" if resources else "skipped"


def _refused(value: Value, path: str, line: int) -> Iterator[Problem]:
    """What kustomize says of a document that is no object. It takes empty ones."""
    if value in (None, {}, []):
        return
    what = "a list" if isinstance(value, Seq) else "no more than a text"
    if isinstance(value, Map):
        kind = value.get("kind")
        if isinstance(kind, str) and ("metadata" in value or kind.endswith("List")):
            return
        what = "something without a kind and a name"
    line = value.header.line if isinstance(value, (Map, Seq)) else line
    yield Problem("kustomize", f"holds {what}, which kustomize does not take", path, line)


def resources_in(
    value: Value, path: str, problems: list[Problem], extent: Callable[[Map], Span]
) -> Iterator[Resource]:
    """The resources of one document of a file. `extent` says how much of the file is an object's that has the document
    to itself."""
    if isinstance(value, Seq):
        yield from _items(value, path, problems)
    elif isinstance(value, Map) and _is_resource(value, path, problems):
        if _is_list(value):
            yield from _items(_members(value, path, problems), path, problems)
        else:
            yield _resource(value, path, extent(value))


def _is_resource(value: Map, path: str, problems: list[Problem]) -> bool:
    """True for what an API server would take; tells what only nearly is that."""
    version, kind = value.get("apiVersion"), value.get("kind")
    if version is None:
        if isinstance(kind, str) and isinstance(value.get("metadata"), Map):
            problems.append(Problem("syntax", f"kind {kind!r} without an apiVersion; not judged", path,
                                    value.place("kind").line))  # fmt: skip
        return False
    if not isinstance(kind, str) or not kind:
        if kind is None and not isinstance(value.get("metadata"), Map):
            return False  # Azure's templates have an apiVersion too
        what = "an apiVersion but no kind" if kind is None else "a kind that is not a name"
        problems.append(Problem("syntax", f"has {what}; not judged", path, value.place("apiVersion").line))
        return False
    if "metadata" not in value and not kind[0].isupper():
        return False  # some other tool's file: Istio's release notes have `kind: bug-fix`
    if not isinstance(version, str):
        return True
    if NOT_FOR_A_CLUSTER.match(version):
        return False
    if CLUSTER_CONFIGURATION.match(version):
        return kind in CLUSTER_CONFIGURATIONS
    return not (version == "v1" and kind == "Config" and ("clusters" in value or "users" in value))


def _items(items: Seq, path: str, problems: list[Problem]) -> Iterator[Resource]:
    """The resources in a list, those of lists inside it in their place."""
    stack: list[Value] = list(reversed(items))
    while stack:
        item = stack.pop()
        if not isinstance(item, Map) or not _is_resource(item, path, problems):
            continue
        if _is_list(item):
            stack.extend(reversed(_members(item, path, problems)))
        else:
            yield _resource(item, path, item.span)


def _is_list(value: Map) -> bool:
    return ("items" in value and value["kind"].endswith("List")) or _is_template(value)


def _is_template(value: Map) -> bool:
    """OpenShift's, whose parameters are filled in when it is processed."""
    return "objects" in value and value["kind"] == "Template" and group_of(value) in ("", "template.openshift.io")


def _members(listing: Map, path: str, problems: list[Problem]) -> Seq:
    """The items of a `List`, or of a typed one (`ConfigMapList`) whose items need not say what they are."""
    key = "objects" if _is_template(listing) else "items"
    items = listing[key]
    if not isinstance(items, Seq):
        if items is not None:
            problems.append(Problem("syntax", f"the items of a {listing['kind']} are no list; not judged", path,
                                    listing.place(key).line))  # fmt: skip
        return Seq()
    kind = listing["kind"][: -len("List")] if key == "items" else ""
    for index, item in enumerate(items):
        if not isinstance(item, Map):
            problems.append(
                Problem("syntax", f"item {index} of a list is no object; not judged", path, items.place(index).line)
            )
        elif kind and "kind" not in item and "apiVersion" not in item:
            item.put("apiVersion", listing["apiVersion"], listing.place("apiVersion"))
            item.put("kind", kind, listing.place("kind"))
    return items


def _resource(value: Map, path: str, span: Span) -> Resource:
    if is_entity(value):
        return entity(value, path, span)
    kind: str = value["kind"]
    if kind in CLUSTER_CONFIGURATIONS:  # no object of a cluster, with neither labels nor namespace
        place = f"{kind}/{_word(value.get('clusterName')) or UNNAMED}"
        return Resource("kubernetes", "kubernetes", kind, place, value, span=span, scope=posixpath.dirname(path))
    metadata = value.get("metadata")
    name: Value = None
    namespace: Value = None
    tags = Map(value.span, value.header)
    if isinstance(metadata, Map):
        name, namespace = metadata.get("name"), metadata.get("namespace")
        if name is None:
            prefix = metadata.get("generateName")
            name = f"{prefix}*" if isinstance(prefix, str) and prefix else None
        labels = metadata.get("labels")
        tags = labels if isinstance(labels, Map) else Map(metadata.span, metadata.header)
    if kind == "Secret":
        hide(value)
    return Resource(
        "kubernetes",
        "kubernetes",
        kind_of(value),
        address(kind, _word(namespace), _word(name) or UNNAMED, group_of(value)),
        value,
        span=span,
        scope=posixpath.dirname(path),
        tags=tags,
    )


def _word(value: Value) -> str:
    """A name as text: YAML makes a number of `name: 2024`."""
    if value is None or isinstance(value, (Map, Seq)):
        return ""
    return str(value)


def _extent(document: yaml.Document, lines: list[str], value: Map) -> Span:
    """The document from its first comment to the end of its content; without `---` and blank lines around."""
    first = document.line
    while first < value.span.line and first <= len(lines):
        line = lines[first - 1].strip()
        if line and not line.startswith(("---", "...", "%")):
            break
        first += 1
    if first >= value.span.line:
        return value.span
    return Span(value.span.file, first, 1, value.span.end_line, value.span.end_column)


def untagged(root: Value) -> Value:
    """The value without local tags (`!vault x`), which Kubernetes' own reader passes over as well."""
    while isinstance(root, yaml.Tag):
        root = root.value
    stack: list[Value] = [root]
    seen: set[int] = set()
    while stack:
        holder = stack.pop()
        if id(holder) in seen:
            continue
        seen.add(id(holder))
        keys = list(holder) if isinstance(holder, Map) else range(len(holder)) if isinstance(holder, Seq) else ()
        for key in keys:
            item = holder[key]
            while isinstance(item, yaml.Tag):
                item = item.value
                holder[key] = item
            if isinstance(item, (Map, Seq)):
                stack.append(item)
    return root
