"""What is counted when people confirm and take back: payers, habits, evidence; an undo takes the same counts back."""

from datetime import date
from random import Random

import pytest

from encours.matching import actions as matching
from encours.matching.models import Match
from encours.matching.queries import book as facts_of
from encours.matching.rules.facts import Allocation as Part
from encours.matching.rules.facts import Habits, Residual, Treatment
from tests.matching.bank import TODAY, set_up

NEW_IBAN = "FR7699999999999999999999999"


class Counters:
    """Payments somebody applies and takes back, and what is known afterwards."""

    def __init__(self, company):
        self.company = company
        self.books, self.bank = set_up(company)
        self.number = 0

    def pay(self, *amounts, short=0, treatment=Treatment.DISCOUNT):
        items = []
        for minor in amounts:
            self.number += 1
            items.append(
                self.books.invoice(
                    self.company.acme,
                    minor,
                    issued=date(2026, 10, 1),
                    due=date(2026, 10, 31),
                    number=f"F-{self.number}",
                )
            )
        line = self.bank.line(sum(amounts) - short, counterparty_name="LOGIPARC SAS", counterparty_iban=NEW_IBAN)
        paid = [(item, item.open_minor) for item in items]
        paid[-1] = (items[-1], items[-1].open_minor - short)
        residuals = [Residual(treatment, short, items[-1].pk, items[-1].document_number, True)] if short else []
        return matching.apply_match(
            organisation_id=self.company.organisation_id, line_id=line.pk, by=self.company.by, today=TODAY,
            choice=matching.Choice(
                self.company.acme.pk,
                tuple(Part(item.pk, item.document_number, minor) for item, minor in paid),
                tuple(residuals),
            ),
        )  # fmt: skip

    def learnt(self):
        return facts_of.learnt(self.company.organisation_id)

    def habits(self):
        return self.learnt().habits.get(self.company.acme.pk, Habits())


@pytest.fixture
def counters(company):
    return Counters(company)


class TestWhatIsLearnt:
    def test_is_who_pays_for_whom(self, counters):
        match = counters.pay(100_00)
        acme = counters.company.acme.pk
        assert counters.learnt().payers[NEW_IBAN] == {acme: 1}
        assert counters.learnt().names["LOGIPARC"] == {acme: 1}
        counters.bank.undo(match)
        assert NEW_IBAN not in counters.learnt().payers
        assert "LOGIPARC" not in counters.learnt().names

    def test_is_a_rate_kept_twice_and_a_charge(self, counters):
        for _ in range(2):
            counters.pay(900_00, short=25_00)
        counters.pay(900_00, short=15_00, treatment=Treatment.CHARGE)
        habits = counters.habits()
        assert (habits.short_by_permyriad, habits.short_by_minor) == ({278: 2}, {1500: 1})

    def test_is_counted_back_whatever_is_undone_in_whatever_order(self, counters):
        """Random payments, then the undoing of some: what is known equals what the others alone would have taught."""
        random = Random(7)
        ways = [
            ((100_00,), 0, Treatment.DISCOUNT), ((100_00, 50_00), 0, Treatment.DISCOUNT),
            ((200_00,), 4_00, Treatment.DISCOUNT), ((300_00, 100_00), 2_00, Treatment.DISCOUNT),
            ((500_00,), 12_50, Treatment.CHARGE),
        ]  # fmt: skip
        made = [(way, counters.pay(*way[0], short=way[1], treatment=way[2])) for way in random.choices(ways, k=14)]
        undone = random.sample(range(len(made)), 8)
        for place in undone:
            counters.bank.undo(Match.objects.get(pk=made[place][1].pk))
        left = [way for place, (way, _) in enumerate(made) if place not in undone]
        habits = counters.habits()
        assert habits.several_at_once == sum(len(amounts) > 1 for amounts, _, _ in left)
        charges = [short for _, short, treatment in left if treatment == Treatment.CHARGE]
        assert sum(habits.short_by_minor.values()) == len(charges)
        rates = [short for _, short, treatment in left if short and treatment == Treatment.DISCOUNT]
        assert sum(habits.short_by_permyriad.values()) == len(rates)
        assert counters.learnt().payers[NEW_IBAN] == {counters.company.acme.pk: len(left)}

    def test_is_what_kind_of_evidence_was_right_and_wrong(self, counters):
        owed = counters.books.invoice(
            counters.company.acme, 810_33, issued=date(2026, 10, 1), due=date(2026, 10, 31), number="F-2026-0412"
        )
        line = counters.bank.line(810_33, text="VIR F-2026-0412")
        counters.bank.run(propose_only=True)
        match = matching.accept_proposal(
            organisation_id=counters.company.organisation_id, line_id=line.pk, by=counters.company.by, today=TODAY
        )
        assert match.allocations[0]["item_id"] == owed.pk
        assert counters.learnt().evidence == {match.signature: (1, 0)}
        counters.bank.undo(match)
        assert counters.learnt().evidence == {match.signature: (1, 1)}
