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


def test_a_provider_without_secret_is_refused(company):
    with pytest.raises(ProviderSecretMissing):
        use(company, secret="")
