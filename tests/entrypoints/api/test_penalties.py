"""The API tells penalties as the command does."""

from tests.books import Books
from tests.documented import documented, shape
from tests.entrypoints.api.conftest import Program


class TestPenalties:
    def test_are_told_by_item_and_segment(self, program: Program, filled: Books):
        told = program.read("penalties", as_of="2026-03-31")
        assert {one["customer_number"] for one in told["items"]} == {"C001", "C002"}
        assert set(told) == set(documented("penalties"))
        assert set(told["items"][0]) == set(documented("penalties")["items"][0])
        assert shape(told["totals"][0]) == shape(documented("penalties")["totals"][0])

    def test_are_narrowed(self, program: Program, filled: Books):
        told = program.read("penalties", as_of="2026-03-31", customer_number="C002", entity_code="01", currency="EUR")
        assert {one["customer_number"] for one in told["items"]} == {"C002"}
        assert program.get("/api/v1/penalties?customer_number=C999").status_code == 404
        assert program.get("/api/v1/penalties?entity_code=99").status_code == 404
