"""The only writers of penalties: invoice, waive, undo; terms, suspensions and rates that people enter."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from encours.access import actions as access
from encours.access.models import Entity
from encours.core.actors import Actor
from encours.core.dates import HalfYear
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop
from encours.customers.models import Customer
from encours.ledger import actions as ledger
from encours.ledger.models import ItemKind, OpenItem
from encours.penalties.models import (
    LegalRate,
    LineKind,
    NoteOutcome,
    PenaltyLine,
    PenaltyNote,
    PenaltyTerms,
    Suspension,
    SuspensionKind,
)
from encours.penalties.queries import notes as written
from encours.penalties.rules.accrual import Accrual
from encours.penalties.rules.claims import Part, parts_of, warnings_of
from encours.penalties.rules.rates import Agreement, RateKind
from encours.penalties.rules.registry import HALF_YEARLY

SOURCE = "penalties"  # of the ledger transactions that invoice penalties
# PCG 2025: interest on trade receivables, and other current income; docs/decisions says what is doubtful about it
INTEREST_ACCOUNT = "763"
COMPENSATION_ACCOUNT = "758"
_ACCOUNTS = {LineKind.INTEREST: INTEREST_ACCOUNT, LineKind.COMPENSATION: COMPENSATION_ACCOUNT}


class CustomerNotHere(NotFound):
    """The customer is not of this organisation."""

    message = gettext_noop("There is no such customer.")


class NotBetweenProfessionals(Refused):
    """A private person owes neither the interest nor the compensation of the commercial code."""

    message = gettext_noop("{name} is a private person: late-payment penalties are due between professionals only.")


class NothingToDecide(Refused):
    """Of what was chosen, everything is invoiced or waived already, or nothing is late."""

    message = gettext_noop("Nothing is left to invoice or to waive on {day}.")


class WarningsNotAcknowledged(Refused):
    """Something doubtful about the claim was not acknowledged."""

    message = gettext_noop("Look at the warnings and confirm that you know of them before you go on.")


class ReasonMissing(Refused):
    """A waiver, an undoing or a setting gives its reason."""

    message = gettext_noop("Say why: the reason is kept.")


class DayToCome(Refused):
    """Interest that has not run yet is not claimed."""

    message = gettext_noop("Interest is reckoned up to today at the latest.")


class NoteUnknown(NotFound):
    """No such note in this organisation."""

    message = gettext_noop("There is no such penalty note.")


class NoteCancelled(Conflict):
    """A note is undone once, and its undoing stays."""

    message = gettext_noop("This penalty note was cancelled already.")


class SuspensionUnknown(NotFound):
    """No such suspension, or it was lifted already."""

    message = gettext_noop("There is no such suspension.")


class TermsUnusable(Refused):
    """A rate that is no rate, or figures where the law gives them."""

    message = gettext_noop("Give the points, the multiple or the percent of the agreed rate; none for the law's own.")


class RateUnusable(Refused):
    """An entered rate lacks its source or is no rate."""

    message = gettext_noop("Give a rate between -5 and 30 percent, its half-year and the source it was read in.")


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a customer's penalties up to a day; `item_ids` and `kinds` narrow it, `key` makes it once."""

    organisation_id: int
    customer_id: int
    outcome: str
    until: date
    key: str
    item_ids: Collection[int] | None = None
    kinds: Collection[str] = (LineKind.INTEREST, LineKind.COMPENSATION)
    entity_ids: tuple[int, ...] = ()
    why: str = ""
    acknowledged: Collection[str] = ()


@transaction.atomic
def decide(decision: Decision, *, today: date, by: Actor) -> list[PenaltyNote]:
    """Invoice what is left by debit note, or waive it: one note a company and currency.

    Writes notes and lines with their segments as they are now; an invoiced note posts a debit note due today.
    Refused: private persons, a missing legal value, warnings not acknowledged, a waiver without a reason, nothing
    left. The same key a second time gives the first notes again; two at once wait for each other on the customer.
    """
    customer = _locked(decision.organisation_id, decision.customer_id)
    if done := written.notes_of_key(decision.key, organisation_id=decision.organisation_id):
        return done
    _check(decision, customer, today)
    found = written.left_of(customer.pk, organisation_id=decision.organisation_id, day=decision.until)
    chosen = _chosen(decision, found)
    warnings = warnings_of(chosen, unapplied_minor=_unapplied_minor(decision))
    if not set(warnings) <= set(decision.acknowledged):
        raise WarningsNotAcknowledged(warnings=warnings)
    groups = parts_of(chosen, kinds=decision.kinds)
    if not groups:
        raise NothingToDecide(day=decision.until)
    notes = [
        _note(decision, group, customer, warnings=warnings, today=today, by=by) for group in sorted(groups.items())
    ]
    access.record_audit(
        by=by,
        organisation_id=decision.organisation_id,
        verb=f"penalties_{decision.outcome}",
        subject_kind="customer",
        subject_id=customer.pk,
        why=decision.why,
        details={
            "notes": [note.pk for note in notes],
            "until": decision.until.isoformat(),
            "amounts": [[note.amount_minor, note.currency, note.number] for note in notes],
            "acknowledged": sorted(warnings),
        },
    )
    return notes


def _locked(organisation_id: int, customer_id: int) -> Customer:
    customer = (
        Customer.objects.select_for_update(no_key=True).filter(organisation_id=organisation_id, pk=customer_id).first()
    )
    if customer is None:
        raise CustomerNotHere
    return customer


def _check(decision: Decision, customer: Customer, today: date) -> None:
    if customer.is_natural_person:
        raise NotBetweenProfessionals(name=customer.name)
    if decision.until > today:
        raise DayToCome(day=decision.until)
    if decision.outcome == NoteOutcome.WAIVED and not decision.why.strip():
        raise ReasonMissing


def _chosen(decision: Decision, found: Sequence[Accrual]) -> list[Accrual]:
    """The accruals meant; one whose rate is missing refuses the whole decision."""
    chosen = [
        accrual
        for accrual in found
        if (decision.item_ids is None or accrual.item.item_id in decision.item_ids)
        and (not decision.entity_ids or accrual.item.entity_id in decision.entity_ids)
    ]
    for accrual in chosen:
        if accrual.refusal:
            raise accrual.refusal
    return chosen


def _unapplied_minor(decision: Decision) -> int:
    return written.unapplied_minor(decision.customer_id, organisation_id=decision.organisation_id, day=decision.until)


def _note(
    decision: Decision,
    group: tuple[tuple[int, str], Sequence[Part]],
    customer: Customer,
    *,
    warnings: Sequence[str],
    today: date,
    by: Actor,
) -> PenaltyNote:
    (entity_id, currency), parts = group
    is_invoiced = decision.outcome == NoteOutcome.INVOICED
    note = PenaltyNote.objects.create(
        organisation_id=decision.organisation_id,
        entity_id=entity_id,
        customer=customer,
        outcome=decision.outcome,
        number=_next_number(decision.organisation_id, entity_id, today) if is_invoiced else "",
        until_date=decision.until,
        decided_date=today,
        due_date=today if is_invoiced else None,
        currency=currency,
        amount_minor=sum(part.amount_minor for part in parts),
        why=decision.why.strip(),
        acknowledged=sorted(warnings),
        key=written.key_of(decision.key, entity_id, currency),
        actor_id=by.user_id,
        actor_name=by.name,
    )
    _add_lines(note, parts)
    if is_invoiced:
        _post(note, parts, by=by)
    return note


def _next_number(organisation_id: int, entity_id: int, today: date) -> str:
    """Numbers follow each other by company and year; the company's row is held until they are kept."""
    Entity.objects.select_for_update(no_key=True).get(organisation_id=organisation_id, pk=entity_id)
    start = f"PEN-{today.year}-"
    count = PenaltyNote.objects.filter(
        organisation_id=organisation_id, entity_id=entity_id, number__startswith=start, cancels__isnull=True
    ).count()
    return f"{start}{count + 1:04d}"


def _add_lines(note: PenaltyNote, parts: Iterable[Part]) -> None:
    parts = list(parts)
    taken = written.sequences_of({part.document_number for part in parts}, organisation_id=note.organisation_id)
    PenaltyLine.objects.bulk_create(
        PenaltyLine(
            organisation_id=note.organisation_id,
            note=note,
            kind=part.kind,
            entity_id=part.entity_id,
            document_number=part.document_number,
            instalment_number=part.instalment_number,
            item_id=part.item_id,
            amount_minor=part.amount_minor,
            sequence=taken.get(part.debt, 0) + 1,
            segments=part.segments,
        )
        for part in parts
    )


def _post(note: PenaltyNote, parts: Sequence[Part], *, by: Actor) -> None:
    sums = {kind: sum(part.amount_minor for part in parts if part.kind == kind) for kind in LineKind}
    owed = [(kind, amount_minor) for kind, amount_minor in sums.items() if amount_minor]
    items = [
        ledger.NewItem(
            customer_id=note.customer_id,
            kind=ItemKind.DEBIT_NOTE,
            document_number=note.number,
            item_date=note.decided_date,
            due_date=note.due_date or note.decided_date,
            currency=note.currency,
            amount_minor=amount_minor,
            instalment_number=index,
            instalment_count=len(owed),
            counterpart=_ACCOUNTS[kind],
        )
        for index, (kind, amount_minor) in enumerate(owed, start=1)
    ]
    posting = ledger.Posting(
        organisation_id=note.organisation_id,
        entity_id=note.entity_id,
        transaction_date=note.decided_date,
        source=SOURCE,
        key=f"{SOURCE}:{note.pk}",
    )
    ledger.post(posting, items=items, by=by, why=note.why)


@transaction.atomic
def cancel(*, organisation_id: int, note_id: int, today: date, by: Actor, why: str) -> PenaltyNote:
    """Undo a note by its mirror: what it invoiced or waived is left to decide again, its debit note is reversed.

    Refused without a reason, a second time, and while the debit note is paid in part or whole.
    """
    if not why.strip():
        raise ReasonMissing
    note = PenaltyNote.objects.filter(organisation_id=organisation_id, pk=note_id).first()
    if note is None:
        raise NoteUnknown
    _locked(organisation_id, note.customer_id)
    if note.cancels_id or PenaltyNote.objects.filter(organisation_id=organisation_id, cancels=note).exists():
        raise NoteCancelled
    if note.outcome == NoteOutcome.INVOICED:
        for item in OpenItem.objects.filter(
            organisation_id=organisation_id, transaction__key=f"{SOURCE}:{note.pk}", transaction__source=SOURCE
        ).order_by("pk"):
            ledger.reverse_item(organisation_id=organisation_id, item_id=item.pk, by=by, why=why)
    mirror = _mirror(note, today=today, by=by, why=why)
    access.record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="cancel_penalties",
        subject_kind="customer",
        subject_id=note.customer_id,
        why=why,
        details={"note": note.pk, "number": note.number, "amount": [note.amount_minor, note.currency]},
    )
    return mirror


def _mirror(note: PenaltyNote, *, today: date, by: Actor, why: str) -> PenaltyNote:
    mirror = PenaltyNote.objects.create(
        organisation_id=note.organisation_id,
        entity_id=note.entity_id,
        customer_id=note.customer_id,
        outcome=note.outcome,
        number=note.number,
        until_date=note.until_date,
        decided_date=today,
        currency=note.currency,
        amount_minor=-note.amount_minor,
        why=why.strip(),
        key=f"cancel:{note.pk}",
        cancels=note,
        actor_id=by.user_id,
        actor_name=by.name,
    )
    _add_lines(mirror, (Part.undoing(line) for line in written.lines_of([note.pk], note.organisation_id)))
    return mirror


@transaction.atomic
def suspend(
    *,
    organisation_id: int,
    customer_id: int,
    kind: str,
    first_date: date,
    by: Actor,
    why: str,
    last_date: date | None = None,
    document_number: str = "",
) -> Suspension:
    """From a day on (until another, both included) the customer's debts, or one document, bear nothing.

    An insolvency begins on the day of the opening judgment and concerns what was issued before it.
    """
    if not why.strip():
        raise ReasonMissing
    if kind not in SuspensionKind.values or (last_date and last_date < first_date):
        raise TermsUnusable(kind=kind)
    customer = _locked(organisation_id, customer_id)
    made = Suspension.objects.create(
        organisation_id=organisation_id,
        customer=customer,
        document_number=document_number.strip(),
        kind=kind,
        first_date=first_date,
        last_date=last_date,
        why=why.strip(),
        author_name=by.name,
    )
    _audit(made, "suspend_penalties", customer.pk, by=by, why=why, kind=kind, first_date=first_date.isoformat())
    return made


@transaction.atomic
def lift_suspension(*, organisation_id: int, suspension_id: int, now: datetime, by: Actor, why: str) -> Suspension:
    """Take a suspension back, as if it had not been noted; refused without a reason or when it was lifted."""
    if not why.strip():
        raise ReasonMissing
    found = (
        Suspension.objects.select_for_update()
        .filter(organisation_id=organisation_id, pk=suspension_id, lifted_at__isnull=True)
        .first()
    )
    if found is None:
        raise SuspensionUnknown
    found.lifted_at, found.lifted_by_name, found.lifted_why = now, by.name, why.strip()
    found.save(update_fields=["lifted_at", "lifted_by_name", "lifted_why"])
    _audit(found, "lift_penalty_suspension", found.customer_id, by=by, why=why)
    return found


@transaction.atomic
def set_terms(
    agreement: Agreement,
    *,
    organisation_id: int,
    valid_from: date,
    by: Actor,
    why: str,
    customer_id: int | None = None,
    entity_id: int | None = None,
) -> PenaltyTerms:
    """Say which law and rate hold for a customer, a company or everyone, for what is issued from a day on."""
    if not why.strip():
        raise ReasonMissing
    is_by_law = agreement.rate_kind is RateKind.STATUTORY
    if is_by_law != (agreement.figure is None) or (agreement.figure is not None and not 0 <= agreement.figure <= 100):
        raise TermsUnusable(figure=agreement.figure)
    if customer_id is not None:
        _locked(organisation_id, customer_id)
    made = PenaltyTerms.objects.create(
        organisation_id=organisation_id,
        customer_id=customer_id,
        entity_id=entity_id,
        regime=agreement.regime.value,
        rate_kind=agreement.rate_kind.value,
        figure=agreement.figure,
        imputation=agreement.imputation.value,
        valid_from=valid_from,
        why=why.strip(),
        author_name=by.name,
    )
    _audit(made, "set_penalty_terms", customer_id or entity_id or organisation_id, by=by, why=why, terms=str(made))
    return made


@transaction.atomic
def enter_rate(
    *,
    organisation_id: int,
    code: str,
    half_year: HalfYear,
    percent: Decimal,
    source: str,
    by: Actor,
    doubt: str = "",
) -> LegalRate:
    """Enter or verify a half-year's rate with its source; it goes before the one shipped, from now on."""
    if code not in HALF_YEARLY or not source.strip() or not -5 <= percent <= 30:
        raise RateUnusable(code=code, percent=percent)
    made = LegalRate.objects.create(
        organisation_id=organisation_id,
        code=code,
        valid_from=half_year.first_day,
        percent=percent,
        source=source.strip(),
        doubt=doubt.strip(),
        author_name=by.name,
    )
    _audit(made, "enter_legal_rate", organisation_id, by=by, why=source, code=code, half_year=str(half_year))
    return made


def _audit(row: Any, verb: str, subject_id: int, *, by: Actor, why: str, **details: Any) -> None:
    access.record_audit(
        by=by,
        organisation_id=row.organisation_id,
        verb=verb,
        subject_kind="customer" if getattr(row, "customer_id", None) else "organisation",
        subject_id=subject_id,
        why=why,
        details={"row": row.pk, **details},
    )
