"""Keep remittance advices, and join each to the bank line it announced, whichever came first."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import connection, transaction

from encours.access.actions import record_audit
from encours.core.actors import Actor
from encours.core.errors import NotFound, Refused, gettext_noop
from encours.customers.models import Customer
from encours.payments.models import BankLine, RemittanceAdvice, RemittanceLine
from encours.payments.queries import AdviceLine
from encours.payments.rules import Announced, Sighting, announced

_WITHIN_DAYS = 7


class AdviceUnknown(NotFound):
    """No such remittance advice in this organisation."""

    message = gettext_noop("There is no remittance advice {advice_id}.")


class AdviceHasPayment(Refused):
    """Only an advice that waits can be put aside."""

    message = gettext_noop("This advice has its payment: take it off first.")


@dataclass(frozen=True, slots=True)
class AdviceTold:
    """An advice as it was read or typed in."""

    source: str
    currency: str
    total_minor: int
    lines: Sequence[AdviceLine] = field(default_factory=tuple)
    payer_name: str = ""
    payer_email: str = ""
    payer_iban: str = ""
    number: str = ""
    advice_date: date | None = None
    customer_id: int | None = None
    entity_id: int | None = None
    file_name: str = ""
    sha256: str = ""

    def key(self) -> str:
        """By which the same advice is known again, by whatever way it comes."""
        told: list[object] = [self.number, self.advice_date, self.currency, self.total_minor]
        told += [(line.invoice_number, line.amount_minor) for line in self.lines]
        return hashlib.sha256("|".join(map(str, told)).encode()).hexdigest()


@transaction.atomic
def keep_advice(
    told: AdviceTold, *, organisation_id: int, by: Actor, import_id: int | None = None
) -> tuple[RemittanceAdvice, bool]:
    """Keep an advice with its lines, and say whether it is new; the same again only adds a customer it lacked."""
    advice = RemittanceAdvice.objects.filter(organisation_id=organisation_id, key=told.key()).first()
    if advice is not None:
        if advice.customer_id is None and told.customer_id is not None:
            advice.customer_id = told.customer_id
            advice.save(update_fields=["customer"])
        return advice, False
    advice = RemittanceAdvice.objects.create(
        organisation_id=organisation_id,
        key=told.key(),
        entity_id=told.entity_id,
        customer_id=told.customer_id,
        source=told.source,
        payer_name=told.payer_name[:200],
        payer_email=told.payer_email[:254],
        payer_iban=told.payer_iban[:40],
        number=told.number[:80],
        advice_date=told.advice_date,
        currency=told.currency,
        total_minor=told.total_minor,
        file_name=told.file_name[:255],
        sha256=told.sha256,
        import_id=import_id,
    )
    RemittanceLine.objects.bulk_create(
        RemittanceLine(
            organisation_id=organisation_id,
            advice=advice,
            position=position,
            invoice_number=line.invoice_number[:80],
            amount_minor=line.amount_minor,
            discount_minor=line.discount_minor,
            deduction_minor=line.deduction_minor,
            deduction_reason=line.deduction_reason[:200],
        )
        for position, line in enumerate(told.lines, 1)
    )
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="keep_remittance_advice",
        subject_kind="remittance_advice",
        subject_id=advice.pk,
        details={"number": advice.number, "payer": advice.payer_name, "lines": len(told.lines), "source": told.source},
    )
    return advice, True


@transaction.atomic
def join_advices(*, organisation_id: int, by: Actor) -> dict[int, int]:
    """Tie each advice that waits to the bank line it announced: advice id -> line id.

    Same currency and amount, at most seven days apart, one advice a line; `rules.announced` decides between rivals, and
    what two could mean stays untied for a person.
    """
    pairs = _candidates(organisation_id)
    if not pairs:
        return {}
    advices = {advice: _announced(advice) for advice in _rows({one for one, _ in pairs}, organisation_id)}
    lines = _sightings({line for _, line in pairs}, organisation_id)
    by_amount: dict[tuple[str, int], list[Announced]] = {}
    for row, one in advices.items():
        by_amount.setdefault((row.currency, row.total_minor), []).append(one)
    joined: dict[int, int] = {}
    for group in by_amount.values():
        ids = {one.id for one in group}
        joined |= announced(group, [lines[line] for line in sorted({line for one, line in pairs if one in ids})])
    rows = {row.pk: row for row in advices}
    for advice_id, line_id in joined.items():
        rows[advice_id].bank_line_id = line_id
        rows[advice_id].save(update_fields=["bank_line"])
        record_audit(
            by=by,
            organisation_id=organisation_id,
            verb="join_remittance_advice",
            subject_kind="remittance_advice",
            subject_id=advice_id,
            details={"bank_line": line_id},
        )
    return joined


def _candidates(organisation_id: int) -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """select a.id, l.id from payments_remittanceadvice a
               join payments_bankline l on l.organisation_id = a.organisation_id and l.currency = a.currency
                   and l.amount_minor = a.total_minor and l.detail_count = 0
                   and (a.entity_id is null or l.entity_id = a.entity_id)
                   and abs(l.booking_date - coalesce(a.advice_date, l.booking_date)) <= %s
               where a.organisation_id = %s and a.bank_line_id is null and not a.is_left_out
                   and not exists (select from payments_remittanceadvice o
                       where o.organisation_id = a.organisation_id and o.bank_line_id = l.id)""",
            [_WITHIN_DAYS, organisation_id],
        )
        return [(int(advice), int(line)) for advice, line in cursor.fetchall()]


def _rows(ids: set[int], organisation_id: int) -> list[RemittanceAdvice]:
    rows = RemittanceAdvice.objects.filter(organisation_id=organisation_id, pk__in=ids).order_by("pk")
    return list(rows.select_related("customer").prefetch_related("lines"))


def _announced(row: RemittanceAdvice) -> Announced:
    customer = row.customer
    return Announced(
        id=row.pk,
        day=row.advice_date,
        number=row.number,
        iban=row.payer_iban,
        name=row.payer_name,
        customer_names=(customer.name,) if customer else (),
        customer_ibans=(customer.iban,) if customer else (),
        invoices=tuple(line.invoice_number for line in row.lines.all()),
    )


def _sightings(ids: set[int], organisation_id: int) -> dict[int, Sighting]:
    rows = BankLine.objects.filter(organisation_id=organisation_id, pk__in=ids)
    return {
        row.pk: Sighting(
            row.pk,
            row.booking_date,
            "",
            row.bank_reference,
            row.end_to_end_id,
            row.structured_reference,
            row.counterparty_iban,
            row.counterparty_name,
            row.text,
        )
        for row in rows
    }


@transaction.atomic
def tie_advice(advice_id: int, *, organisation_id: int, line_id: int | None, by: Actor, why: str = "") -> None:
    """A person ties an advice to a bank line, or unties it (None); refuses rows of another organisation."""
    advice = RemittanceAdvice.objects.filter(organisation_id=organisation_id, pk=advice_id).first()
    is_known = line_id is None or BankLine.objects.filter(organisation_id=organisation_id, pk=line_id).exists()
    if advice is None or not is_known:
        raise AdviceUnknown(advice_id=advice_id)
    before, advice.bank_line_id = advice.bank_line_id, line_id
    advice.save(update_fields=["bank_line"])
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="tie_remittance_advice",
        subject_kind="remittance_advice",
        subject_id=advice.pk,
        why=why,
        details={"before": before, "after": line_id},
    )


@transaction.atomic
def leave_out_advice(advice_id: int, *, organisation_id: int, is_left_out: bool, by: Actor, why: str = "") -> None:
    """Put aside an advice no payment of its own will come for, or take it back in; refused once it has its payment."""
    advice = RemittanceAdvice.objects.filter(organisation_id=organisation_id, pk=advice_id).first()
    if advice is None:
        raise AdviceUnknown(advice_id=advice_id)
    if advice.bank_line_id is not None:
        raise AdviceHasPayment(advice_id=advice_id)
    advice.is_left_out = is_left_out
    advice.save(update_fields=["is_left_out"])
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="leave_out_remittance_advice" if is_left_out else "take_in_remittance_advice",
        subject_kind="remittance_advice",
        subject_id=advice.pk,
        why=why,
        details={"number": advice.number},
    )


def customer_of(told: AdviceTold, *, organisation_id: int) -> int | None:
    """The one customer with the payer's account, e-mail address or very name; None where none or several have it."""
    known = Customer.objects.filter(organisation_id=organisation_id, merged_into=None)
    for name, value in (("iban", told.payer_iban), ("contacts__email__iexact", told.payer_email)):
        found = set(known.filter(**{name: value}).values_list("pk", flat=True)[:2]) if value else set()
        if len(found) == 1:
            return int(found.pop())
    named = known.filter(name__iexact=told.payer_name) if told.payer_name else known.none()
    found = set(named.values_list("pk", flat=True)[:2])
    return int(found.pop()) if len(found) == 1 else None
