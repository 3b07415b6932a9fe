"""One story of a customer: what is to come, then what happened, from every room that knows something."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import get_language, gettext, gettext_noop, ngettext

from encours.access import trail_queries as trail
from encours.access.rules import Scope
from encours.collections.models import Pause
from encours.collections.queries import account as collections
from encours.collections.queries import calls
from encours.collections.queries.account import PromiseKept
from encours.collections.rules import wording
from encours.collections.rules.calls import MISSED
from encours.collections.rules.facts import STOPPING, Decision, Outcome
from encours.collections.rules.steps import WRITTEN
from encours.conversation.queries import portal_threads
from encours.core.text_search import speaking_of
from encours.customers import queries as customers
from encours.disputes.models import Dispute
from encours.entrypoints import formats
from encours.entrypoints import wording as deeds
from encours.entrypoints.desk import accounts, understood
from encours.ledger.models import OpenItem
from encours.messaging import queries as messaging
from encours.messaging.models import Reply
from encours.payments import queries as payments
from encours.plans.queries import followed
from encours.portal import queries as portal
from encours.recovery.models import HandOverEnd
from encours.recovery.queries import bad_debts, handovers, notices, proceedings

COMING_SHOWN = 6
PAST_SHOWN = 40
SEARCHED_MAX = 500
FEEDS = ("all", "exchanges", "money", "notes", "changes")
_ZONE = ZoneInfo("Europe/Paris")
_MESSAGE_TONES = {"refused": "act", "in_doubt": "watch", "failed": "watch", "held": "watch", "sent": ""}
_METHODS = {
    "transfer": gettext_noop("Transfer"),
    "card": gettext_noop("Card payment"),
    "cheque": gettext_noop("Cheque"),
    "direct_debit": gettext_noop("Direct debit"),
    "cash": gettext_noop("Cash"),
    # came in by a bank line that does not say how
    "bank": gettext_noop("Bank"),
}
# what was changed about a customer: where it stands in a scenario, who it is reached by, what it may owe
CHANGES = frozenset({
    "assign_scenario", "answer_event", "keep_out_of_step", "set_credit_limit", "set_hours",
    "propose_credit_limit", "turn_down_credit_limit", "propose_terms", "agree_terms", "turn_down_terms", "end_terms",
    "ask_credit_note", "agree_credit_note", "turn_down_credit_note", "drop_credit_note", "credit_note_issued",
    "customer_iban_changed", "add_contact", "change_contact", "remove_contact", "contact_bounced", "contact_opted_out",
    "resume_reminders", "release_reminder", "withdraw_reminder", "withdraw_promise", "assign_dispute",
    "merge_customers", "unmerge_customers", "suspend_penalties", "lift_penalty_suspension", "set_penalty_terms",
    "hold_data", "lift_hold", "portal_links_revoked",
})  # fmt: skip
_SHOWN_MESSAGES = ("sent", "caught", "refused", "in_doubt", "failed", "handing_over")


@dataclass(frozen=True)
class Event:
    """One line of the timeline."""

    at: datetime
    feed: str  # exchanges, money, notes or changes
    icon: str
    title: str
    when: str
    tone: str = ""
    detail: str = ""
    is_quoted: bool = False
    amount_minor: int | None = None
    currency: str = ""
    url: str = ""
    badge: str = ""
    is_next: bool = False
    # what is looked through besides title and detail
    body: str = ""

    @property
    def words(self) -> str:
        """All that is said in it."""
        return "\n".join(part for part in (self.title, self.detail, self.body) if part)


@dataclass(frozen=True)
class Reader:
    """Who reads the story, on which day: what every part of it needs."""

    scope: Scope
    today: date
    now: datetime
    # words looked for, or the number of the document that the story is about
    asked: str = ""
    about: str = ""

    @property
    def limit(self) -> int:
        """How far back each part is read."""
        return SEARCHED_MAX if self.asked or self.about else PAST_SHOWN

    @property
    def language(self) -> str:
        """The catalogue to write in."""
        return formats.known_language(get_language())

    def near(self, day: date) -> str:
        """A day as a timeline says it."""
        return formats.day_near(day, today=self.today, language=self.language)

    def at(self, instant: datetime) -> str:
        """An instant as a timeline says it."""
        return formats.instant(instant, today=self.today, language=self.language)

    def money(self, minor: int, currency: str) -> str:
        """An amount to the cent."""
        return formats.money(minor, currency, language=self.language)


@dataclass(frozen=True)
class Told:
    """What the account page has read already of the same customer."""

    disputes: Sequence[Dispute] = ()
    promises: Sequence[PromiseKept] = ()
    pauses: Sequence[Pause] = ()
    # the customer and those that were merged into it
    account_ids: Sequence[int] = ()
    # where there is anything to read
    rooms: Collection[str] = ("notes", "messages", "replies")


def past(customer_id: int, *, reader: Reader, told: Told, feed: str) -> Sequence[Event]:
    """What happened, the latest first, whole or one feed of it."""
    accounts_told = told.account_ids or [customer_id]
    events: list[Event] = []
    if feed in ("all", "notes") and "notes" in told.rooms:
        events += _notes(accounts_told, reader)
    if feed in ("all", "money"):
        events += _receipts(accounts_told, reader)
    if feed in ("all", "changes") and not reader.about:
        events += _changes(accounts_told, reader)
    if feed in ("all", "exchanges"):
        events += _disputes(told.disputes, reader)
        events += _promises(told.promises, reader)
        events += _pauses(told.pauses, reader)
        if "messages" in told.rooms:
            events += _messages(accounts_told, reader)
        if "calls" in told.rooms:
            events += _calls(accounts_told, reader)
        if "replies" in told.rooms:
            events += _replies(accounts_told, reader)
        if "page_notes" in told.rooms:
            events += _page_notes(accounts_told, reader)
        if "visits" in told.rooms:
            events += _visits(accounts_told, reader)
        events += _legal(accounts_told, told.rooms, reader)
    if reader.about:
        # FA-2 is not FA-20, nor FA-2-B
        named = re.compile(rf"(?<!\w){re.escape(reader.about)}(?!\w|[-/]\w)")
        events = [event for event in events if named.search(event.words)]
    if reader.asked:
        found = speaking_of([event.words for event in events], reader.asked)
        events = [event for place, event in enumerate(events) if place in found]
    return sorted(events, key=lambda event: event.at, reverse=True)[:PAST_SHOWN]


def coming(customer_id: int, *, reader: Reader, items: Sequence[OpenItem], feed: str) -> Sequence[Event]:
    """What is to come if nobody pays, the soonest first: steps of the scenario and due dates."""
    events: list[Event] = []
    if feed in ("all", "exchanges"):
        events += _steps(customer_id, reader)
    if feed in ("all", "money"):
        events += _due(items, reader)
    return sorted(events, key=lambda event: event.at)[:COMING_SHOWN]


def _noon(value: date) -> datetime:
    """Where a fact that has a day but no hour stands among those that have one."""
    return datetime.combine(value, time(12), tzinfo=_ZONE)


def _due(items: Iterable[OpenItem], reader: Reader) -> Iterable[Event]:
    for item in items:
        if item.open_minor > 0 and item.due_date >= reader.today:
            yield Event(
                at=_noon(item.due_date),
                feed="money",
                icon="calendar-event",
                title=gettext("{document} falls due").format(document=item.document_number),
                when=reader.near(item.due_date),
                amount_minor=item.open_minor,
                currency=item.currency,
                url=accounts.address_of(item),
                is_next=True,
            )


def _steps(customer_id: int, reader: Reader) -> Iterable[Event]:
    decided = collections.coming_steps(
        customer_id, organisation_id=reader.scope.organisation_id, today=reader.today, now=reader.now
    )
    for day, decision in decided:
        if decision.step is not None and decision.outcome is not Outcome.SKIPPED:
            yield _step(day, decision, reader)


def _step(day: date, decision: Decision, reader: Reader) -> Event:
    step = decision.step
    assert step is not None  # noqa: S101  # the caller has seen to it
    is_call = step.channel not in WRITTEN
    stops = [check for check in decision.checks if check.outcome in STOPPING]
    detail = ngettext("{count} item", "{count} items", len(decision.claims)).format(count=len(decision.claims))
    if stops:
        detail = wording.sentence(stops[0].as_json(), translate=gettext)
    amounts = list(decision.totals.items())
    currency, minor = amounts[0] if amounts else ("", None)
    detail = " · ".join([detail, *(reader.money(more, other) for other, more in amounts[1:])])
    badges = {
        Outcome.TO_CONFIRM: gettext("To confirm"),
        Outcome.HELD: gettext("Held"),
        Outcome.BLOCKED: gettext("Blocked"),
    }
    return Event(
        at=_noon(day),
        feed="exchanges",
        icon="phone" if is_call else "mail",
        tone="watch" if stops else "info" if day == reader.today else "",
        title=step.name,
        when=reader.near(day),
        detail=detail,
        amount_minor=minor,
        currency=currency,
        badge=badges.get(decision.outcome, ""),
        is_next=True,
    )


def _notes(account_ids: Sequence[int], reader: Reader) -> Iterable[Event]:
    for note in customers.notes_of(account_ids, organisation_id=reader.scope.organisation_id, limit=reader.limit):
        yield Event(
            at=note.recorded_at,
            feed="notes",
            icon="note",
            tone="info",
            title=note.author_name,
            detail=note.text,
            when=reader.at(note.recorded_at),
        )


def _changes(account_ids: Sequence[int], reader: Reader) -> Iterable[Event]:
    """Moves of the scenario and changes of what is known or agreed, as the audit trail has them."""
    for entry in trail.entries_about(
        "customer", account_ids, verbs=CHANGES, organisation_id=reader.scope.organisation_id, limit=reader.limit
    ):
        yield Event(
            at=entry.at,
            feed="changes",
            icon="adjustments",
            title=deeds.verb(entry.verb),
            # what a rule did is signed with the rule's own name
            detail=" · ".join(part for part in (entry.actor_name.removeprefix("rule: "), entry.why) if part),
            when=reader.at(entry.at),
        )


def _calls(account_ids: Sequence[int], reader: Reader) -> Iterable[Event]:
    for call in calls.calls_of(account_ids, organisation_id=reader.scope.organisation_id, limit=reader.limit):
        who = call.contact_name or gettext("Call")
        again = gettext("again {day}").format(day=reader.near(call.next_date)) if call.next_date else ""
        yield Event(
            at=call.called_at,
            feed="exchanges",
            icon="phone-off" if call.outcome in MISSED else "phone",
            tone="" if call.outcome in MISSED else "info",
            title=f"{who} · {call.get_outcome_display()}",
            detail=" · ".join(part for part in (call.author_name, again, call.note) if part),
            when=reader.at(call.called_at),
        )


def _visits(account_ids: Sequence[int], reader: Reader) -> Iterable[Event]:
    for came in portal.visits_of(account_ids, organisation_id=reader.scope.organisation_id, limit=reader.limit):
        who = came.name or gettext("The customer")
        yield Event(
            at=came.visit.visited_at,
            feed="exchanges",
            icon="eye",
            title=gettext("{name} looked at the account").format(name=who),
            detail=gettext("In another browser than the first: the link may have been passed on.")
            if came.is_elsewhere
            else "",
            when=reader.at(came.visit.visited_at),
        )


def _page_notes(account_ids: Sequence[int], reader: Reader) -> Iterable[Event]:
    """What the customer reads on their page; the address is where it can be taken back."""
    for note in portal_threads.notes_of(account_ids, organisation_id=reader.scope.organisation_id, limit=reader.limit):
        yield Event(
            at=note.written_at,
            feed="exchanges",
            icon="world",
            title=gettext("{name}, on the customer's page").format(name=note.author_name),
            detail=note.text,
            when=reader.at(note.written_at),
            badge=gettext("Taken back") if note.withdrawn_at else "",
        )


def _receipts(account_ids: Sequence[int], reader: Reader) -> Iterable[Event]:
    for receipt in payments.receipts_of(account_ids, scope=reader.scope, limit=reader.limit):
        is_refund = receipt.amount_minor < 0
        yield Event(
            at=_noon(receipt.received_date),
            feed="money",
            icon="arrow-up-right" if is_refund else "arrow-down-left",
            tone="" if is_refund else "good",
            title=gettext("Refund") if is_refund else method(receipt.method),
            amount_minor=abs(receipt.amount_minor),
            currency=receipt.currency,
            detail=" · ".join(part for part in (receipt.number, receipt.reference) if part),
            when=reader.near(receipt.received_date),
        )


def method(code: str) -> str:
    """How money came in, in words; what the books call otherwise stays a payment."""
    return gettext(_METHODS.get(code, gettext_noop("Payment")))


def _line(dispute: Dispute) -> str:
    """The line of the invoice that is contested, where one is named."""
    number = gettext("line {number}").format(number=dispute.line_number) if dispute.line_number else ""
    return " ".join(part for part in (number, dispute.line_text) if part)


def _disputes(disputes: Iterable[Dispute], reader: Reader) -> Iterable[Event]:
    for dispute in disputes:
        about = dispute.document_number or gettext("the account")
        if dispute.closed_date is not None:
            yield Event(
                at=_noon(dispute.closed_date),
                feed="exchanges",
                icon="message-check",
                title=gettext("Dispute closed on {document}").format(document=about),
                detail=" · ".join(
                    gettext(part) for part in (dispute.get_outcome_display(), dispute.closing_note) if part
                ),
                when=reader.near(dispute.closed_date),
            )
        yield Event(
            at=_noon(dispute.opened_date),
            feed="exchanges",
            icon="message-report",
            tone="" if dispute.closed_date else "watch",
            title=gettext("Dispute on {document}").format(document=about),
            amount_minor=dispute.amount_minor,
            currency=dispute.currency,
            detail=" · ".join(part for part in (dispute.get_reason_display(), _line(dispute), dispute.note) if part),
            when=reader.near(dispute.opened_date),
        )


def _promises(promises: Iterable[PromiseKept], reader: Reader) -> Iterable[Event]:
    for found in promises:
        promise, state = found.promise, found.state(today=reader.today)
        day = reader.near(promise.promised_date)
        if state in ("broken", "partly_kept"):
            yield Event(
                at=_noon(promise.promised_date),
                feed="exchanges",
                icon="calendar-x",
                tone="act",
                title=gettext("Promise not kept") if state == "broken" else gettext("Promise kept in part"),
                amount_minor=promise.amount_minor,
                currency=promise.currency,
                detail=gettext("Received since: {amount}").format(
                    amount=reader.money(found.received_minor, promise.currency)
                ),
                when=day,
            )
        titles = {
            "kept": gettext("Promise for {day}, kept"),
            "withdrawn": gettext("Promise for {day}, withdrawn"),
        }
        yield Event(
            at=_noon(promise.made_date),
            feed="exchanges",
            icon="calendar-check",
            tone={"kept": "good", "open": "info"}.get(state, ""),
            title=titles.get(state, gettext("Promise for {day}")).format(day=day),
            amount_minor=promise.amount_minor,
            currency=promise.currency,
            detail=" · ".join(
                part for part in (promise.get_source_display(), promise.author_name, promise.note) if part
            ),
            when=reader.near(promise.made_date),
        )


def _pauses(pauses: Iterable[Pause], reader: Reader) -> Iterable[Event]:
    for pause in pauses:
        until = gettext("until {day}").format(day=reader.near(pause.until_date)) if pause.until_date else ""
        yield Event(
            at=_noon(pause.start_date),
            feed="exchanges",
            icon="player-pause",
            tone="watch" if pause.ended_date is None and not _is_over(pause.until_date, reader.today) else "",
            title=gettext("Reminders paused"),
            detail=" · ".join(part for part in (pause.get_reason_display(), until, pause.note) if part),
            when=reader.near(pause.start_date),
        )


def _is_over(until: date | None, today: date) -> bool:
    return until is not None and until < today


def _messages(account_ids: Sequence[int], reader: Reader) -> Iterable[Event]:
    found = messaging.messages(reader.scope, states=_SHOWN_MESSAGES, account_ids=account_ids, limit=reader.limit)
    texts = (
        messaging.texts_of([message.pk for message in found], organisation_id=reader.scope.organisation_id)
        if reader.limit > PAST_SHOWN
        else {}
    )
    for message in found:
        to = ", ".join(address.get("name") or address.get("email", "") for address in message.to)
        at = message.state_at or message.created_at
        yield Event(
            at=at,
            feed="exchanges",
            icon="mail-x" if message.state == "refused" else "mail",
            tone=_MESSAGE_TONES.get(message.state, ""),
            title=getattr(message, "subject", "") or message.template_version.template.name,
            detail=" · ".join(part for part in (to, message.get_state_display()) if part),
            when=reader.at(at),
            url=reverse("desk:message", args=[message.pk]),
            body=texts.get(message.pk, ""),
        )


def _replies(account_ids: Sequence[int], reader: Reader) -> Iterable[Event]:
    found = messaging.replies(reader.scope, account_ids=account_ids, limit=reader.limit)
    answered = _answered(found, reader) if reader.about else {}
    for reply in understood.attached(found, scope=reader.scope):
        said = getattr(reply, "understood", None)
        who = reply.from_name or reply.from_email
        yield Event(
            at=reply.received_at,
            feed="exchanges",
            icon="message",
            tone="info",
            title=f"{who} · {said.label}" if said and not said.is_unsure else who,
            detail=reply.text[:280],
            body="\n".join((reply.subject, reply.text, answered.get(reply.message_id or 0, ""))),
            is_quoted=True,
            when=reader.at(reply.received_at),
            badge="" if reply.read_at else gettext("Not read"),
            url=reverse("desk:inbox_reply", args=[reply.pk]),
        )


def _answered(found: Sequence[Reply], reader: Reader) -> Mapping[int, str]:
    """What answers answer: "ok, vendredi" is about the invoice that our message named."""
    ids = [reply.message_id for reply in found if reply.message_id]
    return messaging.texts_of(ids, organisation_id=reader.scope.organisation_id)


def _legal(account_ids: Sequence[int], rooms: Collection[str], reader: Reader) -> Iterable[Event]:
    """What follows when reminders do not help, of the rooms that know something."""
    if "plans" in rooms:
        yield from _plans(account_ids, reader)
    if "notices" in rooms:
        yield from _notices(account_ids, reader)
    if "handovers" in rooms:
        yield from _handovers(account_ids, reader)
    if "proceedings" in rooms:
        yield from _proceedings(account_ids, reader)
    if "bad_debts" in rooms:
        yield from _bad_debts(account_ids, reader)


def _on(day: date, reader: Reader, *, icon: str, title: str, url: str, **more: Any) -> Event:
    return Event(at=_noon(day), feed="exchanges", icon=icon, title=title, when=reader.near(day), url=url, **more)


def _plans(account_ids: Sequence[int], reader: Reader) -> Iterable[Event]:
    for plan in followed.in_scope(reader.scope).filter(customer_id__in=account_ids).order_by("-pk")[: reader.limit]:
        url = reverse("desk:plan", args=[plan.pk])
        if plan.ended_date is not None:
            title = gettext("Payment plan {number} over").format(number=plan.number)
            yield _on(plan.ended_date, reader, icon="calendar-dollar", title=title, url=url, detail=plan.ended_why)
        day = plan.agreed_date or plan.drafted_date
        signed = gettext("signed by {name}").format(name=plan.signed_by_name) if plan.agreed_date else plan.author_name
        yield _on(
            day, reader, icon="calendar-dollar", title=gettext("Payment plan {number}").format(number=plan.number),
            url=url, detail=signed, amount_minor=plan.principal_minor, currency=plan.currency,
        )  # fmt: skip


def _notices(account_ids: Sequence[int], reader: Reader) -> Iterable[Event]:
    for notice in notices.in_scope(reader.scope).filter(customer_id__in=account_ids).order_by("-pk")[: reader.limit]:
        yield _on(
            notice.notice_date, reader, icon="gavel",
            title=gettext("Formal notice {number}").format(number=notice.number),
            url=reverse("desk:notice", args=[notice.pk]), tone="watch", amount_minor=notice.principal_minor,
            currency=notice.currency,
            detail=" · ".join(part for part in (notice.get_outcome_display(), notice.registered_number) if part),
        )  # fmt: skip


def _handovers(account_ids: Sequence[int], reader: Reader) -> Iterable[Event]:
    for one in handovers.in_scope(reader.scope).filter(customer_id__in=account_ids).order_by("-pk")[: reader.limit]:
        url = reverse("desk:handover", args=[one.pk])
        if one.ended_date is not None:
            title = gettext("Hand-over {number} over").format(number=one.number)
            detail = " · ".join(part for part in (str(HandOverEnd(one.ended_as).label), one.ended_why) if part)
            yield _on(one.ended_date, reader, icon="briefcase", title=title, url=url, detail=detail)
        title = gettext("Hand-over {number} to {partner}").format(number=one.number, partner=one.partner.name)
        yield _on(
            one.handed_date, reader, icon="briefcase", title=title, url=url, amount_minor=one.amount_minor,
            currency=one.currency, detail=one.note,
        )  # fmt: skip


def _proceedings(account_ids: Sequence[int], reader: Reader) -> Iterable[Event]:
    for one in proceedings.proceedings_of(account_ids, scope=reader.scope):
        url = reverse("desk:proceeding_claim", args=[one.pk])
        if one.ended_date is not None:
            title = gettext("{kind} over").format(kind=one.get_kind_display())
            yield _on(one.ended_date, reader, icon="building-bank", title=title, url=url, detail=one.ended_why)
        yield _on(
            one.judgment_date, reader, icon="building-bank", title=gettext("{kind} opened").format(
                kind=one.get_kind_display()
            ), url=url, tone="" if one.ended_date else "act",
            detail=" · ".join(part for part in (one.court, one.trustee_name) if part),
        )  # fmt: skip


def _bad_debts(account_ids: Sequence[int], reader: Reader) -> Iterable[Event]:
    for one in bad_debts.in_scope(reader.scope).filter(customer_id__in=account_ids).order_by("-pk")[: reader.limit]:
        yield _on(
            one.decided_date or one.proposed_date, reader, icon="receipt-off", title=gettext("{number}: {kind}").format(
                number=one.number, kind=one.get_kind_display()
            ), url=reverse("desk:bad_debt", args=[one.pk]), amount_minor=one.amount_minor, currency=one.currency,
            detail=" · ".join(part for part in (one.get_decided_as_display(), one.why) if part),
        )  # fmt: skip
