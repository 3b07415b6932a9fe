"""The domain of a mail account: read on demand, told with what to do about it."""

import pytest

from encours.connectors.dns import client
from encours.messaging.models import MailAccount
from tests.cast import Company
from tests.entrypoints.desk.conftest import Desk, seated


@pytest.fixture
def account(company: Company) -> MailAccount:
    return MailAccount.objects.create(
        organisation=company.organisation,
        user=company.collector,
        from_email="nadia@brevanne.example",
        host="smtp.brevanne.example",
        port=587,
        security="starttls",
    )


def publishes(records: dict[str, list[str]]):
    return lambda names: {name: records.get(name, []) for name in names}


class TestTheDomainOfAnAccount:
    def test_is_judged_with_advice(self, desk: Desk, account: MailAccount, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(client, "text_records", publishes({"brevanne.example": ["v=spf1 +all"]}))
        desk.post(f"/settings/mail/{account.pk}/domain")
        page = desk.get("/settings/mail").content.decode()
        assert "Cet enregistrement SPF laisse n’importe qui" in page
        assert "v=spf1 +all" in page
        assert "DMARC" in page

    def test_is_not_judged_when_name_servers_are_silent(
        self, desk: Desk, account: MailAccount, monkeypatch: pytest.MonkeyPatch
    ):
        def silent(names: list[str]) -> dict[str, list[str]]:
            raise client.NameServersSilent(retry=True, problem="timeout")

        monkeypatch.setattr(client, "text_records", silent)
        desk.post(f"/settings/mail/{account.pk}/domain")
        account.refresh_from_db()
        assert account.domain_checked_at is None

    def test_is_checked_only_by_who_may_change_the_account(self, company: Company, account: MailAccount):
        MailAccount.objects.filter(pk=account.pk).update(user=None, entity=None)
        assert seated(company, role="collector").post(f"/settings/mail/{account.pk}/domain").status_code == 403
