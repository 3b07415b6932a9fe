"""The customers list, the open items, the aged balance and the indicators."""

import csv
import io

import pytest

from encours.credit import actions as credit
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books, Desk, is_workbook, seated


def rows_of(answer) -> list[dict[str, str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


class TestCustomers:
    def test_shows_the_largest_overdue_first_with_totals(self, desk: Desk, books: Books):
        page = desk.get("/customers").content.decode()
        assert page.index("Acme") < page.index("Borealis")
        assert "1\u202f200,00\u00a0€" in page

    def test_filters_by_state_and_by_a_part_of_the_name_without_accents(self, desk: Desk, books: Books):
        assert "Borealis" not in desk.part("/customers?only=overdue").content.decode()
        assert "Borealis" in desk.part("/customers?q=BORÉ").content.decode()

    def test_shows_who_owes_more_than_its_limit_the_moment_it_is_set(self, company: Company, desk: Desk, books: Books):
        assert "Acme" not in desk.get("/customers?only=over_limit").content.decode()
        given = {"organisation_id": company.organisation_id, "currency": "EUR", "today": books.today, "by": company.by}
        credit.set_limit(customer_id=company.acme.pk, amount_minor=100_000, **given)
        credit.set_limit(customer_id=company.borealis.pk, amount_minor=99_000_000, **given)
        page = desk.get("/customers?only=over_limit").content.decode()
        assert "Acme" in page
        assert "Borealis" not in page
        assert "1 client" in page

    def test_teaches_the_next_step_when_nothing_fits(self, desk: Desk, books: Books):
        assert "Aucun client ne répond" in desk.get("/customers?q=zzzz").content.decode()

    @pytest.mark.parametrize(
        "sort", ["name", "-name", "-outstanding", "-overdue", "-days_late", "-average_delay", "bad"]
    )
    def test_takes_every_order_an_address_may_ask(self, desk: Desk, books: Books, sort: str):
        assert desk.get(f"/customers?sort={sort}").status_code == 200

    def test_leaves_whole_as_csv_and_xlsx(self, desk: Desk, books: Books):
        rows = rows_of(desk.get("/customers?export=csv"))
        assert {row["Client"]: row["Échu"] for row in rows}["Acme"] == "1200,00"
        assert is_workbook(desk.get("/customers?export=xlsx"))


class TestOpenItems:
    def test_starts_with_the_oldest_debt_and_ends_with_credits(self, desk: Desk, books: Books):
        page = desk.get("/items").content.decode()
        assert page.index("FA-1") < page.index("FA-2") < page.index("RG-2")

    def test_pages_by_key_without_losing_or_repeating_a_row(self, company: Company, desk: Desk, books: Books):
        for number in range(100, 160):
            books.invoice(company.borealis, f"FA-{number}", 10_000, due=number % 7)
        first = desk.part("/items").content.decode()
        address = first.split('hx-get="', 1)[1].split('"', 1)[0].replace("&amp;", "&")
        second = desk.part(f"/items{address}").content.decode()
        seen = [f"FA-{number}" for number in range(100, 160) if f">FA-{number}<" in first + second]
        assert len(seen) == 60
        assert not [number for number in seen if f">{number}<" in first and f">{number}<" in second]

    def test_survives_an_address_made_up_by_hand(self, desk: Desk, books: Books):
        assert desk.get("/items?sort=evil&after=%%%&entity=x&only=y&kind=z").status_code == 200

    def test_leaves_as_csv_with_amounts_that_add_up(self, desk: Desk, books: Books):
        rows = rows_of(desk.get("/items?export=csv"))
        assert sum(float(row["Reste dû"].replace(",", ".")) for row in rows) == 1200 + 1000 + 800 - 50

    def test_does_not_let_a_name_run_as_a_formula(self, company: Company, desk: Desk, books: Books):
        type(company.acme).objects.filter(pk=company.acme.pk).update(name="=cmd()")
        assert {row["Client"] for row in rows_of(desk.get("/items?export=csv"))} >= {"'=cmd()"}


class TestAgedBalance:
    def test_puts_each_instalment_in_its_column_and_credits_apart(self, desk: Desk, books: Books):
        rows = {row["Client"]: row for row in rows_of(desk.get("/ageing?export=csv"))}
        assert rows["Acme"]["31 à 60 j"] == "1200,00"
        assert rows["Cobalt"]["À imputer"] == "-50,00"

    @pytest.mark.parametrize("by", ["customer", "collector", "segment", "entity", "country", "nonsense"])
    def test_has_a_line_for_each_thing_one_may_ask(self, desk: Desk, books: Books, by: str):
        assert desk.get(f"/ageing?by={by}&basis=issue&columns=detailed").status_code == 200

    def test_opens_each_cell_to_rows_that_sum_to_it(self, company: Company, desk: Desk, books: Books):
        address = f"/ageing/items?by=customer&key={company.acme.pk}&column=days_31_60&currency=EUR"
        page = desk.get(address).content.decode()
        assert "FA-1" in page
        assert "FA-2" not in page
        assert [row["Reste dû"] for row in rows_of(desk.get(address + "&export=csv"))] == ["1200,00"]

    def test_answers_for_a_day_before_the_books(self, desk: Desk, books: Books):
        assert "Rien en cours ce jour-là" in desk.get("/ageing?as_of=2001-01-01").content.decode()

    def test_takes_an_impossible_day_for_today(self, desk: Desk, books: Books):
        assert desk.get("/ageing?as_of=2026-02-31&known_at=soon").status_code == 200


class TestIndicators:
    def test_explain_themselves_and_open_to_their_rows(self, desk: Desk, books: Books):
        page = desk.get("/dashboard").content.decode()
        assert 'role="tooltip"' in page
        assert "/ageing/items?" in page
        assert "Comment ces chiffres sont calculés" in page

    def test_stand_month_by_month_with_their_formulas(self, desk: Desk, books: Books):
        page = desk.get("/kpis").content.decode()
        assert "DSO" in page
        assert is_workbook(desk.get("/kpis?export=xlsx"))

    def test_are_closed_to_sales(self, company: Company, books: Books):
        assert seated(company, role="sales").get("/dashboard").status_code == 403

    def test_teach_the_next_step_before_the_first_import(self, desk: Desk):
        assert "Pas encore de chiffres" in desk.get("/dashboard").content.decode()
