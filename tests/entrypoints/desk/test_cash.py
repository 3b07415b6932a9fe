"""The workbench: what waits, what a person ticks, what is booked, and taking it back."""

from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone

from encours.access.models import Membership
from encours.ledger.actions import chosen_counterparts
from encours.ledger.models import Entry, OpenItem
from encours.matching import actions as matching
from encours.matching.models import LineWork, Match, MatchingPolicy, MatchingRule, State
from encours.matching.queries import marks
from encours.payments.models import BankAccount, BankLine
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books, Desk, is_workbook, seated
from tests.matching.bank import Bank

ACME_IBAN = "FR7612345678901234567890123"


@pytest.fixture
def bank(company: Company, books: Books) -> Bank:
    company.acme.iban = ACME_IBAN
    company.acme.save(update_fields=["iban"])
    # whatever it says, a person looks at it
    MatchingRule.objects.create(
        organisation=company.organisation, name="all", effect="never_alone", direction="in", amount_min_minor=1
    )
    return Bank(company)


def came_in(bank: Bank, books: Books, minor: int, text: str = "", **more: Any) -> BankLine:
    """A bank line of today that a run has looked at."""
    given = {"counterparty_name": "ACME", "counterparty_iban": ACME_IBAN, **more}
    line = bank.line(minor, day=books.today, text=text, **given)
    matching.run_matching(
        organisation_id=bank.company.organisation_id, today=books.today, now=timezone.now(), by=bank.company.by
    )
    return line


def item(number: str, part: int = 1) -> OpenItem:
    return OpenItem.objects.get(document_number=number, instalment_number=part)


def ticked(*items: OpenItem, **more: str) -> dict[str, Any]:
    return {"item": [str(one.pk) for one in items], "treatment": "partial", **more}


def post(desk: Desk, line: BankLine, **form: Any) -> Any:
    return desk.post(f"/cash/lines/{line.pk}/apply", form)


class TestTheQueue:
    def test_shows_the_line_with_its_recognised_words_and_its_items(self, desk: Desk, bank: Bank, books: Books):
        came_in(bank, books, 120_000, "VIR SEPA ACME FACT FA-1")
        page = desk.get("/cash").content.decode()
        assert '<mark class="en-w">FA-1</mark>' in page
        assert "1\u202f200,00\u00a0€" in page
        assert "Proposition" in page

    def test_says_when_nothing_waits(self, desk: Desk, books: Books):
        assert "Rien n’attend" in desk.get("/cash").content.decode()

    def test_finds_unknown_payers_apart(self, desk: Desk, bank: Bank, books: Books):
        came_in(bank, books, 777, "REF 8821", counterparty_name="GESTION TIERS", counterparty_iban="")
        assert "Payeur inconnu" in desk.get("/cash?tab=unknown").content.decode()
        assert "GESTION TIERS" not in desk.get("/cash?tab=likely").content.decode()

    def test_of_another_company_is_not_shown(self, company: Company, desk: Desk, bank: Bank, books: Books):
        line = came_in(bank, books, 120_000, "FACT FA-1")
        Membership.objects.filter(user=company.collector).update(entity_ids=[company.entity.pk + 999])
        assert "FA-1" not in desk.get("/cash").content.decode()
        assert desk.part(f"/cash/lines/{line.pk}").status_code == 404
        assert post(desk, line, **ticked(item("FA-1"))).status_code == 404


class TestApplying:
    def test_a_proposal_as_it_is_confirms_it_and_goes_to_the_next_line(self, desk: Desk, bank: Bank, books: Books):
        line = came_in(bank, books, 120_000, "VIR ACME FACT FA-1")
        other = came_in(bank, books, 4_200, "VIR ACME")
        answer = post(desk, line, **ticked(item("FA-1"), proposal="1", then=str(other.pk), query="tab=open"))
        assert answer.headers["Location"] == f"/cash?tab=open&line={other.pk}"
        match = Match.objects.get()
        assert (match.how, item("FA-1").open_minor) == ("confirmed", 0)

    def test_part_of_an_item_leaves_the_rest_open(self, company: Company, desk: Desk, bank: Bank, books: Books):
        line = came_in(bank, books, 50_000, "VIR ACME")
        first = item("FA-1")
        post(desk, line, **ticked(first, customer=str(company.acme.pk), **{f"amount-{first.pk}": "500,00"}))
        assert item("FA-1").open_minor == 70_000
        assert Match.objects.get().how == "manual"

    def test_what_is_over_stays_on_account(self, company: Company, desk: Desk, bank: Bank, books: Books):
        line = came_in(bank, books, 125_000, "VIR ACME")
        post(desk, line, **ticked(item("FA-1"), customer=str(company.acme.pk)))
        assert Match.objects.get().on_account_minor == 5_000
        assert "50,00\u00a0€" in desk.get("/cash/unapplied").content.decode()

    def test_without_items_all_of_it_stays_on_account(self, company: Company, desk: Desk, bank: Bank, books: Books):
        line = came_in(bank, books, 4_200, "VIR ACME MERCI")
        post(desk, line, treatment="partial", customer=str(company.acme.pk))
        assert LineWork.objects.get(line=line).state == State.ON_ACCOUNT

    def test_a_deduction_is_kept_open_and_contested(self, company: Company, desk: Desk, bank: Bank, books: Books):
        line = came_in(bank, books, 110_000, "VIR ACME")
        first = item("FA-1")
        form = ticked(first, customer=str(company.acme.pk), bearer=str(first.pk), why="Palettes non reprises")
        post(desk, line, **{**form, "treatment": "deduction"})
        assert item("FA-1").open_minor == 10_000
        assert Match.objects.get().residuals[0]["treatment"] == "deduction"

    def test_two_differences_are_settled_in_one_gesture(self, company: Company, desk: Desk, bank: Bank, books: Books):
        first, second = item("FA-1"), item("FA-3")
        line = came_in(bank, books, first.open_minor + second.open_minor - 15_000, "VIR ACME")
        form = ticked(first, second, customer=str(company.acme.pk), **{
            "part-item-0": str(first.pk), "part-treatment-0": "discount", "part-amount-0": "24,00",
            "part-item-1": str(second.pk), "part-treatment-1": "deduction", "part-amount-1": "100,00",
        })  # fmt: skip
        page = desk.post(f"/cash/lines/{line.pk}/totals", form).content.decode()
        assert 'name="part-item-2"' in page
        assert 'value="24,00"' in page
        post(desk, line, **form)
        match = Match.objects.get()
        left = {(one["treatment"], one["invoice_number"]): one["amount_minor"] for one in match.residuals}
        assert left[("discount", "FA-1")] == 2_400
        assert left[("deduction", "FA-3")] == 10_000
        assert sum(left.values()) == 15_000
        assert item("FA-1").open_minor == 0
        post(desk, came_in(bank, books, 1_000, "VIR ACME"), **form)
        assert Match.objects.count() == 1

    def test_differences_beyond_what_is_short_are_refused(self, company: Company, desk: Desk, bank: Bank, books: Books):
        line = came_in(bank, books, 119_000, "VIR ACME")
        first = item("FA-1")
        told = {"part-item-0": str(first.pk), "part-treatment-0": "charge", "part-amount-0": "11,00"}
        form = ticked(first, customer=str(company.acme.pk), **told)
        page = desk.post(f"/cash/lines/{line.pk}/totals", form).content.decode()
        assert "dépassent ce qui manque" in page
        assert "disabled" in page
        post(desk, line, **form)
        assert not Match.objects.exists()

    def test_a_loss_is_booked_only_within_what_one_may_write_off(self, company: Company, bank: Bank, books: Books):
        line = came_in(bank, books, 119_000, "VIR ACME")
        first = item("FA-1")
        form = {**ticked(first, customer=str(company.acme.pk)), "treatment": "write_off"}
        collector = seated(company, role="collector")
        post(collector, line, **form)
        assert item("FA-1").open_minor == 120_000
        MatchingPolicy.objects.create(organisation=company.organisation, write_off_limits={"collector": 1_000})
        post(collector, line, **form)
        assert item("FA-1").open_minor == 0

    def test_items_of_another_customer_can_be_paid(self, company: Company, desk: Desk, bank: Bank, books: Books):
        line = came_in(bank, books, 80_000, "VIR ACME POUR BOREALIS")
        found = desk.part(f"/cash/lines/{line.pk}/search?search=FA-3").content.decode()
        assert f'value="{item("FA-3").pk}"' in found
        assert "Borealis" in found
        post(desk, line, **ticked(item("FA-3")))
        assert item("FA-3").open_minor == 0

    def test_is_refused_to_those_who_only_read(self, company: Company, bank: Bank, books: Books):
        line = came_in(bank, books, 120_000, "FACT FA-1")
        assert post(seated(company, role="auditor"), line, **ticked(item("FA-1"))).status_code == 403


class TestTheTotals:
    def test_are_those_of_the_rule_that_books(self, company: Company, desk: Desk, bank: Bank, books: Books):
        line = came_in(bank, books, 110_000, "VIR ACME")
        form = ticked(item("FA-1"), customer=str(company.acme.pk))
        page = desk.post(f"/cash/lines/{line.pk}/totals", form).content.decode()
        assert "Il manque 100,00" in page
        assert "100,00\u00a0€" in page
        assert "disabled" not in page

    @pytest.mark.parametrize(("amount", "fault"), [("9 999,00", "reste dû"), ("abc", "ne se lit pas")])
    def test_say_what_cannot_be(self, company: Company, desk: Desk, bank: Bank, books: Books, amount: str, fault: str):
        line = came_in(bank, books, 1_200_000, "VIR ACME")
        first = item("FA-1")
        form = ticked(first, customer=str(company.acme.pk), **{f"amount-{first.pk}": amount})
        page = desk.post(f"/cash/lines/{line.pk}/totals", form).content.decode()
        assert fault in page
        assert "disabled" in page
        post(desk, line, **form)
        assert item("FA-1").open_minor == 120_000


class TestTakingBack:
    def test_opens_the_invoices_again_exactly(self, desk: Desk, bank: Bank, books: Books):
        line = came_in(bank, books, 120_000, "VIR ACME FACT FA-1")
        post(desk, line, **ticked(item("FA-1"), proposal="1"))
        page = desk.get(f"/cash?tab=applied&line={line.pk}").content.decode()
        assert "Annuler le lettrage" in page
        desk.post(f"/cash/matches/{Match.objects.get().pk}/undo", {"why": "Erreur"})
        assert item("FA-1").open_minor == 120_000
        assert LineWork.objects.get(line=line).is_undone


class TestOtherGestures:
    def test_note_hand_over_and_leave_out(self, company: Company, desk: Desk, bank: Bank, books: Books):
        line = came_in(bank, books, 4_200, "FRAIS", counterparty_name="BANQUE", counterparty_iban="")
        desk.post(f"/cash/lines/{line.pk}/note", {"note": "Demandé à la banque"})
        desk.post(f"/cash/lines/{line.pk}/assign", {"owner": str(company.collector.pk)})
        work = LineWork.objects.get(line=line)
        assert (work.note, work.owner_id) == ("Demandé à la banque", company.collector.pk)
        assert "Demandé à la banque" in desk.get("/cash?tab=mine").content.decode()
        desk.post(f"/cash/lines/{line.pk}/leave-out", {"why": "Frais", "account": ""})
        assert LineWork.objects.get(line=line).state == State.IGNORED
        desk.post(f"/cash/lines/{line.pk}/restore")
        assert LineWork.objects.get(line=line).state in (State.WAITING, State.PROPOSED)

    def test_book_a_line_on_an_account_but_never_on_one_of_customers(self, desk: Desk, bank: Bank, books: Books):
        line = came_in(bank, books, -4_200, "FRAIS", counterparty_name="BANQUE", counterparty_iban="")
        assert desk.post(f"/cash/lines/{line.pk}/leave-out", {"why": "x", "account": "411000"}).status_code == 403
        desk.post(f"/cash/lines/{line.pk}/leave-out", {"why": "Frais", "account": "627"})
        assert LineWork.objects.get(line=line).state == State.BOOKED

    def test_accept_the_likely_ones_together(self, desk: Desk, bank: Bank, books: Books):
        line = came_in(bank, books, 120_000, "VIR ACME FACT FA-1")
        LineWork.objects.filter(line=line).update(probability_ppm=990_000)
        assert "Lettrer" in desk.get("/cash?tab=likely").content.decode()
        desk.post("/cash/accept", {"line": [str(line.pk), "999999"]})
        assert item("FA-1").open_minor == 0


class TestThresholdsAndRules:
    def test_are_set_with_a_reason(self, company: Company, desk: Desk):
        page = desk.get("/cash/settings")
        assert page.status_code == 200
        said = {
            "alone_min_ppm": "990000", "tolerance": "0,10", "charges_max": "25", "discount_max": "3",
            "discount_grace_days": "2", "deduction_max": "8", "contest_days": "45", "imputation": "legal",
            "closed_periods": "refuse", "old_line_days": "0", "books_rounding_alone": "on", "limit-collector": "15,50",
        }  # fmt: skip
        desk.post("/cash/settings", said)
        policy = MatchingPolicy.objects.get(organisation=company.organisation)
        assert (policy.alone_min_ppm, policy.tolerance_minor, policy.discount_max_permyriad) == (990_000, 10, 300)
        assert (policy.imputation, policy.contest_days, policy.books_charges_alone) == ("legal", 45, False)
        assert policy.write_off_limits == {"collector": 1_550}

    def test_accounts_of_differences_are_chosen_per_company_with_a_reason(self, company: Company, desk: Desk):
        address = f"/cash/settings/accounts/{company.entity.pk}"
        form = f"company{company.entity.pk}"
        said = {f"{form}-discount": "66500000", f"{form}-current_account": "4551"}
        why = {f"{form}-why": "Plan comptable du groupe"}
        assert desk.post(address, said).status_code == 422
        refused = desk.post(address, {**said, **why, f"{form}-charge": "411"})
        assert (refused.status_code, "66500000" in refused.content.decode()) == (422, True)
        assert not chosen_counterparts(company.organisation_id, company.entity.pk)
        desk.post(address, {**said, **why})
        chosen = {"discount": "66500000", "current_account": "4551"}
        assert chosen_counterparts(company.organisation_id, company.entity.pk) == chosen
        assert "66500000" in desk.get("/cash/settings/accounts").content.decode()
        assert seated(company, role="collector").post(address, {**said, **why}).status_code == 403

    def test_a_rule_takes_its_lines(self, company: Company, desk: Desk, books: Books):
        rule = {"name": "Frais bancaires", "text_contains": "FRAIS", "effect": "book", "account": "627"}
        desk.post("/cash/rules", rule)
        bank = Bank(company)
        line = came_in(bank, books, -1_200, "FRAIS TENUE DE COMPTE", counterparty_name="", counterparty_iban="")
        assert LineWork.objects.get(line=line).state == State.BOOKED
        assert "Frais bancaires" in desk.get("/cash/settings").content.decode()
        desk.post(f"/cash/rules/{MatchingRule.objects.get().pk}/retire")
        assert not MatchingRule.objects.get().is_active

    def test_a_providers_payments_fees_and_payouts_are_split_by_the_rules_offered(
        self, company: Company, desk: Desk, books: Books
    ):
        bank = Bank(company)
        report = Bank(company, currency="EUR", ledger_account="517", entity=company.entity)
        BankAccount.objects.filter(pk=report.account.pk).update(kind="psp")
        page = desk.get("/cash/settings").content.decode()
        assert "Commissions des prestataires" in page
        assert "Versements des prestataires" in page
        desk.post("/cash/rules", {"name": "Frais", "bank_code": "fee", "effect": "book", "account": "627"})
        desk.post("/cash/rules", {"name": "Versements", "bank_code": "payout", "effect": "payout", "account": "580"})
        desk.post("/cash/rules", {"name": "Banque", "text_contains": "STRIPE", "effect": "payout", "account": ""})
        assert "Commissions des prestataires" not in desk.get("/cash/settings").content.decode()
        books.invoice(company.acme, "F-2026-0413", 64_000, due=-5)
        given = {"counterparty_name": "", "counterparty_iban": ""}
        lines = [
            report.line(64_000, text="Facture F-2026-0413", bank_code="charge", counterparty_name="ACME"),
            report.line(-921, text="Facture F-2026-0413", bank_code="fee", **given),
            report.line(-63_079, text="PAYOUT", bank_code="payout", **given),
        ]
        lines.append(came_in(bank, books, 63_079, "VIR STRIPE PAYMENTS", **given))
        states = [LineWork.objects.get(line=one).state for one in lines]
        assert states == [State.APPLIED, State.BOOKED, State.BOOKED, State.BOOKED]
        booked = Entry.objects.filter(organisation=company.organisation, account__in=("517", "580", "627"))
        totals = {row["account"]: row["sum"] for row in booked.values("account").annotate(sum=Sum("amount_minor"))}
        assert totals == {"517": 0, "580": 0, "627": 921}
        assert item("F-2026-0413").open_minor == 0

    @pytest.mark.parametrize(
        "rule",
        [
            {"name": "x", "effect": "ignore"},
            {"name": "x", "text_contains": "a", "effect": "book", "account": "411"},
            {"name": "x", "text_contains": "a", "effect": "customer", "customer": "C999"},
        ],
    )
    def test_a_rule_that_cannot_be_is_refused(self, desk: Desk, rule: dict[str, str]):
        assert desk.post("/cash/rules", rule).status_code == 422
        assert not MatchingRule.objects.exists()

    def test_are_not_for_collectors_to_change(self, company: Company):
        collector = seated(company, role="collector")
        assert collector.get("/cash/settings").status_code == 200
        assert collector.post("/cash/rules", {"name": "x", "text_contains": "a", "effect": "ignore"}).status_code == 403

    def test_rules_are_tried_in_the_order_one_gives_them(self, company: Company, desk: Desk):
        names = ["Frais", "Loyer", "Salaires"]
        for name in names:
            desk.post("/cash/rules", {"name": name, "name_contains": name, "effect": "ignore"})

        def order() -> list[str]:
            return [rule.name for rule in marks.rules(company.organisation_id)]

        third = MatchingRule.objects.get(name="Salaires")
        desk.post(f"/cash/rules/{third.pk}/move", {"to": "up"})
        assert order() == ["Frais", "Salaires", "Loyer"]
        desk.post(f"/cash/rules/{third.pk}/move", {"to": "up"})
        desk.post(f"/cash/rules/{third.pk}/move", {"to": "up"})
        assert order() == ["Salaires", "Frais", "Loyer"]
        desk.post(f"/cash/rules/{third.pk}/move", {"to": "down"})
        assert order() == ["Frais", "Salaires", "Loyer"]
        assert seated(company, role="collector").post(f"/cash/rules/{third.pk}/move", {"to": "up"}).status_code == 403


class TestTheFigures:
    def test_tell_each_day_what_was_applied_and_what_waits(
        self, company: Company, desk: Desk, bank: Bank, books: Books
    ):
        line = came_in(bank, books, 120_000, "VIR ACME FACT FA-1")
        came_in(bank, books, 4_200, "VIR ACME")
        post(desk, line, **ticked(item("FA-1"), proposal="1"))
        page = desk.get("/cash/days").content.decode()
        assert "1\u202f242,00\u00a0€" in page
        assert "42,00\u00a0€" in page
        for figure, shown in (("all", 2), ("confirmed", 1), ("alone", 0), ("open", 1)):
            lines = desk.get(f"/cash?tab={figure}&account={bank.account.pk}&day={books.today}").content.decode()
            assert lines.count("data-line=") == shown, figure
            assert figure == "open" or f"tab={figure}&amp;" in page or not shown
        bank.line(777_700, day=books.today, text="VIR INCONNU")
        assert "7\u202f819,00" in desk.get("/cash/days").content.decode()
        Membership.objects.filter(user=company.collector).update(own_portfolio_only=True)
        own = seated(company, role="collector").get("/cash/days").content.decode()
        assert "7\u202f819,00" not in own  # nobody's money yet, and none of theirs
        Membership.objects.filter(user=company.collector).update(own_portfolio_only=False)
        assert desk.get(f"/cash?day={books.day(-1)}&tab=all").content.decode().count("data-line=") == 0
        assert desk.get("/cash/days?export=csv").status_code == 200
        assert is_workbook(desk.get("/cash/unapplied?export=xlsx"))
