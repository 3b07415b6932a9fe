"""The legal half of recovery on the desk: the calendar, the notice, acts, insolvency; by who may."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from encours.access.models import Entity, Membership
from encours.customers.models import Customer
from encours.ledger.models import OpenItem
from encours.recovery.models import FormalNotice, LegalAct, LimitationRegime, Proceeding
from tests.entrypoints.desk.conftest import is_workbook, seated

PANEL = "/customers/C001/recovery"


@pytest.fixture
def told(company, books):
    """Acme and the company are known as a letter wants them."""
    Entity.objects.filter(pk=company.entity.pk).update(
        legal_form="SAS", siren="552100554", street="14 rue des Forges", postcode="44000", city="Nantes"
    )
    Customer.objects.filter(pk=company.acme.pk).update(street="1 rue du Port", postcode="44000", city="Nantes")
    return books


def notice(desk, books, **more):
    item = OpenItem.objects.get(document_number="FA-1")
    form = {"item": [item.pk], "key": "one", "pay_by": books.day(8).isoformat(), "channel": "registered_letter",
            "language": "fr", "knows": ["interest", "liquid", "replies", "due"], "send": "1", **more}  # fmt: skip
    return desk.post(f"{PANEL}/notice", form)


class TestNotice:
    def test_shows_the_text_the_file_and_asks_for_the_answer(self, desk, told):
        page = desk.get(f"{PANEL}/notice").content.decode()
        assert "C. com. R123-237" in page
        assert "1 rue du Port" in page
        assert 'value="interest" required' in page

    def test_is_sent_and_proven(self, desk, told):
        assert notice(desk, told).status_code == 302
        made = FormalNotice.objects.get()
        assert made.principal_minor == 120_000
        assert made.number in desk.get(PANEL).content.decode()
        page = desk.get(f"/notices/{made.pk}").content.decode()
        assert "FA-1" in page
        today = told.day(0).isoformat()
        desk.post(f"/notices/{made.pk}/proof", {"what": "sent", "day": today, "number": "1A 2"})
        file = SimpleUploadedFile("avis.pdf", b"%PDF-1.4")
        desk.post(f"/notices/{made.pk}/proof", {"what": "outcome", "outcome": "received", "day": today, "proof": file})
        assert desk.get(f"/notices/{made.pk}/proof/file").content == b"%PDF-1.4"
        assert "avis.pdf" in desk.get(f"/notices/{made.pk}").content.decode()

    def test_without_an_answer_nothing_leaves(self, desk, told):
        notice(desk, told, knows=[])
        assert FormalNotice.objects.count() == 0

    def test_the_annex_is_a_pdf(self, desk, told):
        assert desk.get(f"{PANEL}/annex.pdf").content.startswith(b"%PDF")

    def test_a_collector_may_not_send_it(self, company, told):
        assert notice(seated(company, role="collector"), told).status_code == 403


class TestActs:
    def test_an_act_a_regime_and_their_taking_back(self, desk, told):
        today = told.day(0).isoformat()
        desk.post(f"{PANEL}/acts", {"kind": "acknowledgement", "day": today, "certain": "on", "note": "lettre"})
        act = LegalAct.objects.get()
        assert act.is_certain
        desk.post(f"{PANEL}/regime", {"regime": "carriage", "why": "transport"})
        assert LimitationRegime.objects.get().regime == "carriage"
        assert "Transport de marchandises" in desk.get(PANEL).content.decode()
        assert "FA-1" in desk.get("/deadlines").content.decode()
        desk.post(f"{PANEL}/acts/{act.pk}/withdraw", {"why": "erreur"})
        act.refresh_from_db()
        assert act.withdrawn_why == "erreur"

    def test_who_may_not_qualify_may_note(self, company, told):
        sales = seated(company, role="sales")
        today = told.day(0).isoformat()
        assert sales.post(f"{PANEL}/acts", {"kind": "payment", "day": today}).status_code == 302
        answer = sales.post(f"{PANEL}/acts", {"kind": "summons", "day": today, "certain": "on", "note": "x"})
        assert answer.status_code == 404
        assert LegalAct.objects.count() == 1


class TestInsolvency:
    def test_stops_everything_and_prints_the_claim(self, desk, told):
        day = told.day(-3).isoformat()
        desk.post(
            f"{PANEL}/proceeding", {"kind": "liquidation", "judgment": day, "trustee": "Me Durand", "court": "TC"}
        )
        made = Proceeding.objects.get()
        page = desk.get(PANEL).content.decode()
        assert "Liquidation judiciaire" in page
        assert "Mise en demeure…" not in page
        assert "FA-1" in desk.get(f"/proceedings/{made.pk}/claim").content.decode()
        assert desk.get(f"/proceedings/{made.pk}/claim/0.pdf").content.startswith(b"%PDF")
        assert desk.get(f"/proceedings/{made.pk}/claim/7.pdf").status_code == 404
        step = f"/proceedings/{made.pk}/step"
        desk.post(step, {"what": "published", "day": told.day(-1).isoformat(), "reference": "A n° 1"})
        assert "Procédure collective : déclarer la créance" in desk.get("/deadlines").content.decode().replace(
            "\u00a0", " "
        )
        desk.post(step, {"what": "filed", "day": told.day(0).isoformat(), "amount": "1 200,00", "reference": "1A"})
        desk.post(step, {"what": "ended", "why": "clôture"})
        made.refresh_from_db()
        assert (made.claim_minor, made.ended_why) == (120_000, "clôture")
        assert is_workbook(desk.get(f"/proceedings/{made.pk}/claim/0.xlsx"))

    def test_an_auditor_records_nothing(self, company, told):
        auditor = seated(company, role="auditor")
        assert auditor.get(PANEL).status_code == 200
        given = {"kind": "liquidation", "judgment": told.day(-3).isoformat()}
        assert auditor.post(f"{PANEL}/proceeding", given).status_code == 403


class TestEvidence:
    def test_is_an_archive_for_who_may_export(self, company, desk, told, settings, tmp_path):
        settings.ENCOURS_HOME = tmp_path
        answer = desk.post(f"{PANEL}/dossier")
        assert answer.content.startswith(b"PK")
        assert "dossier-C001-" in answer.headers["Content-Disposition"]
        assert seated(company, role="customer_success").post(f"{PANEL}/dossier").status_code == 403

    def test_is_not_for_who_sees_one_company_only(self, company, told):
        one = seated(company)
        Membership.objects.filter(user=company.collector).update(entity_ids=[company.entity.pk])
        assert one.post(f"{PANEL}/dossier").status_code == 403
