"""Penalties invoiced, waived and undone: once, with their reasons, in the books."""

import threading
from datetime import date
from decimal import Decimal

import pytest
from django.db import ProgrammingError, connections, transaction

from encours.access import context
from encours.access.models import AuditEntry, Entity
from encours.access.rules import Scope
from encours.core.dates import HalfYear
from encours.customers.models import Customer
from encours.ledger.invariants import check as check_ledger
from encours.ledger.models import Entry, OpenItem
from encours.penalties import actions as penalties
from encours.penalties.actions import Decision
from encours.penalties.invariants import check
from encours.penalties.models import PenaltyLine, PenaltyNote
from encours.penalties.queries import notes
from encours.penalties.rules.registry import ECB_RATE, EcbRateMissing
from tests import cast
from tests.books import Books

ISSUED, DUE, DAY = date(2025, 5, 1), date(2025, 5, 31), date(2025, 7, 31)


def decision(company, **more):
    given = {
        "organisation_id": company.organisation_id,
        "customer_id": company.acme.pk,
        "outcome": "invoiced",
        "until": DAY,
        "key": "form-1",
        **more,
    }
    return Decision(**given)


def decide(company, *, today=DAY, **more):
    return penalties.decide(decision(company, **more), today=today, by=company.by)


def left(company, day=DAY):
    found = notes.left_of(company.acme.pk, organisation_id=company.organisation_id, day=day)
    return [(accrual.interest_left_minor, accrual.compensation_left_minor) for accrual in found]


@pytest.fixture
def late(company, books):
    """Acme owes 1 000.00 since 31 May 2025: 21.13 of interest on 31 July, and 40.00."""
    return books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="F1")


class TestInvoicing:
    def test_posts_a_debit_note_with_interest_and_compensation_on_their_accounts(self, company, late):
        (note,) = decide(company)
        assert (note.number, note.amount_minor, note.currency) == ("PEN-2025-0001", 61_13, "EUR")
        items = OpenItem.objects.filter(document_number="PEN-2025-0001").order_by("pk")
        assert [(i.kind, i.amount_minor, i.counterpart, i.due_date) for i in items] == [
            ("debit_note", 21_13, "763", DAY),
            ("debit_note", 40_00, "758", DAY),
        ]
        assert dict(Entry.objects.filter(transaction=items[0].transaction).values_list("account", "amount_minor")) == {
            "411": 61_13,
            "763": -21_13,
            "758": -40_00,
        }
        assert all(
            finding.is_kept for finding in [*check_ledger(company.organisation_id), *check(company.organisation_id)]
        )

    def test_keeps_the_segments_as_they_were_shown(self, company, late):
        decide(company)
        interest = PenaltyLine.objects.get(kind="interest")
        first = interest.segments[0]
        assert (first["half_year"], first["days"], first["rate_percent"], first["article"]) == (
            "2025 S1", 30, "13.15", "C. com. L441-10 II",
        )  # fmt: skip
        assert first["sources"][0]["source"].startswith("BCE")

    def test_what_runs_after_is_left_to_invoice_and_the_compensation_is_not(self, company, late):
        decide(company)
        assert left(company) == [(0, 0)]
        # August: the second segment runs from 1 July to 31 August, 62 days: 20.6384, of which 10.32 are invoiced
        assert left(company, date(2025, 8, 31)) == [(10_81 + 20_64 - 21_13, 0)]
        (second,) = decide(company, until=date(2025, 8, 31), today=date(2025, 8, 31), key="form-2")
        assert (second.number, second.amount_minor) == ("PEN-2025-0002", 10_32)

    def test_the_debit_note_bears_no_interest_itself(self, company, late):
        decide(company)
        found = notes.left_of(company.acme.pk, organisation_id=company.organisation_id, day=date(2025, 12, 31))
        assert [accrual.item.document_number for accrual in found] == ["F1"]

    def test_after_the_principal_is_paid_too(self, company, books, late):
        books.pay(late, day=date(2025, 6, 10))
        (note,) = decide(company)
        assert note.amount_minor == 3_60 + 40_00

    def test_the_same_form_twice_is_one_note(self, company, late):
        assert decide(company) == decide(company)
        assert PenaltyNote.objects.count() == 1

    def test_one_kind_or_one_item_alone(self, company, books, late):
        other = books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="F2")
        (note,) = decide(company, kinds=["compensation"], item_ids=[other.pk])
        assert (note.amount_minor, note.lines.get().document_number) == (40_00, "F2")
        assert sorted(left(company)) == [(21_13, 0), (21_13, 40_00)]

    def test_each_company_has_its_note_and_its_numbers(self, company, books, late):
        north = Entity.objects.create(organisation=company.organisation, code="02", name="Brévanne Nord")
        books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="F2", entity=north)
        made = decide(company)
        assert [(note.entity.code, note.number) for note in made] == [("01", "PEN-2025-0001"), ("02", "PEN-2025-0001")]

    def test_a_person_of_one_company_decides_for_it_alone(self, company, books, late):
        north = Entity.objects.create(organisation=company.organisation, code="02", name="Brévanne Nord")
        books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="F2", entity=north)
        (note,) = decide(company, entity_ids=(north.pk,))
        assert note.entity == north

    def test_a_dollar_invoice_gives_dollars_of_interest_and_euros_of_compensation(self, company, books):
        books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="F1", currency="USD")
        assert {(note.currency, note.amount_minor) for note in decide(company)} == {("USD", 21_13), ("EUR", 40_00)}

    def test_is_audited_with_its_reason(self, company, late):
        decide(company, why="asked by the credit manager")
        entry = AuditEntry.objects.get(verb="penalties_invoiced")
        assert (entry.why, entry.details["amounts"]) == (
            "asked by the credit manager",
            [[61_13, "EUR", "PEN-2025-0001"]],
        )


class TestRefusals:
    def test_private_persons(self, company, late):
        Customer.objects.filter(pk=company.acme.pk).update(is_natural_person=True)
        with pytest.raises(penalties.NotBetweenProfessionals):
            decide(company)

    def test_a_missing_rate(self, company, books):
        books.invoice(company.acme, 100_000, issued=ISSUED, due=date(2027, 1, 31))
        with pytest.raises(EcbRateMissing):
            decide(company, until=date(2027, 3, 1), today=date(2027, 3, 1))
        assert not PenaltyNote.objects.exists()

    def test_days_to_come(self, company, late):
        with pytest.raises(penalties.DayToCome):
            decide(company, until=date(2025, 8, 1))

    def test_nothing_left(self, company, late):
        decide(company)
        with pytest.raises(penalties.NothingToDecide):
            decide(company, key="form-2")

    def test_a_waiver_without_a_reason(self, company, late):
        with pytest.raises(penalties.ReasonMissing):
            decide(company, outcome="waived", why="  ")

    def test_warnings_that_were_not_acknowledged(self, company, books, late):
        books.receipt(company.acme, 5_000, day=date(2025, 6, 1))
        with pytest.raises(penalties.WarningsNotAcknowledged) as refusal:
            decide(company)
        assert refusal.value.data["warnings"] == ["unapplied"]
        (note,) = decide(company, acknowledged=["unapplied"])
        assert note.acknowledged == ["unapplied"]

    def test_another_tenants_customer(self, company, late):
        with cast.company("dora") as dora, pytest.raises(penalties.CustomerNotHere):
            decide(dora, customer_id=company.acme.pk)
        context.bind(company.organisation_id)


class TestWaivingAndUndoing:
    def test_a_waiver_posts_nothing_and_leaves_nothing_to_claim_to_that_day(self, company, late):
        (note,) = decide(company, outcome="waived", why="first incident")
        assert (note.number, note.amount_minor) == ("", 61_13)
        assert left(company) == [(0, 0)]
        assert OpenItem.objects.count() == 1

    def test_undoing_reverses_the_debit_note_and_gives_the_claim_back(self, company, late):
        (note,) = decide(company)
        undone = penalties.cancel(
            organisation_id=company.organisation_id, note_id=note.pk, today=DAY, by=company.by, why="wrong rate"
        )
        assert undone.amount_minor == -61_13
        assert left(company) == [(21_13, 40_00)]
        assert not OpenItem.objects.filter(document_number=note.number).exclude(open_minor=0).exists()
        (again,) = decide(company, key="form-2")
        assert again.number == "PEN-2025-0002"
        assert all(finding.is_kept for finding in check(company.organisation_id))

    def test_a_note_is_undone_once_and_its_undoing_never(self, company, late):
        (note,) = decide(company, outcome="waived", why="goodwill")
        undo = {"organisation_id": company.organisation_id, "today": DAY, "by": company.by, "why": "mistake"}
        mirror = penalties.cancel(note_id=note.pk, **undo)
        for pk in (note.pk, mirror.pk):
            with pytest.raises(penalties.NoteCancelled):
                penalties.cancel(note_id=pk, **undo)

    def test_notes_and_lines_are_only_added_to(self, company, late):
        decide(company)
        for table in (PenaltyNote, PenaltyLine):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                table.objects.update(amount_minor=1)

    def test_the_reader_sees_the_notes_of_the_account(self, company, late):
        (note,) = decide(company, outcome="waived", why="goodwill")
        (seen,) = notes.notes_of(company.acme.pk, scope=Scope(company.organisation_id, None, "cfo"), limit=10)
        assert (seen.note, len(seen.lines), seen.cancelled_by) == (note, 2, None)
        nobody = Scope(company.organisation_id, None, "sales", own_portfolio_only=True)
        assert notes.notes_of(company.acme.pk, scope=nobody, limit=10) == []


class TestSettings:
    def test_a_rate_needs_a_source(self, company):
        rate = {"organisation_id": company.organisation_id, "code": ECB_RATE, "half_year": HalfYear(2027, 1)}
        with pytest.raises(penalties.RateUnusable):
            penalties.enter_rate(percent=Decimal("2.4"), source=" ", by=company.by, **rate)
        with pytest.raises(penalties.RateUnusable):
            penalties.enter_rate(percent=Decimal(240), source="ECB", by=company.by, **rate)

    def test_a_verified_rate_loses_its_doubt(self, company, books):
        books.invoice(company.acme, 100_000, issued=ISSUED, due=date(2026, 7, 1))
        with pytest.raises(penalties.WarningsNotAcknowledged):
            decide(company, until=date(2026, 8, 1), today=date(2026, 8, 1))
        penalties.enter_rate(
            organisation_id=company.organisation_id,
            code=ECB_RATE,
            half_year=HalfYear(2026, 2),
            percent=Decimal("2.40"),
            source="ECB data portal, read on 5 August 2026",
            by=company.by,
        )
        assert decide(company, until=date(2026, 8, 1), today=date(2026, 8, 1))


def test_two_at_once_claim_once(committed_company):
    company = committed_company
    Books(company).invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="F1")
    outcomes = []

    def claim(key):
        with context.bound(company.organisation_id):
            try:
                outcomes.append(len(decide(company, key=key)))
            except penalties.NothingToDecide:
                outcomes.append(0)
        connections.close_all()

    threads = [threading.Thread(target=claim, args=(f"form-{n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [0, 0, 1]
    assert PenaltyNote.objects.count() == 1
