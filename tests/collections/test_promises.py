"""Whether a promise is kept: from the cash alone, and by the same rule wherever it is asked."""

import datetime as dt

from encours.access.rules import Scope
from encours.collections import actions as collections
from encours.collections.queries import account, facts, pauses, worklist
from encours.collections.rules.promises import Covered, Promised, cover
from encours.ledger import actions as ledger
from tests.collections import books
from tests.collections.books import NOW, TODAY

DAY = dt.timedelta(days=1)


def promised(pk, amount, day, made=TODAY):
    return Promised(pk, amount, made, made + day * DAY)


class TestCover:
    def test_one_payment_keeps_one_promise_the_first_due(self):
        found = cover([promised(1, 100, 20), promised(2, 100, 10)], [(TODAY + 8 * DAY, 100)])
        assert found == {1: Covered(0, 0), 2: Covered(100, 100)}

    def test_money_that_comes_late_covers_but_is_not_in_time(self):
        assert cover([promised(1, 100, 5)], [(TODAY + 6 * DAY, 100)]) == {1: Covered(0, 100)}

    def test_money_from_before_the_promise_does_not_count(self):
        assert cover([promised(1, 100, 5)], [(TODAY - DAY, 100)]) == {1: Covered(0, 0)}

    def test_what_is_left_serves_the_next(self):
        found = cover([promised(1, 60, 5), promised(2, 60, 9)], [(TODAY, 100)])
        assert found == {1: Covered(60, 60), 2: Covered(40, 40)}


def _promise(company, amount, day):
    return collections.record_promise(
        organisation_id=company.organisation_id, customer_id=company.acme.pk, amount_minor=amount, currency="EUR",
        promised_date=day, today=TODAY, by=company.by,
    )  # fmt: skip


def _seen(company, today):
    """What the account, the list of promises, the list of the day and the run say of Acme's promises."""
    scope = Scope(organisation_id=company.organisation_id, user_id=None, role="credit_manager")
    book = facts.book_of(company.organisation_id, today=today, now=NOW)
    [customer] = facts.customers(book, ids=[company.acme.pk])
    listed = worklist.worklist(worklist.Asked(scope, today, only="promises"))
    return (
        sorted(
            made.state(today=today)
            for made in account.promises_of([company.acme.pk], scope=scope, today=today, limit=9)
        ),
        sorted(made.state.value for made in pauses.promises(scope, today=today)),
        len(listed.rows),
        len(customer.promises),
    )


def test_one_payment_does_not_keep_two_promises_anywhere(company):
    books.set_up(company)
    books.post(company, company.acme, "F1", amount=200_00)
    _promise(company, 100_00, TODAY + 2 * DAY)
    _promise(company, 100_00, TODAY + 3 * DAY)
    books.pay(company, company.acme, "P1", 100_00, day=TODAY + DAY)
    assert _seen(company, TODAY + DAY) == (["kept", "open"], ["kept", "running"], 0, 1)
    assert _seen(company, TODAY + 4 * DAY) == (["broken", "kept"], ["broken", "kept"], 1, 0)


def test_a_payment_that_bounced_keeps_no_promise_anywhere(company):
    books.set_up(company)
    books.post(company, company.acme, "F1")
    _promise(company, 100_00, TODAY + 2 * DAY)
    receipt = books.pay(company, company.acme, "P1", 100_00, day=TODAY + DAY)
    assert _seen(company, TODAY + 3 * DAY) == (["kept"], ["kept"], 0, 0)
    ledger.reverse_item(organisation_id=company.organisation_id, item_id=receipt.pk, by=company.by, why="bounced")
    assert _seen(company, TODAY + 2 * DAY) == (["open"], ["running"], 1, 1)
    assert _seen(company, TODAY + 3 * DAY) == (["broken"], ["broken"], 1, 0)
