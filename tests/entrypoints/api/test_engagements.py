"""A program notes promises, pauses, disputes and comments, each once for its key."""

from datetime import date, timedelta
from typing import Any

import pytest

from encours.access import call_actions
from encours.access.models import ApiCall, AuditEntry, Membership
from encours.collections.models import Pause, Promise
from encours.customers.models import Customer, Note
from encours.disputes.models import Dispute
from encours.entrypoints.api.shapes import today
from tests import cast
from tests.books import Books
from tests.cast import Company
from tests.entrypoints.api.conftest import Program, secret_of


@pytest.fixture
def writer(company: Company) -> Program:
    Membership.objects.filter(user=company.collector).update(role="credit_manager")
    Books(company).invoice(company.acme, 812_35, issued=date(2026, 1, 1), due=date(2026, 1, 31), number="F-2026-0501")
    return Program(company, secret_of(company, scopes=["read", "write"]))


def post(program: Program, path: str, body: dict[str, Any], key: str = "") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return program.post(f"/api/v1/{path}", body, content_type="application/json", headers=headers)


def in_days(days: int) -> str:
    return (today() + timedelta(days=days)).isoformat()


PROMISE = {"amount": "812.35", "promised_date": in_days(10), "invoice_number": "F-2026-0501", "note": "M. Rey"}
CALLS: list[tuple[str, dict[str, Any], Any]] = [
    ("customers/C001/promises", PROMISE, Promise),
    ("customers/C001/pauses", {"reason": "agreement", "until": in_days(5)}, Pause),
    ("customers/C001/disputes", {"invoice_number": "F-2026-0501", "amount": "12.35", "reason": "price"}, Dispute),
    ("customers/C001/notes", {"text": "Rappeler Mme Lenoir"}, Note),
]


class TestCallsThatWrite:
    @pytest.mark.parametrize(("path", "body", "model"), CALLS)
    def test_are_done_once_for_their_key(self, writer: Program, path: str, body: dict[str, Any], model: Any):
        first = post(writer, path, body, "crm-1")
        again = post(writer, path, body, "crm-1")
        assert (first.status_code, again.status_code) == (200, 200), first.content
        assert again.json() == first.json()
        assert first.json()["customer_number"] == "C001"
        assert model.objects.count() == 1
        assert post(writer, path, body, "crm-2").status_code == 200
        assert model.objects.count() == 2

    @pytest.mark.parametrize(("path", "body", "model"), CALLS)
    def test_are_refused_when_their_key_stands_for_another(
        self, writer: Program, path: str, body: dict[str, Any], model: Any
    ):
        post(writer, "customers/C002/notes", {"text": "autre chose"}, "crm-1")
        answer = post(writer, path, body, "crm-1")
        assert (answer.status_code, answer.json()["code"]) == (409, "call_key_used_otherwise")
        assert not model.objects.filter(customer__number="C001").exists()

    def test_leave_nothing_behind_their_key_when_refused(self, writer: Program):
        wrong = {**PROMISE, "amount": "-5"}
        assert post(writer, "customers/C001/promises", wrong, "crm-1").status_code == 422
        assert not ApiCall.objects.exists()
        assert post(writer, "customers/C001/promises", PROMISE, "crm-1").status_code == 200

    @pytest.mark.parametrize(("path", "body", "model"), CALLS)
    def test_are_for_tokens_that_may(
        self, company: Company, writer: Program, path: str, body: dict[str, Any], model: Any
    ):
        reader = Program(company, secret_of(company))
        assert post(reader, path, body).status_code == 403
        Membership.objects.filter(user=company.collector).update(role="auditor")
        assert post(writer, path, body).status_code == 403
        assert not model.objects.exists()

    @pytest.mark.parametrize(("path", "body", "model"), CALLS)
    def test_never_reach_another_tenant(self, writer: Program, path: str, body: dict[str, Any], model: Any):
        with cast.company("dora") as dora:
            Customer.objects.filter(number="C001").update(number="D001")
            other = Program(dora, secret_of(dora, scopes=["read", "write"]))
            assert post(other, path, body).status_code == 404
        assert not model.objects.exists()

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("customers/C001/promises", {**PROMISE, "promised_date": "2020-01-01"}),
            ("customers/C001/promises", {**PROMISE, "source": "telepathy"}),
            ("customers/C001/promises", {**PROMISE, "amount": "ten"}),
            ("customers/C001/pauses", {"reason": "holiday"}),
            ("customers/C001/disputes", {"invoice_number": "F-2026-0501", "amount": "9999.00"}),
            ("customers/C001/notes", {"text": "  "}),
        ],
    )
    def test_say_what_is_wrong(self, writer: Program, path: str, body: dict[str, Any]):
        assert post(writer, path, body).status_code == 422

    def test_name_what_does_not_exist(self, writer: Program):
        assert post(writer, "customers/C999/notes", {"text": "x"}).status_code == 404
        unknown = post(writer, "customers/C001/promises", {**PROMISE, "invoice_number": "F-9"})
        assert (unknown.status_code, unknown.json()["code"]) == (404, "document_not_open")


class TestEnds:
    def test_a_pause_is_ended_once(self, writer: Program):
        made = post(writer, "customers/C001/pauses", {"reason": "waiting"}).json()
        for _ in range(2):
            ended = post(writer, f"pauses/{made['pause']}/end", {"why": "document received"}, "crm-9")
            assert ended.json()["ended_date"] == today().isoformat()
        assert AuditEntry.objects.filter(verb="resume_reminders").count() == 1
        assert post(writer, f"pauses/{made['pause']}/end", {}).status_code in (409, 422)
        assert post(writer, "pauses/999999/end", {}).status_code == 404

    def test_a_dispute_is_closed_with_its_outcome(self, writer: Program):
        made = post(writer, "customers/C001/disputes", {"invoice_number": "F-2026-0501"}).json()
        assert made["amount"] is None
        closed = post(writer, f"disputes/{made['dispute']}/close", {"outcome": "unfounded"}).json()
        assert (closed["outcome"], closed["closed_date"]) == ("unfounded", today().isoformat())
        assert post(writer, "disputes/999999/close", {"outcome": "unfounded"}).status_code == 404


def test_disputes_are_listed_by_how_much_is_contested(writer: Program):
    said = {"invoice_number": "F-2026-0501", "reason": "price"}
    assert post(writer, "customers/C001/disputes", {**said, "line_number": "3"}).status_code in {400, 409, 422}
    line = {**said, "amount": "12.35", "line_number": "3", "line_text": "Rouleaux"}
    made = post(writer, "customers/C001/disputes", line).json()
    whole = post(writer, "customers/C001/disputes", said).json()
    assert writer.get("/api/v1/disputes?extent=line").json() == {"items": [made], "next_cursor": None}
    assert (made["line_number"], made["line_text"]) == ("3", "Rouleaux")
    first = writer.get("/api/v1/disputes?limit=1").json()
    rest = writer.get(f"/api/v1/disputes?limit=1&cursor={first['next_cursor']}").json()
    assert [first["items"][0], rest["items"][0]] == [made, whole]
    assert writer.get("/api/v1/disputes?state=closed").json()["items"] == []


def test_the_description_tells_every_call(writer: Program):
    told = writer.get("/api/v1/openapi.json").json()["paths"]
    for path in ("promises", "pauses", "disputes", "notes"):
        assert "Idempotency-Key" in told[f"/api/v1/customers/{{number}}/{path}"]["post"]["description"]


def test_without_a_key_a_call_is_simply_done(company: Company):
    made = [
        call_actions.once(
            organisation_id=company.organisation_id, key="", verb="note", fingerprint="", perform=lambda: 7
        )
        for _ in range(2)
    ]
    assert made == [7, 7]
    assert not ApiCall.objects.exists()
