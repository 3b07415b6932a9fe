"""Who may use the API, how often, and how it refuses."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from encours.access import token_actions, tokens
from encours.access.models import ApiToken, AuditEntry, Membership
from encours.entrypoints.api import app
from tests import cast
from tests.books import Books
from tests.cast import BY, Company
from tests.entrypoints.api.conftest import Program, secret_of


class TestTokens:
    def test_open_the_door(self, program: Program) -> None:
        assert program.get("/api/v1/customers").status_code == 200

    @pytest.mark.parametrize("header", ["", "Bearer enc_unknown", "Bearer nonsense", "Basic abc"])
    def test_are_needed(self, company: Company, header: str) -> None:
        answer = Client().get("/api/v1/customers", headers={"Authorization": header})
        assert answer.status_code == 401
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "token_unknown"

    def test_stop_when_revoked(self, program: Program) -> None:
        token = ApiToken.objects.get()
        token_actions.revoke_token(organisation_id=token.organisation_id, token_id=token.pk, by=BY, now=timezone.now())
        assert program.get("/api/v1/customers").status_code == 401
        with pytest.raises(token_actions.TokenUnknown):
            token_actions.revoke_token(
                organisation_id=token.organisation_id, token_id=token.pk, by=BY, now=timezone.now()
            )

    def test_stop_when_expired(self, company: Company) -> None:
        secret = secret_of(company, expires_at=timezone.now() - timedelta(seconds=1))
        assert Program(company, secret).get("/api/v1/customers").status_code == 401

    def test_stop_when_their_person_leaves(self, company: Company, program: Program) -> None:
        Membership.objects.filter(user=company.collector).update(is_active=False)
        assert program.get("/api/v1/customers").status_code == 401

    def test_do_only_what_they_are_for(self, company: Company) -> None:
        answer = Program(company, secret_of(company, scopes=["write"])).get("/api/v1/customers")
        assert (answer.status_code, answer.json()["code"]) == (403, "token_not_allowed")

    def test_give_no_figures_to_whom_they_are_not_for(self, company: Company, program: Program) -> None:
        Membership.objects.filter(user=company.collector).update(role="sales")
        assert program.get("/api/v1/customers").status_code == 200
        for path in ("kpis", "kpis/overdue/rows"):
            assert program.get(f"/api/v1/{path}").status_code == 403

    def test_keep_their_secret_to_themselves(self, company: Company) -> None:
        secret = secret_of(company)
        kept = ApiToken.objects.values().get()
        assert secret not in str(kept)
        assert kept["digest"] == tokens.digest_of(secret)
        assert secret not in str(list(AuditEntry.objects.values()))

    def test_refuse_unknown_scopes(self, company: Company) -> None:
        with pytest.raises(token_actions.TokenScopeUnknown):
            secret_of(company, scopes=["everything"])

    def test_are_hidden_from_who_does_not_show_them(self, company: Company) -> None:
        secret_of(company)
        with cast.company("dora"):
            assert ApiToken.objects.count() == 0


class TestTenants:
    def test_never_see_each_other(self, filled: Books) -> None:
        with cast.company("dora") as dora:
            program = Program(dora, secret_of(dora))
            assert {row["customer_name"] for row in program.read("customers")["items"]} == {
                "Acme",
                "Borealis",
                "Cobalt",
            }
            assert program.read("open-items")["items"] == []
            assert program.read("ageing")["lines"] == []

    def test_are_unbound_after_each_request(self, program: Program) -> None:
        Client.request(program, **program._base_environ(PATH_INFO="/api/v1/customers"))
        with connection.cursor() as cursor:
            cursor.execute("select coalesce(current_setting('encours.organisation', true), '')")
            assert cursor.fetchone()[0] == ""


class TestRate:
    def test_is_told(self, program: Program) -> None:
        answer = program.get("/api/v1/customers")
        assert answer.headers["X-RateLimit-Limit"] == str(app.REQUESTS_A_MINUTE)
        assert int(answer.headers["X-RateLimit-Remaining"]) < app.REQUESTS_A_MINUTE

    def test_is_limited(self, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(app, "REQUESTS_A_MINUTE", 0)
        answer = program.get("/api/v1/customers")
        assert (answer.status_code, answer.json()["code"]) == (429, "requests_too_many")
        assert int(answer.headers["Retry-After"]) <= 60


class TestProblems:
    @pytest.mark.parametrize(
        ("path", "status", "code"),
        [
            ("customers/none", 404, "customer_unknown"),
            ("documents/none", 404, "document_unknown"),
            ("kpis/none/rows", 404, "kpi_unknown"),
            ("ageing?buckets=90,30", 422, "bucket_limits_unusable"),
            ("ageing?as_of=yesterday", 422, "request_unreadable"),
            ("customers?cursor=abc", 422, "cursor_unreadable"),
            ("customers?limit=0", 422, "request_unreadable"),
            ("kpis?as_of=2026-01-01&first_date=2026-02-01", 422, "period_unusable"),
        ],
    )
    def test_have_a_code_and_a_sentence(self, program: Program, path: str, status: int, code: str) -> None:
        answer = program.get(f"/api/v1/{path}")
        body = answer.json()
        assert (answer.status_code, body["code"], body["status"]) == (status, code, status)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert body["detail"]


def test_describes_itself_in_openapi(company: Company) -> None:
    document = app.api.get_openapi_schema()
    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        assert path.startswith("/api/v1/")
        assert all(method["summary"] for method in methods.values())
