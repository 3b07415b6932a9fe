"""What a person decides: part of it, differences, on account, returned, left out; taken back as if it had not been."""

from datetime import date

import pytest
from django.db import connection

from encours.access.rules import Scope
from encours.core.errors import Conflict, Refused
from encours.disputes.models import Dispute
from encours.ledger import account_actions as accounts
from encours.ledger import actions as ledger
from encours.ledger import invariants, merging_actions
from encours.ledger import rate_actions as rates
from encours.ledger.models import Entry, OpenItem
from encours.ledger.queries import CODE_NOW
from encours.matching import actions as matching
from encours.matching.models import Match, MatchingPolicy, State
from encours.matching.queries import figures, lettrage, workbench
from encours.matching.rules.facts import Allocation as Part
from encours.matching.rules.facts import Residual, Treatment
from encours.matching.rules.lettrage import Way
from encours.payments.models import Receipt
from tests.matching.bank import TODAY, open_of, set_up

NO_LIMIT = matching.Rights()


@pytest.fixture
def desk(company):
    return Desk(company)


class Desk:
    """A person at the workbench."""

    def __init__(self, company):
        self.company = company
        self.books, self.bank = set_up(company)
        self.scope = Scope(organisation_id=company.organisation_id, user_id=None, role="cfo")

    def owed(self, minor, number, customer=None, **more):
        return self.books.invoice(
            customer or self.company.acme,
            minor,
            issued=date(2026, 10, 1),
            due=date(2026, 10, 31),
            number=number,
            **more,
        )

    def apply(self, line, *parts, residuals=(), rights=NO_LIMIT, **more):
        choice = matching.Choice(
            more.pop("customer", self.company.acme).pk,
            tuple(Part(item.pk, item.document_number, minor) for item, minor in parts),
            tuple(residuals),
            more.pop("accounts", {}),
        )
        return matching.apply_match(
            organisation_id=self.company.organisation_id, line_id=line.pk, choice=choice, by=self.company.by,
            today=TODAY, rights=rights,
        )  # fmt: skip

    def call(self, action, **given):
        return action(organisation_id=self.company.organisation_id, by=self.company.by, **given)

    def code(self, allocation):
        with connection.cursor() as cursor:
            cursor.execute(f"select {CODE_NOW} from ledger_allocation a where a.id = %s", [allocation.pk])
            return cursor.fetchone()[0]

    def laws_hold(self):
        return [one.code for one in invariants.check(self.company.organisation_id) if not one.is_kept] == []

    def account(self, number):
        return sum(Entry.objects.filter(account=number).values_list("amount_minor", flat=True))


class TestPartAndDifferences:
    def test_two_payments_settle_one_invoice_and_its_letters_become_capitals(self, desk):
        owed = desk.owed(1_000_00, "F-1")
        first = desk.apply(desk.bank.line(400_00), (owed, 400_00))
        assert (open_of(owed), desk.code(first.allocation)) == (600_00, "aa")
        second = desk.apply(desk.bank.line(600_00), (owed, 600_00))
        assert (open_of(owed), desk.code(first.allocation), desk.code(second.allocation)) == (0, "AA", "AA")
        desk.bank.undo(second)
        assert (open_of(owed), desk.code(first.allocation)) == (600_00, "aa")
        assert desk.laws_hold()

    def test_a_discount_is_booked_on_its_account_and_taken_back_with_the_payment(self, desk):
        owed = desk.owed(1_000_00, "F-1")
        match = desk.apply(
            desk.bank.line(980_00),
            (owed, 980_00),
            residuals=[Residual(Treatment.DISCOUNT, 20_00, owed.pk, "F-1", True)],
        )
        assert (open_of(owed), desk.account("665"), desk.account("512")) == (0, 20_00, 980_00)
        desk.bank.undo(match)
        assert (open_of(owed), desk.account("665"), desk.account("512")) == (1_000_00, 0, 0)
        assert desk.laws_hold()

    def test_a_difference_goes_where_the_person_or_the_company_says(self, desk):
        accounts.choose_counterpart(
            organisation_id=desk.company.organisation_id, entity_id=desk.company.entity.pk, kind="charge",
            account="6275", by=desk.company.by, why="plan of accounts",
        )  # fmt: skip
        first, second = desk.owed(100_00, "F-1"), desk.owed(100_00, "F-2")
        desk.apply(
            desk.bank.line(95_00), (first, 95_00), residuals=[Residual(Treatment.CHARGE, 5_00, first.pk, "F-1", True)]
        )
        desk.apply(
            desk.bank.line(97_00),
            (second, 97_00),
            residuals=[Residual(Treatment.WRITE_OFF, 3_00, second.pk, "F-2", True)],
            accounts={(second.pk, "write_off"): "6541"},
        )
        assert (desk.account("6275"), desk.account("6541"), desk.account("627")) == (5_00, 3_00, 0)
        assert desk.laws_hold()

    def test_what_is_kept_back_becomes_a_deduction_to_contest_until_a_day(self, desk):
        owed = desk.owed(1_000_00, "F-1")
        match = desk.apply(
            desk.bank.line(880_00),
            (owed, 880_00),
            residuals=[Residual(Treatment.DEDUCTION, 120_00, owed.pk, "F-1", False)],
        )
        (dispute,) = Dispute.objects.all()
        assert (dispute.reason, dispute.amount_minor, dispute.item_id) == ("deduction", 120_00, owed.pk)
        assert (open_of(owed), (dispute.contest_until - TODAY).days) == (120_00, 60)
        desk.bank.undo(match)
        dispute.refresh_from_db()
        assert dispute.outcome == "withdrawn"

    def test_nobody_writes_off_more_than_they_may(self, desk):
        owed = desk.owed(1_000_00, "F-1")
        line = desk.bank.line(900_00)
        with pytest.raises(Refused, match=r"up to 5\.00 EUR .* 100\.00 EUR"):
            desk.apply(
                line,
                (owed, 900_00),
                residuals=[Residual(Treatment.WRITE_OFF, 100_00, owed.pk, "F-1", True)],
                rights=matching.Rights(write_off_limit_minor=5_00),
            )
        assert not Receipt.objects.exists()


class TestOnAccount:
    def test_money_without_an_invoice_stays_on_the_account_with_age_and_owner(self, desk):
        line = desk.bank.line(250_00, day=date(2026, 11, 10))
        match = desk.apply(line)
        assert (match.on_account_minor, desk.bank.work(line).state) == (250_00, State.ON_ACCOUNT)
        (unused,) = figures.unapplied_cash(desk.scope, today=TODAY)
        assert (unused.open_minor, unused.age_days, unused.owner_name) == (250_00, 10, "Nadia Ferrand")
        owed = desk.owed(250_00, "F-9")
        matching.letter_items(
            organisation_id=desk.company.organisation_id, owed=[owed.pk], given=[unused.item_id], by=desk.company.by,
            today=TODAY, key="k",
        )  # fmt: skip
        assert open_of(owed) == 0
        with pytest.raises(Refused):
            desk.bank.undo(match)

    def test_a_payment_for_two_customers_of_one_group_settles_both(self, desk):
        ours, theirs = desk.owed(100_00, "F-1"), desk.owed(50_00, "F-2", desk.company.borealis)
        match = desk.apply(desk.bank.line(150_00), (ours, 100_00), (theirs, 50_00))
        assert (open_of(ours), open_of(theirs)) == (0, 0)
        desk.bank.undo(match)
        assert (open_of(ours), open_of(theirs)) == (100_00, 50_00)
        assert desk.laws_hold()


class TestTheLineItself:
    def test_is_applied_once(self, desk):
        owed = desk.owed(1_000_00, "F-1")
        line = desk.bank.line(400_00)
        desk.apply(line, (owed, 400_00))
        with pytest.raises(Conflict):
            desk.apply(line, (owed, 400_00))
        assert (Match.objects.count(), open_of(owed)) == (1, 600_00)

    def test_can_be_left_out_and_taken_back_in(self, desk):
        line = desk.bank.line(40_00)
        desk.call(matching.ignore_line, line_id=line.pk, today=TODAY, why="own transfer")
        assert [one.line_id for one in workbench.queue(desk.scope)] == []
        desk.call(matching.restore_line, line_id=line.pk)
        assert [one.line_id for one in workbench.queue(desk.scope)] == [line.pk]

    def test_is_handed_to_a_colleague_with_a_note(self, desk):
        line = desk.bank.line(40_00)
        desk.call(matching.assign_line, line_id=line.pk, owner_id=desk.company.collector.pk)
        desk.call(matching.note_line, line_id=line.pk, note="ask Acme")
        (row,) = workbench.queue(desk.scope)
        assert (row.owner_name, row.note) == ("Nadia Ferrand", "ask Acme")

    def test_a_fee_is_booked_on_its_account_and_taken_back(self, desk):
        line = desk.bank.line(-12_50, text="FRAIS DE TENUE DE COMPTE")
        match = desk.call(matching.book_line, line_id=line.pk, account="627", today=TODAY)
        assert (desk.account("627"), desk.account("512")) == (12_50, -12_50)
        desk.bank.undo(match)
        assert (desk.account("627"), desk.bank.work(line).state) == (0, State.WAITING)

    def test_a_returned_debit_opens_what_it_had_paid(self, desk):
        owed = desk.owed(310_45, "F-1")
        line = desk.bank.line(310_45, text="F-1", end_to_end_id="E2E-77", counterparty_iban=desk.company.acme.iban)
        desk.apply(line, (owed, 310_45))
        back = desk.bank.line(-310_45, return_reason="MD06", end_to_end_id="E2E-77",
                              counterparty_iban=desk.company.acme.iban)  # fmt: skip
        desk.bank.run()
        work = desk.bank.work(back)
        assert work.state == State.RETURNED
        desk.call(matching.accept_proposal, line_id=back.pk, today=TODAY)
        assert (open_of(owed), desk.bank.work(back).state) == (310_45, State.APPLIED)
        assert sum(OpenItem.objects.values_list("open_minor", flat=True)) == 310_45
        assert desk.laws_hold()


class TestClosedPeriods:
    def close(self, desk, until):
        accounts.close_period(
            organisation_id=desk.company.organisation_id, entity_id=desk.company.entity.pk, until=until,
            today=TODAY, by=desk.company.by, why="month end",
        )  # fmt: skip

    def test_money_of_a_closed_month_is_booked_on_the_first_open_day(self, desk):
        self.close(desk, date(2026, 10, 31))
        owed = desk.owed(100_00, "F-1")
        match = desk.apply(desk.bank.line(100_00, day=date(2026, 10, 30)), (owed, 100_00))
        assert match.receipt.received_date == date(2026, 11, 1)

    def test_undoing_does_not_touch_the_closed_month(self, desk):
        owed = desk.owed(100_00, "F-1")
        match = desk.apply(desk.bank.line(100_00, day=date(2026, 10, 30)), (owed, 100_00))
        self.close(desk, date(2026, 10, 31))
        desk.bank.undo(match)
        reversal = OpenItem.objects.get(reverses_id=match.item_id)
        assert (reversal.item_date, open_of(owed)) == (date(2026, 11, 1), 100_00)
        control = figures.receivable_control(desk.company.organisation_id, day=date(2026, 10, 31))
        assert [row.difference_minor for row in control if row.difference_minor] == []
        assert desk.laws_hold()

    def test_a_policy_may_leave_it_to_a_person(self, desk):
        MatchingPolicy.objects.update(closed_periods="refuse")
        self.close(desk, date(2026, 10, 31))
        owed = desk.owed(100_00, "F-1")
        with pytest.raises(Refused):
            desk.apply(desk.bank.line(100_00, day=date(2026, 10, 30)), (owed, 100_00))


class TestWhatTheBooksKnow:
    def known(self, desk, minor, day):
        company = desk.company
        receipt = Receipt.objects.create(
            organisation=company.organisation, entity=company.entity, customer=company.acme, number=f"ERP-{minor}",
            received_date=day, currency="EUR", amount_minor=minor, import_id=1,
        )  # fmt: skip
        ledger.post(
            ledger.Posting(company.organisation_id, company.entity.pk, day, "test", f"erp:{minor}"),
            items=[
                ledger.NewItem(
                    customer_id=company.acme.pk, kind="receipt", document_number=receipt.number, item_date=day,
                    due_date=day, currency="EUR", amount_minor=-minor, document_id=receipt.pk,
                )
            ],
            by=company.by,
        )  # fmt: skip
        return receipt

    def test_a_receipt_of_the_books_is_tied_not_booked_again(self, desk):
        receipt = self.known(desk, 420_17, date(2026, 11, 21))
        line = desk.bank.line(420_17, counterparty_iban=desk.company.acme.iban)
        desk.bank.run()
        match = desk.bank.match(line)
        assert (desk.bank.work(line).state, match.how, match.receipt_id) == (State.TIED, "tied", receipt.pk)
        assert (Receipt.objects.count(), desk.account("512")) == (1, 420_17)
        desk.bank.undo(match)
        assert (desk.account("512"), desk.bank.work(line).state) == (420_17, State.WAITING)

    def test_later_money_of_the_same_amount_is_not_taken_for_it(self, desk):
        self.known(desk, 420_17, date(2026, 11, 16))
        line = desk.bank.line(420_17, counterparty_iban=desk.company.acme.iban)
        desk.bank.run()
        work = desk.bank.work(line)
        assert (work.state, work.why_not) == (State.PROPOSED, "receipt_known")

    def test_a_person_may_tie_what_the_run_did_not(self, desk):
        receipt = self.known(desk, 420_17, date(2026, 11, 2))
        line = desk.bank.line(420_17, text="SANS REFERENCE")
        desk.call(matching.tie_to_receipt, line_id=line.pk, receipt_id=receipt.pk, today=TODAY)
        assert desk.bank.work(line).state == State.TIED
        with pytest.raises(Refused):
            desk.call(matching.tie_to_receipt, line_id=desk.bank.line(420_17).pk, receipt_id=receipt.pk, today=TODAY)


class TestMassLettrage:
    def test_is_shown_first_done_without_postings_and_undone_as_a_whole(self, desk):
        owed = desk.owed(300_00, "F-1")
        older = desk.owed(260_00, "F-2", desk.company.borealis)
        desk.books.credit_note(desk.company.acme, 40_00, issued=date(2026, 10, 12), number="A-1")
        desk.books.receipt(desk.company.borealis, 260_00, day=date(2026, 11, 2))
        groups = lettrage.preview(desk.scope, ways=[Way.SUM, Way.OLDEST])
        assert [(one.way, one.amount_minor) for one in groups] == [(Way.OLDEST, 40_00), (Way.SUM, 260_00)]
        entries = Entry.objects.count()
        key, count = matching.letter_all(
            organisation_id=desk.company.organisation_id, groups=groups, by=desk.company.by, today=TODAY
        )
        assert (count, open_of(owed), open_of(older), Entry.objects.count()) == (2, 260_00, 0, entries)
        matching.undo_lettrage(
            organisation_id=desk.company.organisation_id, key=key, by=desk.company.by, today=TODAY, why="too early"
        )
        assert (open_of(owed), open_of(older)) == (300_00, 260_00)
        assert desk.laws_hold()


class TestAnotherCurrency:
    def paid(self, desk, **more):
        owed = desk.books.invoice(
            desk.company.acme, 100_00, issued=date(2026, 10, 1), due=date(2026, 10, 31), number="F-USD", currency="USD"
        )
        line = desk.bank.line(92_10, original_currency="USD", original_amount_minor=100_00, **more)
        return owed, line

    def decide(self, desk, owed, line):
        choice = matching.Choice(desk.company.acme.pk, (Part(owed.pk, "F-USD", 100_00),), currency="USD")
        return matching.apply_match(
            organisation_id=desk.company.organisation_id, line_id=line.pk, choice=choice, by=desk.company.by,
            today=TODAY,
        )  # fmt: skip

    def worth(self, desk, ppm=950_000, on=date(2026, 9, 30), currency="USD", base="EUR"):
        desk.call(rates.set_rate, currency=currency, base=base, rate_date=on, rate_ppm=ppm)

    def test_the_conversion_settles_the_invoice_and_realises_the_difference(self, desk):
        self.worth(desk)
        owed, line = self.paid(desk)
        match = self.decide(desk, owed, line)
        assert (open_of(owed), desk.account("512"), desk.account("666")) == (0, 92_10, 2_90)
        assert set(OpenItem.objects.values_list("open_minor", flat=True)) == {0}
        assert desk.laws_hold()
        desk.bank.undo(match)
        assert (open_of(owed), desk.account("512"), desk.account("666")) == (100_00, 0, 0)
        assert desk.laws_hold()

    def test_a_rate_given_the_other_way_round_is_turned_exactly(self, desk):
        self.worth(desk, 1_250_000, currency="EUR", base="USD")
        owed, line = self.paid(desk)
        self.decide(desk, owed, line)
        assert (open_of(owed), desk.account("766")) == (0, -12_10)

    @pytest.mark.parametrize("on", [None, date(2026, 8, 20), date(2026, 10, 2)])
    def test_without_a_rate_of_the_day_it_is_refused_by_name(self, desk, on):
        if on is not None:
            self.worth(desk, on=on)
        owed, line = self.paid(desk)
        with pytest.raises(Refused, match=r"USD in EUR is known for 2026-10-01") as refused:
            self.decide(desk, owed, line)
        assert refused.value.code == "rate_missing"
        assert (open_of(owed), Match.objects.count()) == (100_00, 0)

    def test_is_proposed_and_accepted_never_alone(self, desk):
        self.worth(desk)
        owed, line = self.paid(desk, text="F-USD", counterparty_iban=desk.company.acme.iban)
        desk.bank.run()
        work = desk.bank.work(line)
        assert (work.state, work.why_not) == (State.PROPOSED, "other_currency")
        desk.call(matching.accept_proposal, line_id=line.pk, today=TODAY)
        assert open_of(owed) == 0


class TestAfterCustomersWereMerged:
    def test_a_payment_that_moved_can_still_be_taken_back(self, desk):
        owed = desk.owed(100_00, "F-1")
        match = desk.apply(desk.bank.line(150_00), (owed, 100_00))
        merging_actions.merge_customers(
            organisation_id=desk.company.organisation_id, duplicate_id=desk.company.acme.pk,
            kept_id=desk.company.borealis.pk, by=desk.company.by, why="one company",
        )  # fmt: skip
        assert desk.laws_hold()
        desk.bank.undo(match)
        assert (open_of(owed), desk.account("512")) == (100_00, 0)
        assert sum(OpenItem.objects.values_list("open_minor", flat=True)) == 100_00
        assert desk.laws_hold()
