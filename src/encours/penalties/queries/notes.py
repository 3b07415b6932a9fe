"""What was decided about penalties, and what is left to decide."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import Max

from encours.access.rules import Scope
from encours.customers import queries as customers
from encours.ledger.queries import AsOf, Selection
from encours.penalties.models import PenaltyLine, PenaltyNote, PenaltyTerms, Suspension
from encours.penalties.queries.accruals import accruals
from encours.penalties.rules.accrual import Accrual


@dataclass(frozen=True, slots=True)
class NoteSeen:
    """A note, its lines, and the note that undid it."""

    note: PenaltyNote
    lines: Sequence[PenaltyLine]
    cancelled_by: PenaltyNote | None

    @property
    def is_undoing(self) -> bool:
        """Whether it only undoes another."""
        return self.note.cancels_id is not None


def left_of(customer_id: int, *, organisation_id: int, day: date) -> list[Accrual]:
    """The customer's penalties as of a day, those of merged accounts included, whoever asks."""
    account_ids = customers.with_merged(customer_id, organisation_id=organisation_id)
    selection = Selection(organisation_id=organisation_id, customer_ids=account_ids)
    return list(accruals(selection, AsOf(day)))


def seen_of(customer_id: int, *, scope: Scope, day: date) -> list[Accrual]:
    """The customer's penalties as of a day that the reader may see."""
    account_ids = customers.with_merged(customer_id, organisation_id=scope.organisation_id)
    return list(accruals(Selection.of(scope, customer_ids=account_ids), AsOf(day)))


def unapplied_minor(customer_id: int, *, organisation_id: int, day: date) -> int:
    """What the account has in credit on a day without being tied to a debt, all currencies told apart by nobody."""
    account_ids = customers.with_merged(customer_id, organisation_id=organisation_id)
    with connection.cursor() as cursor:
        cursor.execute(
            """select coalesce(-sum(open_minor), 0)::bigint from ledger_openitem
               where organisation_id = %s and customer_id = any(%s) and open_minor < 0 and item_date <= %s""",
            [organisation_id, account_ids, day],
        )
        return int(cursor.fetchone()[0])


def key_of(key: str, entity_id: int, currency: str) -> str:
    """The key of one of the notes of a decision."""
    return f"{key}:{entity_id}:{currency}"


def notes_of_key(key: str, *, organisation_id: int) -> list[PenaltyNote]:
    """The notes a decision of that key wrote already."""
    return list(PenaltyNote.objects.filter(organisation_id=organisation_id, key__startswith=f"{key}:").order_by("pk"))


def sequences_of(numbers: Iterable[str], *, organisation_id: int) -> dict[tuple[int, str, int, str], int]:
    """How many decisions were taken on each debt of these documents."""
    rows = (
        PenaltyLine.objects.filter(organisation_id=organisation_id, document_number__in=list(numbers))
        .order_by()
        .values_list("entity_id", "document_number", "instalment_number", "kind")
        .annotate(last=Max("sequence"))
    )
    return {(entity, number, instalment, kind): last for entity, number, instalment, kind, last in rows}


def lines_of(note_ids: Sequence[int], organisation_id: int) -> list[PenaltyLine]:
    """The lines of notes, in the order they were written."""
    return list(PenaltyLine.objects.filter(organisation_id=organisation_id, note_id__in=note_ids).order_by("pk"))


def notes_of(customer_id: int, *, scope: Scope, limit: int) -> list[NoteSeen]:
    """The customer's penalty notes that the reader may see, the latest first."""
    account_ids = customers.with_merged(customer_id, organisation_id=scope.organisation_id)
    rows = PenaltyNote.objects.filter(organisation_id=scope.organisation_id, customer_id__in=account_ids)
    if scope.entity_ids:
        rows = rows.filter(entity_id__in=scope.entity_ids)
    if scope.own_portfolio_only:
        rows = rows.filter(customers.owned_by(scope.people, "customer__"))
    notes = list(rows.select_related("entity").order_by("-pk")[:limit])
    lines: dict[int, list[PenaltyLine]] = {}
    for line in lines_of([note.pk for note in notes], scope.organisation_id):
        lines.setdefault(line.note_id, []).append(line)
    undone = {note.cancels_id: note for note in notes if note.cancels_id}
    return [NoteSeen(note, lines.get(note.pk, []), undone.get(note.pk)) for note in notes]


def suspensions_of(customer_id: int, *, organisation_id: int) -> list[Suspension]:
    """The customer's suspensions that stand, the latest first."""
    rows = Suspension.objects.filter(organisation_id=organisation_id, customer_id=customer_id, lifted_at__isnull=True)
    return list(rows.order_by("-first_date", "-pk"))


def terms_of(customer_id: int, *, organisation_id: int) -> list[PenaltyTerms]:
    """What was agreed with the customer itself, the latest first."""
    rows = PenaltyTerms.objects.filter(organisation_id=organisation_id, customer_id=customer_id)
    return list(rows.order_by("-valid_from", "-pk"))
