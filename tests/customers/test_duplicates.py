"""Wrong identifiers, likely duplicates, and merging them: proposed, decided by a person, undone."""

import datetime as dt

import pytest
from django.db import connection

from encours.access.models import AuditEntry
from encours.access.rules import Scope
from encours.customers import queries, rules
from encours.customers.models import Contact, Customer
from encours.ledger import actions as ledger
from encours.ledger import invariants
from encours.ledger import merging_actions as merging
from encours.ledger.models import OpenItem
from encours.ledger.rules import Leg
from tests.cast import Company

JANUARY = dt.date(2026, 1, 15)


def scope(company: Company) -> Scope:
    return Scope(organisation_id=company.organisation_id, user_id=None, role="credit_manager")


def post(company: Company, customer: Customer, number: str, kind: str, amount_minor: int) -> OpenItem:
    posting = ledger.Posting(company.organisation_id, company.entity.pk, JANUARY, "test", f"test:{number}")
    item = ledger.NewItem(customer.pk, kind, number, JANUARY, JANUARY, "EUR", amount_minor)
    return ledger.post(posting, items=[item], by=company.by)[0]


def open_of(customer: Customer) -> dict[str, int]:
    items = OpenItem.objects.filter(customer=customer).exclude(open_minor=0)
    return dict(items.values_list("document_number", "open_minor"))


class TestRules:
    def test_wrong_identifiers_are_named(self) -> None:
        given = {
            "siren": "732829321",
            "vat_number": "FR44732829320",
            "iban": "FR7630006000011234567890188",
            "email": "a@b",
        }
        assert rules.faults(given) == ["siren", "iban", "email"]
        assert rules.faults({"siren": "", "email": "compta@dupre.fr"}) == []

    def test_names_are_alike_but_for_form_and_slips(self) -> None:
        assert rules.bare_name("Éts. DUPRÉ & Fils S.A.R.L.") != ""
        parties = [
            rules.Party(1, "Martin Bois SARL", "75001"),
            rules.Party(2, "MARTIN BOISS", "75001"),
            rules.Party(3, "Martin Bois", "69001"),
            rules.Party(4, "Agence 12", "75001"),
            rules.Party(5, "Agence 13", "75001"),
        ]
        assert [(one.customer_id, other.customer_id) for one, other in rules.alike_names(parties)] == [(1, 2)]


class TestQueries:
    def test_faulty_identifiers_are_counted_and_listed(self, company: Company) -> None:
        Customer.objects.filter(pk=company.acme.pk).update(siren="732829321")
        Customer.objects.filter(pk=company.cobalt.pk).update(siren="732829320", email="nobody")
        counts, found = queries.faulty_identifiers(scope(company), limit=10)
        assert (counts["siren"], counts["email"], counts["iban"]) == (1, 1, 0)
        assert [(one.customer.number, list(one.faults)) for one in found] == [("C001", ["siren"]), ("C003", ["email"])]

    def test_likely_duplicates_are_proposed(self, company: Company) -> None:
        Customer.objects.filter(pk__in=[company.acme.pk, company.cobalt.pk]).update(iban="FR7630006000011234567890189")
        assert [one.shared for one in queries.likely_duplicates(scope(company))] == ["iban"]
        Customer.objects.filter(pk=company.acme.pk).update(name="Charpentes Valmorin", postcode="73000")
        Customer.objects.filter(pk=company.cobalt.pk).update(name="Charpente Valmorin SAS", postcode="73000")
        alike = queries.alike_by_name(scope(company), limit=10)
        assert [{row.number for row in one.customers} for one in alike] == [{"C001", "C003"}]


class TestMerging:
    def test_open_items_and_contacts_come_together_and_apart_again(self, company: Company) -> None:
        invoice = post(company, company.acme, "F1", "invoice", 10_000)
        receipt = post(company, company.acme, "R1", "receipt", -4_000)
        ledger.allocate(
            ledger.Settlement(company.organisation_id, JANUARY, "a1"),
            legs=[Leg(invoice.pk, "EUR", -4_000), Leg(receipt.pk, "EUR", 4_000)],
            by=company.by,
        )
        post(company, company.cobalt, "F2", "invoice", 500)
        kept = merging.merge_customers(
            organisation_id=company.organisation_id,
            duplicate_id=company.acme.pk,
            kept_id=company.cobalt.pk,
            by=company.by,
            why="same SIREN",
        )
        assert open_of(kept) == {"F1": 6_000, "F2": 500}
        assert open_of(company.acme) == {}
        assert Contact.objects.filter(customer=kept).count() == 2
        assert AuditEntry.objects.filter(verb="merge_customers", why="same SIREN").exists()
        with pytest.raises(merging.MergedAlready):
            merging.merge_customers(
                organisation_id=company.organisation_id,
                duplicate_id=company.acme.pk,
                kept_id=company.borealis.pk,
                by=company.by,
                why="",
            )
        merging.unmerge_customers(
            organisation_id=company.organisation_id, duplicate_id=company.acme.pk, by=company.by, why="they are two"
        )
        assert open_of(company.cobalt) == {"F2": 500}
        assert open_of(company.acme) == {"F1": 6_000}
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
        assert [finding for finding in invariants.check(company.organisation_id) if not finding.is_kept] == []

    def test_a_customer_is_not_merged_into_itself(self, company: Company) -> None:
        with pytest.raises(merging.MergedIntoItself):
            merging.merge_customers(
                organisation_id=company.organisation_id,
                duplicate_id=company.acme.pk,
                kept_id=company.acme.pk,
                by=company.by,
                why="",
            )
