"""Values of which a run finds one: those of the branches of an `${{ if }}` that nobody can decide."""

from __future__ import annotations

from collections.abc import Sequence

from guardrail.model import FieldOneOf, Map, Noun, OneOf, Seq, Unknown, Value

MAX_CHOICES = 12


def one_of(why: Unknown, values: Sequence[Value]) -> Value:
    """One of these, where all are known and short; `why`: what decides."""
    if any(isinstance(value, (Unknown, Map, Seq)) for value in values):
        refs = tuple(dict.fromkeys(ref for value in values if isinstance(value, Unknown) for ref in value.refs))
        return Unknown(why.reason, refs)
    different = _apart(values)
    if len(different) == 1:
        return values[0]
    return OneOf(why.reason, (), different) if len(different) <= MAX_CHOICES else Unknown(why.reason)


def joined(maps: Sequence[Map], why: Unknown, complete: bool) -> Map:
    """What several mappings hold, where only one of them is there. `complete`: one of them surely is."""
    found = Map(maps[0].span, maps[0].header)
    for one in maps:
        for key in one:
            if key not in found:
                found.copy_entry(one, key)
            elif found[key] != one[key]:
                found[key] = why
    if complete:
        for key in found:
            if found[key] is why and all(key in one for one in maps):
                found[key] = one_of(why, [one[key] for one in maps])
    return found


def tell_alternatives(noun: Noun, why: Unknown, others: Sequence[Noun]) -> None:
    """Gives a noun's fields what `others` say, which are it with each of its alternatives."""
    names = dict.fromkeys(key for other in others for key in other.fields)
    for key in names:
        noun.fields.put(key, agreed(why, [other.fields.get(key) for other in others]), noun.fields.place(key))


def agreed(why: Unknown, values: Sequence[Value]) -> Value:
    """What fields of the alternatives come to: texts, numbers, truths, and lists of these."""
    different = _apart(values)
    if len(different) == 1:
        return values[0]
    if len(different) > MAX_CHOICES or any(
        isinstance(item, (Unknown, Map, Seq))
        for value in different
        for item in (value if isinstance(value, Seq) else (value,))
    ):
        return why
    return FieldOneOf(why.reason, why.refs, different)


def _apart(values: Sequence[Value]) -> tuple[Value, ...]:
    different: list[Value] = []
    for value in values:
        if not any(type(value) is type(known) and value == known for known in different):
            different.append(value)
            if len(different) > MAX_CHOICES:
                break
    return tuple(different)
