"""Event rules on their screens: built as a sentence, tried, kept, switched, logged."""

import pytest

from encours.collections.models import EventRule, Occurrence
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books, Desk, seated

RULE = {
    "name": "Grandes promesses",
    "event": "promise_broken",
    "amount_from": "5 000",
    "task_text": "Rappeler",
    "task_who": "collector",
    "task_days": "2",
    "notify_who": "credit_manager",
}


@pytest.fixture
def desk(company: Company) -> Desk:
    return seated(company)


@pytest.fixture
def broken(books: Books, company: Company) -> Occurrence:
    return Occurrence.objects.create(
        organisation=company.organisation, kind="promise_broken", customer=company.acme, occurred_date=books.day(-2),
        amount_minor=6_000_00, currency="EUR", key="promise:1",
    )  # fmt: skip


class TestTheBuilder:
    def test_keeps_a_rule_and_reads_it_as_a_sentence(self, desk: Desk):
        assert desk.post("/scenarios/rules/new", RULE).status_code == 302
        rule = EventRule.objects.get()
        assert dict(rule.conditions) == {"amount_from": 5_000_00}
        assert [action["deed"] for action in rule.actions] == ["task", "notify"]
        page = desk.get("/scenarios/rules").content.decode()
        assert "Quand une promesse n’est pas tenue" in page
        assert "5\u202f000" in page
        desk.post(f"/scenarios/rules/{rule.pk}", {**RULE, "amount_from": "", "pause_days": "3"})
        rule.refresh_from_db()
        assert rule.conditions == []
        assert rule.actions[-1] == {"deed": "pause", "days": 3}

    def test_tries_it_on_the_last_month_and_keeps_nothing(self, broken: Occurrence, desk: Desk):
        page = desk.post("/scenarios/rules/new", {**RULE, "verb": "try"}).content.decode()
        assert "Acme" in page
        assert "1 sur 1" in page
        assert not EventRule.objects.exists()

    def test_says_what_is_missing(self, desk: Desk):
        answer = desk.post("/scenarios/rules/new", {"name": "Rien", "event": "bounced"})
        assert answer.status_code == 422
        assert not EventRule.objects.exists()

    def test_lets_it_rest_run_and_go(self, desk: Desk):
        desk.post("/scenarios/rules/new", RULE)
        rule = EventRule.objects.get()
        for verb, is_active in (("rest", False), ("run", True), ("retire", False)):
            desk.post(f"/scenarios/rules/{rule.pk}/switch", {"verb": verb})
            rule.refresh_from_db()
            assert rule.is_active is is_active
        assert "Grandes promesses" not in desk.get("/scenarios/rules").content.decode()

    def test_is_read_only_for_a_collector(self, company: Company):
        collector = seated(company, role="collector")
        collector.post("/scenarios/rules/new", RULE)
        assert not EventRule.objects.exists()
        assert collector.post("/scenarios/rules/1/switch", {"verb": "run"}).status_code == 403
