"""The penalties of a customer on the desk: seen by who may, decided by who may, on paper."""

from datetime import date
from decimal import Decimal

import pytest

from encours.access.models import Entity, Membership, User
from encours.collections.models import Pause
from encours.customers.models import Customer
from encours.penalties.models import LegalRate, PenaltyNote, PenaltyTerms, Suspension
from tests.books import Books
from tests.cast import Company
from tests.entrypoints.desk.conftest import seated

ISSUED, DUE = date(2025, 5, 1), date(2025, 5, 31)
PAGE = "/customers/C001/penalties"


@pytest.fixture
def late(company: Company):
    """Acme paid 1 000.00 due on 31 May 2025 on 15 July: 15.80 of interest, and 40.00."""
    books = Books(company)
    invoice = books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="FA-1")
    books.pay(invoice, day=date(2025, 7, 15))
    return invoice


def text(desk, address=PAGE):
    answer = desk.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def form(late, **more):
    return {
        "until": "2026-06-30",
        "key": "one-form",
        "item": [late.pk],
        "kind": ["interest", "compensation"],
        "outcome": "invoiced",
        **more,
    }


class TestPanel:
    def test_shows_the_figure_and_opens_it_to_its_segments(self, desk, late):
        page = text(desk)
        assert "15,80\u00a0€" in page
        assert "40,00\u00a0€" in page
        assert "2025 S1" not in page
        opened = text(desk, f"{PAGE}?open={late.pk}")
        assert "2025 S1" in opened
        assert "C. com. L441-10 II" in opened
        assert "13,15\u00a0%" in opened
        assert "10,81\u00a0€" in opened

    def test_is_a_tab_of_the_account(self, desk, late):
        assert f'href="{PAGE}"' in text(desk, "/customers/C001")

    def test_private_persons_have_no_such_tab(self, company, desk, late):
        Customer.objects.filter(pk=company.acme.pk).update(is_natural_person=True)
        assert f'href="{PAGE}"' not in text(desk, "/customers/C001")
        assert "Rien de payé en retard" in text(desk)

    def test_speaks_english_too(self, company, late):
        assert "Interest run" in text(seated(company, language="en"))

    def test_a_missing_rate_is_told_in_place_of_a_figure(self, company, desk):
        Books(company).invoice(company.acme, 100_000, issued=date(2010, 1, 1), due=date(2010, 2, 1), number="OLD")
        page = text(desk)
        assert "taux manquant" in page
        assert "2010 S1" in page


class TestDeciding:
    def test_invoices_once_for_one_form(self, desk, late):
        for _ in range(2):
            answer = desk.post(f"{PAGE}/decide", form(late), follow=True)
            assert answer.status_code == 200
        note = PenaltyNote.objects.get()
        assert note.amount_minor == 55_80
        assert note.number in answer.content.decode()

    def test_waives_for_a_reason_only(self, desk, late):
        desk.post(f"{PAGE}/decide", form(late, outcome="waived"))
        assert not PenaltyNote.objects.exists()
        desk.post(f"{PAGE}/decide", form(late, outcome="waived", why="premier incident"))
        assert PenaltyNote.objects.get().why == "premier incident"
        assert "premier incident" in text(desk)

    def test_cancels_with_a_reason(self, desk, late):
        desk.post(f"{PAGE}/decide", form(late))
        note = PenaltyNote.objects.get()
        desk.post(f"{PAGE}/notes/{note.pk}/cancel", {"why": "erreur"})
        assert PenaltyNote.objects.filter(cancels=note).count() == 1

    @pytest.mark.parametrize("role", ["collector", "sales", "auditor", "adv"])
    def test_is_not_for_every_role(self, company, late, role):
        desk = seated(company, role=role)
        assert desk.get(PAGE).status_code == 200
        for address in ("decide", "suspend", "agree", "notes/1/cancel", "lift/1"):
            assert desk.post(f"{PAGE}/{address}", form(late)).status_code == 403
        assert not PenaltyNote.objects.exists()

    def test_a_note_of_another_customer_is_not_reached_by_its_number(self, desk, late):
        desk.post(f"{PAGE}/decide", form(late))
        note = PenaltyNote.objects.get()
        assert desk.get(f"/customers/C002/penalties/notes/{note.pk}").status_code == 404
        assert desk.post(f"/customers/C002/penalties/notes/{note.pk}/cancel", {"why": "x"}).status_code == 404

    def test_somebody_of_one_company_sees_and_decides_for_it_alone(self, company, late):
        north = Entity.objects.create(organisation=company.organisation, code="02", name="Brévanne Nord")
        desk = seated(company)
        Membership.objects.filter(user=company.collector).update(entity_ids=[north.pk])
        assert "FA-1" not in text(desk)
        desk.post(f"{PAGE}/decide", form(late))
        assert not PenaltyNote.objects.exists()

    def test_a_customer_of_others_is_not_there(self, company, late):
        desk = seated(company)
        Membership.objects.filter(user=company.collector).update(own_portfolio_only=True)
        Customer.objects.filter(pk=company.acme.pk).update(collector=User.objects.create(email="other@x.example"))
        assert desk.get(PAGE).status_code == 404
        assert desk.post(f"{PAGE}/decide", form(late)).status_code == 404


class TestSettings:
    def test_a_suspension_is_noted_and_lifted(self, desk, late):
        said = {"kind": "insolvency", "first": "2025-06-11", "why": "jugement du 11 juin"}
        desk.post(f"{PAGE}/suspend", said)
        assert "3,60\u00a0€" in text(desk)  # 1 to 10 June
        made = Suspension.objects.get()
        desk.post(f"{PAGE}/lift/{made.pk}", {"why": "mauvais compte"})
        assert "15,80\u00a0€" in text(desk)

    def test_an_agreed_rate_is_noted(self, desk, late):
        said = {
            "regime": "commercial", "rate_kind": "fixed", "figure": "15,5", "imputation": "principal",
            "from": "2025-01-01", "why": "contrat-cadre",
        }  # fmt: skip
        desk.post(f"{PAGE}/agree", said)
        assert str(PenaltyTerms.objects.get().figure) == "15.5000"
        assert "15,50\u00a0%" in text(desk, f"{PAGE}?open=all")

    def test_legal_values_are_listed_with_source_and_doubt_and_entered(self, company, desk):
        page = text(desk, "/settings/legal-values")
        assert "MRR_FR" in page
        assert "à vérifier" in page
        half = page.split('name="half"')[1].split('<option value="')[1].split('"')[0]
        said = {"code": "ecb_refinancing_rate", "half": half, "percent": "2,40", "source": "BCE, lu ce jour"}
        assert desk.post("/settings/legal-values", said).status_code == 302
        assert LegalRate.objects.get().author_name == company.by.name
        assert seated(company, role="sales").post("/settings/legal-values", said).status_code == 200
        assert LegalRate.objects.count() == 1


class TestARateOfOnesOwn:
    SAID = {
        "regime": "commercial", "rate_kind": "fixed", "figure": "12,5", "imputation": "principal",
        "valid_from": "2025-01-01", "why": "CGV 2025, art. 7",
    }  # fmt: skip

    def test_is_noted_for_a_company_and_holds_where_nothing_was_agreed(self, company, desk, late):
        address = "/settings/legal-values/terms"
        assert desk.post(address, {**self.SAID, "company": str(company.entity.pk)}).status_code == 302
        terms = PenaltyTerms.objects.get()
        assert (terms.entity, terms.customer, terms.figure) == (company.entity, None, Decimal("12.5"))
        assert "CGV 2025, art. 7" in text(desk, "/settings/legal-values")

    @pytest.mark.parametrize("wrong", [{"why": ""}, {"figure": ""}, {"figure": "120"}, {"rate_kind": "usury"},
                                       {"company": "999999"}, {"valid_from": "hier"}])  # fmt: skip
    def test_that_cannot_be_is_refused(self, desk, wrong):
        assert desk.post("/settings/legal-values/terms", {**self.SAID, **wrong}).status_code == 422
        assert not PenaltyTerms.objects.exists()

    def test_is_not_for_collectors(self, company):
        assert seated(company, role="collector").post("/settings/legal-values/terms", self.SAID).status_code == 403


class TestInsolvency:
    def test_suspends_from_the_judgment_and_is_to_be_lifted_when_the_pause_ends(self, company, desk, late):
        said = {"reason": "insolvency", "judgment": "2026-02-03", "note": "RJ Tours"}
        desk.post("/customers/C001/pauses", said)
        assert Suspension.objects.get().first_date == date(2026, 2, 3)
        pause = Pause.objects.get()
        answer = desk.post(f"/customers/C001/pauses/{pause.pk}/end")
        assert answer.url == "/customers/C001/penalties#suspensions"
        assert "restent suspendues" in text(desk, "/customers/C001/penalties")


class TestPaper:
    def test_the_annex_prints_every_segment_with_article_and_source(self, desk, late):
        page = text(desk, f"{PAGE}/annex?until=2026-06-30")
        for words in ("2025 S1", "2025 S2", "C. com. L441-10 II", "MRR_FR", "D441-5", "Annexe"):
            assert words in page

    def test_a_note_prints_what_was_decided(self, desk, late):
        desk.post(f"{PAGE}/decide", form(late))
        note = PenaltyNote.objects.get()
        page = text(desk, f"{PAGE}/notes/{note.pk}")
        assert note.number in page
        assert "2025 S2" in page
