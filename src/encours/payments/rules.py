"""When two sightings of a bank line are one movement: pure, on plain values."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

_WORD = re.compile(r"[A-Z0-9]{4,}")
_SURE = 100
_LIKELY = 60
_SOME = 30
_NOTHING_AGAINST = 5


@dataclass(frozen=True, slots=True)
class Sighting:
    """A movement as one file tells it; account, currency and amount are already equal where two are compared.

    `id` is the line's: one line is sighted as often as formats told it. `is_day_whole`: its statement tells every
    movement of that day, so that none can be missing from it.
    """

    id: int
    booking_date: date
    family: str  # camt, mt940, cfonb120 ...: within one, references are written alike
    bank_reference: str = ""
    end_to_end_id: str = ""
    structured_reference: str = ""
    iban: str = ""
    name: str = ""
    text: str = ""
    is_day_whole: bool = True


def likeness(known: Sighting, seen: Sighting) -> int:
    """How surely two sightings are one movement; 0 says they are two.

    A reference of the bank or of the payer that is equal decides; one that differs decides against it. Without any, the
    same words speak for it; in another format, which may tell nothing but amount and day, silence is no objection - as
    long as one of the two tells the whole day, for then the other's movement must be among those it tells.

    camt "B77, INV 12" and MT940 "INV 12" of one day -> one; two camt lines "B77" and "B78" -> two; a report of the
    morning "INV 12" and another format's export of the afternoon "RENT JUNE" -> two.
    """
    is_same_family = known.family == seen.family
    is_same_day = known.booking_date == seen.booking_date
    if known.bank_reference and known.bank_reference == seen.bank_reference:
        return _SURE
    if is_same_family and known.bank_reference and seen.bank_reference:
        return 0
    if _differ(known.end_to_end_id, seen.end_to_end_id) or _differ(known.iban, seen.iban):
        return 0
    if _differ(known.structured_reference, seen.structured_reference):
        return 0
    if known.end_to_end_id and seen.end_to_end_id:
        return _LIKELY + (is_same_day and 10)
    if not is_same_day:
        return 0
    if known.structured_reference and seen.structured_reference:
        return _LIKELY
    return _by_words(known, seen, is_same_family=is_same_family)


def _differ(one: str, other: str) -> bool:
    """Whether both are told and neither is a cut form of the other."""
    first, second = _plain(one), _plain(other)
    return bool(first and second) and not (first.startswith(second) or second.startswith(first))


def _plain(text: str) -> str:
    return "".join(sign for sign in text.upper() if sign.isalnum())


def _by_words(known: Sighting, seen: Sighting, *, is_same_family: bool) -> int:
    first, second = _plain(known.name + known.text), _plain(seen.name + seen.text)
    if first and second and (first in second or second in first):
        return _SOME + 10
    words = set(_WORD.findall(f"{known.name} {known.text}".upper()))
    shared = words & set(_WORD.findall(f"{seen.name} {seen.text}".upper()))
    if is_same_family and first and second:
        return _SOME if len(shared) * 2 > len(words) else 0
    if first and second and not shared and not (known.is_day_whole or seen.is_day_whole):
        return 0
    return _NOTHING_AGAINST + min(len(shared), 4) * 5


def likeness_to_all(tellings: Sequence[Sighting], seen: Sighting) -> int:
    """How surely a sighting is the movement that several formats told: 0 says it is another.

    A format that told the line itself is compared with its own words first; what other formats say then only counts
    where a reference proves it, for silence of one format is no answer to another line of the same format.

    A line told by camt as "INV 12" and by MT940 as "ACME"; a further MT940 line "RENT" -> 0, a line of its own.
    """
    own = max((likeness(one, seen) for one in tellings if one.family == seen.family), default=None)
    others = max((likeness(one, seen) for one in tellings if one.family != seen.family), default=0)
    if own is None:
        return others
    return max(own, others if others >= _LIKELY else 0)


def paired(known: Sequence[Sighting], seen: Sequence[Sighting]) -> dict[int, int]:
    """Which seen lines are known already: seen id -> known id, the surest pairs first, each line once.

    `known` may hold several sightings of one line, one for each format that told it. Three lines of 100.00 seen where
    one is known -> one pair, and two new lines.
    """
    lines: dict[int, list[Sighting]] = {}
    for one in known:
        lines.setdefault(one.id, []).append(one)
    ranked = sorted(
        (
            -likeness_to_all(tellings, other),
            min(abs((one.booking_date - other.booking_date).days) for one in tellings),
            line_id,
            other.id,
        )
        for line_id, tellings in lines.items()
        for other in seen
    )
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for score, _, known_id, seen_id in ranked:
        if score == 0:
            break
        if seen_id not in pairs and known_id not in taken:
            pairs[seen_id] = known_id
            taken.add(known_id)
    return pairs


@dataclass(frozen=True, slots=True)
class Period:
    """A statement's place in the chain of balances."""

    id: int
    from_date: date
    to_date: date
    opening_minor: int | None
    closing_minor: int | None
    difference_minor: int | None = None
    is_interim: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether its balances are told and hold."""
        return not self.is_interim and self.difference_minor == 0


EXPORTS = frozenset({"sheet", "payout", "ofx", "qif"})  # what a person fetches between two moments


def tells_whole_day(statement: Period, day: date, *, family: str) -> bool:
    """Whether a statement tells every movement of a day.

    One whose balances hold does for all its days, and so does one of a bank's statement formats that gives none. An
    export between two moments may have been cut in the midst of its first and last day; so may one whose balances do
    not hold. A report of the day promises nothing.
    """
    if statement.is_interim:
        return False
    if statement.is_whole or (statement.difference_minor is None and family not in EXPORTS):
        return statement.from_date <= day <= statement.to_date
    return statement.from_date < day < statement.to_date


def follows(first: Period, second: Period) -> bool:
    """Whether a statement begins where another ended, so that no line can stand in both.

    100 -> 250 until the 3rd, then 250 -> 90 from the 3rd: yes. 100 -> 250 and 100 -> 250: the same one twice, no.
    """
    return (
        first.is_whole
        and second.is_whole
        and first.id != second.id
        and first.closing_minor == second.opening_minor
        and first.to_date <= second.from_date
        and (first.opening_minor, first.closing_minor) != (second.opening_minor, second.closing_minor)
    )


def neighbours(statement: Period, known: Sequence[Period]) -> set[int]:
    """The known statements of the same days that share no line with this one: the chain of balances around it.

    Morning 0 -> 10 and noon 10 -> 30 are known, evening 30 -> 35 comes in -> both.
    """
    found: set[int] = set()
    edge = [statement]
    while edge:
        at = edge.pop()
        for other in known:
            near = other.to_date >= statement.from_date and other.from_date <= statement.to_date
            if other.id not in found and near and (follows(other, at) or follows(at, other)):
                found.add(other.id)
                edge.append(other)
    return found


def gap_before(statement: Period, known: Sequence[Period]) -> tuple[int, date] | None:
    """What lies between a statement and the one before it: (opening less closing, that one's last day).

    Closing 250 on the 3rd, opening 240 on the 5th -> (-10, the 3rd). None where nothing earlier is known.
    """
    if statement.opening_minor is None or statement.is_interim:
        return None
    before = [
        one
        for one in known
        if one.id != statement.id
        and not one.is_interim
        and one.closing_minor is not None
        and one.to_date <= statement.from_date
        and (one.from_date, one.to_date) != (statement.from_date, statement.to_date)
    ]
    if not before:
        return None
    last_day = max(one.to_date for one in before)
    closings = [one.closing_minor for one in before if one.to_date == last_day and one.closing_minor is not None]
    if statement.opening_minor in closings:
        return 0, last_day
    return statement.opening_minor - closings[-1], last_day


@dataclass(frozen=True, slots=True)
class Announced:
    """A remittance advice that waits for its payment; total and currency are those of the lines compared."""

    id: int
    day: date | None
    number: str = ""
    iban: str = ""
    name: str = ""
    customer_names: tuple[str, ...] = ()
    customer_ibans: tuple[str, ...] = ()
    invoices: tuple[str, ...] = ()


_ADVICE_WITHIN_DAYS = 7


def announces(advice: Announced, line: Sighting) -> int:
    """How surely a payment is the one an advice announced; 0 says it is not, 1 that only amount and days agree.

    The advice's number or an invoice of it in the payment's text, the payer's account or name speak for it.
    Advice "AV-118, Acme" of the 15th and a line of the same amount on the 17th from ACME INDUSTRIES -> 31.
    """
    if advice.day is not None and abs((line.booking_date - advice.day).days) > _ADVICE_WITHIN_DAYS:
        return 0
    said = _plain(" ".join((line.text, line.end_to_end_id, line.structured_reference, line.bank_reference)))
    score = 1
    number = _plain(advice.number)
    if len(number) >= 4 and number in said:
        score += _LIKELY
    if any(len(_plain(one)) >= 4 and _plain(one) in said for one in advice.invoices):
        score += _SOME
    if line.iban and line.iban in {advice.iban, *advice.customer_ibans} - {""}:
        score += _SOME
    words = set(_WORD.findall(line.name.upper()))
    if any(words & set(_WORD.findall(name.upper())) for name in (advice.name, *advice.customer_names)):
        score += _SOME
    return score


def announced(advices: Sequence[Announced], lines: Sequence[Sighting]) -> dict[int, int]:
    """Which payment each advice belongs to: advice id -> line id, the surest first.

    On amount and days alone only when a single advice and a single payment could mean one another.
    """
    ranked = sorted(
        ((-score, one.id, line.id) for one in advices for line in lines if (score := announces(one, line)) > 0),
    )
    alone = len(ranked) == 1
    joined: dict[int, int] = {}
    for score, advice_id, line_id in ranked:
        rivals = [other for other in ranked if other[0] == score and (other[1] == advice_id) != (other[2] == line_id)]
        if (score < -1 or alone) and not rivals and advice_id not in joined and line_id not in joined.values():
            joined[advice_id] = line_id
    return joined
