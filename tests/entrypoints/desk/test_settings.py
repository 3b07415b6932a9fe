"""Settings: who may change what, what is refused, and what the audit trail keeps."""

import pytest

from encours.access.models import AuditEntry, Entity, Membership, Organisation
from encours.collections.models import SendingPolicy
from encours.customers.models import Segment
from encours.messaging.models import MailAccount
from tests.cast import Company
from tests.entrypoints.desk.conftest import Desk, seated


@pytest.fixture
def desk(company: Company) -> Desk:
    return seated(company, role="admin")


class TestTheSandbox:
    def test_opens_with_a_reason_that_stays(self, company: Company, desk: Desk):
        desk.post("/settings/sandbox", {"why": "tout est testé"})
        assert not Organisation.objects.get(pk=company.organisation_id).sandbox
        assert AuditEntry.objects.get(verb="leave_sandbox").why == "tout est testé"

    def test_asks_for_the_reason(self, company: Company, desk: Desk):
        assert desk.post("/settings/sandbox", {"why": ""}).status_code == 422
        assert Organisation.objects.get(pk=company.organisation_id).sandbox

    def test_is_for_administrators(self, company: Company):
        assert seated(company, role="cfo").post("/settings/sandbox", {"why": "x"}).status_code == 403


class TestCompanies:
    def test_refuse_an_iban_that_cannot_be_one(self, company: Company, desk: Desk):
        said = {"form": "bank", "iban": "FR7630006000011234567890188", "why": "nouvelle banque"}
        answer = desk.post(f"/settings/companies/{company.entity.pk}", said)
        assert answer.status_code == 422
        assert Entity.objects.get(pk=company.entity.pk).iban == ""

    def test_keep_a_change_of_bank_details_in_the_trail(self, company: Company, desk: Desk):
        said = {"form": "bank", "iban": "FR76 3000 6000 0112 3456 7890 189", "why": "nouvelle banque"}
        desk.post(f"/settings/companies/{company.entity.pk}", said)
        assert AuditEntry.objects.get(verb="change_bank_details").why == "nouvelle banque"

    def test_leave_bank_details_to_few_hands(self, company: Company):
        said = {"form": "bank", "iban": "FR7630006000011234567890189", "why": "x"}
        manager = seated(company, role="credit_manager")
        assert manager.post(f"/settings/companies/{company.entity.pk}", said).status_code == 403

    def test_are_added_with_a_code_of_their_own(self, company: Company, desk: Desk):
        said = {"code": "02", "name": "Brévanne Services", "currency": "EUR", "default_terms": "30"}
        desk.post("/settings/companies/new", said)
        assert Entity.objects.filter(code="02").exists()
        assert desk.post("/settings/companies/new", said).status_code == 422


class TestUsers:
    def test_are_invited_with_a_link_to_hand_over(self, company: Company, desk: Desk):
        said = {
            "email": "hugo@brevanne.example",
            "first_name": "Hugo",
            "last_name": "L",
            "language": "fr",
            "role": "collector",
        }
        answer = desk.post("/users/new", said, follow=True)
        page = answer.content.decode()
        assert "/accounts/password/reset/key/" in page
        assert Membership.objects.get(user__email="hugo@brevanne.example").role == "collector"

    def test_lose_their_access_at_once(self, company: Company, desk: Desk):
        desk.post(
            "/users/new",
            {"email": "h@b.example", "first_name": "H", "last_name": "L", "language": "fr", "role": "sales"},
        )
        member = Membership.objects.get(user__email="h@b.example")
        desk.post(f"/users/{member.pk}/deactivate")
        assert Membership.objects.get(pk=member.pk).is_active, "nobody loses it without a reason"
        desk.post(f"/users/{member.pk}/deactivate", {"why": "Départ"})
        assert not Membership.objects.get(pk=member.pk).is_active
        assert AuditEntry.objects.get(verb="deactivate_member").why == "Départ"

    def test_change_rights_with_a_reason(self, company: Company, desk: Desk):
        said = {"email": "h@b.example", "first_name": "H", "last_name": "L", "language": "fr", "role": "sales"}
        desk.post("/users/new", said)
        member = Membership.objects.get(user__email="h@b.example")
        assert desk.post(f"/users/{member.pk}", {"role": "collector"}).status_code == 422
        desk.post(f"/users/{member.pk}", {"role": "collector", "why": "Nouveau poste"})
        assert Membership.objects.get(pk=member.pk).role == "collector"
        assert AuditEntry.objects.get(verb="change_role").why == "Nouveau poste"

    def test_choose_only_languages_and_themes_that_exist(self, company: Company, desk: Desk):
        assert desk.post("/preferences", {"theme": "fluorescent"}).status_code < 500
        assert desk.post("/preferences", {"language": "klingon-far"}).status_code < 500
        desk.post("/preferences", {"theme": "dark"})
        company.collector.refresh_from_db()
        assert (company.collector.theme, company.collector.language) == ("dark", "fr")

    def test_always_keep_one_administrator(self, company: Company, desk: Desk):
        own = Membership.objects.get(user=company.collector)
        desk.post(f"/users/{own.pk}/deactivate", {"why": "Départ"})
        assert Membership.objects.get(pk=own.pk).is_active

    def test_are_managed_by_administrators(self, company: Company):
        assert seated(company, role="credit_manager").get("/users").status_code == 403


class TestTheAuditTrail:
    def test_is_verified_on_the_page(self, company: Company, desk: Desk):
        desk.post("/settings", {"name": "Brévanne SA", "language": "fr"})
        assert "La chaîne tient" in desk.get("/audit?verify=1").content.decode()

    def test_is_filtered_by_its_address(self, company: Company, desk: Desk):
        desk.post("/settings", {"name": "Brévanne SA", "language": "fr"})
        assert "Organisation modifiée</td>" in desk.get("/audit?verb=update_organisation").content.decode()
        assert "Organisation modifiée</td>" not in desk.get("/audit?verb=set_password").content.decode()

    def test_leaves_as_a_file(self, company: Company, desk: Desk):
        desk.post("/settings", {"name": "Brévanne SA", "language": "fr"})
        assert b"update_organisation" in b"".join(desk.get("/audit?export=csv").streaming_content)


class TestTheRest:
    def test_sets_the_sending_policy(self, company: Company, desk: Desk):
        said = {
            "weekdays": ["0", "1"],
            "opens_at": "10:00",
            "closes_at": "16:00",
            "contact_delay_days": "4",
            "weekly_cap": "1",
            "bank_age_days_max": "3",
            "silent_periods": "2026-12-24 2027-01-03\n14/07/2027 15/07/2027",
        }
        desk.post("/settings/sending", said)
        policy = SendingPolicy.objects.get(organisation=company.organisation)
        assert (policy.weekdays, policy.weekly_cap) == ([0, 1], 1)
        assert policy.silent_periods == [["2026-12-24", "2027-01-03"], ["2027-07-14", "2027-07-15"]]

    def test_refuses_hours_under_which_nothing_leaves(self, company: Company, desk: Desk):
        said = {"weekdays": ["0"], "opens_at": "16:00", "closes_at": "10:00", "contact_delay_days": "4"}
        said |= {"weekly_cap": "1", "bank_age_days_max": "3"}
        assert desk.post("/settings/sending", said).status_code == 422

    def test_saves_a_mail_account_without_showing_its_password(self, company: Company, desk: Desk):
        said = {
            "owner": f"user:{company.collector.pk}",
            "from_email": "nadia@brevanne.example",
            "host": "smtp.brevanne.example",
            "port": "587",
            "security": "starttls",
            "username": "nadia",
            "password": "hidden-from-all",
        }
        desk.post("/settings/mail", said)
        account = MailAccount.objects.get()
        assert "hidden-from-all" not in account.password_encrypted
        assert "hidden-from-all" not in desk.get(f"/settings/mail?account={account.pk}").content.decode()

    def test_adds_a_segment(self, company: Company, desk: Desk):
        desk.post("/segments/new", {"name": "Export", "priority": "10", "save": ""})
        assert Segment.objects.get().name == "Export"

    @pytest.mark.parametrize(
        "address", ["/settings", "/settings/companies", "/segments", "/quality", "/settings/sending"]
    )
    def test_opens_for_a_collector(self, company: Company, address: str):
        assert seated(company, role="collector").get(address).status_code == 200

    def test_counts_what_customers_lack(self, company: Company, desk: Desk):
        page = desk.get("/quality?lacks=siren").content.decode()
        assert "Acme" in page
