"""Lists in which any one value decides: actions, principals, members. What is asked, and where the answer stands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from guardrail.model import HOLE, OneOf, PartList, PartText, Reference, Sensitive, Seq, Span, Unknown, Value
from guardrail.model.patterns import lazy_regex

Found = tuple["bool | Unknown", Span]
FILLERS = ("", "x", "*")
"""What a hole may turn out to hold, as far as wildcards go: nothing, a word, all."""


def listed(value: Value, place: Span) -> Seq | Unknown | None:
    """A single value counts as a list of itself; of a list that is known in part that part."""
    if isinstance(value, Sensitive):
        value = value.reveal()
    if isinstance(value, PartList):
        return value.at(place)
    if value is None or (isinstance(value, (Seq, Unknown)) and not isinstance(value, PartText)):
        return value
    one = Seq(place)
    one.add(value, place)
    return one


def some(
    values: Seq | Unknown | None,
    place: Span,
    test: Callable[[str], bool],
    kinds: tuple[str, ...] = (),
    in_part: Callable[[PartText], bool | None] | None = None,
) -> Found:
    """Whether the test holds of one of the texts, and the place that says so; `place` is the whole list's.

    An unknown that is surely the name of something (see `surely_named`) counts as not meeting the test, one
    that depends on a resource of one of `kinds` as meeting it. `in_part` is the test of texts that are known in part,
    where `filled` won't do.
    """
    if values is None:
        return False, place
    if isinstance(values, Unknown):
        told = of_choices(values, test) if isinstance(values, OneOf) else None
        if told or refers_to(values, kinds):
            return True, place
        return (False if told is False or surely_named(values) else values), place
    undecided: Found | None = None
    for index, item in enumerate(values):
        if isinstance(item, str):
            if test(item):
                return True, values.place(index)
        elif isinstance(item, Unknown):
            holds = None
            if isinstance(item, PartText):
                holds = in_part(item) if in_part else filled(item, test)
            elif isinstance(item, OneOf):
                holds = of_choices(item, test)
            if holds or refers_to(item, kinds):
                return True, values.place(index)
            if undecided is None and holds is None and not surely_named(item):
                undecided = deciding(item), values.place(index)
    return undecided or (False, place)


def of_choices(value: OneOf, test: Callable[[str], bool]) -> bool | None:
    """Whether a test holds of one of the texts whichever of a few values it is; None where that hangs on which."""
    verdicts = {any(isinstance(text, str) and test(text) for text in texts_of(choice)) for choice in value.choices}
    return verdicts.pop() if len(verdicts) == 1 else None


def texts_of(choice: Value) -> Sequence[Value]:
    return choice if isinstance(choice, Seq) else (choice,)


def filled(part: PartText, test: Callable[[str], bool], fillers: tuple[str, ...] = FILLERS) -> bool | None:
    """Whether a test holds of a text that is known in part; None where that hangs on what its holes hold. What is
    surely named is no wildcard."""
    if surely_named(part):
        fillers = ("x",)
    template = part.template
    if part.holes:
        pieces = template.split(HOLE)
        named = ["x" if surely_named(hole) else HOLE for hole in part.holes]
        template = "".join(text for pair in zip(pieces, [*named, ""], strict=True) for text in pair)
    verdicts = {test(template.replace(HOLE, filler)) for filler in fillers}
    return verdicts.pop() if len(verdicts) == 1 else None


def deciding(item: Unknown) -> Unknown:
    """What it is of a text known in part that decides, where several parts of it are unknown: not the account."""
    holes = item.holes if isinstance(item, PartText) else ()
    open_holes = [hole for hole in holes if not surely_named(hole)]
    return open_holes[0] if open_holes and len(open_holes) < len(holes) else item


def among(value: Value, names: Collection[str]) -> bool | Unknown:
    """Whether a value is one of the names, in any case."""
    if isinstance(value, Sensitive):
        value = value.reveal()
    if isinstance(value, PartText):
        lower = PartText(value.reason, value.refs, value.template.lower())
        return value.whole() if any(lower.can_be(name.lower()) for name in names) else False
    wanted = {name.lower() for name in names}
    if isinstance(value, OneOf):
        told = of_choices(value, lambda text: text.lower() in wanted)
        return value.whole() if told is None else told
    if isinstance(value, Unknown):
        return value
    return isinstance(value, str) and value.lower() in wanted


_MODULES = lazy_regex(r"(?:module\.[\w-]+(?:\[[^\]]*\])?\.)+")
_ARN_OUTPUT = lazy_regex(r"(?:\w+_)?arns?(?:\[[^\]]*\])*\Z")  # of a module that is not read: module.key.key_arn
_GIVEN = ("var.", "local.", "module.", "each.", "count.", "self.", "terraform.")


def surely_named(item: Unknown) -> bool:
    """True for what is known only after apply, but is surely the name of something: an attribute of a resource
    or data source, or a text made with one. What a variable or a module that is not read gives may be anything, but
    what such a module calls an ARN."""
    return isinstance(item, Reference) or (bool(item.refs) and all(_of_resource(ref) for ref in item.refs))


def refers_to(item: Unknown, kinds: tuple[str, ...]) -> bool:
    """Whether an unknown depends on a resource of one of these kinds (`aws_iam_policy`, `data.aws_partition`)."""
    starts = tuple(f"{kind}." for kind in kinds)
    return any(_MODULES.sub("", ref, count=1).startswith(starts) for ref in item.refs)


def _of_resource(ref: str) -> bool:
    inner = _MODULES.sub("", ref, count=1)
    if inner != ref and _ARN_OUTPUT.match(inner):
        return True
    return "." in inner and not inner.startswith(_GIVEN)


def first_unknown(values: Seq | Unknown | None) -> Unknown | None:
    if isinstance(values, Unknown):
        return values
    return next((item for item in values or () if isinstance(item, Unknown)), None)
