"""Notifications on the desk: a name in a comment, a word to its person, the choice of how."""

import pytest
from django.utils import timezone

from encours.access.models import Membership, User
from encours.customers.models import Note
from encours.team.models import ChatHook, NoticeChoice, Notification
from tests.entrypoints.desk.conftest import Books, Desk, seated


@pytest.fixture
def paul(company) -> User:
    user = User.objects.create(email="paul@brevanne.example", first_name="Paul", last_name="Brun", language="fr")
    Membership.objects.create(organisation=company.organisation, user=user, role="collector")
    return user


def desk_of(company, user) -> Desk:
    desk = Desk()
    desk.organisation_id = company.organisation_id
    desk.force_login(user)
    return desk


class TestComments:
    def test_a_name_in_a_note_tells_its_person_who_reads_it(self, company, paul):
        seated(company).post("/customers/C001/notes", {"text": "@paul tu connais le patron ?"})
        desk = desk_of(company, paul)
        page = desk.get("/notifications").content.decode()
        assert "tu connais le patron" in page
        assert "non lu" in page
        told = Notification.objects.get()
        assert desk.get(f"/notifications/{told.pk}").headers["Location"] == "/customers/C001?feed=notes"
        assert "non lu" not in desk.get("/notifications").content.decode()

    def test_a_name_that_fits_nobody_is_said(self, company, paul):
        desk = seated(company)
        desk.post("/customers/C001/notes", {"text": "@jacques ?"})
        assert "@jacques" in desk.get("/customers/C001").content.decode()
        assert Note.objects.count() == 1
        assert not Notification.objects.exists()

    def test_an_invoice_has_its_own_thread(self, company, paul):
        document = Books(company).invoice(company.acme, "FA-1", 100_00, due=-3)
        desk = seated(company)
        desk.post(
            "/comments",
            {"customer": "C001", "subject_kind": "document", "subject": "FA-1", "text": "bon reçu ?", "next": "/x"},
        )
        assert "bon reçu ?" in desk.get(f"/documents/{document.pk}").content.decode()

    def test_another_persons_notification_is_not_mine(self, company, paul):
        seated(company).post("/customers/C001/notes", {"text": "@paul"})
        told = Notification.objects.get()
        assert seated(company).get(f"/notifications/{told.pk}").headers["Location"] == "/notifications"
        told.refresh_from_db()
        assert told.read_at is None

    def test_whom_one_may_mean_is_proposed(self, company, paul):
        found = seated(company).get("/colleagues?q=pa").json()
        assert found == {"people": [{"handle": "paul", "name": "Paul Brun"}]}

    def test_without_a_link_it_leads_to_its_customer(self, company, paul):
        Notification.objects.bulk_create([
            Notification(
                organisation=company.organisation, user=paul, kind="rule", title="x", key="k", told_at=timezone.now(),
                customer=company.acme,
            )
        ])  # fmt: skip
        made = Notification.objects.get(key="k")
        assert desk_of(company, paul).get(f"/notifications/{made.pk}").headers["Location"] == "/customers/C001"

    def test_a_link_elsewhere_is_not_followed(self, company, paul):
        seated(company).post("/customers/C001/notes", {"text": "@paul"})
        told = Notification.objects.get()
        Notification.objects.bulk_create([
            Notification(
                organisation=company.organisation, user=paul, kind="rule", title="x", key="k", told_at=told.told_at,
                link="//evil.example/x",
            )
        ])  # fmt: skip
        made = Notification.objects.get(key="k")
        assert desk_of(company, paul).get(f"/notifications/{made.pk}").headers["Location"] == "/notifications"


class TestChoices:
    def test_are_kept(self, company):
        desk = seated(company)
        said = {
            "form": "choice", "mentions": "daily", "others": "never", "digest_at": "17:30", "quiet_from": "20:00",
            "quiet_until": "07:00",
        }  # fmt: skip
        assert desk.post("/settings/notifications", said).status_code == 302
        kept = NoticeChoice.objects.get()
        assert (kept.mentions, kept.others, kept.digest_at.hour, kept.weekly_report) == ("daily", "never", 17, False)

    def test_a_channel_is_added_by_who_may_and_its_address_is_a_secret(self, company):
        said = {
            "form": "hook",
            "name": "Recouvrement",
            "address": "https://chat.example/hooks/s3cret",
            "kinds": ["rule"],
        }
        seated(company, role="collector").post("/settings/notifications", said)
        assert not ChatHook.objects.exists()
        desk = seated(company, role="admin")
        assert desk.post("/settings/notifications", said).status_code == 302
        page = desk.get("/settings/notifications").content.decode()
        assert "Recouvrement" in page
        assert "s3cret" not in page + ChatHook.objects.get().address_encrypted
        desk.post(f"/settings/notifications/channels/{ChatHook.objects.get().pk}", {"on": "0"})
        assert not ChatHook.objects.get().is_active

    def test_an_address_of_this_machine_is_refused(self, company):
        said = {"form": "hook", "name": "x", "address": "https://localhost/hooks", "kinds": ["rule"]}
        answer = seated(company, role="admin").post("/settings/notifications", said)
        assert answer.status_code == 422
        assert "https://" in answer.content.decode()
