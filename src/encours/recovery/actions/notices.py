"""Send a formal notice, and note its dispatch and what became of it."""

import hashlib
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from encours.access import actions as access
from encours.access.models import Entity
from encours.collections.queries.messages import entity_words, money_words, sender_words
from encours.collections.rules.letter import greeting
from encours.core.actors import Actor
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop
from encours.core.ids import creditor_reference
from encours.customers.models import Customer
from encours.messaging import actions as messaging
from encours.messaging.rules import papers
from encours.messaging.rules.values import Address, Attachment, Sender
from encours.recovery.actions.acts import customer_of
from encours.recovery.models import FormalNotice, LegalAct, NoticeOutcome
from encours.recovery.queries.annex import annex
from encours.recovery.queries.notices import Claimable, claimable
from encours.recovery.rules.deadlines import ActKind
from encours.recovery.rules.notice import Line, refused, to_answer

TEMPLATE = "letter_formal_notice"
REGISTERED = ("registered_letter", "electronic_registered_letter")
PROOF_BYTES_MAX = 10_000_000


class NothingDue(Refused):
    """There is nothing overdue that a notice could claim."""

    message = gettext_noop("Nothing overdue can be claimed here.")


class ConditionsRefuse(Refused):
    """A condition of the check-list says no."""

    message = gettext_noop("The check-list refuses this notice: {conditions}.")


class NotAnswered(Refused):
    """A condition to be looked at was not answered for."""

    message = gettext_noop("Look at the check-list and answer for each point it asks about.")


class DayUnusable(Refused):
    """A day to pay by that leaves no time, or a day of dispatch that cannot be."""

    message = gettext_noop("{day} cannot be the day: give one that fits.")


class ChannelUnusable(Refused):
    """A formal notice goes by registered letter, on paper or electronic."""

    message = gettext_noop("A formal notice goes by registered letter, on paper or electronic.")


class NoticeUnknown(NotFound):
    """No such notice in this organisation."""

    message = gettext_noop("There is no such formal notice.")


class OutcomeKnown(Conflict):
    """What became of the letter is noted once."""

    message = gettext_noop("What became of this letter is noted already.")


class ProofUnusable(Refused):
    """A proof that is empty or too large."""

    message = gettext_noop("Give the proof as a file of at most 10 megabytes.")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a person asks to be sent."""

    customer_id: int
    pay_by: date
    key: str
    item_ids: Collection[int] | None = None
    entity_id: int | None = None
    language: str = "fr"
    channel: str = "registered_letter"
    answered: Collection[str] = ()


@transaction.atomic
def send_notice(claim: Claim, *, organisation_id: int, today: date, now: datetime, by: Actor) -> FormalNotice:
    """Queue the registered letter with its annex, and keep what it claims with the check-list as it was answered.

    Refused: nothing overdue, a condition that says no (insolvency, no address, a plan), a point not answered for, a day
    to pay by that is not to come. The same key a second time gives the first notice again. A formal notice interrupts
    no limitation: it is noted as an act that moves nothing.
    """
    if known := FormalNotice.objects.filter(organisation_id=organisation_id, key=claim.key).first():
        return known
    if claim.channel not in REGISTERED:
        raise ChannelUnusable
    if not today < claim.pay_by:
        raise DayUnusable(day=claim.pay_by)
    customer = customer_of(organisation_id, claim.customer_id)
    found = claimable(customer, today=today, now=now, item_ids=claim.item_ids, entity_id=claim.entity_id)
    if found is None or found.principal_minor <= 0:
        raise NothingDue
    if no := refused(found.conditions):
        raise ConditionsRefuse(conditions=", ".join(no), codes=no)
    if not set(to_answer(found.conditions)) <= set(claim.answered):
        raise NotAnswered(conditions=to_answer(found.conditions))
    number = _next_number(organisation_id, today)
    message_id = _queue(claim, found, number=number, today=today, now=now, by=by)
    notice = _kept(claim, found, number=number, message_id=message_id, today=today, by=by)
    LegalAct.objects.create(
        organisation_id=organisation_id, customer=customer, kind=ActKind.FORMAL_NOTICE.value, act_date=today,
        is_certain=True, reference=number, author_name=by.name,
    )  # fmt: skip
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="send_formal_notice", subject_kind="customer",
        subject_id=customer.pk,
        details={"notice": number, "amount": [found.principal_minor, found.currency],
                 "pay_by": claim.pay_by.isoformat(), "message": message_id,
                 "answered": sorted(to_answer(found.conditions))},
    )  # fmt: skip
    return notice


def _next_number(organisation_id: int, today: date) -> str:
    """Numbers follow each other by year; a company's row is held until they are kept."""
    Entity.objects.select_for_update(no_key=True).filter(organisation_id=organisation_id).order_by("pk").first()
    start = f"MED-{today.year}-"
    last = (
        FormalNotice.objects.filter(organisation_id=organisation_id, number__startswith=start).order_by("-pk").first()
    )
    return f"{start}{int(last.number.removeprefix(start)) + 1 if last else 1:04d}"


def _kept(claim: Claim, found: Claimable, *, number: str, message_id: int, today: date, by: Actor) -> FormalNotice:
    return FormalNotice.objects.create(
        organisation_id=found.customer.organisation_id,
        entity=found.entity,
        customer=found.customer,
        number=number,
        key=claim.key,
        notice_date=today,
        pay_by_date=claim.pay_by,
        language=claim.language,
        channel=claim.channel,
        currency=found.currency,
        principal_minor=found.principal_minor,
        interest_minor=found.interest_minor,
        compensation_minor=found.compensation_minor,
        lines=[_line_json(line) for line in found.lines],
        checklist=[one.as_json() for one in found.conditions],
        answered=sorted(to_answer(found.conditions)),
        message_id=message_id,
        author_id=by.user_id,
        author_name=by.name,
    )


def _line_json(line: Line) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(line).items()}


def _queue(claim: Claim, found: Claimable, *, number: str, today: date, now: datetime, by: Actor) -> int:
    organisation_id = found.customer.organisation_id
    messaging.install_default_templates(organisation_id=organisation_id, by=by)
    made = annex(
        found.accruals, entity=found.entity, name=found.customer.name, number=found.customer.number,
        language=claim.language, day=today,
    )  # fmt: skip
    return messaging.queue_message(
        organisation_id=organisation_id,
        key=f"formal_notice:{claim.key}",
        kind="formal_notice",
        customer_id=found.customer.pk,
        sender=Sender(None, found.entity.pk),
        to=[Address(email=found.customer.email, name=found.customer.name, lines=tuple(found.address))],
        template_key=TEMPLATE,
        language=claim.language,
        context=_context(claim, found, today),
        channel=claim.channel,
        attachments=[Attachment(f"{number}-annexe.pdf", "application/pdf", papers.pdf(made))] if found.accruals else (),
        by=by,
        send_after=now,
        now=now,
    )


def _context(claim: Claim, found: Claimable, today: date) -> dict[str, Any]:
    customer: Customer = found.customer
    return {
        "entity": entity_words(found.entity, customer),
        "customer": {
            "name": customer.name,
            "number": customer.number,
            "reference_rf": creditor_reference(customer.number),
        },
        "contact": {"name": "", "greeting": greeting("", claim.language)},
        "items": [_item(line, found.currency, today) for line in found.lines if line.open_minor > line.disputed_minor],
        "totals": [money_words(found.principal_minor, found.currency)],
        "new_deadline_date": claim.pay_by.isoformat(),
        "sender": sender_words(None, found.entity),
        "sent_on": today.isoformat(),
        "books_date": today.isoformat(),
        "previous_contacts": [],
        "credit_items": [],
        "disputed_items": [],
    }


def _item(line: Line, currency: str, today: date) -> dict[str, Any]:
    part = f" ({line.instalment_number}/{line.instalment_count})" if line.instalment_count > 1 else ""
    return {
        "number": f"{line.document_number}{part}",
        "order_number": "",
        "issue_date": line.item_date.isoformat(),
        "due_date": line.due_date.isoformat(),
        "days_late": (today - line.due_date).days,
        "open": money_words(line.open_minor - line.disputed_minor, currency),
        "amount": money_words(line.open_minor, currency),
    }


@transaction.atomic
def note_sent(
    *, organisation_id: int, notice_id: int, sent_date: date, registered_number: str, today: date, by: Actor
) -> FormalNotice:
    """Note the day the letter was posted and its registered number; refused a day before it was written or to come."""
    notice = _locked(organisation_id, notice_id)
    if not notice.notice_date <= sent_date <= today:
        raise DayUnusable(day=sent_date)
    notice.sent_date, notice.registered_number = sent_date, registered_number.strip()[:40]
    notice.save(update_fields=["sent_date", "registered_number"])
    _audit(notice, "formal_notice_sent", by, registered_number=notice.registered_number, day=sent_date.isoformat())
    return notice


@transaction.atomic
def note_outcome(
    *,
    organisation_id: int,
    notice_id: int,
    outcome: str,
    outcome_date: date,
    today: date,
    by: Actor,
    proof: bytes = b"",
    proof_name: str = "",
) -> FormalNotice:
    """Note what became of the letter, with the receipt as a file where there is one, sealed by its hash; once.

    An unclaimed or refused registered letter leaves the notice valid; one that came back from a wrong address does not
    reach anybody, and is to be sent again.
    """
    notice = _locked(organisation_id, notice_id)
    if outcome not in NoticeOutcome.values:
        raise NoticeUnknown
    if notice.outcome:
        raise OutcomeKnown
    if not (notice.sent_date or notice.notice_date) <= outcome_date <= today:
        raise DayUnusable(day=outcome_date)
    if len(proof) > PROOF_BYTES_MAX:
        raise ProofUnusable
    notice.outcome, notice.outcome_date = outcome, outcome_date
    if proof:
        notice.proof, notice.proof_name = proof, proof_name[:200]
        notice.proof_sha256 = hashlib.sha256(proof).digest()
    notice.save(update_fields=["outcome", "outcome_date", "proof", "proof_name", "proof_sha256"])
    seal = hashlib.sha256(proof).hexdigest() if proof else ""
    _audit(notice, "formal_notice_outcome", by, outcome=outcome, day=outcome_date.isoformat(), proof_sha256=seal)
    return notice


def _locked(organisation_id: int, notice_id: int) -> FormalNotice:
    found = FormalNotice.objects.select_for_update().filter(organisation_id=organisation_id, pk=notice_id).first()
    if found is None:
        raise NoticeUnknown
    return found


def _audit(notice: FormalNotice, verb: str, by: Actor, **details: object) -> None:
    access.record_audit(
        by=by, organisation_id=notice.organisation_id, verb=verb, subject_kind="customer",
        subject_id=notice.customer_id, details={"notice": notice.number, **details},
    )  # fmt: skip
