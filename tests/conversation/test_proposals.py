"""A mail becomes proposals with their sentences; a person accepts, changes or rejects each once, and it is learnt."""

from datetime import date, timedelta

import pytest

from encours.access import rules as access
from encours.collections.models import Pause, Promise
from encours.conversation import actions as conversation
from encours.conversation.actions.proposals import AdviceHeld, ProposalDecided, ValueMissing
from encours.conversation.models import Asked, Outcome, Proposal
from encours.conversation.queries import proposals as reading
from encours.conversation.rules import proposals as rules
from encours.customers.models import Contact, Note
from encours.disputes.models import Dispute
from encours.messaging import actions as messaging
from encours.messaging.models import Filing, Judgement, MailAttachment, Suppression, Understanding
from encours.payments.models import RemittanceAdvice

from .conftest import LISE, NOW

TODAY = date(2026, 11, 19)


def intent(name, confidence=0.9, quote="…", **fields):
    return {"class": name, "confidence": confidence, "quote": quote, "fields": fields}


class TestProposed:
    def test_a_guess_is_not_proposed(self):
        assert rules.proposed([intent("promise", 0.55, date="2026-11-30")], today=TODAY) == []

    def test_a_past_promise_is_not_proposed(self):
        assert rules.proposed([intent("promise", date="2026-11-18")], today=TODAY) == []
        assert len(rules.proposed([intent("promise", date="2026-11-19")], today=TODAY)) == 1

    def test_who_is_back_already_pauses_nothing(self):
        assert rules.proposed([intent("out_of_office", return_date="2026-11-19")], today=TODAY) == []
        [one] = rules.proposed([intent("out_of_office", return_date="2026-11-23")], today=TODAY, from_email="l@x.fr")
        assert (one.kind, one.fields["return_date"]) == ("pause", "2026-11-23")

    def test_bank_details_are_never_a_proposal(self):
        said = [intent("bank_detail_change", 0.97, ibans=["FR76"]), intent("other")]
        assert rules.proposed(said, today=TODAY) == []

    def test_an_amount_for_several_invoices_is_of_none_of_them(self):
        amount = {"amount": "100.00", "currency": "EUR"}
        found = rules.proposed([intent("dispute", invoices=["F1", "F2"], amount=amount, reason="price")], today=TODAY)
        assert [one.fields for one in found] == [
            {"reason": "price", "invoices": ["F1"]},
            {"reason": "price", "invoices": ["F2"]},
        ]

    def test_the_sender_s_own_address_is_no_new_contact(self):
        assert (
            rules.proposed([intent("contact_change", emails=["Lise@x.fr"])], today=TODAY, from_email="lise@x.fr") == []
        )

    @pytest.mark.parametrize(
        ("name", "kind", "wanted"),
        [
            ("AVP_20261119.pdf", "application/pdf", True),
            ("detail.csv", "text/csv", True),
            ("Facture F12.pdf", "application/pdf", False),
            ("logo.png", "image/png", False),
            ("nouveau RIB.pdf", "application/pdf", False),
        ],
    )
    def test_tells_advices_from_other_files(self, name, kind, wanted):
        assert rules.is_advice(rules.File(1, name, kind)) is wanted


def accept(company, proposal, **values):
    return conversation.accept_proposal(
        organisation_id=company.organisation_id,
        proposal_id=proposal.pk,
        values=dict(reading.starting_values(proposal)) | values,
        today=NOW.date(),
        now=NOW,
        by=company.by,
    )


def soon() -> date:
    return NOW.date() + timedelta(days=9)


def test_a_promise_is_proposed_with_what_is_owed_and_accepted_as_it_is(company, books, post):
    mail = post.comes(f"Bonjour,\nLa facture 4290 sera payée par virement le {soon():%d/%m/%Y}.\nLise")
    [one] = Proposal.objects.all()
    values = reading.starting_values(one)
    assert (one.kind, one.reply.key) == (Asked.PROMISE, mail.key)
    assert "4290" in one.quote
    assert values == {
        "invoice": "FA-2026-4290",
        "date": soon().isoformat(),
        "amount_minor": 120_000,
        "currency": "EUR",
    }
    accept(company, one, date=soon())
    [promise] = Promise.objects.all()
    assert (promise.amount_minor, promise.promised_date, promise.source) == (120_000, soon(), "email")
    one.refresh_from_db()
    assert one.outcome == Outcome.ACCEPTED
    assert Judgement.objects.get().kind == "promise"
    with pytest.raises(ProposalDecided):
        accept(company, one, date=soon())
    assert Promise.objects.count() == 1


def test_a_changed_value_is_said_to_be_changed(company, books, post):
    post.comes(f"Nous paierons le {soon():%d/%m/%Y}.")
    [one] = Proposal.objects.all()
    accept(company, one, date=soon(), amount_minor=50_000)
    one.refresh_from_db()
    assert one.outcome == Outcome.EDITED
    assert one.decision["values"]["amount_minor"] == 50_000


def test_a_dispute_is_opened_on_the_invoice_meant(company, books, post):
    post.comes("Deux cartons de la facture FA-2026-4291 sont arrivés endommagés, merci d’établir un avoir.")
    [one] = Proposal.objects.filter(kind=Asked.DISPUTE)
    accept(company, one)
    [made] = Dispute.objects.all()
    assert (made.document_number, made.reason) == ("FA-2026-4291", "quality")
    assert "endommagés" in made.note


def test_a_rejected_class_is_learnt_for_mails_like_it(company, books, post):
    said = "Nous avons transmis votre facture à notre siège pour règlement le {day:%d/%m/%Y}."
    post.comes(said.format(day=soon()))
    [one] = Proposal.objects.all()
    conversation.reject_proposal(
        organisation_id=company.organisation_id, proposal_id=one.pk, really="other", now=NOW, by=company.by
    )
    post.comes(said.format(day=soon() + timedelta(days=4)).replace("notre siège", "Nantes"))
    assert Understanding.objects.latest("pk").kind == "other"
    assert Proposal.objects.count() == 1
    post.comes(f"Le virement partira le {soon():%d/%m/%Y}.")
    assert Understanding.objects.latest("pk").kind == "promise"


def test_a_correction_never_hides_bank_details(company, books, post):
    text = "Merci de noter nos nouvelles coordonnées bancaires : FR76 3000 6000 0112 3456 7890 189"
    post.comes(text)
    first = Understanding.objects.latest("pk")
    messaging.judge_understanding(
        organisation_id=company.organisation_id, understanding_id=first.pk, kind="other", by=company.by
    )
    post.comes(text, name="again")
    assert "bank_detail_change" in {one["class"] for one in Understanding.objects.latest("pk").intents}


def test_somebody_away_holds_the_customer_until_the_return(company, books, post):
    back = soon()
    mail = post.comes(
        f"Bonjour, je suis absente jusqu'au {back:%d/%m/%Y}. Cordialement",
        subject="Absence du bureau",
        headers={"Auto-Submitted": "auto-replied"},
    )
    assert mail.filing == Filing.MACHINE
    [one] = Proposal.objects.all()
    assert (one.kind, one.reply) == (Asked.PAUSE, None)
    values = reading.starting_values(one)
    accept(company, one, date=date.fromisoformat(values["date"]))
    assert Pause.objects.get().until_date >= back


def test_a_new_contact_is_added_and_nobody_replaced(company, books, post):
    post.comes("Madame Petit a quitté la société, écrivez désormais à nadege.roy@acme.example.")
    [one] = Proposal.objects.filter(kind=Asked.CONTACT)
    accept(company, one, name="Nadège Roy")
    assert set(Contact.objects.filter(customer=company.acme).values_list("email", flat=True)) == {
        LISE,
        "nadege.roy@acme.example",
    }


def test_an_order_number_is_noted(company, books, post):
    post.comes("Merci d’indiquer notre numéro de commande 4500012345 sur la facture FA-2026-4290.")
    [one] = Proposal.objects.filter(kind=Asked.ORDER_NUMBER)
    accept(company, one)
    assert "4500012345" in Note.objects.get().text


def test_who_wants_no_more_mail_gets_none(company, books, post):
    post.comes("Merci de me retirer de votre liste de diffusion, je ne souhaite plus recevoir vos messages.")
    [one] = Proposal.objects.filter(kind=Asked.UNSUBSCRIBE)
    accept(company, one)
    assert Suppression.objects.get().email == LISE
    assert Contact.objects.get(email=LISE).opted_out_at is not None


ADVICE = b"Facture;Date;Montant\nFA-2026-4290;01/10/2026;1200,00\nFA-2026-4291;01/11/2026;450,00\nTotal;;1650,00\n"


def test_an_advice_goes_the_way_of_every_advice(company, books, post):
    post.comes(
        "Bonjour, veuillez trouver ci-joint notre avis de virement de ce jour.",
        files=(("avis_de_virement.csv", "text/csv", ADVICE),),
    )
    [one] = Proposal.objects.filter(kind=Asked.REMITTANCE)
    made = accept(company, one)
    advice = RemittanceAdvice.objects.get(pk=made["advice"])
    assert (advice.total_minor, advice.customer_id) == (165_000, company.acme.pk)


def test_a_file_not_scanned_is_not_read_either(company, books, post, settings):
    settings.ATTACHMENT_SCANNER = "127.0.0.1:1"
    post.comes("Ci-joint notre avis de virement.", files=(("avis.csv", "text/csv", ADVICE),))
    [one] = Proposal.objects.filter(kind=Asked.REMITTANCE)
    with pytest.raises(AdviceHeld):
        accept(company, one)
    assert not RemittanceAdvice.objects.exists()
    assert MailAttachment.objects.get().state == "waiting"


def test_what_is_missing_is_asked_for(company, books, post):
    post.comes(f"Nous paierons le {soon():%d/%m/%Y}.")
    [one] = Proposal.objects.all()
    with pytest.raises(ValueMissing) as refused:
        accept(company, one, date=None)
    assert refused.value.data["field"] == "date"
    one.refresh_from_db()
    assert one.outcome == Outcome.OPEN


def test_a_portfolio_sees_its_own_proposals_alone(company, books, post):
    mail = post.comes(f"Nous paierons le {soon():%d/%m/%Y}.")
    reply = post.reply_to(mail)
    all_see = access.Scope(company.organisation_id, company.collector.pk, "collector")
    nobody = access.Scope(company.organisation_id, None, "sales", own_portfolio_only=True)
    assert list(reading.of_replies([reply.pk], scope=all_see)) == [reply.pk]
    assert reading.of_replies([reply.pk], scope=nobody) == {}
