"""SMS and electronic registered letters leave once, through the provider chosen, and what it reports is kept."""

import hashlib
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_string, policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from pypdf import PdfReader

from encours.access import context as access_context
from encours.access.models import AuditEntry, Organisation
from encours.connectors import base
from encours.connectors.smtp import client
from encours.core.errors import EncoursError
from encours.messaging import actions as messaging
from encours.messaging import queries
from encours.messaging.actions.gateways import SenderUnusable
from encours.messaging.models import Gateway, Message, MessageContent, MessageReport
from encours.messaging.rules import sample
from encours.messaging.rules.channels import ChannelUnfit
from encours.messaging.rules.phones import PhoneUnusable
from encours.messaging.rules.values import Address, Attachment, Sender
from tests import cast

from .conftest import NOW, state

LINES = ("ZI des Fontaines", "59000 LILLE")


@pytest.fixture
def out(company, tmp_path) -> Path:
    """An organisation that may send through files."""
    messaging.install_default_templates(organisation_id=company.organisation_id, by=company.by)
    Organisation.objects.filter(pk=company.organisation_id).update(sandbox=False)
    return tmp_path


def through(company, channel: str, folder: Path, *, adapter="file_outbox", **more):
    return messaging.save_gateway(
        organisation_id=company.organisation_id,
        channel=channel,
        adapter=adapter,
        values={"folder": str(folder)},
        by=company.by,
        **more,
    )


def queue(company, key="acme:sms", *, channel="sms", template_key="sms_reminder", to=None, **more):
    return messaging.queue_message(
        organisation_id=company.organisation_id,
        key=key,
        kind="reminder",
        customer_id=company.acme.pk,
        sender=Sender(company.collector.pk, company.entity.pk),
        to=[to or Address(name="Compta Acme", phone="06 39 98 12 34")],
        template_key=template_key,
        language="fr",
        context=sample.context(),
        by=company.by,
        send_after=NOW,
        channel=channel,
        **more,
    )


def queue_registered(company, key="acme:lre"):
    to = Address("dirigeant@acme.example", "Acme", lines=LINES)
    return queue(company, key, channel="electronic_registered_letter", template_key="letter_formal_notice", to=to)


def deliver(company, now=NOW, open_gateway=base.open_gateway, connect=client.connect):
    report = messaging.deliver_due(
        organisation_id=company.organisation_id, now=now, limit=100, connect=connect, open_gateway=open_gateway
    )
    return dict(report.states)


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for path in folder.glob("sms-*.jsonl") for line in path.read_text().splitlines()]


class TestAnSms:
    def test_leaves_once_with_its_number_and_its_measure(self, company, out):
        through(company, "sms", out, sender="BREVANNE")
        message_id = queue(company)
        assert deliver(company) == {"sent": 1}
        assert deliver(company) == {}
        [line] = lines(out)
        content = MessageContent.objects.get(message_id=message_id)
        assert line["to"] == ["+33639981234"]
        assert line["from"] == "BREVANNE"
        assert line["reference"] == content.message_id_header
        assert bytes(content.raw).decode() == line["text"]
        assert "14 088,40 €" in line["text"]
        assert (content.media_type, content.facts["segments"], line["segments"]) == ("text/plain", 1, 1)

    def test_never_leaves_a_sandbox(self, company, out):
        Organisation.objects.filter(pk=company.organisation_id).update(sandbox=True)
        through(company, "sms", out)
        message_id = queue(company)
        assert deliver(company) == {"caught": 1}
        assert (state(message_id), lines(out)) == ("caught", [])

    def test_never_leaves_an_installation_that_keeps_all_mail(self, company, out):
        through(company, "sms", out)
        queue(company)
        assert deliver(company, connect=None) == {"caught": 1}
        assert lines(out) == []

    def test_is_held_until_a_provider_is_chosen(self, company, out):
        queue(company)
        assert deliver(company) == {"held": 1}
        through(company, "sms", out)
        assert deliver(company, now=NOW + timedelta(minutes=61)) == {"sent": 1}

    def test_stops_when_its_channel_is_closed_while_others_go_on(self, company, out):
        through(company, "sms", out)
        through(company, "electronic_registered_letter", out)
        queue(company)
        queue_registered(company)
        messaging.close_channel(
            organisation_id=company.organisation_id, channel="sms", why="wrong text", by=company.by, now=NOW
        )
        assert deliver(company) == {"sent": 1}
        assert lines(out) == []

    def test_to_a_fixed_line_is_refused_before_it_is_queued(self, company, out):
        with pytest.raises(PhoneUnusable):
            queue(company, to=Address(name="Compta", phone="01 99 00 41 00"))
        assert not Message.objects.exists()

    def test_of_a_template_for_e_mails_is_refused(self, company, out):
        with pytest.raises(ChannelUnfit):
            queue(company, template_key="reminder_1")
        with pytest.raises(ChannelUnfit):
            queue(company, channel="email", to=Address("a@acme.example"))

    def test_whose_end_nobody_knows_is_in_doubt_and_not_sent_again(self, company, out, monkeypatch):
        def broken(_file: int) -> None:
            raise OSError("no space left on device")

        through(company, "sms", out)
        message_id = queue(company)
        monkeypatch.setattr("os.fsync", broken)
        assert deliver(company) == {"in_doubt": 1}
        monkeypatch.undo()
        assert deliver(company, now=NOW + timedelta(days=2)) == {}
        assert state(message_id) == "in_doubt"

    def test_that_finds_no_file_to_go_to_is_tried_again(self, company, out):
        through(company, "sms", out)
        queue(company)
        in_the_way = out / f"sms-{datetime.now(UTC):%Y-%m-%d}.jsonl"
        in_the_way.mkdir()
        assert deliver(company) == {"failed": 1}
        in_the_way.rmdir()
        assert deliver(company, now=NOW + timedelta(minutes=5)) == {"sent": 1}
        assert len(lines(out)) == 1


def asking(company):
    """How a job asks the company's providers."""
    return {
        "organisation_id": company.organisation_id, "open_gateway": base.open_gateway, "now": NOW, "by": company.by,
    }  # fmt: skip


class TestReceiptsOfSms:
    def test_put_beside_the_lines_are_kept_once(self, company, out):
        through(company, "sms", out)
        message_id = queue(company)
        deliver(company)
        [line] = lines(out)
        told = [{"reference": line["reference"], "state": "delivered", "at": NOW.isoformat()}, {"state": "x"}]
        of_others = {"reference": "sms-others", "state": "failed", "at": NOW.isoformat()}
        (out / "sms_receipts.jsonl").write_text("\n".join(map(json.dumps, [*told, of_others])) + "\n{broken")
        assert messaging.ask_gateways(**asking(company)) == 1
        assert messaging.ask_gateways(**asking(company)) == 0
        assert MessageReport.objects.get(message_id=message_id).kind == "delivered"


class TestAnElectronicRegisteredLetter:
    def test_is_deposited_once_with_its_proofs(self, company, out):
        through(company, "electronic_registered_letter", out, sender="Brévanne")
        message_id = queue_registered(company)
        assert deliver(company) == {"sent": 1}
        assert deliver(company) == {}
        [slip] = (out / "registered_letters").glob("*.json")
        facts = json.loads(slip.read_text())
        pdf = (out / "registered_letters" / f"{facts['reference']}.pdf").read_bytes()
        assert facts["to"] == ["dirigeant@acme.example"]
        assert "Mise en demeure" in PdfReader(BytesIO(pdf)).pages[0].extract_text()

        ask = asking(company)
        assert messaging.ask_gateways(**ask) == 1
        assert messaging.ask_gateways(**ask) == 0
        (out / "registered_letters" / f"{facts['reference']}.received.pdf").write_bytes(b"%PDF proof")
        (out / "registered_letters" / f"{facts['reference']}.junk.pdf").write_bytes(b"x")
        assert messaging.ask_gateways(**ask) == 1
        assert messaging.ask_gateways(**ask) == 0
        found = MessageReport.objects.filter(message_id=message_id).order_by("pk")
        assert [report.kind for report in found] == ["deposited", "received"]
        assert bytes(found[1].proof) == b"%PDF proof"
        assert found[1].proof_name.endswith(".received.pdf")

    def test_of_another_outbox_is_left_aside(self, company, out):
        through(company, "electronic_registered_letter", out)
        folder = out / "registered_letters"
        folder.mkdir()
        slip = {"reference": "letter-x", "to": ["a@b.example"], "deposited_at": NOW.isoformat(), "sha256": ""}
        (folder / "letter-x.json").write_text(json.dumps(slip))
        (folder / "letter-y.json").write_text("{broken")
        assert messaging.ask_gateways(**asking(company)) == 0


class TestSavingAGateway:
    def test_keeps_the_secret_out_of_the_database_and_of_the_audit(self, company):
        gateway = through(company, "sms", Path("x"), secret="s3cr3t-of-ours")
        kept = Gateway.objects.get(pk=gateway.pk)
        assert "s3cr3t" not in json.dumps([kept.secret_encrypted, kept.settings])
        assert "s3cr3t" not in str(list(AuditEntry.objects.values_list("details", flat=True)))
        again = through(company, "sms", Path("x"))
        assert again.secret_encrypted == kept.secret_encrypted

    def test_forgets_the_secret_when_the_provider_changes(self, company):
        through(company, "sms", Path("x"), secret="of-the-first")
        changed = through(company, "sms", Path("x"), adapter="ovh_sms")
        assert changed.secret_encrypted == ""

    @pytest.mark.parametrize("sender", ["ab", "Brévanne", "TWELVELETTRS", "a-b-c"])
    def test_refuses_a_sender_that_phones_do_not_show(self, company, sender):
        with pytest.raises(SenderUnusable):
            through(company, "sms", Path("x"), sender=sender)

    def test_of_another_organisation_is_not_seen(self, company, out):
        through(company, "sms", out)
        message_id = queue(company)
        deliver(company)
        report = messaging.Report(message_id, "k", "delivered", NOW)
        messaging.note_reports(organisation_id=company.organisation_id, reports=[report], by=company.by)
        with cast.company("dora") as dora:
            assert not Gateway.objects.exists()
            assert not MessageReport.objects.exists()
            foreign = messaging.Report(message_id, "mine", "delivered", NOW)
            with pytest.raises(DatabaseError), transaction.atomic():
                messaging.note_reports(organisation_id=dora.organisation_id, reports=[foreign], by=dora.by)
        with access_context.bound(company.organisation_id):
            assert MessageReport.objects.count() == 1


class TestReports:
    def note(self, company, message_id, kind, key="event-1", **more):
        report = messaging.Report(message_id, key, kind, NOW, **more)
        return messaging.note_reports(organisation_id=company.organisation_id, reports=[report, report], by=company.by)

    def test_are_kept_once_and_never_changed(self, company, out):
        through(company, "sms", out)
        message_id = queue(company)
        assert self.note(company, message_id, "delivered") == 1
        assert self.note(company, message_id, "delivered") == 0
        for sql in ("update messaging_messagereport set kind = 'opened'", "delete from messaging_messagereport"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)

    def test_of_what_a_natural_person_opened_are_never_kept(self, company, out):
        message_id = queue(company)
        type(company.acme).objects.filter(pk=company.acme.pk).update(is_natural_person=True)
        assert self.note(company, message_id, "opened") == 0
        assert self.note(company, message_id, "clicked", key="event-2") == 0
        assert self.note(company, message_id, "delivered", key="event-3") == 1

    def test_of_a_hard_bounce_stop_writing_to_the_address(self, company, out):
        message_id = queue(company)
        self.note(company, message_id, "bounced_hard", recipient="Compta@Acme.example", detail={"says": "no such user"})
        contact = company.acme.contacts.get()
        assert contact.bounced_at is not None
        assert queries.suppressed(["compta@acme.example"], organisation_id=company.organisation_id)

    def test_of_a_soft_bounce_stop_nothing(self, company, out):
        message_id = queue(company)
        self.note(company, message_id, "bounced_soft", recipient="compta@acme.example")
        assert company.acme.contacts.get().bounced_at is None


def _signed(said: str) -> str:
    """A call's signature as OVHcloud's documentation has it."""
    return "$1$" + hashlib.sha1(said.encode()).hexdigest()  # noqa: S324  # the provider's protocol, not our choice


class _Ovh(BaseHTTPRequestHandler):
    """A small server that checks a call as OVHcloud's documentation says it is signed, and answers as told."""

    def do_POST(self) -> None:
        server = self.server
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        address = f"http://127.0.0.1:{server.server_port}/1.0{self.path.removeprefix('/1.0')}"
        said = "+".join(["secret", "consumer", "POST", address, body, self.headers["X-Ovh-Timestamp"]])
        is_signed = self.headers["X-Ovh-Signature"] == _signed(said)
        server.calls.append((self.path, json.loads(body), is_signed, self.headers["X-Ovh-Application"]))
        status, answer = server.answer
        if status == 0:
            self.connection.close()
            return
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def do_GET(self) -> None:
        server = self.server
        address = f"http://127.0.0.1:{server.server_port}{self.path}"
        said = "+".join(["secret", "consumer", "GET", address, "", self.headers["X-Ovh-Timestamp"]])
        is_signed = self.headers["X-Ovh-Signature"] == _signed(said)
        self.send_response(200 if is_signed else 403)
        self.end_headers()
        # the list by tag, then one outgoing SMS
        found = [7] if "?tag=" in self.path else {"id": 7, "receiver": "+33639981234", **server.receipt}
        server.asked.append(self.path)
        self.wfile.write(json.dumps(found).encode())

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def ovh() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), _Ovh)
    server.calls, server.answer = [], (200, {"ids": [7], "invalidReceivers": [], "validReceivers": ["+33639981234"]})
    server.asked, server.receipt = [], {}
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


class TestOvhcloud:
    def use(self, company, ovh):
        messaging.save_gateway(
            organisation_id=company.organisation_id,
            channel="sms",
            adapter="ovh_sms",
            values={
                "address": f"http://127.0.0.1:{ovh.server_port}/1.0",
                "application_key": "app",
                "consumer_key": "consumer",
                "service": "sms-ab123-1",
            },
            secret="secret",
            sender="BREVANNE",
            by=company.by,
        )

    def test_is_asked_for_receipts_until_it_knows_the_end(self, company, out, ovh):
        self.use(company, ovh)
        message_id = queue(company)
        deliver(company)
        ovh.receipt = {"deliveryReceipt": 0, "sentAt": "2026-11-23T10:00:00+01:00", "ptt": 4}
        assert messaging.ask_gateways(**asking(company)) == 0
        ovh.receipt = {"deliveryReceipt": 1, "sentAt": "2026-11-23T10:00:00+01:00", "ptt": 1000}
        assert messaging.ask_gateways(**asking(company)) == 1
        reference = MessageContent.objects.get(message_id=message_id).message_id_header
        assert ovh.asked[0].endswith(f"/outgoing?tag={reference}")
        asked = len(ovh.asked)
        assert messaging.ask_gateways(**asking(company)) == 0
        assert len(ovh.asked) == asked
        assert MessageReport.objects.get(message_id=message_id).kind == "delivered"

    @pytest.mark.parametrize("code", [2, 16])
    def test_concludes_nothing_from_a_code_that_is_not_published(self, company, out, ovh, code):
        self.use(company, ovh)
        message_id = queue(company)
        deliver(company)
        ovh.receipt = {"deliveryReceipt": code, "sentAt": "2026-11-23T10:00:00+01:00", "ptt": 9}
        assert [messaging.ask_gateways(**asking(company)) for _ in range(2)] == [1, 0]
        ovh.receipt = {"deliveryReceipt": 1, "sentAt": "2026-11-23T10:00:00+01:00", "ptt": 1000}
        assert messaging.ask_gateways(**asking(company)) == 1
        told = MessageReport.objects.filter(message_id=message_id).order_by("pk")
        assert [(one.kind, one.detail["code"]) for one in told] == [("bounced_soft", code), ("delivered", 1)]

    def test_takes_a_signed_call_for_each_sms(self, company, out, ovh):
        self.use(company, ovh)
        queue(company)
        assert deliver(company) == {"sent": 1}
        [(path, body, is_signed, application)] = ovh.calls
        assert (path, is_signed, application) == ("/1.0/sms/sms-ab123-1/jobs", True, "app")
        assert (body["receivers"], body["sender"], body["coding"]) == (["+33639981234"], "BREVANNE", "7bit")
        assert body["noStopClause"] is True

    @pytest.mark.parametrize(
        ("answer", "ended"),
        [
            ((503, {}), "failed"),
            ((429, {}), "failed"),
            ((403, {"message": "This credential is not valid"}), "refused"),
            ((200, {"ids": [], "invalidReceivers": ["+33639981234"]}), "refused"),
            ((500, {}), "in_doubt"),
            ((0, {}), "in_doubt"),
            ((200, "?"), "in_doubt"),
        ],
    )
    def test_answers_are_told_truthfully(self, company, out, ovh, answer, ended):
        self.use(company, ovh)
        ovh.answer = answer
        message_id = queue(company)
        deliver(company)
        assert state(message_id) == ended
        deliver(company)
        assert len(ovh.calls) == 1

    def test_out_of_reach_is_tried_again(self, company, out, ovh):
        self.use(company, ovh)
        Gateway.objects.update(settings={**Gateway.objects.get().settings, "address": "http://127.0.0.1:9/1.0"})
        message_id = queue(company)
        deliver(company)
        assert state(message_id) == "failed"

    def test_not_wholly_told_holds_its_messages_and_says_why(self, company, out):
        through(company, "sms", out, adapter="ovh_sms")
        message_id = queue(company)
        deliver(company)
        assert state(message_id) == "failed"
        assert Message.objects.get(pk=message_id).attempts == 0


class TestAnAttachment:
    def test_goes_with_the_e_mail_byte_for_byte(self, sender, postbox):
        files = [Attachment("Relevé C001.pdf", "application/pdf", b"%PDF-1.7\n\x00\xff" * 50)]
        messaging.queue_message(
            organisation_id=sender.organisation_id, key="s", kind="statement", customer_id=sender.acme.pk,
            sender=Sender(None, sender.entity.pk), to=[Address("compta@acme.example")], template_key="statement",
            language="fr", context=sample.context(), by=sender.by, send_after=NOW, attachments=files,
        )  # fmt: skip
        assert deliver(sender) == {"sent": 1}
        [letter] = postbox.letters()
        parsed = message_from_string(letter["raw"], policy=policy.default)
        [file] = parsed.iter_attachments()
        assert (file.get_filename(), file.get_content_type()) == ("Relevé C001.pdf", "application/pdf")
        assert file.get_content() == files[0].content
        assert "14\u202f088,40" in parsed.get_body(("plain",)).get_content()
        assert all(len(line) <= 78 for line in letter["raw"].splitlines())

    def test_with_a_name_that_breaks_its_line_is_refused(self, sender):
        with pytest.raises(EncoursError):
            queue(
                sender, channel="email", template_key="reminder_1", to=Address("a@acme.example"),
                attachments=[Attachment("a\r\nBcc: x", "application/pdf", b"x")],
            )  # fmt: skip
