"""Credentials by their name and within texts; those of `tests/concepts/test_secrets.py` stand in resources."""

from __future__ import annotations

import pytest

from guardrail.formats.secret_forms import secret_by_name
from guardrail.formats.secret_texts import assignments_in, veiled

RANDOM = "h8Jk2LmP9qXz4Rt6"  # no credential of anybody


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
@pytest.mark.parametrize("name", ["DB_PASSWORD", "DB_PASSWORD_1", "DB_PASSWORD2", "db.password.12", "password_wo"])
def test_numbered_names_and_blocks(name: str, end: str) -> None:
    assert secret_by_name(name, f"hunter-x{end}") == "password"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", "\n"),
        ("DB_PASSWORD", "one\ntwo\n"),
        ("DB_PASSWORD_1", "changeme\n"),
        ("DB_PASSWORD_1", "DB_PASSWORD_1"),
        ("DB_PASSWORD_1", "vault:db_password_1"),
        ("PASSWORD_123", "hunter-x"),
        ("nopasswd1", "hunter-x"),
        ("password_length_1", "hunter-x"),
        ("sha256", RANDOM),
    ],
)
def test_what_is_none(name: str, value: str) -> None:
    assert secret_by_name(name, value) is None


def test_numbered_names_in_a_text() -> None:
    text = f"export DB_PASSWORD_1={RANDOM} API_KEY2={RANDOM}"
    assert [match.name for match in assignments_in(text)] == ["DB_PASSWORD_1", "API_KEY2"]


def test_veiled() -> None:
    assert veiled(f"DB_PASSWORD={RANDOM} make ghp_{RANDOM * 3}") == "DB_PASSWORD=*** make ***"
    assert veiled("DB_PASSWORD=postgres make", throwaway=True) == "DB_PASSWORD=postgres make"
    text = "make test"
    assert veiled(text) is text
