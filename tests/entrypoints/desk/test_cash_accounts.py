"""The bank accounts page: what statements brought is confirmed, what is missing is told."""

import pytest

from encours.access.models import AuditEntry, Membership
from encours.payments.account_actions import AccountOfCustomers, confirm_account
from encours.payments.models import Statement
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books, Desk, seated
from tests.matching.bank import Bank

SAID = {"name": "Crédit Rural", "kind": "bank", "ledger_account": "5121", "is_active": "on"}


@pytest.fixture
def bank(company: Company) -> Bank:
    return Bank(company)


class TestBankAccounts:
    def test_that_are_new_wait_to_be_confirmed(self, desk: Desk, bank: Bank):
        assert "à confirmer" in desk.get("/cash/accounts").content.decode()
        desk.post(f"/cash/accounts/{bank.account.pk}", SAID)
        bank.account.refresh_from_db()
        assert (bank.account.name, bank.account.ledger_account) == ("Crédit Rural", "5121")
        assert bank.account.is_confirmed
        assert "à confirmer" not in desk.get("/cash/accounts").content.decode()
        assert AuditEntry.objects.filter(verb="confirm_bank_account").exists()

    @pytest.mark.parametrize("wrong", [{"ledger_account": "411000"}, {"name": ""}, {"kind": "safe"}])
    def test_are_not_confirmed_with_what_cannot_be(self, desk: Desk, bank: Bank, wrong: dict[str, str]):
        assert desk.post(f"/cash/accounts/{bank.account.pk}", {**SAID, **wrong}).status_code == 422
        bank.account.refresh_from_db()
        assert not bank.account.is_confirmed

    def test_are_never_kept_on_an_account_of_customers(self, company: Company, bank: Bank):
        """The rule says so itself, whoever calls."""
        with pytest.raises(AccountOfCustomers):
            confirm_account(
                bank.account.pk,
                organisation_id=company.organisation_id,
                values={"ledger_account": "4110"},
                by=company.by,
            )
        bank.account.refresh_from_db()
        assert (bank.account.ledger_account, bank.account.is_confirmed) == ("512", False)

    def test_are_confirmed_by_those_who_may_and_in_their_company_only(self, company: Company, bank: Bank):
        assert seated(company, role="collector").post(f"/cash/accounts/{bank.account.pk}", SAID).status_code == 403
        manager = seated(company)
        Membership.objects.filter(user=company.collector).update(entity_ids=[company.entity.pk + 999])
        assert manager.post(f"/cash/accounts/{bank.account.pk}", SAID).status_code == 404
        assert "Pas encore de compte" in manager.get("/cash/accounts").content.decode()

    def test_name_the_statements_that_are_missing(self, company: Company, desk: Desk, bank: Bank, books: Books):
        assert "Aucun" in desk.get("/cash/accounts").content.decode()
        for number, (day, opening, closing) in enumerate(((-9, 0, 10_000), (-2, 14_200, 20_000))):
            Statement.objects.create(
                organisation=company.organisation, account=bank.account, key=str(number), format="camt.053",
                from_date=books.day(day), to_date=books.day(day), currency="EUR", opening_minor=opening,
                closing_minor=closing, sum_minor=closing - opening, line_count=1,
            )  # fmt: skip
        assert "42,00\u00a0€" in desk.get("/cash/accounts").content.decode()
