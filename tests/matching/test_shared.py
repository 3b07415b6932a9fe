"""A long run is written by several processes: the same books and the same words as by one."""

import os
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from typing import Any

import pytest
from django.db import connection, connections, transaction

from encours.access import context
from encours.core import processors, writers
from encours.disputes.models import Dispute
from encours.ledger import actions as ledger
from encours.ledger import invariants as ledger_laws
from encours.ledger.models import OpenItem
from encours.ledger.queries import CODE_NOW
from encours.ledger.rules import Leg
from encours.matching import invariants as matching_laws
from encours.matching.actions import running, sorting, writing
from encours.matching.models import LineWork, Match
from encours.payments.models import BankLine
from tests.books import Books
from tests.cast import Company
from tests.matching.bank import TODAY, Bank, set_up
from tests.matching.test_killed import filled, told


@pytest.fixture
def company(committed_company: Company, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    monkeypatch.setattr(processors, "processors", lambda: 2)
    # other tests may have left a thread behind, which holds nothing here
    monkeypatch.setattr(processors, "may_fork", lambda: True)
    monkeypatch.setattr(running, "SHARED_FROM", 2)
    with context.bound(committed_company.organisation_id):
        yield committed_company


@pytest.fixture
def bank(company: Company) -> Bank:
    """Lines of every fate, of three customers."""
    books, bank = set_up(company)
    filled(books, bank)
    return bank


def alone(company: Company, bank: Bank) -> dict[str, Any]:
    """The books as one process makes them, which are taken back again."""
    with transaction.atomic():
        bank.run()
        found = told(company)
        transaction.set_rollback(True)
    return found


def faults(company: Company) -> list[str]:
    """The laws of the books that do not hold."""
    found = [*ledger_laws.check(company.organisation_id), *matching_laws.check(company.organisation_id)]
    return [one.code for one in found if not one.is_kept]


def hands(result: running.RunResult) -> set[int]:
    """The processes that wrote, where each told who it is."""
    return {one for _, one in result.told.values()}


def leave_out(cursor: Any, company: Company, *lines: BankLine) -> None:
    """Somebody else, on another connection, leaves lines out."""
    cursor.execute("select set_config(%s, %s, false)", [context.SETTING, str(company.organisation_id)])
    for line in lines:
        cursor.execute(
            """insert into matching_linework (organisation_id, line_id, entity_id, account_id, booking_date,
                   currency, amount_minor, state, why_not, rivals, how, note, is_undone, changed_at)
               values (%s, %s, %s, %s, %s, 'EUR', %s, 'ignored', '', '[]', '', '', false, now())""",
            [
                company.organisation_id, line.pk, line.entity_id, line.account_id, line.booking_date,
                line.amount_minor,
            ],
        )  # fmt: skip


def test_the_books_are_those_of_one_process(company: Company, bank: Bank) -> None:
    wanted = alone(company, bank)
    result = bank.run(tell=lambda rows: [os.getpid() for _ in rows])
    assert (result.applied, len(hands(result)), len(result.told)) == (9, 2, 10)
    assert told(company) == wanted
    assert faults(company) == []
    assert bank.run().line_ids == [line.pk for line in BankLine.objects.filter(text="COTISATION")]


def test_what_a_writer_could_not_is_written_by_the_caller(
    company: Company, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = alone(company, bank)
    monkeypatch.setattr(writing.Hand, "write_apart", lambda hand, decisions: 1 / 0)
    result = bank.run(tell=lambda rows: [os.getpid() for _ in rows])
    assert (result.applied, hands(result)) == (9, {os.getpid()})
    assert told(company) == wanted


def test_lines_that_somebody_was_first_with_are_lost_to_either(
    company: Company, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = [BankLine.objects.get(text=text) for text in ("F-2026-0500", "SOLDE F-2026-0600")]
    take = sorting.Sorting.take

    def meanwhile(chosen: sorting.Sorting, outcomes: Any) -> None:
        take(chosen, outcomes)
        with closing(connections.create_connection("default")) as other, other.cursor() as cursor:
            leave_out(cursor, company, *first)

    monkeypatch.setattr(sorting.Sorting, "take", meanwhile)
    result = bank.run(tell=lambda rows: [os.getpid() for _ in rows])
    assert result.applied == 7
    assert not {line.pk for line in first} & set(result.told)
    assert set(LineWork.objects.filter(line__in=first).values_list("state", flat=True)) == {"ignored"}
    assert not Match.objects.filter(line__in=first).exists()
    assert faults(company) == []


def test_items_that_an_earlier_payment_ties_are_lettered_together(company: Company) -> None:
    books, bank = set_up(company)
    days = {"issued": date(2026, 10, 1), "due": date(2026, 10, 31)}
    items = [
        books.invoice(who, 811_13 + 97 * place, number=f"F-2026-05{place:02d}", **days)
        for place, who in enumerate((company.acme, company.borealis, company.cobalt))
    ]
    given = books.receipt(company.acme, 500_00, day=date(2026, 11, 2))
    ledger.allocate(
        ledger.Settlement(organisation_id=company.organisation_id, allocation_date=date(2026, 11, 2), key="of two"),
        legs=[
            Leg(item_id, "EUR", minor)
            for item_id, minor in ((items[0].pk, -300_00), (items[1].pk, -200_00), (given.pk, 500_00))
        ],
        by=company.by,
    )
    for item, who in zip(items, (company.acme, company.borealis, company.cobalt), strict=True):
        item.refresh_from_db()
        bank.line(item.open_minor, text=item.document_number, counterparty_iban=who.iban)
    wanted = alone(company, bank)
    result = bank.run(tell=lambda rows: [os.getpid() for _ in rows])
    assert (result.applied, len(hands(result))) == (3, 2)
    assert told(company) == wanted
    with connection.cursor() as cursor:
        cursor.execute(
            f"""select distinct {CODE_NOW} from ledger_allocation a
                join ledger_allocationleg l on l.allocation_id = a.id where l.item_id = any(%s)""",
            [[one.pk for one in items[:2]]],
        )
        ((code,),) = cursor.fetchall()
    assert code.isupper()
    assert set(OpenItem.objects.values_list("open_minor", flat=True)) == {0}
    assert faults(company) == []


def test_what_payers_kept_back_is_told_to_others_once(company: Company, bank: Bank) -> None:
    books = Books(company)
    for place, who in enumerate((company.acme, company.borealis, company.cobalt)):
        number = f"F-2026-08{place:02d}"
        books.invoice(who, 1_000_00 + place, issued=date(2026, 10, 1), due=TODAY, number=number)
        bank.line(
            950_00 + place, text=f"{number} LITIGE MARCHANDISE ABIMEE 50,00", counterparty_iban=who.iban,
            counterparty_name=who.name,
        )  # fmt: skip
    result = bank.run(tell=lambda rows: [os.getpid() for _ in rows])
    assert Dispute.objects.filter(reason="deduction").count() == result.deductions == 3
    assert faults(company) == []


def test_it_gives_up_in_words_where_somebody_holds_a_row_for_long(
    company: Company, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = told(company)
    monkeypatch.setattr(writers, "LOCK_SECONDS", 1)
    monkeypatch.setattr(writers, "CALLER_LOCK_SECONDS", 1)
    with closing(connections.create_connection("default")) as other:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            leave_out(cursor, company, BankLine.objects.get(text="F-2026-0500"))
            with pytest.raises(running.RunInterrupted):
                bank.run()
        other.rollback()
    assert told(company) == before
    assert bank.run().applied == 9
