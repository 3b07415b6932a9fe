"""Money on one company's account for another company's invoice: booked in both, taken back in both."""

from datetime import date

import pytest

from encours.access.models import Entity
from encours.access.rules import Scope
from encours.core.errors import Refused
from encours.ledger import account_actions as accounts
from encours.ledger import invariants as laws_of_ledger
from encours.ledger.models import Entry
from encours.matching import actions as matching
from encours.matching import invariants
from encours.matching.models import LineWork, Match, State
from encours.matching.queries import figures, files, marks, workbench
from encours.matching.rules import booking
from encours.matching.rules.facts import Allocation as Part
from encours.matching.rules.facts import Residual, Treatment
from tests.matching.bank import TODAY, Bank, open_of, set_up


@pytest.fixture
def sud(company):
    return Entity.objects.create(organisation=company.organisation, code="02", name="Brévanne Sud")


class Group:
    """A (which the bank account is of) and B, whose invoice is paid."""

    def __init__(self, company, sud):
        self.company, self.sud = company, sud
        self.books, self.bank = set_up(company)

    def owed(self, minor, number, entity=None):
        return self.books.invoice(
            self.company.acme, minor, issued=date(2026, 10, 1), due=date(2026, 10, 31), number=number, entity=entity
        )

    def apply(self, line, *parts, residuals=()):
        return matching.apply_match(
            organisation_id=self.company.organisation_id,
            line_id=line.pk,
            choice=matching.Choice(
                self.company.acme.pk,
                tuple(Part(item.pk, item.document_number, minor) for item, minor in parts),
                tuple(residuals),
            ),
            by=self.company.by,
            today=TODAY,
        )

    def account(self, entity, number):
        entries = Entry.objects.filter(account=number, transaction__entity=entity)
        return sum(entries.values_list("amount_minor", flat=True))

    def laws_hold(self):
        organisation_id = self.company.organisation_id
        found = [*laws_of_ledger.check(organisation_id), *invariants.check(organisation_id)]
        broken = [one.code for one in found if not one.is_kept]
        for row in figures.receivable_control(organisation_id, day=TODAY):
            broken += ["411"] if row.difference_minor else []
        return broken == []


@pytest.fixture
def group(company, sud):
    return Group(company, sud)


class TestMoneyForAnotherCompany:
    def test_is_proposed_and_left_to_a_person(self, group):
        owed = group.owed(810_33, "SUD-2026-0412", group.sud)
        line = group.bank.line(810_33, text="VIR SUD-2026-0412", counterparty_iban=group.company.acme.iban)
        assert group.bank.run().applied == 0
        work = group.bank.work(line)
        assert (work.state, work.why_not) == (State.PROPOSED, "other_company")
        assert work.proposal["allocations"][0]["item_id"] == owed.pk
        matching.accept_proposal(
            organisation_id=group.company.organisation_id, line_id=line.pk, by=group.company.by, today=TODAY
        )
        assert open_of(owed) == 0
        assert group.laws_hold()

    def test_is_not_asked_for_where_ones_own_books_explain_it(self, group):
        group.owed(810_33, "SUD-2026-0412", group.sud)
        ours = group.owed(810_33, "F-2026-0412")
        group.bank.line(810_33, text="VIR F-2026-0412", counterparty_iban=group.company.acme.iban)
        assert group.bank.run().applied == 1
        assert open_of(ours) == 0

    def test_what_a_run_gave_out_is_not_proposed_again(self, group):
        group.owed(810_33, "SUD-2026-0412", group.sud)
        there = Bank(group.company, currency="EUR", entity=group.sud)
        lines = [
            there.line(810_33, text="VIR SUD-2026-0412", counterparty_iban=group.company.acme.iban),
            group.bank.line(810_33, text="VIR SUD-2026-0412", counterparty_iban=group.company.acme.iban),
        ]
        assert group.bank.run().applied == 1
        assert [group.bank.work(line).state for line in lines] == [State.APPLIED, State.WAITING]

    def test_is_booked_in_both_through_their_current_account(self, group):
        owed = group.owed(1_000_00, "SUD-1", group.sud)
        line = group.bank.line(980_00, text="VIR SUD-1")
        match = group.apply(
            line, (owed, 980_00), residuals=[Residual(Treatment.DISCOUNT, 20_00, owed.pk, "SUD-1", True)]
        )
        here = group.company.entity
        assert open_of(owed) == 0
        assert (group.account(here, "512"), group.account(here, "451"), group.account(here, "411")) == (
            980_00,
            -980_00,
            0,
        )
        assert (group.account(group.sud, "451"), group.account(group.sud, "665")) == (980_00, 20_00)
        assert group.account(group.sud, "512") == 0
        assert (match.entity, match.receipt.entity) == (group.sud, group.sud)
        assert LineWork.objects.get(line=line).entity == here
        assert group.laws_hold()

    def test_is_taken_back_in_both(self, group):
        owed = group.owed(1_000_00, "SUD-1", group.sud)
        line = group.bank.line(1_000_00, text="VIR SUD-1")
        group.bank.undo(group.apply(line, (owed, 1_000_00)))
        for entity in (group.company.entity, group.sud):
            assert {number: group.account(entity, number) for number in ("512", "451")} == {"512": 0, "451": 0}
        assert open_of(owed) == 1_000_00
        assert group.laws_hold()
        group.apply(line, (owed, 1_000_00))
        assert (open_of(owed), group.account(group.sud, "451")) == (0, 1_000_00)
        assert group.laws_hold()

    def test_that_is_for_both_companies_is_refused_with_what_to_do(self, group):
        ours, theirs = group.owed(500_00, "F-1"), group.owed(500_00, "SUD-1", group.sud)
        line = group.bank.line(1_000_00)
        with pytest.raises(Refused, match="several companies: tick those of one"):
            group.apply(line, (ours, 500_00), (theirs, 500_00))
        assert Match.objects.count() == 0
        group.apply(line, (theirs, 500_00))
        assert (open_of(ours), open_of(theirs)) == (500_00, 0)
        assert group.laws_hold()

    def test_stands_in_the_journal_of_each(self, group):
        owed = group.owed(100_00, "SUD-1", group.sud)
        group.apply(group.bank.line(100_00), (owed, 100_00))
        sides = {}
        for entity in (group.company.entity, group.sud):
            export = matching.make_export(
                organisation_id=group.company.organisation_id, entity_id=entity.pk, by=group.company.by
            )
            rows = list(files.journal_rows(group.company.organisation_id, export_id=export.pk))
            sides[entity.code] = {(row.journal, row.account): row.debit_minor - row.credit_minor for row in rows}
        assert sides == {
            "01": {("BQ", "512"): 100_00, ("BQ", "451"): -100_00},
            "02": {("OD", "411"): -100_00, ("OD", "451"): 100_00},
        }

    def test_waits_for_the_first_open_day_of_each(self, group):
        owed = group.owed(100_00, "SUD-1", group.sud)
        accounts.close_period(
            organisation_id=group.company.organisation_id, entity_id=group.sud.pk, until=date(2026, 11, 10),
            today=TODAY, by=group.company.by, why="month end",
        )  # fmt: skip
        match = group.apply(group.bank.line(100_00, day=date(2026, 11, 5)), (owed, 100_00))
        assert (match.receipt.received_date, match.transaction.transaction_date) == (
            date(2026, 11, 11),
            date(2026, 11, 5),
        )

    def test_is_offered_after_ones_own_items_and_within_what_one_sees(self, group):
        group.owed(100_00, "SUD-1", group.sud)
        group.owed(100_00, "F-1")
        organisation_id = group.company.organisation_id
        here = group.company.entity.pk

        def offered(*entity_ids):
            scope = Scope(organisation_id=organisation_id, user_id=None, role="cfo", entity_ids=entity_ids)
            rows = workbench.customer_items(group.company.acme.pk, scope=scope, today=TODAY, entity_id=here)
            return [row.document_number for row in rows]

        assert offered() == ["F-1", "SUD-1"]
        assert offered(here) == ["F-1"]

    def test_is_undone_by_who_sees_the_line(self, group):
        owed = group.owed(100_00, "SUD-1", group.sud)
        line = group.bank.line(100_00)
        match = group.apply(line, (owed, 100_00))
        organisation_id = group.company.organisation_id
        for entity_ids, seen in (((), line.pk), ((group.sud.pk,), line.pk), ((group.sud.pk + 99,), None)):
            scope = Scope(organisation_id=organisation_id, user_id=None, role="cfo", entity_ids=entity_ids)
            assert marks.line_of_match(match.pk, scope=scope) == seen


@pytest.mark.parametrize(("owners", "taken"), [([1], 1), ([2], 2), ([2, 2], 2), ([1, 2], 1), ([], 1)])
def test_the_company_that_takes_money_is_the_one_its_items_are_of(owners, taken):
    money = booking.Money(1, "EUR", 100, TODAY)
    opens = {place: booking.Open(place, 7, owner, "EUR", 100, TODAY) for place, owner in enumerate(owners)}
    parts = [Part(place, "F", 50) for place in opens]
    assert booking.taker(money, parts, opens) == taken


class TestTheirCurrentAccount:
    def test_is_the_one_each_company_chose(self, group):
        organisation_id, here = group.company.organisation_id, group.company.entity
        for entity, account in ((here, "45102000"), (group.sud, "45101000")):
            assert accounts.choose_counterpart(
                organisation_id=organisation_id, entity_id=entity.pk, kind=accounts.CURRENT_ACCOUNT_KIND,
                account=account, by=group.company.by, why="plan comptable du groupe",
            )  # fmt: skip
        owed = group.owed(500_00, "SUD-2", group.sud)
        line = group.bank.line(500_00, text="VIR SUD-2")
        group.apply(line, (owed, 500_00))
        assert (group.account(here, "45102000"), group.account(group.sud, "45101000")) == (-500_00, 500_00)
        assert group.account(here, "451") == group.account(group.sud, "451") == 0
        export = matching.make_export(organisation_id=organisation_id, entity_id=group.sud.pk, by=group.company.by)
        rows = files.journal_rows(organisation_id, export_id=export.pk)
        assert {(row.journal, row.account) for row in rows} == {("OD", "411"), ("OD", "45101000")}
        assert group.laws_hold()

    @pytest.mark.parametrize("account", ["411", "512", "86", "comptes"])
    def test_is_no_bank_no_customer_and_no_nonsense(self, group, account):
        with pytest.raises(Refused):
            accounts.choose_counterpart(
                organisation_id=group.company.organisation_id, entity_id=group.sud.pk,
                kind=accounts.CURRENT_ACCOUNT_KIND, account=account, by=group.company.by, why="",
            )  # fmt: skip
