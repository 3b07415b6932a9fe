"""Record telephone calls with what came of them; keep what is said in them."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from django.db import transaction

from encours.access import actions as access
from encours.collections.actions import worklist
from encours.collections.actions.pauses import DatePast, check_target
from encours.collections.actions.promises import record_promises
from encours.collections.models import Call, CallScript, PromiseSource
from encours.collections.queries import calls as queries
from encours.collections.queries.facts import calendar_of, policy_of
from encours.collections.queries.ranking import ranking_policy
from encours.collections.rules.calls import MISSED, CallOutcome, next_call
from encours.collections.rules.scripts import unknown_names
from encours.core.actors import Actor
from encours.core.errors import Refused, gettext_noop
from encours.customers.models import Contact
from encours.disputes import actions as disputes

SCRIPT_LETTERS_MAX = 8_000


class CallOutcomeUnknown(Refused):
    """A call comes to one of the list."""

    message = gettext_noop("“{outcome}” is not what a call comes to.")


class PromiseMissing(Refused):
    """A call that brought a promise says what was promised."""

    message = gettext_noop("Say how much was promised, and by which day.")


class ContactNotTheirs(Refused):
    """The contact is another customer's."""

    message = gettext_noop("This contact is not one of this customer's.")


class ScriptTooLong(Refused):
    """A script is read while one speaks."""

    message = gettext_noop("The script is too long to be read while speaking.")


class ScriptNamesNothing(Refused):
    """What stands in braces is a fact of the account, or nobody could say it."""

    message = gettext_noop("The script names “{name}”, which stands for nothing.")


@dataclass(frozen=True, slots=True)
class PromiseSaid:
    """What was promised on the telephone: payments of (amount, day) in one currency."""

    payments: tuple[tuple[int, date], ...]
    currency: str


@dataclass(frozen=True, slots=True)
class DisputeSaid:
    """What was contested on the telephone."""

    document_number: str = ""
    amount_minor: int | None = None
    reason: str = "other"


@transaction.atomic
def record_call(
    *,
    organisation_id: int,
    customer_id: int,
    outcome: str,
    today: date,
    now: datetime,
    by: Actor,
    contact_id: int | None = None,
    phone: str = "",
    note: str = "",
    next_date: date | None = None,
    step_key: str = "",
    promise: PromiseSaid | None = None,
    dispute: DisputeSaid | None = None,
    key: str = "",
) -> Call:
    """Keep a call with what came of it: its promise, its dispute, and the day the customer stands on the list again.

    A call in which somebody was reached or left a message counts for the delay and the weekly cap. One that missed
    comes back on the next business days; other outcomes take the customer off today's list. The same `key` twice is
    one call. Refuses a promise outcome without its payments, and everything with it when a part is unusable.
    """
    if key and (found := Call.objects.filter(organisation_id=organisation_id, key=key).first()):
        return found
    if outcome not in CallOutcome:
        raise CallOutcomeUnknown(outcome=outcome)
    if next_date is not None and next_date < today:
        raise DatePast(day=next_date)
    if outcome == CallOutcome.PROMISE and promise is None:
        raise PromiseMissing()
    check_target(organisation_id, customer_id, None)
    contact = _contact(organisation_id, customer_id, contact_id)
    comes_back = _next(organisation_id, customer_id, CallOutcome(outcome), next_date, today)
    made = Call.objects.create(
        organisation_id=organisation_id,
        customer_id=customer_id,
        contact=contact,
        contact_name=contact.name if contact else "",
        phone=(phone or (contact.phone if contact else ""))[:40],
        outcome=outcome,
        note=note.strip(),
        call_date=today,
        called_at=now,
        next_date=comes_back,
        step_key=step_key,
        key=key or f"call:{uuid4()}",
        author_id=by.user_id,
        author_name=by.name,
    )
    _promise(made, promise, by)
    _dispute(made, dispute, by)
    _off_the_list(made, by)
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="record_call", subject_kind="customer", subject_id=customer_id,
        why=made.note, details={"call": made.pk, "outcome": outcome, "contact": contact_id, "next_date": comes_back},
    )  # fmt: skip
    return made


def _contact(organisation_id: int, customer_id: int, contact_id: int | None) -> Contact | None:
    if contact_id is None:
        return None
    found = Contact.objects.filter(organisation_id=organisation_id, customer_id=customer_id, pk=contact_id).first()
    if found is None:
        raise ContactNotTheirs()
    return found


def _next(organisation_id: int, customer_id: int, outcome: CallOutcome, asked: date | None, today: date) -> date | None:
    return next_call(
        outcome,
        today=today,
        asked=asked,
        missed_before=queries.missed_in_a_row(customer_id, organisation_id=organisation_id),
        no_answer_days=ranking_policy(organisation_id).no_answer_days,
        calendar=calendar_of(policy_of(organisation_id)).calendar,
    ).on


def _promise(call: Call, said: PromiseSaid | None, by: Actor) -> None:
    if said is None:
        return
    record_promises(
        organisation_id=call.organisation_id,
        customer_id=call.customer_id,
        payments=said.payments,
        currency=said.currency,
        source=PromiseSource.CALL.value,
        note=call.note,
        today=call.call_date,
        by=by,
        key=f"call:{call.pk}",
    )


def _dispute(call: Call, said: DisputeSaid | None, by: Actor) -> None:
    if said is None:
        return
    disputes.open_dispute(
        organisation_id=call.organisation_id,
        customer_id=call.customer_id,
        document_number=said.document_number,
        amount_minor=said.amount_minor,
        reason=said.reason,
        note=call.note,
        today=call.call_date,
        by=by,
        key=f"call:{call.pk}",
    )


def _off_the_list(call: Call, by: Actor) -> None:
    """Until the day the customer is called again, or for today; a wrong number stays: somebody must correct it."""
    if call.next_date is not None and call.next_date > call.call_date:
        worklist.put_off(
            organisation_id=call.organisation_id,
            customer_id=call.customer_id,
            until=call.next_date,
            note=call.note,
            today=call.call_date,
            by=by,
        )
    elif call.next_date is None and call.outcome not in MISSED:
        worklist.mark_done(
            organisation_id=call.organisation_id,
            customer_id=call.customer_id,
            note=call.note,
            today=call.call_date,
            by=by,
        )


@transaction.atomic
def write_script(*, organisation_id: int, language: str, text: str, by: Actor, step_key: str = "") -> CallScript:
    """Keep what is to be said at a step, or at any without one of its own; the one before stays readable."""
    if len(text) > SCRIPT_LETTERS_MAX:
        raise ScriptTooLong()
    if unknown := unknown_names(text):
        raise ScriptNamesNothing(name=unknown[0])
    made = CallScript.objects.create(
        organisation_id=organisation_id, step_key=step_key, language=language, text=text.strip(), author_name=by.name
    )
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="write_script", subject_kind="call_script", subject_id=made.pk,
        details={"step_key": step_key, "language": language},
    )  # fmt: skip
    return made
