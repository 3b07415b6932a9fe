"""Money as an integer count of minor units in one currency: no float, no silent rounding, no mixing."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from fractions import Fraction

from encours.core.currencies import exponent
from encours.core.errors import Refused, gettext_noop

type Rounding = Callable[[Decimal | Fraction], int]

MINOR_MAX = 2**63 - 1  # the column is a bigint
_DIGITS_MAX = 30  # an exponent beyond this is a hostile text, not an amount


class CurrenciesMixed(Refused):
    """Two amounts of different currencies met without a rate."""

    message = gettext_noop("{left} and {right} cannot be reckoned together without an exchange rate.")


class AmountUnreadable(Refused):
    """A written amount cannot be read with certainty; it is never taken for zero."""

    message = gettext_noop("“{text}” cannot be read as an amount in {currency}.")


class AmountNotWhole(Refused):
    """An amount is given as something else than a whole number of minor units."""

    message = gettext_noop("{amount} is not a whole number of minor units.")


class WeightsUnusable(Refused):
    """An amount cannot be shared out by weights that are negative or all zero."""

    message = gettext_noop("An amount cannot be shared out by these weights: {weights}.")


def _integer(value: Decimal | Fraction, mode: str) -> int:
    exact = Fraction(value)
    quotient, rest = divmod(abs(exact.numerator), exact.denominator)
    twice = 2 * rest - exact.denominator
    goes_away_from_zero = {
        ROUND_DOWN: False,
        ROUND_UP: rest > 0,
        ROUND_HALF_UP: twice >= 0,
        ROUND_HALF_EVEN: twice > 0 or (twice == 0 and quotient % 2 == 1),
    }[mode]
    magnitude = quotient + goes_away_from_zero
    return -magnitude if exact < 0 else magnitude


def round_half_up(value: Decimal | Fraction) -> int:
    """Commercial rounding, a half goes away from zero: 2.5 -> 3, -2.5 -> -3."""
    return _integer(value, ROUND_HALF_UP)


def round_half_even(value: Decimal | Fraction) -> int:
    """Bankers' rounding, a half goes to the even side: 2.5 -> 2, 3.5 -> 4."""
    return _integer(value, ROUND_HALF_EVEN)


def round_down(value: Decimal | Fraction) -> int:
    """Toward zero: 2.9 -> 2, -2.9 -> -2."""
    return _integer(value, ROUND_DOWN)


def round_up(value: Decimal | Fraction) -> int:
    """Away from zero: 2.1 -> 3, -2.1 -> -3."""
    return _integer(value, ROUND_UP)


@dataclass(frozen=True, slots=True)
class DecimalStyle:
    """How a source writes numbers: its decimal mark and the marks it may put between thousands."""

    decimal_mark: str
    group_marks: str = " \u00a0\u202f\u2009'\u2019"


FRENCH = DecimalStyle(",", " \u00a0\u202f\u2009.'\u2019")
ENGLISH = DecimalStyle(".", ", \u00a0\u202f\u2009'\u2019")
PLAIN = DecimalStyle(".", "")

_SIGNS = {"EUR": ("€",), "USD": ("$", "US$"), "GBP": ("£",), "JPY": ("¥",), "CHF": ("Fr.",)}
_SPACES = " \t\u00a0\u202f\u2009"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents for EUR, yen for JPY, fils for KWD) with its ISO 4217 currency."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise AmountNotWhole(amount=repr(self.minor))
        exponent(self.currency)

    @classmethod
    def zero(cls, currency: str) -> "Money":
        """Nothing, in a currency."""
        return cls(0, currency)

    @classmethod
    def from_decimal(cls, amount: Decimal, currency: str) -> "Money":
        """An exact decimal amount as money; more decimals than the currency has are refused, not rounded."""
        if not isinstance(amount, Decimal) or not amount.is_finite() or abs(amount.adjusted()) > _DIGITS_MAX:
            raise AmountUnreadable(text=str(amount), currency=currency)
        minor = Fraction(amount) * 10 ** exponent(currency)
        if minor.denominator != 1 or abs(minor) > MINOR_MAX:
            raise AmountUnreadable(text=str(amount), currency=currency)
        return cls(minor.numerator, currency)

    @classmethod
    def parse(cls, text: str, currency: str, *, style: DecimalStyle) -> "Money":
        """A written amount, read in a style told by the caller: what is not certain is refused.

        In the French style "1 234,50 €", "-1.234,5" and "(12,00)" are read; "", "12,345" and "1,234.50" are refused.
        """
        amount = read_decimal(_without_currency(text, currency), style=style)
        if amount is None:
            raise AmountUnreadable(text=text, currency=currency)
        try:
            return cls.from_decimal(amount, currency)
        except AmountUnreadable:
            raise AmountUnreadable(text=text, currency=currency) from None

    @classmethod
    def total(cls, amounts: Iterable["Money"], *, currency: str) -> "Money":
        """The sum of amounts that are all in one currency, which an empty sum needs to be told."""
        result = cls(0, currency)
        for amount in amounts:
            result += amount
        return result

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __abs__(self) -> "Money":
        return Money(abs(self.minor), self.currency)

    def __mul__(self, count: int) -> "Money":
        if type(count) is not int:
            return NotImplemented
        return Money(self.minor * count, self.currency)

    __rmul__ = __mul__

    def __bool__(self) -> bool:
        return self.minor != 0

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.minor >= self._same(other)

    def __str__(self) -> str:
        return f"{self.as_decimal_string()} {self.currency}"

    def _same(self, other: "Money") -> int:
        if not isinstance(other, Money):
            raise AmountNotWhole(amount=repr(other))
        if other.currency != self.currency:
            raise CurrenciesMixed(left=self.currency, right=other.currency)
        return other.minor

    def times(self, rate: Decimal | Fraction, *, rounding: Rounding) -> "Money":
        """The amount at a rate, rounded to the minor unit by a named function: EUR 10.05 x 20 % -> EUR 2.01."""
        if not isinstance(rate, Decimal | Fraction):
            raise AmountNotWhole(amount=repr(rate))
        return Money(rounding(self.minor * Fraction(rate)), self.currency)

    def split(self, weights: Sequence[int | Decimal | Fraction]) -> list["Money"]:
        """The amount shared out by weights, so that the parts always sum back to it (largest remainder first).

        EUR 100.00 by 1, 1, 1 -> 33.34, 33.33, 33.33. A negative amount is shared out as its opposite is.
        """
        shares = [Fraction(weight) for weight in weights]
        if not shares or min(shares) < 0 or sum(shares) == 0:
            raise WeightsUnusable(weights=[str(weight) for weight in weights])
        exact = [abs(self.minor) * share / sum(shares) for share in shares]
        parts = [int(part) for part in exact]
        missing = abs(self.minor) - sum(parts)
        by_remainder = sorted(range(len(parts)), key=lambda index: (parts[index] - exact[index], index))
        for index in by_remainder[:missing]:
            parts[index] += 1
        sign = -1 if self.minor < 0 else 1
        return [Money(sign * part, self.currency) for part in parts]

    def as_decimal(self) -> Decimal:
        """The amount in major units, exact: EUR 123450 cents -> Decimal("1234.50")."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def as_decimal_string(self) -> str:
        """The amount in major units with all the decimals of its currency: "1234.50", "1234" for JPY."""
        return decimal_string(self.minor, self.currency)

    def as_json(self) -> dict[str, str]:
        """The form money has in every JSON document: {"amount": "1234.50", "currency": "EUR"}."""
        return {"amount": self.as_decimal_string(), "currency": self.currency}


def decimal_string(minor: int, currency: str) -> str:
    """Minor units as programs read them: (-5, "EUR") -> "-0.05", (1234, "JPY") -> "1234"."""
    places = exponent(currency)
    if places == 2:  # nearly all, and asked for by the hundred thousand
        whole, part = divmod(abs(minor), 100)
        return f"-{whole}.{part:02d}" if minor < 0 else f"{whole}.{part:02d}"
    if not places:
        return str(minor)
    whole, part = divmod(abs(minor), 10**places)
    return f"{'-' if minor < 0 else ''}{whole}.{part:0{places}d}"


def _without_currency(text: str, currency: str) -> str:
    stripped = text.strip(_SPACES)
    for mark in (currency, *_SIGNS.get(currency, ())):
        if stripped.upper().endswith(mark.upper()):
            return stripped[: -len(mark)].strip(_SPACES)
        if stripped.upper().startswith(mark.upper()):
            return stripped[len(mark) :].strip(_SPACES)
    return stripped


def read_decimal(text: str, *, style: DecimalStyle) -> Decimal | None:
    """The number a text writes in a style, or None when it cannot be read with certainty.

    Groups must be of three digits; the sign may lead, trail ("12,00-") or be accounting brackets ("(12,00)").
    """
    body = text.strip(_SPACES).replace("\u2212", "-")
    is_negative = False
    if body.startswith("(") and body.endswith(")"):
        body, is_negative = body[1:-1].strip(_SPACES), True
    elif body[:1] in {"-", "+"}:
        body, is_negative = body[1:].lstrip(_SPACES), body[0] == "-"
    elif body[-1:] == "-":
        body, is_negative = body[:-1].rstrip(_SPACES), True
    groups = f"(?P<group>[{re.escape(style.group_marks)}])" if style.group_marks else None
    grouped = f"[0-9]{{1,3}}{groups}[0-9]{{3}}(?:(?P=group)[0-9]{{3}})*|" if groups else ""
    mark = re.escape(style.decimal_mark)
    found = re.fullmatch(f"(?P<whole>{grouped}[0-9]*)(?:{mark}(?P<part>[0-9]*))?", body)
    if found is None or not (found["whole"] or found["part"]):
        return None
    whole = re.sub("[^0-9]", "", found["whole"])
    number = Decimal(f"{whole or '0'}.{found['part'] or '0'}")
    return -number if is_negative else number
