"""The aged balance, standings, kept reports and the rows behind figures."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from encours.access.models import Entity
from encours.access.rules import Scope
from encours.analytics import actions as analytics
from encours.analytics.models import Snapshot, Standing, Touched
from encours.analytics.queries import ageing as aged_balance
from encours.analytics.queries import facts, kpis, reports
from encours.analytics.queries.ageing import By
from encours.analytics.queries.rows import Page, rows_behind
from encours.analytics.queries.standings import overdue_by_collector, standings, standings_total
from encours.analytics.rules.ageing import STANDARD, Scheme, Unapplied
from encours.analytics.rules.definitions import DEFINITIONS
from encours.analytics.rules.periods import Period, month_ends_to
from encours.analytics.rules.reckoning import Conventions
from encours.ledger.queries import UNASSIGNED, AsOf, Selection
from tests.books import Books

TODAY = date(2026, 3, 31)


@pytest.fixture
def filled(books: Books) -> Books:
    """Acme is 30 days late on 1 000,00 and owes 500,00 more; Borealis paid late; Cobalt paid too much."""
    company = books.company
    books.invoice(company.acme, 100_000, issued=date(2026, 1, 30), due=TODAY - timedelta(days=30))
    books.invoice(company.acme, 50_000, issued=date(2026, 3, 1), due=TODAY)
    late = books.invoice(company.borealis, 80_000, issued=date(2026, 1, 5), due=date(2026, 2, 4))
    books.pay(late, day=date(2026, 2, 14))
    dear = books.invoice(company.cobalt, 20_000, issued=date(2026, 2, 1), due=date(2026, 3, 3))
    books.settle(dear, books.receipt(company.cobalt, 25_000, day=date(2026, 3, 3)), day=date(2026, 3, 3))
    books.credit_note(company.borealis, 3_000, issued=date(2026, 3, 10))
    return books


def of(books: Books, **asked: object) -> Selection:
    return Selection(organisation_id=books.company.organisation_id, **asked)


def scope(books: Books, **more: object) -> Scope:
    return Scope(books.company.organisation_id, books.company.collector.pk, "cfo", **more)


class TestAgeing:
    def test_puts_each_customer_on_a_line_largest_first(self, filled: Books) -> None:
        balance = aged_balance.ageing(of(filled), AsOf(TODAY))
        assert [(line.number, line.total_minor) for line in balance.lines] == [
            ("C001", 150_000),
            ("C002", -3_000),
            ("C003", -5_000),
        ]
        first = dict(zip(balance.columns, balance.lines[0].columns_minor, strict=True))
        assert (first["not_due"], first["days_1_30"], first["days_31_60"]) == (50_000, 100_000, 0)

    def test_due_today_is_not_overdue_and_is_tomorrow(self, filled: Books) -> None:
        tomorrow = aged_balance.ageing(of(filled), AsOf(TODAY + timedelta(days=1)))
        first = dict(zip(tomorrow.columns, tomorrow.lines[0].columns_minor, strict=True))
        assert (first["not_due"], first["days_1_30"], first["days_31_60"]) == (0, 50_000, 100_000)

    def test_ages_credits_on_demand(self, filled: Books) -> None:
        balance = aged_balance.ageing(of(filled), AsOf(TODAY), scheme=Scheme(unapplied=Unapplied.AGED))
        [totals] = balance.totals.values()
        sums = dict(zip(balance.columns, totals, strict=True))
        assert (sums["unapplied"], sums["days_1_30"], sums["total"]) == (0, 100_000 - 5_000 - 3_000, 142_000)

    def test_never_adds_currencies(self, filled: Books) -> None:
        filled.invoice(filled.company.acme, 9_900, issued=TODAY, due=TODAY, currency="USD")
        balance = aged_balance.ageing(of(filled), AsOf(TODAY))
        assert {currency: totals[-1] for currency, totals in balance.totals.items()} == {"EUR": 142_000, "USD": 9_900}
        assert len([line for line in balance.lines if line.number == "C001"]) == 2

    def test_shows_only_what_is_asked(self, filled: Books) -> None:
        company = filled.company
        other = Entity.objects.create(organisation=company.organisation, code="02", name="Brévanne Sud")
        filled.invoice(company.acme, 7_000, issued=TODAY, due=TODAY, entity=other)
        assert _total(filled, entity_id=other.pk) == 7_000
        assert _total(filled, entity_ids=(other.pk,)) == 7_000
        assert _total(filled, customer_id=company.acme.pk) == 157_000
        assert _total(filled, collector_id=company.collector.pk) == 149_000
        assert _total(filled, collector_id=UNASSIGNED) == 0
        assert _total(filled, portfolio_of=(company.collector.pk,)) == 149_000
        assert _total(filled, portfolio_of=()) == 0

    def test_of_another_tenant_shows_nothing(self, filled: Books) -> None:
        from tests import cast

        with cast.company("dora"):
            assert aged_balance.ageing(of(filled), AsOf(TODAY)).lines == []

    def test_cells_open_to_the_rows_that_sum_to_them(self, filled: Books) -> None:
        balance = aged_balance.ageing(of(filled), AsOf(TODAY))
        for column, minor in zip(balance.columns, balance.totals["EUR"], strict=True):
            rows = list(aged_balance.open_rows(of(filled), AsOf(TODAY), column=column))
            assert sum(row.open_minor for row in rows) == minor

    def test_rows_are_paged_by_their_place(self, filled: Books) -> None:
        whole = list(aged_balance.open_rows(of(filled), AsOf(TODAY)))
        first = list(aged_balance.open_rows(of(filled), AsOf(TODAY), limit=2))
        rest = list(aged_balance.open_rows(of(filled), AsOf(TODAY), after=first[-1].place))
        assert [*first, *rest] == whole

    def test_takes_three_statements_however_large_the_book(
        self, filled: Books, django_assert_num_queries: object
    ) -> None:
        with django_assert_num_queries(3):
            aged_balance.ageing(of(filled), AsOf(TODAY))

    @pytest.mark.parametrize("by", list(By))
    def test_is_the_same_from_the_kept_standings(self, filled: Books, by: By) -> None:
        reckoned = aged_balance.ageing(of(filled), AsOf(TODAY), by=by)
        analytics.refresh_standings(organisation_id=filled.company.organisation_id, today=TODAY)
        with CaptureQueriesContext(connection) as asked:
            kept = aged_balance.ageing(of(filled), AsOf(TODAY), by=by)
        assert (kept.lines, kept.totals) == (reckoned.lines, reckoned.totals)
        assert "from ledger_openitem" not in "".join(query["sql"] for query in asked)
        filled.invoice(filled.company.cobalt, 9_000, issued=TODAY, due=TODAY)
        changed = aged_balance.ageing(of(filled), AsOf(TODAY), by=by)
        assert changed.totals["EUR"][-1] == reckoned.totals["EUR"][-1] + 9_000


def _total(books: Books, **asked: object) -> int:
    totals = aged_balance.ageing(of(books, **asked), AsOf(TODAY)).totals
    return totals["EUR"][-1] if totals else 0


def test_aged_history_equals_the_balance_of_each_day(filled: Books) -> None:
    days = month_ends_to(TODAY, count=4)
    found = facts.aged_on_days(facts.Asked(of(filled), AsOf(TODAY)), days, scheme=STANDARD)[None, "EUR"]
    for day, sums in zip(days, found, strict=True):
        balance = aged_balance.ageing(of(filled), AsOf(day), by=By.ENTITY)
        expected = balance.totals.get("EUR", (0,) * len(balance.columns))
        assert sums == dict(zip(balance.columns, expected, strict=True))


class TestStandings:
    def _refresh(self, books: Books, today: date = TODAY) -> int:
        return analytics.refresh_standings(organisation_id=books.company.organisation_id, today=today)

    def test_equal_the_books(self, filled: Books) -> None:
        self._refresh(filled)
        rows = standings(scope=scope(filled), today=TODAY, sort="overdue")
        assert [row.number for row in rows] == ["C001", "C003", "C002"]
        acme = rows[0]
        assert (acme.outstanding_minor, acme.overdue_minor, acme.not_due_minor) == (150_000, 100_000, 50_000)
        assert (acme.days_late, acme.overdue_count, acme.item_count) == (30, 1, 2)
        borealis = next(row for row in rows if row.number == "C002")
        assert (borealis.unapplied_minor, borealis.average_delay_days) == (-3_000, 10.0)

    def test_are_left_alone_while_nothing_changes(self, filled: Books) -> None:
        assert self._refresh(filled) == 3
        assert self._refresh(filled) == 0

    def test_follow_the_customers_that_changed_only(self, filled: Books) -> None:
        self._refresh(filled)
        filled.invoice(filled.company.cobalt, 9_000, issued=TODAY, due=TODAY)
        assert self._refresh(filled) == 1
        assert Touched.objects.count() == 0
        kept = Standing.objects.get(customer=filled.company.cobalt)
        assert (kept.outstanding_minor, kept.not_due_minor) == (4_000, 9_000)

    def test_follow_the_day(self, filled: Books) -> None:
        self._refresh(filled)
        assert self._refresh(filled, TODAY + timedelta(days=1)) == 3
        [total] = standings_total(scope=scope(filled), today=TODAY)
        assert total.overdue_minor == 150_000

    @pytest.mark.parametrize("sort", ["overdue", "outstanding", "days_late", "name", "number", "average_delay"])
    @pytest.mark.parametrize("is_descending", [True, False])
    def test_are_paged_without_gap_or_repeat(self, filled: Books, sort: str, is_descending: bool) -> None:
        self._refresh(filled)
        names = {
            "overdue": "overdue_minor",
            "outstanding": "outstanding_minor",
            "average_delay": "average_delay_days",
        }
        seen, after = [], None
        while True:
            page = standings(
                scope=scope(filled), today=TODAY, sort=sort, is_descending=is_descending, after=after, limit=1
            )
            if not page:
                break
            seen.append(page[0].number)
            value = getattr(page[0], names.get(sort, sort))
            after = (-100000 if value is None else value, page[0].customer_id)
        assert sorted(seen) == ["C001", "C002", "C003"]

    def test_are_filtered_by_text_and_state(self, filled: Books) -> None:
        self._refresh(filled)
        found = standings(scope=scope(filled), today=TODAY, text="acm")
        assert [row.name for row in found] == ["Acme"]
        assert {row.name for row in standings(scope=scope(filled), today=TODAY, only="credit")} == {
            "Borealis",
            "Cobalt",
        }
        assert standings(scope=scope(filled), today=TODAY, text="50%") == []

    def test_keep_to_the_entities_of_the_reader(self, filled: Books) -> None:
        company = filled.company
        other = Entity.objects.create(organisation=company.organisation, code="02", name="Brévanne Sud")
        filled.invoice(company.acme, 7_000, issued=TODAY, due=TODAY, entity=other)
        self._refresh(filled)
        [seen] = standings(scope=scope(filled, entity_ids=(other.pk,)), today=TODAY)
        assert (seen.number, seen.outstanding_minor) == ("C001", 7_000)
        both = standings(scope=scope(filled, entity_ids=(other.pk, company.entity.pk)), today=TODAY)
        assert both[0].outstanding_minor == 157_000
        assert standings(scope=scope(filled), today=TODAY)[0].outstanding_minor == 157_000

    def test_sum_by_collector(self, filled: Books) -> None:
        self._refresh(filled)
        [line] = overdue_by_collector(scope=scope(filled), today=TODAY)
        assert (line.name, line.customer_count, line.overdue_minor) == ("Nadia Ferrand", 1, 100_000)


class TestReports:
    def _asked(self, books: Books, **more: object) -> reports.Asked:
        return reports.Asked(of(books), AsOf(TODAY), **more)

    def test_are_kept_until_the_books_change(self, filled: Books, django_assert_max_num_queries: object) -> None:
        first = analytics.report_kpis(self._asked(filled))
        with django_assert_max_num_queries(2):
            again = analytics.report_kpis(self._asked(filled))
        assert again == first
        filled.invoice(filled.company.acme, 1_000, issued=TODAY, due=TODAY)
        changed = analytics.report_kpis(self._asked(filled))
        assert changed.fingerprint != first.fingerprint
        assert Snapshot.objects.count() == 1

    def test_of_large_books_may_be_a_little_old_and_say_so(self, filled: Books) -> None:
        first = analytics.report_kpis(self._asked(filled))
        filled.invoice(filled.company.acme, 1_000, issued=TODAY, due=TODAY)
        Snapshot.objects.update(reckoned_ms=reports.SLOW_MS)
        assert first.made_at is not None
        early, late = first.made_at - timedelta(minutes=1), first.made_at + timedelta(minutes=1)
        assert analytics.report_kpis(self._asked(filled), not_before=early) == first
        assert analytics.report_kpis(self._asked(filled), not_before=late) != first

    def test_that_take_long_are_made_ready_by_a_job(self, filled: Books) -> None:
        asked = {"organisation_id": filled.company.organisation_id, "today": TODAY}
        first = analytics.report_kpis(self._asked(filled))
        assert first.made_at is not None
        assert analytics.warm_reports(**asked, asked_since=first.made_at) == 0
        Snapshot.objects.update(reckoned_ms=reports.SLOW_MS)
        filled.invoice(filled.company.acme, 1_000, issued=TODAY, due=TODAY)
        assert analytics.warm_reports(**asked, asked_since=first.made_at) == 1
        kept = Snapshot.objects.get(kind=reports.KPIS)
        assert kept.fingerprint != first.fingerprint

    def test_of_large_books_are_made_ready_before_anybody_asks(
        self, filled: Books, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = {"organisation_id": filled.company.organisation_id, "today": TODAY}
        assert analytics.warm_reports(**asked, asked_since=timezone.now()) == 0
        monkeypatch.setattr(analytics, "LARGE_ITEMS", 1)
        assert analytics.warm_reports(**asked, asked_since=timezone.now()) == 1
        assert Snapshot.objects.filter(kind=reports.KPIS).count() == 1
        assert analytics.warm_reports(**asked, asked_since=timezone.now()) == 0

    def test_are_reckoned_again_to_the_same_fingerprint(self, filled: Books) -> None:
        first = analytics.report_kpis(self._asked(filled))
        Snapshot.objects.all().delete()
        assert analytics.report_kpis(self._asked(filled)) == first

    def test_answer_each_question_apart(self, filled: Books) -> None:
        net = analytics.report_kpis(self._asked(filled))
        gross = analytics.report_kpis(self._asked(filled, conventions=Conventions(net_of_unapplied=False)))
        assert net.entries[0].figures["outstanding"].value == 142_000
        assert gross.entries[0].figures["outstanding"].value == 150_000

    def test_of_empty_books_say_nothing(self, books: Books) -> None:
        found = analytics.report_kpis(self._asked(books))
        assert (found.entries, found.history) == ([], [])

    @pytest.mark.parametrize("by", [By.COLLECTOR, By.SEGMENT, By.COUNTRY, By.ENTITY])
    def test_break_down_without_losing_a_cent(self, filled: Books, by: By) -> None:
        [whole] = kpis.kpis(of(filled), AsOf(TODAY))
        parts = kpis.kpis(of(filled), AsOf(TODAY), by=by)
        assert sum(part.inputs.closing.net_minor for part in parts) == whole.inputs.closing.net_minor
        assert sum(part.inputs.sales_minor for part in parts) == whole.inputs.sales_minor
        assert sum(part.inputs.settled.late_days_minor for part in parts) == whole.inputs.settled.late_days_minor


class TestRowsBehind:
    PERIOD = Period(date(2026, 1, 1), TODAY)

    @pytest.mark.parametrize("code", [definition.code for definition in DEFINITIONS])
    def test_sum_to_what_the_figure_stands_on(self, filled: Books, code: str) -> None:
        asked = facts.Asked(of(filled), AsOf(TODAY))
        [point] = kpis.kpis(of(filled), AsOf(TODAY), period=self.PERIOD)
        inputs = point.inputs
        expected = {
            "items": inputs.closing.net_minor,
            "settled": inputs.settled.amount_minor,
            "due": inputs.punctuality.due_minor,
            "customers": inputs.closing.gross_minor,
            "sales": inputs.sales_minor,
        } | {
            "not_due": inputs.closing.current_minor,
            "bpdso_simple": inputs.closing.current_minor,
            "bpdso_countback": inputs.closing.current_minor,
            "overdue": inputs.closing.overdue_minor,
            "overdue_share": inputs.closing.overdue_minor,
            "unapplied": inputs.closing.unapplied_minor,
            "days_to_pay": inputs.fully_paid.amount_minor,
            "turnover": inputs.sales_year_minor,
            "collection_period": inputs.sales_year_minor,
            "dso_day_value": inputs.sales_year_minor,
        }
        kind = next(definition.rows for definition in DEFINITIONS if definition.code == code)
        rows = list(rows_behind(code, asked, period=self.PERIOD))
        assert sum(row.amount_minor for row in rows) == expected.get(code, expected[kind])
        assert rows

    def test_carry_what_the_figure_counts(self, filled: Books) -> None:
        asked = facts.Asked(of(filled), AsOf(TODAY))
        states = [row.state for row in rows_behind("late_count_share", asked, period=self.PERIOD)]
        assert sorted(states) == ["late", "late", "on_time", "pending"]

    def test_are_paged(self, filled: Books) -> None:
        asked = facts.Asked(of(filled), AsOf(TODAY))
        whole = list(rows_behind("sales", asked, period=self.PERIOD))
        first = list(rows_behind("sales", asked, period=self.PERIOD, page=Page(limit=3)))
        place = (first[-1].place, first[-1].place_id)
        rest = list(rows_behind("sales", asked, period=self.PERIOD, page=Page(after=place)))
        assert [*first, *rest] == whole
