"""Keep what the outside world says of messages that left: delivered, bounced, received, come back, opened."""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from encours.access import actions as access
from encours.core.actors import Actor
from encours.customers import actions as customers
from encours.messaging.actions.accounts import suppress
from encours.messaging.models import Message, MessageContent, MessageReport, ReportKind, SuppressionReason
from encours.messaging.rules.gateway import News

_MARK = re.compile(r"m\d{1,18}")
# what a reader did in private is never kept of a natural person
PRIVATE = frozenset({ReportKind.OPENED.value, ReportKind.CLICKED.value})
_STOPS = {ReportKind.BOUNCED_HARD: SuppressionReason.BOUNCED, ReportKind.COMPLAINED: SuppressionReason.COMPLAINED}


@dataclass(frozen=True, slots=True)
class Report:
    """One thing learnt of a message; the same key is the same report, however often it comes."""

    message_id: int
    key: str
    kind: str
    at: datetime
    recipient: str = ""
    registered_number: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    proof: bytes = b""
    proof_name: str = ""


@transaction.atomic
def note_reports(*, organisation_id: int, reports: Sequence[Report], by: Actor) -> int:
    """Add what is new among the reports and return how many were; opens of natural persons are dropped unkept.

    A hard bounce or a complaint puts the address on the list of those not to write to, and marks its contacts.
    """
    wanted = {report.key: report for report in _allowed(organisation_id, reports)}
    known = MessageReport.objects.filter(organisation_id=organisation_id, key__in=wanted)
    taken = set(known.values_list("key", flat=True))
    rows = [_row(organisation_id, report, by) for key, report in wanted.items() if key not in taken]
    MessageReport.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    for row in rows:
        _stop_writing(row, by)
    if rows:
        access.record_audit(
            by=by,
            organisation_id=organisation_id,
            verb="message_reports_noted",
            subject_kind="message",
            subject_id=str(rows[0].message_id) if len(rows) == 1 else "",
            why="",
            details={"count": len(rows), "kinds": sorted({row.kind for row in rows})},
        )
    return len(rows)


def note_news(*, organisation_id: int, news: Iterable[News], by: Actor) -> int:
    """Add what a gateway reports; what names a message we never sent is left aside.

    A message is named by its own reference, or by the mark it left with: "m" and its number.
    """
    found = list(news)
    message_of = messages_named({one.reference for one in found}, organisation_id=organisation_id)
    reports = [
        Report(
            message_of[one.reference],
            one.key,
            one.kind,
            one.at,
            recipient=one.recipient,
            detail=one.detail,
            proof=one.proof,
            proof_name=one.proof_name,
        )
        for one in found
        if one.reference in message_of
    ]
    return note_reports(organisation_id=organisation_id, reports=reports, by=by)


def messages_named(references: Collection[str], *, organisation_id: int) -> dict[str, int]:
    """The messages that references name, by reference or by the mark they left with."""
    contents = MessageContent.objects.filter(organisation_id=organisation_id)
    named = contents.filter(message_id_header__in=references)
    marked = [int(one[1:]) for one in references if _MARK.fullmatch(one)]
    left = contents.filter(message_id__in=marked).values_list("message_id", flat=True)
    return {**dict(named.values_list("message_id_header", "message_id")), **{f"m{pk}": pk for pk in left}}


def _allowed(organisation_id: int, reports: Sequence[Report]) -> Iterable[Report]:
    private = [report.message_id for report in reports if report.kind in PRIVATE]
    persons = set(
        Message.objects.filter(
            organisation_id=organisation_id, pk__in=private, customer__is_natural_person=True
        ).values_list("pk", flat=True)
    )
    return (report for report in reports if report.kind not in PRIVATE or report.message_id not in persons)


def _row(organisation_id: int, report: Report, by: Actor) -> MessageReport:
    return MessageReport(
        organisation_id=organisation_id,
        message_id=report.message_id,
        key=report.key,
        kind=ReportKind(report.kind),
        at=report.at,
        recipient=report.recipient,
        registered_number=report.registered_number,
        detail=dict(report.detail),
        proof=report.proof or None,
        proof_name=report.proof_name,
        proof_sha256=hashlib.sha256(report.proof).digest() if report.proof else None,
        actor_name=by.name,
    )


def _stop_writing(row: MessageReport, by: Actor) -> None:
    reason = _STOPS.get(ReportKind(row.kind))
    if reason is None or "@" not in row.recipient:
        return
    why = str(row.detail.get("says", ""))[:500]
    suppress(organisation_id=row.organisation_id, email=row.recipient, reason=reason, by=by, detail=why)
    if reason == SuppressionReason.BOUNCED:
        customers.mark_contact_bounced(
            organisation_id=row.organisation_id, email=row.recipient, why=why, now=row.at, by=by
        )
