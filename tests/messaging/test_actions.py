"""What is queued leaves once, by a real mail server, and every end is told truthfully."""

import hashlib
from datetime import timedelta
from email import message_from_string, policy

import pytest
from django.db import DatabaseError, connection, transaction

from encours.access import context as access_context
from encours.access.models import AuditEntry, Organisation
from encours.access.rules import Scope
from encours.connectors.smtp import client
from encours.messaging import actions as messaging
from encours.messaging import queries
from encours.messaging.actions.outbox import MessageMoved
from encours.messaging.models import MailAccount, Message, MessageContent, MessageEvent, Suppression
from encours.messaging.rules import delivery, sample
from encours.messaging.rules.context import VariableMissing
from encours.messaging.rules.mime import AddressUnusable, HeaderUnsafe
from encours.messaging.rules.values import Address, Draft, Sender
from tests import cast

from .conftest import NOW, queue, ready_to_send, state


def deliver(company, now=NOW, connect=client.connect, **more):
    return messaging.deliver_due(organisation_id=company.organisation_id, now=now, limit=1000, connect=connect, **more)


def events(message_id):
    return list(MessageEvent.objects.filter(message_id=message_id).order_by("pk").values_list("state", flat=True))


def last_detail(message_id):
    return MessageEvent.objects.filter(message_id=message_id).order_by("-pk").first().detail


def scope_of(company, **limits):
    return Scope(organisation_id=company.organisation_id, user_id=company.collector.pk, role="collector", **limits)


class TestDeliverDue:
    def test_sends_once_and_keeps_the_bytes(self, sender, postbox):
        message_id = queue(sender)
        report = deliver(sender)
        assert report.states == {"sent": 1}
        assert events(message_id) == ["queued", "rendered", "handing_over", "sent"]
        [letter] = postbox.letters()
        assert letter["from"] == "nadia@brevanne.example"
        assert letter["to"] == ["compta@acme.example"]
        content = MessageContent.objects.get(message_id=message_id)
        assert bytes(content.raw).decode() == letter["raw"]
        assert hashlib.sha256(content.raw).digest() == bytes(content.sha256)
        parsed = message_from_string(letter["raw"], policy=policy.default)
        assert parsed["Message-ID"] == content.message_id_header
        assert parsed["Subject"] == "3 factures échues, 14\u202f088,40\u00a0€"
        assert parsed["From"] == "Nadia Ferrand <nadia@brevanne.example>"
        assert "14\u202f088,40\u00a0€" in parsed.get_body(("plain",)).get_content()
        assert "FR23\u00a09999" in parsed.get_body(("html",)).get_content()
        assert deliver(sender).states == {}
        assert len(postbox.letters()) == 1

    def test_waits_for_its_hour(self, sender, postbox):
        message_id = queue(sender)
        assert deliver(sender, now=NOW - timedelta(minutes=1)).states == {}
        assert state(message_id) == "queued"

    def test_never_leaves_a_sandbox(self, sender, postbox):
        Organisation.objects.filter(pk=sender.organisation_id).update(sandbox=True)
        message_id = queue(sender)
        assert deliver(sender).states == {"caught": 1}
        assert postbox.letters() == []
        Organisation.objects.filter(pk=sender.organisation_id).update(sandbox=False)
        assert deliver(sender).states == {}
        assert postbox.letters() == []
        [caught] = queries.mailbox(Scope(sender.organisation_id, None, "admin"))
        assert caught.pk == message_id
        assert caught.content.subject.startswith("3 factures")

    def test_without_a_server_catches_even_without_an_account(self, company):
        messaging.install_default_templates(organisation_id=company.organisation_id, by=company.by)
        queue(company)
        assert deliver(company, connect=None).states == {"caught": 1}

    def test_holds_until_there_is_an_account(self, sender, postbox):
        MailAccount.objects.update(is_active=False)
        message_id = queue(sender)
        assert deliver(sender).states == {"held": 1}
        assert "mail account" in last_detail(message_id)["reason"]
        MailAccount.objects.update(is_active=True)
        assert deliver(sender, now=NOW + timedelta(minutes=61)).states == {"sent": 1}

    def test_writes_from_the_collectors_own_account_first(self, sender, postbox):
        form = messaging.AccountForm("127.0.0.1", postbox.port, "none", "own@brevanne.example", "Nadia Ferrand")
        messaging.save_mail_account(
            organisation_id=sender.organisation_id, form=form, by=sender.by, user_id=sender.collector.pk
        )
        queue(sender)
        deliver(sender)
        assert postbox.letters()[0]["from"] == "own@brevanne.example"

    def test_stops_when_the_channel_is_closed(self, sender, postbox):
        queue(sender)
        messaging.close_channel(
            organisation_id=sender.organisation_id, channel="email", why="wrong IBAN", by=sender.by, now=NOW
        )
        assert not deliver(sender).is_channel_open
        messaging.open_channel(
            organisation_id=sender.organisation_id, channel="email", why="mended", by=sender.by, now=NOW
        )
        assert deliver(sender).states == {"sent": 1}

    def test_asks_again_at_the_last_moment(self, sender, postbox):
        message_id = queue(sender)
        report = deliver(sender, recheck=lambda ids: dict.fromkeys(ids, "paid this morning"))
        assert report.states == {"cancelled": 1}
        assert last_detail(message_id) == {"reason": "paid this morning"}
        assert postbox.letters() == []

    def test_tries_a_busy_mailbox_again_and_then_gives_up(self, sender, postbox):
        message_id = queue(sender, to="later@acme.example")
        assert deliver(sender).states == {"failed": 1}
        assert Message.objects.get(pk=message_id).due_at == NOW + timedelta(minutes=5)
        assert deliver(sender, now=NOW + timedelta(minutes=4)).states == {}
        now = NOW
        for minutes in delivery.RETRY_MINUTES[:-1]:
            now += timedelta(minutes=minutes)
            assert deliver(sender, now=now).states == {"failed": 1}
        assert deliver(sender, now=now + timedelta(days=1)).states == {"refused": 1}
        assert "450" in last_detail(message_id)["answer"]

    def test_writes_no_more_to_a_mailbox_that_does_not_exist(self, sender, postbox):
        message_id = queue(sender, to="refused@acme.example")
        assert deliver(sender).states == {"refused": 1}
        assert last_detail(message_id)["answer"] == "550 5.1.1 No such user here"
        assert Suppression.objects.get().email == "refused@acme.example"
        second = queue(sender, "acme:2", to="Refused@Acme.example")
        assert deliver(sender).states == {"refused": 1}
        assert "None of the recipients" in last_detail(second)["reason"]

    def test_keeps_an_address_refused_by_policy(self, sender, postbox):
        queue(sender, to="policy@acme.example")
        assert deliver(sender).states == {"refused": 1}
        assert not Suppression.objects.exists()

    def test_sends_to_those_who_are_taken(self, sender, postbox):
        message_id = queue(sender, cc=[Address("refused@acme.example"), Address("cfo@acme.example")])
        assert deliver(sender).states == {"sent": 1}
        assert postbox.letters()[0]["to"] == ["compta@acme.example", "cfo@acme.example"]
        assert last_detail(message_id)["refused_recipients"] == {"refused@acme.example": "550 5.1.1 No such user here"}

    def test_goes_on_after_a_refused_message(self, sender, postbox):
        for number, name in enumerate(("a", "refused", "content", "b")):
            queue(sender, f"acme:{number}", to=f"{name}@acme.example")
        assert deliver(sender).states == {"sent": 2, "refused": 2}
        assert [letter["to"] for letter in postbox.letters()] == [["a@acme.example"], ["b@acme.example"]]

    def test_is_in_doubt_when_the_line_is_cut_after_the_message(self, sender, postbox):
        message_id = queue(sender, to="drop@acme.example")
        other = queue(sender, "acme:2")
        assert deliver(sender).states == {"in_doubt": 1, "sent": 1}
        assert (state(message_id), state(other)) == ("in_doubt", "sent")
        assert deliver(sender, now=NOW + timedelta(days=30)).states == {}
        assert len(postbox.letters()) == 2

    def test_waits_for_a_server_that_is_down(self, sender, postbox):
        ids = [queue(sender, f"acme:{number}") for number in range(3)]
        MailAccount.objects.update(port=1)
        assert deliver(sender).states == {"failed": 1}
        MailAccount.objects.update(port=postbox.port)
        assert deliver(sender, now=NOW + timedelta(minutes=5)).states == {"sent": 3}
        assert {state(pk) for pk in ids} == {"sent"}
        assert len(postbox.letters()) == 3

    def test_refuses_what_lacks_a_variable_and_names_it(self, sender, postbox):
        context = sample.context()
        del context["new_deadline_date"]
        message_id = queue(sender, template_key="last_notice", context=context)
        assert deliver(sender).states == {"refused": 1}
        assert last_detail(message_id)["data"] == {"name": "new_deadline_date"}
        assert postbox.letters() == []


class TestQueueMessage:
    def test_is_the_same_message_for_the_same_key(self, sender):
        assert queue(sender) == queue(sender)
        assert Message.objects.count() == 1
        assert MessageEvent.objects.count() == 1

    def test_refuses_a_context_without_what_it_must_have(self, sender):
        context = sample.context()
        del context["entity"]["name"]
        with pytest.raises(VariableMissing) as caught:
            queue(sender, context=context)
        assert caught.value.data == {"name": "entity.name"}

    def test_refuses_names_that_forge_headers(self, sender):
        with pytest.raises(HeaderUnsafe):
            queue(sender, cc=[Address("x@acme.example", "Acme\r\nBcc: all@acme.example")])
        with pytest.raises(AddressUnusable):
            queue(sender, to="x@acme.example\r\nRCPT TO:<y@acme.example>")

    def test_takes_the_good_ones_of_a_batch(self, sender):
        drafts = [
            Draft(
                key=key,
                kind="reminder",
                customer_id=sender.acme.pk,
                sender=Sender(),
                to=[Address(to)],
                template_key="reminder_1",
                language="en",
                context=sample.context(language="en"),
                send_after=NOW,
            )
            for key, to in (("a", "a@acme.example"), ("b", "nobody"))
        ]
        queued = messaging.queue_messages(organisation_id=sender.organisation_id, drafts=drafts, by=sender.by)
        assert list(queued.ids) == ["a"]
        assert list(queued.refused) == ["b"]


class TestSettleInDoubt:
    @pytest.fixture
    def doubtful(self, sender, postbox):
        message_id = queue(sender, to="drop@acme.example")
        deliver(sender)
        return message_id

    def test_says_it_had_left(self, sender, doubtful, postbox):
        messaging.settle_in_doubt(
            organisation_id=sender.organisation_id,
            message_id=doubtful,
            was_sent=True,
            why="seen in the sent folder",
            by=sender.by,
            now=NOW,
        )
        assert state(doubtful) == "sent"
        assert deliver(sender, now=NOW + timedelta(days=1)).states == {}

    def test_sends_it_again_with_the_same_identity(self, sender, doubtful, postbox):
        messaging.settle_in_doubt(
            organisation_id=sender.organisation_id,
            message_id=doubtful,
            was_sent=False,
            why="the customer has nothing",
            by=sender.by,
            now=NOW,
        )
        deliver(sender)
        first, second = postbox.letters()
        assert first["raw"] == second["raw"]
        assert AuditEntry.objects.filter(verb="message_doubt_settled").count() == 1

    def test_refuses_what_is_in_no_doubt(self, sender):
        message_id = queue(sender)
        with pytest.raises(MessageMoved):
            messaging.settle_in_doubt(
                organisation_id=sender.organisation_id,
                message_id=message_id,
                was_sent=True,
                why="",
                by=sender.by,
                now=NOW,
            )


class TestCancelMessage:
    def test_keeps_it_from_leaving(self, sender, postbox):
        message_id = queue(sender)
        messaging.cancel_message(
            organisation_id=sender.organisation_id, message_id=message_id, why="paid", by=sender.by
        )
        assert deliver(sender).states == {}
        assert state(message_id) == "cancelled"

    def test_comes_too_late_for_what_left(self, sender, postbox):
        message_id = queue(sender)
        deliver(sender)
        with pytest.raises(MessageMoved):
            messaging.cancel_message(
                organisation_id=sender.organisation_id, message_id=message_id, why="paid", by=sender.by
            )


class TestPostgreSQL:
    def test_knows_the_same_ways_as_the_rules(self, company):
        with connection.cursor() as cursor:
            for before in ("", *delivery.STATES):
                for after in delivery.STATES:
                    cursor.execute("select messaging_may_follow(%s, %s)", [before, after])
                    assert cursor.fetchone()[0] == (after in delivery.NEXT[before]), (before, after)

    @pytest.mark.parametrize(
        "statement",
        [
            "update messaging_message set state = 'queued', due_at = now()",
            "update messaging_message set key = 'other'",
            "delete from messaging_message",
            "update messaging_messageevent set state = 'queued'",
            "delete from messaging_messageevent",
            "update messaging_messagecontent set raw = ''",
            "update messaging_templateversion set subject = ''",
            "insert into messaging_messageevent (organisation_id, message_id, state, attempt, detail, actor_name)"
            " select organisation_id, id, 'handing_over', 9, '{}', '' from messaging_message",
        ],
    )
    def test_refuses_to_change_what_happened(self, sender, postbox, statement):
        queue(sender)
        deliver(sender)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

    def test_refuses_a_hand_over_from_a_sandbox(self, sender, postbox):
        message_id = queue(sender)
        Organisation.objects.filter(pk=sender.organisation_id).update(sandbox=True)
        MessageEvent.objects.create(organisation=sender.organisation, message_id=message_id, state="rendered")
        with pytest.raises(DatabaseError, match="sandbox"), transaction.atomic():
            MessageEvent.objects.create(
                organisation=sender.organisation, message_id=message_id, state="handing_over", attempt=1
            )

    def test_keeps_tenants_apart(self, sender, postbox):
        message_id = queue(sender)
        with cast.company("dora") as dora:
            assert not Message.objects.filter(pk=message_id).exists()
            ready_to_send(dora, postbox)
            with pytest.raises(DatabaseError), transaction.atomic():
                MessageEvent.objects.create(organisation=dora.organisation, message_id=message_id, state="rendered")
            assert deliver(dora).states == {}
        with access_context.bound(sender.organisation_id):
            assert deliver(sender).states == {"sent": 1}


class TestSaveMailAccount:
    def test_stores_no_password_in_clear(self, sender):
        form = messaging.AccountForm(
            "smtp.brevanne.example", 587, "starttls", "n@brevanne.example", username="n", password="prés-salé"
        )
        account = messaging.save_mail_account(organisation_id=sender.organisation_id, form=form, by=sender.by)
        assert "salé" not in account.password_encrypted
        assert queries.server_of(account).password == "prés-salé"
        assert "prés-salé" not in str(list(AuditEntry.objects.values_list("details", flat=True)))
        assert "prés-salé" not in repr(queries.server_of(account))

    def test_refuses_to_send_a_password_in_clear(self, sender):
        form = messaging.AccountForm("mail.example", 25, "none", "n@brevanne.example", username="n", password="x")
        with pytest.raises(messaging.PasswordInClear):
            messaging.save_mail_account(organisation_id=sender.organisation_id, form=form, by=sender.by)

    def test_is_verified_by_signing_in(self, sender, postbox):
        account = MailAccount.objects.get()
        messaging.verify_mail_account(
            organisation_id=sender.organisation_id,
            account_id=account.pk,
            connect=client.connect,
            by=sender.by,
            now=NOW,
        )
        account.refresh_from_db()
        assert account.verified_at == NOW
        MailAccount.objects.update(port=1)
        with pytest.raises(client.ServerUnreachable):
            messaging.verify_mail_account(
                organisation_id=sender.organisation_id,
                account_id=account.pk,
                connect=client.connect,
                by=sender.by,
                now=NOW,
            )


class TestQueries:
    def test_lists_messages_with_their_reasons(self, sender, postbox):
        queue(sender)
        doubtful = queue(sender, "acme:2", to="drop@acme.example")
        deliver(sender)
        assert queries.state_counts(scope_of(sender)) == {"sent": 1, "in_doubt": 1}
        [listed] = queries.messages(scope_of(sender), states=["in_doubt"])
        assert listed.pk == doubtful
        assert listed.subject.startswith("3 factures")
        assert "no answer" in listed.reason["answer"]

    def test_shows_a_message_in_full_and_safe(self, sender, postbox):
        context = sample.context()
        context["customer"]["name"] = "<script>alert(1)</script>"
        message_id = queue(sender, context=context)
        before = queries.message_in_full(message_id, scope=scope_of(sender))
        assert before.raw == b""
        assert "Madame Marchal" in before.html
        deliver(sender)
        after = queries.message_in_full(message_id, scope=scope_of(sender))
        assert [event.state for event in after.events] == ["queued", "rendered", "handing_over", "sent"]
        assert "<script" not in after.html
        assert "border-radius:10px" in after.html
        assert ("From", "Nadia Ferrand <nadia@brevanne.example>") in after.headers

    def test_shows_a_person_their_own_portfolio(self, sender):
        message_id = queue(sender)
        assert queries.messages(scope_of(sender, own_portfolio_only=True))[0].pk == message_id
        other = Scope(organisation_id=sender.organisation_id, user_id=999_999, role="sales", own_portfolio_only=True)
        assert queries.messages(other) == []
