"""What becomes of the difference between a line and the items it pays: discount, charges, deduction, part payment."""

import re
from datetime import date, timedelta
from typing import NamedTuple

from encours.matching.rules.facts import Candidate, Habits, Line, Policy, Treatment

DISCOUNT_WORDS = re.compile(
    r"SKONTO|ESCOMPTE|\bESC\b|DISCOUNT|\bCD\b|SCONTO|DESCUENTO|KORTING|PRONTO PAGO|REMISE|RABAIS|RABATT"
)
CHARGE_WORDS = re.compile(r"CHARGES|FRAIS|\bFEES?\b|SPESEN|GEBUE?HR|COMMISSION|KOSTEN|SPESE|GASTOS|AGIOS")
WITHHOLDING_WORDS = re.compile(
    r"RETENUE DE GARANTIE|\bRG\b|WITHHOLDING|\bWHT\b|RITENUTA|QUELLENSTEUER|RETENCION|RETENUE A LA SOURCE|\bRAS\b"
)
DEDUCTION_WORDS = re.compile(
    r"ABZUG|ABZGL|ABZUE?GL|DEDU|RETENUE|\bMOINS\b|\bLESS\b|MANGEL|LITIGE|AVOIR|PENALIT|TRATTENUTA|\bMENOS?\b|MINUS"
    r"|KUE?RZUNG|\./\.|GUTSCHRIFT|INHOUDING|SHORT|CASSE|MANQUANT|REFUS|RETOUR|CREDIT NOTE|NOTA CREDITO"
)
PARTIAL_WORDS = re.compile(
    r"\bTEIL|\bREST\b|RESTZAHLUNG|ACOMPTE|\bSOLDE\b|\bRATE\b|\bPART|ANZAHLUNG|ACCONTO|SALDO|A CONTO|AKONTO|INSTALL?MENT"
    r"|BALANCE|VERSEMENT|ECHEANCE|DEPOSIT|AANBETALING|\bABSCHLAG|TERMIJN"
    r"|\b[1-9] ?/ ?[1-9]\b|\b[12](?:ER|EME|ND|ST)\b|ANTICIPO|PLAZO"
)
PERCENT = re.compile(r"(\d{1,2})(?:[.,](\d{1,2}))? ?(?:%|PCT|PROZ|POUR ?CENT|PER ?CENT)")
USUAL_PERMYRIAD = (200, 300, 100, 150, 250, 400, 500, 50)


class Difference(NamedTuple):
    """How a shortfall is understood: the treatment, how likely that is (points), its rate, whether it may be booked."""

    treatment: Treatment
    points: int
    permyriad: int = 0
    is_booked: bool = False
    is_said: bool = False  # the payer says so in words


def shortfall(
    line: Line,
    items: list[Candidate],
    due_minor: int,
    short_minor: int,
    *,
    text: str,
    policy: Policy,
    habits: Habits | None,
) -> Difference:
    """Why less came than the items are open for.

    Example: 1,000.00 open with 2 % until the 14th, 980.00 booked on the 12th: the discount, booked. 940.00 with "Abzug
    Mangel": a deduction that a person decides. 300.00: a part payment.
    """
    if short_minor <= policy.tolerance_minor:
        return Difference(Treatment.WRITE_OFF, -150, is_booked=policy.books_rounding_alone)
    allowed = _allowed_discount(line, items, short_minor, policy)
    if allowed is not None:
        return allowed
    said = _said(line, due_minor, short_minor, text, policy)
    if said is not None:
        return said
    if line.charges_minor and short_minor == abs(line.charges_minor):
        return Difference(Treatment.CHARGE, -50, is_booked=policy.books_charges_alone, is_said=True)
    for permyriad in policy.withholding_permyriad:
        if abs(short_minor - _share(due_minor, permyriad)) <= len(items):
            return Difference(Treatment.WITHHOLDING, -250, permyriad)
    if habits is not None:
        known = _habit(due_minor, short_minor, len(items), habits)
        if known is not None:
            return known
    permyriad = usual_rate(due_minor, short_minor, len(items), policy)
    if permyriad:
        return Difference(Treatment.DISCOUNT, -330, permyriad)
    if short_minor <= policy.charges_max_minor and short_minor % 50 == 0 and short_minor * 5 <= due_minor:
        return Difference(Treatment.CHARGE, -480)
    if short_minor * 10_000 <= due_minor * policy.deduction_max_permyriad:
        return Difference(Treatment.DEDUCTION, -450)
    return Difference(Treatment.PARTIAL, -300)


def usual_rate(due_minor: int, short_minor: int, count: int, policy: Policy) -> int:
    """The usual discount rate that a shortfall is, to the cent: (100000, 2000) -> 200; 0 when it is none."""
    for permyriad in USUAL_PERMYRIAD:
        if permyriad <= policy.discount_max_permyriad and abs(short_minor - _share(due_minor, permyriad)) <= count:
            return permyriad
    return 0


def _share(amount_minor: int, permyriad: int) -> int:
    return (amount_minor * permyriad + 5_000) // 10_000


def _allowed_discount(line: Line, items: list[Candidate], short_minor: int, policy: Policy) -> Difference | None:
    """The discount the invoices themselves allow, within its days."""
    if not any(item.discount_permyriad for item in items):
        return None
    in_time = [
        item for item in items if item.discount_permyriad and _in_time(line.booking_date, item.discount_until, policy)
    ]
    expected = sum(_share(item.amount_minor, item.discount_permyriad) for item in in_time)
    if in_time and abs(expected - short_minor) <= len(items):
        return Difference(Treatment.DISCOUNT, -60, in_time[0].discount_permyriad, policy.books_discounts_alone)
    late = sum(_share(item.amount_minor, item.discount_permyriad) for item in items)
    if abs(late - short_minor) <= len(items):
        return Difference(Treatment.DISCOUNT, -200, items[0].discount_permyriad)  # taken too late: a person decides
    return None


def _in_time(booked: date, until: date | None, policy: Policy) -> bool:
    return until is not None and booked <= until + timedelta(days=policy.discount_grace_days)


def _said(line: Line, due_minor: int, short_minor: int, text: str, policy: Policy) -> Difference | None:
    """What the payer's own words say about it."""
    rates = [int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")) for found in PERCENT.finditer(text)]
    named = next((rate for rate in rates if abs(short_minor - _share(due_minor, rate)) <= 2), 0)
    if WITHHOLDING_WORDS.search(text) and short_minor * 2 < due_minor:
        return Difference(Treatment.WITHHOLDING, -150, named, is_said=True)
    if DISCOUNT_WORDS.search(text) and (
        named or short_minor * 10_000 <= due_minor * (policy.discount_max_permyriad + 50)
    ):
        return Difference(Treatment.DISCOUNT, -120 if named else -180, named, is_said=True)
    if CHARGE_WORDS.search(text) and short_minor <= max(policy.charges_max_minor, due_minor // 10):
        return Difference(
            Treatment.CHARGE,
            -180,
            is_booked=policy.books_charges_alone and short_minor <= policy.charges_max_minor,
            is_said=True,
        )
    if named or (DEDUCTION_WORDS.search(text) and short_minor * 2 < due_minor):
        return Difference(Treatment.DEDUCTION, -180, named, is_said=True)
    if PARTIAL_WORDS.search(text):
        return Difference(Treatment.PARTIAL, -130, is_said=True)
    return None


def _habit(due_minor: int, short_minor: int, count: int, habits: Habits) -> Difference | None:
    """What this customer usually keeps."""
    for permyriad, times in habits.short_by_permyriad.items():
        if times > 1 and abs(short_minor - _share(due_minor, permyriad)) <= count:
            return Difference(Treatment.DISCOUNT, -150, permyriad)
    if habits.short_by_minor.get(short_minor, 0) > 1:
        return Difference(Treatment.CHARGE, -150)
    return None
