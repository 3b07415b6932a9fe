"""The tasks screen: whose, by which day, what a gesture does, who may not; and the private calendar."""

from datetime import timedelta

import pytest
from django.test import Client
from icalendar import Calendar

from encours.access.models import Membership, User
from encours.team import actions as team
from encours.team.models import Task
from tests import cast
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books, Desk, seated

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(company: Company) -> Desk:
    return seated(company, role="collector", language="en")


def colleague(company: Company, name: str = "Omar") -> User:
    made = User.objects.create(email=f"{name.lower()}@brevanne.example", first_name=name)
    Membership.objects.create(organisation=company.organisation, user=made, role="collector")
    return made


def task(company: Company, books: Books, title: str, *, due: int = 0, **more: object) -> Task:
    given = {"assignee_id": company.collector.pk, "by": company.by, "today": books.today, **more}
    return team.add_task(
        organisation_id=company.organisation_id,
        title=title,
        due_date=books.day(due),
        **given,
    )


class TestTaskList:
    def test_shows_mine_by_day_and_not_my_colleagues(self, company: Company, books: Books, desk: Desk):
        omar = colleague(company)
        task(company, books, "Later one", due=20)
        task(company, books, "Today's one")
        task(company, books, "Omar's one", assignee_id=omar.pk)
        page = desk.get("/tasks").content.decode()
        assert page.index("Today&#x27;s one") < page.index("Later one")
        assert "Omar&#x27;s one" not in page
        assert "Omar&#x27;s one" in desk.get("/tasks?who=team").content.decode()

    def test_shows_the_work_of_whom_one_stands_in_for(self, company: Company, books: Books, desk: Desk):
        omar = colleague(company)
        task(company, books, "Omar's one", assignee_id=omar.pk)
        team.note_absence(
            organisation_id=company.organisation_id,
            user_id=omar.pk,
            substitute_id=company.collector.pk,
            first_date=books.today,
            last_date=books.day(7),
            today=books.today,
            by=company.by,
        )
        page = desk.get("/tasks").content.decode()
        assert "Omar&#x27;s one" in page
        assert "with those of Omar, away" in page

    def test_an_empty_list_says_where_tasks_come_from(self, desk: Desk):
        assert "from steps of a scenario" in desk.get("/tasks").content.decode()

    def test_follows_the_list_page_by_page(self, company: Company, books: Books, desk: Desk):
        team.add_tasks(
            organisation_id=company.organisation_id,
            tasks=[
                team.NewTask(f"Task {at:03}", books.day(at // 10), f"k{at}", assignee_id=company.collector.pk)
                for at in range(130)
            ],
            source="rule",
            today=books.today,
            by=company.by,
        )
        seen: list[str] = []
        address = "/tasks"
        for _ in range(3):
            answer = desk.part(address)
            seen += [found.title for _, _, rows in answer.context["groups"] for found in rows]
            address = f"/tasks{answer.context['next_address']}"
        assert seen == [f"Task {at:03}" for at in range(130)]


class TestGestures:
    def test_done_keeps_the_place_and_can_be_undone(self, company: Company, books: Books, desk: Desk):
        made = task(company, books, "Call back")
        answer = desk.post(f"/tasks/{made.pk}/done", {"next": "/tasks?due=today"})
        assert answer.url == "/tasks?due=today"
        assert "Call back" not in desk.get("/tasks").content.decode().split("en-toasts")[0]
        desk.post(f"/tasks/{made.pk}/reopen")
        assert Task.objects.get().closed_date is None

    def test_put_to_another_day_by_one_button(self, company: Company, books: Books, desk: Desk):
        made = task(company, books, "Call back")
        desk.post(f"/tasks/{made.pk}/postpone", {"on": books.day(3).isoformat(), "day": ""})
        assert Task.objects.get().due_date == books.day(3)

    def test_a_missing_day_is_refused_in_words(self, company: Company, books: Books, desk: Desk):
        made = task(company, books, "Call back")
        answer = desk.post(f"/tasks/{made.pk}/postpone", {}, follow=True)
        assert "Say to which day." in answer.content.decode()
        assert Task.objects.get().due_date == books.today

    def test_handed_over_leaves_my_list(self, company: Company, books: Books, desk: Desk):
        omar = colleague(company)
        made = task(company, books, "Call back")
        desk.post(f"/tasks/{made.pk}/hand-over", {"person": omar.pk})
        assert Task.objects.get().assignee_id == omar.pk

    def test_a_new_task_about_a_customer_is_its_collectors(self, company: Company, books: Books, desk: Desk):
        said = {"title": "Order form", "due_date": books.day(2).isoformat(), "priority": "3", "customer": "C001"}
        assert desk.post("/tasks/new", said).status_code == 302
        made = Task.objects.get()
        assert (made.customer_id, made.assignee_id, made.priority) == (company.acme.pk, company.collector.pk, 3)
        assert "Order form" in desk.get("/customers/C001").content.decode()

    def test_an_unknown_customer_comes_back_on_the_form(self, books: Books, desk: Desk):
        said = {"title": "Order form", "due_date": books.day(2).isoformat(), "priority": "2", "customer": "nobody"}
        answer = desk.post("/tasks/new", said)
        assert answer.status_code == 422
        assert "Order form" in answer.content.decode()
        assert Task.objects.count() == 0

    def test_an_auditor_reads_and_changes_nothing(self, company: Company, books: Books):
        made = task(company, books, "Call back")
        auditor = seated(company, role="auditor")
        assert auditor.get("/tasks?who=team").status_code == 200
        for address in ("done", "postpone", "hand-over", "cancel"):
            assert auditor.post(f"/tasks/{made.pk}/{address}", {"on": "2099-01-01"}).status_code == 403

    def test_a_portfolio_hides_the_tasks_of_other_customers(self, company: Company, books: Books):
        omar = colleague(company)
        company.borealis.collector = omar
        company.borealis.save()
        theirs = task(company, books, "About Borealis", customer_id=company.borealis.pk, assignee_id=omar.pk)
        ours = task(company, books, "About Acme", customer_id=company.acme.pk)
        Membership.objects.filter(user=company.collector).update(own_portfolio_only=True)
        mine = seated(company, role="sales", language="en")
        Membership.objects.filter(user=company.collector).update(own_portfolio_only=True)
        assert mine.get(f"/tasks/{ours.pk}").status_code == 200
        assert mine.get(f"/tasks/{theirs.pk}").status_code == 404
        assert mine.post(f"/tasks/{theirs.pk}/done").status_code == 404
        assert "About Borealis" not in mine.get("/tasks?who=team").content.decode()


class TestCalendar:
    def feed_of(self, desk: Desk) -> str:
        desk.post("/tasks/calendar/open")
        page = desk.get("/tasks")
        return str(page.context["feed"]).split("8000", 1)[-1]

    def test_shows_the_open_tasks_without_sign_in(self, company: Company, books: Books, desk: Desk):
        task(company, books, "Relancer, puis appeler; vite", due=3, customer_id=company.acme.pk)
        done = task(company, books, "Done already")
        team.complete_task(organisation_id=company.organisation_id, task_id=done.pk, today=books.today, by=company.by)
        answer = Client().get(self.feed_of(desk))
        assert answer["Content-Type"] == "text/calendar; charset=utf-8"
        entries = Calendar.from_ical(answer.content).walk("VEVENT")
        assert [str(entry["summary"]) for entry in entries] == ["Acme: Relancer, puis appeler; vite"]
        assert entries[0].decoded("dtstart") == books.day(3)
        assert entries[0].decoded("dtend") - entries[0].decoded("dtstart") == timedelta(days=1)

    def test_what_is_late_stands_on_today(self, company: Company, books: Books, desk: Desk):
        late = task(company, books, "Late")
        Task.objects.filter(pk=late.pk).update(due_date=books.day(-5))
        entries = Calendar.from_ical(Client().get(self.feed_of(desk)).content).walk("VEVENT")
        assert entries[0].decoded("dtstart") == books.today

    def test_a_revoked_or_replaced_address_no_longer_answers(self, books: Books, desk: Desk):
        first = self.feed_of(desk)
        second = self.feed_of(desk)
        assert Client().get(first).status_code == 404
        assert Client().get(second).status_code == 200
        desk.post("/tasks/calendar/revoke")
        assert Client().get(second).status_code == 404

    def test_a_made_up_address_does_not_answer(self, desk: Desk):
        assert Client().get("/calendar/WzEsMV0:abc.ics").status_code == 404

    def test_a_person_who_left_is_no_longer_read(self, company: Company, books: Books, desk: Desk):
        feed = self.feed_of(desk)
        Membership.objects.filter(user=company.collector).update(is_active=False)
        assert Client().get(feed).status_code == 404

    def test_another_tenants_tasks_are_not_in_it(self, company: Company, books: Books, desk: Desk):
        feed = self.feed_of(desk)
        with cast.company("dora") as dora:
            team.add_task(
                organisation_id=dora.organisation_id, title="Dora's", due_date=books.today,
                assignee_id=dora.collector.pk, today=books.today, by=dora.by,
            )  # fmt: skip
        assert b"Dora" not in Client().get(feed).content
