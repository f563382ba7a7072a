"""Which fields of which kinds kustomize's transformers change, and going to them. `configurations` files and the
schemas that `crds` names add to the defaults."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from guardrail.inputs.kubernetes.kustomize.objects import Built, Gvk, word
from guardrail.model import Map, Seq, Value


class FieldSpec(NamedTuple):
    """A path in the objects that `gvk` selects; where `create` is set, what is missing on the way is made."""

    path: tuple[str, ...]
    gvk: Gvk = Gvk()
    create: bool = False

    def selects(self, built: Built) -> bool:
        return self.gvk.selects(*built.group_version, built.kind)


class Specs:
    """The lists by the name that `configurations` files have for them; `references` are the fields that name objects
    of a kind. Lists are never changed in place, so that copies may share them."""

    def __init__(self, lists: dict[str, tuple[FieldSpec, ...]], references: dict[Gvk, tuple[FieldSpec, ...]]) -> None:
        self.lists, self.references = lists, references

    def __getitem__(self, name: str) -> tuple[FieldSpec, ...]:
        return self.lists.get(name, ())

    def merged(self, other: Specs) -> Specs:
        if other is self:
            return self
        lists = dict(self.lists)
        for name, more in other.lists.items():
            lists[name] = with_all(lists.get(name, ()), more)
        references = dict(self.references)
        for gvk, more in other.references.items():
            references[gvk] = with_all(references.get(gvk, ()), more)
        return Specs(lists, references)


LISTS = ("namePrefix", "nameSuffix", "namespace", "commonLabels", "labels", "templateLabels", "commonAnnotations",
         "varReference", "images", "replicas")  # fmt: skip


def with_all(specs: tuple[FieldSpec, ...], more: Iterable[FieldSpec]) -> tuple[FieldSpec, ...]:
    """Those and these, without what is there already, for the same kinds or for fewer."""
    if more is specs:
        return specs
    found = list(specs)
    known: dict[tuple[str, ...], list[FieldSpec]] = {}
    for spec in found:
        known.setdefault(spec.path, []).append(spec)
    for spec in more:
        if not any(spec.gvk.selects(*other.gvk) for other in known.get(spec.path, ())):
            found.append(spec)
            known.setdefault(spec.path, []).append(spec)
    return tuple(found)


def split_path(path: str, delimiter: str = "/") -> tuple[str, ...]:
    """`a/b\\/c` -> ("a", "b/c"); a slash in front is passed over."""
    parts = path.split(delimiter)
    if len(parts) > 1 and not parts[0]:
        parts = parts[1:]
    found = [parts[0]]
    for part in parts[1:]:
        if found[-1].endswith("\\"):
            found[-1] = found[-1][:-1] + delimiter + part
        else:
            found.append(part)
    return tuple(found)


# ---- walking ---------------------------------------------------------------------------------------------------


def fields_at(
    root: Map, path: tuple[str, ...], make: Literal["", "map", "scalar"] = ""
) -> Iterator[tuple[Map | Seq, str | int]]:
    """(holder, key) of each field at a path; lists on the way are gone through. `make`: what is missing is made, the
    last of it a mapping or a scalar (null at first). A path whose last part is a list comes up as that list."""
    stack: list[tuple[Value, int]] = [(root, 0)]
    while stack:
        value, at = stack.pop()
        if isinstance(value, Seq):
            for index in range(len(value) - 1, -1, -1):
                if isinstance(value[index], (Map, Seq)):
                    stack.append((value[index], at))
            continue
        if not isinstance(value, Map):
            continue
        name = path[at]
        listed = name.endswith("[]")
        key = name[:-2] if listed else name
        last = at + 1 == len(path)
        found = value.get(key)
        if found is None and make and not listed and key:
            if last and make == "scalar":
                value.put(key, None, value.spans.get(key) or value.header)
            else:
                found = Map(value.span, value.header)
                value.put(key, found, value.header)
        elif key not in value:
            continue
        if last:
            if listed and isinstance(found, Seq):
                for index in range(len(found)):
                    yield found, index
            else:
                yield value, key
        elif found is not None:
            stack.append((found, at + 1))


def each_field(
    built: Built, specs: Iterable[FieldSpec], make: Literal["", "map", "scalar"] = ""
) -> Iterator[tuple[Map | Seq, str | int]]:
    group, version = built.group_version
    kind = built.kind
    for spec in specs:
        if spec.gvk.selects(group, version, kind):
            yield from fields_at(built.value, spec.path, make if spec.create else "")


# ---- what files add --------------------------------------------------------------------------------------------


def from_configuration(value: Map, wrong: Callable[[str, Map], None]) -> Specs:
    """A `configurations` file. `wrong` is told of entries that say nothing."""
    lists: dict[str, tuple[FieldSpec, ...]] = {}
    references: dict[Gvk, tuple[FieldSpec, ...]] = {}
    for name in LISTS:
        if name in value:
            lists[name] = with_all((), listed_specs(value.get(name), wrong))
    named = value.get("nameReference")
    for item in named if isinstance(named, Seq) else ():
        if not isinstance(item, Map) or not word(item.get("kind")):
            wrong("a nameReference without a kind", value)
            continue
        gvk = _gvk_in(item)
        references[gvk] = with_all(references.get(gvk, ()), listed_specs(item.get("fieldSpecs"), wrong))
    return Specs(lists, references)


def listed_specs(value: Value, wrong: Callable[[str, Map], None]) -> list[FieldSpec]:
    """`fieldSpecs` as they are written in files."""
    found: list[FieldSpec] = []
    for item in value if isinstance(value, Seq) else ():
        path = word(item.get("path")) if isinstance(item, Map) else ""
        if path.strip("/"):
            found.append(FieldSpec(split_path(path), _gvk_in(item), item.get("create") is True))
        elif isinstance(item, Map):
            wrong("a field without a path", item)
    return found


def _gvk_in(item: Map) -> Gvk:
    return Gvk(word(item.get("group")), word(item.get("version")), word(item.get("kind")))


_MAX_SCHEMA_DEPTH = 20
_MAX_PROPERTIES = 50_000  # looked at: types that refer to each other may come to any number of paths


def from_crds(definitions: Map) -> Specs:
    """A `crds` file: OpenAPI definitions whose properties bear extensions that say what they refer to."""
    lists: dict[str, tuple[FieldSpec, ...]] = {}
    references: dict[Gvk, tuple[FieldSpec, ...]] = {}
    left = _MAX_PROPERTIES
    for name in definitions:
        properties = _properties(definitions, name)
        if not all(key in properties for key in ("kind", "apiVersion", "metadata")):
            continue
        gvk = Gvk(kind=name.rpartition(".")[2])
        stack: list[tuple[str, tuple[str, ...]]] = [(name, ())]
        while stack:
            current, path = stack.pop()
            left -= len(_properties(definitions, current)) + 1
            if left < 0:
                return Specs(lists, references)
            for key, item in _properties(definitions, current).items():
                if not isinstance(item, Map):
                    continue
                here = (*path, key)
                for extension, kind_of_list in _EXTENSIONS.items():
                    if extension in item:
                        lists[kind_of_list] = with_all(lists.get(kind_of_list, ()), [FieldSpec(here, gvk)])
                version = word(item.get("x-kubernetes-object-ref-api-version"))
                kind = word(item.get("x-kubernetes-object-ref-kind"))
                if version and kind:
                    field = word(item.get("x-kubernetes-object-ref-name-key")) or "name"
                    target = Gvk(version=version, kind=kind)
                    references[target] = with_all(references.get(target, ()), [FieldSpec((*here, field), gvk)])
                reference = word(item.get("$ref"))
                if reference and len(here) < _MAX_SCHEMA_DEPTH and reference not in (current, name):
                    stack.append((reference, here))
    return Specs(lists, references)


_EXTENSIONS = {
    "x-kubernetes-annotation": "commonAnnotations",
    "x-kubernetes-label-selector": "commonLabels",
    "x-kubernetes-identity": "namePrefix",
}


def _properties(definitions: Map, name: str) -> Map:
    found = definitions.get(name)
    schema = found.get("Schema", found) if isinstance(found, Map) else None
    properties = schema.get("properties") if isinstance(schema, Map) else None
    return properties if isinstance(properties, Map) else Map()
