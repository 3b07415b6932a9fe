"""A program writes on a customer's page in its user's name, once for its key, and takes it back."""

from typing import Any

import pytest
from django.utils import timezone

from encours.access.models import AuditEntry, Membership
from encours.conversation.models import PortalNote
from encours.portal import actions as portal
from tests import cast
from tests.cast import Company
from tests.entrypoints.api.conftest import Program, secret_of

PATH = "/api/v1/customers/C001/portal-notes"
SAID = {"text": "L’avoir sera émis vendredi."}


@pytest.fixture
def writer(company: Company) -> Program:
    Membership.objects.filter(user=company.collector).update(role="collector")
    given = {"organisation_id": company.organisation_id, "now": timezone.now(), "by": company.by}
    portal.set_policy(form=portal.PolicyForm(is_on=True), **given)
    return Program(company, secret_of(company, scopes=["read", "write"]))


def put(program: Program, path: str = PATH, body: dict[str, Any] | None = None, key: str = "") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return program.post(path, body or {}, content_type="application/json", headers=headers)


def test_is_written_once_signed_by_the_user_read_and_taken_back(writer: Program, company: Company):
    made = put(writer, body=SAID, key="erp-1").json()
    assert put(writer, body=SAID, key="erp-1").json() == made
    assert made["author"] == company.collector.display_name
    second = put(writer, body={"text": "Reçu, merci."}).json()
    first = writer.get(PATH, {"limit": 1}).json()
    assert [one["text"] for one in first["items"]] == ["Reçu, merci."]
    rest = writer.get(PATH, {"limit": 1, "cursor": first["next_cursor"]}).json()
    assert (rest["items"], rest["next_cursor"]) == ([made], None)
    away = f"/api/v1/portal-notes/{second['portal_note']}/withdraw"
    assert put(writer, away, key="erp-2").json()["withdrawn_by"] == company.collector.display_name
    assert (put(writer, away, key="erp-2").status_code, put(writer, away).status_code) == (200, 409)
    assert AuditEntry.objects.get(verb="portal_note_withdrawn").channel == "api"


def test_is_refused_empty_without_the_right_or_for_another_tenants_customer(writer: Program, company: Company):
    assert put(writer, body={"text": " "}).json()["code"] == "page_note_empty"
    note = put(writer, body=SAID).json()["portal_note"]
    with cast.company("dora") as dora:
        Membership.objects.filter(user=dora.collector).update(role="collector")
        other = Program(dora, secret_of(dora, scopes=["read", "write"]))
        assert put(other, f"/api/v1/portal-notes/{note}/withdraw").status_code == 404
        assert other.get(PATH).json()["items"] == []
    Membership.objects.filter(user=company.collector).update(role="auditor")
    assert put(writer, body=SAID).status_code == 403
    assert PortalNote.objects.count() == 1
