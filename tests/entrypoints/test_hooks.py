"""Providers' reports are verified, kept once, and never say more of a reader than was asked for."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.test import Client

from encours.access import context
from encours.connectors.mail_webhooks import sns
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


TOPIC = "arn:aws:sns:eu-west-3:123456789012:encours"
SIGNED_AT = "https://sns.eu-west-3.amazonaws.com/SimpleNotificationService-7506a1e35b36ef5a444dd1a8e7cc3ed8.pem"
CONFIRM = f"https://sns.eu-west-3.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=abc"


@cache
def signing_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


class Amazon:
    """SNS as far as we meet it: a key, a certificate at its address, and what it was asked."""

    def __init__(self) -> None:
        self.key = signing_key()
        self.asked: list[str] = []
        self.name, self.from_day = "sns.amazonaws.com", datetime(2020, 1, 1, tzinfo=UTC)
        self.to_day = datetime(2090, 1, 1, tzinfo=UTC)

    def answers(self, address: str) -> bytes:
        self.asked.append(address)
        named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, self.name)])
        made = x509.CertificateBuilder(named, named, self.key.public_key(), 7, self.from_day, self.to_day)
        return made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def signed(self, version="1", **told):
        """A call as SNS makes it."""
        said = {
            "Type": "Notification", "MessageId": "n-1", "TopicArn": TOPIC, "Message": "{}",
            "Timestamp": "2026-11-23T08:00:00.000Z", "SigningCertURL": SIGNED_AT, "SignatureVersion": version, **told,
        }  # fmt: skip
        algorithm = {"1": hashes.SHA1(), "2": hashes.SHA256()}[version]  # noqa: S303  # version 1 is SHA-1
        signature = self.key.sign(sns.signed_text(said), padding.PKCS1v15(), algorithm)
        return {**said, "Signature": base64.b64encode(signature).decode()}


@pytest.fixture
def amazon(monkeypatch):
    made = Amazon()
    sns._certificate.cache_clear()
    monkeypatch.setattr(sns, "asked", made.answers)
    yield made
    sns._certificate.cache_clear()


class TestAmazonSes:
    def say(self, company, said, *, password=SECRET, **names):
        kept = MailProvider.objects.get(provider="amazon_ses")
        given = {"x-amz-sns-message-type": said["Type"], "x-amz-sns-message-id": said["MessageId"], **names}
        if password:
            given["Authorization"] = "Basic " + base64.b64encode(password.encode()).decode()
        address = f"/hooks/mail/{company.organisation.slug}/amazon_ses/{kept.token}"
        answer = Client().post(address, json.dumps(said), content_type="text/plain", headers=given)
        context.bind(company.organisation_id)
        return answer.status_code

    def bounce(self, sent):
        return json.dumps({
            "notificationType": "Bounce",
            "mail": {"messageId": "their-own", "commonHeaders": {"messageId": sent.message_id_header}},
            "bounce": {
                "bounceType": "Permanent", "bounceSubType": "General",
                "bouncedRecipients": [{"emailAddress": "compta@acme.example", "diagnosticCode": "550 5.1.1 unknown"}],
            },
        })  # fmt: skip

    @pytest.mark.parametrize("version", ["1", "2"])
    def test_is_believed_when_signed_and_with_our_password(self, company, sent, amazon, version):
        use(company, "amazon_ses")
        said = amazon.signed(version, Message=self.bounce(sent), Subject="Amazon SES")
        assert self.say(company, said, password="") == 401
        assert self.say(company, said, password="brevo:no") == 400
        assert self.say(company, {**said, "Message": "{}"}) == 400
        assert [self.say(company, said), self.say(company, said)] == [200, 200]
        assert kinds() == ["bounced_hard"]
        assert amazon.asked == [SIGNED_AT]  # once: it is kept

    @pytest.mark.parametrize(
        "change",
        [
            {"Message": "{}"},
            {"Signature": ""},
            {"Signature": "bm8="},
            {"SignatureVersion": "2"},
            {"SignatureVersion": "3"},
            {"Timestamp": "2026-11-24T08:00:00.000Z"},
            {"TopicArn": "arn:aws:sns:eu-west-3:999999999999:other"},
            {"SigningCertURL": SIGNED_AT.replace("https", "http")},
            {"SigningCertURL": SIGNED_AT.replace(".amazonaws.com", ".amazonaws.com.evil.example")},
            {"SigningCertURL": SIGNED_AT.replace("https://sns", "https://evil.example/https://sns")},
            {"SigningCertURL": SIGNED_AT.replace("https://sns", "https://sns.evil@sns")},
            {"SigningCertURL": SIGNED_AT.replace("https://sns.", "https://s3.")},
            {"SigningCertURL": SIGNED_AT.replace("eu-west-3", "us-east-1")},
            {"SigningCertURL": SIGNED_AT.replace(".pem", ".pem?x=1")},
            {"SigningCertURL": SIGNED_AT.replace("Simple", "../evil/Simple")},
            {"SigningCertURL": SIGNED_AT + "\n"},
            {"SigningCertURL": 7},
        ],
    )
    def test_is_refused_when_anything_differs(self, amazon, change):
        said = {**amazon.signed(Message='{"notificationType": "Bounce"}'), **change}
        with pytest.raises(sns.NotOfAmazon):
            sns.verify(said, now=NOW)
        assert set(amazon.asked) <= {SIGNED_AT}

    @pytest.mark.parametrize(
        "changes",
        [
            {"name": "evil.example"},
            {"name": "sns.amazonaws.com.evil.example"},
            {"to_day": datetime(2026, 1, 1, tzinfo=UTC)},
            {"from_day": datetime(2080, 1, 1, tzinfo=UTC)},
        ],
    )
    def test_wants_a_certificate_of_sns_that_is_in_force(self, amazon, changes):
        for name, value in changes.items():
            setattr(amazon, name, value)
        with pytest.raises(sns.NotOfAmazon):
            sns.verify(amazon.signed(), now=NOW)

    def test_confirms_its_own_topic_and_opens_no_other_address(self, company, amazon):
        use(company, "amazon_ses")
        told = {"Type": "SubscriptionConfirmation", "Message": "x", "Token": "abc"}
        assert self.say(company, amazon.signed(**told, SubscribeURL=CONFIRM)) == 200
        assert amazon.asked == [SIGNED_AT, CONFIRM]
        for address in (
            "https://evil.example/x",
            CONFIRM.replace(".amazonaws.com", ".amazonaws.com.evil.example"),
            CONFIRM.replace("eu-west-3.amazonaws", "us-east-1.amazonaws"),
            CONFIRM.replace("ConfirmSubscription", "DeleteTopic"),
            CONFIRM.replace("encours&", "other&"),
        ):
            assert self.say(company, amazon.signed(**told, SubscribeURL=address)) == 400
        assert self.say(company, amazon.signed(**told, SubscribeURL=CONFIRM), password="brevo:no") == 400
        unsigned = {**amazon.signed(**told, SubscribeURL=CONFIRM), "Token": "other"}
        assert self.say(company, unsigned) == 400
        assert amazon.asked == [SIGNED_AT, CONFIRM]


def test_a_provider_without_secret_is_refused(company):
    with pytest.raises(ProviderSecretMissing):
        use(company, secret="")
