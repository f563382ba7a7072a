"""count, for_each and enabled: how many instances a block has, and what each, count are in them."""

from __future__ import annotations

from collections.abc import Sequence

from guardrail.formats.hcl import Attribute, Block
from guardrail.formats.hcl_collection_nodes import Tuple
from guardrail.formats.hcl_conversions import to_bool, to_number, to_text
from guardrail.formats.hcl_nodes import Scope
from guardrail.formats.hcl_values import Deferred, EvalError, KeyedMap, PartialMap, SetSeq, derived, type_name
from guardrail.inputs.terraform.blocks import MAX_INSTANCES
from guardrail.inputs.terraform.run import Edges, Run
from guardrail.model import NOWHERE, Map, Reference, Sensitive, Seq, Unknown, Value


class Expansion:
    """`kind`: "one", "none" (not enabled), "list" (count), "map" (for_each) or "open" (their value is unknown: one
    instance stands for all, and `rest` says why). `scopes`: for each instance its key (None where nobody knows
    whether there is one, a Reference where it is known once that is made) and its scope.
    `edges`: references that the number of instances depends on, by way of `argument`."""

    __slots__ = ("argument", "edges", "kind", "rest", "scopes")

    def __init__(self, kind: str, scopes: list[tuple[Value, Scope]], edges: Edges) -> None:
        self.kind, self.scopes, self.edges = kind, scopes, edges
        self.argument = ""
        self.rest: Unknown | None = None

    def doubt(self, key: Value) -> Unknown | None:
        """Why it cannot be known whether there is an instance of this key; None where there surely is."""
        return self.rest if key is None else None


    def gathered(self, refs: Sequence[Value], unkeyed: Value) -> Value:
        """The instances as an expression sees the block: one, a list, or a map. `unkeyed` stands for those whose
        keys are not known. Not for "open", of which one says nothing about how many there are."""
        if self.kind == "one":
            return refs[0]
        if self.kind == "none":
            return None
        if self.kind == "list":
            sequence = Seq()
            for ref in refs:
                sequence.add(ref, NOWHERE)
            return sequence
        mapping = Map()
        if any(not isinstance(key, str) for key, _ in self.scopes):
            mapping = keyed = KeyedMap(unkeyed)
            for (key, _), ref in zip(self.scopes, refs, strict=True):
                if isinstance(key, Reference):
                    keyed.made[key.target, key.attribute] = ref
        for (key, _), ref in zip(self.scopes, refs, strict=True):
            if isinstance(key, str):
                mapping.put(key, ref, NOWHERE)
        return mapping


def expand(block: Block, scope: Scope, run: Run, name: str, doubtful: bool) -> Expansion:
    """`doubtful`: perhaps there is no module that the block stands in."""
    attributes = block.body.attributes
    each, count, enabled = attributes.get("for_each"), attributes.get("count"), _enabled_in(block)
    if each is None and count is None and enabled is None:
        return Expansion("one", [(None, scope)], {})
    several = [argument for argument in (each, count, enabled) if argument is not None]
    if len(several) > 1:
        names = " and ".join(sorted(argument.name for argument in several))
        run.tell("evaluation", f"{name} has both {names}", several[0].span)
    outer, run.edges = run.edges, {}
    perhaps, run.perhaps = run.perhaps, doubtful
    try:
        if each is not None:
            made = _for_each(each, scope, run, name)
        elif count is not None:
            made = _count(count, scope, run, name)
        else:
            assert enabled is not None
            made = _one_or_none(enabled, scope, run, name)
        made.edges = run.edges
        made.argument = several[0].name
    finally:
        run.edges, run.perhaps = outer, perhaps
    return made


def _enabled_in(block: Block) -> Attribute | None:
    """`lifecycle { enabled = ... }` (OpenTofu 1.11, https://opentofu.org/docs/language/meta-arguments/enabled/)."""
    return next((inner.body.attributes["enabled"] for inner in block.body.of_type("lifecycle")
                 if "enabled" in inner.body.attributes), None)  # fmt: skip


def _one_or_none(attribute: Attribute, scope: Scope, run: Run, name: str) -> Expansion:
    what = f"enabled of {name}"
    value = run.value_of(attribute.node, scope, attribute.span, what)
    try:
        value = to_bool(value.reveal() if isinstance(value, Sensitive) else value)
    except EvalError as error:
        value = run.rejected(error, attribute.node, scope, attribute.span, what)
    if value is None:
        value = run.rejected(EvalError("it is null"), attribute.node, scope, attribute.span, what)
    if isinstance(value, Unknown):
        made = Expansion("open", [(None, scope)], {})
        made.rest = value
        return made
    return Expansion("one", [(None, scope)], {}) if value else Expansion("none", [], {})


def key_text(key: Value) -> str:
    """An instance key as it stands in an address; "" for none."""
    if isinstance(key, bool) or key is None or isinstance(key, Unknown):
        return ""
    if isinstance(key, int):
        return f"[{key}]"
    text = str(key)
    if '"' in text or "\\" in text or not text.isprintable():
        text = "".join([_in_quotes(letter) for letter in text])
    return f'["{text}"]' if "{" not in text else f'["{text.replace("${", "$${").replace("%{", "%%{")}"]'


_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


def _in_quotes(letter: str) -> str:
    if letter in _ESCAPES or letter.isprintable():
        return _ESCAPES.get(letter, letter)
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}"


def _count(attribute: Attribute, scope: Scope, run: Run, name: str) -> Expansion:
    what = f"count of {name}"
    value = run.value_of(attribute.node, scope, attribute.span, what)
    if isinstance(value, Sensitive):
        value = value.reveal()
    if not isinstance(value, Unknown):
        value = _checked_count(value, attribute, scope, run, what)
    if isinstance(value, Unknown):
        index = Map()
        index["index"] = derived(value)
        made = Expansion("open", [(None, scope.child({"count": index}, attribute.node))], {})
        made.rest = value
        return made
    if value > MAX_INSTANCES:
        _too_many(run, attribute, what, value)
        value = MAX_INSTANCES
    scopes: list[tuple[Value, Scope]] = []
    for number in range(value):
        index = Map()
        index["index"] = number
        scopes.append((number, scope.child({"count": index})))
    return Expansion("list", scopes, {})


def _checked_count(value: Value, attribute: Attribute, scope: Scope, run: Run, what: str) -> Value:
    try:
        number = to_number(value)
    except EvalError:
        number = None
    if not isinstance(number, int) or number < 0:
        return run.rejected(EvalError("it is no whole number from 0"), attribute.node, scope, attribute.span, what)
    return number


def _for_each(attribute: Attribute, scope: Scope, run: Run, name: str) -> Expansion:
    what = f"for_each of {name}"
    value = run.value_of(attribute.node, scope, attribute.span, what)
    if isinstance(value, Sensitive):
        run.tell("evaluation", f"{what}: it is sensitive, and its keys would be shown", attribute.span)
        value = value.reveal()
    rest: Unknown | None = None
    items: list[tuple[str, Value]] = []
    named: list[Reference] = []  # keys that are known once other resources are made
    if isinstance(value, Unknown):
        rest = value
    elif isinstance(value, Map):
        items = sorted(value.items(), key=lambda item: item[0])
        if isinstance(value, PartialMap):
            rest = value.rest
    elif isinstance(value, SetSeq):
        for item in value:
            if isinstance(item, Reference) and item.attribute:
                named.append(item)
            elif isinstance(item, Unknown):
                rest = item
            elif isinstance(item, str):
                items.append((item, item))
            else:
                error = EvalError("it is a set of other things than strings")
                rest = run.rejected(error, attribute.node, scope, attribute.span, what)
    elif type(value) is Seq and not value and not isinstance(attribute.node, Tuple):
        pass  # where the other branch of a conditional is unknown, the branch taken keeps its type
    else:
        error = EvalError(f"it is a {type_name(value)}, where a map or a set of strings is needed")
        rest = run.rejected(error, attribute.node, scope, attribute.span, what)
    if len(items) > MAX_INSTANCES:
        _too_many(run, attribute, what, len(items))
        items = items[:MAX_INSTANCES]
    scopes: list[tuple[Value, Scope]] = []
    for key, item in items:
        each = Map()
        each["key"], each["value"] = key, item
        if isinstance(value, Map):
            each.spans["value"] = value.spans.get(key, NOWHERE)
        scopes.append((key, scope.child({"each": each}, attribute.node)))
    for reference in named:
        each = Map()
        each["key"] = each["value"] = reference
        scopes.append((reference, scope.child({"each": each}, attribute.node)))
    if rest is None:
        return Expansion("map", scopes, {})
    each = Map()
    each["key"] = derived(rest)
    # Of a resource or module of which nobody knows how many there are, it is one of them all the same.
    each["value"] = rest.item() if rest is value and isinstance(rest, Deferred) else derived(rest)
    scopes.append((None, scope.child({"each": each}, attribute.node)))
    made = Expansion("map" if items or named else "open", scopes, {})
    made.rest = rest
    return made


def _too_many(run: Run, attribute: Attribute, what: str, number: int) -> None:
    run.tell("expansion", f"{what} gives {to_text(number)} instances; only the first {MAX_INSTANCES:,} are judged",
             attribute.span)  # fmt: skip
