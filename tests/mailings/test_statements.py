"""A statement tells the account as of a day, the same on paper, in figures and by e-mail; each period leaves once."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader

from encours.access.models import Entity, Organisation
from encours.access.rules import Scope
from encours.customers.models import Contact, Customer, Segment
from encours.ledger.queries import AsOf
from encours.mailings import actions as mailings
from encours.mailings.actions.schedules import ScheduleNameTaken, ScheduleUnusable
from encours.mailings.models import Campaign, CampaignRecipient
from encours.mailings.queries import statements
from encours.mailings.rules import statement as rules
from encours.messaging import actions as messaging
from encours.messaging.models import Message, MessageAttachment
from tests.books import Books

TODAY = date(2026, 11, 3)
NOW = datetime(2026, 11, 3, 9, tzinfo=UTC)
END = date(2026, 10, 31)


@pytest.fixture
def seller(company):
    messaging.install_default_templates(organisation_id=company.organisation_id, by=company.by)
    Organisation.objects.filter(pk=company.organisation_id).update(sandbox=False)
    return company


@pytest.fixture
def books(seller):
    made = Books(seller)
    made.invoice(seller.acme, 120_000, issued=date(2026, 8, 1), due=date(2026, 9, 1), number="F-1")
    made.invoice(seller.acme, 30_000, issued=date(2026, 10, 20), due=date(2026, 11, 20), number="F-2")
    made.credit_note(seller.acme, 5_000, issued=date(2026, 10, 1), number="AV-1")
    made.invoice(seller.acme, 99_900, issued=date(2026, 11, 2), due=date(2026, 12, 2), number="F-NEW")
    return made


def scope_of(company):
    return Scope(company.organisation_id, None, "admin")


def statement(company, customer=None, as_of=END):
    return statements.statement_of(customer or company.acme, company.entity, as_of=AsOf(as_of), scope=scope_of(company))


class TestAStatement:
    def test_holds_what_was_open_on_its_day_and_nothing_later(self, seller, books):
        found = statement(seller)
        assert [row.number for row in found.rows] == ["F-1", "F-2", "AV-1"]
        assert found.totals == {"EUR": 145_000}
        assert statement(seller, as_of=TODAY).totals == {"EUR": 244_900}

    def test_ages_its_balance_in_columns_that_sum_to_it(self, seller, books):
        aged = statement(seller).aged["EUR"]
        assert {code: minor for code, minor in aged.items() if minor} == {
            "days_31_60": 120_000, "not_due": 30_000, "credit": -5_000,
        }  # fmt: skip
        assert sum(aged.values()) == 145_000

    def test_of_the_past_stays_what_it_was(self, seller, books):
        before = rules.as_json(statement(seller))
        books.invoice(seller.acme, 1_000, issued=TODAY, due=TODAY)
        assert rules.as_json(statement(seller)) == before

    def test_holds_the_items_of_duplicates_merged_into_the_customer(self, seller, books):
        Customer.objects.filter(pk=seller.borealis.pk).update(merged_into=seller.acme)
        books.invoice(seller.borealis, 7_000, issued=date(2026, 10, 1), due=date(2026, 10, 30), number="F-B")
        assert "F-B" in [row.number for row in statement(seller).rows]

    def test_is_of_one_company_only(self, seller, books):
        other = Entity.objects.create(organisation=seller.organisation, code="02", name="Other SAS")
        books.invoice(seller.acme, 7_000, issued=END, due=END, number="F-O", entity=other)
        assert "F-O" not in [row.number for row in statement(seller).rows]

    def test_is_printed_with_its_rows_totals_and_address(self, seller, books):
        Customer.objects.filter(pk=seller.acme.pk).update(street="1 rue A", postcode="59000", city="Lille")
        seller.acme.refresh_from_db()
        made = statements.pdf_of(statement(seller), seller.acme, seller.entity, made_on=TODAY, language="fr")
        said = PdfReader(BytesIO(made)).pages[0].extract_text().replace("\u202f", " ").replace("\xa0", " ")
        for expected in ("Relevé de compte au 31 octobre 2026", "F-1", "AV-1", "1 450,00 €", "59000 LILLE", "60 jours"):
            assert expected in said
        assert "F-NEW" not in said

    def test_of_an_empty_account_says_so_and_needs_no_address(self, seller):
        made = statements.pdf_of(
            statement(seller, seller.cobalt), seller.cobalt, seller.entity, made_on=TODAY, language="en"
        )
        assert "Nothing is owed" in PdfReader(BytesIO(made)).pages[0].extract_text()

    def test_takes_names_as_words_and_never_as_markup(self, seller, books):
        Customer.objects.filter(pk=seller.acme.pk).update(name='#read("/etc/passwd") *x*')
        seller.acme.refresh_from_db()
        made = statements.pdf_of(statement(seller), seller.acme, seller.entity, made_on=TODAY, language="fr")
        said = PdfReader(BytesIO(made)).pages[0].extract_text()
        assert '#read("/etc/passwd") *x*' in said
        assert "root:" not in said


def schedule(company, **more):
    form = mailings.ScheduleForm(**{"name": "Relevés", "entity_id": company.entity.pk, **more})
    return mailings.save_schedule(organisation_id=company.organisation_id, form=form, by=company.by)


def run(company, today=TODAY, now=NOW):
    made = mailings.run_schedules(organisation_id=company.organisation_id, today=today, now=now, by=company.by)
    for campaign in made:
        while mailings.send_batch(
            organisation_id=company.organisation_id, campaign_id=campaign.pk, today=today, now=now, by=company.by
        ):
            pass
    return made


class TestASchedule:
    def test_sends_the_statement_of_the_month_before_with_its_pdf_once(self, seller, books):
        schedule(seller)
        [campaign] = run(seller)
        assert run(seller) == []
        assert run(seller, today=date(2026, 11, 28), now=NOW + timedelta(days=25)) == []
        message = Message.objects.get(kind="statement")
        assert message.customer_id == seller.acme.pk
        [file] = MessageAttachment.objects.filter(message=message)
        assert file.name == "releve-C001-2026-10-31.pdf"
        said = PdfReader(BytesIO(bytes(file.content))).pages[0].extract_text().replace("\u202f", " ")
        assert "1 450,00" in said
        assert message.context["totals"] == [{"amount": "1450.00", "currency": "EUR"}]
        states = dict(CampaignRecipient.objects.filter(campaign=campaign).values_list("customer__name", "state"))
        assert states == {"Acme": "queued", "Borealis": "excluded", "Cobalt": "excluded"}

    def test_waits_for_its_day_and_comes_back_next_month(self, seller, books):
        schedule(seller, day_of_month=5)
        assert run(seller) == []
        assert len(run(seller, today=date(2026, 11, 5), now=NOW + timedelta(days=2))) == 1
        assert len(run(seller, today=date(2026, 12, 5), now=NOW + timedelta(days=32))) == 1
        assert Campaign.objects.count() == 2

    def test_respects_the_checks(self, seller, books):
        Contact.objects.filter(customer=seller.acme).update(opted_out_at=NOW)
        schedule(seller)
        run(seller)
        assert not Message.objects.filter(kind="statement").exists()
        row = CampaignRecipient.objects.get(customer=seller.acme)
        assert [check["code"] for check in row.reasons] == ["recipient"]

    def test_of_late_accounts_leaves_out_those_that_are_not(self, seller, books):
        books.invoice(seller.cobalt, 1_000, issued=date(2026, 10, 1), due=date(2026, 12, 1))
        schedule(seller, only_overdue=True)
        run(seller)
        assert set(Message.objects.filter(kind="statement").values_list("customer_id", flat=True)) == {seller.acme.pk}

    def test_of_a_segment_speaks_of_its_customers_only(self, seller, books):
        segment = Segment.objects.create(organisation=seller.organisation, name="Key accounts")
        Customer.objects.filter(pk=seller.cobalt.pk).update(segment=segment)
        schedule(seller, segment_id=segment.pk)
        [campaign] = run(seller)
        assert list(campaign.recipients.values_list("customer_id", flat=True)) == [seller.cobalt.pk]

    def test_that_rests_sends_nothing(self, seller, books):
        schedule(seller, is_active=False)
        assert run(seller) == []

    def test_refuses_a_day_some_months_lack_and_a_name_twice(self, seller):
        with pytest.raises(ScheduleUnusable):
            schedule(seller, day_of_month=31)
        schedule(seller)
        with pytest.raises(ScheduleNameTaken):
            schedule(seller)
