"""Evidence in words."""

from __future__ import annotations

from guardrail.model import Evidence, Span
from guardrail.reports.evidence import in_words

PLACE = Span("main.tf", 3, 5, 3, 9)
UNKNOWN = {"$unknown": "var.size has no value"}


def test_why_a_value_is_unknown_is_said_once() -> None:
    noted = Evidence("size", UNKNOWN, PLACE, "var.size has no value, wanted: above 3")
    assert str(in_words(noted)) == "size = unknown (var.size has no value, wanted: above 3)"
    assert str(in_words(Evidence("size", UNKNOWN, PLACE, "wanted: 3"))) == (
        "size = unknown (var.size has no value) (wanted: 3)"
    )
    assert str(in_words(Evidence("", UNKNOWN, PLACE, "argument size of module.a"))) == (
        "argument size of module.a = unknown (var.size has no value)"
    )
