"""Doubtful debts on the desk: proposed by a collector, decided by another, seen on the customer, taken back."""

import pytest

from encours.ledger.models import OpenItem
from encours.recovery.models import BadDebt, BadDebtPolicy
from tests.entrypoints.desk.conftest import seated

NEW = "/customers/C001/recovery/doubtful"


def proposed(desk, address=NEW, **more):
    item = OpenItem.objects.get(document_number="FA-1")
    form = {"item": [item.pk], "rate": "50", "why": "sans nouvelles", "key": "one", **more}
    assert desk.post(address, form).status_code == 302
    return BadDebt.objects.latest("pk")


class TestDoubtful:
    def test_a_collector_proposes_and_a_manager_decides(self, company, books):
        collector = seated(company, role="collector")
        assert "FA-1" in collector.get(NEW).content.decode()
        one = proposed(collector)
        assert (one.number[:3], one.rate_permyriad, one.decided_as) == ("DTX", 5000, "")
        page = collector.get(f"/doubtful/{one.pk}").content.decode()
        assert "416" in page
        assert 'value="approve"' not in page
        assert collector.post(f"/doubtful/{one.pk}/decide", {"do": "approve"}).status_code == 404
        # the seat is one person's, whatever the role: here they may decide on their own
        BadDebtPolicy.objects.create(organisation=company.organisation, needs_second_person=False)
        desk = seated(company)
        assert 'value="approve"' in desk.get(f"/doubtful/{one.pk}").content.decode()
        assert desk.post(f"/doubtful/{one.pk}/decide", {"do": "approve"}).status_code == 302
        one.refresh_from_db()
        assert one.decided_as == "approved"
        for address in ("/doubtful", "/customers/C001/recovery"):
            assert one.number in desk.get(address).content.decode()
        desk.post(f"/doubtful/{one.pk}/decide", {"do": "back", "why": "erreur"})
        one.refresh_from_db()
        assert one.reversed_why == "erreur"

    def test_it_stands_in_the_story_of_the_customer(self, desk, books):
        one = proposed(desk)
        page = desk.get("/customers/C001").content.decode()
        assert f"{one.number}\u202f: Douteux" in page
        assert f"/doubtful/{one.pk}" in page

    def test_nobody_approves_what_they_proposed(self, desk, books):
        one = proposed(desk)
        assert "une autre personne" in desk.get(f"/doubtful/{one.pk}").content.decode()
        desk.post(f"/doubtful/{one.pk}/decide", {"do": "approve"})
        one.refresh_from_db()
        assert one.decided_as == ""
        desk.post(f"/doubtful/{one.pk}/decide", {"do": "refuse", "why": "payé demain"})
        one.refresh_from_db()
        assert one.decided_as == "withdrawn"

    def test_a_loss_asks_for_the_conditions_of_the_vat(self, desk, books):
        page = desk.get(f"{NEW}?kind=loss").content.decode()
        assert "CGI 272, 1" in page
        one = proposed(desk, f"{NEW}?kind=loss", loss_date=books.day(0).isoformat())
        assert (one.kind, one.recovers_tax) == ("loss", False)

    def test_who_decides_and_where_it_is_booked(self, company, books):
        cfo = seated(company, role="cfo")
        page = cfo.get("/doubtful").content.decode()
        assert "Qui décide" in page
        form = {
            "limit": "1 000,00", "doubtful_account": "416100", "impairment_account": "491", "charge_account": "6817",
            "release_account": "7817", "loss_account": "654", "tax_account": "44571",
        }  # fmt: skip
        cfo.post("/doubtful/policy", form)
        kept = BadDebtPolicy.objects.get()
        assert (kept.limit_minor, kept.needs_second_person, kept.doubtful_account) == (1_000_00, False, "416100")

    @pytest.mark.parametrize(("role", "status"), [("sales", 403), ("auditor", 403), ("collector", 200)])
    def test_who_may_propose(self, company, books, role, status):
        assert seated(company, role=role).get(NEW).status_code == status

    def test_only_the_finance_director_sets_the_limit(self, desk):
        assert desk.post("/doubtful/policy", {"limit": "1"}).status_code == 403
