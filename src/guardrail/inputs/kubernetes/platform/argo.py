"""Argo CD's Applications, and those that an ApplicationSet makes as far as its generators are written down
(https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/)."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterator

from guardrail.formats import yaml
from guardrail.inputs.kubernetes.helm.profiles import Profile
from guardrail.inputs.kubernetes.helm.values import merged
from guardrail.inputs.kubernetes.kustomize.files import written_inside
from guardrail.inputs.kubernetes.kustomize.objects import Failed
from guardrail.inputs.kubernetes.platform.asked import (
    Asked,
    Placement,
    items,
    mapping,
    name_of,
    set_value,
    text,
    typed,
)
from guardrail.model import Map, Seq, Text, Value
from guardrail.model.patterns import lazy_regex
from guardrail.tree import Unreadable

MAX_GENERATED = 300  # applications of one set
MAX_FOLDERS = 5000  # looked at for one generator
_PLACEHOLDER = lazy_regex(r"\{\{-?([^{}]*?)-?\}\}")
_NAME = lazy_regex(r"\.?([\w-]+(?:(?:\.[\w-]+)|(?:\[\d+\]))*)\Z")
_INDEX = lazy_regex(r"index\s+\.?([\w.]+)\s+(\d+)\Z")
_SETTINGS = ("namePrefix", "nameSuffix", "images", "replicas", "patches", "commonLabels", "commonAnnotations",
             "components")  # fmt: skip
Parameters = dict[str, Value]


def application(value: Map, asked: Asked, label: str = "") -> None:
    spec = mapping(value, "spec")
    if spec is None:
        return
    name = name_of(value)
    label = label or f"Application {name}"
    sources = [source for source in (mapping(spec, "source"), *items(spec, "sources")) if source is not None]
    refs = {text(source, "ref"): source for source in sources if text(source, "ref")}
    namespace = text(spec, "destination", "namespace")
    for number, source in enumerate(sources):
        folder = asked.folder(source.get("path")) if source.get("path") is not None else None
        if folder is None or source.get("chart") is not None:
            continue
        shown = label if len(sources) == 1 else f"{label}, source {number + 1}"
        asked.local.add(source.place("repoURL"))
        if asked.is_chart(folder):
            _chart(source, folder, name, namespace, refs, shown, asked)
            continue
        directory = mapping(source, "directory")
        deep = asked.is_kustomization(folder) or (directory is not None and directory.get("recurse") is True)
        kustomize = mapping(source, "kustomize")
        if kustomize is not None and any(key in kustomize for key in _SETTINGS):
            asked.note(f"{shown} changes what {folder or '.'} is built to; that is judged without the changes",
                       source.place("kustomize"))  # fmt: skip
        inner = text(kustomize, "namespace")
        place = source.place("path")
        asked.deploy(folder, Placement(folder, deep, inner or namespace, bool(inner), shown, place))


def _chart(
    source: Map, folder: str, name: str, namespace: str, refs: dict[str, Map], label: str, asked: Asked
) -> None:
    helm = mapping(source, "helm") or Map(source.span, source.header)
    files: list[str] = []
    listed = helm.get("valueFiles")
    for index, item in enumerate(listed if isinstance(listed, Seq) else ()):
        span = listed.place(index) if isinstance(listed, Seq) else helm.header
        found = _values_file(item, folder, refs, asked)
        if found is not None:
            files.append(found)
        elif helm.get("ignoreMissingValueFiles") is not True:
            what = f"{label} takes values from {item!r}, which is not there; its chart is not rendered with them"
            asked.note(what, span)
            return
    values = _values(helm, label, asked)
    if values is None:
        return
    if helm.get("fileParameters"):
        asked.note(f"{label} takes values from files that are not read; its chart is not rendered with them",
                   helm.place("fileParameters"))  # fmt: skip
        return
    release = text(helm, "releaseName") or name
    namespace = text(helm, "namespace") or namespace
    origin = helm.place("valueFiles") if files else source.place("path")
    asked.render(folder, Profile(label, tuple(files), values or None, release, namespace, origin))


def _values_file(item: Value, folder: str, refs: dict[str, Map], asked: Asked) -> str | None:
    """Relative to the chart; from the repository's top after `/` or the name of another source (`$values/...`)."""
    if not isinstance(item, str) or "://" in item:
        return None
    base = folder
    if item.startswith("$"):
        reference, _, item = item[1:].partition("/")
        if reference not in refs:
            return None
        base = ""
    elif item.startswith("/"):
        base = ""
    path = asked.tree.join(base, item.lstrip("/"))
    return path if path and asked.tree.is_file(path) else None


def _values(helm: Map, label: str, asked: Asked) -> Map | None:
    """What is said in place; None where that can't be known."""
    values = Map(helm.span, helm.header)
    written = helm.get("values")
    if isinstance(written, str) and written.strip():
        if "{{" in written:
            asked.note(f"{label} has values that are filled in later; its chart is not rendered with them",
                       helm.place("values"))  # fmt: skip
            return None
        try:
            for value in written_inside(written, helm, "values"):
                if isinstance(value, Map):
                    values = merged(values, value)
        except Failed:
            asked.note(f"the values of {label} are no YAML; its chart is not rendered with them", helm.place("values"))
            return None
    own = mapping(helm, "valuesObject")
    if own is not None:
        values = own
    for parameter in items(helm, "parameters"):
        said = parameter.get("value")
        if isinstance(said, str):
            said = said if parameter.get("forceString") is True else typed(said)
        made = set_value(values, text(parameter, "name"), said, parameter.place("value"))
        if made is None:
            what = f"{label} has a parameter of which it is not clear what it sets; its chart is not rendered with it"
            asked.note(what, parameter.header)
            return None
        values = made
    return values


# Sets -----------------------------------------------------------------------------------------------------------


def application_set(value: Map, asked: Asked) -> None:
    spec = mapping(value, "spec")
    template = mapping(spec, "template")
    if spec is None or template is None:
        return
    label = f"ApplicationSet {name_of(value)}"
    count = 0
    for generator in items(spec, "generators"):
        for parameters in _generated(generator, label, asked):
            count += 1
            if count > MAX_GENERATED:
                what = f"{label} makes more than {MAX_GENERATED} applications; the rest is passed over"
                asked.note(what, value.header)
                return
            made = Map(template.span, template.header)
            for key in template:
                made.put(key, filled(template[key], parameters), template.place(key))
            left = _left(made)
            name = name_of(made)
            if left:
                asked.note(f"{label} fills in {left}, which only the cluster knows; what it deploys so is not judged",
                           template.header)  # fmt: skip
                continue
            application(made, asked, f"{label}, {name}" if name else label)


def _generated(generator: Map, label: str, asked: Asked) -> Iterator[Parameters]:
    """The parameters of each application. Of generators that ask somebody, one set of none: what hangs on it shows."""
    if (listed := mapping(generator, "list")) is not None:
        for element in items(listed, "elements"):
            yield dict(_flat("", element))
    elif (git := mapping(generator, "git")) is not None:
        yield from _of_git(git, asked)
    elif (matrix := mapping(generator, "matrix")) is not None:
        combined: list[Parameters] = [{}]
        for child in items(matrix, "generators"):
            found = list(_generated(child, label, asked))
            combined = [{**one, **other} for one in combined for other in found][:MAX_GENERATED]
        yield from combined
    elif (merge := mapping(generator, "merge")) is not None:
        yield from _merged(merge, label, asked)
    elif generator:
        yield {}


def _merged(merge: Map, label: str, asked: Asked) -> Iterator[Parameters]:
    listed = merge.get("mergeKeys")
    keys = [str(key) for key in listed] if isinstance(listed, Seq) else []
    first, *others = [list(_generated(child, label, asked)) for child in items(merge, "generators")] or [[]]
    for parameters in first:
        whole = dict(parameters)
        for other in (found for more in others for found in more):
            if keys and all(key in other and other[key] == parameters.get(key) for key in keys):
                whole.update(other)
        yield whole


def _of_git(git: Map, asked: Asked) -> Iterator[Parameters]:
    values = dict(_flat("values", mapping(git, "values") or Map()))
    prefix = text(git, "pathParamPrefix")
    start = f"{prefix}." if prefix else ""
    if "directories" in git:
        globs = items(git, "directories")
        wanted = [text(item, "path") for item in globs if item.get("exclude") is not True]
        unwanted = [text(item, "path") for item in globs if item.get("exclude") is True]
        for folder in _folders(asked, wanted):
            if not any(_matches(folder, pattern) for pattern in unwanted):
                yield {**_of_path(folder, start), **values}
    for item in items(git, "files"):
        for folder in ["", *_folders(asked, [posixpath.dirname(text(item, "path"))])]:
            for name in asked.tree.names_in(folder):
                path = posixpath.join(folder, name)
                if _matches(path, text(item, "path")):
                    yield from ({**found, **_of_path(folder, start), **values} for found in _content(path, asked))


def _content(path: str, asked: Asked) -> Iterator[Parameters]:
    try:
        documents = yaml.load(asked.tree.read(path), path, "kubernetes").documents
    except Unreadable:
        return
    for document in documents:
        values = document.value if isinstance(document.value, Seq) else [document.value]
        for value in values:
            if isinstance(value, Map):
                yield dict(_flat("", value))


def _folders(asked: Asked, patterns: list[str]) -> list[str]:
    """The folders that one of the patterns matches; `*` stays within a name, `**` doesn't."""
    deepest = max((100 if "**" in pattern else pattern.count("/") + 1 for pattern in patterns), default=0)
    found: list[str] = []
    stack, looked = [""], 0
    while stack and looked < MAX_FOLDERS:
        above = stack.pop()
        looked += 1
        for name in asked.tree.folders_in(above):
            if name.startswith("."):
                continue
            folder = posixpath.join(above, name)
            if any(_matches(folder, pattern) for pattern in patterns):
                found.append(folder)
            if folder.count("/") + 1 < deepest and any(_may_hold(folder, pattern) for pattern in patterns):
                stack.append(folder)
    return sorted(found)


def _may_hold(folder: str, pattern: str) -> bool:
    """Whether what a pattern matches may stand below a folder."""
    wanted = pattern.strip("/").split("/")
    fixed = wanted[: wanted.index("**")] if "**" in wanted else wanted
    return all(map(fnmatch.fnmatchcase, folder.split("/"), fixed))


def _matches(path: str, pattern: str) -> bool:
    parts, wanted = path.split("/"), pattern.strip("/").split("/")
    if "**" not in wanted:
        return len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))
    first = wanted.index("**")
    last = wanted[first + 1 :]
    if len(last) > 1 or len(parts) < first:
        return False
    return all(map(fnmatch.fnmatchcase, parts[:first], wanted)) and (
        not last or (len(parts) > first and fnmatch.fnmatchcase(parts[-1], last[0]))
    )


def _of_path(folder: str, start: str) -> Parameters:
    names = folder.split("/") if folder else []
    base = names[-1] if names else ""
    normal = re.sub(r"[^a-z0-9.-]", "-", base.lower())
    found: Parameters = {}
    for at in (f"{start}path", f"{start}path.path"):  # the second where the template is Go's
        found[at] = folder
    found |= {f"{start}path.basename": base, f"{start}path.basenameNormalized": normal}
    for index, name in enumerate(names):
        found[f"{start}path[{index}]"] = found[f"{start}path.segments[{index}]"] = name
    return found


def _flat(above: str, value: Map) -> Iterator[tuple[str, Value]]:
    for key, item in value.items():
        name = f"{above}.{key}" if above else key
        if isinstance(item, Map):
            yield from _flat(name, item)
        else:
            yield name, item


def filled(value: Value, parameters: Parameters, depth: int = 0) -> Value:
    """The value with its placeholders filled in, as far as they are known; a copy, at the same places."""
    if isinstance(value, Map) and depth < yaml.MAX_DEPTH:
        made = Map(value.span, value.header)
        for key in value:
            made.put(key, filled(value[key], parameters, depth + 1), value.spans.get(key) or value.header)
        return made
    if isinstance(value, Seq) and depth < yaml.MAX_DEPTH:
        listed = Seq(value.span, value.header)
        for index, item in enumerate(value):
            listed.add(filled(item, parameters, depth + 1), value.place(index))
        return listed
    if isinstance(value, str) and "{{" in value:
        done = _PLACEHOLDER.sub(lambda match: _word(match, parameters), value)
        return value.like(done) if isinstance(value, Text) else done
    return value


def _word(match: re.Match[str], parameters: Parameters) -> str:
    inside = match[1].strip()
    indexed = _INDEX.match(inside)
    named = _NAME.match(inside)
    name = f"{indexed[1]}[{indexed[2]}]" if indexed else named[1] if named else ""
    value = parameters.get(name)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int, float)) else match[0]


def _left(value: Value) -> str:
    """A placeholder that nothing filled in, of those that tell what is deployed, whereto and with what."""
    spec = mapping(value, "spec")
    sources = [mapping(spec, "source"), *items(spec, "sources")]
    stack: list[Value] = [mapping(value, "metadata")]
    stack += [source.get(key) for source in sources if source is not None for key in ("path", "helm", "kustomize")]
    destination = mapping(spec, "destination")
    stack.append(destination.get("namespace") if destination is not None else None)
    while stack:
        item = stack.pop()
        if isinstance(item, Map):
            stack.extend(item.values())
        elif isinstance(item, Seq):
            stack.extend(item)
        elif isinstance(item, str) and (match := _PLACEHOLDER.search(item)):
            return match[0]
    return ""


