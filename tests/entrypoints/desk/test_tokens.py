"""API tokens: issued and shown once, listed, ended with a reason."""

import re

import pytest
from django.test import Client

from encours.access import context
from encours.access.models import ApiToken, AuditEntry
from tests.cast import Company
from tests.entrypoints.desk.conftest import Desk, seated


@pytest.fixture
def desk(company: Company) -> Desk:
    return seated(company, role="admin")


def issued(desk: Desk, company: Company, **said: str) -> str:
    form = {"name": "ERP", "user": str(company.collector.pk), "rights": "read", "last_day": ""} | said
    page = desk.post("/settings/tokens", form).content.decode()
    found = re.search(r'value="(enc_[^"]+)"', page)
    assert found
    return found[1]


class TestATokenOfTheDesk:
    def test_opens_the_api_until_it_is_revoked(self, company: Company, desk: Desk):
        secret = issued(desk, company)
        program = Client(headers={"Authorization": f"Bearer {secret}"})
        assert program.get("/api/v1/customers").status_code == 200
        context.bind(company.organisation_id)
        desk.post(f"/settings/tokens/{ApiToken.objects.get().pk}/revoke", {"why": "Ancien ERP"})
        assert program.get("/api/v1/customers").status_code == 401
        context.bind(company.organisation_id)
        assert AuditEntry.objects.get(verb="revoke_token").why == "Ancien ERP"

    def test_is_shown_once(self, company: Company, desk: Desk):
        secret = issued(desk, company)
        page = desk.get("/settings/tokens")
        assert secret not in page.content.decode()
        assert "no-store" in page.headers["Cache-Control"]

    def test_may_write_only_where_it_was_said(self, company: Company, desk: Desk):
        issued(desk, company)
        issued(desk, company, name="Robot", rights="write", last_day="2099-12-31")
        rights = dict(ApiToken.objects.values_list("name", "scopes"))
        assert rights == {"ERP": ["read"], "Robot": ["read", "write"]}

    def test_stays_when_no_reason_is_given(self, company: Company, desk: Desk):
        issued(desk, company)
        desk.post(f"/settings/tokens/{ApiToken.objects.get().pk}/revoke", {"why": " "})
        assert ApiToken.objects.get().revoked_at is None

    def test_acts_only_as_people_of_the_organisation(self, company: Company, desk: Desk):
        assert desk.post("/settings/tokens", {"name": "X", "user": "999999", "rights": "read"}).status_code == 422

    def test_is_for_administrators(self, company: Company):
        assert seated(company, role="credit_manager").get("/settings/tokens").status_code == 403
