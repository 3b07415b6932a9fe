"""Plain statements give what the ORM gives, and are planned once a connection."""

import datetime as dt

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection, transaction
from django.utils import timezone

from encours.access.models import Membership, Organisation, User
from encours.access.session_actions import People, SessionStore
from encours.collections.models import RankingPolicy
from encours.core import statements
from encours.credit.models import CreditLimit
from encours.customers.models import Customer
from encours.recovery.models import BadDebtPolicy
from tests.cast import Company

pytestmark = pytest.mark.django_db
MODELS = (User, Membership, Organisation, Customer, BadDebtPolicy, RankingPolicy, CreditLimit)


class TestRows:
    def test_become_the_models_that_the_orm_makes(self, company: Company) -> None:
        organisation_id = company.organisation.pk
        customer = Customer.objects.create(
            organisation_id=organisation_id, number="C1", name="Brevanne", write_from=dt.time(8, 30)
        )
        BadDebtPolicy.objects.create(organisation_id=organisation_id, limit_minor=500_00)
        RankingPolicy.objects.create(organisation_id=organisation_id, weights={"amount": 50}, author_name="A")
        CreditLimit.objects.create(
            organisation_id=organisation_id,
            customer_id=customer.pk,
            amount_minor=1_00,
            currency="EUR",
            from_date=dt.date(2026, 1, 1),
            source="desk",
            author_name="A",
        )
        for model in MODELS:
            asked = model._default_manager.order_by("pk")
            by_hand = [
                statements.made(model, row)
                for row in statements.rows(
                    f"select {statements.columns(model)} from {model._meta.db_table} order by id", []
                )
            ]
            names = [field.attname for field in model._meta.concrete_fields]
            assert asked, model
            assert [[getattr(one, name) for name in names] for one in by_hand] == [
                [getattr(one, name) for name in names] for one in asked
            ]

    def test_are_asked_by_the_same_plan_again_also_after_a_transaction_failed(self, company: Company) -> None:
        asked = "select name from access_organisation where id = %s and name <> %s"
        for _ in range(2):
            with transaction.atomic():
                assert statements.rows(asked, [company.organisation.pk, ""]) == [(company.organisation.name,)]
                transaction.set_rollback(True)
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from pg_prepared_statements where statement like %s", ["%name <> $2"])
            assert cursor.fetchone() == (1,)

    def test_the_orm_s_own_questions_are_not_kept(self, company: Company) -> None:
        statements.rows("select 1", [])
        list(Organisation.objects.filter(name="never prepared"))
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from pg_prepared_statements where statement like %s", ["%never prepared%"])
            assert cursor.fetchone() == (0,)


class TestSessions:
    def test_hold_what_was_put_into_them_until_they_end(self) -> None:
        session = SessionStore()
        session["a"] = {"é": [1, 2]}
        session.create()
        again = SessionStore(session.session_key)
        again["b"] = 1
        again.save()
        assert dict(SessionStore(session.session_key).items()) == {"a": {"é": [1, 2]}, "b": 1}
        again.set_expiry(timezone.now() - dt.timedelta(seconds=1))
        again.save()
        ended = SessionStore(session.session_key)
        assert (dict(ended.items()), ended.session_key) == ({}, None)

    def test_that_were_ended_meanwhile_do_not_come_back(self) -> None:
        session = SessionStore()
        session.create()
        again = SessionStore(session.session_key)
        again["b"] = 1
        session.flush()
        with pytest.raises(UpdateError):
            again.save()

    def test_of_people_shut_out_are_nobody_s(self, company: Company) -> None:
        person = company.collector
        assert People().get_user(person.pk) == person
        User.objects.filter(pk=person.pk).update(is_active=False)
        assert People().get_user(person.pk) is None
        assert People().get_user(0) is None
