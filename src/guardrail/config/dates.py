"""Days as configuration has them."""

from __future__ import annotations

from datetime import date


def is_date(text: str) -> bool:
    """As 2027-01-31, and no other of the ways that ISO 8601 has."""
    if len(text) != 10:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return text[4] == text[7] == "-"
