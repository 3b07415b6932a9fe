"""A search finds names as people type them, and nothing of another tenant."""

import pytest
from django.db import connection

from encours.access import context
from encours.access.rules import Scope
from encours.customers import queries as customers
from encours.customers.models import Customer
from tests import cast
from tests.cast import Company


def found(text: str, *, company: Company) -> list[str]:
    scope = Scope(company.organisation_id, company.collector.pk, "cfo")
    return [one.name for one in customers.search(text, scope=scope, limit=10)]


@pytest.mark.parametrize("text", ["valmorin", "ETE", "Été", "C004", "ete de", " Valmorin "])
def test_ignores_accents_and_case_and_finds_parts_and_numbers(company: Company, text: str) -> None:
    Customer.objects.create(organisation=company.organisation, number="C004", name="L’Été de Valmorin")
    assert found(text, company=company) == ["L’Été de Valmorin"]


@pytest.mark.parametrize("text", ["%", "_", "a%e", "val_morin", "\\"])
def test_takes_what_is_typed_as_it_stands(company: Company, text: str) -> None:
    assert found(text, company=company) == []


def test_a_renamed_customer_is_found_by_the_new_name(company: Company) -> None:
    Customer.objects.filter(pk=company.acme.pk).update(name="Hélios")
    assert (found("acme", company=company), found("helios", company=company)) == ([], ["Hélios"])


def test_sees_nothing_of_another_tenant(company: Company) -> None:
    with cast.company("dora") as dora:
        Customer.objects.create(organisation=dora.organisation, number="D9", name="Secret")
        assert found("secret", company=dora) == ["Secret"]
    assert context.bound_organisation() == company.organisation_id
    assert found("secret", company=company) == []
    assert found("secret", company=dora) == [], "asked in another's name, the database still shows ours alone"
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from customers_customer where name_folded like '%secret%'")
        assert cursor.fetchone() == (0,)
