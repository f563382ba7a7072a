"""What Groovy code is read into. Places are offsets in the file."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.formats.groovy_tokens import Quoted


class Node:
    """`end` is exclusive."""

    __slots__ = ("end", "start")

    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end

    def children(self) -> Iterator[Node]:
        yield from ()


class Literal(Node):
    """A number, true, false or null."""

    __slots__ = ("value",)

    def __init__(self, start: int, end: int, value: int | float | bool | None) -> None:
        super().__init__(start, end)
        self.value = value


class Quote(Node):
    """A string; `holes` are its interpolated expressions, beside those of `quoted`."""

    __slots__ = ("holes", "quoted")

    def __init__(self, start: int, end: int, quoted: Quoted, holes: list[Node]) -> None:
        super().__init__(start, end)
        self.quoted, self.holes = quoted, holes

    def children(self) -> Iterator[Node]:
        yield from self.holes


class Name(Node):
    __slots__ = ("id",)

    def __init__(self, start: int, end: int, id: str) -> None:
        super().__init__(start, end)
        self.id = id


class Member(Node):
    """`object.name`."""

    __slots__ = ("name", "object")

    def __init__(self, start: int, end: int, object: Node, name: str) -> None:
        super().__init__(start, end)
        self.object, self.name = object, name

    def children(self) -> Iterator[Node]:
        yield self.object


class Call(Node):
    """`name(args)`, `name args`, `name { }`, `receiver.name(args)`. A closure behind it is its last argument.
    `head` ends where the arguments begin; `made`: a constructor, `new name(args)`."""

    __slots__ = ("args", "head", "made", "name", "named", "receiver")

    def __init__(self, start: int, end: int, head: int, name: str, receiver: Node | None = None) -> None:
        super().__init__(start, end)
        self.head, self.name, self.receiver, self.made = head, name, receiver, False
        self.args: list[Node] = []
        self.named: list[tuple[str, Node, int]] = []  # with where the key begins

    def children(self) -> Iterator[Node]:
        if self.receiver is not None:
            yield self.receiver
        yield from self.args
        for _, value, _ in self.named:
            yield value

    def get(self, key: str) -> Node | None:
        return next((value for name, value, _ in self.named if name == key), None)

    @property
    def body(self) -> Closure | None:
        """The closure that it is given."""
        return next((arg for arg in reversed(self.args) if isinstance(arg, Closure)), None)


class Closure(Node):
    __slots__ = ("params", "statements")

    def __init__(self, start: int, end: int, params: list[str], statements: list[Node]) -> None:
        super().__init__(start, end)
        self.params, self.statements = params, statements

    def children(self) -> Iterator[Node]:
        yield from self.statements


class ListOf(Node):
    __slots__ = ("items",)

    def __init__(self, start: int, end: int, items: list[Node]) -> None:
        super().__init__(start, end)
        self.items = items

    def children(self) -> Iterator[Node]:
        yield from self.items


class MapOf(Node):
    """Entries as a call's `named`; "" for a key that is worked out."""

    __slots__ = ("entries",)

    def __init__(self, start: int, end: int, entries: list[tuple[str, Node, int]]) -> None:
        super().__init__(start, end)
        self.entries = entries

    def children(self) -> Iterator[Node]:
        for _, value, _ in self.entries:
            yield value

    def get(self, key: str) -> Node | None:
        return next((value for name, value, _ in self.entries if name == key), None)


class Operation(Node):
    """`op` is the operator, `?:` for both conditional ones, `[]` for an index, `()` for what is in parentheses or
    cast."""

    __slots__ = ("op", "operands")

    def __init__(self, start: int, end: int, op: str, operands: list[Node]) -> None:
        super().__init__(start, end)
        self.op, self.operands = op, operands

    def children(self) -> Iterator[Node]:
        yield from self.operands


class Assign(Node):
    """`target = value`; `declares` where it is a declaration, `targets` several where they are declared at once."""

    __slots__ = ("declares", "op", "targets", "value")

    def __init__(self, start: int, end: int, op: str, targets: list[Node], value: Node | None, declares: bool) -> None:
        super().__init__(start, end)
        self.op, self.targets, self.value, self.declares = op, targets, value, declares

    def children(self) -> Iterator[Node]:
        yield from self.targets
        if self.value is not None:
            yield self.value


class Define(Node):
    """A method."""

    __slots__ = ("name", "params", "statements")

    def __init__(self, start: int, end: int, name: str, params: list[str], statements: list[Node]) -> None:
        super().__init__(start, end)
        self.name, self.params, self.statements = name, params, statements

    def children(self) -> Iterator[Node]:
        yield from self.statements


class Annotation(Node):
    """`call` has the annotation's name and arguments."""

    __slots__ = ("call",)

    def __init__(self, start: int, end: int, call: Call) -> None:
        super().__init__(start, end)
        self.call = call

    def children(self) -> Iterator[Node]:
        yield self.call


class Compound(Node):
    """`if`, `for`, `try`, `class` and others by their `word`; `parts` are what is in them, in order. Of what was not
    understood (`word` is "gap") they are the blocks in it."""

    __slots__ = ("parts", "word")

    def __init__(self, start: int, end: int, word: str, parts: list[Node]) -> None:
        super().__init__(start, end)
        self.word, self.parts = word, parts

    def children(self) -> Iterator[Node]:
        yield from self.parts


def walk(node: Node) -> Iterator[Node]:
    """The node and all that is in it, in the order of the text."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(list(current.children())))
