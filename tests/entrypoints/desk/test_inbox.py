"""The inbox: mails are read, sorted, accepted and answered in one gesture each, by those who may."""

import re
from datetime import timedelta

import pytest

from encours.access.models import Membership
from encours.collections.models import Promise
from encours.conversation import actions as conversation
from encours.conversation.models import BankChange, Proposal
from encours.entrypoints.desk import inbox_draft
from encours.messaging.models import Filing, InboundMail, Message, Reply
from tests.conversation import conftest as mails
from tests.conversation.conftest import IBAN, NOW

from .conftest import seated

# fixtures
books, colleague, post = mails.books, mails.colleague, mails.post

SOON = NOW.date() + timedelta(days=9)


def shown(answer) -> str:
    assert answer.status_code == 200, answer.content[:400]
    return answer.content.decode().replace("\u202f", " ").replace("\u00a0", " ").replace("’", "'")


def test_an_unread_answer_is_listed_with_its_class_and_sentence(company, books, post):
    post.comes(f"Bonjour,\nLe virement partira le {SOON:%d/%m/%Y}.\nLise")
    page = shown(seated(company).get("/inbox"))
    assert "Acme" in page
    assert "Promet un règlement" in page
    assert "Le virement partira" in page


def test_a_promise_is_accepted_in_one_gesture(company, books, post):
    mail = post.comes(f"La facture 4290 sera payée le {SOON:%d/%m/%Y}.")
    reply = post.reply_to(mail)
    desk = seated(company)
    page = shown(desk.get(f"/inbox/replies/{reply.pk}"))
    [one] = Proposal.objects.all()
    fields = dict(re.findall(rf'name="p{one.pk}-(\w+)"[^>]*value="([^"]*)"', page))
    assert fields["date"] == SOON.isoformat()
    assert fields["amount"].replace(".", ",").startswith("1200")
    data = {f"p{one.pk}-{name}": value for name, value in fields.items()} | {f"p{one.pk}-invoice": "FA-2026-4290"}
    assert desk.post(f"/inbox/proposals/{one.pk}/accept", data).status_code == 302
    assert Promise.objects.get().amount_minor == 120_000
    again = desk.post(f"/inbox/proposals/{one.pk}/accept", data)
    assert Promise.objects.count() == 1
    assert again.status_code in (302, 422)


def test_what_is_missing_comes_back_on_the_form(company, books, post):
    post.comes(f"Nous paierons le {SOON:%d/%m/%Y}.")
    [one] = Proposal.objects.all()
    answer = seated(company).post(f"/inbox/proposals/{one.pk}/accept", {f"p{one.pk}-amount": "12"})
    assert answer.status_code == 422
    assert not Promise.objects.exists()


def test_each_deed_asks_its_own_right(company, books, post):
    post.comes("Madame Petit a quitté la société, écrivez désormais à nadege.roy@acme.example.")
    [one] = Proposal.objects.all()
    assert seated(company, role="sales").post(f"/inbox/proposals/{one.pk}/accept", {}).status_code == 403


def test_an_unknown_sender_is_filed_with_a_candidate(company, books, post):
    mail = post.comes("La facture FA-2026-4290 sera payée vendredi.", sender="jean@ailleurs.example")
    assert mail.filing == Filing.TRIAGE
    desk = seated(company)
    page = shown(desk.get(f"/inbox/mails/{mail.pk}?tab=triage"))
    assert "FA-2026-4290" in page
    assert "Acme" in page
    desk.post(f"/inbox/mails/{mail.pk}/file", {"customer": str(company.acme.pk), "chosen": "1"})
    assert Reply.objects.get().customer_id == company.acme.pk
    mail.refresh_from_db()
    assert mail.filing == Filing.FILED
    [contact] = Proposal.objects.filter(kind="contact")
    assert contact.fields["email"] == "jean@ailleurs.example"


def test_a_doubtful_name_files_nothing(company, books, post):
    mail = post.comes("Bonjour", sender="jean@ailleurs.example")
    answer = seated(company).post(f"/inbox/mails/{mail.pk}/file", {"customer": "personne"})
    assert answer.status_code == 422
    assert not Reply.objects.exists()


def test_a_mail_set_aside_is_kept(company, books, post):
    mail = post.comes("Achetez nos tapis", sender="pub@ailleurs.example")
    seated(company).post(f"/inbox/mails/{mail.pk}/aside", {"why": "publicité"})
    mail.refresh_from_db()
    assert (mail.filing, mail.why) == (Filing.SET_ASIDE, "publicité")
    assert InboundMail.objects.count() == 1


def test_others_customers_mail_is_not_shown(company, books, post):
    mail = post.comes(f"Nous paierons le {SOON:%d/%m/%Y}.")
    reply = post.reply_to(mail)
    type(company.acme).objects.filter(pk=company.acme.pk).update(collector=None)
    Membership.objects.filter(user=company.collector).update(own_portfolio_only=True)
    desk = seated(company)
    assert "Acme" not in shown(desk.get("/inbox?tab=all"))
    for address in (f"/inbox/replies/{reply.pk}", f"/inbox/mails/{mail.pk}", f"/inbox/mails/{mail.pk}/source.eml"):
        assert desk.get(address).status_code == 404, address


def test_html_neither_runs_nor_calls_home(company, books, post):
    raw = (
        "From: compta@acme.example\nTo: n@b.example\nSubject: x\nMessage-ID: <h@acme.example>\n"
        "Content-Type: text/html; charset=utf-8\n\n"
        "<p onclick='x()'>Bonjour</p><script>x()</script><img src='https://spy.example/p.gif'>"
        "<form action='https://spy.example'><input name=a></form>"
    )
    from encours.messaging import actions as messaging

    number = messaging.receive_mail(organisation_id=company.organisation_id, raw=raw.encode(), now=NOW, by=company.by)
    answer = seated(company).get(f"/inbox/mails/{number}/html")
    page = answer.content.decode()
    assert "Bonjour" in page
    assert "script" not in page
    assert "onclick" not in page
    assert "<form" not in page
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "img-src data:" in policy


PDF = b"%PDF-1.4 nothing"


def test_files_are_downloads_and_some_are_never_opened(company, books, post, settings):
    mail = post.comes(
        "Ci-joint.", files=(("../preuve.pdf", "application/pdf", PDF), ("facture.pdf.exe", "application/pdf", b"MZ"))
    )
    desk = seated(company)
    page = shown(desk.get(f"/inbox/replies/{post.reply_to(mail).pk}"))
    assert "preuve.pdf" in page
    assert "../" not in page
    answer = desk.get(f"/inbox/mails/{mail.pk}/files/1")
    assert answer.content == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert desk.get(f"/inbox/mails/{mail.pk}/files/2").status_code == 404
    settings.ATTACHMENT_SCANNER = "127.0.0.1:1"
    assert desk.get(f"/inbox/mails/{mail.pk}/files/1").status_code == 404
    assert desk.get(f"/inbox/mails/{mail.pk}/source.eml").status_code == 404


def test_bank_details_warn_everywhere_and_take_two_persons(company, books, post, colleague):
    mail = post.comes(f"Merci de noter nos nouvelles coordonnées bancaires : {IBAN}")
    desk = seated(company)
    page = shown(desk.get(f"/inbox/replies/{post.reply_to(mail).pk}"))
    assert "coordonnées bancaires" in page
    around = [page[max(0, one.start() - 90) : one.start()] for one in re.finditer(IBAN, page)]
    assert [one for one in around if 'value="' not in one and "en-mailtext" not in one] == []
    [change] = BankChange.objects.all()
    for address in ("/inbox?tab=bank", "/customers/C001", f"/today/{company.acme.pk}"):
        assert "changement de coordonnées bancaires" in shown(desk.get(address)).lower(), address
    refused = desk.post(f"/inbox/bank/{change.pk}/called", {"number": "x|0600000000"})
    assert refused.status_code == 422
    assert desk.post(f"/inbox/bank/{change.pk}/confirmed", {"iban": IBAN}).status_code == 403


def test_an_answer_is_written_in_the_thread_and_frees_the_customer(company, books, post):
    mail = post.comes("Pourquoi cette relance ?")
    reply = post.reply_to(mail)
    desk = seated(company)
    page = shown(desk.get(f"/customers/C001/write?reply={reply.pk}"))
    assert "Re: Relance" in page
    key = re.search(r'name="key" value="([^"]+)"', page)[1]
    data = {
        "key": key, "reply": reply.pk, "to": "compta@acme.example", "template_key": "own_words", "language": "fr",
        "entity": company.entity.pk, "subject": "Re: Relance", "text": "Voici le détail.", "has_seen": "on",
    }  # fmt: skip
    assert desk.post("/customers/C001/write", data).status_code == 302
    reply.refresh_from_db()
    assert (reply.freed_how, reply.answer_id is not None) == ("answered", True)
    assert Message.objects.get(pk=reply.answer_id).context["thread"]["in_reply_to"] == mail.key


def test_what_leaves_for_a_model_is_shown_first(company, books, post, settings, monkeypatch):
    settings.DRAFTING_ADDRESS, settings.DRAFTING_MODEL = "http://127.0.0.1:9/v1", "petit"
    mail = post.comes(f"La facture 4290 est déjà payée. Appelez le 06 12 34 56 78. {IBAN}")
    reply = post.reply_to(mail)
    desk = seated(company, role="admin")
    assert desk.get(f"/inbox/replies/{reply.pk}/draft").status_code == 404
    conversation.set_conversation_policy(
        organisation_id=company.organisation_id, modes={}, daily_cap=2, drafts_by_model=True, now=NOW, by=company.by
    )
    page = shown(desk.get(f"/inbox/replies/{reply.pk}/draft"))
    assert "[IBAN]" in page
    assert "06 12 34 56 78" not in page
    monkeypatch.setattr(inbox_draft, "_ask", lambda told: "Nous vérifions et revenons vers vous.")
    answer = desk.post(f"/inbox/replies/{reply.pk}/draft")
    assert answer.status_code == 302
    assert "Nous vérifions" in shown(desk.get(answer.url))


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("/inbox", "Boîte de réception"),
        ("/inbox?tab=triage", "Rien à trier"),
        ("/inbox/accuracy", "Justesse"),
        ("/settings/mailboxes", "Où arrivent les réponses"),
        ("/settings/conversation", "sans jugement"),
    ],
)
def test_each_page_stands_empty_too(company, address, word):
    assert word in shown(seated(company, role="admin").get(address))
