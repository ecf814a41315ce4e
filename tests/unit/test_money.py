"""Money: the two doors between kopecks and roubles, and the only rounding."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from chalicelib.money import Kopecks, by_days, from_rubles, round_up_to_ruble, to_rubles

KOPECKS = st.integers(-(10**14), 10**14).map(Kopecks)


@given(KOPECKS)
def test_roubles_of_kopecks_come_back_as_the_same_kopecks(kopecks: Kopecks) -> None:
    assert from_rubles(to_rubles(kopecks)) == kopecks
    assert from_rubles(Decimal(to_rubles(kopecks))) == kopecks


@pytest.mark.parametrize(
    ("text", "kopecks"),
    [("0", 0), ("1", 100), ("1.5", 150), ("1234.50", 123450), ("100.000000", 10000), ("-0.01", -1), ("007.10", 710)],
)
def test_plain_amounts_are_understood(text: str, kopecks: int) -> None:
    assert from_rubles(text) == kopecks


@pytest.mark.parametrize(
    "text",
    ["", ".5", "5.", "1,50", "1 000", "1_000", "1e2", "NaN", "Infinity", "+1", "--1", "0x1", "1.005", "1.2.3", "1\n"]
    + ["١٢", "１", "1" * 16, " 1", "1.0000000000001"],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        from_rubles(text)


@pytest.mark.parametrize("number", [Decimal("NaN"), Decimal("Infinity"), Decimal("0.001")])
def test_a_decimal_that_is_no_sum_of_kopecks_is_refused(number: Decimal) -> None:
    with pytest.raises(ValueError):
        from_rubles(number)


@given(st.integers(0, 10**9).map(Kopecks), st.integers(1, 31), st.data())
def test_part_of_a_fee_is_the_nearest_kopeck_and_half_goes_up(fee: Kopecks, total: int, data: st.DataObject) -> None:
    left = data.draw(st.integers(0, total))
    exact = Fraction(fee * left, total)
    assert Fraction(-1, 2) < by_days(fee, left, total) - exact <= Fraction(1, 2)


def test_a_whole_period_costs_the_whole_fee_and_half_a_kopeck_rounds_up() -> None:
    assert by_days(Kopecks(65001), 30, 30) == 65001
    assert by_days(Kopecks(1), 15, 30) == 1
    assert by_days(Kopecks(65001), 0, 30) == 0


@pytest.mark.parametrize(("fee", "left", "total"), [(-1, 1, 30), (1, 31, 30), (1, -1, 30), (1, 0, 0)])
def test_days_outside_the_period_are_a_mistake(fee: int, left: int, total: int) -> None:
    with pytest.raises(ValueError):
        by_days(Kopecks(fee), left, total)


@given(KOPECKS)
def test_a_suggested_sum_is_the_next_whole_rouble(kopecks: Kopecks) -> None:
    rounded = round_up_to_ruble(kopecks)
    assert rounded % 100 == 0
    assert 0 <= rounded - kopecks < 100
