"""E-invoices read in both syntaxes and within a PDF, and brought into the books with their customer."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from encours.access.models import Entity
from encours.core.errors import EncoursError
from encours.customers.models import Customer
from encours.imports.actions.results import FileResult
from encours.imports.formats.einvoice import files
from encours.imports.formats.einvoice.model import InvoiceForbidden, InvoiceIncomplete, NoInvoice, NoInvoiceInPdf
from encours.imports.formats.opening import open_file
from encours.invoices.models import Document
from encours.ledger.models import OpenItem
from tests.cast import Company
from tests.imports import einvoices
from tests.imports.conftest import Writer

type Bring = Callable[..., FileResult]


@pytest.fixture(autouse=True)
def seller(company: Company) -> Entity:
    company.entity.siren = einvoices.SELLER
    company.entity.save(update_fields=["siren"])
    return company.entity


class TestReading:
    def test_says_the_same_of_one_invoice_in_both_syntaxes_and_in_a_pdf(self, write: Writer) -> None:
        paths = [
            write("a.xml", einvoices.cii()),
            write("b.xml", einvoices.ubl()),
            write("c.pdf", einvoices.pdf(einvoices.cii())),
            write("d.pdf", einvoices.pdf(einvoices.cii(), name="ZUGFeRD-invoice.xml")),
        ]
        opened = [open_file(path, kind=None) for path in paths]
        assert [(one.kind, one.bank) for one in opened] == [
            ("einvoice", "cii"),
            ("einvoice", "ubl"),
            ("einvoice", "pdf"),
            ("einvoice", "pdf"),
        ]
        first = opened[0].invoice
        assert first is not None
        for one in opened[1:]:
            assert one.invoice is not None
            assert replace(one.invoice, syntax="cii", seller=first.seller) == first
        assert (first.number, first.kind, first.issue_date) == ("FA-2026-0501", "invoice", date(2026, 10, 2))
        assert (first.gross, first.net, first.tax) == (Decimal("1200.00"), Decimal("1000.00"), Decimal("200.00"))
        assert (first.buyer.name, first.buyer.siren, first.buyer.city) == ("Tissages Lorieux", "732829320", "Mulhouse")
        assert (first.order_number, first.reference) == ("BC-77", "RF18539007547034")

    @pytest.mark.parametrize(
        ("code", "kind"), [("380", "invoice"), ("381", "credit_note"), ("386", "deposit"), ("384", "invoice")]
    )
    def test_tells_the_kind_by_its_type(self, write: Writer, code: str, kind: str) -> None:
        assert files.read(write("a.xml", einvoices.cii(code=code)), "cii").kind == kind

    @pytest.mark.parametrize(
        ("content", "refusal"),
        [
            ('<!DOCTYPE x [<!ENTITY a "b">]>' + einvoices.cii().split("?>", 1)[1], InvoiceForbidden),
            ('<!DOCTYPE x SYSTEM "file:///etc/passwd">' + einvoices.ubl().split("?>", 1)[1], InvoiceForbidden),
            ("<Order/>", NoInvoice),
            (einvoices.cii().replace("<ram:GrandTotalAmount>1200.00", "<ram:GrandTotalAmount>dear"), InvoiceIncomplete),
            (einvoices.ubl().replace("2026-10-02", "yesterday"), InvoiceIncomplete),
            (einvoices.cii().replace("Tissages Lorieux", ""), InvoiceIncomplete),
            (einvoices.cii()[:-40], EncoursError),
            ("", EncoursError),
        ],
    )
    def test_refuses_what_is_none_or_not_whole(self, write: Writer, content: str, refusal: type[EncoursError]) -> None:
        with pytest.raises(refusal):
            files.read(write("a.xml", content), "xml")

    def test_refuses_a_pdf_without_an_invoice(self, write: Writer) -> None:
        path = write("a.pdf", einvoices.pdf("<a/>", name="notes.txt"))
        with pytest.raises(NoInvoiceInPdf):
            files.read(path, "pdf")
        assert files.recognise(path, is_told=False) == ""

    def test_a_bomb_is_refused_before_it_expands(self, write: Writer) -> None:
        levels = "".join(f'<!ENTITY x{n} "{f"&x{n - 1};" * 10}">' for n in range(1, 10))
        bomb = f'<!DOCTYPE Invoice [<!ENTITY x0 "ha">{levels}]><Invoice>&x9;</Invoice>'
        with pytest.raises(EncoursError):
            files.read(write("a.xml", bomb), "xml")

    @pytest.mark.parametrize("form", ["cii", "ubl", "pdf"])
    def test_never_crashes(self, tmp_path: Any, form: str) -> None:
        path = tmp_path / "a"
        samples = {"cii": einvoices.cii().encode(), "ubl": einvoices.ubl().encode()}
        sample = samples.get(form) or einvoices.pdf(einvoices.cii())

        @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
        @given(st.integers(0, len(sample)), st.integers(0, 60), st.binary(max_size=8))
        def law(start: int, length: int, noise: bytes) -> None:
            path.write_bytes(sample[:start] + noise + sample[start + length :])
            with contextlib.suppress(EncoursError):
                assert files.read(path, form).number

        run: Callable[[], None] = law
        run()


class TestImporting:
    def test_brings_the_invoice_and_its_customer_once(self, write: Writer, bring_file: Bring, company: Company) -> None:
        path = write("a.pdf", einvoices.pdf(einvoices.cii()))
        file = bring_file(path)
        assert file.refusal is None, file.refusal
        assert (file.kind, file.created, file.rejected_count) == ("einvoice", 1, 0)
        customer = Customer.objects.get(siren="732829320")
        assert (customer.name, customer.city, customer.email) == (
            "Tissages Lorieux",
            "Mulhouse",
            "compta@lorieux.example",
        )
        document = Document.objects.get(number="FA-2026-0501")
        assert (document.gross_minor, document.net_minor, document.kind) == (120_000, 100_000, "invoice")
        assert (document.order_number, document.customer) == ("BC-77", customer)
        item = OpenItem.objects.get(document_number="FA-2026-0501")
        assert (item.due_date, item.open_minor, item.due_inferred) == (date(2026, 11, 1), 120_000, False)
        again = bring_file(write("b.xml", einvoices.ubl()))
        assert (again.created, again.unchanged) == (0, 1)
        assert OpenItem.objects.filter(document_number="FA-2026-0501").count() == 1
        assert Customer.objects.filter(name="Tissages Lorieux").count() == 1

    def test_finds_the_customer_by_its_identifiers(self, write: Writer, bring_file: Bring, company: Company) -> None:
        Customer.objects.filter(pk=company.acme.pk).update(siren="732829320")
        file = bring_file(write("a.xml", einvoices.ubl()))
        assert file.detail["einvoice"]["customer_number"] == "C001"
        assert not file.detail["einvoice"]["is_new_customer"]
        assert Document.objects.get(number="FA-2026-0501").customer == company.acme

    def test_makes_instalments_of_its_terms(self, write: Writer, bring_file: Bring) -> None:
        parts = (("20261101", "400.00"), ("20261201", "800.00"))
        assert bring_file(write("a.xml", einvoices.cii(parts=parts))).refusal is None
        items = OpenItem.objects.filter(document_number="FA-2026-0501").order_by("instalment_number")
        assert [(one.due_date, one.amount_minor) for one in items] == [
            (date(2026, 11, 1), 40_000),
            (date(2026, 12, 1), 80_000),
        ]

    def test_terms_without_amounts_are_due_on_their_last_day(self, write: Writer, bring_file: Bring) -> None:
        bring_file(write("a.xml", einvoices.cii(parts=(("20261012", ""), ("20261101", "")))))
        assert OpenItem.objects.get(document_number="FA-2026-0501").due_date == date(2026, 11, 1)

    def test_a_credit_note_lowers_the_debt(self, write: Writer, bring_file: Bring) -> None:
        assert bring_file(write("a.xml", einvoices.ubl(root="CreditNote", code="381"))).refusal is None
        document = Document.objects.get(number="FA-2026-0501")
        assert (document.kind, document.gross_minor, document.net_minor) == ("credit_note", -120_000, -100_000)
        assert OpenItem.objects.get(document_number="FA-2026-0501").open_minor == -120_000

    def test_what_was_paid_before_is_no_longer_open(self, write: Writer, bring_file: Bring) -> None:
        assert bring_file(write("a.xml", einvoices.cii(prepaid="200.00", payable="1000.00"))).refusal is None
        item = OpenItem.objects.get(document_number="FA-2026-0501", kind="invoice")
        assert (item.amount_minor, item.open_minor) == (120_000, 100_000)

    def test_goes_to_the_company_that_issued_it(self, write: Writer, bring_file: Bring, company: Company) -> None:
        sud = Entity.objects.create(
            organisation=company.organisation, code="02", name="Brévanne Sud", siren="404833048"
        )
        bring_file(write("a.xml", einvoices.cii(seller="404833048")))
        assert Document.objects.get(number="FA-2026-0501").entity == sud

    def test_of_another_seller_is_refused(self, write: Writer, bring_file: Bring) -> None:
        file = bring_file(write("a.xml", einvoices.cii(seller="404833048")))
        assert file.refusal is not None
        assert file.refusal.code == "seller_unknown"
        assert not Document.objects.filter(number="FA-2026-0501").exists()

    def test_a_bill_to_us_is_refused(self, write: Writer, bring_file: Bring) -> None:
        turned = einvoices.cii(seller="404833048").replace("732829320", einvoices.SELLER)
        file = bring_file(write("a.xml", turned))
        assert file.refusal is not None
        assert file.refusal.code == "bill_to_us"
