"""What a customer does: by the same deeds as a colleague, in the customer's name, once."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from encours.access.models import AuditEntry, Membership, User
from encours.collections.models import Promise
from encours.collections.queries import facts as loading
from encours.conversation import actions as conversation
from encours.conversation.actions import telling
from encours.conversation.models import Proposal
from encours.conversation.queries import portal as reading
from encours.core.actors import Actor
from encours.customers.models import Contact, Note
from encours.disputes import actions as disputes
from encours.disputes.models import Dispute
from encours.entrypoints.portal import account
from encours.invoices.models import DocumentCopy
from encours.messaging.models import MailAttachment, Reply, Understanding
from encours.team.models import Notification

from .conftest import KEY

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(company, open_portal):
    return open_portal.browser(open_portal.link(company.acme))


@pytest.fixture
def at(company, open_portal):
    return open_portal.handle(company.acme)


def day(days: int) -> str:
    return (timezone.localdate() + dt.timedelta(days=days)).isoformat()


def facts(company):
    now = timezone.now()
    book = loading.book_of(company.organisation_id, today=timezone.localdate(), now=now)
    [found] = loading.customers(book, ids=[company.acme.pk])
    return found


class TestPromise:
    def test_is_that_of_a_colleague_from_the_portal(self, company, open_portal, browser, at):
        item = open_portal.item("FA-1")
        sent = {"item": item.pk, "day": [day(5), day(12)], "amount": ["200,00", ""], "key": KEY}
        for _ in range(2):
            assert browser.post(f"{at}promise", sent)["Location"] == at
        made = list(Promise.objects.order_by("promised_date"))
        assert [(one.amount_minor, one.source, one.item_id, one.author_name) for one in made] == [
            (20_000, "portal", item.pk, "Compta Acme"), (100_000, "portal", item.pk, "Compta Acme"),
        ]  # fmt: skip
        assert made[0].series
        assert made[0].series == made[1].series
        entry = AuditEntry.objects.filter(verb="record_promise").first()
        assert (entry.actor_name, entry.channel) == ("Compta Acme", "portal")
        assert [one.item_id for one in facts(company).promises] == [item.pk, item.pk]
        told = Notification.objects.get()
        assert told.user_id == company.collector.pk
        assert "FA-1" in told.title
        page = browser.get(at).content.decode()
        assert "À régler d’ici au" in page
        assert "C’est noté" in page

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"day": day(31)}, "Choisissez un jour"),
            ({"day": day(-1)}, "Choisissez un jour"),
            ({"day": ""}, "Choisissez au moins une facture"),
            ({"amount": "1 200,01"}, "Les montants"),
            ({"item": 999_999}, "Aucune facture"),
        ],
    )
    def test_outside_the_limits_is_refused_with_what_was_filled_in(self, open_portal, browser, at, change, said):
        sent = {"item": open_portal.item("FA-1").pk, "day": day(5), "amount": "", "key": KEY, **change}
        answer = browser.post(f"{at}promise", sent)
        assert answer.status_code in (404, 422)
        assert said in answer.content.decode()
        assert not Promise.objects.exists()

    def test_of_another_customers_invoice_is_refused(self, open_portal, browser, at):
        sent = {"item": open_portal.item("FA-3").pk, "day": day(5), "amount": "", "key": KEY}
        assert browser.post(f"{at}promise", sent).status_code == 404
        assert not Promise.objects.exists()

    def test_is_not_put_off_again_and_again(self, open_portal, browser, at):
        item = open_portal.item("FA-1")
        browser.post(f"{at}promise", {"item": item.pk, "day": day(5), "amount": "", "key": KEY})
        again = {"item": item.pk, "day": day(20), "amount": "", "key": KEY.replace("1", "2")}
        assert browser.post(f"{at}promise", again).status_code == 409
        Promise.objects.update(withdrawn_date=timezone.localdate(), withdrawn_why="by phone")
        assert browser.post(f"{at}promise", again).status_code == 302

    def test_is_not_offered_where_the_settings_say_so(self, open_portal, browser, at):
        open_portal.policy(may_promise=False, may_dispute=False, may_write=False)
        for page in ("promise", "contest", "write"):
            assert browser.get(f"{at}{page}").status_code == 404
        assert "Proposer une date" not in browser.get(at).content.decode()


class TestContesting:
    def test_a_line_with_its_amount(self, company, open_portal, browser, at):
        item = open_portal.item("FA-1")
        line = {"line_number": "3", "line_text": "Rouleaux 80 mm"}
        assert self.send(browser, at, item, how_much="part", amount="", **line).status_code == 422
        assert self.send(browser, at, item, how_much="part", amount="300,00", **line).status_code == 302
        assert (Dispute.objects.get().line_text, Dispute.objects.get().amount_minor) == ("Rouleaux 80 mm", 30_000)
        assert "ligne 3 · Rouleaux" in " ".join(browser.get(f"{at}exchanges").content.decode().split())
        assert "3 Rouleaux 80 mm" in Reply.objects.get().text

    def send(self, browser, at, item, **more):
        sent = {"item": item.pk, "reason": "delivery", "how_much": "all", "text": "Il manque une palette", "key": KEY}
        return browser.post(f"{at}contest", {**sent, **more})

    def test_takes_the_part_out_and_tells_its_owner(self, company, open_portal, browser, at):
        item = open_portal.item("FA-1")
        note = SimpleUploadedFile("bon.pdf", b"%PDF-1.7 bon", content_type="application/pdf")
        assert self.send(browser, at, item, how_much="part", amount="300,00", files=note).status_code == 302
        assert self.send(browser, at, item, how_much="part", amount="300,00").status_code == 302
        made = Dispute.objects.get()
        assert (made.amount_minor, made.reason, made.opened_by_name) == (30_000, "delivery", "Compta Acme")
        assert made.owner_id == company.collector.pk
        told = Notification.objects.get(kind="dispute")
        assert told.user_id == company.collector.pk
        assert "FA-1" in told.title
        reply = Reply.objects.get()
        assert "Il manque une palette" in reply.text
        assert reply.read_at is None
        assert MailAttachment.objects.get().name == "bon.pdf"
        assert Understanding.objects.get().kind == "dispute"
        assert not Proposal.objects.exists()
        assert facts(company).unread_replies == 1
        row = reading.account_of(company.acme.pk, organisation_id=company.organisation_id, today=open_portal.today).row(
            item.pk
        )
        assert (row.contested_minor, row.free_minor) == (30_000, 90_000)

    def test_nobody_is_told_again_by_the_turn_that_tells(self, company, open_portal, browser, at):
        self.send(browser, at, open_portal.item("FA-1"))
        browser.post(f"{at}write", {"text": "Bonjour", "key": KEY.replace("1", "2")})
        before = Notification.objects.count()
        given = {"organisation_id": company.organisation_id, "now": timezone.now()}
        assert telling.tell_what_is_theirs(**given, by=Actor.system("telling")) == 0
        assert Notification.objects.count() == before == 2

    def test_without_an_owner_whoever_leads_is_told(self, company, open_portal, browser, at):
        boss = User.objects.create(email="boss@brevanne.example")
        Membership.objects.create(organisation=company.organisation, user=boss, role="credit_manager")
        Membership.objects.filter(user=company.collector).update(is_active=False)
        self.send(browser, at, open_portal.item("FA-1"))
        assert Notification.objects.get().user_id == boss.pk

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"reason": "other", "text": ""}, "Choisissez ce qui ne va pas"),
            ({"reason": "deduction"}, "Choisissez ce qui ne va pas"),
            ({"how_much": "part", "amount": "5 000,00"}, "contesté"),
        ],
    )
    def test_says_what_is_missing(self, open_portal, browser, at, change, said):
        answer = self.send(browser, at, open_portal.item("FA-1"), **change)
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert not Dispute.objects.exists()

    def test_takes_no_program(self, open_portal, browser, at):
        bad = SimpleUploadedFile("facture.pdf.exe", b"MZ", content_type="application/pdf")
        answer = self.send(browser, at, open_portal.item("FA-1"), files=bad)
        assert answer.status_code == 422
        assert "aucun programme" in answer.content.decode()
        assert not Dispute.objects.exists()
        assert not Reply.objects.exists()

    def test_all_of_it_is_contested_once(self, open_portal, browser, at):
        item = open_portal.item("FA-1")
        self.send(browser, at, item)
        assert self.send(browser, at, item, key=KEY.replace("1", "2")).status_code == 409

    def test_can_be_taken_back_but_not_a_colleagues(self, company, open_portal, browser, at):
        self.send(browser, at, open_portal.item("FA-1"))
        ours = disputes.open_dispute(
            organisation_id=company.organisation_id, customer_id=company.acme.pk, document_number="FA-2",
            today=open_portal.today, by=company.by,
        )  # fmt: skip
        own = Dispute.objects.exclude(pk=ours.pk).get()
        assert browser.post(f"{at}claims/{ours.pk}/withdraw").status_code == 404
        assert browser.post(f"{at}claims/{own.pk}/withdraw").status_code == 302
        own.refresh_from_db()
        assert (own.outcome, own.closed_by_name) == ("withdrawn", "Compta Acme")


class TestWriting:
    def test_holds_as_an_answer_and_is_understood(self, company, browser, at):
        sent = {"subject": "FA-1", "text": f"Nous paierons 1 200,00 € le {day(4)}.", "key": KEY}
        for _ in range(2):
            assert browser.post(f"{at}write", sent).status_code == 302
        reply = Reply.objects.get()
        assert (reply.from_email, reply.from_name, reply.customer_id) == (
            "compta@acme.example", "Compta Acme", company.acme.pk,
        )  # fmt: skip
        assert facts(company).unread_replies == 1
        assert Understanding.objects.get().kind == "promise"
        assert "Nous paierons" in browser.get(f"{at}exchanges").content.decode()

    def test_says_nothing_of_what_colleagues_say(self, company, browser, at):
        Note.objects.create(
            organisation=company.organisation, customer=company.acme, text="Mauvais payeur", author_name="Nadia"
        )
        for page in ("", "exchanges", "paid"):
            assert "Mauvais payeur" not in browser.get(f"{at}{page}").content.decode()

    def test_new_details_are_proposed_never_applied(self, company, browser, at):
        before = list(Contact.objects.filter(customer=company.acme).values_list("email", "phone"))
        sent = {"name": "Paul Durand", "email": "paul@acme.example", "phone": "01 99 00 00 07", "key": KEY}
        assert browser.post(f"{at}details", sent).status_code == 302
        assert list(Contact.objects.filter(customer=company.acme).values_list("email", "phone")) == before
        proposal = Proposal.objects.get()
        assert proposal.kind == "contact"
        assert proposal.fields["name"] == "Paul Durand"
        conversation.accept_proposal(
            organisation_id=company.organisation_id, proposal_id=proposal.pk, today=timezone.localdate(),
            values={"name": "Paul Durand", "email": "paul@acme.example", "phone": "01 99 00 00 07"},
            now=timezone.now(), by=company.by,
        )  # fmt: skip
        assert Contact.objects.filter(customer=company.acme, name="Paul Durand").exists()


class TestElsewhere:
    """The link was passed on, or is opened on a telephone: it shows the account, and whoever acts says who they are."""

    def test_whoever_acts_gives_a_name(self, company, open_portal, browser, at):
        browser.post(f"{at}write", {"text": "Bonjour", "key": KEY})
        other = open_portal.browser(open_portal.link(company.acme))
        assert "dites-nous qui vous êtes" in other.get(f"{at}write").content.decode()
        sent = {"text": "Je prends la suite", "key": KEY.replace("1", "2")}
        assert other.post(f"{at}write", sent).status_code == 422
        assert other.post(f"{at}write", {**sent, "who": "Paul Durand"}).status_code == 302
        assert Reply.objects.latest("pk").from_name == "Paul Durand, par le lien de Compta Acme"

    def test_where_it_may_only_look_it_only_looks(self, company, open_portal, browser, at):
        open_portal.policy(elsewhere="view")
        browser.post(f"{at}write", {"text": "Bonjour", "key": KEY})
        other = open_portal.browser(open_portal.link(company.acme))
        assert "FA-1" in other.get(at).content.decode()
        assert other.post(f"{at}write", {"text": "x", "who": "Paul", "key": KEY}).status_code == 422

    def test_the_same_browser_is_known_again(self, company, open_portal, browser, at):
        browser.post(f"{at}write", {"text": "Bonjour", "key": KEY})
        browser.get(f"/portal/{open_portal.link(company.acme)}")
        assert "dites-nous qui vous êtes" not in browser.get(f"{at}write").content.decode()


class TestReading:
    def test_each_page_opens(self, open_portal, browser, at):
        item = open_portal.item("FA-1")
        pages = ["", f"invoices/{item.pk}", "paid", "exchanges", "who", "promise", "contest", f"contest?item={item.pk}"]
        for page in [*pages, "write?about=paid", "details", f"?chosen=1&item={item.pk}"]:
            assert browser.get(f"{at}{page}").status_code == 200, page

    def test_a_long_account_shows_the_oldest_and_counts_them_all(self, browser, at, monkeypatch):
        monkeypatch.setattr(account, "ROWS_SHOWN", 1)
        page = browser.get(at).content.decode()
        assert "FA-1" in page
        assert ">FA-2<" not in page
        assert "1 plus anciennes sur 2" in page
        assert "1\u202f650,00" in page.replace("\xa0", "\u202f")

    def test_the_statement_is_the_desks(self, browser, at):
        answer = browser.get(f"{at}statement.pdf")
        assert answer.content.startswith(b"%PDF")
        assert "no-store" in answer["Cache-Control"]
        sheet = browser.get(f"{at}statement.xlsx")
        assert b"".join(sheet.streaming_content).startswith(b"PK")
        sheet.close()

    def test_the_copy_of_an_invoice_is_the_customers_own(self, company, open_portal, browser, at):
        for number in ("FA-1", "FA-3"):
            content = b"%PDF-1.7 " + number.encode()
            DocumentCopy.objects.create(
                organisation=company.organisation,
                entity=company.entity,
                number=number,
                file_name=f"{number}.pdf",
                content=content,
                size_bytes=len(content),
                sha256=number,
                added_by_name="import",
            )
        own, theirs = open_portal.item("FA-1"), open_portal.item("FA-3")
        assert browser.get(f"{at}invoices/{own.pk}.pdf").content == b"%PDF-1.7 FA-1"
        assert f"invoices/{own.pk}.pdf" in browser.get(at).content.decode()
        for number in (theirs.pk, open_portal.item("FA-2").pk):
            assert browser.get(f"{at}invoices/{number}.pdf").status_code == 404
