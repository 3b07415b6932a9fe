"""How a column writes amounts, and the minor units each of its cells stands for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from encours.core.currencies import exponent
from encours.core.money import ENGLISH, FRENCH, AmountUnreadable, DecimalStyle, Money, read_decimal
from encours.imports.formats.problems import AmountsAmbiguous, AmountsContradict

_NOISE = re.compile(r"[^\d.,]")
_TWO_DECIMALS = {mark: re.compile(rf"(?:-?\d{{1,14}}{re.escape(mark)}\d\d\n)*", re.ASCII) for mark in ",."}
_UP_TO_TWO = {
    mark: re.compile(
        rf"(?:(?:-?(?:\d{{1,14}}|\d{{1,3}}(?:[ \u00a0\u202f]\d{{3}}){{1,4}})(?:{re.escape(mark)}\d{{0,2}})?)?\n)*",
        re.ASCII,
    )
    for mark in ",."
}
_PLAINLY = {mark: re.compile(rf"(-?\d{{1,14}})(?:{re.escape(mark)}(\d\d))?", re.ASCII) for mark in ",."}
_DROPPED = str.maketrans("", "", " \u00a0\u202f")
_CODE = re.compile(r"^[A-Z]{3}\s*|\s*[A-Z]{3}$")
MINOR_LIMIT = 10**16  # a hundred thousand billions: beyond it a file is damaged, not rich


def mark_shown(text: str) -> str | None:
    """The decimal mark that a written amount proves: "1.234,5" -> ",", "12.50" -> ".", "1.234" -> "?", "12" -> None."""
    bare = _NOISE.sub("", text)
    commas, points = bare.count(","), bare.count(".")
    if commas and points:
        return "," if bare.rindex(",") > bare.rindex(".") else "."
    if not commas and not points:
        return None
    mark, other = (",", ".") if commas else (".", ",")
    if commas + points > 1:
        return other
    whole, part = bare.split(mark)
    if len(part) != 3 or not 1 <= len(whole) <= 3 or whole.startswith("0"):
        return mark
    return "?"


@dataclass(slots=True)
class AmountEvidence:
    """What the cells seen so far say about the decimal mark of a file."""

    comma: tuple[str, int] | None = None
    point: tuple[str, int] | None = None
    unclear: tuple[str, int] | None = None

    def see(self, text: str, line: int) -> None:
        """Take one more cell into account."""
        match mark_shown(text):
            case ",":
                self.comma = self.comma or (text, line)
            case ".":
                self.point = self.point or (text, line)
            case "?":
                self.unclear = self.unclear or (text, line)

    @property
    def is_settled(self) -> bool:
        """Whether more cells could still change the answer."""
        return self.comma is not None or self.point is not None

    @property
    def needs_more(self) -> bool:
        """Whether the rest of the file must be looked at."""
        return not self.is_settled and self.unclear is not None

    def style(self) -> DecimalStyle:
        """The style proved; refuses a file that proves two, or none where it matters."""
        if self.comma and self.point:
            raise AmountsContradict(
                comma=self.comma[0], comma_line=self.comma[1], point=self.point[0], point_line=self.point[1]
            )
        if self.needs_more and self.unclear:
            raise AmountsAmbiguous(example=self.unclear[0], line=self.unclear[1])
        return ENGLISH if self.point else FRENCH


@dataclass(slots=True)
class AmountReader:
    """Reads cells in one style; the answer is a text of minor units, or a reason why not."""

    style: DecimalStyle
    _known: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def read(self, text: str, currency: str) -> tuple[str, str]:
        """(minor units as text, reason): "1 234,5" in EUR -> ("123450", ""); "abc" -> ("", "amount_unreadable")."""
        known = self._known.get((text, currency))
        if known is None:
            known = self._read(text, currency)
            if len(self._known) < 50_000:
                self._known[text, currency] = known
        return known

    def _read(self, text: str, currency: str) -> tuple[str, str]:
        # nearly every cell of a large file is plainly written, and told twenty times as fast
        if exponent(currency) == 2 and (plain := _PLAINLY[self.style.decimal_mark].fullmatch(text)):
            return str(int(f"{plain[1]}{plain[2] or '00'}")), ""
        try:
            minor = Money.parse(text, currency, style=self.style).minor
        except AmountUnreadable:
            bare = _CODE.sub("", text.strip().strip("€$£ \u00a0\u202f"))
            is_number = read_decimal(bare, style=self.style) is not None
            return "", "too_many_decimals" if is_number else "amount_unreadable"
        return (str(minor), "") if abs(minor) < MINOR_LIMIT else ("", "amount_too_large")

    def read_whole_column(self, cells: Sequence[str], *, currency: str) -> list[str] | None:
        """The minor units of all cells at once when all are plainly written; None asks for cell by cell."""
        if exponent(currency) != 2:
            return None
        mark = self.style.decimal_mark
        joined = "\n".join(cells) + "\n"
        if _TWO_DECIMALS[mark].fullmatch(joined):
            return joined.replace(mark, "")[:-1].split("\n")
        if _UP_TO_TWO[mark].fullmatch(joined):
            bare = joined.translate(_DROPPED)[:-1].split("\n")
            parts = (cell.partition(mark) for cell in bare)
            return [whole + part.ljust(2, "0") if whole else "" for whole, _, part in parts]
        return None
