"""Copies of secrets in other texts."""

from __future__ import annotations

from time import perf_counter

import pytest

from guardrail.concepts.secret_copies import Copies


@pytest.mark.parametrize(
    ("values", "text", "expected"),
    [
        ([], "nothing is looked for", "nothing is looked for"),
        (["Sommer2024!"], "a Sommer2024! and Sommer2024!", "a *********** and ***********"),
        (["Sommer", "Sommer2024!"], "Sommer2024! or Sommer", "*********** or ******"),
        (["short"], "too short", "too short"),
        (["abcdefgh"], "abcdefg", "abcdefg"),
        (["x" * 40], "<" + "x" * 41 + ">", "<" + "*" * 12 + "x>"),
    ],
)
def test_copies_are_starred(values: list[str], text: str, expected: str) -> None:
    copies = Copies(values)
    assert copies.starred(text) == expected
    assert copies.within(text) == (text != expected)


def test_many_secrets_take_no_longer() -> None:
    copies = Copies(f"secret-{number:06}-x" for number in range(50_000))
    start = perf_counter()
    assert not copies.within("secret-" * 10_000)
    assert perf_counter() - start < 1


def test_a_text_without_copies_stays_the_same_object() -> None:
    text = "nothing " * 10
    assert Copies(["Sommer2024!"]).replaced(text, lambda _: "***") is text


@pytest.mark.parametrize("before", range(30))
@pytest.mark.parametrize("secret", ["Sommer", "Sommer2024!", "x7" * 30])
def test_copies_are_found_wherever_they_begin(secret: str, before: int) -> None:
    text = "-" * before + secret + "--"
    assert Copies(["Wintertime-1", secret]).replaced(text, lambda found: f"<{found}>") == f"{'-' * before}<{secret}>--"
