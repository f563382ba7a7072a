"""Names of buckets on S3, whole and in part."""

from __future__ import annotations

import pytest

from guardrail.concepts.bucket_names import form
from guardrail.model import HOLE, PartText, Unknown


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("shop-orders", "plain"),
        ("a1b", "plain"),
        ("a" * 63, "plain"),
        ("shop.example.com", "dotted"),
        ("ab", "refused"),
        ("a" * 64, "refused"),
        ("Shop-orders", "refused"),
        ("shop_orders", "refused"),
        ("-shop", "refused"),
        ("shop-", "refused"),
        ("shop..orders", "refused"),
        ("192.168.5.4", "refused"),
        ("xn--shop", "refused"),
        ("sthree-shop", "refused"),
        ("shop-s3alias", "refused"),
        ("shop--x-s3", "refused"),
        ("", None),
        (None, None),
    ],
)
def test_whole_names(name: str | None, wanted: str | None) -> None:
    assert form(name) == wanted


@pytest.mark.parametrize(
    ("template", "wanted"),
    [
        (f"shop-{HOLE}", None),
        (f"{HOLE}.example.com", "dotted"),
        (f"Shop-{HOLE}", "refused"),
        (f"shop_{HOLE}", "refused"),
        (f"{HOLE}..com", "refused"),
    ],
)
def test_names_of_which_a_part_is_unknown(template: str, wanted: str | None) -> None:
    assert form(PartText("var.env has no value", ("var.env",), template)) == wanted


def test_unknown_names() -> None:
    assert form(Unknown("var.name has no value")) is None
