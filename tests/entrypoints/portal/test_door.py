"""Who gets in: the person of the link, to that account alone, as long as the link lives."""

import datetime as dt

import pytest
from django.test import override_settings

from encours.access.models import AuditEntry
from encours.customers.models import Contact, Customer
from encours.entrypoints.portal import door
from encours.portal import actions as portal
from encours.portal import queries, rules
from encours.portal.models import PortalVisit
from tests import cast

pytestmark = pytest.mark.django_db


def closed(answer) -> bool:
    return answer.status_code == 404 and "n’ouvre rien" in answer.content.decode()


class TestTheLink:
    def test_opens_the_account_and_leaves_the_address_bar(self, company, open_portal):
        secret, browser = open_portal.link(company.acme), open_portal.browser()
        answer = browser.get(f"/portal/{secret}")
        assert answer["Location"] == open_portal.handle(company.acme)
        assert "no-store" in answer["Cache-Control"]
        assert answer["Referrer-Policy"] == "no-referrer"
        page = browser.get(answer["Location"])
        text = page.content.decode()
        assert page.status_code == 200
        assert "FA-1" in text
        assert "FA-2" in text
        assert "FA-3" not in text
        assert secret not in text
        assert "FR76 3000 6000 0112 3456 7890 189" in text
        assert '<img src="data:image/svg+xml' in text
        assert page["X-Robots-Tag"].startswith("noindex")
        assert page["X-Frame-Options"] == "DENY"
        assert "no-store" in page["Cache-Control"]

    def test_without_it_nobody_comes_in(self, company, open_portal):
        assert closed(open_portal.browser().get(open_portal.handle(company.acme)))

    def test_opens_no_other_account(self, company, open_portal):
        browser = open_portal.browser(open_portal.link(company.acme))
        assert closed(browser.get(open_portal.handle(company.borealis)))
        assert (
            browser.get(f"{open_portal.handle(company.acme)}invoices/{open_portal.item('FA-3').pk}").status_code == 404
        )

    def test_tampered_it_is_as_if_there_were_none(self, company, open_portal):
        secret = open_portal.link(company.acme)
        other = secret.replace(f"-{company.acme.pk}-", f"-{company.borealis.pk}-", 1)
        later = rules.read(secret)[0].until + dt.timedelta(days=1)
        for wrong in (
            other,
            secret.replace(f"{rules.read(secret)[0].until:%Y%m%d}", f"{later:%Y%m%d}"),
            f"{secret[:-1]}_",
        ):
            assert closed(open_portal.browser().get(f"/portal/{wrong}"))

    def test_of_another_organisation_it_shows_that_one_alone(self, company, open_portal):
        mine = open_portal.link(company.acme)
        with cast.company("dora") as dora:
            other = mine.replace(f"{company.organisation_id}-", f"{dora.organisation_id}-", 1)
            answer = open_portal.browser().get(f"/portal/{other}")
            assert closed(answer)

    def test_dies_when_revoked_expired_closed_or_the_person_is_gone(self, company, open_portal):
        secret, handle = open_portal.link(company.acme), open_portal.handle(company.acme)
        browser = open_portal.browser(secret)
        contact = Contact.objects.filter(customer=company.acme)[0]
        given = {"organisation_id": company.organisation_id, "by": company.by}
        open_portal.policy(is_on=False)
        assert closed(browser.get(handle))
        open_portal.policy()
        assert browser.get(handle).status_code == 200
        until = rules.read(secret)[0].until
        assert queries.opened_by(secret, today=until) is not None
        assert queries.opened_by(secret, today=until + dt.timedelta(days=1)) is None
        Contact.objects.filter(pk=contact.pk).update(email="new@acme.example")
        assert closed(browser.get(handle))
        Contact.objects.filter(pk=contact.pk).update(email=contact.email)
        portal.revoke_links(
            customer_id=company.acme.pk, contact_ref=contact.pk, why="forwarded", now=dt.datetime.now(dt.UTC), **given
        )
        assert closed(browser.get(handle))
        assert closed(open_portal.browser().get(f"/portal/{secret}"))
        assert open_portal.browser(open_portal.link(company.acme)).get(handle).status_code == 200
        assert AuditEntry.objects.filter(verb="portal_links_revoked").count() == 1

    def test_tried_too_often_from_one_machine_it_waits(self, company, open_portal):
        browser = open_portal.browser()
        for _ in range(door.WRONG_MAX):
            browser.get("/portal/nothing")
        assert browser.get(f"/portal/{open_portal.link(company.acme)}").status_code == 429

    def test_is_not_given_while_the_portal_is_closed_nor_to_nobody(self, company, open_portal):
        Contact.objects.filter(customer=company.cobalt).update(email="")
        with pytest.raises(portal.NobodyToInvite):
            open_portal.link(company.cobalt)
        open_portal.policy(is_on=False)
        with pytest.raises(portal.PortalClosed):
            open_portal.link(company.acme)

    def test_leads_to_the_account_that_was_kept(self, company, open_portal):
        secret = open_portal.link(company.acme)
        Customer.objects.filter(pk=company.acme.pk).update(merged_into=company.borealis)
        page = open_portal.browser(secret).get(open_portal.handle(company.acme)).content.decode()
        assert "Borealis" in page
        assert "FA-3" in page
        assert "FA-1" in page


class TestTheVisit:
    def test_is_noted_once_and_keeps_no_machine(self, company, open_portal):
        browser, handle = open_portal.browser(open_portal.link(company.acme)), open_portal.handle(company.acme)
        assert not PortalVisit.objects.exists()  # a mail scanner follows the link and keeps no cookie
        browser.get(handle)
        browser.get(f"{handle}paid")
        visit = PortalVisit.objects.get()
        assert (visit.customer_id, len(visit.browser)) == (company.acme.pk, 16)
        assert {field.name for field in PortalVisit._meta.fields} == {
            "id", "organisation", "customer", "contact_ref", "browser", "visited_at", "recorded_at"
        }  # fmt: skip

    def test_of_a_colleague_is_not_counted_and_does_nothing(self, company, open_portal):
        browser = open_portal.browser()
        browser.force_login(company.collector)
        assert browser.get(f"/portal/{open_portal.link(company.acme)}").status_code == 302
        del browser.cookies["sessionid"]
        handle = open_portal.handle(company.acme)
        page = browser.get(handle).content.decode()
        assert "Vous voyez ce que voit Compta Acme" in page
        assert "Nous écrire" not in page
        assert not PortalVisit.objects.exists()
        answer = browser.post(f"{handle}write", {"text": "Bonjour", "key": "k"})
        assert answer.status_code == 422

    def test_is_read_in_the_language_of_the_person_or_the_one_chosen(self, company, open_portal):
        browser, handle = open_portal.browser(open_portal.link(company.acme)), open_portal.handle(company.acme)
        assert "à régler maintenant" in browser.get(handle).content.decode()
        browser.post(f"{handle}language", {"language": "en"})
        assert "to pay now" in browser.get(handle).content.decode()

    def test_ends_when_the_browser_is_told_to_forget(self, company, open_portal):
        browser, handle = open_portal.browser(open_portal.link(company.acme)), open_portal.handle(company.acme)
        assert "supprimez le message" in browser.get(f"{handle}who").content.decode()
        browser.post(f"{handle}leave")
        assert closed(browser.get(handle))


class TestThePolicy:
    @pytest.mark.parametrize(
        "address",
        ["compte.brevanne.example", "http://compte.brevanne.example", "https://a.example/b", "https://u@a.example"],
    )
    def test_wants_an_encrypted_address_and_nothing_behind(self, company, open_portal, address):
        with pytest.raises(portal.PortalAddressUnusable):
            open_portal.policy(address=address)

    def test_wants_limits_that_are_some(self, company, open_portal):
        with pytest.raises(portal.PortalLimitUnusable):
            open_portal.policy(promise_parts_max=0)

    @override_settings(BASE_ADDRESS="https://encours.example")
    def test_stands_before_the_links_of_messages(self, company, open_portal):
        links = queries.links_of(company.acme, "COMPTA@acme.example", today=open_portal.today)
        assert links["portal"].startswith("https://encours.example/portal/")
        assert (
            open_portal.browser()
            .get(links["promise"].removeprefix("https://encours.example"))["Location"]
            .endswith("/promise")
        )
        open_portal.policy(address="https://compte.brevanne.example/", may_promise=False)
        links = queries.links_of(company.acme, "compta@acme.example", today=open_portal.today)
        assert links["dispute"].startswith("https://compte.brevanne.example/portal/")
        assert "promise" not in links
        assert queries.links_of(company.acme, "stranger@acme.example", today=open_portal.today) == {}
        open_portal.policy(is_on=False)
        assert queries.links_of(company.acme, "compta@acme.example", today=open_portal.today) == {}
