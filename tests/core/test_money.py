"""Laws of money: whole minor units, one currency, parts that sum back."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encours.core.currencies import UnknownCurrency, exponent
from encours.core.money import (
    ENGLISH,
    FRENCH,
    PLAIN,
    AmountNotWhole,
    AmountUnreadable,
    CurrenciesMixed,
    DecimalStyle,
    Money,
    Rounding,
    WeightsUnusable,
    round_down,
    round_half_even,
    round_half_up,
    round_up,
)

minors = st.integers(min_value=-(10**15), max_value=10**15)
weights = st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=12).filter(any)


class TestCurrency:
    @pytest.mark.parametrize(
        ("currency", "decimals"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("XPF", 0), ("TND", 3), ("ISK", 0)]
    )
    def test_knows_its_decimals(self, currency: str, decimals: int) -> None:
        assert exponent(currency) == decimals

    @pytest.mark.parametrize("code", ["", "eur", "EURO", "XXX", "XAU", "ABC"])
    def test_refuses_what_is_no_money(self, code: str) -> None:
        with pytest.raises(UnknownCurrency):
            Money(1, code)


class TestMoney:
    @pytest.mark.parametrize("amount", [1.0, "1", None, True, Decimal(1)])
    def test_refuses_what_is_no_whole_number(self, amount: object) -> None:
        with pytest.raises(AmountNotWhole):
            Money(amount, "EUR")

    def test_refuses_to_mix_currencies(self) -> None:
        euros, dollars = Money(100, "EUR"), Money(100, "USD")
        for reckon in (
            lambda: euros + dollars,
            lambda: euros - dollars,
            lambda: euros < dollars,
            lambda: euros >= dollars,
            lambda: Money.total([euros, dollars], currency="EUR"),
        ):
            with pytest.raises(CurrenciesMixed):
                reckon()
        assert euros != dollars

    def test_refuses_plain_numbers_beside_money(self) -> None:
        with pytest.raises(AmountNotWhole):
            Money(1, "EUR") + 1
        with pytest.raises(TypeError):
            Money(1, "EUR") * Decimal("1.5")

    @given(minors, minors)
    def test_adds_and_takes_back(self, one: int, other: int) -> None:
        assert Money(one, "EUR") + Money(other, "EUR") - Money(other, "EUR") == Money(one, "EUR")
        assert Money.zero("EUR") - Money(one, "EUR") == -Money(one, "EUR")

    @given(minors, st.sampled_from(["EUR", "JPY", "KWD", "CLF"]))
    def test_text_reads_back(self, minor: int, currency: str) -> None:
        amount = Money(minor, currency)
        assert Money.parse(amount.as_decimal_string(), currency, style=PLAIN) == amount
        assert Money.from_decimal(amount.as_decimal(), currency) == amount

    @pytest.mark.parametrize(
        ("minor", "currency", "text"),
        [
            (123450, "EUR", "1234.50"),
            (-5, "EUR", "-0.05"),
            (0, "EUR", "0.00"),
            (1234, "JPY", "1234"),
            (5, "KWD", "0.005"),
        ],
    )
    def test_writes_all_decimals_of_its_currency(self, minor: int, currency: str, text: str) -> None:
        assert Money(minor, currency).as_decimal_string() == text
        assert Money(minor, currency).as_json() == {"amount": text, "currency": currency}


class TestSplit:
    @given(minors, weights)
    def test_sums_back(self, minor: int, shares: list[int]) -> None:
        parts = Money(minor, "EUR").split(shares)
        assert Money.total(parts, currency="EUR") == Money(minor, "EUR")

    @given(minors, weights)
    def test_never_strays_a_whole_unit_from_the_exact_share(self, minor: int, shares: list[int]) -> None:
        for part, share in zip(Money(minor, "EUR").split(shares), shares, strict=True):
            assert abs(part.minor - Fraction(minor * share, sum(shares))) < 1

    @given(minors, weights)
    def test_splits_a_credit_as_its_opposite(self, minor: int, shares: list[int]) -> None:
        assert Money(-minor, "EUR").split(shares) == [-part for part in Money(minor, "EUR").split(shares)]

    def test_gives_the_odd_cent_to_the_largest_remainder(self) -> None:
        assert [part.minor for part in Money(10000, "EUR").split([1, 1, 1])] == [3334, 3333, 3333]
        assert [part.minor for part in Money(100, "EUR").split([Decimal("0.5"), 2])] == [20, 80]
        assert [part.minor for part in Money(5, "EUR").split([1, 2, 0])] == [2, 3, 0]

    @pytest.mark.parametrize("shares", [[], [0, 0], [1, -1]])
    def test_refuses_weights_that_share_nothing(self, shares: list[int]) -> None:
        with pytest.raises(WeightsUnusable):
            Money(1, "EUR").split(shares)


class TestParse:
    @pytest.mark.parametrize(
        ("text", "style", "minor"),
        [
            ("1 234,50", FRENCH, 123450),
            ("1\u202f234,50\u00a0€", FRENCH, 123450),
            ("1.234.567,8", FRENCH, 123456780),
            ("-12,00", FRENCH, -1200),
            ("12,00-", FRENCH, -1200),
            ("(12,00)", FRENCH, -1200),
            ("\u221212,00", FRENCH, -1200),
            (",5", FRENCH, 50),
            ("12", FRENCH, 1200),
            ("EUR 12,5", FRENCH, 1250),
            ("12,500", FRENCH, 1250),
            ("1,234.50", ENGLISH, 123450),
            ("1234.5", PLAIN, 123450),
            ("1234,50", DecimalStyle(",", ""), 123450),
        ],
    )
    def test_reads_what_is_written_in_its_style(self, text: str, style: DecimalStyle, minor: int) -> None:
        assert Money.parse(text, "EUR", style=style) == Money(minor, "EUR")

    @pytest.mark.parametrize(
        ("text", "style"),
        [
            ("", FRENCH),
            (" ", FRENCH),
            ("-", FRENCH),
            ("abc", FRENCH),
            ("n/a", PLAIN),
            ("1,234.50", FRENCH),
            ("12,345", FRENCH),
            ("1 23,00", FRENCH),
            ("1.234 567,00", FRENCH),
            ("1e3", PLAIN),
            ("1,234.50", PLAIN),
            ("12 USD", FRENCH),
            ("--1", FRENCH),
            ("1" * 30, FRENCH),
            ("0,0" + "0" * 40 + "1", FRENCH),
        ],
    )
    def test_refuses_what_is_uncertain_and_never_makes_it_zero(self, text: str, style: DecimalStyle) -> None:
        with pytest.raises(AmountUnreadable):
            Money.parse(text, "EUR", style=style)

    @given(st.text(max_size=12))
    def test_reads_or_refuses_whatever_is_typed(self, text: str) -> None:
        try:
            Money.parse(text, "EUR", style=FRENCH)
        except AmountUnreadable:
            return


class TestRounding:
    @pytest.mark.parametrize(
        ("rounding", "expected"),
        [
            (round_half_up, [3, -3, 4, 2, 3]),
            (round_half_even, [2, -2, 4, 2, 3]),
            (round_down, [2, -2, 3, 2, 2]),
            (round_up, [3, -3, 4, 3, 3]),
        ],
    )
    def test_rounds_as_it_is_named(self, rounding: Rounding, expected: list[int]) -> None:
        halves = [Decimal("2.5"), Decimal("-2.5"), Decimal("3.5"), Decimal("2.1"), Decimal("2.9")]
        assert [rounding(value) for value in halves] == expected
        assert [rounding(Fraction(value)) for value in halves] == expected

    def test_applies_a_rate(self) -> None:
        assert Money(1005, "EUR").times(Decimal("0.20"), rounding=round_half_up) == Money(201, "EUR")
        assert Money(100, "JPY").times(Fraction(1, 3), rounding=round_up) == Money(34, "JPY")
        with pytest.raises(AmountNotWhole):
            Money(100, "EUR").times(0.2, rounding=round_half_up)
