"""Prepare safe answers, send those that may leave alone, let a person send or drop the others."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext

from encours.access import actions as access
from encours.collections.actions import writing
from encours.collections.queries import writing as considering
from encours.conversation.models import Answer, AnswerState, ConversationPolicy, Mode
from encours.conversation.queries import answers as reading
from encours.conversation.queries import written
from encours.conversation.rules import answers as rules
from encours.core.actors import Actor
from encours.core.errors import Conflict, EncoursError, NotFound, Refused, gettext_noop
from encours.messaging import actions as messaging
from encours.messaging import queries as messages
from encours.messaging.models import InboundMail, Reply, Understanding
from encours.messaging.rules.inbound import automatic
from encours.messaging.rules.inbound import mail as mails
from encours.team import actions as team

ANSWERS = Actor.system("answers")
_TITLE_LETTERS_MAX = 200
# what speaks against a reminder and not against what the customer asked for
_SET_ASIDE = frozenset({"reply", "weekly_cap", "contact_delay", "sandbox"})


class AnswerUnknown(NotFound):
    """No such answer in this organisation."""

    message = gettext_noop("There is no such answer.")


class AnswerDecided(Conflict):
    """An answer is sent or dropped once."""

    message = gettext_noop("This answer was sent or dropped already.")


class PolicyUnusable(Refused):
    """A mode or the daily cap makes no sense."""

    message = gettext_noop("Choose one of the ways offered, and between 1 and 20 automatic answers a day.")


@transaction.atomic
def prepare_answer(*, organisation_id: int, understanding_id: int, today: date, now: datetime, by: Actor) -> int | None:
    """Prepare the answer to a safe request, and send it where it may leave alone; None when there is none to make.

    At most one a mail. Nothing is prepared for an unknown sender or where bank details are named. A copy of an invoice
    whose PDF we do not hold is a task for the customer's collector.
    """
    understood = Understanding.objects.select_related("reply__customer__collector", "mail").get(
        organisation_id=organisation_id, pk=understanding_id
    )
    reply = understood.reply
    request = None if understood.is_abstaining or reply is None else rules.request_of(understood.intents)
    if request is None or reply is None:
        return None
    request = written.named(reply, request)
    around = _circumstances(reply, request, understood.mail, now)
    if rules.lacks_file(request, around) and around.mode != rules.OFF:
        _ask_for_copy(reply, request, understood, today=today, by=by)
        return None
    decided = rules.decided(request, around)
    if decided is None or messages.suppressed([reply.from_email], organisation_id=organisation_id):
        return None
    made, is_new = Answer.objects.get_or_create(
        organisation_id=organisation_id,
        reply=reply,
        defaults={
            "customer_id": reply.customer_id,
            "kind": decided.kind,
            "to_email": reply.from_email,
            "invoices": list(request.invoices),
            "reasons": list(decided.reasons),
        },
    )
    if is_new and decided.is_alone:
        _send_alone(made, today=today, now=now)
    if is_new:
        _audit(made, "answer_prepared", by=by, alone=made.is_alone)
    return made.pk


def _circumstances(
    reply: Reply, request: rules.Request, mail: InboundMail | None, now: datetime
) -> rules.Circumstances:
    organisation_id = reply.organisation_id
    allowed = reading.policy(organisation_id)
    company = reading.company_of(reply.customer_id, organisation_id=organisation_id)
    has_file = bool(request.invoices) and bool(written.invoice_files(reply, list(request.invoices)))
    return rules.Circumstances(
        mode=reading.modes(organisation_id)[request.kind],
        daily_cap=allowed.daily_cap,
        answered_today=reading.answered_since(
            reply.customer_id, organisation_id=organisation_id, since=reading.day_before(now)
        ),
        is_known_sender=reading.is_known_contact(reply),
        is_automatic=mail is not None and automatic.is_generated(mails.read(bytes(mail.raw))),
        has_file=has_file,
        has_account=company is not None and bool(company.iban),
    )


def _ask_for_copy(reply: Reply, request: rules.Request, understood: Understanding, *, today: date, by: Actor) -> None:
    """Somebody is asked to find and send what was asked for, once a mail."""
    numbers = ", ".join(request.invoices) or gettext("the invoice")
    title = gettext("Send a copy of {numbers}").format(numbers=numbers)
    note = gettext("{person} asks for it, and no PDF of it is kept here.").format(
        person=reply.from_name or reply.from_email
    )
    team.add_task(
        organisation_id=reply.organisation_id,
        title=title[:_TITLE_LETTERS_MAX],
        note=f"{note}\n« {understood.quote} »" if understood.quote else note,
        due_date=today,
        today=today,
        by=by,
        customer_id=reply.customer_id,
        key=f"copy_wanted:{reply.pk}",
        source="rule",
        subject_kind="mail" if understood.mail_id else "",
        subject_id=understood.mail_id,
    )


def _send_alone(made: Answer, *, today: date, now: datetime) -> None:
    """Let it leave, unless a check that concerns what a customer asked for speaks against it: then it stays a draft."""
    letter = written.letter_of(made, is_automatic=True)
    found = considering.considered(letter, today=today, now=now)
    against = [
        check.code
        for check in found.checks
        if check.outcome not in ("passed", "adjusted") and check.code not in _SET_ASIDE
    ]
    if found.is_stopped or against:
        _audit(made, "answer_kept_back", by=ANSWERS, why=", ".join(against))
        return
    try:
        with transaction.atomic():
            _send(made, is_alone=True, waits=False, today=today, now=now, by=ANSWERS)
    except EncoursError as error:
        _audit(made, "answer_kept_back", by=ANSWERS, why=error.sentence)


@transaction.atomic
def send_answer(
    *, organisation_id: int, answer_id: int, today: date, now: datetime, by: Actor, waits: bool | None = None
) -> int:
    """Send a prepared answer in a person's name; the mail counts as answered. Refused when decided before.

    Outside the reader's hours it waits for them, unless the mail came just before or the person says otherwise.
    """
    made = _waiting(organisation_id, answer_id)
    return _send(made, is_alone=False, waits=waits, today=today, now=now, by=by)


def _send(made: Answer, *, is_alone: bool, waits: bool | None, today: date, now: datetime, by: Actor) -> int:
    message_id = writing.write(
        written.letter_of(made, is_automatic=is_alone),
        key=f"answer-{made.reply_id}",
        has_seen=True,
        waits=waits,
        today=today,
        now=now,
        by=by,
    )
    made.state, made.is_alone, made.message_id = AnswerState.SENT, is_alone, message_id
    made.decided_at, made.decided_by_name = now, by.name
    made.save(update_fields=["state", "is_alone", "message", "decided_at", "decided_by_name"])
    messaging.mark_reply_answered(
        organisation_id=made.organisation_id, reply_id=made.reply_id, message_id=message_id, by=by, now=now
    )
    _audit(made, "answer_sent", by=by, alone=is_alone, message=message_id)
    return message_id


@transaction.atomic
def drop_answer(*, organisation_id: int, answer_id: int, now: datetime, by: Actor) -> None:
    """Say that a prepared answer is not sent; the mail stays as it is."""
    made = _waiting(organisation_id, answer_id)
    made.state, made.decided_at, made.decided_by_name = AnswerState.DROPPED, now, by.name
    made.save(update_fields=["state", "decided_at", "decided_by_name"])
    _audit(made, "answer_dropped", by=by)


@transaction.atomic
def set_conversation_policy(
    *, organisation_id: int, modes: Mapping[str, str], daily_cap: int, drafts_by_model: bool, now: datetime, by: Actor
) -> ConversationPolicy:
    """Say which safe answers are prepared or leave alone, how many a day, and whether a model may draft."""
    if set(modes) - set(rules.SAFE) or set(modes.values()) - set(Mode.values) or not 1 <= daily_cap <= 20:
        raise PolicyUnusable
    made, _ = ConversationPolicy.objects.update_or_create(
        organisation_id=organisation_id,
        defaults={
            "modes": dict(modes),
            "daily_cap": daily_cap,
            "drafts_by_model": drafts_by_model,
            "changed_at": now,
        },
    )
    access.record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="conversation_policy_set",
        subject_kind="organisation",
        subject_id=str(organisation_id),
        why="",
        details={"modes": dict(modes), "daily_cap": daily_cap, "drafts_by_model": drafts_by_model},
    )
    return made


def _waiting(organisation_id: int, answer_id: int) -> Answer:
    found = (
        Answer.objects.select_for_update(of=("self",))
        .select_related("reply", "customer__collector")
        .filter(organisation_id=organisation_id, pk=answer_id)
        .first()
    )
    if found is None:
        raise AnswerUnknown
    if found.state != AnswerState.DRAFT:
        raise AnswerDecided
    return found


def _audit(made: Answer, verb: str, *, by: Actor, why: str = "", **details: object) -> None:
    access.record_audit(
        by=by,
        organisation_id=made.organisation_id,
        verb=verb,
        subject_kind="customer",
        subject_id=str(made.customer_id),
        why=why[:500],
        details={"answer": made.pk, "kind": made.kind, "reply": made.reply_id, **details},
    )
