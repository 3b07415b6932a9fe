"""A program reads and sets what a customer may owe, each time once for its key."""

from datetime import date
from typing import Any

import pytest

from encours.access.models import AuditEntry, Membership
from encours.credit.models import CreditLimit
from encours.customers.models import Customer
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


def test_a_new_limit_follows_and_none_lifts_it(writer: Program):
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
    Membership.objects.filter(user=company.collector).update(role="collector")
    assert put(writer, {"amount": "5"}).status_code == 403
