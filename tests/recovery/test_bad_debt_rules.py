"""Doubtful and lost debts as an accountant reads them: the amounts, the entries, the conditions of the VAT."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encours.recovery.rules.bad_debt import (
    Accounts,
    Amounts,
    LossFile,
    cut,
    doubtful_entries,
    given_back,
    last_day,
    loss_entries,
    mention,
    provision,
    tax_conditions,
    unanswered,
)
from encours.recovery.rules.notice import Answer
from encours.recovery.rules.registry import periods

ACCOUNTS = Accounts()
TODAY = dt.date(2026, 11, 24)
PERIOD = periods().at("tax_of_lost_debt", TODAY)


# open, net and gross of the document -> before VAT, VAT
@pytest.mark.parametrize(
    ("open_minor", "net", "gross", "before", "tax"),
    [
        (1_200_00, 1_000_00, 1_200_00, 1_000_00, 200_00),
        (600_00, 1_000_00, 1_200_00, 500_00, 100_00),
        (1_055_00, 1_000_00, 1_055_00, 1_000_00, 55_00),  # 5.5 %
        (1_00, 1_000_00, 1_200_00, 83, 17),
        (500_00, 500_00, 500_00, 500_00, 0),  # exempt
    ],
)
def test_what_is_open_is_cut_as_its_document(open_minor, net, gross, before, tax):
    assert cut(open_minor, net_minor=net, gross_minor=gross) == Amounts(open_minor, before, tax)


@pytest.mark.parametrize(("net", "gross"), [(None, 1_200_00), (None, 0), (1_300_00, 1_200_00), (-1, 1_200_00)])
def test_a_document_without_a_usable_vat_counts_whole_and_says_so(net, gross):
    assert cut(600_00, net_minor=net, gross_minor=gross) == Amounts(600_00, 600_00, 0, is_tax_known=False)


@pytest.mark.parametrize(
    ("net", "rate", "aside"), [(500_00, 5_000, 250_00), (500_00, 0, 0), (500_00, 10_000, 500_00), (333, 3_333, 111)]
)
def test_the_provision_is_a_share_of_the_amount_before_vat(net, rate, aside):
    assert provision(net, rate) == aside


class TestEntries:
    def test_a_doubtful_debt(self):
        rows = [(one.debit, one.credit, one.amount_minor) for one in doubtful_entries(
            ACCOUNTS, account="411", open_minor=1_200_00, provision_minor=500_00
        )]  # fmt: skip
        assert rows == [("416", "411", 1_200_00), ("6817", "491", 500_00)]

    def test_a_doubtful_debt_without_provision_is_transferred_only(self):
        rows = doubtful_entries(ACCOUNTS, account="411", open_minor=1_200_00, provision_minor=0)
        assert [(one.debit, one.credit) for one in rows] == [("416", "411")]

    @pytest.mark.parametrize(
        ("recovers", "provisioned", "rows"),
        [
            (True, 500_00, [("654", "416", 1_000_00), ("44571", "416", 200_00), ("491", "7817", 500_00)]),
            (False, 500_00, [("654", "416", 1_200_00), ("491", "7817", 500_00)]),
            (True, 0, [("654", "416", 1_000_00), ("44571", "416", 200_00)]),
        ],
    )
    def test_a_lost_debt(self, recovers, provisioned, rows):
        made = loss_entries(
            ACCOUNTS, account="416", amounts=Amounts(1_200_00, 1_000_00, 200_00), recovers_tax=recovers,
            provisioned_minor=provisioned,
        )  # fmt: skip
        assert [(one.debit, one.credit, one.amount_minor) for one in made] == rows


@given(
    standing=st.integers(1, 10**9), payments=st.lists(st.integers(1, 10**9), max_size=6), rate=st.integers(0, 10_000)
)
def test_a_provision_falls_away_wholly_with_the_last_cent_and_never_more(standing, payments, rate):
    left, aside = standing, provision(standing, rate)
    for paid in [*payments, standing]:
        part = min(paid, left)
        if not part:
            break
        away = given_back(left, part, aside)
        assert 0 <= away <= aside
        left, aside = left - part, aside - away
    assert (left, aside) == (0, 0)


class TestVat:
    def conditions(self, **more):
        file = {
            "today": TODAY, "loss_date": TODAY, "is_in_liquidation": False, "is_tax_known": True, "tax_minor": 200_00,
            "period": PERIOD, **more,
        }  # fmt: skip
        return {one.code: one for one in tax_conditions(LossFile(**file))}

    def test_a_liquidation_gives_the_loss_and_the_rest_is_answered_for(self):
        found = self.conditions(is_in_liquidation=True)
        assert {code: one.answer for code, one in found.items()} == {
            "lost": Answer.YES, "charged": Answer.LOOK, "duplicate": Answer.LOOK, "in_time": Answer.YES,
        }  # fmt: skip
        assert unanswered(list(found.values()), ["charged"]) == ["duplicate"]
        assert unanswered(list(found.values()), ["charged", "duplicate"]) == []

    def test_no_vat_on_the_invoice_gives_none_back_whoever_answers(self):
        found = self.conditions(tax_minor=0, is_in_liquidation=True)
        assert "charged" in unanswered(list(found.values()), ["lost", "charged", "duplicate"])

    @pytest.mark.parametrize(
        ("lost", "answer"),
        [
            (dt.date(2024, 1, 1), Answer.YES),
            (dt.date(2023, 12, 31), Answer.NO),
            (None, Answer.NO),
        ],
    )
    def test_the_time_ends_with_the_second_year(self, lost, answer):
        assert self.conditions(loss_date=lost)["in_time"].answer is answer

    def test_the_last_day_is_a_new_years_eve(self):
        assert last_day(dt.date(2026, 3, 1), PERIOD) == dt.date(2028, 12, 30)

    def test_each_condition_names_its_text(self):
        assert all(one.article for one in self.conditions().values())

    def test_the_mention_is_that_of_the_law(self):
        said = mention("500,00 €", "100,00 €")
        assert "ne peut faire l’objet d’une déduction (CGI, art. 272)" in said
        assert "500,00 € (prix hors taxe)" in said
