"""The API applies bank lines once, takes them back, and hands accounting its files."""

from datetime import date

import pytest

from encours.access.models import Membership
from encours.matching.models import Match
from tests.entrypoints.api.conftest import Program, secret_of
from tests.matching.bank import open_of, set_up


@pytest.fixture
def applying(company):
    Membership.objects.filter(user=company.collector).update(role="credit_manager")
    books, bank = set_up(company)
    owed = books.invoice(company.acme, 812_35, issued=date(2026, 10, 1), due=date(2026, 10, 31), number="F-2026-0501")
    line = bank.line(800_00, text="REGLT", counterparty_name="ACME")
    return Program(company, secret_of(company, scopes=["read", "write"])), owed, line


def post(program, path, body, **headers):
    return program.post(f"/api/v1/{path}", body, content_type="application/json", headers=headers)


class TestApplying:
    def test_a_chosen_line_is_applied_once_for_its_key(self, applying):
        program, owed, line = applying
        body = {
            "customer_number": "C001",
            "allocations": [{"invoice_number": "F-2026-0501", "amount": "800.00"}],
            "residuals": [{"invoice_number": "F-2026-0501", "treatment": "discount", "amount": "12.35"}],
        }
        first = post(program, f"bank-lines/{line.pk}/apply", body, **{"Idempotency-Key": "erp-1"})
        again = post(program, f"bank-lines/{line.pk}/apply", body, **{"Idempotency-Key": "erp-1"})
        assert (first.status_code, again.json()) == (200, first.json())
        assert first.json()["allocations"] == [
            {"invoice_number": "F-2026-0501", "amount": {"amount": "800.00", "currency": "EUR"}}
        ]
        assert (open_of(owed), Match.objects.count()) == (0, 1)
        other = post(program, f"bank-lines/{line.pk}/accept", {}, **{"Idempotency-Key": "erp-1"})
        assert other.status_code == 409
        assert post(program, f"bank-lines/{line.pk}/accept", {}).status_code == 422

    def test_undo_opens_the_invoice_again(self, applying):
        program, owed, line = applying
        body = {"customer_number": "C001", "allocations": [{"invoice_number": "F-2026-0501", "amount": "800.00"}]}
        made = post(program, f"bank-lines/{line.pk}/apply", body).json()
        assert open_of(owed) == 12_35
        assert post(program, f"matches/{made['match']}/undo", {"why": "wrong customer"}).status_code == 200
        assert open_of(owed) == 812_35

    def test_a_reader_may_not(self, applying):
        program, _, line = applying
        reader = Program(program.company, secret_of(program.company))
        assert post(reader, f"bank-lines/{line.pk}/accept", {}).status_code == 403
        listed = reader.read("bank-lines")
        assert [one["line"] for one in listed["items"]] == [line.pk]


class TestFiles:
    def test_new_postings_are_handed_over_until_they_are_acknowledged(self, applying):
        program, _, line = applying
        body = {"customer_number": "C001", "allocations": [{"invoice_number": "F-2026-0501", "amount": "800.00"}]}
        post(program, f"bank-lines/{line.pk}/apply", body)
        made = program.post("/api/v1/journal-exports?entity_code=01", content_type="application/json").json()
        assert (made["number"], made["row_count"], made["debit_minor"]) == (1, 2, 800_00)
        file = b"".join(program.get(f"/api/v1/journal-exports/{made['export']}/file").streaming_content).decode()
        heading, debit, credit = file.splitlines()
        assert heading.startswith("JournalCode\tJournalLib\tEcritureNum")
        columns = [line.split("\t") for line in (debit, credit)]
        assert {(row[4], row[11], row[12]) for row in columns} == {("411", "0,00", "800,00"), ("512", "800,00", "0,00")}
        empty = program.post("/api/v1/journal-exports?entity_code=01", content_type="application/json")
        assert empty.json()["code"] == "nothing_to_export"
        post(program, f"journal-exports/{made['export']}/answer", {"accepted": False, "reference": "period closed"})
        again = program.post("/api/v1/journal-exports?entity_code=01", content_type="application/json").json()
        assert (again["number"], again["row_count"]) == (2, 2)

    @pytest.mark.parametrize(
        ("changes", "status"),
        [({"role": "auditor"}, 403), ({"own_portfolio_only": True}, 403), ({"entity_ids": [0]}, 404)],
    )
    def test_are_for_those_who_keep_the_whole_books_of_a_company(self, applying, changes, status):
        program, _, line = applying
        body = {"customer_number": "C001", "allocations": [{"invoice_number": "F-2026-0501", "amount": "800.00"}]}
        post(program, f"bank-lines/{line.pk}/apply", body)
        made = program.post("/api/v1/journal-exports?entity_code=01", content_type="application/json").json()
        Membership.objects.filter(user=program.company.collector).update(**changes)
        again = program.post("/api/v1/journal-exports?entity_code=01", content_type="application/json")
        answered = post(program, f"journal-exports/{made['export']}/answer", {"accepted": True})
        assert (again.status_code, answered.status_code) == (status, status)
