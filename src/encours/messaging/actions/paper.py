"""Letters on paper: printed in a batch, posted with their registered numbers, put back, or come back."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from encours.access import actions as access
from encours.access.models import Organisation
from encours.core.actors import Actor
from encours.core.dates import instant_of
from encours.core.errors import Conflict, Refused, gettext_noop
from encours.messaging import queries
from encours.messaging.actions.reports import Report, note_reports
from encours.messaging.models import (
    Message,
    MessageEvent,
    MessageReport,
    Postage,
    PrintBatch,
    PrintedLetter,
    ReportKind,
    State,
)
from encours.messaging.rules import registered
from encours.messaging.rules.channels import PAPER, REGISTERED_LETTER

BATCH_LETTERS_MAX = 500
RETURN_REASONS = ("unknown", "moved", "refused", "unclaimed", "access", "other")

type Recheck = Callable[[Sequence[int]], Mapping[int, str]]


class NothingToPrint(Refused):
    """No letter waits to be printed, or those chosen are printed already."""

    message = gettext_noop("There is no letter to print.")


class SandboxPrints(Refused):
    """In the sandbox no letter leaves, on paper either."""

    message = gettext_noop("The sandbox is on: no letter can be printed to be posted.")


class ChannelClosed(Refused):
    """Letters are stopped for the whole organisation."""

    message = gettext_noop("Letters are stopped: open the channel again in the settings.")


class LetterNotPrinted(Conflict):
    """A letter can be posted or put back only while it is printed and not posted yet."""

    message = gettext_noop("Letter {message} is “{state}”: this can no longer be done.")


class RegisteredNumberMissing(Refused):
    """A registered letter is posted under its number, which proves it later."""

    message = gettext_noop("Registered letter {message} needs its number.")


class RegisteredNumberTaken(Conflict):
    """Two letters cannot have one registered number."""

    message = gettext_noop("The registered number {number} belongs to another letter already.")


class ReturnUnknown(Refused):
    """A returned letter has a reason that the post gives."""

    message = gettext_noop("“{reason}” is no reason for which the post returns a letter.")


def make_print_batch(
    *,
    organisation_id: int,
    message_ids: Sequence[int],
    by: Actor,
    now: datetime,
    recheck: Recheck | None = None,
) -> PrintBatch:
    """Take the letters chosen that wait into one batch, in print order; they count as printed and are in no other.

    Registered letters come first, each kind by postcode and name. `recheck` is asked at this last moment which letters
    must not leave any more, and why: those are withdrawn. Refuses in the sandbox and when nothing is left to print.
    """
    if Organisation.objects.get(pk=organisation_id).sandbox:
        raise SandboxPrints
    if not all(queries.is_channel_open(channel, organisation_id=organisation_id) for channel in PAPER):
        raise ChannelClosed
    _withdraw_fallen(organisation_id, message_ids, recheck, by, now)
    with transaction.atomic():
        letters = list(
            Message.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(organisation_id=organisation_id, pk__in=message_ids, channel__in=PAPER, state=State.RENDERED)
            .select_related("content")
        )
        if not letters:
            raise NothingToPrint
        letters = sorted(letters, key=queries.print_order)[:BATCH_LETTERS_MAX]
        return _printed(organisation_id, letters, by, now)


def _withdraw_fallen(
    organisation_id: int, message_ids: Sequence[int], recheck: Recheck | None, by: Actor, now: datetime
) -> None:
    if recheck is None:
        return
    with transaction.atomic():
        found = Message.objects.select_for_update(skip_locked=True).filter(
            organisation_id=organisation_id, pk__in=message_ids, channel__in=PAPER, state=State.RENDERED
        )
        waiting = {message.pk: message for message in found}
        reasons = recheck(list(waiting))
        for pk in reasons.keys() & waiting.keys():
            _enter(waiting[pk], State.CANCELLED, {"reason": reasons[pk]}, by, now)


def _printed(organisation_id: int, letters: Sequence[Message], by: Actor, now: datetime) -> PrintBatch:
    pages = [int(letter.content.facts.get("pages", 1)) for letter in letters]
    batch = PrintBatch.objects.create(
        organisation_id=organisation_id,
        letter_count=len(letters),
        page_count=sum(pages),
        actor_id=by.user_id,
        actor_name=by.name,
        made_at=now,
    )
    PrintedLetter.objects.bulk_create(
        PrintedLetter(
            organisation_id=organisation_id,
            batch=batch,
            message=letter,
            position=position,
            page_count=count,
            postage=Postage.REGISTERED if letter.channel == REGISTERED_LETTER else Postage.ORDINARY,
        )
        for position, (letter, count) in enumerate(zip(letters, pages, strict=True), start=1)
    )
    for letter in letters:
        _enter(letter, State.PRINTED, {"batch": batch.pk}, by, now)
    _audit(
        organisation_id, by, "letters_printed", batch.pk, {"letters": len(letters), "pages": sum(pages)}, kind="batch"
    )
    return batch


@transaction.atomic
def post_letters(
    *, organisation_id: int, message_ids: Sequence[int], numbers: Mapping[int, str], day: date, by: Actor, now: datetime
) -> int:
    """Say that printed letters were posted on a day, registered ones under their numbers; returns how many.

    Refuses a registered letter without its number, a number that is not one or belongs to another letter, and what is
    not printed.
    """
    letters = _locked(organisation_id, message_ids)
    reports = []
    for letter in letters:
        number = _number(letter, numbers.get(letter.pk, ""))
        _enter(letter, State.SENT, {"answer": number} if number else {}, by, now)
        at = instant_of(day, now.timetz().replace(tzinfo=None), timezone="UTC")
        reports.append(Report(letter.pk, f"posted:{letter.pk}", ReportKind.POSTED, at, registered_number=number))
    try:
        with transaction.atomic():
            note_reports(organisation_id=organisation_id, reports=reports, by=by)
            _refuse_taken(organisation_id, reports)
    except IntegrityError:
        raise RegisteredNumberTaken(number=", ".join(report.registered_number for report in reports)) from None
    _audit(organisation_id, by, "letters_posted", letters[0].pk, {"letters": len(letters), "day": day})
    return len(letters)


def _refuse_taken(organisation_id: int, reports: Sequence[Report]) -> None:
    """Adding reports passes over those that clash, so a number that another letter has is seen by its absence."""
    kept = MessageReport.objects.filter(organisation_id=organisation_id, key__in=[report.key for report in reports])
    there = set(kept.values_list("key", flat=True))
    for report in reports:
        if report.key not in there:
            raise RegisteredNumberTaken(number=report.registered_number)


def _number(letter: Message, written: str) -> str:
    if letter.channel != REGISTERED_LETTER:
        return ""
    if not written.strip():
        raise RegisteredNumberMissing(message=letter.pk)
    return registered.number(written)


@transaction.atomic
def put_back_letters(*, organisation_id: int, message_ids: Sequence[int], why: str, by: Actor, now: datetime) -> int:
    """Let printed letters that were not posted (a jam, a wrong sheet) wait to be printed again; returns how many."""
    letters = _locked(organisation_id, message_ids)
    for letter in letters:
        _enter(letter, State.RENDERED, {"why": why}, by, now)
    _audit(organisation_id, by, "letters_put_back", letters[0].pk, {"letters": len(letters)}, why=why)
    return len(letters)


@transaction.atomic
def note_returned(
    *, organisation_id: int, message_id: int, reason: str, day: date, by: Actor, now: datetime, note: str = ""
) -> None:
    """Record that a posted letter came back, and why; it stays posted. Refuses an unknown reason."""
    if reason not in RETURN_REASONS:
        raise ReturnUnknown(reason=reason)
    letter = (
        Message.objects.select_for_update()
        .filter(organisation_id=organisation_id, pk=message_id, channel__in=PAPER)
        .first()
    )
    if letter is None or letter.state != State.SENT:
        raise LetterNotPrinted(message=message_id, state=letter.get_state_display() if letter else "?")
    kind = {"refused": ReportKind.REFUSED, "unclaimed": ReportKind.UNCLAIMED}.get(reason, ReportKind.UNDELIVERABLE)
    at = instant_of(day, now.timetz().replace(tzinfo=None), timezone="UTC")
    note_reports(
        organisation_id=organisation_id,
        reports=[Report(message_id, f"returned:{message_id}", kind, at, detail={"reason": reason, "note": note})],
        by=by,
    )


def _locked(organisation_id: int, message_ids: Sequence[int]) -> list[Message]:
    found = list(
        Message.objects.select_for_update()
        .filter(organisation_id=organisation_id, pk__in=message_ids, channel__in=PAPER)
        .order_by("pk")
    )
    if not found:
        raise NothingToPrint
    for letter in found:
        if letter.state != State.PRINTED:
            raise LetterNotPrinted(message=letter.pk, state=letter.get_state_display())
    return found


def _enter(letter: Message, state: State, detail: Mapping[str, Any], by: Actor, now: datetime) -> None:
    MessageEvent.objects.create(
        organisation_id=letter.organisation_id,
        message=letter,
        state=state,
        at=now,
        detail=dict(detail),
        attempt=letter.attempts,
        actor_id=by.user_id,
        actor_name=by.name,
    )


def _audit(
    organisation_id: int, by: Actor, verb: str, subject: int, details: dict[str, Any], *, kind: str = "message",
    why: str = "",
) -> None:  # fmt: skip
    access.record_audit(
        by=by, organisation_id=organisation_id, verb=verb, subject_kind=kind, subject_id=str(subject), why=why,
        details=details,
    )  # fmt: skip
