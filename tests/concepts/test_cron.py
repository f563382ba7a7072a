"""What a line of cron says, and what keeps it from being one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.concepts.cron import fault


@pytest.mark.parametrize(
    "text",
    [
        "* * * * *",
        "*/5 * * * *",
        "00 03 * * *",
        "59 23 31 12 6",
        "0 9-17/2 ? JAN-MAR,dec Mon-Fri",
        "5/15 0,12 1,15 * 0",
        " 0\t3 * * 1 ",
        "@daily",
        "@Weekly",
        "@every 1h30m",
    ],
)
def test_schedules(text: str) -> None:
    assert fault(text) == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("60 * * * *", "60 is no minute (0 to 59)"),
        ("0 24 * * *", "24 is no hour (0 to 23)"),
        ("0 0 0 * *", "0 is no day of the month (1 to 31)"),
        ("0 0 * 13 *", "13 is no month (1 to 12)"),
        ("0 0 * * 7", "7 is no day of the week (0 to 6)"),
        ("0 0 * * monday", "monday is no day of the week (0 to 6)"),
        ("0 0 * * 1-7", "7 is no day of the week (0 to 6)"),
        ("H 3 * * *", "H is no minute (0 to 59)"),
        ("1, * * * *", "nothing is no minute (0 to 59)"),
        ("-5 * * * *", "nothing is no minute (0 to 59)"),
        ("²5 * * * *", "²5 is no minute (0 to 59)"),
        ("*/0 * * * *", "0 is no step"),
        ("*/ * * * *", "nothing is no step"),
        ("0 0 * * fri-mon", "fri-mon ends before it begins"),
        ("0 0 * *", "it has 4 fields, not 5"),
        ("0 0 0 * * *", "it has 6 fields, not 5"),
        ("", "it has 0 fields, not 5"),
        ("@nightly", "@nightly stands for nothing"),
        ("@every day", "@every stands for nothing"),
        ("CRON_TZ=Europe/Berlin 0 3 * * *", "the time zone has a field of its own"),
    ],
)
def test_what_is_none(text: str, says: str) -> None:
    assert fault(text) == says


def test_what_others_take() -> None:
    assert fault("TZ=Europe/Berlin 0 3 * * *", zone=True) == ""
    assert fault("TZ=Europe/Berlin 0 3 * *", zone=True) == "it has 4 fields, not 5"
    assert fault("@daily", shorthands=False) == "@daily stands for nothing"


@given(st.text(alphabet="0123456789*/,-? @TZ=abcMON²\u0660", max_size=40))
def test_no_text_is_too_odd(text: str) -> None:
    assert isinstance(fault(text, zone=True), str)
