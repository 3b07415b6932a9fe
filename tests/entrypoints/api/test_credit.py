"""A program reads and sets what a customer may owe, each time once for its key."""

from datetime import date, timedelta
from typing import Any

import pytest

from encours.access.models import AuditEntry, Membership
from encours.core.actors import Actor
from encours.credit import actions as credit
from encours.credit.models import CreditLimit
from encours.customers.models import Customer
from encours.disputes.actions import credit_notes
from encours.entrypoints.api.shapes import today
from encours.ledger.models import OpenItem
from tests import cast
from tests.books import Books
from tests.cast import Company
from tests.entrypoints.api.conftest import Program, secret_of

PATH = "/api/v1/customers/C001/credit-limits"


@pytest.fixture
def writer(company: Company) -> Program:
    Membership.objects.filter(user=company.collector).update(role="credit_manager")
    Books(company).invoice(company.acme, 812_35, issued=date(2026, 1, 1), due=date(2026, 1, 31))
    return Program(company, secret_of(company, scopes=["read", "write"]))


def put(program: Program, body: dict[str, Any], key: str = "") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return program.post(PATH, body, content_type="application/json", headers=headers)


def test_a_limit_is_set_once_and_read_with_its_use(writer: Program):
    said = {"amount": "1000.00", "why": "rating B"}
    made = put(writer, said, "erp-1")
    assert (made.status_code, put(writer, said, "erp-1").json()) == (200, made.json())
    assert made.json()["source"] == "api"
    assert put(writer, {"amount": "600.00"}, "erp-1").status_code == 409
    assert put(writer, said).json()["limit"] == made.json()["limit"]
    assert CreditLimit.objects.count() == 1
    assert AuditEntry.objects.get(verb="set_credit_limit").channel == "api"
    read = writer.get(PATH).json()
    assert read["in_force"]["room"] == {"amount": "187.65", "currency": "EUR"}
    assert read["in_force"]["used_percent"] == 81
    assert [one["why"] for one in read["decided"]] == ["rating B"]


def test_a_new_limit_follows_and_none_lifts_it(writer: Program, company: Company):
    credit.set_policy(organisation_id=company.organisation_id, threshold_minor=None, currency="EUR", by=company.by)
    assert put(writer, {"amount": None}).json()["code"] == "no_limit_to_lift"
    put(writer, {"amount": "1000.00"})
    put(writer, {"amount": "500.00"})
    assert writer.get(PATH).json()["in_force"]["excess"]["amount"] == "312.35"
    put(writer, {"amount": None, "why": "insurer withdrew"})
    read = writer.get(PATH).json()
    assert read["in_force"] is None
    assert [one["amount"] and one["amount"]["amount"] for one in read["decided"]] == [None, "500.00", "1000.00"]


@pytest.mark.parametrize("body", [{"amount": "-5"}, {"amount": "ten"}, {}, {"amount": "5", "currency": "EURO"}])
def test_says_what_is_wrong(writer: Program, body: dict[str, Any]):
    assert put(writer, body).status_code == 422
    assert not CreditLimit.objects.exists()


def test_is_for_those_who_may_and_for_their_own_customers(company: Company, writer: Program):
    assert put(Program(company, secret_of(company)), {"amount": "5"}).status_code == 403
    with cast.company("dora") as dora:
        Customer.objects.filter(number="C001").update(number="D001")
        Membership.objects.filter(user=dora.collector).update(role="credit_manager")
        other = Program(dora, secret_of(dora, scopes=["read", "write"]))
        assert (put(other, {"amount": "5"}).status_code, other.get(PATH).status_code) == (404, 404)
    Membership.objects.filter(user=company.collector).update(role="auditor")
    assert put(writer, {"amount": "5"}).status_code == 403


def test_above_the_threshold_it_is_proposed_and_what_is_in_force_stays(writer: Program):
    put(writer, {"amount": "1000.00"})
    made = put(writer, {"amount": "60000.00", "why": "growth"}, "erp-2")
    assert (made.status_code, made.json()["why"]) == (202, "growth")
    assert put(writer, {"amount": "60000.00", "why": "growth"}, "erp-2").json() == made.json()
    read = writer.get(PATH).json()
    assert read["in_force"]["amount"]["amount"] == "1000.00"
    assert read["proposed"]["amount"]["amount"] == "60000.00"


def test_a_token_that_may_only_propose_proposes(writer: Program, company: Company):
    Membership.objects.filter(user=company.collector).update(role="adv")
    assert put(writer, {"amount": "10.00"}).status_code == 202
    Membership.objects.filter(user=company.collector).update(role="auditor")
    assert put(writer, {"amount": "10.00"}).status_code == 403


def test_terms_are_proposed_and_read(writer: Program):
    path = "/api/v1/customers/C001/payment-terms"
    days = {"from_date": today().isoformat(), "to_date": (today() + timedelta(days=365)).isoformat()}
    given = {"terms": "45EOM", **days, "why": "contract"}
    made = writer.post(path, given, content_type="application/json")
    assert (made.status_code, made.json()["decided_as"]) == (202, "")
    late = writer.post(path, {**given, "terms": "75"}, content_type="application/json")
    assert late.json()["code"] == "terms_beyond_law"
    read = writer.get(path).json()
    assert (read["usual"], [one["terms"] for one in read["exceptional"]]) == (["30"], ["45EOM"])


def test_credit_notes_to_issue_are_read_and_noted(writer: Program, company: Company):
    given = {"organisation_id": company.organisation_id, "today": date(2026, 2, 1)}
    asked = credit_notes.ask_on_invoice(
        **given, customer_id=company.acme.pk, document_number=OpenItem.objects.get().document_number,
        amount_minor=10_00, why="price", by=Actor.system("test"),
    )  # fmt: skip
    path = "/api/v1/credit-note-requests"
    assert writer.get(path).json()["items"] == []
    assert writer.get(f"{path}?state=waiting").json()["items"][0]["state"] == "waiting"
    credit_notes.agree_credit_note(**given, request_id=asked.pk, by=company.by)
    assert writer.get(path).json()["items"][0]["amount"]["amount"] == "10.00"
    said = {"credit_note_number": "AV-1"}
    noted = writer.post(f"{path}/{asked.pk}/issued", said, content_type="application/json")
    assert (noted.json()["state"], noted.json()["credit_note_number"]) == ("issued", "AV-1")
    assert writer.get(f"{path}?state=over").json()["items"][0]["request"] == asked.pk
    assert writer.post(f"{path}/999/issued", said, content_type="application/json").status_code == 404
