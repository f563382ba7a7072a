from __future__ import annotations

from collections.abc import Iterator

import pytest

from guardrail.concepts import secret_masks
from guardrail.concepts.secret_masks import Concealer, Excerpts, is_unmistakable, without_secrets
from guardrail.model import Encoded, Map, Note, Problem, Sensitive, Span

HERE, THERE = Span("main.tf", 3, 1, 3, 9), Span("main.tf", 9, 1, 9, 9)


@pytest.mark.parametrize(
    ("secret", "value", "place", "concealed"),
    [
        ("hunter2", "hunter2", HERE, True),
        ("hunter2", "hunter2", THERE, False),  # too short to be sure that it is the same
        ("postgres", "postgres://db/app", THERE, False),
        ("postgres", "postgres", HERE, True),
        ("Sommer2024!", "mysql://root:Sommer2024!@db", THERE, True),
        ("correcthorsebattery", "pw=correcthorsebattery", THERE, True),
        ("12345678", 12345678, THERE, True),
        ("", "", HERE, False),
    ],
)
def test_concealed(secret: str, value: str, place: Span, concealed: bool) -> None:
    assert isinstance(Concealer([(secret, HERE)])(value, place), Sensitive) is concealed


def test_secrets_within_what_is_shown() -> None:
    conceal = Concealer([("Sommer2024!", HERE)])
    outer = Map(THERE)
    inner = Map(THERE)
    inner.put("a", "Sommer2024!", THERE)
    outer.put("inner", Encoded("{}", inner), THERE)
    assert isinstance(conceal(outer, THERE), Sensitive)
    assert conceal("anything else", THERE) == "anything else"


def test_credentials_are_known_by_their_form_too() -> None:
    conceal = Concealer([])
    address = "postgresql://app:qq7zzk@db.internal/app"
    assert conceal(address, THERE) == "postgresql://app:******@db.internal/app"
    several = Map(THERE)
    several.put("url", address, THERE)
    assert isinstance(conceal(several, THERE), Sensitive)
    harmless = Map(THERE)
    harmless.put("url", "https://db.internal/app", THERE)
    assert conceal(harmless, THERE) is harmless


def test_messages_tell_no_credential() -> None:
    key = "h8Jk2LmP9qXz4Rt6"  # no credential of anybody
    told = [
        Problem("a", f"there is no entry {key}", "a", 1),
        Problem("b", "DB_PASSWORD=Sommer2024! is no flag", "a", 2),
    ]
    assert without_secrets(told, [(key, HERE), ("latest", HERE), ("production", HERE)]) == [
        Problem("a", "there is no entry ***", "a", 1),
        Problem("b", "DB_PASSWORD=*** is no flag", "a", 2),
    ]
    note = Note("c", "ghp_h8Jk2LmP9qXz4Rt6Wv8Yb1Nc5Df3Gh7Sj9Ak is taken as it is")
    assert without_secrets([note], []) == [Note("c", "*** is taken as it is")]
    assert isinstance(without_secrets([note], [])[0], Note)
    plain = [Problem("a", "the image of production is not text", "a", 1)]
    assert without_secrets(plain, [("production", HERE)]) == plain


@pytest.mark.parametrize(
    ("secret", "told", "expected"),
    [
        ("Horse-Battery-77", False, True), ("h8Jk2LmP9qXz4Rt6", False, True), ("Sommer2024!", False, True),
        ("Som2024!", False, True), ("Som24!", False, False), ("correct-horse-battery", False, False),
        ("Europe/Berlin", False, False), ("production", False, False), ("database-7", False, False),
        ("correct-horse-battery", True, True), ("production", True, False), ("Som24!", True, False),
    ],
)  # fmt: skip
def test_which_secrets_are_masked_in_other_files(secret: str, told: bool, expected: bool) -> None:
    assert is_unmistakable(secret, told) is expected


def test_only_secrets_of_the_lines_that_are_shown_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every excerpt went through all secrets of its file: 500 of them, on a line each, took 13 s."""
    secrets = [(f"Sommer-{number}!", Span("a", number, 3, number, 20)) for number in range(1, 200)]
    excerpts = Excerpts(secrets)
    looked: list[str] = []

    def parts(value: str) -> Iterator[str]:
        looked.append(value)
        yield value

    monkeypatch.setattr(secret_masks, "_parts", parts)
    lines = [f"key: Sommer-{number}!" for number in range(9, 14)]
    assert excerpts.shown(lines, 9) == ["key: *********", *["key: **********"] * 4]
    assert looked == [f"Sommer-{number}!" for number in range(9, 14)]
