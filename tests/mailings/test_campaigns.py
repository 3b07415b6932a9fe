"""A campaign writes to each customer of its list once, and says why it left the others out."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import DatabaseError, transaction

from encours.access.models import AuditEntry, Organisation
from encours.access.rules import Scope
from encours.analytics import actions as analytics
from encours.collections import actions as collections
from encours.collections.models import SendingPolicy
from encours.collections.queries import facts
from encours.customers.models import Contact, Customer
from encours.mailings import actions as mailings
from encours.mailings.actions.campaigns import CampaignMoved, CampaignWordless, NobodyListed
from encours.mailings.models import Campaign, CampaignRecipient
from encours.mailings.queries import campaigns as queries
from encours.messaging import actions as messaging
from encours.messaging.models import Message
from encours.messaging.rules.channels import ChannelUnfit
from tests import cast
from tests.books import Books

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
TEXT = {"subject": "Nos nouvelles coordonnées bancaires", "text": "Notre compte change.\nRien d'autre ne change."}


@pytest.fixture
def seller(company):
    messaging.install_default_templates(organisation_id=company.organisation_id, by=company.by)
    Organisation.objects.filter(pk=company.organisation_id).update(sandbox=False)
    return company


def scope_of(company):
    return Scope(company.organisation_id, None, "admin")


def draft(company, **more):
    values = {"name": "IBAN", "channel": "email", "template_key": "own_words", "entity_id": company.entity.pk, **TEXT}
    form = mailings.CampaignForm(**{**values, **more})
    return mailings.save_campaign(organisation_id=company.organisation_id, form=form, by=company.by)


def ask(company, campaign, **more):
    return {
        "organisation_id": company.organisation_id, "campaign_id": campaign.pk, "today": TODAY, "now": NOW,
        "by": company.by, **more,
    }  # fmt: skip


def launch(company, campaign):
    analytics.refresh_standings(organisation_id=company.organisation_id, today=TODAY)
    return mailings.launch(**ask(company, campaign, scope=scope_of(company)))


def sent(company, campaign, **more):
    """Send until nothing is left to do now."""
    while mailings.send_batch(**ask(company, campaign, **more)):
        pass
    return dict(CampaignRecipient.objects.filter(campaign=campaign).values_list("customer__name", "state"))


def reasons(campaign, name):
    row = CampaignRecipient.objects.get(campaign=campaign, customer__name=name)
    return [check["code"] for check in row.reasons]


class TestACampaign:
    def test_writes_to_each_customer_once_in_their_own_words(self, seller):
        campaign = draft(seller)
        assert launch(seller, campaign) == 3
        assert sent(seller, campaign) == dict.fromkeys(("Acme", "Borealis", "Cobalt"), "queued")
        assert Message.objects.filter(kind="campaign").count() == 3
        assert sent(seller, campaign) == dict.fromkeys(("Acme", "Borealis", "Cobalt"), "queued")
        assert Message.objects.filter(kind="campaign").count() == 3
        assert Campaign.objects.get().state == "done"
        message = Message.objects.get(customer=seller.acme)
        assert message.context["own"]["subject"] == TEXT["subject"]
        assert len(message.context["own_paragraphs"]) == 2
        verbs = AuditEntry.objects.values_list("verb", flat=True)
        assert {"campaign_saved", "campaign_launched", "campaign_done"} <= set(verbs)

    def test_leaves_out_whom_the_checks_stop_and_says_why(self, seller):
        Contact.objects.filter(customer=seller.borealis).update(opted_out_at=NOW)
        collections.pause(
            organisation_id=seller.organisation_id, customer_id=seller.cobalt.pk, reason="insolvency", today=TODAY,
            by=seller.by,
        )  # fmt: skip
        campaign = draft(seller)
        launch(seller, campaign)
        assert sent(seller, campaign) == {"Acme": "queued", "Borealis": "excluded", "Cobalt": "excluded"}
        assert reasons(campaign, "Borealis") == ["recipient"]
        assert reasons(campaign, "Cobalt") == ["insolvency"]

    def test_puts_off_whom_somebody_has_just_written_to_and_writes_days_later(self, seller):
        first, second = draft(seller, name="First"), draft(seller, name="Second")
        launch(seller, first)
        sent(seller, first)
        launch(seller, second)
        assert set(sent(seller, second).values()) == {"waiting"}
        assert reasons(second, "Acme") == ["contact_delay"]
        later = TODAY + timedelta(days=3)
        assert set(sent(seller, second, today=later, now=NOW + timedelta(days=3)).values()) == {"queued"}

    def test_of_one_day_and_a_reminder_of_the_next_are_one_contact_too_many(self, seller):
        campaign = draft(seller)
        launch(seller, campaign)
        sent(seller, campaign)
        book = facts.book_of(seller.organisation_id, today=TODAY, now=NOW + timedelta(minutes=1))
        [acme] = facts.customers(book, ids=[seller.acme.pk], with_idle=True)
        assert acme.contact_dates == (TODAY,)

    def test_by_sms_goes_to_those_with_a_mobile(self, seller):
        Contact.objects.filter(customer=seller.acme).update(phone="06 39 98 12 34")
        Contact.objects.filter(customer=seller.borealis).update(phone="06 39 98 12 35", opted_out_channels=["sms"])
        campaign = draft(seller, channel="sms", template_key="sms_own_words", subject="")
        launch(seller, campaign)
        assert sent(seller, campaign) == {"Acme": "queued", "Borealis": "excluded", "Cobalt": "excluded"}
        assert Message.objects.get(kind="campaign").to[0]["phone"] == "+33639981234"

    @pytest.mark.parametrize(
        ("channel", "clock", "leaves"),
        [  # decided at 10:00 in Paris, a Monday
            ("email", {"timezone": "America/Montreal"}, datetime(2026, 11, 23, 14, tzinfo=UTC)),
            ("sms", {"timezone": "Pacific/Noumea"}, datetime(2026, 11, 23, 22, tzinfo=UTC)),
            ("sms", {"write_from": time(14)}, datetime(2026, 11, 23, 13, tzinfo=UTC)),
            ("email", {}, NOW),
        ],
    )
    def test_leaves_by_the_clock_of_the_customer(self, seller, channel, clock, leaves):
        Customer.objects.filter(pk=seller.acme.pk).update(**clock)
        Contact.objects.filter(customer=seller.acme).update(phone="06 39 98 12 34")
        words = {"template_key": "sms_own_words", "subject": ""} if channel == "sms" else {}
        campaign = draft(seller, channel=channel, **words)
        launch(seller, campaign)
        sent(seller, campaign)
        assert Message.objects.get(customer=seller.acme).send_after == leaves

    def test_by_letter_goes_to_those_with_a_postal_address(self, seller):
        Customer.objects.filter(pk=seller.acme.pk).update(street="1 rue A", postcode="59000", city="Lille")
        campaign = draft(seller, channel="letter", template_key="letter_own_words")
        launch(seller, campaign)
        assert sent(seller, campaign)["Acme"] == "queued"
        assert sent(seller, campaign)["Borealis"] == "excluded"
        assert Message.objects.get(kind="campaign").to[0]["lines"][-1] == "59000 LILLE"

    def test_that_asks_for_money_is_for_those_who_owe_some(self, seller):
        late = TODAY - timedelta(days=20)
        Books(seller).invoice(seller.acme, 120_000, issued=late - timedelta(days=30), due=late, number="F-1")
        SendingPolicy.objects.create(organisation=seller.organisation, bank_known_date=TODAY)
        campaign = draft(seller, template_key="reminder_1", subject="", text="")
        launch(seller, campaign)
        assert sent(seller, campaign) == {"Acme": "queued", "Borealis": "excluded", "Cobalt": "excluded"}
        assert "nothing_open" in reasons(campaign, "Borealis")

    def test_keeps_to_its_filters(self, seller):
        campaign = draft(seller, filters={"text": "acme"})
        assert launch(seller, campaign) == 1
        with pytest.raises(NobodyListed):
            launch(seller, draft(seller, name="Nobody", filters={"text": "zzz"}))

    def test_is_launched_once_and_not_changed_after(self, seller):
        campaign = draft(seller)
        launch(seller, campaign)
        with pytest.raises(CampaignMoved):
            launch(seller, campaign)
        form = mailings.CampaignForm("New", "email", "own_words", seller.entity.pk, **TEXT)
        with pytest.raises(CampaignMoved):
            mailings.save_campaign(
                organisation_id=seller.organisation_id, form=form, by=seller.by, campaign_id=campaign.pk
            )

    def test_stops_where_it_is(self, seller):
        campaign = draft(seller)
        launch(seller, campaign)
        mailings.send_batch(**ask(seller, campaign, limit=1))
        mailings.stop(
            organisation_id=seller.organisation_id, campaign_id=campaign.pk, why="wrong words", now=NOW, by=seller.by
        )
        assert mailings.send_batch(**ask(seller, campaign)) == 0
        assert Message.objects.filter(kind="campaign").count() == 1

    def test_refuses_no_words_and_a_text_of_another_channel(self, seller):
        with pytest.raises(CampaignWordless):
            draft(seller, text=" ")
        with pytest.raises(ChannelUnfit):
            draft(seller, channel="sms")

    def test_decided_for_a_customer_stays_decided(self, seller):
        campaign = draft(seller)
        launch(seller, campaign)
        sent(seller, campaign)
        with pytest.raises(DatabaseError, match="decided"), transaction.atomic():
            CampaignRecipient.objects.update(state="waiting")

    def test_is_not_seen_by_another_organisation(self, seller):
        campaign = draft(seller)
        launch(seller, campaign)
        with cast.company("dora") as dora:
            assert not Campaign.objects.exists()
            assert not CampaignRecipient.objects.exists()
            with pytest.raises(queries.CampaignUnknown):
                queries.campaign(campaign.pk, scope=scope_of(dora))


class TestAPreview:
    def test_counts_samples_and_reasons_without_writing(self, seller):
        Contact.objects.filter(customer=seller.borealis).update(opted_out_at=NOW)
        analytics.refresh_standings(organisation_id=seller.organisation_id, today=TODAY)
        seen = queries.preview(draft(seller), scope=scope_of(seller), today=TODAY, now=NOW)
        assert (seen.count, seen.sent, seen.put_off, seen.reasons) == (3, 2, 0, [("recipient", 1)])
        customer, letter, problem = seen.samples[0]
        assert (customer.name, letter.subject, problem) == ("Acme", TEXT["subject"], "")
        assert [one.name for one, _ in seen.excluded] == ["Borealis"]
        assert not Message.objects.exists()
        assert not CampaignRecipient.objects.exists()
