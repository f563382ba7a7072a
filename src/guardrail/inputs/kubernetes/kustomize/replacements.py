"""Values that one object gives to others: `replacements`, and the older `vars`.

A value that was put in stays where it was put, and tells where it came from. What comes from a Secret stays hidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from guardrail.formats.yaml import plain_scalar
from guardrail.inputs.kubernetes.kustomize.field_specs import Specs, each_field, split_path
from guardrail.inputs.kubernetes.kustomize.objects import (
    Absent,
    Budget,
    Built,
    Entry,
    Failed,
    Gvk,
    copied,
    effective,
    entries_of,
    entry_of,
    map_of,
    put,
    text_of,
    word,
)
from guardrail.inputs.kubernetes.kustomize.patterns import BadPattern, Pattern, pattern
from guardrail.inputs.kubernetes.kustomize.selectors import Exact
from guardrail.model import Map, Origin, Sensitive, Seq, Span, Text, Unknown, Value
from guardrail.model.patterns import lazy_regex

_NAME = "metadata.name"
Place = tuple["Map | Seq", "str | int"]


def fields_in_path(path: str) -> list[str]:
    """`a.[b.c].d` -> ["a", "b.c", "d"]; what picks items of lists keeps its brackets: `[name=x.y]`."""
    parts = split_path(path, ".")
    found: list[str] = []
    index = 0
    while index < len(parts):
        part = parts[index]
        if part.startswith("[") and not part.endswith("]"):
            joined = [part]
            while index < len(parts) - 1:
                index += 1
                joined.append(parts[index])
                if parts[index].endswith("]"):
                    break
            part = ".".join(joined)
            found.append(part if "=" in part else part.strip("[]"))
        else:
            found.append(part)
        index += 1
    return found


def replace(objects: list[Built], item: Map, budget: Budget) -> None:
    """One replacement. Raises Failed."""
    targets = item.get("targets")
    if not isinstance(targets, Seq) or not ("sourceValue" in item or isinstance(item.get("source"), Map)):
        raise Failed("a replacement needs a source and targets", item.header)
    if "sourceValue" in item:
        value = Entry(item["sourceValue"], item.place("sourceValue"), None)
    else:
        budget.spend(len(objects))
        value = _source(objects, item["source"])
    for target in targets:
        if not isinstance(target, Map) or not isinstance(target.get("select"), Map):
            raise Failed("a target of a replacement needs a `select`", item.place("targets"))
        _set_in(objects, target, value, budget)


def _source(objects: list[Built], source: Map) -> Entry:
    wanted = Exact(source)
    found = [built for built in objects if any(wanted.is_called(identity) for identity in built.ids)]
    if len(found) != 1:
        what, fault = ("more than one object", Failed) if found else ("nothing", Absent)
        raise fault(f"the source of a replacement selects {what}", source.header)
    path = word(source.get("fieldPath")) or _NAME
    place = next(_fields(found[0].value, fields_in_path(path), "", source.place("fieldPath")), None)
    entry = entry_of(*place) if place is not None else _perhaps(found[0], path, source.place("fieldPath"))
    if entry is None or entry.value is None or entry.value in ({}, []):
        raise Failed(f"{found[0].id} has no {path}", source.place("fieldPath"))
    options = source.get("options")
    delimiter = text_of(options.get("delimiter")) if isinstance(options, Map) else ""
    if isinstance(options, Map) and delimiter and not isinstance(entry.value, Unknown):
        if isinstance(entry.value, (Map, Seq)):
            raise Failed(f"{path} is no single value, so nothing delimits its parts", options.header)
        revealed = entry.value.reveal() if isinstance(entry.value, Sensitive) else entry.value
        parts = text_of(revealed).split(delimiter)
        index = _number(options)
        if not 0 <= index < len(parts):
            raise Failed(f"{path} has no part {index}", options.place("index"))
        part: Value = parts[index]
        entry = entry._replace(value=Sensitive(part) if isinstance(entry.value, Sensitive) else part)
    if (
        found[0].kind == "Secret"
        and path.startswith(("data.", "stringData."))
        and not isinstance(entry.value, (Sensitive, Unknown))
    ):
        entry = entry._replace(value=Sensitive(entry.value))
    return entry


def _perhaps(built: Built, path: str, span: Span) -> Entry | None:
    """What stands at a path of a generated object, where a file that isn't here may give it."""
    return Entry(built.lacking, span, None) if built.lacking is not None and path.startswith("data.") else None


def _number(options: Map) -> int:
    index = options.get("index")
    return index if isinstance(index, int) and not isinstance(index, bool) else 0


def _set_in(objects: list[Built], target: Map, value: Entry, budget: Budget) -> None:
    select = Exact(target["select"])
    listed = target.get("reject")
    rejects = [Exact(item) for item in (listed if isinstance(listed, Seq) else ()) if isinstance(item, Map)]
    options = map_of(target, "options")
    paths = target.get("fieldPaths")
    named = entries_of(paths) if isinstance(paths, Seq) and paths else [Entry(_NAME, target.header, None)]
    budget.spend(len(objects))
    for built in objects:
        ids = built.ids
        if not select.fits_labels(built) or not any(select.is_called(identity) for identity in ids):
            continue
        if any(
            (one.by_id and any(one.is_called(identity) for identity in ids))
            or (one.by_labels and one.fits_labels(built))
            for one in rejects
        ):
            continue
        for path in named:
            _set_at(built, text_of(path.value), path.span, options, value, budget)


def _set_at(built: Built, path: str, span: Span, options: Map, value: Entry, budget: Budget) -> None:
    make = options.get("create") is True
    kind = "map" if isinstance(value.value, Map) else "list" if isinstance(value.value, Seq) else "scalar"
    places = list(_fields(built.value, fields_in_path(path), kind if make else "", span))
    if not places:
        raise Failed(f"{built.id} has no {path} to put a value into", span)
    budget.spend(len(places))
    for holder, key in places:
        old: Value = holder[key]  # type: ignore[index]
        new = _joined(old, options, value.value, span)
        shown = None if isinstance(new, (Sensitive, Unknown)) or isinstance(value.value, (Map, Seq)) else value.value
        origins = [Origin(f"put here by a replacement in {span.file}", span, None)]
        if value.span.line:
            origins.append(Origin("copied from", value.span, shown))
        if isinstance(new, (Map, Seq)):
            put(holder, key, copied(new, budget), None, *origins)
        elif not isinstance(new, (Sensitive, Unknown)) and not isinstance(old, (Map, Seq, Sensitive)):
            # The text goes where the old one was, which decides what sort of value it is.
            text = text_of(new)
            put(holder, key, text if isinstance(old, str) else plain_scalar(text, "kustomize") if text else "", None,
                *origins)  # fmt: skip
        else:
            put(holder, key, new, None, *origins)


def _joined(old: Value, options: Map, value: Value, span: Span) -> Value:
    delimiter = text_of(options.get("delimiter"))
    if not delimiter:
        return value
    if isinstance(old, (Map, Seq)):
        raise Failed("nothing delimits the parts of what is no single value", span)
    if isinstance(value, Sensitive) or isinstance(old, Sensitive):
        return value if isinstance(value, Sensitive) else old
    if isinstance(value, Unknown) or isinstance(old, Unknown):
        return value if isinstance(value, Unknown) else old
    parts = text_of(old).split(delimiter)
    index = _number(options)
    if index < 0:
        parts.insert(0, text_of(value))
    elif index >= len(parts):
        parts.append(text_of(value))
    else:
        parts[index] = text_of(value)
    return delimiter.join(parts)


# ---- field paths -----------------------------------------------------------------------------------------------


def _fields(root: Map, path: list[str], make: str, span: Span) -> Iterator[Place]:
    """(holder, key) of what a field path names. `make`: what is missing is made; the last of it a map, list or
    scalar."""
    stack: list[tuple[Place | None, Value, int]] = [(None, root, 0)]
    while stack:
        place, value, at = stack.pop()
        if at == len(path):
            if place is not None:
                yield place
            continue
        part = path[at]
        following = path[at + 1] if at + 1 < len(path) else None
        if isinstance(value, Seq):
            found = _items(value, part, following, make, span)
            stack.extend(((value, index), value[index], at + 1) for index in reversed(found))
        elif isinstance(value, Map):
            if part not in value or (value[part] is None and make):
                if not make:
                    continue
                value.put(part, _made(value, following, make), value.header)
            stack.append(((value, part), value[part], at + 1))


def _made(holder: Map | Seq, following: str | None, make: str) -> Value:
    if following is None:
        return {"map": Map(holder.span, holder.header), "list": Seq(holder.span, holder.header)}.get(make)
    listed = following.isdecimal() or (following.startswith("[") and "=" in following) or following == "*"
    return Seq(holder.span, holder.header) if listed else Map(holder.span, holder.header)


def _items(items: Seq, part: str, following: str | None, make: str, span: Span) -> list[int]:
    """Indices of the items that a part of a path picks."""
    if part.lstrip("-").isdecimal() and part.isascii():
        index = int(part) if len(part) < 10 else -1
        if index == len(items) and make:
            items.add(_made(items, following, make), items.header)
        if not 0 <= index < len(items):
            raise Failed(f"the list has no item {part}", span)
        return [index]
    if part == "*":
        return list(range(len(items)))
    if part.startswith("[") and part.endswith("]") and "=" in part:
        key, _, wanted = part[1:-1].partition("=")
        expression = _pattern(wanted, span)
        found = [index for index, item in enumerate(items) if _picked(item, key, expression)]
        if not found and make:
            made: Value = wanted
            if key:
                made = Map(items.span, items.header)
                made.put(key, wanted, items.header)
            items.add(made, items.header)
            found = [len(items) - 1]
        return found
    return []


def _pattern(text: str, span: Span) -> Pattern:
    try:
        return pattern(text)
    except BadPattern as error:
        raise Failed(f"{text!r} is no regular expression: {error}", span) from None


def _picked(item: Value, key: str, expression: Pattern) -> bool:
    if not key:
        return not isinstance(item, (Map, Seq)) and expression.found_in(text_of(item))
    return isinstance(item, Map) and key in item and expression.found_in(text_of(item[key]))


# ---- vars ------------------------------------------------------------------------------------------------------

_INDEX = lazy_regex(r"\[(\d{1,6})\]")
_VARIABLE = lazy_regex(r"\$(?:\$|\(([^)]*)\))")


class Variable:
    """An item of `vars`, with the object that it was found in, if any."""

    def __init__(self, item: Map) -> None:
        self.item, self.name = item, word(item.get("name"))
        reference = map_of(item, "objref")
        api = word(reference.get("apiVersion"))
        group, slash, version = api.partition("/")
        self.gvk = Gvk(
            word(reference.get("group")) or (group if slash else ""),
            word(reference.get("version")) or (version if slash else group),
            word(reference.get("kind")),
        )
        self.target, self.namespace = word(reference.get("name")), word(reference.get("namespace"))
        field = item.get("fieldref")
        self.path = (word(field.get("fieldpath")) or word(field.get("fieldPath"))) if isinstance(field, Map) else ""
        self.source: Built | None = None

    def look(self, objects: Iterable[Built]) -> None:
        """Raises Failed where more than one object may be meant."""
        gvk = self.gvk
        wanted = effective(gvk.group, gvk.version, gvk.kind, self.namespace)
        by_namespace = bool(self.namespace) or wanted != "default"
        found = [
            built
            for built in objects
            if any(
                identity[:4] == (*gvk, self.target) and (not by_namespace or identity.namespace == wanted)
                for identity in built.ids
            )
        ]
        if len(found) > 1:
            raise Failed(f"more than one object may be meant by the variable {self.name!r}", self.item.header)
        if found:
            self.source = found[0]

    def value(self) -> Entry:
        """Raises Failed."""
        if self.source is None:
            raise Absent(f"the variable {self.name!r} refers to an object that is not there", self.item.header)
        path = self.path or _NAME
        parts = fields_in_path(_INDEX.sub(r".\1", path))
        place = next(_fields(self.source.value, parts, "", self.item.header), None)
        found = entry_of(*place) if place is not None else _perhaps(self.source, path, self.item.header)
        if found is None:
            raise Failed(f"{self.source.id} has no {path}", self.item.header)
        return found


def fill_in(objects: Iterable[Built], values: dict[str, Entry], specs: Specs, budget: Budget) -> None:
    """Writes the variables' values wherever `$(NAME)` stands in the fields that may have it."""
    for built in objects:
        budget.spend(1)
        for holder, key in list(each_field(built, specs["varReference"])):
            value = holder[key]  # type: ignore[index]
            if isinstance(value, Map):
                for inner in list(value):
                    _expand(value, inner, values)
            elif isinstance(value, Seq):
                for index in range(len(value)):
                    _expand(value, index, values)
            else:
                _expand(holder, key, values)


def _expand(holder: Map | Seq, key: str | int, values: dict[str, Entry]) -> None:
    old: Value = holder[key]  # type: ignore[index]
    if not isinstance(old, str) or "$" not in old:
        return
    used: list[Entry] = []

    def write(match: re.Match[str]) -> str:
        name = match.group(1)
        if name is None:
            return "$"
        entry = values.get(name)
        if entry is None or isinstance(entry.value, (Map, Seq)) or entry.value is None:
            return match.group()
        used.append(entry)
        return text_of(entry.value.reveal() if isinstance(entry.value, Sensitive) else entry.value)

    text: Value = _VARIABLE.sub(write, old)
    if text == old:
        return
    unknown = next((entry.value for entry in used if isinstance(entry.value, Unknown)), None)
    if unknown is not None:
        text = unknown
    elif len(used) == 1 and _VARIABLE.fullmatch(old):
        text = used[0].value
    elif any(isinstance(entry.value, Sensitive) for entry in used):
        text = Sensitive(text)
    elif isinstance(old, Text):
        text = old.like(text)
    put(holder, key, text, None, *(Origin("copied from", entry.span, None) for entry in used if entry.span.line))
