"""The job matches where new bank lines came in, and leaves what it has seen to the night."""

from datetime import UTC, date, datetime

from encours.entrypoints.jobs import matching as job
from encours.matching.models import LineWork
from encours.matching.queries import workbench
from tests.matching.bank import open_of, set_up

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_new_lines_are_matched_once(company):
    books, bank = set_up(company)
    owed = books.invoice(company.acme, 318_77, issued=date(2026, 10, 1), due=date(2026, 10, 31), number="F-2026-0901")
    bank.line(318_77, text="F-2026-0901", counterparty_iban=company.acme.iban)
    assert workbench.has_unseen_lines(company.organisation_id)
    job.run_where_new(company.organisation, NOW)
    assert (open_of(owed), workbench.has_unseen_lines(company.organisation_id)) == (0, False)
    changed = LineWork.objects.values_list("changed_at", flat=True).get()
    job.run_where_new(company.organisation, NOW)
    assert LineWork.objects.values_list("changed_at", flat=True).get() == changed


def test_the_night_looks_again_at_what_waits(company):
    books, bank = set_up(company)
    bank.line(318_77, text="F-2026-0901", counterparty_iban=company.acme.iban)
    job.run_now(company.organisation_id, NOW)
    owed = books.invoice(company.acme, 318_77, issued=date(2026, 11, 1), due=date(2026, 12, 1), number="F-2026-0901")
    assert job.run_now(company.organisation_id, NOW).applied == 1
    assert open_of(owed) == 0
