"""What is a sale and what was paid late: advances and settlements told without detail must not bend the figures."""

from datetime import date

from encours.analytics.queries import facts
from encours.analytics.rules.periods import Period
from encours.ledger import actions as ledger
from encours.ledger.models import ItemKind
from encours.ledger.queries import AsOf, Selection
from encours.ledger.rules import Leg
from tests.books import Books

TODAY = date(2026, 3, 31)
YEAR = Period(date(2026, 1, 1), TODAY)


def asked(books: Books) -> facts.Asked:
    return facts.Asked(Selection(organisation_id=books.company.organisation_id), AsOf(TODAY))


def post(books: Books, kind: str, number: str, minor: int, *, day: date, account: str = "411"):
    posting = ledger.Posting(books.company.organisation_id, books.company.entity.pk, day, "test", f"{kind}:{number}")
    item = ledger.NewItem(
        customer_id=books.company.acme.pk, kind=kind, document_number=number, item_date=day, due_date=day,
        currency="EUR", amount_minor=minor, account=account,
    )  # fmt: skip
    return ledger.post(posting, items=[item], by=books.company.by)[0]


def test_money_paid_in_advance_is_no_sale(books: Books) -> None:
    books.invoice(books.company.acme, 100_000, issued=date(2026, 2, 1), due=date(2026, 3, 3))
    post(books, ItemKind.DEPOSIT, "A1", -30_000, day=date(2026, 2, 10), account="4191")
    assert facts.sales_by_day(asked(books)) == {(None, "EUR"): {date(2026, 2, 1): 100_000}}


def test_what_was_settled_without_detail_counts_once_the_detail_is_known(books: Books) -> None:
    organisation_id, by = books.company.organisation_id, books.company.by
    invoice = books.invoice(books.company.acme, 100_000, issued=date(2026, 1, 5), due=date(2026, 2, 4))
    implied = post(books, ItemKind.SETTLED_BEFORE, "before", -100_000, day=date(2026, 3, 1))
    settlement = ledger.Settlement(organisation_id, date(2026, 3, 1), key="implied", source="implied")
    legs = [Leg(invoice.pk, "EUR", -100_000), Leg(implied.pk, "EUR", 100_000)]
    head = ledger.allocate(settlement, legs=legs, by=by)
    assert facts.due_by_day(asked(books), period=YEAR, grace_days=0) == {}
    ledger.undo_allocation(organisation_id=organisation_id, allocation_id=head.pk, by=by, why="detail came")
    books.pay(invoice, day=date(2026, 2, 1))
    [due] = facts.due_by_day(asked(books), period=YEAR, grace_days=0)[(None, "EUR")]
    assert (due.amount_minor, due.cleared_after_days) == (100_000, 0)
