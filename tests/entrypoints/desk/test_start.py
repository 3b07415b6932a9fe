"""Getting started: the first hour of an organisation that has nothing yet."""

from encours.access.models import Entity
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books, seated


class TestGettingStarted:
    def test_reads_what_is_there(self, company: Company):
        desk = seated(company, role="admin")
        empty = desk.get("/start").context["steps"]
        assert [step.is_done for step in empty[:2]] == [False, False]
        Entity.objects.filter(pk=company.entity.pk).update(
            iban="FR7630006000011234567890189", siren="552100554", street="1 rue du Port"
        )
        assert desk.get("/start").context["steps"][0].is_done

    def test_is_where_an_empty_list_leads(self, company: Company):
        assert 'href="/start"' in seated(company, role="admin").get("/").content.decode()

    def test_leaves_the_rail_once_messages_leave(self, company: Company, books: Books):
        desk = seated(company, role="admin")
        desk.post("/settings/sandbox", {"why": "tout est testé"})
        assert 'href="/start"' not in desk.get("/customers").content.decode()

    def test_is_for_those_who_bring_the_books_in(self, company: Company):
        desk = seated(company, role="collector")
        assert desk.get("/start").status_code == 403
        # nor is a collector sent to a page that refuses them
        assert "/imports" not in desk.get("/customers").content.decode()
