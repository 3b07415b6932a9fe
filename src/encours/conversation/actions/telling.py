"""Tell colleagues what became theirs: an answer, a task, a dispute, a broken promise, something to agree to."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils.timezone import localdate
from django.utils.translation import gettext, override

from encours.access.models import Membership, Organisation
from encours.access.rules import Scope
from encours.conversation.queries import approvals
from encours.core.actors import Actor
from encours.customers.actions import NOTE_LENGTH_MAX
from encours.customers.models import Note
from encours.disputes.models import Dispute
from encours.messaging.models import Reply
from encours.team.actions import comments
from encours.team.actions.notices import Notice, notify
from encours.team.models import NoticeKind, Notification, Task, TaskEvent, TaskEventKind, TaskSource, TaskState

# what is older was seen on the lists since, or never will be
TOLD_WITHIN = timedelta(days=1)
DISPUTES_WITHIN = timedelta(days=30)
DISPUTE_KEY = "dispute:"
_A_TURN = 500
_APPROVALS_A_KIND = 50


@dataclass(frozen=True, slots=True)
class _Told:
    """One thing to tell one person."""

    user_id: int
    kind: NoticeKind
    key: str
    title: str
    text: str = ""
    customer_id: int | None = None


@transaction.atomic
def tell_what_is_theirs(*, organisation_id: int, now: datetime, by: Actor) -> int:
    """Tell each colleague once what became theirs lately; how much was told. What they did themselves is not told."""
    with override(Organisation.objects.values_list("language", flat=True).get(pk=organisation_id)):
        found = [
            *_answers(organisation_id, now),
            *_tasks(organisation_id, now),
            *_disputes(organisation_id, now),
            *_approvals(organisation_id),
        ]
    known = set(
        Notification.objects.filter(organisation_id=organisation_id, key__in={one.key for one in found}).values_list(
            "user_id", "key"
        )
    )
    count = 0
    for one in [one for one in found if (one.user_id, one.key) not in known][:_A_TURN]:
        notice = Notice(one.kind.value, one.title, one.key, text=one.text, customer_id=one.customer_id)
        count += notify(organisation_id=organisation_id, user_ids=[one.user_id], notice=notice, by=by, now=now)
    return count


def _answers(organisation_id: int, now: datetime) -> Iterator[_Told]:
    """What customers wrote and nobody read, to their collector."""
    found = Reply.objects.filter(
        organisation_id=organisation_id, received_at__gte=now - TOLD_WITHIN, read_at=None
    ).exclude(customer__collector=None)
    for one in found.select_related("customer").defer("text")[:_A_TURN]:
        title = gettext("{customer} has answered").format(customer=one.customer.name)
        yield _Told(
            one.customer.collector_id or 0, NoticeKind.REPLY, f"reply:{one.pk}", title, one.subject, one.customer_id
        )


def _tasks(organisation_id: int, now: datetime) -> Iterator[_Told]:
    """What a colleague asked of somebody or handed over, what a mail asks, and promises that were not kept."""
    recent = Task.objects.filter(
        organisation_id=organisation_id, state=TaskState.OPEN, recorded_at__gte=now - TOLD_WITHIN
    ).exclude(assignee=None)
    asked = Q(source=TaskSource.MANUAL) & ~Q(author_id=F("assignee_id"))
    by_itself = Q(source=TaskSource.RULE, subject_kind="mail") | Q(source=TaskSource.SYSTEM, subject_kind="promise")
    handed = TaskEvent.objects.filter(
        organisation_id=organisation_id, kind=TaskEventKind.HANDED, recorded_at__gte=now - TOLD_WITHIN
    ).exclude(Q(assignee_id=None) | Q(assignee_id=F("author_id")))
    given = Task.objects.filter(organisation_id=organisation_id, state=TaskState.OPEN, pk__in=handed.values("task_id"))
    for one in [*recent.filter(asked | by_itself)[:_A_TURN], *given.exclude(assignee=None)[:_A_TURN]]:
        kind = NoticeKind.PROMISE if one.subject_kind == "promise" else NoticeKind.TASK
        title = one.title if one.source != TaskSource.MANUAL else f"{one.author_name}: {one.title}"
        key = f"task:{one.pk}:{one.assignee_id}"
        yield _Told(one.assignee_id or 0, kind, key, title[:200], one.note[:500], one.customer_id)


def _disputes(organisation_id: int, now: datetime) -> Iterator[_Told]:
    """A dispute given to somebody who is not the customer's collector: sales, customer success, accounting."""
    found = Dispute.objects.filter(
        organisation_id=organisation_id, closed_date=None, opened_date__gte=localdate(now - DISPUTES_WITHIN)
    ).exclude(Q(owner_id=None) | Q(owner_id=F("customer__collector_id")))
    for one in found.select_related("customer")[:_A_TURN]:
        what = one.document_number or gettext("the account")
        words = gettext("{customer} contests {what}: it is yours to answer")
        title = words.format(customer=one.customer.name, what=what)
        parts = [one.get_reason_display(), one.note]
        key = f"{DISPUTE_KEY}{one.pk}:{one.owner_id}"
        text = "\n".join(part for part in parts if part)
        yield _Told(one.owner_id or 0, NoticeKind.DISPUTE, key, title[:200], text, one.customer_id)


def _approvals(organisation_id: int) -> Iterator[_Told]:
    """What waits for the word of each, but for prepared answers: those stand in the inbox."""
    titles = {
        approvals.BANK: gettext("Bank details wait for a second person"),
        approvals.LOSSES: gettext("A doubtful or lost debt waits for your word"),
        approvals.PLANS: gettext("A payment plan waits for your word"),
        approvals.SCENARIOS: gettext("A scenario waits for your word"),
        approvals.LIMITS: gettext("A credit limit waits for your word"),
        approvals.TERMS: gettext("Exceptional terms wait for your word"),
        approvals.CREDIT_NOTES: gettext("A credit note waits for your word"),
    }
    members = Membership.objects.filter(organisation_id=organisation_id, is_active=True)
    scopes = [
        Scope(organisation_id, one.user_id, one.role, tuple(one.entity_ids), one.own_portfolio_only) for one in members
    ]
    for one in approvals.waits_for(scopes, limit=_APPROVALS_A_KIND):
        yield _Told(one.user_id, NoticeKind.APPROVAL, f"approval:{one.name}:{one.pk}", titles[one.name], one.about)


@transaction.atomic
def answer_on_dispute(*, organisation_id: int, dispute_id: int, text: str, now: datetime, by: Actor) -> Note | None:
    """What whoever owns a dispute writes by e-mail is kept with it, and told to the customer's collector.

    None where the dispute is not theirs any more or the mail is empty.
    """
    dispute = Dispute.objects.filter(organisation_id=organisation_id, pk=dispute_id, owner_id=by.user_id).first()
    if dispute is None or not text.strip():
        return None
    customer = dispute.customer
    note, _ = comments.comment(
        organisation_id=organisation_id, customer_id=customer.pk, text=text[:NOTE_LENGTH_MAX], link="", now=now, by=by,
        subject_kind="dispute", subject=str(dispute.pk),
    )  # fmt: skip
    if customer.collector_id is not None:
        title = f"{by.name}: {customer.name} {dispute.document_number}".strip()
        notice = Notice(
            NoticeKind.ANSWER.value, title[:200], f"note:{note.pk}", text=note.text, customer_id=customer.pk,
            note_id=note.pk,
        )  # fmt: skip
        notify(organisation_id=organisation_id, user_ids=[customer.collector_id], notice=notice, by=by, now=now)
    return note


def dispute_of(key: str) -> int | None:
    """The dispute that a notification is about, by its key; none of another kind."""
    number = key.removeprefix(DISPUTE_KEY).partition(":")[0]
    return int(number) if key.startswith(DISPUTE_KEY) and number.isdecimal() else None
