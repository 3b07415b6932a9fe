"""The privacy pages: a copy, an erasure, a hold, and who may."""

import io
import zipfile

from encours.customers.models import Contact
from encours.privacy.models import LegalHold, RetentionPolicy
from tests.entrypoints.desk.conftest import seated


class TestPrivacy:
    def test_a_copy_is_a_file(self, company):
        contact = Contact.objects.get(customer=company.acme)
        answer = seated(company).get(f"/customers/C001/privacy/{contact.pk}.zip")
        assert "person.json" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()

    def test_every_exchange_of_a_customer_is_a_file(self, company):
        answer = seated(company).get("/customers/C001/privacy/exchanges.zip")
        assert "index.json" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()

    def test_held_nothing_is_erased(self, company):
        contact = Contact.objects.get(customer=company.acme)
        desk = seated(company)
        desk.post("/customers/C001/privacy/hold", {"verb": "hold", "why": "Procès"})
        desk.post(f"/customers/C001/privacy/{contact.pk}/erase", {"why": "demande"})
        assert Contact.objects.filter(pk=contact.pk).exists()
        desk.post("/customers/C001/privacy/hold", {"verb": "lift"})
        desk.post(f"/customers/C001/privacy/{contact.pk}/erase", {"why": "demande"})
        assert not Contact.objects.filter(pk=contact.pk).exists()
        assert "demande" in desk.get("/settings/privacy").content.decode()

    def test_a_collector_holds_and_erases_nothing(self, company):
        contact = Contact.objects.get(customer=company.acme)
        desk = seated(company, role="collector")
        assert desk.post("/customers/C001/privacy/hold", {"verb": "hold", "why": "x"}).status_code == 403
        assert desk.post(f"/customers/C001/privacy/{contact.pk}/erase", {}).status_code == 403
        assert not LegalHold.objects.exists()

    def test_the_register_says_what_is_past_its_term_and_an_administrator_alone_lets_it_go(self, company):
        desk = seated(company, role="admin")
        page = desk.get("/settings/privacy").content.decode()
        assert "L110-4" in page
        assert desk.post("/settings/privacy/let-go", {"verb": "night", "by_night": "on"}).status_code == 302
        assert RetentionPolicy.objects.get().lets_go_by_night
        assert desk.post("/settings/privacy/let-go", {}).status_code == 302
        assert "RGPD" in desk.get("/settings/privacy/register.txt").content.decode()
        assert seated(company, role="credit_manager").post("/settings/privacy/let-go", {}).status_code == 403
