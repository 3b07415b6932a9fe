"""A customer's insolvency: what it cuts in two, and the claim statement for the trustee, as PDF and as rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from encours.access.models import Entity
from encours.access.rules import Scope
from encours.collections.queries.messages import company_of
from encours.collections.rules.letter import legal_line
from encours.customers import queries as customers
from encours.ledger.models import OpenItem
from encours.ledger.queries import AsOf, Selection
from encours.messaging.rules import formats, papers
from encours.penalties.queries.accruals import accruals
from encours.recovery.models import Proceeding
from encours.recovery.rules.proceedings import Owed, Split, split


@dataclass(frozen=True)
class ClaimLine:
    """An item as it is filed: what was owed on the day before the judgment and the interest up to then."""

    owed: Owed
    interest_minor: int
    compensation_minor: int

    @property
    def total_minor(self) -> int:
        """All of it."""
        return self.owed.open_minor + self.interest_minor + self.compensation_minor


@dataclass(frozen=True)
class Statement:
    """What is filed with the trustee by one company in one currency, and what is not."""

    proceeding: Proceeding
    entity: Entity
    currency: str
    lines: Sequence[ClaimLine]
    split: Split

    @property
    def total_minor(self) -> int:
        """The claim."""
        return sum(line.total_minor for line in self.lines)


def in_scope(scope: Scope) -> QuerySet[Proceeding]:
    """The proceedings of the customers a person may see."""
    found = Proceeding.objects.filter(organisation_id=scope.organisation_id).select_related("customer")
    if scope.own_portfolio_only:
        found = found.filter(customer__in=customers.in_scope_with_merged(scope).values("pk"))
    return found


def proceedings_of(account_ids: Sequence[int], *, scope: Scope) -> list[Proceeding]:
    """A customer's proceedings, the one that is open first."""
    rows = in_scope(scope).filter(customer_id__in=account_ids).order_by("-pk")
    return sorted(rows, key=lambda row: row.ended_date is not None)


def statements(proceeding: Proceeding, *, entity_ids: Sequence[int] = ()) -> list[Statement]:
    """The claim to file, by company and currency: as owed on the eve of the judgment, with interest up to then.

    What was paid since on an earlier debt is still listed as it stood: such a payment is void (C. com. L622-7).
    """
    organisation_id = proceeding.organisation_id
    account_ids = customers.with_merged(proceeding.customer_id, organisation_id=organisation_id)
    eve = proceeding.judgment_date - timedelta(days=1)
    owed = _owed(organisation_id, account_ids, eve, entity_ids)
    selection = Selection(organisation_id=organisation_id, customer_ids=account_ids)
    reckoned = {one.item.item_id: one for one in accruals(selection, AsOf(eve))}
    found = []
    for entity_id, currency in sorted({(item.entity_id, item.currency) for item in owed}):
        mine = [item for item in owed if (item.entity_id, item.currency) == (entity_id, currency)]
        cut = split(mine, proceeding.judgment_date)
        lines = []
        for item in cut.before:
            one = reckoned.get(item.item_id)
            interest = one.interest_left_minor if one and not one.refusal else 0
            fixed = one.compensation_left_minor if one and one.compensation_currency == currency else 0
            lines.append(ClaimLine(item, max(interest, 0), max(fixed, 0)))
        entity = Entity.objects.get(organisation_id=organisation_id, pk=entity_id)
        found.append(Statement(proceeding, entity, currency, lines, cut))
    return found


def _owed(organisation_id: int, account_ids: Sequence[int], eve: date, entity_ids: Sequence[int]) -> list[Owed]:
    """What was open on the eve of the judgment, and what came since."""
    rows = OpenItem.objects.filter(
        organisation_id=organisation_id, customer_id__in=account_ids, kind__in=("invoice", "debit_note", "deposit"),
        amount_minor__gt=0,
    )  # fmt: skip
    if entity_ids:
        rows = rows.filter(entity_id__in=entity_ids)
    reversed_ids = set(
        OpenItem.objects.filter(organisation_id=organisation_id, reverses__in=rows).values_list(
            "reverses_id", flat=True
        )
    )
    items = [row for row in rows.order_by("due_date", "pk") if row.pk not in reversed_ids]
    then = _open_then([row.pk for row in items], organisation_id, eve)
    found = []
    for row in items:
        is_earlier = row.item_date <= eve
        open_minor = row.amount_minor + then.get(row.pk, 0) if is_earlier else row.open_minor
        if open_minor > 0 and not row.account.startswith(("418", "419")):
            found.append(
                Owed(
                    row.pk, row.entity_id, row.document_number, row.instalment_number, row.instalment_count,
                    row.item_date, row.due_date, row.currency, open_minor,
                )
            )  # fmt: skip
    return found


def _open_then(item_ids: Sequence[int], organisation_id: int, eve: date) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select item_id, sum(amount_minor)::bigint from ledger_allocationleg"
            " where organisation_id = %s and item_id = any(%s) and allocation_date <= %s group by 1",
            [organisation_id, list(item_ids), eve],
        )
        return dict(cursor.fetchall())


_WORDS = {
    "fr": {
        "title": "Déclaration de créance",
        "to": "Au mandataire", "debtor": "Débiteur", "court": "Tribunal", "judgment": "Jugement d’ouverture",
        "kind": "Procédure", "published": "Publication au BODACC", "creditor": "Créancier",
        "amount": "Créance déclarée au jour du jugement", "due": "échue", "to_come": "à échoir",
        "document": "Pièce", "issued": "Date", "due_date": "Échéance", "state": "", "principal": "Principal",
        "interest": "Intérêts", "fixed": "Indemnité", "sum": "Total", "total": "Total déclaré",
        "nature": "Nature : créance chirographaire, sauf sûreté ou clause de réserve de propriété indiquée par le "
        "créancier.",
        "retention": "Le créancier se prévaut d’une clause de réserve de propriété (C. com. L624-9 et suivants).",
        "law": "Déclaration faite en application des articles L622-24, L622-25 et R622-23 du code de commerce. Le "
        "cours des intérêts est arrêté au jugement (L622-28), sous réserve de ses exceptions.",
        "certify": "Je certifie sincère la présente déclaration.", "sign": "Date, nom, qualité et signature",
        "documents": "Pièces jointes : factures, extrait de compte, annexe des intérêts.",
    },
    "en": {
        "title": "Statement of claim",
        "to": "To the trustee", "debtor": "Debtor", "court": "Court", "judgment": "Opening judgment",
        "kind": "Proceeding", "published": "Published in the BODACC", "creditor": "Creditor",
        "amount": "Claim on the day of the judgment", "due": "due", "to_come": "to fall due",
        "document": "Document", "issued": "Date", "due_date": "Due", "state": "", "principal": "Principal",
        "interest": "Interest", "fixed": "Fixed sum", "sum": "Total", "total": "Total claimed",
        "nature": "Nature: unsecured claim, unless the creditor states a security or a retention of title.",
        "retention": "The creditor invokes a retention of title (French Commercial Code, L624-9 ff.).",
        "law": "Filed under articles L622-24, L622-25 and R622-23 of the French Commercial Code. Interest stops at the "
        "judgment (L622-28), save its exceptions.",
        "certify": "I certify that this statement is true.", "sign": "Date, name, capacity and signature",
        "documents": "Enclosed: invoices, statement of account, annex of interest.",
    },
}  # fmt: skip


def paper(statement: Statement, *, language: str, day: date) -> papers.Paper:
    """The claim as it is posted to the trustee."""
    words, row = _WORDS[language], statement.proceeding
    line = legal_line(company_of(statement.entity)).removeprefix(f"{statement.entity.name}, ")
    due_ids = {item.item_id for item in statement.split.due_before}
    heads = [words[key] for key in ("document", "due_date", "state", "principal", "interest", "fixed", "sum")]
    table = papers.table(
        heads,
        [_row(one, words, language, is_due=one.owed.item_id in due_ids) for one in statement.lines],
        left=(0, 2),
        totals=[(words["total"], formats.money(statement.total_minor, statement.currency, language))],
    )
    notes = [words["nature"], *([words["retention"]] if row.has_retention else []), words["law"], words["documents"]]
    return papers.Paper(
        language=language,
        title=words["title"],
        subtitle=row.customer.name,
        author=statement.entity.name,
        author_line=line,
        day=day,
        blocks=[
            papers.facts([
                (words["to"], ", ".join(filter(None, [row.trustee_name, *row.trustee_address.splitlines()]))),
                (words["debtor"], f"{row.customer.name} {row.customer.siren}".strip()),
                (words["kind"], str(row.get_kind_display())),
                (words["court"], row.court),
                (words["judgment"], formats.long_date(row.judgment_date, language)),
                (words["published"], _published(row, language)),
                (words["creditor"], f"{statement.entity.name}, {line}"),
            ]),
            papers.heading(words["amount"]),
            table,
            *(papers.paragraph(text) for text in notes),
            papers.paragraph(words["certify"]),
            papers.signatures((statement.entity.name, words["sign"])),
        ],
    )  # fmt: skip


def claim_rows(statement: Statement, *, due: str, to_come: str) -> Iterator[dict[str, Any]]:
    """The claim line by line, amounts in minor units; `due` and `to_come` are the words for what was due by then."""
    due_ids = {item.item_id for item in statement.split.due_before}
    for one in statement.lines:
        yield {
            "document_number": _document(one.owed),
            "item_date": one.owed.item_date,
            "due_date": one.owed.due_date,
            "state": due if one.owed.item_id in due_ids else to_come,
            "principal": one.owed.open_minor,
            "interest": one.interest_minor,
            "fixed": one.compensation_minor,
            "total": one.total_minor,
            "currency": statement.currency,
        }


def _document(owed: Owed) -> str:
    part = f" ({owed.instalment_number}/{owed.instalment_count})" if owed.instalment_count > 1 else ""
    return f"{owed.document_number}{part}"


def _published(row: Proceeding, language: str) -> str:
    if row.published_date is None:
        return ""
    return f"{formats.long_date(row.published_date, language)} {row.bodacc_reference}".strip()


def _row(one: ClaimLine, words: dict[str, str], language: str, *, is_due: bool) -> list[str]:
    owed = one.owed
    amounts = (owed.open_minor, one.interest_minor, one.compensation_minor, one.total_minor)
    return [
        _document(owed),
        formats.short_date(owed.due_date, language),
        words["due"] if is_due else words["to_come"],
        *(formats.money(minor, owed.currency, language) for minor in amounts),
    ]
