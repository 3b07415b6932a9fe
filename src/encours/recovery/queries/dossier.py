"""What goes into a customer's evidence file, gathered as it stands on a day, in an order of its own."""

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext, override

from encours.access.models import AuditEntry, Entity
from encours.collections.models import Call, Promise
from encours.core.errors import gettext_noop, jsonable
from encours.core.money import Money
from encours.customers import queries as customers
from encours.customers.models import Customer
from encours.disputes.models import Dispute
from encours.invoices.models import Document
from encours.ledger.models import AllocationLeg, OpenItem
from encours.ledger.queries import AsOf, Selection
from encours.messaging.models import InboundMail, MessageContent, MessageReport
from encours.messaging.rules import papers
from encours.penalties.queries.accruals import accruals
from encours.plans.models import Plan
from encours.recovery.models import FormalNotice, HandOver, LegalAct, Proceeding
from encours.recovery.queries.annex import annex
from encours.recovery.rules.dossier import Cover, Piece

_EXTENSIONS = {"message/rfc822": "eml", "application/pdf": "pdf", "text/plain": "txt"}
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def cover(customer: Customer, *, language: str, day: date) -> Cover:
    """What stands on top of the index."""
    with override(language):
        lines = [
            (gettext("Debtor"), f"{customer.name} ({customer.number})"),
            ("SIREN", customer.siren),
            (
                gettext("Address"),
                " ".join(part for part in (customer.street, customer.postcode, customer.city) if part),
            ),
            (gettext("As of"), day.isoformat()),
        ]
        return Cover(gettext("Evidence file: {name}").format(name=customer.name), language, day, lines)


def pieces(customer: Customer, *, language: str, day: date) -> list[Piece]:
    """Every piece up to a day: the account, invoices, messages as they left and came, what was said, penalties, proofs.

    What is internal (notes, tasks, scores) stays out: the file is for somebody else.
    """
    organisation_id = customer.organisation_id
    accounts = customers.with_merged(customer.pk, organisation_id=organisation_id)
    with override(language):
        return [
            Piece("01-account.csv", gettext("Account, item by item"), _account(organisation_id, accounts, day), day),
            Piece("02-invoices.json", gettext("Invoices and credit notes"), _invoices(organisation_id, accounts, day)),
            *_penalties(customer, accounts, language, day),
            *_sent(organisation_id, accounts, day),
            *_received(organisation_id, accounts, day),
            *_said(organisation_id, accounts, day),
            *_notices(organisation_id, accounts, day),
            Piece("90-audit.json", gettext("Audit trail of this customer"), _audit(organisation_id, accounts, day)),
        ]


def _json(rows: Iterable[Any]) -> bytes:
    return json.dumps(jsonable(list(rows)), ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def _account(organisation_id: int, accounts: Sequence[int], day: date) -> bytes:
    """Each item with what settled it up to the day and what is left."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(["kind", "document", "instalment", "date", "due", "currency", "amount", "settled", "open"])
    items = OpenItem.objects.filter(organisation_id=organisation_id, customer_id__in=accounts, item_date__lte=day)
    legs: dict[int, int] = {}
    rows = AllocationLeg.objects.filter(organisation_id=organisation_id, item__in=items, allocation_date__lte=day)
    for item_id, minor in rows.values_list("item_id", "amount_minor"):
        legs[item_id] = legs.get(item_id, 0) + minor
    for item in items.order_by("item_date", "pk"):
        settled = legs.get(item.pk, 0)
        amounts = (item.amount_minor, settled, item.amount_minor + settled)
        writer.writerow([
            item.kind, _cell(item.document_number), f"{item.instalment_number}/{item.instalment_count}", item.item_date,
            item.due_date, item.currency, *(Money(minor, item.currency).as_decimal_string() for minor in amounts),
        ])  # fmt: skip
    return out.getvalue().encode("utf-8-sig")


def _cell(text: str) -> str:
    """A text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text


def _invoices(organisation_id: int, accounts: Sequence[int], day: date) -> bytes:
    rows = Document.objects.filter(organisation_id=organisation_id, customer_id__in=accounts, issue_date__lte=day)
    return _json(
        {
            "number": row.number, "version": row.version, "is_current": row.is_current, "kind": row.kind,
            "issue_date": row.issue_date, "order_number": row.order_number, "reference": row.reference,
            "gross": Money(row.gross_minor, row.currency).as_json(), "recorded_at": row.recorded_at,
        }
        for row in rows.order_by("issue_date", "number", "version")
    )  # fmt: skip


def _penalties(customer: Customer, accounts: Sequence[int], language: str, day: date) -> list[Piece]:
    selection = Selection(organisation_id=customer.organisation_id, customer_ids=accounts)
    found = list(accruals(selection, AsOf(day)))
    made = []
    for entity in Entity.objects.filter(
        organisation_id=customer.organisation_id, pk__in={one.item.entity_id for one in found}
    ).order_by("code"):
        paper = annex(
            [one for one in found if one.item.entity_id == entity.pk], entity=entity, name=customer.name,
            number=customer.number, language=language, day=day,
        )  # fmt: skip
        made.append(Piece(f"10-penalties-{_safe(entity.code)}.pdf", paper.title, papers.pdf(paper), day))
    return made


def _safe(text: str) -> str:
    return _UNSAFE.sub("-", text).strip("-.")[:60] or "x"


def _sent(organisation_id: int, accounts: Sequence[int], day: date) -> Iterable[Piece]:
    """Every message as it left, byte for byte, and what was learnt of it after."""
    rows = MessageContent.objects.filter(
        organisation_id=organisation_id, message__customer_id__in=accounts, message__created_at__date__lte=day,
        message__state="sent",
    ).select_related("message").order_by("pk")  # fmt: skip
    ids = []
    for row in rows:
        ids.append(row.pk)
        made = row.message.created_at.date()
        ending = _EXTENSIONS.get(row.media_type, "bin")
        path = f"20-sent/{made.isoformat()}-{row.pk}.{ending}"
        yield Piece(path, f"{row.message.channel}: {row.subject or row.message.key}", bytes(row.raw), made)
    reports = MessageReport.objects.filter(organisation_id=organisation_id, message_id__in=ids).order_by("at", "pk")
    if reports:
        told = ("message_id", "kind", "at", "recipient", "registered_number", "detail")
        yield Piece("21-reports.json", gettext("What the outside world said of them"), _json(reports.values(*told)))


def _received(organisation_id: int, accounts: Sequence[int], day: date) -> Iterable[Piece]:
    rows = InboundMail.objects.filter(
        organisation_id=organisation_id, customer_id__in=accounts, received_at__date__lte=day
    )
    for row in rows.order_by("received_at", "pk"):
        came = row.received_at.date()
        path = f"30-received/{came.isoformat()}-{row.pk}.eml"
        yield Piece(path, f"{row.from_email}: {row.subject}", bytes(row.raw), came)


_SAID: Sequence[tuple[str, str, Any, str, tuple[str, ...]]] = (
    ("40-calls", gettext_noop("Calls"), Call, "call_date", (
        "call_date", "called_at", "contact_name", "phone", "outcome")),
    ("41-promises", gettext_noop("Promises"), Promise, "made_date", (
        "made_date", "promised_date", "amount_minor", "currency", "source", "withdrawn_date", "withdrawn_why")),
    ("42-disputes", gettext_noop("Disputes"), Dispute, "opened_date", (
        "opened_date", "document_number", "amount_minor", "currency", "reason", "note", "closed_date", "outcome")),
    ("43-plans", gettext_noop("Payment plans"), Plan, "drafted_date", (
        "number", "drafted_date", "agreed_date", "signed_by_name", "principal_minor", "interest_minor", "fee_minor",
        "currency", "clause", "ended_date", "ended_as", "ended_why")),
    ("44-acts", gettext_noop("Legal acts"), LegalAct, "act_date", (
        "act_date", "kind", "document_number", "is_certain", "reference", "note")),
    ("45-proceedings", gettext_noop("Insolvency"), Proceeding, "judgment_date", (
        "kind", "judgment_date", "court", "trustee_name", "published_date", "bodacc_reference", "claim_filed_date",
        "claim_minor", "claim_reference", "ended_date")),
    ("46-hand-overs", gettext_noop("Hand-overs"), HandOver, "handed_date", (
        "number", "handed_date", "amount_minor", "currency", "ended_date", "ended_as", "ended_why")),
)  # fmt: skip


def _said(organisation_id: int, accounts: Sequence[int], day: date) -> Iterable[Piece]:
    for name, title, model, dated, told in _SAID:
        rows = model.objects.filter(organisation_id=organisation_id, customer_id__in=accounts, **{f"{dated}__lte": day})
        found = list(rows.order_by(dated, "pk").values(*told))
        if found:
            yield Piece(f"{name}.json", gettext(title), _json(found))


def _notices(organisation_id: int, accounts: Sequence[int], day: date) -> Iterable[Piece]:
    rows = FormalNotice.objects.filter(organisation_id=organisation_id, customer_id__in=accounts, notice_date__lte=day)
    for row in rows.order_by("pk"):
        facts = {
            "number": row.number, "notice_date": row.notice_date, "pay_by_date": row.pay_by_date, "lines": row.lines,
            "checklist": row.checklist, "answered": row.answered, "author": row.author_name, "sent_date": row.sent_date,
            "registered_number": row.registered_number, "outcome": row.outcome, "outcome_date": row.outcome_date,
            "principal": Money(row.principal_minor, row.currency).as_json(),
            "interest": Money(row.interest_minor, row.currency).as_json(),
            "message": f"20-sent/*-{row.message_id}.pdf",
        }  # fmt: skip
        yield Piece(f"50-{_safe(row.number)}.json", row.number, _json([facts]), row.notice_date)
        if row.proof is not None:
            ending = _safe(row.proof_name.rpartition(".")[2])
            yield Piece(f"50-{_safe(row.number)}-proof.{ending}", row.proof_name, bytes(row.proof), row.outcome_date)


def _audit(organisation_id: int, accounts: Sequence[int], day: date) -> bytes:
    rows = AuditEntry.objects.filter(
        organisation_id=organisation_id, subject_kind="customer", subject_id__in=[str(pk) for pk in accounts],
        at__date__lte=day,
    ).exclude(verb="make_dossier")  # fmt: skip
    return _json(
        {
            "sequence": row.sequence, "at": row.at, "actor": row.actor_name, "channel": row.channel, "verb": row.verb,
            "why": row.why, "details": row.details, "hash": bytes(row.hash).hex(),
            "previous_hash": bytes(row.previous_hash).hex(),
        }
        for row in rows.order_by("sequence")
    )  # fmt: skip
