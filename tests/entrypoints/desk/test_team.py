"""The team's screens: many customers at once, who stands in, portfolios moved, the scorecard with its wins."""

import datetime as dt

import pytest
from django.utils import timezone

from encours.access.models import AuditEntry
from encours.analytics.queries import scorecard
from encours.collections import actions as collections
from encours.collections.models import Handled, Pause
from encours.collections.rules.bulk import Chosen, Gesture, Sorted, sort_out
from encours.customers.models import Customer
from encours.ledger.models import OpenItem
from encours.messaging import actions as messaging
from encours.team import actions as team
from encours.team.models import Absence, Task
from encours.team.queries import absences
from tests import cast
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books, Desk, seated
from tests.entrypoints.desk.test_tasks import colleague

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(company: Company, books: Books) -> Desk:
    return seated(company, language="en")


class TestSortOut:
    ACME, BOREALIS = Chosen(1, collector_id=7, is_paused=True), Chosen(2, collector_id=8)

    @pytest.mark.parametrize(
        ("gesture", "expected"),
        [
            (Gesture.PAUSE, Sorted((2,), ((1, "paused"),))),
            (Gesture.ASSIGN, Sorted((2,), ((1, "theirs"),))),
            (Gesture.LATER, Sorted((1, 2), ())),
            (Gesture.TASK, Sorted((1, 2), ())),
        ],
    )
    def test_leaves_out_whom_it_would_not_change(self, gesture: Gesture, expected: Sorted):
        assert sort_out(gesture, [self.ACME, self.BOREALIS], collector_id=7) == expected


class TestManyAtOnce:
    def both(self, company: Company, gesture: str, **more: object) -> dict[str, object]:
        return {"c": [company.acme.pk, company.borealis.pk], "gesture": gesture, **more}

    def test_first_shows_who_is_left_out_and_changes_nothing(self, company: Company, books: Books, desk: Desk):
        collections.pause(
            organisation_id=company.organisation_id, customer_id=company.acme.pk, reason="other", today=books.today,
            by=company.by,
        )  # fmt: skip
        page = desk.post("/customers/bulk", self.both(company, "pause")).content.decode()
        assert "paused already" in page
        assert "Do it for 1 customer" in page
        assert Pause.objects.count() == 1

    def test_then_does_it_and_returns_to_the_same_place(self, company: Company, books: Books, desk: Desk):
        until = books.day(7).isoformat()
        sure = self.both(company, "later", sure="1", day=until, next="/?only=call&selected=3")
        assert desk.post("/customers/bulk", sure).url == "/?only=call&selected=3"
        assert Handled.objects.filter(kind="later").count() == 2

    def test_gives_each_its_task(self, company: Company, books: Books, desk: Desk):
        desk.post("/customers/bulk", self.both(company, "task", sure="1", note="Ask for the order number"))
        assert set(Task.objects.values_list("customer_id", "assignee_id")) == {
            (company.acme.pk, company.collector.pk), (company.borealis.pk, company.collector.pk),
        }  # fmt: skip

    def test_gives_them_to_another_collector_by_who_may(self, company: Company, books: Books, desk: Desk):
        omar = colleague(company)
        order = self.both(company, "assign", sure="1", person=omar.pk)
        assert desk.post("/customers/bulk", order).status_code == 302
        assert Customer.objects.filter(collector=omar).count() == 2
        assert AuditEntry.objects.filter(verb="give_customers").count() == 1
        assert seated(company, role="collector").post("/customers/bulk", order).status_code == 403

    def test_refuses_nobody_and_another_tenants_customers(self, company: Company, books: Books, desk: Desk):
        answer = desk.post("/customers/bulk", {"gesture": "later"}, follow=True)
        assert "Tick at least one customer." in answer.content.decode()
        with cast.company("dora") as dora:
            theirs = dora.acme.pk
        later = {"c": [theirs], "gesture": "later", "sure": "1", "day": books.day(3).isoformat()}
        desk.post("/customers/bulk", later)
        assert Handled.objects.count() == 0


class TestAbsence:
    def note(self, desk: Desk, books: Books, **more: object):
        return desk.post(
            "/team/absences", {"first": books.day(0).isoformat(), "last": books.day(4).isoformat(), **more}, follow=True
        )

    def test_is_noted_shown_and_ended(self, company: Company, books: Books, desk: Desk):
        omar = colleague(company)
        self.note(desk, books, substitute=omar.pk)
        found = absences.stood_in_for(omar.pk, organisation_id=company.organisation_id, today=books.today)
        assert found == (company.collector.pk,)
        assert "Omar" in desk.get("/team").content.decode()
        desk.post(f"/team/absences/{Absence.objects.get().pk}/end")
        assert absences.substitutes(company.organisation_id, today=books.today) == {}

    def test_of_a_colleague_is_noted_by_the_manager_alone(self, company: Company, books: Books, desk: Desk):
        omar = colleague(company)
        mine = seated(company, role="collector", language="en")
        order = {"person": omar.pk, "substitute": company.collector.pk}
        assert self.note(mine, books, **order).status_code == 403
        seated(company, language="en")
        assert self.note(desk, books, **order).status_code == 200
        assert Absence.objects.get().user_id == omar.pk

    def test_twice_on_the_same_days_is_refused_in_words(self, company: Company, books: Books, desk: Desk):
        omar = colleague(company)
        self.note(desk, books, substitute=omar.pk)
        assert "away already" in self.note(desk, books, substitute=omar.pk).content.decode()
        assert "Choose a colleague" in self.note(desk, books, substitute=company.collector.pk).content.decode()
        assert Absence.objects.count() == 1

    def test_leads_on_when_the_substitute_is_away_too(self, company: Company, books: Books):
        omar, paula = colleague(company), colleague(company, "Paula")
        for person, substitute in ((company.collector, omar), (omar, paula)):
            team.note_absence(
                organisation_id=company.organisation_id, user_id=person.pk, substitute_id=substitute.pk,
                first_date=books.today, last_date=books.today, today=books.today, by=company.by,
            )  # fmt: skip
        found = absences.works_for(paula.pk, organisation_id=company.organisation_id, today=books.today)
        assert set(found) == {paula.pk, omar.pk, company.collector.pk}


class TestPortfolio:
    def test_moves_whole_and_is_written_down(self, company: Company, books: Books, desk: Desk):
        omar = colleague(company)
        desk.post("/team/portfolios", {"from": company.collector.pk, "to": omar.pk, "why": "leaves"})
        assert Customer.objects.filter(collector=omar).count() == 3
        assert AuditEntry.objects.get(verb="give_customers").why == "leaves"

    def test_takes_those_nobody_follows(self, company: Company, books: Books, desk: Desk):
        Customer.objects.filter(pk=company.acme.pk).update(collector=None)
        omar = colleague(company)
        desk.post("/team/portfolios", {"from": "nobody", "to": omar.pk})
        assert list(Customer.objects.filter(collector=omar)) == [company.acme]

    def test_is_not_a_collectors_to_move(self, company: Company, books: Books):
        mine = seated(company, role="collector")
        assert mine.post("/team/portfolios", {"from": "nobody", "to": company.collector.pk}).status_code == 403


class TestScorecard:
    def test_counts_what_was_done_and_what_came_of_it(self, company: Company, books: Books, desk: Desk):
        at = dt.datetime.now(dt.UTC)
        collections.record_call(
            organisation_id=company.organisation_id, customer_id=company.acme.pk, outcome="reached",
            today=books.day(-3), now=at, by=company.by,
        )  # fmt: skip
        collections.record_call(
            organisation_id=company.organisation_id, customer_id=company.borealis.pk, outcome="no_answer",
            today=books.day(-3), now=at, by=company.by,
        )  # fmt: skip
        books.receipt(company.acme, "RG-9", 70_000, on=-1)
        books.receipt(company.borealis, "RG-10", 10_000, on=-1)
        page = desk.get("/team/scorecard?period=week")
        [(score, collected, won)] = page.context["scores"]
        assert (score.calls, score.reached) == (2, 1)
        assert dict(collected)["EUR"] == 70_000 + 10_000 + 50_000
        assert won == [("EUR", 70_000)]
        assert [win.customer_name for win in page.context["wins"]] == ["Acme"]

    def test_a_payment_before_the_contact_is_no_win(self, company: Company, books: Books, desk: Desk):
        collections.record_call(
            organisation_id=company.organisation_id, customer_id=company.acme.pk, outcome="reached", today=books.today,
            now=dt.datetime.now(dt.UTC), by=company.by,
        )  # fmt: skip
        scope = desk.get("/team/scorecard").wsgi_request.scope
        assert scorecard.wins(scope, first=books.day(-7), last=books.today) == []


class TestMailOfWhoIsAway:
    def test_stands_among_mine_of_whoever_stands_in(self, company: Company, books: Books):
        omar, now = colleague(company), timezone.now()
        messaging.record_reply(
            organisation_id=company.organisation_id, key="reply-1", customer_id=company.acme.pk,
            from_email="lise@acme.example", subject="Re: F1 is on its way", text="Paid on Friday.", now=now,
            by=company.by,
        )  # fmt: skip
        mine = "/inbox?who=mine&tab=all"
        his = Desk()
        his.organisation_id = company.organisation_id
        his.force_login(omar)
        assert "F1 is on its way" not in his.get(mine).content.decode()
        team.note_absence(
            organisation_id=company.organisation_id, user_id=company.collector.pk, substitute_id=omar.pk,
            first_date=books.today, last_date=books.day(4), today=books.today, by=company.by,
        )  # fmt: skip
        assert "F1 is on its way" in his.get(mine).content.decode()


class TestWhatIsOnHold:
    def test_stands_in_a_list_with_its_age_until_it_ends(self, company: Company, books: Books, desk: Desk):
        made = collections.pause(
            organisation_id=company.organisation_id, customer_id=company.acme.pk, reason="other",
            today=books.day(-9), note="waits for a paper", by=company.by,
        )  # fmt: skip
        page = desk.get("/pauses").content.decode()
        assert "Acme" in page
        assert "waits for a paper" in page
        assert "Acme" not in desk.get("/pauses?q=nobody").content.decode().split("</form>", 1)[1]
        desk.post(f"/customers/C001/pauses/{made.pk}/end", {"next": "/pauses"})
        assert "Nothing is on hold" in desk.get("/pauses").content.decode()


def test_documents_put_on_hold_together_are_one_line_and_each_a_row_of_the_file(
    company: Company, books: Books, desk: Desk
):
    items = OpenItem.objects.filter(customer=company.acme, open_minor__gt=0).order_by("pk")[:2]
    for item in items:
        collections.pause(
            organisation_id=company.organisation_id, customer_id=company.acme.pk, reason="hand_over", by=company.by,
            today=books.today, item_id=item.pk, note="REM-2026-0001 · Lestrange",
        )  # fmt: skip
    page = desk.get("/pauses").content.decode()
    assert page.count("REM-2026-0001 · Lestrange") == 1
    assert ", ".join(dict.fromkeys(item.document_number for item in items)) in page
    assert "Handed over for recovery" in page
    rows = b"".join(desk.get("/pauses?export=csv").streaming_content).decode().strip().splitlines()
    assert len(rows) == 1 + len(items)
    assert "hand_over" not in desk.get("/customers/C001").content.decode()


class TestTheReview:
    def test_walks_down_the_late_ones_and_keeps_what_is_decided(self, company: Company, books: Books, desk: Desk):
        page = desk.get("/team/review").content.decode()
        assert "Keep it, next" in page
        first = page.split('action="/team/review/')[1].split('"')[0]
        desk.post(f"/team/review/{first}", {"text": "Stop deliveries"})
        after = desk.get("/team/review").content.decode()
        assert "Stop deliveries" in after
        assert f'action="/team/review/{first}"' not in after
        assert desk.get(f"/team/review?day={books.day(-40).isoformat()}").status_code == 200

    def test_a_goal_stands_on_the_months_scorecard(self, company: Company, books: Books, desk: Desk):
        assert desk.post("/team/goals", {"person": "", "amount": "1,000"}).url.endswith("?period=month")
        page = desk.get("/team/scorecard?period=month").content.decode()
        assert 'aria-label="Goals of the month"' in page
        assert "1,000" in page
        for quiet in ("/team/scorecard?period=today", "/team"):
            shown = desk.get(quiet).content.decode()
            assert "Goals of the month" in shown
            assert "€1,000" in shown
        assert "Goals of the month" not in seated(company, role="sales", language="en").get("/team").content.decode()
