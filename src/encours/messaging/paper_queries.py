"""Read letters on paper: which wait, what is in a batch, and the file that is printed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext
from pypdf import PdfReader, PdfWriter

from encours.access.rules import Scope
from encours.core.dates import business_date
from encours.core.errors import NotFound, gettext_noop
from encours.messaging.models import Message, MessageReport, Postage, PrintBatch, PrintedLetter, ReportKind, State
from encours.messaging.queries import print_order, visible_messages
from encours.messaging.rules import formats, typesetting
from encours.messaging.rules.channels import PAPER

WAITING_MAX = 500
SPECIMEN_MAX = 40


class BatchUnknown(NotFound):
    """No such print batch in this organisation."""

    message = gettext_noop("There is no such print batch.")


def waiting(scope: Scope) -> list[Message]:
    """The letters that wait to be printed, in print order."""
    found = visible_messages(scope).filter(channel__in=PAPER, state=State.RENDERED)
    return list(
        found.select_related("customer", "content").defer("content__raw", "context").order_by("pk")[:WAITING_MAX]
    )


def caught(scope: Scope) -> list[Message]:
    """The latest letters that the sandbox kept: outside it they would wait to be printed."""
    found = visible_messages(scope).filter(channel__in=PAPER, state=State.CAUGHT)
    return list(
        found.select_related("customer", "content").defer("content__raw", "context").order_by("-pk")[:SPECIMEN_MAX]
    )


def specimen_pdf(scope: Scope, *, day: date, language: str = "fr") -> bytes:
    """The letters of the sandbox as a batch would print them, a word across each page so that none can be posted."""
    letters = sorted(caught(scope), key=print_order)
    if not letters:
        raise BatchUnknown
    data = {
        "language": language,
        "title": gettext("Letters of the sandbox"),
        "word": gettext("SPECIMEN"),
        "note": gettext("Written in the sandbox: not printed, not posted"),
    }
    across = PdfReader(BytesIO(typesetting.pdf("specimen", data, day=day))).pages[0]
    raws = visible_messages(scope).filter(pk__in=[letter.pk for letter in letters])
    raw_of = dict(raws.values_list("pk", "content__raw"))
    writer = PdfWriter()
    for letter in letters:
        for page in PdfReader(BytesIO(bytes(raw_of[letter.pk]))).pages:
            writer.add_page(page).merge_page(across)
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


def batches(scope: Scope, *, limit: int = 50) -> QuerySet[PrintBatch]:
    """The latest batches, each with how many of its letters are still to be posted."""
    open_letters = Count("letters", filter=Q(letters__message__state=State.PRINTED))
    found = PrintBatch.objects.filter(organisation_id=scope.organisation_id)
    return found.annotate(to_post=open_letters).order_by("-pk")[:limit]


@dataclass(frozen=True, slots=True)
class BatchLetter:
    """One letter of a batch, with what became of it."""

    printed: PrintedLetter
    message: Message
    registered_number: str
    returned: MessageReport | None
    is_here: bool  # still in this batch: not put back and printed again elsewhere

    @property
    def is_registered(self) -> bool:
        """Whether it needs a number."""
        return self.printed.postage == Postage.REGISTERED


def batch(batch_id: int, *, scope: Scope) -> tuple[PrintBatch, list[BatchLetter]]:
    """A batch and its letters in print order."""
    found = PrintBatch.objects.filter(organisation_id=scope.organisation_id, pk=batch_id).first()
    if found is None:
        raise BatchUnknown
    rows = (
        PrintedLetter.objects.filter(organisation_id=scope.organisation_id, batch=found)
        .select_related("message__customer", "message__content")
        .defer("message__context", "message__content__raw")
        .order_by("position")
    )
    letters = list(rows)
    ids = [row.message_id for row in letters]
    latest = dict(
        PrintedLetter.objects.filter(organisation_id=scope.organisation_id, message_id__in=ids)
        .order_by("message_id", "batch_id")
        .values_list("message_id", "batch_id")
    )
    reports = MessageReport.objects.filter(organisation_id=scope.organisation_id, message_id__in=ids).order_by("pk")
    posted = {one.message_id: one for one in reports if one.kind == ReportKind.POSTED}
    returned = {one.message_id: one for one in reports if one.key.startswith("returned:")}
    return found, [
        BatchLetter(
            row,
            row.message,
            posted[row.message_id].registered_number if row.message_id in posted else "",
            returned.get(row.message_id),
            latest[row.message_id] == found.pk and row.message.state in (State.PRINTED, State.SENT),
        )
        for row in letters
    ]


def batch_pdf(batch_id: int, *, scope: Scope, timezone: str = "Europe/Paris", language: str = "fr") -> bytes:
    """The file to print: a cover sheet with the list, then every letter of the batch in its order.

    Each letter begins on a sheet of its own when the printer prints on both sides.
    """
    found, rows = batch(batch_id, scope=scope)
    writer = PdfWriter()
    day = business_date(found.made_at, timezone=timezone)
    cover = typesetting.pdf("cover", _cover(found, rows, formats.long_date(day, language), language), day=day)
    _add(writer, cover)
    raws = Message.objects.filter(organisation_id=scope.organisation_id, pk__in=[row.message.pk for row in rows])
    raw_of = dict(raws.values_list("pk", "content__raw"))
    for row in rows:
        if row.is_here:
            _add(writer, bytes(raw_of[row.message.pk]))
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


def _add(writer: PdfWriter, content: bytes) -> None:
    pages = PdfReader(BytesIO(content)).pages
    for page in pages:
        writer.add_page(page)
    if len(pages) % 2:
        writer.add_blank_page()


def _cover(found: PrintBatch, rows: Sequence[BatchLetter], day: str, language: str) -> dict[str, Any]:
    here = [row for row in rows if row.is_here]
    counts: dict[str, int] = {}
    for row in here:
        counts[row.printed.get_postage_display()] = counts.get(row.printed.get_postage_display(), 0) + 1
    return {
        "language": language,
        "title": gettext("Print batch {number}").format(number=found.pk),
        "made": gettext("{day}, {name}").format(day=day, name=found.actor_name),
        "counts": [[name, str(count)] for name, count in counts.items()],
        "total": [
            gettext("Letters"),
            str(len(here)),
            gettext("Pages"),
            str(sum(row.printed.page_count for row in here)),
        ],
        "heads": [gettext("No."), gettext("Addressee"), gettext("Postage"), gettext("Pages"), gettext("Letter")],
        "rows": [
            [
                str(row.printed.position),
                ", ".join(row.message.content.recipients),
                row.printed.get_postage_display(),
                str(row.printed.page_count),
                str(row.message.pk),
            ]
            for row in here
        ],
        "signature": gettext("Posted on, by (date and signature)"),
        "words": {"page": gettext("Page"), "of": gettext("of")},
        "foot": gettext("Print on both sides; this sheet and blank backs are not posted."),
    }
