"""Doubtful and lost debts on the books: posted once, paid after all, lost, taken back, and never seen next door."""

import datetime as dt

import pytest
from django.db.models import Sum

from encours.access.models import AuditEntry
from encours.access.rules import Scope
from encours.core.actors import Actor
from encours.invoices.models import Document
from encours.ledger import actions as ledger
from encours.ledger import invariants
from encours.ledger.account_actions import close_period
from encours.ledger.models import Entry, OpenItem
from encours.matching.actions.exporting import NothingToExport, make_export
from encours.matching.queries import files
from encours.recovery import actions as recovery
from encours.recovery.actions import bad_debts as deeds
from encours.recovery.actions.acts import CustomerNotHere, ReasonMissing
from encours.recovery.actions.bad_debt_postings import BooksMoved
from encours.recovery.models import BadDebt, BadDebtLine, BadDebtPolicy
from encours.recovery.queries import bad_debts as seen
from tests import cast
from tests.collections import books
from tests.collections.books import NOW, TODAY

DAY = dt.timedelta(days=1)
BOSS = Actor(user_id=999_001, name="Paul Brévanne", channel="desk")


@pytest.fixture
def debt(company):
    """FA-1, 1,200.00 with VAT; what links an item to its document is set when it is posted."""
    document = Document.objects.create(
        organisation=company.organisation, entity=company.entity, customer=company.acme, kind="invoice", number="FA-1",
        issue_date=TODAY - 90 * DAY, currency="EUR", net_minor=1_000_00, tax_minor=200_00, gross_minor=1_200_00,
        fingerprint=bytes(16),
    )  # fmt: skip
    posting = ledger.Posting(company.organisation_id, company.entity.pk, TODAY - 90 * DAY, "test", "FA-1")
    item = ledger.NewItem(
        company.acme.pk, "invoice", "FA-1", TODAY - 90 * DAY, TODAY - 60 * DAY, "EUR", 1_200_00, document_id=document.pk
    )
    return ledger.post(posting, items=[item], by=company.by)[0]


def proposed(company, kind="doubtful", key="one", **more):
    new = recovery.NewBadDebt(
        customer_id=company.acme.pk, kind=kind, key=key, why=more.pop("why", "no news since June"), **more
    )
    return recovery.propose(new, organisation_id=company.organisation_id, today=TODAY, by=company.by)


def approved(company, found, **more):
    return recovery.approve(
        organisation_id=company.organisation_id, bad_debt_id=found.pk, today=TODAY, by=more.pop("by", BOSS), **more
    )


def doubtful(company, rate=5_000):
    return approved(company, proposed(company, rate_permyriad=rate))


def lost(company, key="loss", **more):
    more = {"loss_date": TODAY, "recovers_tax": True, "answered": ["lost", "charged", "duplicate"], **more}
    return approved(company, proposed(company, "loss", key=key, **more))


def balances(company):
    """What the accounts of the story bear: account -> amount."""
    rows = Entry.objects.filter(organisation=company.organisation).values("account").annotate(sum=Sum("amount_minor"))
    return {row["account"]: row["sum"] for row in rows if row["sum"] and row["account"] not in ("70", "512")}


def laws_hold(company):
    assert [one for one in invariants.check(company.organisation_id) if not one.is_kept] == []


class TestDoubtful:
    def test_is_posted_to_416_with_its_provision_before_vat(self, company, debt):
        found = doubtful(company)
        assert balances(company) == {"416": 1_200_00, "6817": 500_00, "491": -500_00}
        assert (found.number, found.decided_by_name) == ("DTX-2026-0001", "Paul Brévanne")
        debt.refresh_from_db()
        assert debt.open_minor == 1_200_00  # the customer owes what it owed
        laws_hold(company)

    def test_a_proposal_posts_nothing(self, company, debt):
        proposed(company, rate_permyriad=5_000)
        assert balances(company) == {"411": 1_200_00}

    def test_the_same_form_and_the_same_approval_twice_post_once(self, company, debt):
        assert proposed(company).pk == proposed(company).pk
        approved(company, BadDebt.objects.get())
        with pytest.raises(deeds.DecidedAlready):
            approved(company, BadDebt.objects.get())
        assert balances(company) == {"416": 1_200_00}

    def test_all_of_an_account_or_some_items(self, company, debt):
        books.post(company, company.acme, "FA-2", late=20, amount=300_00)
        assert proposed(company, key="some", item_ids=[debt.pk]).amount_minor == 1_200_00
        assert proposed(company, key="all").amount_minor == 300_00  # the rest

    def test_an_item_stands_once(self, company, debt):
        doubtful(company)
        with pytest.raises(deeds.ProposedAlready):
            proposed(company, key="again", item_ids=[debt.pk])

    def test_what_moved_since_is_not_posted(self, company, debt):
        found = proposed(company)
        books.pay(company, company.acme, "R1", 200_00, on=debt)
        with pytest.raises(BooksMoved):
            approved(company, found)

    def test_is_posted_on_the_first_open_day(self, company, debt):
        close_period(
            organisation_id=company.organisation_id, entity_id=company.entity.pk, until=TODAY, today=TODAY,
            by=company.by, why="month end",
        )  # fmt: skip
        doubtful(company)
        assert {row.item_date for row in OpenItem.objects.filter(kind="transfer")} == {TODAY + DAY}

    @pytest.mark.parametrize(
        ("more", "refusal"),
        [
            ({"why": " "}, ReasonMissing),
            ({"rate_permyriad": 10_001}, deeds.RateUnusable),
            ({"item_ids": [0]}, deeds.NothingToPropose),
            ({"kind": "lost"}, deeds.NothingToPropose),
            ({"kind": "loss"}, deeds.LossDateUnusable),
            ({"kind": "loss", "loss_date": TODAY + DAY}, deeds.LossDateUnusable),
            ({"kind": "loss", "loss_date": TODAY, "recovers_tax": True}, deeds.TaxNotRecoverable),
        ],
    )
    def test_is_refused(self, company, debt, more, refusal):
        with pytest.raises(refusal):
            proposed(company, **more)
        assert not BadDebt.objects.exists()


class TestWhoDecides:
    def test_another_person_than_who_proposed(self, company, debt):
        found = proposed(company)
        with pytest.raises(deeds.SecondPersonNeeded):
            approved(company, found, by=company.by)

    def test_the_same_person_where_the_organisation_allows_it(self, company, debt):
        recovery.set_policy(
            BadDebtPolicy(organisation_id=company.organisation_id, needs_second_person=False), by=company.by
        )
        assert approved(company, proposed(company), by=company.by).decided_as == "approved"

    def test_above_the_limit_somebody_who_may_exceed_it(self, company, debt):
        recovery.set_policy(BadDebtPolicy(organisation_id=company.organisation_id, limit_minor=1_000_00), by=company.by)
        found = proposed(company)
        with pytest.raises(deeds.AboveLimit):
            approved(company, found)
        assert approved(company, found, may_exceed=True).decided_as == "approved"

    def test_a_refusal_frees_the_item_and_ones_own_is_a_withdrawal(self, company, debt):
        given = {"organisation_id": company.organisation_id, "today": TODAY, "why": "it pays next week"}
        first = recovery.refuse(bad_debt_id=proposed(company).pk, by=BOSS, **given)
        second = recovery.refuse(bad_debt_id=proposed(company, key="two").pk, by=company.by, **given)
        assert (first.decided_as, second.decided_as) == ("refused", "withdrawn")
        assert balances(company) == {"411": 1_200_00}

    @pytest.mark.parametrize("wrong", [{"doubtful_account": "512"}, {"loss_account": "411"}, {"tax_account": "a b"}])
    def test_accounts_that_cannot_be_are_refused(self, company, wrong):
        policy = BadDebtPolicy(organisation_id=company.organisation_id)
        for name, value in wrong.items():
            setattr(policy, name, value)
        with pytest.raises(deeds.AccountUnusable):
            recovery.set_policy(policy, by=company.by)


class TestPaidAfterAll:
    def test_what_came_in_goes_back_to_411_with_its_share_of_the_provision(self, company, debt):
        doubtful(company)
        books.pay(company, company.acme, "R1", 300_00, on=debt)
        given = {"organisation_id": company.organisation_id, "today": TODAY, "by": BOSS}
        assert (recovery.follow(**given), recovery.follow(**given)) == (1, 0)
        assert balances(company) == {"416": 900_00, "6817": 500_00, "491": -375_00, "7817": -125_00}
        laws_hold(company)

    def test_paid_in_full_nothing_is_left_of_it(self, company, debt):
        doubtful(company)
        books.pay(company, company.acme, "R1", 1_200_00, on=debt)
        recovery.follow(organisation_id=company.organisation_id, today=TODAY, by=BOSS)
        assert balances(company) == {"6817": 500_00, "7817": -500_00}
        assert not BadDebtLine.objects.get().is_standing


class TestLoss:
    def test_of_a_doubtful_debt_clears_416_the_provision_and_takes_the_vat_back(self, company, debt):
        doubtful(company)
        found = lost(company)
        assert balances(company) == {"654": 1_000_00, "44571": 200_00, "6817": 500_00, "7817": -500_00}
        debt.refresh_from_db()
        assert (debt.open_minor, found.number) == (0, "IRR-2026-0001")
        laws_hold(company)

    def test_without_vat_to_recover_is_lost_whole(self, company, debt):
        lost(company, recovers_tax=False, answered=[])
        assert balances(company) == {"654": 1_200_00}
        laws_hold(company)

    def test_after_a_part_was_paid_takes_what_is_left(self, company, debt):
        doubtful(company)
        books.pay(company, company.acme, "R1", 300_00, on=debt)
        lost(company)
        assert balances(company) == {"654": 750_00, "44571": 150_00, "6817": 500_00, "7817": -500_00}
        laws_hold(company)

    def test_taken_back_the_doubtful_debt_stands_as_it_did(self, company, debt):
        doubtful(company)
        before = balances(company)
        found = lost(company)
        given = {"organisation_id": company.organisation_id, "today": TODAY, "by": BOSS, "why": "it paid in the end"}
        recovery.take_back(bad_debt_id=found.pk, **given)
        assert balances(company) == before
        debt.refresh_from_db()
        assert debt.open_minor == 1_200_00
        with pytest.raises(deeds.DecidedAlready):
            recovery.take_back(bad_debt_id=found.pk, **given)
        laws_hold(company)
        # and may be lost again
        lost(company, key="again")
        assert balances(company)["654"] == 1_000_00

    def test_a_doubtful_debt_is_taken_back_but_not_one_that_was_lost(self, company, debt):
        first = doubtful(company)
        given = {"organisation_id": company.organisation_id, "today": TODAY, "by": BOSS, "why": "by mistake"}
        second = lost(company)
        with pytest.raises(BooksMoved):
            recovery.take_back(bad_debt_id=first.pk, **given)
        recovery.take_back(bad_debt_id=second.pk, **given)
        recovery.take_back(bad_debt_id=first.pk, **given)
        assert balances(company) == {"411": 1_200_00, "6817": 500_00, "7817": -500_00}
        laws_hold(company)


class TestJournal:
    def rows(self, company):
        export = make_export(organisation_id=company.organisation_id, entity_id=company.entity.pk, by=company.by)
        return [
            (row.journal, row.account, row.debit_minor, row.credit_minor)
            for row in files.journal_rows(company.organisation_id, export_id=export.pk)
        ]

    def test_a_doubtful_debt_is_in_the_file_as_an_accountant_books_it(self, company, debt):
        doubtful(company)
        assert self.rows(company) == [
            ("OD", "411", 0, 1_200_00),
            ("OD", "416", 1_200_00, 0),
            ("OD", "6817", 500_00, 0),
            ("OD", "491", 0, 500_00),
        ]
        with pytest.raises(NothingToExport):
            self.rows(company)

    def test_a_loss_and_its_taking_back_too(self, company, debt):
        found = lost(company)
        assert self.rows(company) == [
            ("OD", "411", 0, 1_000_00),
            ("OD", "654", 1_000_00, 0),
            ("OD", "411", 0, 200_00),
            ("OD", "44571", 200_00, 0),
        ]
        recovery.take_back(
            organisation_id=company.organisation_id, bad_debt_id=found.pk, today=TODAY, by=BOSS, why="paid"
        )
        back = self.rows(company)
        assert sum(debit - credit for _, account, debit, credit in back if account == "411") == 1_200_00
        assert sum(debit - credit for _, _, debit, credit in back) == 0


class TestAround:
    def test_each_deed_is_in_the_audit_trail(self, company, debt):
        doubtful(company)
        verbs = set(AuditEntry.objects.values_list("verb", flat=True))
        assert {"propose_bad_debt", "decide_bad_debt", "post", "book_entries"} <= verbs

    def test_another_tenant_sees_and_decides_nothing(self, company, debt):
        found = proposed(company)
        with cast.company("dora") as dora:
            assert seen.bad_debts(Scope(dora.organisation_id, None, "admin")) == []
            assert not BadDebt.objects.exists()
            with pytest.raises(deeds.BadDebtUnknown):
                recovery.approve(organisation_id=dora.organisation_id, bad_debt_id=found.pk, today=TODAY, by=BOSS)
            with pytest.raises(CustomerNotHere):
                recovery.propose(
                    recovery.NewBadDebt(company.acme.pk, "doubtful", "x", "why"), organisation_id=dora.organisation_id,
                    today=TODAY, by=BOSS,
                )  # fmt: skip

    def test_a_liquidation_answers_for_the_loss(self, company, debt):
        recovery.record_proceeding(
            recovery.Judgment("liquidation", TODAY - DAY), organisation_id=company.organisation_id,
            customer_id=company.acme.pk, today=TODAY, now=NOW, by=company.by,
        )  # fmt: skip
        assert lost(company, answered=["charged", "duplicate"]).recovers_tax
