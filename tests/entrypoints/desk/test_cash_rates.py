"""Exchange rates at the desk: one by hand, the central bank's file, the days that lack one."""

import contextlib
from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from encours.core.errors import EncoursError
from encours.imports.formats import rates as formats
from encours.ledger.models import ExchangeRate, OpenItem
from encours.ledger.rate_queries import rate_on
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books, Desk, seated

HIST = """Date,USD,JPY,BGN,
2026-11-19,1.0876,163.2,N/A,
2026-11-18,1.08,162.95,1.9558,
1999-01-04,1.1789,133.73,N/A,
"""
ONE_DAY = "Date, USD, JPY, \n19 November 2026, 1.0876, 163.20, \n"


def file(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("eurofxref-hist.csv", text.encode())


class TestTheFileOfTheCentralBank:
    def test_is_read_rate_by_rate(self) -> None:
        found = list(formats.read(HIST))
        assert found[0] == (date(2026, 11, 19), "USD", 1_087_600)
        assert len(found) == 7

    def test_of_one_day_is_read_too(self) -> None:
        assert [one.rate_ppm for one in formats.read(ONE_DAY)] == [1_087_600, 163_200_000]

    @pytest.mark.parametrize(
        "text",
        ["", "Number,USD\n1,2", "Date,FOO\n2026-11-19,1", "Date,USD\nyesterday,1", "Date,USD\n2026-11-19,one",
         "Date,USD\n2026-11-19,-1", "Date,USD\n2026-11-19,0.0000001", "Date,EUR\n2026-11-19,1",
         "Date,USD\n2026-11-19,1e400", "Date,USD\n2026-11-19,inf"],
    )  # fmt: skip
    def test_that_is_none_is_refused(self, text: str) -> None:
        with pytest.raises(EncoursError):
            list(formats.read(text))

    @given(st.text(max_size=200))
    def test_never_crashes(self, text: str) -> None:
        with contextlib.suppress(EncoursError):
            assert all(one.rate_ppm > 0 for one in formats.read("Date,USD\n" + text))


class TestRates:
    def test_are_brought_in_by_file_once_and_from_a_day_on(self, desk: Desk):
        for _ in range(2):
            desk.post("/cash/rates/file", {"file": file(HIST), "since": "2026-01-01"})
        assert ExchangeRate.objects.count() == 5
        page = desk.get("/cash/rates").content.decode()
        assert "1,0876\u00a0USD" in page or "1,0876 USD" in page
        assert "connus" in page

    def test_are_entered_by_hand_and_the_later_note_counts(self, company: Company, desk: Desk, books: Books):
        day = books.day(-3)
        for rate in ("1,25", "1,20"):
            said = {"currency": "eur", "rate": rate, "base": "usd", "rate_date": day.isoformat(), "why": "Banque"}
            assert desk.post("/cash/rates/add", said).status_code == 302
        found = rate_on(day, organisation_id=company.organisation_id, currency="USD", base="EUR")
        assert found is not None
        assert Decimal(found.numerator) / found.denominator == Decimal(1_000_000) / Decimal("1.20")
        page = desk.get("/cash/rates?pair=EUR-USD").content.decode()
        assert "1,2500" in page

    @pytest.mark.parametrize(
        "wrong", [{"rate": "0"}, {"rate": "abc"}, {"base": "EUR"}, {"base": "XXQ"}, {"rate_date": "2999-01-01"}]
    )
    def test_that_cannot_be_are_refused(self, desk: Desk, wrong: dict[str, str]):
        said = {"currency": "EUR", "rate": "1.1", "base": "USD", "rate_date": "2026-11-02", **wrong}
        assert desk.post("/cash/rates/add", said).status_code == 422
        assert not ExchangeRate.objects.exists()

    def test_of_a_file_that_is_none_are_refused_whole(self, desk: Desk):
        answer = desk.post("/cash/rates/file", {"file": file(HIST + "2026-11-17,wrong,1"), "since": "2026-01-01"})
        assert answer.status_code == 422
        assert "illisible" in answer.content.decode()
        assert not ExchangeRate.objects.exists()

    def test_that_lack_are_named(self, company: Company, desk: Desk, books: Books):
        assert "chaque poste ouvert" in desk.get("/cash/rates").content.decode()
        company.entity.currency = "USD"
        company.entity.save(update_fields=["currency"])
        assert "EUR → USD" in desk.get("/cash/rates").content.decode()
        for day in set(OpenItem.objects.exclude(open_minor=0).values_list("item_date", flat=True)):
            said = {"currency": "EUR", "rate": "1.1", "base": "USD", "rate_date": day.isoformat()}
            assert desk.post("/cash/rates/add", said).status_code == 302
        assert "chaque poste ouvert" in desk.get("/cash/rates").content.decode()

    def test_are_for_those_who_keep_the_whole_books(self, company: Company, books: Books):
        collector = seated(company, role="collector")
        assert collector.get("/cash/rates").status_code == 200
        assert collector.post("/cash/rates/add", {}).status_code == 403
