"""The portal from the desk: settings, a link to pass on, revoking, what the story tells."""

import pytest

from encours.access.models import AuditEntry
from encours.customers.models import Contact
from encours.portal import queries
from tests.entrypoints.desk.conftest import seated

pytestmark = pytest.mark.django_db


class TestTheDesk:
    def test_sets_the_policy(self, company, open_portal):
        desk = seated(company, role="admin")
        sent = {
            "is_on": "on", "address": "https://compte.brevanne.example", "link_days": 30, "elsewhere": "view",
            "may_promise": "on", "promise_days_max": 15, "promise_parts_max": 2,
        }  # fmt: skip
        assert desk.post("/settings/portal", sent).status_code == 302
        policy = queries.policy_of(company.organisation_id)
        assert (policy.link_days, policy.elsewhere, policy.may_write) == (30, "view", False)
        assert desk.post("/settings/portal", {**sent, "address": "http://compte.example"}).status_code == 422
        assert seated(company, role="collector").get("/settings/portal").status_code == 403

    def test_gives_a_link_looks_and_revokes(self, company, open_portal):
        desk = seated(company, role="collector")
        contact = Contact.objects.get(customer=company.acme)
        at = f"/customers/{company.acme.number}/portal"
        page = desk.post(f"{at}/{contact.pk}/link").content.decode()
        start = f"/portal/{company.organisation_id}-"
        secret = page[page.index(start) :].split('"')[0].removeprefix("/portal/")
        customer = open_portal.browser(secret)
        assert customer.get(open_portal.handle(company.acme)).status_code == 200
        looked = desk.post(f"{at}/{contact.pk}/look")
        assert looked["Location"].startswith("/portal/")
        assert "a consulté l’espace client" in desk.get(f"/customers/{company.acme.number}").content.decode()
        assert desk.post(f"{at}/{contact.pk}/revoke", {"why": "transmis"}).status_code == 302
        assert customer.get(open_portal.handle(company.acme)).status_code == 404
        verbs = set(AuditEntry.objects.values_list("verb", flat=True))
        assert {"portal_link_given", "portal_looked_at", "portal_links_revoked"} <= verbs

    def test_an_auditor_looks_and_gives_nothing(self, company, open_portal):
        desk = seated(company, role="auditor")
        contact = Contact.objects.get(customer=company.acme)
        at = f"/customers/{company.acme.number}/portal"
        assert desk.get(at).status_code == 200
        assert desk.post(f"{at}/{contact.pk}/look").status_code == 302
        assert desk.post(f"{at}/{contact.pk}/link").status_code == 403
        assert desk.post(f"{at}/{contact.pk}/revoke").status_code == 403
