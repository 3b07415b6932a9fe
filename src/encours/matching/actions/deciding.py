"""What a person decides about a bank line: apply, accept, undo, tie, leave out, hand on, note."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction

from encours.access.actions import record_audit
from encours.core.actors import Actor
from encours.core.currencies import exponent
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop
from encours.core.money import Money
from encours.ledger import account_actions as accounts
from encours.ledger import actions as ledger
from encours.ledger import lettering_actions as lettering
from encours.ledger.models import COUNTERPARTS, ItemKind, OpenItem
from encours.ledger.rate_queries import rate_on
from encours.ledger.rules import open_day
from encours.matching.actions import booked
from encours.matching.actions.booked import LineDecided
from encours.matching.actions.lines import audit_line, row_of, work_of
from encours.matching.actions.staging import Decision, apply_decided
from encours.matching.actions.undoing import MatchUnknown, standing_item, unallocate
from encours.matching.actions.writing import tell_deductions
from encours.matching.models import How, LineWork, Match, State
from encours.matching.queries import book as facts_of
from encours.matching.queries.book import BankRow
from encours.matching.rules import booking, kept
from encours.matching.rules.facts import Allocation, Proposal, Residual, Treatment


class NotBookable(Refused):
    """What was chosen does not fit the line or the items."""

    message = gettext_noop("This cannot be applied: {fault}.")


class CustomerNotChosen(Refused):
    """Money on account needs an account."""

    message = gettext_noop("Choose the customer whose money this is.")


class AboveWriteOffLimit(Refused):
    """The difference is more than the person may write off."""

    message = gettext_noop("You may write off up to {limit} of one payment; this is {amount}.")


class NothingProposed(Refused):
    """There is no proposal that could be accepted."""

    message = gettext_noop("Nothing is proposed for this bank line.")


class RateMissing(Refused):
    """What a conversion gained or lost cannot be said without the rate of the day its item was booked."""

    message = gettext_noop(
        "No exchange rate of {currency} in {base} is known for {day} or the five weeks before: enter it under Cash, "
        "Accounting, Exchange rates."
    )


class ReceiptNotSame(Refused):
    """The receipt is of another company, currency or amount, or is tied to a line already."""

    message = gettext_noop("This receipt is not the money of this bank line.")


# what each fault of a booking means to a person
FAULTS = {
    "more_than_open": gettext_noop("more than is open on an item"),
    "other_currency": gettext_noop("an item is in another currency"),
    "other_company": gettext_noop(
        "the items are of several companies: tick those of one, and have the other part transferred"
    ),
    "other_company_converted": gettext_noop("an item is both another company’s and in another currency"),
    "item_gone": gettext_noop("an item is no longer open"),
    "more_than_received": gettext_noop("more than was received"),
    "wrong_side": gettext_noop("an item would grow instead of being settled"),
}
NEEDS_LIMIT = (Treatment.WRITE_OFF, Treatment.DEDUCTION, Treatment.CHARGE, Treatment.FX)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose for a line: money on items, how differences are treated; the rest stays on account."""

    customer_id: int | None
    allocations: tuple[Allocation, ...] = ()
    residuals: tuple[Residual, ...] = ()
    # another account for the other side of a difference, by item and treatment
    accounts: Mapping[tuple[int, str], str] = field(default_factory=dict)
    why: str = ""
    # of the items, where it is the one the payer ordered in and not the one the bank credited
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Rights:
    """What the person who decides may do beyond applying; None is no limit (the product itself, tests)."""

    write_off_limit_minor: int | None = None


NO_LIMIT = Rights()


@transaction.atomic
def apply_match(
    *,
    organisation_id: int,
    line_id: int,
    choice: Choice,
    by: Actor,
    today: date,
    how: str = How.MANUAL,
    rights: Rights = NO_LIMIT,
    proposal: Proposal | None = None,
) -> Match:
    """Apply a line as a person chose: a receipt, its allocations, the items for differences; the rest stays on account.

    Without allocations it is money on the customer's account. Refuses more than is open or received, another currency,
    items of several companies, a conversion without the rate of its day, a difference above the person's limit, a line
    decided already, and days of a closed period where the policy says so. Money for another company's items goes to
    that company through the current account between the two (decision 0031). What a payer kept back and is not booked
    away becomes a deduction to find out about.
    """
    row = row_of(organisation_id, line_id)
    opens = _opens(organisation_id, [one.item_id for one in choice.allocations])
    customer_id = choice.customer_id or next((opens[a.item_id].customer_id for a in choice.allocations), None)
    if customer_id is None:
        raise CustomerNotChosen
    _check_limit(choice, rights, row.currency)
    came_to, row = row, _taken_by(row, choice, opens, organisation_id=organisation_id)
    closed = _closed_days(organisation_id, row.booking_date, {came_to.entity_id, row.entity_id})
    found = _booking(row, customer_id, choice, opens, closed.get(row.entity_id))
    if isinstance(found, booking.Unbookable):
        raise NotBookable(fault=FAULTS[found.code], code=found.code, item_id=found.item_id)
    if row.entity_id == came_to.entity_id:
        transaction_id = _realise(row, found, choice, opens, by=by, organisation_id=organisation_id)
    else:
        work_of(organisation_id, line_id)  # the line stays with the company whose account it is on
        transaction_id = _hand_on(
            came_to, closed_until=closed.get(came_to.entity_id), by=by, organisation_id=organisation_id
        )
    decision = Decision(row, found, choice.allocations, choice.residuals, how, proposal, choice.why, transaction_id)
    touched = set(
        OpenItem.objects.filter(
            organisation_id=organisation_id, pk__in=list(opens), legs_first_date__isnull=False
        ).values_list("pk", flat=True)
    )
    applied = apply_decided(
        [decision], organisation_id=organisation_id, by=by, today=today, touched_ids=touched, why=choice.why
    )
    if applied.lost_line_ids:
        raise LineDecided
    match = Match.objects.get(organisation_id=organisation_id, pk=applied.match_ids[line_id])
    tell_deductions(organisation_id, [decision], applied, by=by, today=today)
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="apply_match",
        subject_kind="bank_line",
        subject_id=line_id,
        why=choice.why,
        details={"match": match.pk, "how": how, "allocations": match.allocations, "residuals": match.residuals},
    )
    return match


def _taken_by(row: BankRow, choice: Choice, opens: Mapping[int, booking.Open], *, organisation_id: int) -> BankRow:
    """The line as the company books it whose items it pays; its money comes through the current account then."""
    entity_id = booking.taker(row.money, choice.allocations, opens)
    if entity_id == row.entity_id:
        return row
    if choice.currency not in ("", row.currency):
        raise NotBookable(fault=FAULTS["other_company_converted"], code="other_company_converted")
    return row._replace(
        entity_id=entity_id,
        ledger_account=accounts.current_account(organisation_id=organisation_id, entity_id=entity_id),
    )


def _hand_on(row: BankRow, *, closed_until: date | None, by: Actor, organisation_id: int) -> int:
    """In the books of the company the money came to: bank against what it owes the other company now."""
    (transaction_id,) = accounts.book_entries(
        [
            accounts.Booked(
                ledger.Posting(
                    organisation_id=organisation_id,
                    entity_id=row.entity_id,
                    transaction_date=open_day(row.booking_date, closed_until=closed_until),
                    source="match",
                    key=f"current:{row.line_id}:{row.matched_before}",
                ),
                debit=row.ledger_account,
                credit=accounts.current_account(organisation_id=organisation_id, entity_id=row.entity_id),
                currency=row.currency,
                amount_minor=row.amount_minor,
                why=" ".join(row.text.split())[:200] or row.payer_name,
            )
        ],
        by=by,
    )
    return transaction_id


def _booking(
    row: BankRow, customer_id: int, choice: Choice, opens: Mapping[int, booking.Open], closed_until: date | None
) -> booking.Booking | booking.Unbookable:
    if choice.currency in ("", row.currency):
        return booking.book(
            row.money, customer_id, choice.allocations, choice.residuals, opens, closed_until=closed_until,
            accounts=choice.accounts,
        )  # fmt: skip
    if choice.currency != row.original_currency or not row.original_amount_minor:
        return booking.Unbookable("other_currency")
    return booking.book_converted(
        row.money, row.ordered, customer_id, choice.allocations, choice.residuals, opens, closed_until=closed_until
    )


def _realise(
    row: BankRow,
    found: booking.Booking,
    choice: Choice,
    opens: Mapping[int, booking.Open],
    *,
    by: Actor,
    organisation_id: int,
) -> int | None:
    """Post what the conversion gained or lost against the days the items were booked; a rate that lacks refuses."""
    if choice.currency in ("", row.currency):
        return None
    parts = []
    for leg in found.legs:
        if leg.item_id:
            day = opens[leg.item_id].item_date
            rate = rate_on(day, organisation_id=organisation_id, currency=choice.currency, base=row.currency)
            if rate is None:
                raise RateMissing(currency=choice.currency, base=row.currency, day=day)
            parts.append((-leg.amount_minor, rate))
    gained = booking.realised_difference(
        found.receipt_leg_minor, parts, exponents=(exponent(choice.currency), exponent(row.currency))
    )
    if not gained:
        return None
    chosen = ledger.chosen_counterparts(organisation_id, row.entity_id)
    lost_on = chosen.get("fx_difference", COUNTERPARTS[ItemKind.FX_DIFFERENCE])
    conversion = chosen.get("conversion", COUNTERPARTS[ItemKind.CONVERSION])
    (transaction_id,) = accounts.book_entries(
        [
            accounts.Booked(
                ledger.Posting(
                    organisation_id=organisation_id,
                    entity_id=row.entity_id,
                    transaction_date=found.allocation_date,
                    source="match",
                    key=f"fx:{row.line_id}:{row.matched_before}",
                ),
                debit=conversion,
                credit=booking.FX_GAIN if gained > 0 else lost_on,
                currency=row.currency,
                amount_minor=gained,
                why=f"{choice.currency} {row.number}",
            )
        ],
        by=by,
    )
    return transaction_id


def _check_limit(choice: Choice, rights: Rights, currency: str) -> None:
    if rights.write_off_limit_minor is None:
        return
    amount = sum(one.amount_minor for one in choice.residuals if one.is_booked and one.treatment in NEEDS_LIMIT)
    if amount > rights.write_off_limit_minor:
        raise AboveWriteOffLimit(limit=Money(rights.write_off_limit_minor, currency), amount=Money(amount, currency))


class PeriodClosed(Refused):
    """The line's day lies in a closed period, and the policy leaves that to a person who reopens it."""

    message = gettext_noop("The books are closed until {closed_until}: nothing can be booked on {day}.")


def _closed_days(organisation_id: int, day: date, entity_ids: Collection[int]) -> Mapping[int, date]:
    """Until when each company's books are closed; refused where the day lies before that and the policy says so."""
    closed = facts_of.closed_days(organisation_id)
    for entity_id in entity_ids:
        until = closed.get(entity_id)
        if until and day <= until and facts_of.policy_row(organisation_id).closed_periods == "refuse":
            raise PeriodClosed(closed_until=until, day=day)
    return closed


def _opens(organisation_id: int, item_ids: Sequence[int]) -> dict[int, booking.Open]:
    rows = OpenItem.objects.filter(organisation_id=organisation_id, pk__in=item_ids)
    return {
        item.pk: booking.Open(
            item.pk, item.customer_id, item.entity_id, item.currency, item.open_minor, item.item_date,
            item.document_number,
        )
        for item in rows
    }  # fmt: skip


def accept(
    *, organisation_id: int, line_ids: Sequence[int], by: Actor, today: date, rights: Rights = NO_LIMIT
) -> tuple[list[Match], dict[int, Exception]]:
    """Accept the proposals of lines as they stand, each for itself; the matches, and why others were refused."""
    how = How.BULK if len(line_ids) > 1 else How.CONFIRMED
    matches: list[Match] = []
    refused: dict[int, Exception] = {}
    for line_id in line_ids:
        try:
            matches.append(
                accept_proposal(
                    organisation_id=organisation_id, line_id=line_id, by=by, today=today, how=how, rights=rights
                )
            )
        except (Refused, NotFound, Conflict) as error:
            refused[line_id] = error
    return matches, refused


@transaction.atomic
def accept_proposal(
    *,
    organisation_id: int,
    line_id: int,
    by: Actor,
    today: date,
    how: str = How.CONFIRMED,
    rights: Rights = NO_LIMIT,
    rival: int | None = None,
) -> Match:
    """Apply what is proposed for a line, or one of the rivals; a returned line undoes what it had paid."""
    work = LineWork.objects.filter(organisation_id=organisation_id, line_id=line_id).first()
    if work is None:
        raise NothingProposed
    stored = work.proposal if rival is None else dict(enumerate(work.rivals)).get(rival)
    if stored is None:
        raise NothingProposed
    if work.state == State.RETURNED and stored.get("undoes"):
        return accept_return(
            organisation_id=organisation_id, line_id=line_id, match_id=stored["undoes"][0], by=by, today=today
        )
    proposal = kept.from_json(stored)
    if not proposal.customer_id and not proposal.allocations:
        raise NothingProposed
    choice = Choice(proposal.customer_id, proposal.allocations, proposal.residuals, currency=proposal.currency)
    return apply_match(
        organisation_id=organisation_id, line_id=line_id, choice=choice, by=by, today=today, how=how, rights=rights,
        proposal=proposal,
    )  # fmt: skip


@transaction.atomic
def accept_return(*, organisation_id: int, line_id: int, match_id: int, by: Actor, today: date) -> Match:
    """Money that came back: what the payment had settled is open again, and the two movements settle each other.

    The first receipt stays in the books, as the bank has it; the return is booked against it.
    """
    row = row_of(organisation_id, line_id)
    match = Match.objects.filter(organisation_id=organisation_id, pk=match_id, reverses__isnull=True).first()
    if match is None or match.item_id is None or match.amount_minor != -row.amount_minor:
        raise MatchUnknown(match_id=match_id)
    why = "returned by the bank"
    settled = unallocate(match, by=by, why=why)
    closed_until = facts_of.closed_days(organisation_id).get(match.entity_id)
    for item_id in match.extra_item_ids:
        day = open_day(row.booking_date, closed_until=closed_until)
        item = standing_item(organisation_id, item_id)
        ledger.reverse_item(organisation_id=organisation_id, item_id=item.pk, by=by, why=why, on=day)
    lettering.letter(organisation_id=organisation_id, item_ids=settled, today=today)
    first = standing_item(organisation_id, match.item_id)
    choice = Choice(first.customer_id, (Allocation(first.pk, first.document_number, first.open_minor),), why=why)
    return apply_match(
        organisation_id=organisation_id, line_id=line_id, choice=choice, by=by, today=today, how=How.CONFIRMED
    )


@transaction.atomic
def tie_to_receipt(
    *, organisation_id: int, line_id: int, receipt_id: int, by: Actor, today: date, why: str = ""
) -> Match:
    """Say that a line is money the books know already: nothing is booked.

    Refused for a receipt of another company, currency or amount, or one that another line is tied to.
    """
    row = row_of(organisation_id, line_id)
    near = {str(row.line_id): row}
    found = [
        one
        for one in facts_of.known_receipts(organisation_id, near, around_days=366).get(
            (row.entity_id, row.currency, row.amount_minor), []
        )
        if one.receipt_id == receipt_id
    ]
    if not found:
        raise ReceiptNotSame(receipt_id=receipt_id)
    booked.tie(organisation_id=organisation_id, ties=[(row, found[0])], by=by, today=today, why=why)
    match = Match.objects.filter(organisation_id=organisation_id, line_id=line_id).latest("pk")
    audit_line(organisation_id, line_id, by=by, verb="tie_to_receipt", why=why, details={"receipt": receipt_id})
    return match


@transaction.atomic
def book_line(*, organisation_id: int, line_id: int, account: str, by: Actor, today: date, why: str = "") -> Match:
    """Book a line on an account that is no customer's: a fee, interest, a transfer between own accounts."""
    row = row_of(organisation_id, line_id)
    booked.book_on_accounts(
        organisation_id=organisation_id, lines=[(row, account, 0)], by=by, today=today, how=How.MANUAL
    )
    match = Match.objects.filter(organisation_id=organisation_id, line_id=line_id).latest("pk")
    audit_line(organisation_id, line_id, by=by, verb="book_line", why=why, details={"account": account})
    return match
