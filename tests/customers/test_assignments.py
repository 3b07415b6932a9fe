"""Standing rules: who gets which customers, seen before it happens; new ones by themselves."""

import pytest

from encours.access import queries as access
from encours.access.models import AuditEntry, Membership, User
from encours.customers import assignment_actions as actions
from encours.customers import assignment_queries as queries
from encours.customers import portfolio_actions as portfolios
from encours.customers import queries as customers
from encours.customers import rules
from encours.customers.assignment_actions import RuleForm
from encours.customers.models import Customer, OwnerRole
from encours.customers.portfolio_actions import CollectorElsewhere
from encours.customers.rules import ASSIGNMENT_FIELDS, ConditionUnknown
from tests import cast
from tests.cast import Company

COLLECTOR, SUCCESS = OwnerRole.COLLECTOR, OwnerRole.SUCCESS


def person(company: Company, name: str, role: str = "customer_success") -> User:
    made = User.objects.create(email=f"{name.lower()}@brevanne.example", first_name=name, last_name="Test")
    Membership.objects.create(organisation=company.organisation, user=made, role=role)
    return made


def keep(company: Company, role: OwnerRole, user: User, rank: int, *asked: tuple[str, str, list[str]]):
    conditions = [rules.condition(*one, fields=ASSIGNMENT_FIELDS) for one in asked]
    form = RuleForm(role, user.pk, rank, conditions)
    return actions.keep_rule(form, organisation_id=company.organisation_id, rule_id=None, by=company.by)


def moves(company: Company, *, only_missing: bool) -> list[tuple[str, str, int | None, int]]:
    return [
        (one.role.value, move.number, move.before_id, move.after_id)
        for one in queries.previews(company.organisation_id, only_missing=only_missing)
        for move in one.moves
    ]


class TestRules:
    def test_the_first_that_fits_takes_a_customer_and_the_preview_changes_nothing(self, company: Company):
        clara, omar = person(company, "Clara"), person(company, "Omar", "collector")
        Customer.objects.filter(pk=company.acme.pk).update(country="BE", collector=None)
        keep(company, COLLECTOR, omar, 10, ("country", "is", ["BE"]))
        keep(company, COLLECTOR, company.collector, 20)
        keep(company, SUCCESS, clara, 10, ("name", "begins", ["Ac", "Bo"]))
        expected = [
            ("collector", "C001", None, omar.pk),
            ("success_owner", "C001", None, clara.pk),
            ("success_owner", "C002", None, clara.pk),
        ]
        assert moves(company, only_missing=True) == moves(company, only_missing=False) == expected
        assert [one.taken for one in queries.rules_of(company.organisation_id)] == [1, 2, 2]
        assert not Customer.objects.filter(success_owner__isnull=False).exists()
        changed = actions.apply_rules(organisation_id=company.organisation_id, by=company.by, only_missing=True)
        assert changed == {"collector": 1, "success_owner": 2}
        assert moves(company, only_missing=False) == []
        assert AuditEntry.objects.filter(verb="apply_assignment_rules").count() == 2

    def test_whoever_has_somebody_is_left_alone_unless_asked(self, company: Company):
        omar = person(company, "Omar", "collector")
        keep(company, COLLECTOR, omar, 10)
        assert moves(company, only_missing=True) == []
        assert len(moves(company, only_missing=False)) == 3
        actions.apply_rules(organisation_id=company.organisation_id, by=company.by, only_missing=False)
        assert set(Customer.objects.values_list("collector_id", flat=True)) == {omar.pk}

    def test_who_left_is_given_nothing_and_strangers_are_refused(self, company: Company):
        omar = person(company, "Omar", "collector")
        keep(company, COLLECTOR, omar, 10)
        Membership.objects.filter(user=omar).update(is_active=False)
        assert moves(company, only_missing=False) == []
        with pytest.raises(CollectorElsewhere):
            keep(company, COLLECTOR, omar, 10)

    def test_may_ask_for_the_segment_which_a_segment_may_not(self, company: Company):
        assert rules.condition("segment", "is", ["Key"], fields=ASSIGNMENT_FIELDS).values == ("Key",)
        with pytest.raises(ConditionUnknown):
            rules.condition("segment", "is", ["Key"])

    def test_the_other_tenant_keeps_its_customers(self, company: Company):
        with cast.company("dora") as dora:
            keep(dora, COLLECTOR, dora.collector, 10)
        assert queries.rules_of(company.organisation_id) == []
        assert moves(company, only_missing=False) == []


class TestOwners:
    def test_who_cares_for_a_customer_sees_it_and_no_other(self, company: Company):
        clara = person(company, "Clara")
        portfolios.give_customers(
            organisation_id=company.organisation_id, customer_ids=[company.borealis.pk], collector_id=clara.pk,
            role=SUCCESS, by=company.by,
        )  # fmt: skip
        scope = access.scope_of(Membership.objects.get(user=clara))
        assert [one.name for one in customers.in_scope(scope)] == ["Borealis"]
        assert customers.unowned_counts(company.organisation_id) == {
            "collector": 0, "sales_rep": 3, "success_owner": 2,
        }  # fmt: skip

    def test_a_portfolio_moves_as_the_role_it_was_held_in(self, company: Company):
        clara, dan = person(company, "Clara"), person(company, "Dan")
        Customer.objects.filter(pk=company.acme.pk).update(success_owner=clara, sales_rep=clara)
        moved = portfolios.transfer_portfolio(
            organisation_id=company.organisation_id, from_id=clara.pk, to_id=dan.pk, role=SUCCESS, by=company.by
        )
        acme = Customer.objects.get(pk=company.acme.pk)
        assert (moved, acme.success_owner_id, acme.sales_rep_id) == (1, dan.pk, clara.pk)
        assert acme.collector_id == company.collector.pk
