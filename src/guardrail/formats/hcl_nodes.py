"""HCL expressions, compiled once for a file and evaluated in any number of scopes.

A node's `eval(scope)` gives a value; what is unknown stays unknown, what Terraform would reject raises
`EvalError`. A node is `pure` where its value does not depend on the scope. What the names mean that an
expression refers to, and what functions there are, the scope's `World` knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, Union

from guardrail.formats.hcl_access import get_attr, get_index
from guardrail.formats.hcl_values import (
    Deferred,
    EvalError,
    ListSeq,
    SetSeq,
    Several,
    Type,
    Undeclared,
    sensitive,
)
from guardrail.model import (
    NOWHERE,
    Encoded,
    EncodedUnknown,
    Map,
    Origin,
    OriginsOf,
    PartText,
    Reference,
    Sensitive,
    Seq,
    Span,
    Unknown,
    Value,
)

MAX_TEXT = 10 * 1024 * 1024  # characters of a string

ATTR, INDEX, FULL_SPLAT, ATTR_SPLAT = range(4)


class World(Protocol):
    """What stands around an expression: for Terraform, the module that it is written in."""

    def resolve(self, ref: Ref, scope: Scope) -> tuple[Value, int]:
        """The value that a reference's root means, and how many of its steps that takes in."""

    def call(self, call: Call, scope: Scope) -> Value: ...

    def spend(self, amount: int) -> None:
        """Count work done. Raises EvalError when a scan has had enough of it."""

    def aside(self, node: Node, scope: Scope) -> Value:
        """The value of an expression that decides nothing but a type: nothing refers to what it refers to."""

    def presume(self) -> None:
        """Note that something is taken to be there that perhaps is not."""

    def told_type(self, node: Node, scope: Scope) -> Type:
        """The type that an expression has by declaration; "any" where none is told."""

    def origins(self, node: Node, scope: Scope) -> tuple[Origin, ...]: ...


class Scope:
    """Local names (`for` variables, `each`, `count`, iterators) over a world. `sources` says for a name
    which expression, in which scope, its value is taken from; `loop` is True where the names change while
    the scope is in use.
    """

    __slots__ = ("loop", "names", "sources", "world")

    def __init__(
        self,
        world: World,
        names: dict[str, Value] | None = None,
        sources: dict[str, tuple[Node, Scope]] | None = None,
        loop: bool = False,
    ) -> None:
        self.world = world
        self.names = names if names is not None else {}
        self.sources = sources if sources is not None else {}
        self.loop = loop

    def child(self, names: dict[str, Value], source: Node | None = None, loop: bool = False) -> Scope:
        sources = self.sources
        if source is not None:
            sources = {**sources, **dict.fromkeys(names, (source, self))}
        return Scope(self.world, {**self.names, **names}, sources, loop or self.loop)


class Trace:
    """Where the value of an expression came from, worked out when called."""

    __slots__ = ("node", "scope")

    def __init__(self, node: Node, scope: Scope) -> None:
        self.node, self.scope = node, scope

    def __call__(self) -> tuple[Origin, ...]:
        return self.scope.world.origins(self.node, self.scope)


class Node:
    __slots__ = ()

    pure = False
    line = 0
    gives_text = False  # whether the value is a string, whatever else is known of it

    def eval(self, scope: Scope) -> Value:
        raise NotImplementedError

    def leaves(self, scope: Scope) -> Iterator[tuple[Ref, Scope]]:
        """The references that the value comes from, with the scopes that they stand in."""
        return iter(())


# A step of a traversal: (ATTR, name), (INDEX, node), (FULL_SPLAT, steps), (ATTR_SPLAT, steps).
Step = tuple[int, Union[str, Node, "list[Step]"]]


class Literal(Node):
    __slots__ = ("value",)

    pure = True

    def __init__(self, value: Value) -> None:
        self.value = value

    @property
    def gives_text(self) -> bool:  # type: ignore[override]
        return isinstance(self.value, str)

    def eval(self, scope: Scope) -> Value:
        return self.value


class Broken(Node):
    """What did not parse."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def eval(self, scope: Scope) -> Value:
        return Unknown(self.reason)


def leaves_of(nodes: list[Node], scope: Scope) -> Iterator[tuple[Ref, Scope]]:
    for node in nodes:
        if not node.pure:
            yield from node.leaves(scope)


class Ref(Node):
    """A traversal from a name: `var.x`, `aws_s3_bucket.b[0].id`, `each.value["a"]`."""

    __slots__ = ("line", "root", "steps")

    def __init__(self, root: str, steps: list[Step], line: int) -> None:
        self.root, self.steps, self.line = root, steps, line

    def eval(self, scope: Scope) -> Value:
        try:
            if self.root in scope.names:
                value, done = scope.names[self.root], 0
            else:
                value, done = scope.world.resolve(self, scope)
            if done == len(self.steps):
                return value
            return walk(value, self.steps, done, scope)
        except EvalError as error:
            error.line = error.line or self.line
            raise

    def text(self) -> str:
        """The traversal as far as it is plain names."""
        words = [self.root]
        for kind, what in self.steps:
            if kind != ATTR:
                break
            words.append(str(what))
        return ".".join(words)

    def leaves(self, scope: Scope) -> Iterator[tuple[Ref, Scope]]:
        yield self, scope
        for kind, what in self.steps:
            if kind == INDEX and isinstance(what, Node) and not what.pure:
                yield from what.leaves(scope)


class BareKey(Ref):
    """A reference as the key of an object, not in parentheses: rejected but where references stand for themselves
    (`providers = {aws.west = aws.eu}`)."""

    __slots__ = ()

    def eval(self, scope: Scope) -> Value:
        value = super().eval(scope)
        if value != self.text():
            raise EvalError("a reference as a key of an object stands in parentheses", self.line)
        return value


class Access(Node):
    """A traversal from anything else: `f(x).y`, `(a)[0]`."""

    __slots__ = ("base", "line", "steps")

    def __init__(self, base: Node, steps: list[Step], line: int) -> None:
        self.base, self.steps, self.line = base, steps, line

    def eval(self, scope: Scope) -> Value:
        value = self.base.eval(scope)
        try:
            return walk(value, self.steps, 0, scope)
        except EvalError as error:
            error.line = error.line or self.line
            raise

    def leaves(self, scope: Scope) -> Iterator[tuple[Ref, Scope]]:
        return self.base.leaves(scope)


def walk(value: Value, steps: list[Step], start: int, scope: Scope) -> Value:
    """Follow a traversal's steps. What a resource's configuration does not say below one of its attributes
    is the provider's to say: a Reference."""
    owner = ""
    path = ""
    for number in range(start, len(steps)):
        kind, what = steps[number]
        address = ""
        try:
            if kind == ATTR:
                address = getattr(value, "address", "")
                if address:
                    owner, path = address, str(what)
                elif owner:
                    path += f".{what}"
                value = get_attr(value, str(what))
            elif kind == INDEX:
                key = what.eval(scope)  # type: ignore[union-attr]
                if owner and isinstance(key, (str, int)):
                    path += f"[{key}]" if isinstance(key, int) else f".{key}"
                if isinstance(key, Unknown) and not owner and isinstance(value, (Map, Seq)):
                    return _of_candidates(value, key, steps, number + 1, scope)
                value = get_index(value, key)
            else:
                value = _splat(value, what, scope)  # type: ignore[arg-type]
        except EvalError:
            if owner and not address:
                return Reference(owner, path)
            raise
    return value


def _of_candidates(value: Map | Seq, key: Unknown, steps: list[Step], start: int, scope: Scope) -> Value:
    """What the steps from `start` on come to behind an unknown index: in one of the entries, and not in those where
    they come to nothing."""
    from guardrail.formats.hcl_choices import candidates, one_of

    entries = candidates(value, key)
    if entries is None:
        return walk(get_index(value, key), steps, start, scope)
    scope.world.spend(len(entries))
    scope.world.presume()
    found: list[Value] = []
    failed: EvalError | None = None
    for entry in entries:
        try:
            found.append(walk(entry, steps, start, scope))
        except Undeclared:
            raise
        except EvalError as error:
            failed = failed or error
    if failed is not None and not found:
        raise failed
    return one_of(key, found)


def _splat(value: Value, steps: list[Step], scope: Scope) -> Value:
    if isinstance(value, Sensitive):
        return sensitive(_splat(value.reveal(), steps, scope), value.literal)
    if value is None:
        return Seq()
    if isinstance(value, Unknown) and not isinstance(value, PartText):
        # A list of unknown length, though what is in it may be known.
        item = value.item() if isinstance(value, Deferred) else value
        made = walk(item, steps, 0, scope) if steps else item
        why = f"how many items {value.refs[0] if value.refs else 'the list'} has is not known"
        if isinstance(made, (Encoded, EncodedUnknown)):
            return Several(why, value.refs, made)
        return made if isinstance(made, Unknown) else Unknown(why, value.refs)
    if not isinstance(value, Seq):
        one = Seq(value.span) if isinstance(value, Map) else Seq()
        one.add(walk(value, steps, 0, scope), one.span)
        return one
    if isinstance(value, (ListSeq, SetSeq)):
        result: Seq = ListSeq(value.span, value.header, "any" if steps else value.item)
    else:
        result = Seq(value.span, value.header)
    scope.world.spend(len(value))
    for index, item in enumerate(value):
        result.add(walk(item, steps, 0, scope), place_in(value, index, item), origin_in(value, index))
    return result


def place_in(holder: Map | Seq, key: Value, value: Value) -> Span:
    if isinstance(holder, Map):
        return holder.spans.get(key, NOWHERE)
    return holder.spans[key] if key < len(holder.spans) else NOWHERE


def origin_in(holder: Map | Seq, key: Value) -> OriginsOf | None:
    return holder.origins.get(key) if holder.origins else None


class Call(Node):
    """A function call; `expand` where the last argument is followed by `...`."""

    __slots__ = ("args", "expand", "line", "name", "span")

    def __init__(self, name: str, args: list[Node], expand: bool, line: int, span: Span) -> None:
        self.name, self.args, self.expand, self.line, self.span = name, args, expand, line, span

    def eval(self, scope: Scope) -> Value:
        try:
            return scope.world.call(self, scope)
        except EvalError as error:
            error.line = error.line or self.line
            raise

    def leaves(self, scope: Scope) -> Iterator[tuple[Ref, Scope]]:
        return leaves_of(self.args, scope)
