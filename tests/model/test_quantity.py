from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.model.quantity import duration, quantity

UNITS = {"": 1, "n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000), "k": 10**3, "M": 10**6,
         "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40,
         "Pi": 2**50, "Ei": 2**60}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "number"),
    [("0.5", 0.5), ("500m", 0.5), ("1e3", 1000), ("1E3", 1000), ("1Gi", 2**30), ("128974848000m", 128974848),
     ("1E", 10**18), ("-1", -1), ("+.5k", 500), ("5.", 5), ("1e-2", 0.01), (2, 2), (1.0, 1), (0.25, 0.25)],
)  # fmt: skip
def test_quantities(text: object, number: float) -> None:
    assert quantity(text) == number
    assert type(quantity(text)) is type(number)


@pytest.mark.parametrize(
    "text",
    ["", " ", "Gi", "1 Gi", "1gi", "1K", "0x10", "1_000", "١", "1e999", "1e", "--1", "1.2.3", "NaN", "9" * 65, True,
     None, float("nan"), float("inf"), [], {}],
)  # fmt: skip
def test_what_is_no_quantity(text: object) -> None:
    assert quantity(text) is None


@given(st.integers(-(10**15), 10**15), st.integers(0, 9), st.sampled_from(sorted(UNITS)))
def test_a_quantity_is_the_fraction_that_is_written(digits: int, places: int, unit: str) -> None:
    amount = Fraction(digits, 10**places)
    shown = f"{abs(digits):0{places + 1}d}"
    text = ("-" if digits < 0 else "") + (f"{shown[:-places]}.{shown[-places:]}" if places else shown) + unit
    expected = amount * UNITS[unit]
    found = quantity(text)
    assert found == (expected if expected.denominator == 1 else float(expected))
    assert isinstance(found, int) is (expected.denominator == 1)


@given(st.one_of(st.text(), st.from_regex(r"[0-9.eEPTYMDHWS+-]{0,12}[a-zA-Z]{0,3}"), st.floats(), st.integers()))
def test_neither_ever_raises(value: object) -> None:
    for found in (quantity(value), duration(value)):
        assert found is None or isinstance(found, (int, float))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("5m", 300), ("1h30m", 5400), ("1h 30 minutes", 5400), ("P1D", 86400), ("PT1H30M", 5400),
     ("P1Y2M", 365 * 86400 + 60 * 86400), ("P2W", 14 * 86400), ("PT0.5S", 0.5), ("30d", 2592000), ("7 days", 604800),
     ("3 weeks and 2 days", 23 * 86400), ("1h, 1m", 3660), ("100ms", 0.1), ("1.5h", 5400), ("-5s", -5), ("45", 45),
     (" 45 ", 45), (90, 90), (1.5, 1.5), ("2 mos", 60 * 86400)],
)  # fmt: skip
def test_durations(text: object, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "never", "P", "PT", "P1.2.3D", "and 5s", "5 parsecs", "5s!", "s", True, None, []])
def test_what_is_no_duration(text: object) -> None:
    assert duration(text) is None


@given(st.integers(0, 10**6), st.integers(0, 59), st.integers(0, 59))
def test_notations_of_one_duration_agree(hours: int, minutes: int, seconds: int) -> None:
    total = hours * 3600 + minutes * 60 + seconds
    assert duration(f"{hours}h{minutes}m{seconds}s") == total
    assert duration(f"PT{hours}H{minutes}M{seconds}S") == total
    assert duration(f"{hours} hours {minutes} mins and {seconds} seconds") == total
