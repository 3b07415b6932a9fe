"""Tenants, companies, people and rights: what is written, what is refused, what the audit trail says."""

import pytest

from encours.access import actions as access
from encours.access import context, queries
from encours.access.models import AuditEntry, Membership, User
from encours.core.actors import Actor
from encours.core.ids import IdentifierWrong
from encours.core.terms import TermsUnreadable
from tests import cast

BY = Actor.system("test")
pytestmark = pytest.mark.django_db


def verbs(organisation_id: int) -> list[str]:
    return [entry.verb for entry in reversed(queries.audit_page(organisation_id))]


class TestOrganisation:
    def test_begins_in_the_sandbox_under_a_name_of_its_own(self) -> None:
        first = access.create_organisation(by=BY, name="Brévanne Énergie")
        second = access.create_organisation(by=BY, name="Brévanne Énergie")
        assert (first.slug, second.slug) == ("brevanne-energie", "brevanne-energie-2")
        assert first.sandbox
        with context.bound(first.pk):
            assert verbs(first.pk) == ["create_organisation"]

    def test_leaves_the_sandbox_with_a_reason_on_record(self, company: cast.Company) -> None:
        access.set_sandbox(by=BY, organisation_id=company.organisation_id, sandbox=False, why="checked with Nadia")
        access.set_sandbox(by=BY, organisation_id=company.organisation_id, sandbox=False, why="twice")
        [entry] = queries.audit_page(company.organisation_id)
        assert (entry.verb, entry.why) == ("leave_sandbox", "checked with Nadia")
        access.update_organisation(by=BY, organisation_id=company.organisation_id, name="Brévanne Groupe")
        assert verbs(company.organisation_id) == ["leave_sandbox", "update_organisation"]


class TestEntity:
    def test_keeps_identifiers_in_their_normal_form(self, company: cast.Company) -> None:
        entity = access.create_entity(
            by=BY,
            organisation_id=company.organisation_id,
            code="02",
            name="Brévanne Est",
            details={
                "siren": "732 829 320",
                "iban": "FR76 3000 6000 0112 3456 7890 189",
                "default_terms": "45 jours fin de mois",
                "holiday_region": "alsace-moselle",
            },
        )
        assert (entity.siren, entity.default_terms) == ("732829320", "45EOM")
        assert entity.iban == "FR7630006000011234567890189"

    @pytest.mark.parametrize(
        ("details", "error"),
        [
            ({"siren": "732829321"}, IdentifierWrong),
            ({"iban": "FR76"}, IdentifierWrong),
            ({"default_terms": "soon"}, TermsUnreadable),
            ({"organisation_id": 2}, access.FieldNotEditable),
        ],
    )
    def test_refuses_what_cannot_be_right(
        self, company: cast.Company, details: dict[str, object], error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            access.create_entity(by=BY, organisation_id=company.organisation_id, code="02", name="Est", details=details)

    def test_refuses_a_code_twice(self, company: cast.Company) -> None:
        with pytest.raises(access.EntityCodeTaken):
            access.create_entity(by=BY, organisation_id=company.organisation_id, code="01", name="Again")

    def test_a_change_of_bank_details_has_its_own_verb(self, company: cast.Company) -> None:
        access.update_entity(
            by=BY,
            organisation_id=company.organisation_id,
            entity_id=company.entity.pk,
            changes={"iban": "FR7630006000011234567890189"},
            why="new bank",
        )
        access.update_entity(
            by=BY, organisation_id=company.organisation_id, entity_id=company.entity.pk, changes={"city": "Lyon"}
        )
        assert verbs(company.organisation_id) == ["change_bank_details", "update_entity"]
        [latest, first] = queries.audit_page(company.organisation_id)
        assert latest.details == {"changed": {"city": ["", "Lyon"]}}
        assert first.why == "new bank"

    def test_currency_and_code_stay(self, company: cast.Company) -> None:
        for field in ("currency", "code"):
            with pytest.raises(access.FieldNotEditable):
                access.update_entity(
                    by=BY,
                    organisation_id=company.organisation_id,
                    entity_id=company.entity.pk,
                    changes={field: "USD"},
                )


class TestPeople:
    def invite(self, company: cast.Company, email: str = "paul@brevanne.example", role: str = "admin") -> Membership:
        return access.invite_user(by=BY, organisation_id=company.organisation_id, email=email, role=role)

    def test_an_invited_person_has_a_role_and_no_password_yet(self, company: cast.Company) -> None:
        membership = self.invite(company)
        assert membership.role == "admin"
        assert not membership.user.has_usable_password()
        assert verbs(company.organisation_id) == ["add_member"]

    def test_one_person_has_one_account_and_one_role_here(self, company: cast.Company) -> None:
        self.invite(company)
        with pytest.raises(access.MemberAlready):
            self.invite(company, email="PAUL@brevanne.example")
        assert User.objects.filter(email__iexact="paul@brevanne.example").count() == 1

    def test_who_left_may_come_back(self, company: cast.Company) -> None:
        self.invite(company)
        second = self.invite(company, email="lea@brevanne.example")
        access.deactivate(by=BY, organisation_id=company.organisation_id, membership_id=second.pk, why="left")
        assert queries.membership_of(second.user_id, organisation_id=None) is None
        again = self.invite(company, email="lea@brevanne.example", role="sales")
        assert (again.pk, again.is_active, again.role) == (second.pk, True, "sales")

    def test_the_last_administrator_stays(self, company: cast.Company) -> None:
        only = self.invite(company)
        with pytest.raises(access.LastAdministrator):
            access.deactivate(by=BY, organisation_id=company.organisation_id, membership_id=only.pk)
        with pytest.raises(access.LastAdministrator):
            access.change_role(by=BY, organisation_id=company.organisation_id, membership_id=only.pk, role="auditor")
        self.invite(company, email="lea@brevanne.example")
        access.change_role(by=BY, organisation_id=company.organisation_id, membership_id=only.pk, role="auditor")

    def test_rows_are_limited_to_companies_of_this_organisation(self, company: cast.Company) -> None:
        member = self.invite(company)
        for _ in range(2):
            access.change_role(
                by=BY,
                organisation_id=company.organisation_id,
                membership_id=member.pk,
                role="admin",
                entity_ids=[company.entity.pk],
            )
        assert verbs(company.organisation_id) == ["add_member", "change_role"]
        with pytest.raises(access.EntityUnknown):
            access.change_role(
                by=BY,
                organisation_id=company.organisation_id,
                membership_id=member.pk,
                role="admin",
                entity_ids=[company.entity.pk + 1],
            )

    def test_unknown_roles_and_addresses_are_refused(self, company: cast.Company) -> None:
        with pytest.raises(access.RoleUnknown):
            self.invite(company, role="king")
        with pytest.raises(IdentifierWrong):
            self.invite(company, email="paul")

    def test_a_password_is_set_for_members_only_and_never_shows(self, company: cast.Company) -> None:
        user = access.set_password(
            by=BY, organisation_id=company.organisation_id, user_id=company.collector.pk, password="gruyere-nuage-42"
        )
        assert user.check_password("gruyere-nuage-42")
        [entry] = queries.audit_page(company.organisation_id)
        assert "gruyere" not in str(entry.details)
        with pytest.raises(access.PasswordWeak):
            access.set_password(
                by=BY, organisation_id=company.organisation_id, user_id=company.collector.pk, password="password"
            )
        stranger = User.objects.create(email="dora@dora.example")
        with pytest.raises(access.MemberUnknown):
            access.set_password(
                by=BY, organisation_id=company.organisation_id, user_id=stranger.pk, password="gruyere-nuage-42"
            )

    def test_a_profile_changes_without_touching_rights(self, company: cast.Company) -> None:
        user = access.update_profile(
            by=BY, organisation_id=company.organisation_id, user_id=company.collector.pk, changes={"theme": "dark"}
        )
        assert user.theme == "dark"
        with pytest.raises(access.FieldNotEditable):
            access.update_profile(
                by=BY,
                organisation_id=company.organisation_id,
                user_id=company.collector.pk,
                changes={"is_superuser": "1"},
            )


def test_an_audit_entry_needs_the_transaction_of_its_change(committed_company: cast.Company) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        access.record_audit(
            by=BY, organisation_id=committed_company.organisation_id, verb="x", subject_kind="organisation"
        )
    assert not AuditEntry.objects.exists()
