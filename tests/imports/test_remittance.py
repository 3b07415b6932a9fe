"""Remittance advices in every form they come in, kept once, and joined to their payment in either order."""

import contextlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from encours.core.errors import EncoursError
from encours.imports.actions.results import FileResult
from encours.imports.formats.opening import open_file
from encours.imports.formats.remittance import files, grid
from encours.imports.formats.remittance.model import Advice, NoAdvice, PdfUnreadable
from encours.payments import queries
from encours.payments.models import BankLine, RemittanceAdvice
from tests.cast import Company
from tests.imports.conftest import Writer
from tests.imports.test_bank import camt, counts, entry

FRENCH = """AVIS DE VIREMENT
Emetteur : ACME INDUSTRIES SAS
Avis n° : AV-2026-118
Date de paiement : 15/06/2026

N° facture      Date          Montant brut   Escompte    Retenue    Motif                  Net payé
F-2026-0412     01/05/2026    1 200,00       24,00       0,00                              1 176,00
F-2026-0413     04/05/2026    2 250,00       0,00        150,00     marchandise abîmée     2 100,00
AV-2026-007     05/05/2026    -100,00        0,00        0,00                              -100,00

Total versé                                                                                3 176,00 EUR
"""
FRENCH_LINES = [
    ("F-2026-0412", 117600, 2400, 0, ""),
    ("F-2026-0413", 210000, 0, 15000, "marchandise abîmée"),
    ("AV-2026-007", -10000, 0, 0, ""),
]
ENGLISH = """Payment advice no. 4711-A
Payer: Borealis Ltd
Payment date: 2026-06-15
Invoice INV-1001   1,000.00
Invoice INV-1002   500.00  -50.00  450.00
Deduction of 50.00 on INV-1002: damaged goods
Payment amount: GBP 1,450.00
"""
GERMAN = """Zahlungsavis Nr. 889900
Auftraggeber: Müller GmbH
Datum: 15.06.2026
Rechnungsnr.   Rechnungsbetrag  Skonto   Zahlbetrag
RE-2026-77     1.000,00         20,00    980,00
RE-2026-78     500,00           0,00     500,00
Gesamtbetrag: 1.480,00 EUR
"""
REMADV = (
    "UNA:+.? 'UNB+UNOC:3+ACME+BREVANNE+260615:1200+1'UNH+1+REMADV:D:96A:UN'BGM+481+AV-118'DTM+137:20260614:102'"
    "DTM+203:20260615:102'NAD+PR+3012345::9++ACME INDUSTRIES?+CO'CUX+2:EUR:11'DOC+380+F-2026-0412'MOA+39:1200.00'"
    "MOA+52:24.00'MOA+12:1176.00'DOC+380+F-2026-0413'MOA+39:2250.00'MOA+12:2100.00'AJT+3'MOA+165:150.00'"
    "DOC+381+AV-2026-007'MOA+12:100.00'UNS+S'MOA+12:3176.00'UNT+20+1'UNZ+1+1'"
)


def pdf(*rows: list[str]) -> bytes:
    """A page with each row's cells at columns of their own."""
    marks = "".join(
        f"BT /F1 10 Tf {50 + 130 * column} {780 - 20 * rank} Td ({cell}) Tj ET\n"
        for rank, row in enumerate(rows)
        for column, cell in enumerate(row)
    )
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        f"<</Length {len(marks)}>>stream\n{marks}endstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    text, places = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(text))
        text += f"{number} 0 obj{body}endobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    start = len(text)
    text += f"xref\n0 6\n0000000000 65535 f \n{table}trailer<</Size 6/Root 1 0 R>>\nstartxref\n{start}\n%%EOF"
    return text.encode("latin-1")


def read(text: str) -> Advice:
    return grid.read(grid.rows_of(text), text, source="email", currency="EUR")


def lines(advice: Advice) -> list[tuple[Any, ...]]:
    return [
        (one.invoice_number, one.amount_minor, one.discount_minor, one.deduction_minor, one.deduction_reason)
        for one in advice.lines
    ]


class TestTexts:
    def test_a_french_table(self) -> None:
        advice = read(FRENCH)
        assert (advice.payer_name, advice.number) == ("ACME INDUSTRIES SAS", "AV-2026-118")
        assert (advice.advice_date, advice.total_minor, advice.currency) == (date(2026, 6, 15), 317600, "EUR")
        assert lines(advice) == FRENCH_LINES

    def test_english_rows_with_a_deduction_below(self) -> None:
        advice = read(ENGLISH)
        assert (advice.payer_name, advice.number, advice.currency) == ("Borealis Ltd", "4711-A", "GBP")
        assert (advice.advice_date, advice.total_minor) == (date(2026, 6, 15), 145000)
        assert lines(advice) == [("INV-1001", 100000, 0, 0, ""), ("INV-1002", 45000, 0, 5000, "damaged goods")]

    def test_a_german_table(self) -> None:
        advice = read(GERMAN)
        assert (advice.payer_name, advice.number, advice.total_minor) == ("Müller GmbH", "889900", 148000)
        assert lines(advice) == [("RE-2026-77", 98000, 2000, 0, ""), ("RE-2026-78", 50000, 0, 0, "")]

    @pytest.mark.parametrize(
        ("text", "total", "expected"),
        [
            (
                "Nous avons réglé le 15 juin 2026 la somme de 3 450,00 € correspondant aux factures F-2026-0412 "
                "(1 200,00 €) et F-2026-0413 (2 250,00 €).",
                345000,
                [("F-2026-0412", 120000, 0, 0, ""), ("F-2026-0413", 225000, 0, 0, "")],
            ),
            (
                "Détail de notre virement d'un montant de 4 870,00 EUR :\n- facture FA-2026-4290 : 2 500,00 EUR\n"
                "- facture FA-2026-4301 : 2 500,00 EUR\n"
                "- retenue de 130,00 EUR sur FA-2026-4301 (livraison incomplète)",
                487000,
                [("FA-2026-4290", 250000, 0, 0, ""), ("FA-2026-4301", 237000, 0, 13000, "livraison incomplète")],
            ),
            (
                "Rechnung 2026-1001: 1.190,00 EUR\nRechnung 2026-1002: 595,00 EUR abzüglich 2% Skonto 11,90 EUR\n"
                "Zahlbetrag 1.773,10 EUR",
                177310,
                [("2026-1001", 119000, 0, 0, ""), ("2026-1002", 58310, 1190, 0, "")],
            ),
            (
                "We have today paid invoices 10023, 10024 and 10025 with a total of EUR 5,300.00.",
                530000,
                [("10023", None, 0, 0, ""), ("10024", None, 0, 0, ""), ("10025", None, 0, 0, "")],
            ),
            (
                "Votre facture 20260412 a été payée par virement de 980,00 € le 12/06/2026.",
                98000,
                [("20260412", 98000, 0, 0, "")],
            ),
        ],
    )
    def test_running_text(self, text: str, total: int, expected: list[tuple[Any, ...]]) -> None:
        advice = read(text)
        assert advice.total_minor == total
        assert lines(advice) == expected

    @settings(max_examples=100)
    @given(st.text(max_size=400), st.integers(0, 400))
    def test_any_text_gives_an_advice_or_nothing(self, noise: str, place: int) -> None:
        text = FRENCH[:place] + noise + FRENCH[place:]
        assert all(isinstance(one.discount_minor, int) for one in read(text).lines)


class TestFiles:
    def test_each_message_of_an_interchange(self, write: Writer) -> None:
        head, _, tail = REMADV.partition("UNH+1")
        message = "UNH+1" + tail.partition("UNZ")[0]
        other = "UNH+2+INVOIC:D:96A:UN'BGM+380+X-1'DOC+380+X-9'MOA+12:7.00'UNT+4+2'"
        second = message.replace("AV-118", "AV-119").replace("F-2026-0412", "F-2026-0999").replace("UNH+1", "UNH+3")
        path = write("many.edi", f"{head}{message}{other}{second}UNZ+3+1'")
        found = files.read(path, "edifact", currency="EUR")
        assert [(one.number, one.total_minor, len(one.lines)) for one in found] == [
            ("AV-118", 317600, 3),
            ("AV-119", 317600, 3),
        ]
        assert found[1].lines[0].invoice_number == "F-2026-0999"
        cut = write("cut.edi", f"{head}{message}{second.partition('UNS')[0]}")
        assert [one.number for one in files.read(cut, "edifact", currency="EUR")] == ["AV-118", "AV-119"]

    def test_edifact(self, write: Writer) -> None:
        path = write("a.edi", REMADV)
        assert open_file(path, kind=None).bank == "edifact"
        (advice,) = files.read(path, "edifact", currency="EUR")
        assert (advice.payer_name, advice.number, advice.total_minor) == ("ACME INDUSTRIES+CO", "AV-118", 317600)
        assert advice.advice_date == date(2026, 6, 15)
        assert lines(advice) == [
            ("F-2026-0412", 117600, 2400, 0, ""),
            ("F-2026-0413", 210000, 0, 15000, "damaged goods"),
            ("AV-2026-007", -10000, 0, 0, ""),
        ]

    def test_a_workbook_and_its_csv_say_the_same(self, tmp_path: Path) -> None:
        import xlsxwriter

        rows: list[list[Any]] = [
            ["Remittance advice"], ["Payer", "Acme Ltd"], ["Payment date", "2026-06-15"], [],
            ["Invoice number", "Gross amount", "Discount", "Deduction", "Reason", "Net paid"],
            ["F-1001", 1200.0, 24.0, 0, "", 1176.0], ["F-1002", 500.0, 0, 50.0, "late delivery", 450.0],
            ["Total", "", "", "", "", 1626.0],
        ]  # fmt: skip
        book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
        sheet = book.add_worksheet()
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)
        book.close()
        (tmp_path / "a.csv").write_text("\n".join(";".join(str(cell) for cell in row) for row in rows))
        for name in ("a.xlsx", "a.csv"):
            opened = open_file(tmp_path / name, kind=None)
            assert (opened.kind, opened.bank) == ("remittance", "sheet")
            (advice,) = files.read(tmp_path / name, "sheet", currency="EUR")
            assert (advice.payer_name, advice.advice_date, advice.total_minor) == (
                "Acme Ltd",
                date(2026, 6, 15),
                162600,
            )
            assert lines(advice) == [("F-1001", 117600, 2400, 0, ""), ("F-1002", 45000, 0, 5000, "late delivery")]

    def test_a_pdf_with_text(self, tmp_path: Path) -> None:
        path = tmp_path / "a.pdf"
        path.write_bytes(
            pdf(
                ["Avis de paiement"], ["Emetteur : Acme Industries"], ["Date de paiement : 15/06/2026"],
                ["Facture", "Montant brut", "Escompte", "Net paye"], ["F-2026-0412", "1 200,00", "24,00", "1 176,00"],
                ["F-2026-0413", "2 250,00", "0,00", "2 250,00"], ["Total paye : 3 426,00 EUR"],
            )
        )  # fmt: skip
        assert open_file(path, kind=None).kind == "remittance"
        (advice,) = files.read(path, "pdf", currency="EUR")
        assert (advice.payer_name, advice.total_minor) == ("Acme Industries", 342600)
        assert [(one.invoice_number, one.amount_minor, one.discount_minor) for one in advice.lines] == [
            ("F-2026-0412", 117600, 2400),
            ("F-2026-0413", 225000, 0),
        ]

    def test_an_email_brings_its_attachment(self, write: Writer) -> None:
        from email.message import EmailMessage

        message = EmailMessage()
        message["From"] = "Compta Acme <compta@acme.example>"
        message["Subject"] = "Avis de virement"
        message["Date"] = "Mon, 15 Jun 2026 10:00:00 +0200"
        message.set_content("Bonjour, veuillez trouver ci-joint le détail.")
        message.add_attachment(REMADV.encode(), maintype="application", subtype="edifact", filename="remadv.edi")
        path = write("a.eml", message.as_bytes())
        assert open_file(path, kind=None).bank == "email"
        (advice,) = files.read(path, "email", currency="EUR")
        assert (advice.payer_email, advice.source, len(advice.lines)) == ("compta@acme.example", "edifact", 3)

    def test_an_email_with_a_table_in_its_text(self, write: Writer) -> None:
        text = "From: Acme <compta@acme.example>\nSubject: Paiement\nContent-Type: text/html\n\n"
        rows = "".join(
            f"<tr><td>{number}</td><td>{amount}</td></tr>"
            for number, amount in (("Facture", "Montant"), ("F-1001", "1 200,00"), ("F-1002", "300,00"))
        )
        (advice,) = files.read(write("a.eml", f"{text}<p>Bonjour</p><table>{rows}</table>"), "email", currency="EUR")
        assert [(one.invoice_number, one.amount_minor) for one in advice.lines] == [
            ("F-1001", 120000),
            ("F-1002", 30000),
        ]

    def test_what_is_no_advice_is_refused(self, write: Writer) -> None:
        with pytest.raises(NoAdvice):
            files.read(write("a.eml", "From: a@b.example\nSubject: Hello\n\nNo news.\n"), "email", currency="EUR")
        with pytest.raises(PdfUnreadable):
            files.read(write("a.pdf", b"%PDF-1.4\nnothing"), "pdf", currency="EUR")

    @pytest.mark.parametrize("form", ["edifact", "email", "text", "sheet", "pdf"])
    def test_a_broken_file_gives_a_named_error(self, form: str, tmp_path: Path) -> None:
        path = tmp_path / "broken"
        samples = {"edifact": REMADV, "email": f"From: a@b.example\n\n{ENGLISH}", "text": GERMAN, "sheet": FRENCH}
        sample = samples.get(
            form, "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\ntrailer<</Root 1 0 R>>"
        ).encode()

        @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
        @given(st.integers(0, len(sample)), st.integers(0, 50), st.binary(max_size=8))
        @example(109, 4, b".")  # a word for invoice with no number behind it
        def law(start: int, length: int, noise: bytes) -> None:
            path.write_bytes(sample[:start] + noise + sample[start + length :])
            with contextlib.suppress(EncoursError):
                assert files.read(path, form, currency="EUR")[0].lines

        run: Callable[[], None] = law
        run()


class TestJoined:
    @pytest.mark.parametrize("is_advice_first", [True, False])
    def test_an_advice_and_its_payment_meet_in_either_order(
        self,
        write: Writer,
        bring_file: Callable[..., FileResult],
        company: Company,
        is_advice_first: bool,
    ) -> None:
        told = write("avis.txt", FRENCH)
        paid = write("a.xml", camt(entry("3176.00", day="2026-06-17", text="VIR AV-2026-118"), entry("50.00")))
        for path in [told, paid] if is_advice_first else [paid, told]:
            assert bring_file(path).refusal is None
        line = BankLine.objects.get(amount_minor=317600)
        advice = queries.advices_of_lines([line.pk], organisation_id=company.organisation_id)[line.pk]
        assert (advice.number, advice.total_minor) == ("AV-2026-118", 317600)
        assert [one.invoice_number for one in advice.lines] == [number for number, *_ in FRENCH_LINES]
        again = bring_file(told)
        assert counts(again)[1:4] == (0, 0, 3)
        assert RemittanceAdvice.objects.count() == 1

    def test_each_advice_of_a_file_meets_its_own_payment(
        self, write: Writer, bring_file: Callable[..., FileResult]
    ) -> None:
        head, _, tail = REMADV.partition("UNH+1")
        message = "UNH+1" + tail.partition("UNZ")[0]
        second = message.replace("AV-118", "AV-119").replace("MOA+12:1176.00", "MOA+12:1000.00")
        second = second.replace("MOA+12:3176.00", "MOA+12:3000.00").replace("UNH+1", "UNH+2")
        bring_file(write("a.xml", camt(entry("3176.00", day="2026-06-17", text="ACME AV-118"),
                                       entry("3000.00", day="2026-06-17", text="ACME AV-119"))))  # fmt: skip
        file = bring_file(write("many.edi", f"{head}{message}{second}UNZ+2+1'"))
        assert (file.rows_read, file.created) == (6, 6)
        assert [one["number"] for one in file.detail["advices"]] == ["AV-118", "AV-119"]
        tied = {advice.number: advice.bank_line.amount_minor for advice in RemittanceAdvice.objects.all()}
        assert tied == {"AV-118": 317600, "AV-119": 300000}

    def test_two_payments_of_one_amount_need_more_than_the_amount(
        self,
        write: Writer,
        bring_file: Callable[..., FileResult],
    ) -> None:
        bring_file(
            write("a.xml", camt(entry("3176.00", text="X"), entry("3176.00", text="Y", e2e="E2")).replace("ACME", "ZZ"))
        )
        bring_file(write("avis.txt", FRENCH))
        assert RemittanceAdvice.objects.get().bank_line_id is None

    def test_the_customer_is_known_by_its_address(
        self,
        write: Writer,
        bring_file: Callable[..., FileResult],
        company: Company,
    ) -> None:
        file = bring_file(write("a.eml", f"From: X <compta@acme.example>\nSubject: y\n\n{ENGLISH}"))
        assert file.detail["advice"]["payer"] == "Borealis Ltd"
        assert RemittanceAdvice.objects.get().customer_id == company.acme.pk
        assert {problem.reason for problem in file.warnings} == {"invoice_unknown"}
