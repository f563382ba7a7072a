"""Lists of which nobody knows how long they are, and yet something that is in them, or may be."""

from __future__ import annotations

from guardrail.model.values import Encoded, EncodedUnknown, Map, Seq, Unknown, Value


class Perhaps(Unknown):
    """Blocks each of which may be there, once or several times: nobody knows how many a `dynamic` one of Terraform
    makes. `blocks`: what they are where they are there, with what differs from one to the next unknown."""

    __slots__ = ("blocks",)

    def __init__(self, unknown: Unknown, blocks: Seq) -> None:
        super().__init__(unknown.reason, unknown.refs)
        self.blocks = blocks


HOLDERS = (Map, Seq, EncodedUnknown, Perhaps)


def inside(value: Value) -> Value:
    """The mapping or list in a value that is not one itself, but holds one: a document's, and what may be there."""
    if isinstance(value, (Encoded, EncodedUnknown)):
        return value.decoded
    return value.blocks if isinstance(value, Perhaps) else value
