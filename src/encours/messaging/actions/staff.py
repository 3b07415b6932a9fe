"""Write to colleagues: queue a mail once, hand it over once, and take their answers to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from encours.access import actions as access
from encours.access.models import Organisation
from encours.core.actors import Actor
from encours.core.errors import EncoursError, Refused, gettext_noop
from encours.messaging import queries
from encours.messaging.inbound_queries import reply_keys
from encours.messaging.models import MailAccount, StaffMail, StaffMailState
from encours.messaging.rules import staff
from encours.messaging.rules.inbound import tokens
from encours.messaging.rules.mime import Envelope, build, wire_address
from encours.messaging.rules.server import Carrier, Connect
from encours.messaging.rules.values import Address

ATTEMPTS_MAX = 5
RETRY = timedelta(minutes=10)
# a worker that died while handing over leaves a doubt, which is not sent again
LEAVING_MAX = timedelta(minutes=15)
NO_ACCOUNT = gettext_noop("There is no mail account of the company to write from: add one in the settings.")


class StaffMailTooLong(Refused):
    """A mail to a colleague is a page, not a file."""

    message = gettext_noop("The text is too long for an e-mail: {length} letters.")


@dataclass(frozen=True, slots=True)
class NewStaffMail:
    """A mail to queue; the same key is the same mail."""

    key: str
    user_id: int
    email: str
    subject: str
    text: str
    send_after: datetime
    about_kind: str = ""
    about_id: int | None = None


@transaction.atomic
def queue_staff_mails(*, organisation_id: int, mails: Sequence[NewStaffMail], by: Actor) -> int:
    """Queue mails to colleagues; those whose key is known already are left as they are. Returns how many are new."""
    rows = [_row(organisation_id, mail) for mail in mails]
    known = set(
        StaffMail.objects.filter(organisation_id=organisation_id, key__in=[row.key for row in rows]).values_list(
            "key", flat=True
        )
    )
    StaffMail.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1_000)
    fresh = [row for row in rows if row.key not in known]
    if fresh:
        access.record_audit(
            by=by,
            organisation_id=organisation_id,
            verb="staff_mails_queued",
            subject_kind="staff_mail",
            subject_id="",
            why="",
            details={"count": len(fresh), "keys": [row.key for row in fresh[:20]]},
        )
    return len(fresh)


def _row(organisation_id: int, mail: NewStaffMail) -> StaffMail:
    if len(mail.text) > staff.LETTERS_MAX:
        raise StaffMailTooLong(length=len(mail.text))
    wire_address(mail.email)
    return StaffMail(
        organisation_id=organisation_id,
        key=mail.key,
        user_id=mail.user_id,
        email=mail.email,
        subject=staff.one_line(mail.subject),
        text=mail.text,
        send_after=mail.send_after,
        about_kind=mail.about_kind,
        about_id=mail.about_id,
    )


def send_staff_mails(*, organisation_id: int, now: datetime, connect: Connect | None, limit: int = 500) -> int:
    """Hand over what is due; returns how many ended. In a sandbox, or without `connect`, they are caught.

    Each is committed as leaving before the server sees it and its end after, so a crash leaves a doubt, never a double.
    """
    _doubt(organisation_id, now)
    account = _account(organisation_id)
    if connect is None or Organisation.objects.values_list("sandbox", flat=True).get(pk=organisation_id):
        return _catch(organisation_id, now)
    carrier: Carrier | None = None
    ended = 0
    try:
        while ended < limit and (mail := _claim(organisation_id, now)) is not None:
            if account is None:
                _end(mail, StaffMailState.QUEUED, NO_ACCOUNT, now, again=True)
                return ended
            try:
                carrier = carrier or connect(queries.server_of(account))
                state, problem = _hand_over(mail, account, carrier, now)
            except EncoursError as error:
                _end(mail, StaffMailState.QUEUED, error.sentence, now, again=True)
                return ended
            _end(mail, state, problem, now, again=state == StaffMailState.QUEUED)
            ended += 1
    finally:
        if carrier is not None:
            carrier.close()
    return ended


def _account(organisation_id: int) -> MailAccount | None:
    """The organisation's own account, else the first company's; never a person's."""
    found = [one for one in queries.accounts(organisation_id) if one.is_active and one.user_id is None]
    return next((one for one in found if one.entity_id is None), found[0] if found else None)


@transaction.atomic
def _doubt(organisation_id: int, now: datetime) -> None:
    StaffMail.objects.filter(
        organisation_id=organisation_id, state=StaffMailState.LEAVING, state_at__lt=now - LEAVING_MAX
    ).update(state=StaffMailState.IN_DOUBT, state_at=now)


@transaction.atomic
def _catch(organisation_id: int, now: datetime) -> int:
    due = StaffMail.objects.filter(organisation_id=organisation_id, state=StaffMailState.QUEUED, send_after__lte=now)
    return due.update(state=StaffMailState.CAUGHT, state_at=now)


@transaction.atomic(durable=True)
def _claim(organisation_id: int, now: datetime) -> StaffMail | None:
    found = (
        StaffMail.objects.select_for_update(skip_locked=True)
        .filter(organisation_id=organisation_id, state=StaffMailState.QUEUED, send_after__lte=now)
        .order_by("send_after", "pk")
        .first()
    )
    if found is not None:
        found.state, found.state_at, found.attempts = StaffMailState.LEAVING, now, found.attempts + 1
        found.save(update_fields=["state", "state_at", "attempts"])
    return found


def _hand_over(mail: StaffMail, account: MailAccount, carrier: Carrier, now: datetime) -> tuple[StaffMailState, str]:
    sender = Address(account.from_email, account.from_name)
    domain = wire_address(sender.email).rpartition("@")[2]
    envelope = Envelope(
        sender=sender,
        to=[Address(mail.email)],
        message_id=f"<{_marked(mail, f'staff@{domain}')}>",
        date=now,
        reply_to=_reply_to(mail, account),
        is_automatic=True,
    )
    answer = carrier.hand_over(
        sender=wire_address(sender.email),
        recipients=envelope.recipients,
        raw=build(staff.letter(mail.subject, mail.text), envelope),
    )
    if answer.verdict == "failed":
        return StaffMailState.QUEUED, answer.answer
    states = {"sent": StaffMailState.SENT, "in_doubt": StaffMailState.IN_DOUBT}
    return states.get(answer.verdict, StaffMailState.FAILED), answer.answer


def _reply_to(mail: StaffMail, account: MailAccount) -> str:
    plain = account.reply_to or account.from_email
    if not mail.about_kind or not account.has_plus_addresses:
        return account.reply_to
    return _marked(mail, wire_address(plain))


def _marked(mail: StaffMail, address: str) -> str:
    """The mail's seal in an address: where answers go, and in its Message-ID, which answers name too."""
    return tokens.address_for(
        address, mail.pk, organisation_id=mail.organisation_id, key=reply_keys()[0], kind=tokens.TO_COLLEAGUE
    )


@transaction.atomic
def _end(mail: StaffMail, state: StaffMailState, problem: str, now: datetime, *, again: bool) -> None:
    mail.state, mail.problem, mail.state_at = state, problem[:2_000], now
    if again:
        if mail.attempts >= ATTEMPTS_MAX:
            mail.state = StaffMailState.FAILED
        mail.send_after = now + RETRY * mail.attempts
    mail.save(update_fields=["state", "problem", "state_at", "send_after"])
