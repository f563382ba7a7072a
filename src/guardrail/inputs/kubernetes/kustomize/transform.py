"""What a kustomization says of all objects alike: namespace, names, labels, annotations, images, replicas.

A value that is set here stands at the line that says so, with what it replaces as its origin.
"""

from __future__ import annotations

from collections.abc import Iterable

from guardrail.inputs.kubernetes.kustomize.field_specs import FieldSpec, Specs, each_field, fields_at
from guardrail.inputs.kubernetes.kustomize.objects import (
    NO_NAMESPACE,
    Budget,
    Built,
    Failed,
    Gvk,
    map_in,
    put,
    text_of,
    word,
)
from guardrail.inputs.kubernetes.kustomize.patterns import BadPattern, Pattern, pattern
from guardrail.model import Map, Origin, Sensitive, Seq, Span, Unknown, Value

# Their names are fixed by what they are.
_NEVER_RENAMED = (Gvk(kind="CustomResourceDefinition"), Gvk("apiregistration.k8s.io", "", "APIService"),
                  Gvk(kind="Namespace"))  # fmt: skip
_BINDINGS = ("RoleBinding", "ClusterRoleBinding")


def _set(holder: Map | Seq, key: str | int, value: Value, span: Span, note: str) -> None:
    """A scalar in the place of what was there."""
    before = holder[key]  # type: ignore[index]
    if before == value and type(before) is type(value):
        return
    origins = [Origin(note, span, value)]
    if before is not None and not isinstance(before, (Map, Seq, Unknown, Sensitive)):
        place = holder.spans[key] if isinstance(holder, Seq) else holder.spans.get(str(key))  # type: ignore[index]
        if place is not None and place.line:
            origins.append(Origin("in the place of", place, before))
    put(holder, key, value, span, *origins)


# ---- namespace -------------------------------------------------------------------------------------------------


def set_namespace(
    objects: Iterable[Built], namespace: str, span: Span, specs: Specs, *, subjects: str = "", unset_only: bool = False
) -> None:
    """`subjects`: whose namespace is set in role bindings: defaultOnly ("" is the same), allServiceAccounts, none."""
    note = f"namespace of {span.file}"
    fields = tuple(spec for spec in specs["namespace"] if spec.path != ("metadata", "namespace"))
    unversioned = tuple(spec for spec in fields if spec.path != ("metadata", "name"))
    for built in objects:
        built.remember()
        places = []
        if built.id.namespace != NO_NAMESPACE:
            places += list(fields_at(built.value, ("metadata", "namespace"), "scalar"))
        if built.kind in _BINDINGS and subjects != "none":
            places += [(item, "namespace") for item in _subjects(built, subjects)]
        places += list(each_field(built, fields if built.value.get("apiVersion") == "v1" else unversioned, "scalar"))
        for holder, key in places:
            if unset_only and holder[key]:  # type: ignore[index]
                continue
            _set(holder, key, namespace, span, note)


def _subjects(built: Built, mode: str) -> list[Map]:
    found: list[Map] = []
    listed = built.value.get("subjects")
    for item in listed if isinstance(listed, Seq) else ():
        if not isinstance(item, Map):
            continue
        if item.get("kind") == "ServiceAccount" if mode == "allServiceAccounts" else item.get("name") == "default":
            item.setdefault("namespace", None)
            found.append(item)
    return found


# ---- names -----------------------------------------------------------------------------------------------------


def rename(objects: Iterable[Built], affix: str, span: Span, specs: tuple[FieldSpec, ...], *, prefix: bool) -> None:
    """A name stays where it is written; where its other part comes from is told as its origin."""
    note = f"{'namePrefix' if prefix else 'nameSuffix'} of {span.file}"
    for built in objects:
        first = built.first_id
        if any(gvk.selects(first.group, first.version, first.kind) for gvk in _NEVER_RENAMED):
            continue
        for spec in specs:
            if not spec.gvk.selects(first.group, first.version, first.kind):
                continue
            if spec.path == ("metadata", "name"):
                if prefix:
                    built.prefixes = (*built.prefixes, affix)
                else:
                    built.suffixes = (*built.suffixes, affix)
                built.remember()
            for holder, key in list(fields_at(built.value, spec.path, "scalar" if spec.create else "")):
                old = holder[key]  # type: ignore[index]
                if isinstance(old, (Map, Seq, Unknown)):
                    continue
                name = affix + text_of(old) if prefix else text_of(old) + affix
                put(holder, key, name, None, Origin(note, span, affix))


def put_suffix(built: Built, suffix: str) -> None:
    put(map_in(built.value, "metadata"), "name", f"{built.name}-{suffix}")


# ---- labels and annotations ------------------------------------------------------------------------------------


def set_entries(
    objects: Iterable[Built],
    pairs: list[tuple[str, str, Span]],
    specs: tuple[FieldSpec, ...],
    what: str,
    budget: Budget,
) -> None:
    """Sets these in every mapping that the fields name."""
    if not pairs:
        return
    notes = [f"{what} of {span.file}" for _, _, span in pairs]
    for built in objects:
        budget.spend(len(specs))
        for holder, key in list(each_field(built, specs, "map")):
            found = holder[key]  # type: ignore[index]
            if isinstance(found, Seq):
                continue
            if not isinstance(found, Map):
                if found is not None or not isinstance(holder, Map):
                    continue
                found = Map(holder.span, holder.header)
                holder.put(str(key), found, holder.header)
            budget.spend(len(pairs))
            for (name, value, span), note in zip(pairs, notes, strict=True):
                if found.get(name) != value:
                    found.setdefault(name, None)
                    _set(found, name, value, span, note)


# ---- images ----------------------------------------------------------------------------------------------------


class Image:
    """An item of `images`. Raises Failed for a name that is no expression."""

    def __init__(self, item: Map) -> None:
        name = word(item.get("name"))
        self.item = item
        self.pattern: Pattern | None = None
        self.name = name
        try:
            if not _is_plain(name):
                self.pattern = pattern(f"{name}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?")
        except BadPattern as error:
            raise Failed(f"{name!r} is no regular expression: {error}", item.place("name")) from None

    def changed(self, image: str) -> str | None:
        """The new reference; None if this is not for that image."""
        name, tag, digest = split_image(image)
        if self.pattern is not None:
            if not self.pattern.matches(image):
                return None
        elif (
            not _is_named(name, self.name)
            or not _is_tag(tag)
            or not (not digest or (digest.startswith("sha256:") and _is_tag(digest[7:])))
        ):
            return None
        item = self.item
        new_tag, new_digest, suffix = (word(item.get(key)) for key in ("newTag", "digest", "tagSuffix"))
        name = word(item.get("newName")) or name
        if new_tag or new_digest:
            tag, digest = new_tag, new_digest
        elif suffix:
            tag, digest = tag + suffix, ""
        return name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")

    def place(self) -> Span:
        """Where the part stands that decides what is pulled."""
        for key in ("digest", "newTag", "tagSuffix", "newName"):
            if self.item.get(key) not in (None, ""):
                return self.item.place(key)
        return self.item.header


def _is_plain(name: str) -> bool:
    return bool(name) and _PLAIN.issuperset(name) and ":" not in name[name.rfind("/") + 1 :]


def _is_named(name: str, wanted: str) -> bool:
    """The name is an expression, in which a dot is any character."""
    if name == wanted:
        return True
    return len(name) == len(wanted) and all(b in (".", a) for a, b in zip(name, wanted, strict=True))


_TAG = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.{}-")
_PLAIN = (_TAG - frozenset("{}")) | frozenset("/:")


def _is_tag(text: str) -> bool:
    return _TAG.issuperset(text)


def split_image(image: str) -> tuple[str, str, str]:
    """Name, tag and digest: a colon counts after the first slash only."""
    slash = image.find("/")
    begun = slash if slash > 0 else 0
    rest = image[begun:]
    rest, at, digest = rest.partition("@")
    name, _, tag = rest.partition(":")
    return image[:begun] + name, tag, digest if at else ""


def set_images(objects: Iterable[Built], images: list[Image], specs: tuple[FieldSpec, ...], budget: Budget) -> None:
    told = [(image, image.place(), f"images of {image.item.span.file}") for image in images]
    for built in objects if told else ():
        if built.kind == "CustomResourceDefinition":
            continue
        places = [*_containers(built.value, budget), *each_field(built, specs)]
        budget.spend(len(places) * len(told))
        for image, span, note in told:
            for holder, key in places:
                value = holder[key]  # type: ignore[index]
                new = image.changed(value) if isinstance(value, str) else None
                if new is not None:
                    _set(holder, key, new, span, note)


def _containers(root: Map, budget: Budget) -> list[tuple[Map | Seq, str | int]]:
    """The image of every item of every list that is called containers or initContainers, wherever it stands."""
    found: list[tuple[Map | Seq, str | int]] = []
    stack: list[Value] = [root]
    while stack:
        value = stack.pop()
        budget.spend(1)
        if isinstance(value, Map):
            for key, item in value.items():
                if key in ("containers", "initContainers") and isinstance(item, Seq):
                    found += [(inner, "image") for inner in item if isinstance(inner, Map) and "image" in inner]
                if isinstance(item, (Map, Seq)):
                    stack.append(item)
        elif isinstance(value, Seq):
            stack += [item for item in value if isinstance(item, (Map, Seq))]
    return found


# ---- replicas --------------------------------------------------------------------------------------------------


def set_replicas(objects: Iterable[Built], item: Map, specs: tuple[FieldSpec, ...]) -> bool:
    """False if no object has that name."""
    name, count, span = word(item.get("name")), item.get("count"), item.place("count")
    found = False
    for built in objects:
        names = {identity.kind for identity in built.ids if identity.name == name}
        if not names:
            continue
        group, version = built.group_version
        for spec in specs:
            if any(spec.gvk.selects(group, version, kind) for kind in names):
                found = True
                if spec.gvk.selects(group, version, built.kind):
                    for holder, key in list(fields_at(built.value, spec.path, "scalar" if spec.create else "")):
                        _set(holder, key, count, span, f"replicas of {span.file}")
    return found
