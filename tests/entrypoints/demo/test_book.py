"""The invented book: the same twice, nothing after its day, and of the proportions of a real company."""

import datetime as dt
from collections import Counter, defaultdict

import pytest

from encours.core import ids
from encours.entrypoints.demo.book import Book, book_of
from encours.entrypoints.demo.trade import CREDIT_NOTE

DAYS = [dt.date(2026, 11, 23), dt.date(2027, 5, 14), dt.date(2028, 2, 29)]


@pytest.fixture(scope="module")
def books() -> dict[dt.date, Book]:
    return {day: book_of(day) for day in DAYS}


def owed(book: Book) -> int:
    """What customers owe in all, credit notes and unused money deducted."""
    unused = sum(receipt.amount_minor for receipt in book.cash.receipts if not receipt.uses)
    return (
        sum(part.open_minor for part in book.cash.parts) - sum(part.open_minor for part in book.cash.credits) - unused
    )


def test_the_same_day_gives_the_same_book(books: dict[dt.date, Book]) -> None:
    assert book_of(DAYS[0]) == books[DAYS[0]]


def test_customers_are_the_same_whatever_the_day(books: dict[dt.date, Book]) -> None:
    first, *others = books.values()
    assert all(book.customers == first.customers for book in others)


@pytest.mark.parametrize("day", DAYS)
class TestABook:
    def test_holds_nothing_of_its_day_or_after(self, books: dict[dt.date, Book], day: dt.date) -> None:
        book = books[day]
        assert max(document.issue_date for document in book.documents) < day
        assert max(receipt.received_date for receipt in book.cash.receipts) < day
        assert max(used.used_on for used in book.cash.imputations) < day
        assert max(event.day for event in book.events) < day

    def test_covers_eighteen_months(self, books: dict[dt.date, Book], day: dt.date) -> None:
        first = min(document.issue_date for document in books[day].documents)
        assert 530 < (day - first).days < 600
        assert 3_800 < len(books[day].documents) < 5_200

    def test_is_owed_what_a_company_of_this_kind_is(self, books: dict[dt.date, Book], day: dt.date) -> None:
        book = books[day]
        sales = sum(
            document.gross_minor * (-1 if document.kind == CREDIT_NOTE else 1)
            for document in book.documents
            if document.issue_date >= day - dt.timedelta(days=365)
        )
        late = sum(part.open_minor for part in book.cash.parts if part.instalment.due_date < day)
        assert 40 <= owed(book) * 365 // sales <= 65
        assert 15 <= late * 100 // owed(book) <= 45

    def test_pays_no_document_twice_or_too_much(self, books: dict[dt.date, Book], day: dt.date) -> None:
        book = books[day]
        taken: Counter[str] = Counter()
        for receipt in book.cash.receipts:
            assert sum(use.amount_minor for use in receipt.uses) in (0, receipt.amount_minor)
            for use in receipt.uses:
                assert use.amount_minor > 0
                assert use.document.customer == receipt.customer
                assert use.document.issue_date < receipt.received_date
                taken[use.document.number] += use.amount_minor + use.discount_minor
        for used in book.cash.imputations:
            taken[used.invoice.number] += used.amount_minor
            taken[used.credit_note.number] += used.amount_minor
        gross = {document.number: document.gross_minor for document in book.documents}
        left: Counter[str] = Counter()
        for part in [*book.cash.parts, *book.cash.credits]:
            left[part.document.number] += part.open_minor
        assert all(taken[number] + left[number] == gross[number] for number in gross)

    def test_numbers_each_series_without_a_gap(self, books: dict[dt.date, Book], day: dt.date) -> None:
        series = defaultdict(list)
        for document in books[day].documents:
            initials, year, rank = document.number.split("-")
            series[initials, year].append(int(rank))
        assert all(ranks == list(range(1, len(ranks) + 1)) for ranks in series.values())

    def test_splits_documents_into_parts_that_sum_back(self, books: dict[dt.date, Book], day: dt.date) -> None:
        for document in books[day].documents:
            assert sum(part.amount_minor for part in document.instalments) == document.gross_minor

    def test_tells_one_story_a_customer_that_is_late(self, books: dict[dt.date, Book], day: dt.date) -> None:
        kinds = Counter(type(event).__name__ for event in books[day].events)
        assert kinds["PromiseMade"] >= 8
        assert kinds["DisputeOpened"] - kinds["DisputeClosed"] >= 5
        assert kinds["Replied"] >= 3
        assert kinds["PauseStarted"] >= 4


def test_identifiers_pass_every_check_and_belong_to_nobody(books: dict[dt.date, Book]) -> None:
    for customer in books[DAYS[0]].customers:
        for value, check in (
            (customer.siren, ids.check_siren),
            (customer.siret, ids.check_siret),
            (customer.vat_number, ids.check_vat_number),
            (customer.iban, ids.check_iban),
        ):
            assert not value or check(value).is_right
        assert customer.siren[:1] in ("", "0")
        addresses = [customer.email, *(contact.email for contact in customer.contacts)]
        assert all(address.endswith(".example") for address in addresses if address)


def test_some_customers_cannot_be_written_to(books: dict[dt.date, Book]) -> None:
    silent = [customer for customer in books[DAYS[0]].customers if not customer.email]
    assert len(silent) >= 2
    assert not any(contact.email for customer in silent for contact in customer.contacts)
