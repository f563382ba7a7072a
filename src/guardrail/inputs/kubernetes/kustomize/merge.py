"""Strategic merge patches, as kustomize applies them (kyaml's merge2).

https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
What a patch adds to a list comes first in it. Of kinds without a schema, lists are replaced: a JSON merge patch, with
`$patch`. The directives that kubectl writes and kustomize leaves standing ($setElementOrder, $retainKeys,
$deleteFromPrimitiveList) are carried out as an API server does.
"""

from __future__ import annotations

from guardrail.inputs.kubernetes.kustomize.merge_keys import Field, Schema
from guardrail.inputs.kubernetes.kustomize.objects import (
    Budget,
    Entry,
    Failed,
    copied,
    drop,
    entries_of,
    entry_of,
    fill,
    shell,
    text_of,
)
from guardrail.model import Map, Origin, Seq, Span, Value

_DIRECTIVE = "$patch"
_ORDER = "$setElementOrder/"
_RETAIN = "$retainKeys"
_DELETE = "$deleteFromPrimitiveList/"


class Merge:
    """One patch on one object; the object is changed in place, the patch stays as it is."""

    def __init__(self, schema: Schema, budget: Budget) -> None:
        self.schema, self.budget = schema, budget

    def apply(self, target: Map, patch: Map) -> bool:
        """False if the patch deletes the object. Raises Failed where both can't be merged."""
        type_name = self.schema.type_of(target) or self.schema.type_of(patch)
        return self._map(target, patch, type_name, "") is not None

    def _map(self, target: Map, patch: Map, type_name: str, path: str) -> Map | None:
        """The target, what replaces it, or None where it is deleted."""
        self.budget.spend(len(patch) + 1)
        directive = patch.get(_DIRECTIVE)
        if directive == "delete":
            return None
        if directive == "replace":
            return self._fresh_map(patch, type_name)
        if _DIRECTIVE in patch and directive != "merge":
            raise Failed(f"$patch is {text_of(directive)!r}, not merge, replace or delete", patch.place(_DIRECTIVE))
        for key in patch:
            if key == _DIRECTIVE or key.startswith((_ORDER, _RETAIN)):
                continue
            if key.startswith(_DELETE):
                self._delete(target, key[len(_DELETE) :], patch[key])
                continue
            self._entry(target, key, entry_of(patch, key), self.schema.field(type_name, key), f"{path}.{key}")
        retained = patch.get(_RETAIN)
        if isinstance(retained, Seq):
            for key in [key for key in target if key not in retained]:
                drop(target, key)
        return target

    def _entry(self, target: Map, key: str, new: Entry, field: Field, path: str) -> None:
        value = new.value
        old = target.get(key)
        if value is None:
            drop(target, key)
        elif old is None:
            made = self._fresh(value, field)
            if made is not None:
                Entry(made, new.span, new.origin).put(target, key)
        elif isinstance(value, Map) and isinstance(old, Map):
            merged = self._map(old, value, field.type, path)
            if merged is None:
                drop(target, key)
            elif merged is not old:
                Entry(merged, new.span, new.origin).put(target, key)
        elif isinstance(value, Seq) and isinstance(old, Seq):
            if field.keys is None:
                Entry(copied(value, self.budget), new.span, new.origin).put(target, key)
            else:
                made = self._list(old, value, field, path)
                if made is None:
                    drop(target, key)
                elif made is not old:
                    Entry(made, new.span, new.origin).put(target, key)
        elif isinstance(value, (Map, Seq)) or isinstance(old, (Map, Seq)):
            raise Failed(f"{path[1:]} is {_sort(old)}, and {_sort(value)} in the patch", new.span)
        elif value != old or type(value) is not type(old):
            replaced = _told(new, target.spans.get(key) or target.header)
            replaced.put(target, key)
        else:  # said again: both are right, and the patch is what holds
            Entry(value, new.span, new.origin).put(target, key)

    def _delete(self, target: Map, key: str, values: Value) -> None:
        old = target.get(key)
        if isinstance(old, Seq) and isinstance(values, Seq):
            fill(old, [entry for entry in entries_of(old) if entry.value not in values])

    # ---- what is new -----------------------------------------------------------------------------------

    def _fresh(self, value: Value, field: Field) -> Value:
        """What a patch adds where nothing was: without directives and nulls; None where nothing is left."""
        if isinstance(value, Map):
            return self._fresh_map(value, field.type) if value.get(_DIRECTIVE) != "delete" else None
        if isinstance(value, Seq) and field.keys:
            made = shell(value)
            if isinstance(made, Seq):
                for entry in entries_of(value):
                    if isinstance(entry.value, Map) and set(entry.value) == {_DIRECTIVE}:
                        continue
                    item = self._fresh(entry.value, Field(field.type))
                    if item is not None:
                        made.add(item, entry.span, entry.origin)
            return made
        return copied(value, self.budget)

    def _fresh_map(self, value: Map, type_name: str) -> Map:
        self.budget.make(len(value) + 1)
        made = Map(value.span, value.header)
        for key in value:
            if key.startswith((_DIRECTIVE, _ORDER, _RETAIN, _DELETE)):
                continue
            entry = entry_of(value, key)
            item = self._fresh(entry.value, self.schema.field(type_name, key)) if entry.value is not None else None
            if item is not None:
                made.put(key, item, entry.span, entry.origin)
        return made

    # ---- lists that are merged -------------------------------------------------------------------------

    def _list(self, target: Seq, patch: Seq, field: Field, path: str) -> Seq | None:
        self.budget.spend(len(target) + len(patch) + 1)
        directive, entries = _list_directive(patch)
        if directive == "delete":
            return None
        if directive == "replace":
            made = Seq(patch.span, patch.header)
            fill(made, entries)
            fresh = self._fresh(made, field)
            return fresh if isinstance(fresh, Seq) else made
        if not field.keys:
            told = [text_of(entry.value) for entry in entries]
            fill(target, entries + [entry for entry in entries_of(target) if text_of(entry.value) not in told])
            return target
        self._by_keys(target, entries, field, path)
        return target

    def _by_keys(self, target: Seq, entries: list[Entry], field: Field, path: str) -> None:
        """Step by step as kyaml does it, for what it makes of keys that are left out is what gets applied."""
        keys = field.keys or ()
        old = [entry for entry in entries_of(target) if isinstance(entry.value, Map)]
        new = [entry for entry in entries if isinstance(entry.value, Map)]
        wanted = [values for values in dict.fromkeys(_values(entry, keys) for entry in (*new, *old)) if any(values)]
        if len(keys) > 1:
            self.budget.spend(len(wanted) ** 2)
            wanted = _united(wanted)
        places = [index for index in range(len(keys)) if any(values[index] for values in wanted)]
        used = tuple(keys[index] for index in places)
        in_old, in_new = _index(old, used), _index(new, used)
        gone: set[tuple[str, ...]] = set()
        made: dict[tuple[str, ...], Entry] = {}
        for values in dict.fromkeys(tuple(values[index] for index in places) for values in wanted):
            told = tuple((key, value) for key, value in zip(used, values, strict=True) if value)
            entry = self._item(in_old.get(told), in_new.get(told), field, path)
            if entry is None:
                gone.add(values)
                continue
            for key, value in told:
                if key not in entry.value:
                    entry.value.put(key, value, entry.span)
            made[values] = entry
        for entry in old:
            values = _values(entry, used)
            if values in gone:
                continue
            if len(used) > 1:  # goes to the end, and puts out whatever the key that it leaves out might mean
                for other in [values] if all(values) else [v for v in made if v[0] == values[0]]:
                    made.pop(other, None)
            made[values] = entry
        unnamed = [entry for entry in old if not any(_values(entry, keys))]
        fill(target, list({id(entry.value): entry for entry in (*made.values(), *unnamed)}.values()))

    def _item(self, before: Entry | None, patch: Entry | None, field: Field, path: str) -> Entry | None:
        if patch is None:
            return before
        if before is None:
            made = self._fresh(patch.value, Field(field.type))
            return Entry(made, patch.span, patch.origin) if made else None
        merged = self._map(before.value, patch.value, field.type, f"{path}[]")
        return Entry(merged, before.span, before.origin) if merged else None


def _told(new: Entry, before: Span) -> Entry:
    """A value that stands in the place of another."""
    origins = new.origin
    over = Origin("in the place of what stands here", before, None)
    return Entry(new.value, new.span, lambda: (*(origins() if origins else ()), over))


def _sort(value: Value) -> str:
    return "a mapping" if isinstance(value, Map) else "a list" if isinstance(value, Seq) else "a single value"


def _list_directive(patch: Seq) -> tuple[str, list[Entry]]:
    """What `- $patch: ...` says of the whole list, and the items beside it."""
    entries = entries_of(patch)
    for index, entry in enumerate(entries):
        if isinstance(entry.value, Map) and _DIRECTIVE in entry.value:
            if len(entry.value) > 1:
                break
            directive = entry.value[_DIRECTIVE]
            if directive not in ("delete", "replace", "merge"):
                raise Failed(f"$patch is {text_of(directive)!r}, not merge, replace or delete", entry.span)
            return directive, entries[:index] + entries[index + 1 :]
    return "merge", entries


def _values(entry: Entry, keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text_of(entry.value.get(key)) for key in keys)


def _index(entries: list[Entry], keys: tuple[str, ...]) -> dict[tuple[tuple[str, str], ...], Entry]:
    """The first item for each way in which it may be looked up: by all of its keys, or by those that are told."""
    found: dict[tuple[tuple[str, str], ...], Entry] = {}
    for entry in entries:
        values = _values(entry, keys)
        if any(values):
            told = tuple((key, value) for key, value in zip(keys, values, strict=True) if value)
            for count in range(1, 1 << len(told)):
                part = tuple(pair for index, pair in enumerate(told) if count & 1 << index)
                found.setdefault(part, entry)
    return found


def _united(wanted: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Where a key is left out, what another item has for it."""
    found = list(wanted)
    for i in range(len(found)):
        first = found[i]
        for j in range(len(found)):
            both = _match(first, found[j])
            if both is not None:
                found[i] = found[j] = both
    return found


def _match(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...] | None:
    common = False
    found: list[str] = []
    for one, other in zip(first, second, strict=True):
        if one == other:
            common = True
        elif one and other:
            return None
        found.append(one or other)
    return tuple(found) if common else None
