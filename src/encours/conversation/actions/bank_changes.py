"""Bank details a mail says are new: warned of, called back about, confirmed by a second person, or refused."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext

from encours.access import actions as access
from encours.conversation.models import BankChange, ChangeState
from encours.conversation.queries.bank_changes import known_numbers
from encours.conversation.rules import bank_changes as rules
from encours.core.actors import Actor
from encours.core.errors import NotFound, Refused, gettext_noop
from encours.customers import details_actions as customers
from encours.messaging.models import Understanding
from encours.team import actions as team


class BankChangeUnknown(NotFound):
    """No such change of bank details in this organisation."""

    message = gettext_noop("There is no such change of bank details.")


class WhyMissing(Refused):
    """A refusal says why."""

    message = gettext_noop("Say why.")


@transaction.atomic
def note_bank_change(
    *, organisation_id: int, understanding_id: int, customer_id: int | None, today: date, by: Actor
) -> int | None:
    """Note that a mail names other bank details, and ask for a call-back; nothing is changed. None when it names none.

    The warning stands on every page about the customer until two persons have settled it.
    """
    understood = Understanding.objects.get(organisation_id=organisation_id, pk=understanding_id)
    said = [one for one in understood.intents if one.get("class") == "bank_detail_change"]
    if not said:
        return None
    made, is_new = BankChange.objects.get_or_create(
        organisation_id=organisation_id,
        understanding=understood,
        defaults={
            "mail_id": understood.mail_id,
            "reply_id": understood.reply_id,
            "customer_id": customer_id,
            "quote": str(said[0].get("quote", ""))[:2_000],
            "ibans": list(said[0].get("fields", {}).get("ibans", ())),
        },
    )
    if not is_new:
        return made.pk
    team.add_task(
        organisation_id=organisation_id,
        title=gettext("Call back about bank details, on a number you already had"),
        due_date=today,
        today=today,
        by=by,
        customer_id=customer_id,
        key=_key(made),
        source="rule",
        priority=1,
        subject_kind="mail" if made.mail_id else "",
        subject_id=made.mail_id,
    )
    _audit(made, "bank_change_claimed", by=by, why=made.quote)
    return made.pk


def _key(made: BankChange) -> str:
    return f"bank_change:{made.pk}"


@transaction.atomic
def note_call_back(*, organisation_id: int, change_id: int, number: str, name: str, now: datetime, by: Actor) -> None:
    """Note that somebody called the customer back and heard that it is true; another person still has to confirm.

    Refuses a number that was not known before the mail, or that the mail itself brings.
    """
    made = _locked(organisation_id, change_id)
    numbers = [phone for _, phone in known_numbers(made)]
    rules.check_call(_standing(made), number=number, known_numbers=numbers)
    made.state, made.called_number, made.called_name = ChangeState.CALLED, number[:40], name[:200]
    made.called_by_id, made.called_by_name, made.called_at = by.user_id, by.name, now
    made.save(update_fields=["state", "called_number", "called_name", "called_by_id", "called_by_name", "called_at"])
    _audit(made, "bank_change_called_back", by=by, why="", number=number)


@transaction.atomic
def confirm_bank_change(
    *, organisation_id: int, change_id: int, iban: str, today: date, now: datetime, by: Actor
) -> None:
    """The second person says it is true: the account named becomes the customer's. Refused to who made the call."""
    made = _locked(organisation_id, change_id)
    rules.check_confirmation(_standing(made), by_id=by.user_id, iban=iban)
    _decide(made, ChangeState.CONFIRMED, iban=iban, why="", now=now, by=by)
    if iban and made.customer_id is not None:
        customers.set_iban(organisation_id=organisation_id, customer_id=made.customer_id, iban=iban, by=by)
    team.complete_by_key(organisation_id=organisation_id, key=_key(made), today=today, by=by)
    _audit(made, "bank_change_confirmed", by=by, why="", called_by=made.called_by_name)


@transaction.atomic
def refuse_bank_change(
    *, organisation_id: int, change_id: int, why: str, today: date, now: datetime, by: Actor
) -> None:
    """Say that the details are not to be used: one person is enough; the warning stays on the customer."""
    made = _locked(organisation_id, change_id)
    if made.state not in (ChangeState.OPEN, ChangeState.CALLED):
        raise rules.ChangeDecided
    if not why.strip():
        raise WhyMissing(field="why")
    _decide(made, ChangeState.REFUSED, iban="", why=why.strip(), now=now, by=by)
    team.complete_by_key(organisation_id=organisation_id, key=_key(made), today=today, by=by)
    _audit(made, "bank_change_refused", by=by, why=why)


def _decide(made: BankChange, state: ChangeState, *, iban: str, why: str, now: datetime, by: Actor) -> None:
    made.state, made.iban, made.why = state, iban, why[:2_000]
    made.decided_by_id, made.decided_by_name, made.decided_at = by.user_id, by.name, now
    made.save(update_fields=["state", "iban", "why", "decided_by_id", "decided_by_name", "decided_at"])


def _standing(made: BankChange) -> rules.Standing:
    return rules.Standing(made.state, made.called_by_id, tuple(made.ibans))


def _locked(organisation_id: int, change_id: int) -> BankChange:
    found = BankChange.objects.select_for_update().filter(organisation_id=organisation_id, pk=change_id).first()
    if found is None:
        raise BankChangeUnknown
    return found


def _audit(made: BankChange, verb: str, *, by: Actor, why: str, **details: object) -> None:
    access.record_audit(
        by=by,
        organisation_id=made.organisation_id,
        verb=verb,
        subject_kind="customer" if made.customer_id else "mail",
        subject_id=str(made.customer_id or made.mail_id or ""),
        why=why[:500],
        details={"change": made.pk, "accounts": len(made.ibans), **details},
    )
