"""Numbers with 512 bits, and how they are written."""

from __future__ import annotations

import copy
import math
import pickle
import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.formats.hcl_conversions import number_text, parse_number
from guardrail.formats.hcl_numbers import Real, exactly, made, rounded, same, text_of


def has_plain_neighbours(number):
    """No whole number, and no power of two: Go takes the next number below those to be as far as the next above."""
    return not number.is_integer() and math.frexp(number)[0] != 0.5


@given(st.floats(min_value=1e-30, max_value=1e15, exclude_max=True).filter(has_plain_neighbours))
def test_at_53_bits_it_is_written_as_short_as_a_float_is(number):
    text = text_of(Real(Fraction(number), 53))
    assert float(text) == number
    assert len(text) == len(format(Decimal(repr(number)), "f"))
    assert text_of(Real(Fraction(-number), 53)) == f"-{text}"


def test_what_is_halfway_goes_to_the_even_digit_as_go_has_it():
    assert text_of(Real(Fraction(1, 2**24), 53)) == "0.00000005960464477539062"


@given(st.fractions(max_denominator=10**9))
def test_what_is_written_reads_as_the_same_number(value):
    number = made(rounded(value))
    assert same(parse_number(number_text(number)), number)


@given(st.fractions(), st.integers(2, 80))
def test_rounding_is_to_the_nearest(value, bits):
    near = rounded(value, bits)
    assert abs(near.numerator).bit_length() <= bits or near.denominator == 1
    if value:
        assert abs(near - value) <= abs(value) / 2**bits
        assert rounded(near, bits) == near


@pytest.mark.parametrize(
    ("text", "number"),
    [("0.1", 0.1), ("1e3", 1000), ("2.50", 2.5), ("1e22", 10**22), ("-0", 0), ("1e-1300", 0), ("0.5e1", 5)],
)
def test_a_number_that_a_float_can_say_is_plain(text, number):
    found = parse_number(text)
    assert found == number
    assert type(found) is type(number)


def test_a_number_that_no_float_can_say_keeps_its_digits():
    number = parse_number("3.14159265358979323846264338327950288")
    assert isinstance(number, Real)
    assert number == pytest.approx(3.14159265358979)
    assert number_text(number) == "3.14159265358979323846264338327950288"


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda number: pickle.loads(pickle.dumps(number))])
def test_a_copy_is_as_exact(again):
    number = made(rounded(Fraction(1, 3)))
    assert exactly(again(number)) == exactly(number)
    assert again(number).bits == 512


def test_a_third_is_no_float():
    third = made(rounded(Fraction(1, 3)))
    assert not same(third, 1 / 3)
    assert float(third) == 1 / 3


@pytest.mark.parametrize(("text", "digits"), [("1e-400", "0." + "0" * 399 + "1"), ("1e400", "1" + "0" * 400)])
def test_numbers_beyond_those_of_a_float_are_kept(text, digits):
    assert number_text(parse_number(text)) == digits


@pytest.mark.parametrize("text", ["", "1_000", " 1", "0x10", "inf", "nan", "1e2000", "١", "--1"])
def test_what_is_no_number(text):
    with pytest.raises(ValueError, match="^" + re.escape(text)):
        parse_number(text)


def test_a_large_whole_float_shows_its_53_bits():
    assert text_of(Real(Fraction(3.0**40), 53)) == "12157665459056929000"
