"""Containers of the pods that Jenkins' agents are: the manifests that are written in the pipeline's file."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.formats.groovy_nodes import Call, ListOf, Node, Quote
from guardrail.formats.yaml import load
from guardrail.inputs.pipelines.jenkins_file import AS_IT_IS, Code, literal
from guardrail.inputs.pipelines.jenkins_margins import METHODS
from guardrail.inputs.pipelines.jenkins_scope import Scope, named
from guardrail.inputs.pipelines.vocabulary import Draft, Filled, Keys, image_dependency, text_of
from guardrail.model import HOLE, Map, Note, Noun, Problem, Seq, Span, Unknown


def container_draft(name: str, kind: str, header: Span, filled: Filled | None, entry: Span) -> Draft:
    draft = Draft("container", header)
    draft.put("name", name)
    draft.put("class", kind)
    if filled is not None:
        draft.put("image", filled.value, entry, filled.origin)
    draft.put("long_running", False)
    draft.put("serves", False)
    return draft


def pod_template(call: Call, scope: Scope, keys: Keys) -> Iterator[Noun]:
    """`podTemplate(...)`. Its volumes are mounted into each container of the pod, and Jenkins always adds one."""
    pod = call.get("yaml")
    if pod is not None:
        yield from pod_nouns(pod, scope, keys)
    file, volumes = scope.file, call.get("volumes")
    mounts = Seq(file.of(call))
    for volume in volumes.items if isinstance(volumes, ListOf) else ():
        host = file.plain(volume.get("hostPath")) if isinstance(volume, Call) else None
        if not isinstance(volume, Call) or volume.name != "hostPathVolume" or not host:
            continue
        where = file.of(volume)
        item = Map(where)
        item.put("path", file.plain(volume.get("mountPath")), where)
        item.put("read_only", literal(volume.get("readOnly")) is True, where)
        item.put("host_path", host, where)
        mounts.add(item, where)
    if mounts:
        draft = container_draft("pod", "job", file.head(call), None, file.head(call))
        draft.put("privileged", False)
        draft.put("mounts", mounts, mounts.spans[0])
        yield draft.noun("each container of the pod", "pod/volumes")


def pod_nouns(node: Node, scope: Scope, keys: Keys) -> Iterator[Noun]:
    """The containers of a pod's manifest. Where something is interpolated, what it is part of is unknown."""
    file = scope.file
    quote, stripping = _quote_of(node, scope)
    if quote is None:
        file.note("pod-not-read", "the pod of an agent is written elsewhere; its containers are not judged", node)
        return
    template = file.template(quote, stripping)
    places = _Places(template)
    loaded = load(str(template).replace(HOLE, "x").encode(), file.path)
    for problem in loaded.problems:
        line = places.of(Span("", max(problem.line, 1), 1, max(problem.line, 1), 1)).line
        what = f"the pod of an agent is {problem.message}"
        if HOLE in template:  # what is filled in may make it whole
            file.notes.append(Note("malformed", what, file.path, line))
        else:
            file.problems.append(Problem("malformed", what, file.path, line))
    for document in loaded.documents:
        spec = document.value.get("spec") if isinstance(document.value, Map) else None
        if not isinstance(spec, Map):
            continue
        for key in ("initContainers", "containers"):
            listed = spec.get(key)
            for body in listed if isinstance(listed, Seq) else ():
                if isinstance(body, Map) and body:
                    yield from _container(body, _host_paths(spec), places, keys)


def _quote_of(node: Node, scope: Scope) -> tuple[Quote | None, list[Call]]:
    """The string that a manifest is: written there, or in a variable that is set once; what strips its lines."""
    stripping: list[Call] = []
    node = _bare(node, stripping)
    name, holder = named(node)
    if name and not holder:
        top = scope.names.top.get(name)
        if top is not None and top.value is not None and scope.names.assigned.get(name) == 1:
            node = _bare(top.value, stripping)
    return (node if isinstance(node, Quote) else None), stripping[::-1]


def _bare(node: Node, stripping: list[Call]) -> Node:
    while isinstance(node, Call) and node.receiver is not None and node.name in AS_IT_IS | METHODS:
        if node.name in METHODS:
            stripping.append(node)
        node = node.receiver
    return node


class _Places:
    """Places in a manifest -> places in the file. `holes` are where something is interpolated."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self._starts = [0]
        at = code.find("\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = code.find("\n", at + 1)

    def _offset(self, line: int, column: int) -> int:
        return min(self._starts[min(line, len(self._starts)) - 1] + column - 1, len(self.code))

    def of(self, span: Span) -> Span:
        start = self._offset(span.line, span.column)
        return self.code.place(self.code.file, start, max(self._offset(span.end_line, span.end_column), start))

    def unknown(self, span: Span) -> Unknown | None:
        """Why what stands there can't be known; None where it is written out."""
        written = self.code[self._offset(span.line, span.column) : self._offset(span.end_line, span.end_column)]
        return Unknown("a part of it is worked out when the pipeline runs") if HOLE in written else None

    def template(self, span: Span, value: str) -> str:
        """A scalar with a HOLE for each interpolation, as far as it is written plainly."""
        written = self.code[self._offset(span.line, span.column) : self._offset(span.end_line, span.end_column)]
        plain = written.partition(":")[2].strip().strip("\"'")
        return plain if plain.replace(HOLE, "x") == value else HOLE


def _host_paths(spec: Map) -> dict[str, str]:
    """Folders of the host, by the names of their volumes."""
    found: dict[str, str] = {}
    volumes = spec.get("volumes")
    for volume in volumes if isinstance(volumes, Seq) else ():
        host = volume.get("hostPath") if isinstance(volume, Map) else None
        name = text_of(volume.get("name")) if isinstance(volume, Map) else None
        path = text_of(host.get("path")) if isinstance(host, Map) else None
        if name and path:
            found[name] = path
    return found


def _container(body: Map, hosts: dict[str, str], places: _Places, keys: Keys) -> Iterator[Noun]:
    image = text_of(body.get("image"))
    header = places.of(body.spans["name"] if "name" in body else body.header)
    filled: Filled | None = None
    entry = header
    if image is not None:
        span = body.spans["image"]
        entry = places.of(span)
        unknown = places.unknown(span)
        filled = Filled(unknown or image, places.template(span, image) if unknown else image, unknown, None)
        yield image_dependency(filled.template, filled.unknown, entry, keys)
    name = text_of(body.get("name")) or "container"
    draft = container_draft(name, "job", header, filled, entry)
    context = body.get("securityContext")
    if isinstance(context, Map) and context.get("privileged") is not None:
        span = context.spans["privileged"]
        draft.put("privileged", places.unknown(span) or context["privileged"], places.of(span))
    else:
        draft.put("privileged", False)
    mounts = Seq(header)
    listed = body.get("volumeMounts")
    for mount in listed if isinstance(listed, Seq) else ():
        if isinstance(mount, Map) and mount:
            where = places.of(mount.header)
            item = Map(where)
            item.put("path", text_of(mount.get("mountPath")), where)
            item.put("read_only", mount.get("readOnly") is True, where)
            host = hosts.get(text_of(mount.get("name")) or "")
            if host:
                item.put("host_path", host, where)
            mounts.add(item, where)
    if mounts:
        draft.put("mounts", mounts, mounts.spans[0])
    yield draft.noun(f"container {name}", f"pod/{name}")
