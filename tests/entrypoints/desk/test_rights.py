"""What a role or a scope does not cover is not reached by typing an address."""

from datetime import timedelta

import pytest
from django.utils import timezone

from encours.access import context
from encours.access.models import Entity, Membership, Organisation, User
from encours.collections import actions as collections
from encours.collections.models import Handled, Pause, Promise
from encours.customers.models import Customer, Note
from encours.disputes import actions as disputes
from encours.disputes.models import Dispute
from encours.messaging import actions as messaging
from encours.messaging.models import Message, Reply
from encours.team import actions as team
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books, seated
from tests.messaging.conftest import NOW, queue

POSTED = {
    "promise": {"amount": "100.00", "currency": "EUR", "promised_date": "2099-01-31", "source": "call"},
    "dispute": {"document_number": "FA-1", "reason": "price"},
    "later": {"until": "2099-01-31"},
}


def portfolio_of_nadia(company: Company) -> None:
    """Nadia follows Acme alone; Borealis is somebody else's."""
    Membership.objects.filter(user=company.collector).update(own_portfolio_only=True)
    other = User.objects.create(email="other@brevanne.example")
    Customer.objects.filter(pk=company.borealis.pk).update(collector=other)


class TestAuditor:
    @pytest.mark.parametrize("do", sorted(POSTED))
    def test_changes_nothing_on_the_list_of_the_day(self, company: Company, books: Books, do: str):
        desk = seated(company, role="auditor")
        answer = desk.post(f"/today/{company.acme.pk}/{do}", POSTED[do])
        assert answer.status_code == 403
        kept = (Note, Promise, Dispute, Handled)
        assert not any(model.objects.filter(organisation=company.organisation).exists() for model in kept)

    def test_writes_no_note_and_marks_nobody_done(self, company: Company, books: Books):
        desk = seated(company, role="auditor")
        assert desk.post(f"/customers/{company.acme.number}/notes", {"text": "x"}).status_code == 403
        assert desk.post(f"/today/{company.acme.pk}/done").status_code == 403

    def test_a_gesture_nobody_knows_is_no_crash(self, company: Company, books: Books):
        desk = seated(company)
        assert desk.post(f"/today/{company.acme.pk}/release", {"why": "x"}).status_code == 404


class TestPortfolio:
    def test_ends_nothing_of_a_customer_of_others(self, company: Company, books: Books):
        ask = {"organisation_id": company.organisation_id, "by": company.by, "today": books.today}
        pause = collections.pause(**ask, customer_id=company.borealis.pk, reason="other")
        dispute = disputes.open_dispute(**ask, customer_id=company.borealis.pk, document_number="FA-3")
        promise = collections.record_promise(
            **ask, customer_id=company.borealis.pk, amount_minor=100, currency="EUR",
            promised_date=books.today + timedelta(days=3),
        )  # fmt: skip
        portfolio_of_nadia(company)
        desk, mine = seated(company), f"/customers/{company.acme.number}"
        assert desk.post(f"{mine}/pauses/{pause.pk}/end").status_code == 404
        assert desk.post(f"{mine}/disputes/{dispute.pk}/close", {"outcome": "unfounded"}).status_code == 404
        assert desk.post(f"{mine}/promises/{promise.pk}/withdraw").status_code == 404
        assert Pause.objects.get(pk=pause.pk).ended_date is None
        assert Dispute.objects.get(pk=dispute.pk).closed_date is None

    def test_reads_no_reply_of_a_customer_of_others(self, company: Company, books: Books):
        reply_id = messaging.record_reply(
            organisation_id=company.organisation_id, key="a", customer_id=company.borealis.pk, from_email="a@b.example",
            subject="s", text="t", now=timezone.now(), by=company.by,
        )  # fmt: skip
        portfolio_of_nadia(company)
        assert seated(company).post(f"/today/{company.acme.pk}/replies/{reply_id}").status_code == 404
        assert Reply.objects.get(pk=reply_id).read_at is None

    def test_sees_no_letter_of_a_customer_of_others_in_the_mailbox(self, company: Company):
        messaging.install_default_templates(organisation_id=company.organisation_id, by=company.by)
        message_id = queue(company)
        messaging.deliver_due(organisation_id=company.organisation_id, now=NOW, limit=9, connect=None)
        recipient = Message.objects.get(pk=message_id).customer
        assert recipient.name in seated(company).get("/mailbox").content.decode()
        Customer.objects.filter(pk=recipient.pk).update(collector=None)
        Membership.objects.filter(user=company.collector).update(own_portfolio_only=True)
        answer = seated(company).get("/mailbox")
        assert answer.status_code == 200
        assert recipient.name not in answer.content.decode()


class TestMoney:
    def test_a_dispute_is_read_in_the_currency_of_its_invoice(self, company: Company, books: Books):
        from encours.ledger import actions as ledger

        item = ledger.NewItem(
            customer_id=company.acme.pk, kind="invoice", document_number="JP-1", item_date=books.day(-40),
            due_date=books.day(-10), currency="JPY", amount_minor=90_000,
        )  # fmt: skip
        posting = ledger.Posting(company.organisation_id, company.entity.pk, books.day(-40), "test", "JP-1")
        ledger.post(posting, items=[item], by=company.by)
        desk = seated(company)
        desk.post(f"/today/{company.acme.pk}/dispute", {"document_number": "JP-1", "amount": "5000", "reason": "price"})
        desk.post(f"/customers/{company.acme.number}/disputes/open", {"document": "JP-1", "amount": "6000"})
        found = Dispute.objects.filter(organisation=company.organisation).order_by("pk")
        assert [(one.amount_minor, one.currency) for one in found] == [(5000, "JPY"), (6000, "JPY")]


class TestCompanies:
    def test_nobody_imports_into_a_company_they_do_not_see(self, company: Company, monkeypatch, tmp_path, settings):
        from django.core.files.uploadedfile import SimpleUploadedFile

        settings.ENCOURS_HOME = tmp_path
        Entity.objects.create(organisation=company.organisation, code="02", name="Other")
        Membership.objects.filter(user=company.collector).update(entity_ids=[company.entity.pk])
        desk = seated(company, role="adv")
        files = [SimpleUploadedFile("c.csv", b"Customer number;Name\nX1;X\n") for _ in range(2)]
        drop = desk.post("/imports", {"files": files})
        assert drop.status_code == 302
        refused = desk.post(drop.url, {"verb": "import", "entity": "02"}, follow=True)
        assert "02" in refused.content.decode()
        from procrastinate.contrib.django.models import ProcrastinateJob

        assert not ProcrastinateJob.objects.filter(task_name="imports.bring_in").exists()
        desk.post(drop.url, {"verb": "import"})
        assert ProcrastinateJob.objects.get(task_name="imports.bring_in").args["entity_code"] == "01"


class TestInvitations:
    def test_the_first_sign_in_of_a_member_of_another_organisation_is_not_given_away(self, company: Company):
        other = Organisation.objects.create(name="Dora", slug="dora")
        invited = User(email="paul@dora.example")
        invited.set_unusable_password()
        invited.save()
        with context.bound(other.pk):
            Membership.objects.create(organisation=other, user=invited, role="admin")
        desk = seated(company, role="admin")
        here = Membership.objects.create(organisation=company.organisation, user=invited, role="collector")
        assert "/password/reset/" not in desk.get(f"/users/{here.pk}").content.decode()
        with context.bound(other.pk):
            Membership.objects.filter(user=invited).update(is_active=False)
        assert "/password/reset/" in desk.get(f"/users/{here.pk}").content.decode()


class TestStandingIn:
    def test_whoever_stands_in_sees_the_absent_persons_customers_and_no_longer(self, company: Company, books: Books):
        portfolio_of_nadia(company)
        other = User.objects.get(email="other@brevanne.example")
        Membership.objects.create(organisation=company.organisation, user=other, role="collector")
        desk, address = seated(company, role="collector"), f"/customers/{company.borealis.number}"
        assert desk.get(address).status_code == 404
        absence = team.note_absence(
            organisation_id=company.organisation_id, user_id=other.pk, substitute_id=company.collector.pk,
            first_date=books.today, last_date=books.day(3), note="", today=books.today, by=company.by,
        )  # fmt: skip
        assert desk.get(address).status_code == 200
        assert company.borealis.number in desk.get("/customers").content.decode()
        team.end_absence(
            organisation_id=company.organisation_id, absence_id=absence.pk, today=books.today, by=company.by
        )
        assert desk.get(address).status_code == 404


class TestThoseWhoSell:
    def test_are_offered_what_concerns_their_customers_and_no_machinery(self, company: Company, books: Books):
        page = seated(company, role="sales").get("/more").content.decode()
        assert all(f'href="{address}"' in page for address in ("/customers", "/items", "/promises", "/disputes"))
        assert not any(
            f'href="{address}"' in page for address in ("/dashboard", "/cash", "/scenarios", "/templates", "/campaigns")
        )
        assert 'href="/scenarios"' in seated(company, role="collector").get("/more").content.decode()
