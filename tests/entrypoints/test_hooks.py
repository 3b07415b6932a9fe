"""Providers' reports are verified, kept once, and never say more of a reader than was asked for."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest
from django.test import Client

from encours.access import context
from encours.messaging import actions as messaging
from encours.messaging import queries
from encours.messaging.actions.providers import ProviderSecretMissing
from encours.messaging.models import MailProvider, MessageContent, MessageReport
from encours.messaging.rules import sample
from encours.messaging.rules.values import Address, Sender

SECRET = "brevo:s3cr3t"
NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


@pytest.fixture
def sent(company):
    """A message whose Message-ID a provider could name."""
    messaging.install_default_templates(organisation_id=company.organisation_id, by=company.by)
    message_id = messaging.queue_message(
        organisation_id=company.organisation_id, key="k", kind="reminder", customer_id=company.acme.pk,
        sender=Sender(None, company.entity.pk), to=[Address("compta@acme.example")], template_key="reminder_1",
        language="fr", context=sample.context(), by=company.by, send_after=NOW,
    )  # fmt: skip
    messaging.deliver_due(organisation_id=company.organisation_id, now=NOW, limit=9, connect=None)
    return MessageContent.objects.get(message_id=message_id)


def use(company, provider="brevo", *, secret=SECRET, keeps_opens=False):
    return messaging.save_mail_provider(
        organisation_id=company.organisation_id, provider=provider, secret=secret, keeps_opens=keeps_opens,
        is_active=True, by=company.by,
    )  # fmt: skip


def call(company, provider, body, *, password=SECRET, token=None):
    kept = MailProvider.objects.get(provider=provider)
    address = f"/hooks/mail/{company.organisation.slug}/{provider}/{token or kept.token}"
    headers = {"Authorization": "Basic " + base64.b64encode(password.encode()).decode()} if password else {}
    answer = Client().post(address, json.dumps(body), content_type="application/json", headers=headers)
    context.bind(company.organisation_id)
    return answer.status_code


def event(sent, kind="delivered", **more):
    return {
        "event": kind, "email": "compta@acme.example", "message-id": sent.message_id_header, "ts_event": 1795422600,
        **more,
    }  # fmt: skip


def kinds():
    return list(MessageReport.objects.order_by("pk").values_list("kind", flat=True))


class TestACall:
    def test_is_kept_once_however_often_it_comes(self, company, sent):
        use(company)
        assert [call(company, "brevo", event(sent)) for _ in range(3)] == [200, 200, 200]
        assert kinds() == ["delivered"]
        assert MailProvider.objects.get().last_event_at is not None

    @pytest.mark.parametrize("password", ["", "brevo:wrong"])
    def test_of_a_stranger_is_not_believed(self, company, sent, password):
        use(company)
        assert call(company, "brevo", event(sent), password=password) == 400
        assert kinds() == []

    def test_to_a_wrong_address_finds_nothing(self, company, sent):
        use(company)
        assert call(company, "brevo", event(sent), token="x" * 43) == 404
        assert Client().post("/hooks/mail/nobody/brevo/x").status_code == 404
        assert kinds() == []

    def test_that_cannot_be_read_is_refused_and_not_a_failure(self, company, sent):
        use(company)
        for body in ([], "x", {"event": "delivered"}, {"ts_event": "soon"}):
            assert call(company, "brevo", body) in (200, 400)
        assert kinds() == []

    def test_about_a_message_of_others_changes_nothing(self, company, sent):
        use(company)
        assert call(company, "brevo", {**event(sent), "message-id": "<other@example.com>"}) == 200
        assert kinds() == []


class TestWhatIsKept:
    def test_of_a_hard_bounce_stops_writing_and_of_a_soft_one_not(self, company, sent):
        use(company)
        call(company, "brevo", event(sent, "soft_bounce"))
        assert not queries.suppressed(["compta@acme.example"], organisation_id=company.organisation_id)
        call(company, "brevo", event(sent, "hard_bounce", reason="550 no such user"))
        assert queries.suppressed(["compta@acme.example"], organisation_id=company.organisation_id)
        assert kinds() == ["bounced_soft", "bounced_hard"]
        assert company.acme.contacts.get().bounced_at is not None

    def test_of_opens_is_nothing_unless_wanted(self, company, sent):
        use(company)
        call(company, "brevo", event(sent, "opened"))
        assert kinds() == []
        use(company, keeps_opens=True)
        call(company, "brevo", event(sent, "opened"))
        assert kinds() == ["opened"]

    def test_of_a_natural_person_is_never_an_open(self, company, sent):
        type(company.acme).objects.filter(pk=company.acme.pk).update(is_natural_person=True)
        use(company, keeps_opens=True)
        call(company, "brevo", event(sent, "opened"))
        call(company, "brevo", event(sent, "click", link="https://x.example"))
        assert kinds() == []

    def test_of_who_unsubscribes_is_that_nobody_writes_to_them(self, company, sent):
        use(company)
        call(company, "brevo", event(sent, "unsubscribe"))
        assert queries.suppressed(["compta@acme.example"], organisation_id=company.organisation_id)
        assert kinds() == []


class TestMailgun:
    def body(self, sent, key="k3y"):
        signed = hmac.new(key.encode(), b"1795422600token", hashlib.sha256).hexdigest()
        return {
            "signature": {"timestamp": "1795422600", "token": "token", "signature": signed},
            "event-data": {
                "event": "delivered", "id": "ev-1", "timestamp": 1795422600.5, "recipient": "compta@acme.example",
                "message": {"headers": {"message-id": sent.message_id_header.strip("<>")}},
            },
        }  # fmt: skip

    def test_is_believed_by_its_signature_alone(self, company, sent):
        use(company, "mailgun", secret="k3y")
        assert call(company, "mailgun", self.body(sent, key="other"), password="") == 400
        assert call(company, "mailgun", self.body(sent), password="") == 200
        assert kinds() == ["delivered"]


class TestProvidersThatCountByThemselves:
    """Postmark and Mailjet give back the mark a message left with; Amazon SES its own Message-ID beside theirs."""

    @pytest.fixture
    def mark(self, company):
        use(company, "postmark")
        use(company, "mailjet")
        messaging.install_default_templates(organisation_id=company.organisation_id, by=company.by)
        message_id = messaging.queue_message(
            organisation_id=company.organisation_id, key="m", kind="reminder", customer_id=company.acme.pk,
            sender=Sender(None, company.entity.pk), to=[Address("compta@acme.example")], template_key="reminder_1",
            language="fr", context=sample.context(), by=company.by, send_after=NOW,
        )  # fmt: skip
        messaging.deliver_due(organisation_id=company.organisation_id, now=NOW, limit=9, connect=None)
        raw = bytes(MessageContent.objects.get(message_id=message_id).raw).decode()
        assert f"X-PM-Metadata-encours: m{message_id}" in raw
        assert f"X-MJ-CustomID: m{message_id}" in raw
        return f"m{message_id}"

    def test_messages_are_marked_only_for_providers_in_use(self, sent):
        assert b"X-PM-Metadata" not in bytes(sent.raw)

    def test_postmark(self, company, mark):
        common = {"MessageID": "their-own", "Metadata": {"encours": mark}, "Email": "compta@acme.example"}
        delivered = {"RecordType": "Delivery", "DeliveredAt": "2026-11-23T09:00:00Z", **common}
        soft = {"RecordType": "Bounce", "Type": "SoftBounce", "ID": 1, "BouncedAt": "2026-11-23T09:01:00Z", **common}
        complaint = {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "ID": 2, **common}
        assert [call(company, "postmark", body) for body in (delivered, soft)] == [200, 200]
        assert not queries.suppressed(["compta@acme.example"], organisation_id=company.organisation_id)
        call(company, "postmark", complaint)
        assert kinds() == ["delivered", "bounced_soft", "complained"]
        assert queries.suppressed(["compta@acme.example"], organisation_id=company.organisation_id)

    def test_mailjet(self, company, mark):
        common = {"time": 1795422600, "MessageID": 19421777835146490, "email": "compta@acme.example", "CustomID": mark}
        full = {"event": "bounce", "error": "quota exceeded", "hard_bounce": False, **common}
        dead = {"event": "bounce", "error": "user unknown", "hard_bounce": True, **common}
        assert call(company, "mailjet", [full, {**common, "event": "sent", "CustomID": "m999999"}]) == 200
        assert kinds() == ["bounced_soft"]
        assert call(company, "mailjet", dead, password="mailjet:wrong") == 400
        assert call(company, "mailjet", dead) == 200
        assert kinds() == ["bounced_soft", "bounced_hard"]

    def test_amazon_ses(self, company, sent):
        use(company, "amazon_ses")
        told = {
            "notificationType": "Bounce",
            "mail": {"messageId": "their-own", "commonHeaders": {"messageId": sent.message_id_header}},
            "bounce": {
                "bounceType": "Permanent", "bounceSubType": "General",
                "bouncedRecipients": [{"emailAddress": "compta@acme.example", "diagnosticCode": "550 5.1.1 unknown"}],
            },
        }  # fmt: skip
        kept = MailProvider.objects.get(provider="amazon_ses")
        address = f"/hooks/mail/{company.organisation.slug}/amazon_ses/{kept.token}"
        body = {"Type": "Notification", "MessageId": "n-1", "Message": json.dumps(told)}
        names = {"x-amz-sns-message-type": "Notification", "x-amz-sns-message-id": "n-1"}
        given = {**names, "Authorization": "Basic " + base64.b64encode(SECRET.encode()).decode()}

        def say(headers, said=body):
            answer = Client().post(address, json.dumps(said), content_type="text/plain", headers=headers)
            context.bind(company.organisation_id)
            return answer.status_code

        assert say(names) == 401
        assert say({**given, "Authorization": "Basic " + base64.b64encode(b"brevo:no").decode()}) == 400
        assert [say(given), say(given)] == [200, 200]
        assert kinds() == ["bounced_hard"]
        confirming = {"Type": "SubscriptionConfirmation", "MessageId": "n-2", "SubscribeURL": "https://evil.example/x"}
        sent_with = {**given, "x-amz-sns-message-type": "SubscriptionConfirmation", "x-amz-sns-message-id": "n-2"}
        assert say(sent_with, confirming) == 400


def test_a_provider_without_secret_is_refused(company):
    with pytest.raises(ProviderSecretMissing):
        use(company, secret="")
