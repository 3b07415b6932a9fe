"""Segments on the desk: a sentence a person reads, what it takes today, and what is refused beside its line."""

from encours.customers.models import Customer, Segment
from tests.cast import Company
from tests.entrypoints.desk.conftest import Desk, seated

BELGIUM = {
    "name": "Belgique",
    "priority": "10",
    "field": ["country", ""],
    "test": ["is", "is"],
    "values": ["BE, LU", ""],
}


class TestTheEditor:
    def test_shows_the_sentence_and_the_customers_it_takes(self, company: Company, desk: Desk):
        Customer.objects.filter(pk=company.acme.pk).update(country="BE")
        page = desk.post("/segments/new", {**BELGIUM, "show": ""}).content.decode()
        assert "Pays est BE ou LU" in page
        assert "1 <small>client</small>" in page
        assert not Segment.objects.exists()

    def test_keeps_the_conditions_and_shows_them_again(self, company: Company, desk: Desk):
        Customer.objects.filter(pk=company.acme.pk).update(country="BE")
        desk.post("/segments/new", {**BELGIUM, "save": ""})
        kept = Segment.objects.get()
        assert kept.conditions == [{"field": "country", "test": "is", "values": ["BE", "LU"]}]
        assert 'value="BE, LU"' in desk.get(f"/segments/{kept.pk}").content.decode()
        assert "Pays est BE ou LU" in desk.get("/segments").content.decode()
        assert Customer.objects.get(pk=company.acme.pk).segment == kept

    def test_reads_kinds_in_the_reader_s_words(self, company: Company, desk: Desk):
        said = {"name": "P", "priority": "1", "field": "is_natural_person", "test": "is", "values": "Particulier"}
        desk.post("/segments/new", {**said, "save": ""})
        assert Segment.objects.get().conditions[0]["values"] == ["person"]

    def test_says_what_is_missing_beside_the_line(self, company: Company, desk: Desk):
        said = {"name": "P", "priority": "1", "field": "country", "test": "is", "values": " "}
        answer = desk.post("/segments/new", {**said, "save": ""})
        assert answer.status_code == 422
        assert "au moins une valeur" in answer.content.decode()

    def test_is_for_those_who_edit_scenarios(self, company: Company):
        desk = seated(company, role="collector")
        assert desk.get("/segments/new").status_code == 403
        assert desk.get("/segments").status_code == 200
