"""Letters, campaigns, statements, contacts and channels on the desk."""

from datetime import UTC, datetime
from io import BytesIO

import pytest
from pypdf import PdfReader

from encours.access.models import Membership, Organisation
from encours.customers.models import Contact
from encours.mailings import actions as mailings
from encours.mailings.models import Campaign, StatementSchedule
from encours.messaging import actions as messaging
from encours.messaging.models import ChannelSwitch, Gateway, MailAccount, Message
from encours.messaging.rules import defaults, sample
from encours.messaging.rules.values import Address, Sender

from .conftest import is_workbook

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


@pytest.fixture
def seller(company):
    messaging.install_default_templates(organisation_id=company.organisation_id, by=company.by)
    Organisation.objects.filter(pk=company.organisation_id).update(sandbox=False)
    return company


def letter(company, channel="registered_letter"):
    message_id = messaging.queue_message(
        organisation_id=company.organisation_id, key=channel, kind="campaign", customer_id=company.acme.pk,
        sender=Sender(None, company.entity.pk), to=[Address(name="Acme", lines=("1 rue A", "59000 LILLE"))],
        template_key="letter_reminder", language="fr", context=sample.context(), by=company.by, send_after=NOW,
        channel=channel,
    )  # fmt: skip
    messaging.deliver_due(organisation_id=company.organisation_id, now=NOW, limit=9, connect=lambda server: None)
    return message_id


class TestLetters:
    def test_are_printed_posted_under_their_number_and_come_back(self, desk, seller):
        message_id = letter(seller)
        assert "1 rue A" in desk.get("/letters").content.decode()
        answer = desk.post("/letters/print", {"letter": [message_id]})
        address = answer.headers["Location"]
        assert "Acme" in desk.get(address).content.decode()
        file = desk.get(f"{address}/file.pdf")
        assert len(PdfReader(BytesIO(file.content)).pages) == 4
        refused = desk.post(f"{address}/act", {"letter": [message_id], f"number-{message_id}": "12", "verb": "post"})
        assert refused.status_code == 422
        posted = {"letter": [message_id], f"number-{message_id}": "1A 123 456 7890 1", "verb": "post"}
        assert desk.post(f"{address}/act", posted).status_code == 302
        assert "1A12345678901" in desk.get(address).content.decode()
        desk.post(f"{address}/{message_id}/returned", {"reason": "moved", "note": ""})
        assert "revenu" in desk.get(f"/messages/{message_id}").content.decode().lower()

    def test_of_a_bad_print_are_put_back(self, desk, seller):
        message_id = letter(seller, "letter")
        address = desk.post("/letters/print", {"letter": [message_id]}).headers["Location"]
        desk.post(f"{address}/act", {"letter": [message_id], "verb": "put_back"})
        assert Message.objects.get(pk=message_id).state == "rendered"

    def test_are_opened_as_pdf(self, desk, seller):
        message_id = letter(seller)
        answer = desk.get(f"/messages/{message_id}/raw.eml")
        assert answer.headers["Content-Type"] == "application/pdf"
        assert desk.get(f"/messages/{message_id}").status_code == 200

    def test_are_not_printed_in_the_sandbox(self, desk, seller):
        message_id = letter(seller)
        Organisation.objects.filter(pk=seller.organisation_id).update(sandbox=True)
        assert desk.post("/letters/print", {"letter": [message_id]}).status_code == 302
        assert Message.objects.get(pk=message_id).state == "rendered"

    def test_of_the_sandbox_are_listed_and_seen_as_a_specimen_only(self, desk, seller):
        assert desk.get("/letters/specimen.pdf").status_code == 404
        Organisation.objects.filter(pk=seller.organisation_id).update(sandbox=True)
        message_id = letter(seller)
        assert Message.objects.get(pk=message_id).state == "caught"
        page = desk.get("/letters").content.decode()
        assert "1 courrier écrit dans le bac à sable" in page
        pages = PdfReader(BytesIO(desk.get("/letters/specimen.pdf").content)).pages
        assert len(pages) == 1
        assert "SPÉCIMEN" in pages[0].extract_text()
        assert "1 rue A" in pages[0].extract_text()


class TestCampaigns:
    said = {
        "name": "IBAN", "channel": "email", "template_key": "own_words", "subject": "Notre IBAN change",
        "text": "Nous changeons de banque.",
    }  # fmt: skip

    def test_are_tried_launched_and_followed(self, desk, seller):
        desk_form = {**self.said, "entity": seller.entity.pk}
        address = desk.post("/campaigns/new", desk_form).headers["Location"]
        page = desk.get(address).content.decode()
        assert "Notre IBAN change" in page
        assert desk.post(f"{address}/act", {"verb": "launch"}).status_code == 302
        campaign = Campaign.objects.get()
        ask = {"organisation_id": seller.organisation_id, "campaign_id": campaign.pk, "by": seller.by}
        mailings.send_batch(**ask, today=NOW.date(), now=NOW)
        assert "Borealis" in desk.get(address).content.decode()
        assert desk.get("/campaigns").status_code == 200
        assert desk.get(f"{address}?state=queued").status_code == 200

    def test_without_words_are_refused_on_the_form(self, desk, seller):
        answer = desk.post("/campaigns/new", {**self.said, "text": "", "entity": seller.entity.pk})
        assert answer.status_code == 422
        assert not Campaign.objects.exists()

    def test_by_sms_tell_their_length(self, desk, seller):
        Contact.objects.filter(customer=seller.acme).update(phone="06 39 98 12 34")
        said = {**self.said, "channel": "sms", "template_key": "sms_own_words", "entity": seller.entity.pk}
        address = desk.post("/campaigns/new", said).headers["Location"]
        assert "GSM-7" in desk.get(address).content.decode()


class TestStatements:
    def test_of_a_customer_are_a_pdf_and_a_sheet(self, desk, seller):
        answer = desk.get("/customers/C001/statement.pdf?as_of=2026-10-31")
        assert "31" in PdfReader(BytesIO(answer.content)).pages[0].extract_text()
        assert desk.get("/customers/C001/statement.pdf?entity=none").status_code == 404
        assert is_workbook(desk.get("/customers/C001/statement.xlsx"))

    def test_are_scheduled_and_changed(self, desk, seller):
        said = {"name": "Mensuel", "entity": seller.entity.pk, "day_of_month": 5, "is_active": "on", "segment": ""}
        assert desk.post("/statements", said).status_code == 302
        schedule = StatementSchedule.objects.get()
        assert (schedule.day_of_month, schedule.is_month_end) == (5, False)
        assert "Mensuel" in desk.get("/statements").content.decode()
        desk.post(f"/statements/{schedule.pk}", {**said, "day_of_month": 6})
        assert StatementSchedule.objects.get().day_of_month == 6


class TestContacts:
    def test_are_added_with_what_they_prefer_and_refuse(self, desk, seller):
        said = {
            "name": "Lise Marchal", "role": "cfo", "email": "lise@acme.example", "phone": "06 39 98 12 34",
            "channel": "letter", "refuses": ["sms", "email"], "valid_until": "2027-01-31",
        }  # fmt: skip
        assert desk.post("/customers/C001/contacts/new", said).status_code == 302
        contact = Contact.objects.get(name="Lise Marchal")
        assert (contact.channel, contact.opted_out_channels, contact.valid_until.isoformat()) == (
            "letter", ["sms"], "2027-01-31",
        )  # fmt: skip
        assert contact.opted_out_at is not None
        desk.post(f"/customers/C001/contacts/{contact.pk}", {**said, "refuses": []})
        contact.refresh_from_db()
        assert (contact.opted_out_channels, contact.opted_out_at) == ([], None)
        assert "Lise Marchal" in desk.get("/customers/C001").content.decode()
        desk.post(f"/customers/C001/contacts/{contact.pk}/remove", {"why": "left"})
        assert not Contact.objects.filter(name="Lise Marchal").exists()

    @pytest.mark.parametrize(
        "wrong",
        [{"email": "", "phone": ""}, {"email": "nobody"}, {"valid_from": "2027-02-01", "valid_until": "2027-01-01"}],
    )
    def test_nobody_could_reach_are_refused(self, desk, seller, wrong):
        said = {"name": "X", "role": "cfo", "email": "x@acme.example", **wrong}
        assert desk.post("/customers/C001/contacts/new", said).status_code == 422
        assert not Contact.objects.filter(name="X").exists()

    def test_of_another_customer_are_not_found(self, desk, seller):
        other = Contact.objects.get(customer=seller.borealis)
        assert desk.get(f"/customers/C001/contacts/{other.pk}").status_code == 404


class TestChannels:
    @pytest.fixture
    def admin(self, desk, seller):
        Membership.objects.filter(user=seller.collector).update(role="admin")
        return desk

    def test_get_a_provider_and_are_stopped(self, admin, seller):
        assert admin.get("/settings/channels").status_code == 200
        said = {"adapter": "file_outbox", "sender": "BREVANNE", "is_active": "on"}
        assert admin.post("/settings/channels/sms", said).status_code == 302
        assert Gateway.objects.get().sender == "BREVANNE"
        assert admin.post("/settings/channels/sms", {**said, "sender": "a"}).status_code == 422
        admin.post("/settings/channels/letter/switch", {"why": "wrong address"})
        assert not ChannelSwitch.objects.get(channel="letter").is_open
        admin.post("/settings/channels/letter/switch", {"verb": "open"})
        assert ChannelSwitch.objects.get(channel="letter").is_open

    def test_have_reports_of_mail_providers(self, admin, seller):
        assert (
            admin.post("/settings/mail-events", {"provider": "brevo", "secret": "", "is_active": "on"}).status_code
            == 422
        )
        said = {"provider": "brevo", "secret": "user:word", "is_active": "on"}
        assert admin.post("/settings/mail-events", said).status_code == 302
        assert "/hooks/mail/brevanne/brevo/" in admin.get("/settings/mail-events").content.decode()

    def test_take_a_mailbox_connected_elsewhere_only_with_its_own_state(self, admin, seller):
        assert admin.get("/settings/mail/connect/google").status_code in (302, 422)
        said = {"client_id": "app", "client_secret": "app-secret"}
        assert admin.post("/settings/mail/client/google", said).status_code == 302
        answer = admin.get("/settings/mail/connect/google")
        assert answer.headers["Location"].startswith("https://accounts.google.com/")
        assert "code_challenge=" in answer.headers["Location"]
        for forged in ("", "?state=x&code=y", "?code=y"):
            admin.get(f"/settings/mail/connected{forged}")
        assert not MailAccount.objects.exists()

    def test_are_for_administrators(self, desk, seller):
        assert desk.get("/settings/channels").status_code == 403


class TestTemplates:
    @pytest.mark.parametrize("key", ["letter_reminder", "sms_reminder", "reminder_1"])
    def test_of_every_kind_are_shown_and_previewed(self, desk, seller, key):
        assert desk.get(f"/templates/{key}?language=fr").status_code == 200
        words = defaults.wording(key, "fr")
        said = {"subject": words.subject, "mjml": words.mjml, "text": words.text, "tone": "firm"}
        answer = desk.post(f"/templates/{key}/preview?language=fr", said)
        assert answer.status_code == 200
        kind = "application/pdf" if key.startswith("letter") else "text/html"
        assert answer.headers["Content-Type"].startswith(kind)

    def test_of_an_sms_tell_its_segments(self, desk, seller):
        said = {"text": "Bonjour {{ customer.name }}", "tone": "firm"}
        assert "GSM-7" in desk.post("/templates/sms_reminder/preview?language=fr", said).content.decode()
