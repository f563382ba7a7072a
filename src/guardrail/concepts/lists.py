"""Lists in which any one value decides: actions, principals, members. What is asked, and where the answer stands."""

from __future__ import annotations

import re
from collections.abc import Callable

from guardrail.model import HOLE, PartText, Reference, Sensitive, Seq, Span, Unknown, Value

Found = tuple["bool | Unknown", Span]


def listed(value: Value, place: Span) -> Seq | Unknown | None:
    """A single value counts as a list of itself."""
    if isinstance(value, Sensitive):
        value = value.reveal()
    if value is None or isinstance(value, (Seq, Unknown)):
        return value
    one = Seq(place)
    one.add(value, place)
    return one


def some(
    values: Seq | Unknown | None, place: Span, test: Callable[[str], bool], kinds: tuple[str, ...] = ()
) -> Found:
    """Whether the test holds of one of the texts, and the place that says so; `place` is the whole list's.

    An unknown that is surely the name of something (see `surely_named`) counts as not meeting the test, one
    that depends on a resource of one of `kinds` as meeting it.
    """
    if values is None:
        return False, place
    if isinstance(values, Unknown):
        if refers_to(values, kinds):
            return True, place
        return (False if surely_named(values) else values), place
    undecided: Found | None = None
    for index, item in enumerate(values):
        if isinstance(item, str):
            if test(item):
                return True, values.place(index)
        elif isinstance(item, PartText) and item.literal.strip("*?") and not test(item.template.replace(HOLE, "x")):
            continue  # whatever stands in its holes, it is not the bare wildcard that is looked for
        elif isinstance(item, Unknown):
            if refers_to(item, kinds):
                return True, values.place(index)
            if undecided is None and not surely_named(item):
                undecided = item, values.place(index)
    return undecided or (False, place)


_MODULES = re.compile(r"(?:module\.[\w-]+(?:\[[^\]]*\])?\.)+")
_GIVEN = ("var.", "local.", "module.", "each.", "count.", "path.", "self.", "terraform.")


def surely_named(item: Unknown) -> bool:
    """True for what is known only after apply, but is surely the name of something: an attribute of a resource
    or data source, or a text made with one. What a variable or a module that is not read gives may be anything."""
    return isinstance(item, Reference) or (bool(item.refs) and all(_of_resource(ref) for ref in item.refs))


def refers_to(item: Unknown, kinds: tuple[str, ...]) -> bool:
    """Whether an unknown depends on a resource of one of these kinds (`aws_iam_policy`, `data.aws_partition`)."""
    starts = tuple(f"{kind}." for kind in kinds)
    return any(_MODULES.sub("", ref, count=1).startswith(starts) for ref in item.refs)


def _of_resource(ref: str) -> bool:
    inner = _MODULES.sub("", ref, count=1)
    return "." in inner and not inner.startswith(_GIVEN)


def first_unknown(values: Seq | Unknown | None) -> Unknown | None:
    if isinstance(values, Unknown):
        return values
    return next((item for item in values or () if isinstance(item, Unknown)), None)
