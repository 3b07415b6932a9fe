"""Customers ticked on Today or on the customers list become the list of a campaign, and nobody else does."""

import re

import pytest

from encours.mailings.models import Campaign, CampaignRecipient
from encours.messaging import actions as messaging
from tests import cast
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books, Desk, seated

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(company: Company, books: Books) -> Desk:
    del books
    messaging.install_default_templates(organisation_id=company.organisation_id, by=company.by)
    return seated(company, language="en")


def said(company: Company, ticked: str) -> dict[str, object]:
    return {
        "name": "New bank details", "channel": "email", "template_key": "own_words", "entity": company.entity.pk,
        "subject": "Our account changes", "text": "Please note it.", "ticked": ticked,
    }  # fmt: skip


def ticked_in(page: str) -> str:
    found = re.search(r'name="ticked" value="([^"]*)"', page)
    assert found
    return found[1]


def test_the_bars_of_both_lists_offer_it(company: Company, desk: Desk) -> None:
    for address in ("/?who=all", "/customers"):
        assert 'value="write" formaction="/campaigns/new"' in desk.get(address).content.decode()
    collector = seated(company, role="collector", language="en")
    assert 'value="write"' not in collector.get("/customers").content.decode()
    assert collector.post("/campaigns/new", {"gesture": "write", "c": [company.acme.pk]}).status_code == 403


def test_those_ticked_are_named_kept_and_written_to(company: Company, desk: Desk) -> None:
    both = {"gesture": "write", "c": [company.acme.pk, company.borealis.pk]}
    page = desk.post("/campaigns/new", both).content.decode()
    assert "2 customers ticked on the list" in page
    assert company.acme.name in page
    assert Campaign.objects.count() == 0
    made = desk.post("/campaigns/new", said(company, ticked_in(page)))
    campaign = Campaign.objects.get()
    assert made.url == f"/campaigns/{campaign.pk}"
    assert campaign.filters == {"customer_ids": [company.acme.pk, company.borealis.pk]}
    assert "2 customers ticked" in desk.get(made.url).content.decode()
    # changed later, the list is still there
    again = desk.get(f"/campaigns/{campaign.pk}/edit").content.decode()
    assert ticked_in(again) == f"{company.acme.pk},{company.borealis.pk}"
    desk.post(f"/campaigns/{campaign.pk}/act", {"verb": "launch"})
    found = set(CampaignRecipient.objects.values_list("customer_id", flat=True))
    assert found == {company.acme.pk, company.borealis.pk}


def test_nobody_ticked_is_refused(desk: Desk) -> None:
    answer = desk.post("/campaigns/new", {"gesture": "write"}, follow=True)
    assert "Tick at least one customer." in answer.content.decode()


def test_another_tenants_customers_are_neither_named_nor_listed(company: Company, desk: Desk) -> None:
    with cast.company("dora") as dora:
        theirs, name = dora.acme.pk, "Dora only"
        type(dora.acme).objects.filter(pk=theirs).update(name=name)
    page = desk.post("/campaigns/new", {"gesture": "write", "c": [theirs, company.acme.pk]}).content.decode()
    assert name not in page
    assert "1 customer ticked on the list" in page
    desk.post("/campaigns/new", said(company, ticked_in(page)))
    desk.post(f"/campaigns/{Campaign.objects.get().pk}/act", {"verb": "launch"})
    assert set(CampaignRecipient.objects.values_list("customer_id", flat=True)) == {company.acme.pk}
