"""The six checks that KPIs must pass (domain notes, section 2), on drawn books and against a reckoning item by item."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from encours.analytics.queries import ageing as aged_balance
from encours.analytics.queries import kpis as kpi_queries
from encours.analytics.rules import ageing, periods
from encours.analytics.rules.periods import Period
from encours.analytics.rules.reckoning import Conventions
from encours.ledger.models import Entry, OpenItem
from encours.ledger.queries import AsOf, Selection
from tests.books import Books
from tests.cast import Company

START = date(2026, 1, 1)
days = st.integers(0, 150)
on_books = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass(frozen=True)
class Deal:
    """An invoice and what comes of it: parts paid some days later, perhaps taken back, perhaps a credit note."""

    customer: int
    minor: int
    issued_days: int
    terms_days: int
    paid: tuple[tuple[int, int], ...]  # (percent of the amount, days after issue)
    is_undone: bool
    credit_percent: int


deals = st.lists(
    st.builds(
        Deal,
        customer=st.integers(0, 2),
        minor=st.integers(100, 10**9),
        issued_days=days,
        terms_days=st.sampled_from([0, 30, 45, 60]),
        paid=st.lists(st.tuples(st.integers(10, 60), st.integers(0, 120)), max_size=3).map(tuple),
        is_undone=st.booleans(),
        credit_percent=st.sampled_from([0, 0, 30]),
    ),
    min_size=1,
    max_size=5,
)


@contextmanager
def drawn(company: Company, drawn_deals: list[Deal]) -> Iterator[Books]:
    """Books with the deals in them, gone afterwards."""
    books = Books(company)
    with transaction.atomic():
        for deal in drawn_deals:
            _enter(books, deal)
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
        yield books
        transaction.set_rollback(True)


def _enter(books: Books, deal: Deal) -> None:
    company = books.company
    customer = (company.acme, company.borealis, company.cobalt)[deal.customer]
    issued = START + timedelta(days=deal.issued_days)
    invoice = books.invoice(customer, deal.minor, issued=issued, due=issued + timedelta(days=deal.terms_days))
    for percent, after in deal.paid:
        paid_on = issued + timedelta(days=after)
        received = books.receipt(customer, max(1, deal.minor * percent // 100), day=paid_on)
        invoice.refresh_from_db()
        if invoice.open_minor:
            allocation = books.settle(invoice, received, day=paid_on)
            if deal.is_undone:
                books.undo(allocation)
    if deal.credit_percent:
        books.credit_note(customer, max(1, deal.minor * deal.credit_percent // 100), issued=issued)


def selection(company: Company) -> Selection:
    return Selection(organisation_id=company.organisation_id)


def opened(company: Company, day: date) -> list[tuple[OpenItem, int]]:
    """Each item and what was open of it on the day, one by one from its legs."""
    items = OpenItem.objects.filter(organisation_id=company.organisation_id, item_date__lte=day).prefetch_related(
        "legs"
    )
    found = [
        (item, item.amount_minor + sum(leg.amount_minor for leg in item.legs.all() if leg.allocation_date <= day))
        for item in items
    ]
    return [(item, open_minor) for item, open_minor in found if open_minor]


def general_ledger(company: Company, day: date) -> int:
    entries = Entry.objects.filter(
        organisation_id=company.organisation_id, account__startswith="41", transaction__transaction_date__lte=day
    )
    return sum(entries.values_list("amount_minor", flat=True))


@on_books
@given(drawn_deals=deals, after=days)
def test_buckets_and_unapplied_sum_to_account_411_on_any_day(
    company: Company, drawn_deals: list[Deal], after: int
) -> None:
    day = START + timedelta(days=after)
    with drawn(company, drawn_deals):
        balance = aged_balance.ageing(selection(company), AsOf(day))
        expected = ageing.aged(
            [ageing.OpenAmount(minor, item.item_date, item.due_date) for item, minor in opened(company, day)],
            as_of=day,
        )
        totals = balance.totals.get("EUR", (0,) * len(balance.columns))
        assert dict(zip(balance.columns, totals, strict=True)) == dict(expected)
        assert expected["total"] == general_ledger(company, day)


@on_books
@given(drawn_deals=deals, after=days)
def test_every_grouping_has_the_same_totals(company: Company, drawn_deals: list[Deal], after: int) -> None:
    as_of = AsOf(START + timedelta(days=after))
    with drawn(company, drawn_deals):
        totals = [aged_balance.ageing(selection(company), as_of, by=by).totals for by in aged_balance.By]
        assert all(total == totals[0] for total in totals)


@on_books
@given(drawn_deals=deals, after=st.integers(30, 150))
def test_kpis_equal_a_reckoning_item_by_item(company: Company, drawn_deals: list[Deal], after: int) -> None:
    day = START + timedelta(days=after)
    with drawn(company, drawn_deals):
        points = kpi_queries.kpis(selection(company), AsOf(day), conventions=Conventions(grace_days=2))
        for point in points:
            _compare(company, point)
        for point in kpi_queries.history(selection(company), AsOf(day), count=4, conventions=Conventions(grace_days=2)):
            _compare(company, point)


def _compare(company: Company, point: kpi_queries.KpiPoint) -> None:
    day, period, inputs = point.day, point.period, point.inputs
    now = opened(company, day)
    assert inputs.closing.current_minor == sum(minor for item, minor in now if minor > 0 and item.due_date >= day)
    overdue = [(item, minor) for item, minor in now if minor > 0 and item.due_date < day]
    assert inputs.closing.overdue_minor == sum(minor for _, minor in overdue)
    assert inputs.closing.unapplied_minor == sum(minor for _, minor in now if minor < 0)
    assert inputs.overdue_days_minor == sum(minor * (day - item.due_date).days for item, minor in overdue)
    assert inputs.opening.net_minor == sum(minor for _, minor in opened(company, period.opening_date))
    assert inputs.sales_minor == sum(
        item.amount_minor
        for item in OpenItem.objects.filter(organisation_id=company.organisation_id)
        if item.kind in {"invoice", "credit_note"} and period.holds(item.item_date)
    )
    parts = [part for part in _paid_parts(company) if period.holds(part["paid"])]
    assert inputs.settled.amount_minor == sum(part["minor"] for part in parts)
    assert inputs.settled.late_days_minor == sum(part["minor"] * (part["paid"] - part["due"]).days for part in parts)
    cleared = _cleared(company, day)
    whole = [part for part in _paid_parts(company) if period.holds(cleared.get(part["item"], date.max))]
    assert inputs.fully_paid.amount_minor == sum(part["minor"] for part in whole)
    assert inputs.fully_paid.to_pay_days_minor == sum(
        part["minor"] * (part["paid"] - part["issued"]).days for part in whole if part["paid"] <= day
    )
    _compare_punctuality(company, point, cleared)


def _paid_parts(company: Company) -> list[dict[str, Any]]:
    invoices = OpenItem.objects.filter(organisation_id=company.organisation_id, kind="invoice").prefetch_related("legs")
    return [
        {
            "item": item.pk,
            "minor": -leg.amount_minor,
            "paid": leg.allocation_date,
            "due": item.due_date,
            "issued": item.item_date,
        }
        for item in invoices
        for leg in item.legs.all()
    ]


def _cleared(company: Company, day: date) -> dict[int, date]:
    """The first day from which nothing was open, as seen on the day."""
    found = {}
    for item in OpenItem.objects.filter(organisation_id=company.organisation_id, kind="invoice"):
        dates = sorted({leg.allocation_date for leg in item.legs.all() if leg.allocation_date <= day})
        for last in dates:
            if item.amount_minor + sum(leg.amount_minor for leg in item.legs.all() if leg.allocation_date <= last) == 0:
                found[item.pk] = last
                break
    return found


def _compare_punctuality(company: Company, point: kpi_queries.KpiPoint, cleared: dict[int, date]) -> None:
    from encours.analytics.rules.kpis import punctuality_of

    states = [
        (
            punctuality_of(due_date=item.due_date, cleared_date=cleared.get(item.pk), as_of=point.day, grace_days=2),
            item.amount_minor,
        )
        for item in OpenItem.objects.filter(organisation_id=company.organisation_id, kind="invoice")
        if point.period.holds(item.due_date) and item.item_date <= point.day
    ]
    found = point.inputs.punctuality
    for state in ("on_time", "late", "pending"):
        assert getattr(found, f"{state}_count") == sum(1 for name, _ in states if name == state)
        assert getattr(found, f"{state}_minor") == sum(minor for name, minor in states if name == state)


@on_books
@given(drawn_deals=deals, after=days)
def test_best_possible_dso_never_exceeds_dso(company: Company, drawn_deals: list[Deal], after: int) -> None:
    with drawn(company, drawn_deals):
        for net in (True, False):
            for point in kpi_queries.kpis(
                selection(company),
                AsOf(START + timedelta(days=after)),
                conventions=Conventions(net_of_unapplied=net),
            ):
                for method in ("simple", "countback"):
                    dso, best = point.figures[f"dso_{method}"].value, point.figures[f"bpdso_{method}"].value
                    assert dso is None or best <= dso + 1e-9


@on_books
@given(drawn_deals=deals, after=days)
def test_cei_never_exceeds_a_hundred_without_credit_balances(
    company: Company, drawn_deals: list[Deal], after: int
) -> None:
    without_credit = [Deal(d.customer, d.minor, d.issued_days, d.terms_days, d.paid[:1], False, 0) for d in drawn_deals]
    with drawn(company, without_credit):
        for point in kpi_queries.kpis(selection(company), AsOf(START + timedelta(days=after))):
            found = point.figures["cei"].value
            assert found is None or found <= 100 + 1e-9


@on_books
@given(
    minor=st.integers(400, 10**8),
    cuts=st.lists(st.integers(1, 100), min_size=2, max_size=4),
    paid=st.booleans(),
    after=st.integers(0, 90),
)
def test_instalments_of_equal_dates_give_the_kpis_of_a_single_line(
    company: Company, minor: int, cuts: list[int], paid: bool, after: int
) -> None:
    parts = [max(1, minor * cut // sum(cuts)) for cut in cuts]
    figures = []
    for amounts in ([sum(parts)], parts):
        with drawn(company, []) as books:
            due = START + timedelta(days=30)
            items = books.instalments(company.acme, [(part, due) for part in amounts], issued=START)
            for item in items if paid else []:
                books.pay(item, day=START + timedelta(days=45))
            [point] = kpi_queries.kpis(
                selection(company),
                AsOf(START + timedelta(days=after)),
                period=Period(START, START + timedelta(days=after)),
            )
            figures.append(dict(point.figures))
    assert figures[0] == figures[1]


@pytest.mark.django_db(transaction=True)
class TestReplay:
    """Real commits, because what was known is told by the instant of the transaction."""

    @pytest.fixture
    def books(self, committed_company: Company) -> Books:
        return Books(committed_company)

    def _report(self, books: Books, as_of: AsOf) -> Any:
        chosen = selection(books.company)
        points = kpi_queries.kpis(chosen, as_of)
        history = kpi_queries.history(chosen, as_of, count=4)
        balance = aged_balance.ageing(chosen, as_of)
        return [(point.figures, point.inputs) for point in [*points, *history]], balance.lines, balance.totals

    def _now(self) -> datetime:
        with connection.cursor() as cursor:
            cursor.execute("select clock_timestamp()")
            found: datetime = cursor.fetchone()[0]
        return found

    def test_a_past_report_stays_the_same_whatever_comes_later(self, books: Books) -> None:
        acme, cobalt = books.company.acme, books.company.cobalt
        old = books.invoice(acme, 100_000, issued=date(2026, 1, 10), due=date(2026, 2, 10))
        partly = books.invoice(cobalt, 50_000, issued=date(2026, 1, 15), due=date(2026, 2, 15))
        wrong = books.invoice(cobalt, 70_000, issued=date(2026, 2, 1), due=date(2026, 3, 1))
        first = books.pay(partly, day=date(2026, 2, 20), minor=20_000)
        as_of = AsOf(date(2026, 3, 31), self._now())
        before = self._report(books, as_of)
        # learnt later: payments of the past and of the future, an undone allocation, a corrected invoice
        books.pay(old, day=date(2026, 3, 1))
        books.pay(partly, day=date(2026, 4, 15), minor=10_000)
        books.undo(first)
        books.reverse(wrong)
        books.invoice(cobalt, 60_000, issued=date(2026, 2, 1), due=date(2026, 3, 1))
        assert self._report(books, as_of) == before
        assert self._report(books, AsOf(date(2026, 3, 31))) != before

    def test_a_payment_of_today_changes_no_past_report(self, books: Books) -> None:
        acme = books.company.acme
        old = books.invoice(acme, 100_000, issued=date(2026, 1, 10), due=date(2026, 2, 10))
        parts = books.instalments(
            acme, [(30_000, date(2026, 2, 1)), (30_000, date(2026, 3, 1))], issued=date(2026, 1, 5)
        )
        books.pay(old, day=date(2026, 2, 20), minor=40_000)
        as_of = AsOf(date(2026, 3, 31))
        before = self._report(books, as_of)
        books.pay(old, day=date(2026, 4, 1))
        for part in parts:
            books.pay(part, day=date(2026, 4, 2))
        assert self._report(books, as_of) == before

    def test_a_corrected_invoice_counts_once_as_corrected(self, books: Books) -> None:
        acme = books.company.acme
        wrong = books.invoice(acme, 100_000, issued=date(2026, 3, 10), due=date(2026, 4, 10))
        books.reverse(wrong)
        books.invoice(acme, 90_000, issued=date(2026, 3, 10), due=date(2026, 4, 10))
        [point] = kpi_queries.kpis(selection(books.company), AsOf(date(2026, 4, 30)))
        assert point.figures["sales"].value == 90_000
        assert point.figures["overdue"].value == 90_000
        assert point.inputs.punctuality.late_count == 1


def test_periods_of_history_end_on_month_ends() -> None:
    assert periods.month_ends_to(date(2026, 3, 31), count=2) == [date(2026, 2, 28), date(2026, 3, 31)]
