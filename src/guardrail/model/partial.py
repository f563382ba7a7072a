"""Lists of which nobody knows how long they are, and yet something that is in them, or may be."""

from __future__ import annotations

from guardrail.model.span import NOWHERE, Span
from guardrail.model.values import Encoded, EncodedUnknown, Map, Seq, Unknown, Value


class Perhaps(Unknown):
    """Blocks each of which may be there, once or several times: nobody knows how many a `dynamic` one of Terraform
    makes. `blocks`: what they are where they are there, with what differs from one to the next unknown. In a `PartList`
    they are items."""

    __slots__ = ("blocks",)

    def __init__(self, unknown: Unknown, blocks: Seq) -> None:
        super().__init__(unknown.reason, unknown.refs)
        self.blocks = blocks


class PartList(Unknown):
    """A list of which some items are known: `concat([a], var.on ? [b] : [], var.more)`. `items`: what is surely there
    as it is, what may be there in a `Perhaps`; another unknown stands for one, none or several. What is done to it
    makes it a plain unknown, but what lists are joined with, and what asks each item, goes by the items.
    """

    __slots__ = ("items",)

    def __init__(self, unknown: Unknown, items: Seq) -> None:
        super().__init__(unknown.reason, unknown.refs)
        self.items = items

    def at(self, place: Span) -> Seq:
        """The items; what stands nowhere, as a list that comes from elsewhere as a whole, stands at `place`."""
        found = Seq(self.items.span, self.items.header)
        found.origins = self.items.origins
        for index, item in enumerate(self.items):
            own = self.items.place(index)
            found.add(item, own if own.line else place)
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PartList) and self.items == other.items and super().__eq__(other)

    def __hash__(self) -> int:
        return super().__hash__()


HOLDERS = (Map, Seq, EncodedUnknown, Perhaps, PartList)


def inside(value: Value) -> Value:
    """The mapping or list in a value that is not one itself, but holds one: a document's, and what may be there."""
    if isinstance(value, (Encoded, EncodedUnknown)):
        return value.decoded
    if isinstance(value, PartList):
        return value.items
    return value.blocks if isinstance(value, Perhaps) else value


def as_if_there(value: Value, place: Span = NOWHERE) -> Value:
    """A list in which that counts which may be there, as resources count of which nobody knows whether they are.
    What is no list stays what it is. `place`: of the list."""
    if isinstance(value, PartList):
        value = value.at(place)
    elif isinstance(value, Perhaps):
        value = value.blocks
    if not isinstance(value, Seq) or not any(isinstance(item, Perhaps) for item in value):
        return value
    found = Seq(value.span, value.header)
    for index, item in enumerate(value):
        if isinstance(item, Perhaps):
            for position, block in enumerate(item.blocks):
                found.add(block, item.blocks.place(position))
        else:
            found.add(item, value.place(index), value.origins.get(index) if value.origins else None)
    return found
