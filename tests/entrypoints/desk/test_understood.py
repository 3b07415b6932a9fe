"""What an answer was understood to say is shown beside it, and a person says what it really was."""

from django.utils import timezone

from encours.access.models import Membership
from encours.messaging import actions as messaging
from encours.messaging import inbound_queries as inbound
from encours.messaging.models import Judgement
from tests.cast import Company

from .conftest import Books, seated

PROMISE = "Le virement de 1 234,50 € partira le 30 novembre 2026."


def reply_of(company: Company, text: str) -> int:
    return messaging.record_reply(
        organisation_id=company.organisation_id,
        key=text[:20],
        customer_id=company.acme.pk,
        from_email="lise@acme.example",
        subject="Re: Relance",
        text=text,
        now=timezone.now(),
        by=company.by,
    )


def test_an_answer_shows_its_class_its_facts_and_its_sentence(company: Company, books: Books):
    reply_of(company, f"Bonjour,\n{PROMISE}\nCordialement")
    page = seated(company).part(f"/today/{company.acme.pk}").content.decode()
    assert "Promet un règlement" in page
    assert "30/11/2026" in page or "30 novembre 2026" in page
    assert "1 234,50" in page.replace("\u202f", " ").replace("\u00a0", " ")


def test_bank_details_are_shown_with_a_warning(company: Company, books: Books):
    reply_of(company, "Merci de noter notre nouveau RIB : FR76 3000 6000 0112 3456 7890 189")
    page = seated(company).part(f"/today/{company.acme.pk}").content.decode()
    assert "Rappelez à un numéro déjà connu" in page
    assert "FR7630006000011234567890189" not in page


def test_a_person_s_judgement_is_kept(company: Company, books: Books):
    reply_id = reply_of(company, PROMISE)
    desk = seated(company)
    answer = desk.post(f"/today/{company.acme.pk}/replies/{reply_id}/judge", {"kind": "remittance"})
    assert answer.status_code == 302
    [counted] = inbound.accuracy(company.organisation_id)
    assert (counted.kind, counted.judged_count, counted.right_count) == ("promise", 1, 0)
    assert desk.post(f"/today/{company.acme.pk}/replies/{reply_id}/judge", {"kind": "bounce"}).status_code == 404


def test_nobody_judges_an_answer_of_others(company: Company, books: Books):
    reply_id = reply_of(company, PROMISE)
    type(company.acme).objects.filter(pk=company.acme.pk).update(collector=None)
    Membership.objects.filter(user=company.collector).update(own_portfolio_only=True)
    answer = seated(company).post(f"/today/{company.acme.pk}/replies/{reply_id}/judge", {"kind": "promise"})
    assert answer.status_code == 404
    assert not Judgement.objects.exists()


def test_the_timeline_names_what_was_understood(company: Company, books: Books):
    reply_of(company, PROMISE)
    page = seated(company).get(f"/customers/{company.acme.number}").content.decode()
    assert "Promet un règlement" in page
