"""The pure readers: what each way of writing a file means, and what is refused."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from encours.core.money import ENGLISH, FRENCH, Money
from encours.imports.formats import problems, tables
from encours.imports.formats.amounts import AmountEvidence, AmountReader, mark_shown
from encours.imports.formats.blocks import Staged
from encours.imports.formats.dates import DateEvidence, DateReader, order_shown
from encours.imports.formats.fec import FecReader, dialect_of, siren_in_name
from encours.imports.formats.headers import columns_of, guess_kind, heading
from encours.imports.formats.opening import Opened, open_file
from encours.imports.formats.text import text_encoding
from tests.imports.conftest import MONTH, Writer


def rows(opened: Opened) -> list[list[str]]:
    """All staged rows of a file, cell by cell."""
    return [line.split("\t") for part in opened.staged(currency="EUR") for line in part.text.splitlines()]


def parts(opened: Opened) -> Staged:
    """The first staged block."""
    return next(iter(opened.staged(currency="EUR")))


class TestAmounts:
    @pytest.mark.parametrize(
        ("text", "mark"),
        [("1 234,56", ","), ("1,234.56", "."), ("1'234.56", "."), ("1234.5", "."), ("12,5-", ","), ("(1.234,00)", ","),
         ("1.234", "?"), ("0,125", ","), ("1.234.567", ","), ("1,234,567", "."), ("1234.567", "."), ("12", None),
         ("", None)],
    )  # fmt: skip
    def test_a_written_amount_proves_its_decimal_mark(self, text: str, mark: str | None) -> None:
        assert mark_shown(text) == mark

    @pytest.mark.parametrize(
        ("text", "minor"),
        [("1 234,56", "123456"), ("1\u202f234,5 €", "123450"), ("-12", "-1200"), ("12,00-", "-1200"), ("(3,5)", "-350"),
         ("1.234,56", "123456"), ("EUR 7,00", "700")],
    )  # fmt: skip
    def test_french_amounts_are_read(self, text: str, minor: str) -> None:
        assert AmountReader(FRENCH).read(text, "EUR") == (minor, "")

    @pytest.mark.parametrize("text", ["abc", "1,2,3", "#REF!", "12,345", "--5", "1 2 3,00", "NaN", "1e5", "٣"])
    def test_unreadable_amounts_are_refused_and_never_zero(self, text: str) -> None:
        minor, reason = AmountReader(FRENCH).read(text, "EUR")
        assert minor == ""
        assert reason in {"amount_unreadable", "too_many_decimals"}

    @pytest.mark.parametrize("cell", ["٣,00", "١٢", "１２,３４"])
    def test_digits_of_other_scripts_are_not_read_at_once(self, cell: str) -> None:
        assert AmountReader(FRENCH).read_whole_column([cell, "1,00"], currency="EUR") is None
        assert AmountReader(FRENCH).read(cell, "EUR") == ("", "amount_unreadable")

    @given(st.from_regex(r"-?[0-9]{1,14}(,[0-9]{2})?", fullmatch=True))
    def test_what_is_plainly_written_is_what_money_reads(self, cell: str) -> None:
        assert AmountReader(FRENCH).read(cell, "EUR") == (str(Money.parse(cell, "EUR", style=FRENCH).minor), "")

    def test_currencies_have_their_own_decimals(self) -> None:
        assert AmountReader(ENGLISH).read("1500", "JPY") == ("1500", "")
        assert AmountReader(ENGLISH).read("1.234", "KWD") == ("1234", "")
        assert AmountReader(ENGLISH).read("1.5", "JPY")[1] == "too_many_decimals"

    @given(st.lists(st.integers(-(10**12), 10**12), min_size=1), st.sampled_from(",."), st.booleans())
    def test_a_column_read_at_once_is_read_as_cell_by_cell(
        self, minors: list[int], mark: str, is_grouped: bool
    ) -> None:
        style = FRENCH if mark == "," else ENGLISH
        cells = []
        for minor in minors:
            whole = f"{abs(minor) // 100:,}".replace(",", " " if is_grouped else "")
            cells.append(f"{'-' if minor < 0 else ''}{whole}{mark}{abs(minor) % 100:02d}")
        at_once = AmountReader(style).read_whole_column(cells, currency="EUR")
        assert at_once is not None
        assert [int(cell) for cell in at_once] == minors
        assert [int(AmountReader(style).read(cell, "EUR")[0]) for cell in cells] == minors

    def test_a_file_that_writes_both_ways_is_refused(self) -> None:
        evidence = AmountEvidence()
        evidence.see("12,50", 2)
        evidence.see("12.50", 3)
        with pytest.raises(problems.AmountsContradict):
            evidence.style()


class TestDates:
    @pytest.mark.parametrize(
        ("text", "order"),
        [("31/01/2026", "dmy"), ("01/31/2026", "mdy"), ("01/02/2026", "?"), ("2026-01-31", None), ("01.02.2026", "dmy"),
         ("05/05/2026", None)],
    )  # fmt: skip
    def test_a_written_date_proves_its_order(self, text: str, order: str | None) -> None:
        assert order_shown(text) == order

    @pytest.mark.parametrize(
        ("text", "day"),
        [("2026-01-31", "2026-01-31"), ("2026-01-31T00:00:00", "2026-01-31"), ("20260131", "2026-01-31"),
         ("31/01/2026", "2026-01-31"), ("31/01/26", "2026-01-31"), ("31.1.2026", "2026-01-31"), ("46053", "2026-01-31"),
         ("31 janv. 2026", "2026-01-31"), ("31-Jan-2026", "2026-01-31"), ("1er août 2026", "2026-08-01"),
         ("31/01/2026 12:30", "2026-01-31"), ("31012026", "2026-01-31"), ("", "")],
    )  # fmt: skip
    def test_days_are_read(self, text: str, day: str) -> None:
        assert DateReader("dmy").read(text) == (day, "")

    @pytest.mark.parametrize("text", ["31/02/2026", "2026-13-01", "hier", "1/2", "99999999", "2026-02-30"])
    def test_days_that_are_none_are_refused(self, text: str) -> None:
        assert DateReader("dmy").read(text)[1] in {"date_unreadable", "date_out_of_range"}

    def test_an_unsettled_order_is_refused_unless_headings_are_french(self) -> None:
        evidence = DateEvidence()
        evidence.see("01/02/2026", 2)
        assert evidence.order(is_french=True) == "dmy"
        with pytest.raises(problems.DatesAmbiguous) as refusal:
            evidence.order(is_french=False)
        assert "01/02/2026" in refusal.value.sentence

    @given(st.dates(dt.date(1951, 1, 1), dt.date(2149, 1, 1)))
    def test_every_day_is_read_back(self, day: dt.date) -> None:
        assert DateReader("mdy").read(f"{day:%m/%d/%Y}") == (day.isoformat(), "")
        assert DateReader("dmy").read(f"{day:%d/%m/%Y}") == (day.isoformat(), "")


class TestHeadings:
    def test_headings_are_folded(self) -> None:
        assert heading("N° Client") == "n client"
        assert heading("InvoiceDate") == "invoice date"
        assert heading("Montant TTC (€)") == "montant ttc"
        assert heading("Montant T.T.C.") == "montant ttc"

    @pytest.mark.parametrize(
        ("header", "kind"),
        [
            ("N° facture;Code client;Date facture;Échéance;Montant TTC;Reste à payer", "invoices"),
            ("Code client;Raison sociale;SIREN;Adresse;CP;Ville;Délai de paiement", "customers"),
            ("Code client;Nom;Prénom;Fonction;E-mail", "contacts"),
            ("N° règlement;Date de règlement;Code client;N° facture;Montant", "payments"),
            ("Invoice number;Customer;Date;Due date;Amount", "invoices"),
            ("countryCode;customerID;invoiceNumber;InvoiceDate;DueDate;InvoiceAmount;SettledDate", "invoices"),
            ("Nom;Ville", None),
        ],
    )
    def test_the_kind_is_told_by_the_header(self, header: str, kind: str | None) -> None:
        assert guess_kind(header.split(";")) == kind

    def test_a_learnt_mapping_comes_before_known_words(self) -> None:
        header = ["Belegnr", "Kunde", "Datum", "Betrag"]
        mapping = {"number": "Belegnr", "customer": "Kunde", "issue_date": "Datum", "gross": "Betrag"}
        columns = columns_of(header, "invoices", mapping=mapping)
        assert columns.places == {"number": 0, "customer": 1, "issue_date": 2, "gross": 3}


class TestEncodings:
    TEXT = "Numéro;Société\n1;Établissements Noël à Nîmes, réglé par chèque\n2;Cœur d'été\n"

    @pytest.mark.parametrize(
        ("encoding", "found"),
        [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("cp1252", "cp1252"), ("utf-16", "utf-16"),
         ("utf-16-le", "utf-16-le"), ("mac_roman", "mac_roman")],
    )  # fmt: skip
    def test_the_usual_encodings_are_told_apart(self, write: Writer, encoding: str, found: str) -> None:
        assert text_encoding(write("a.csv", self.TEXT, encoding=encoding)) == found

    def test_dos_files_are_read_too(self, write: Writer) -> None:
        assert text_encoding(write("a.csv", "Numéro;Société\n1;Réglé\n", encoding="cp850")) == "cp850"

    @pytest.mark.parametrize("data", [b"", b"   \n", b"\xef\xbb\xbf", b"\x00" * 100])
    def test_empty_files_are_refused(self, write: Writer, data: bytes) -> None:
        with pytest.raises(problems.FileIsEmpty):
            text_encoding(write("a.csv", data))

    @pytest.mark.parametrize(
        "data", [b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", bytes(range(256)) * 20, b"\xd0\xcf\x11\xe0" * 50]
    )
    def test_binary_files_are_refused(self, write: Writer, data: bytes) -> None:
        with pytest.raises(problems.FileIsBinary):
            text_encoding(write("a.csv", data))


class TestTables:
    def test_a_french_export_under_a_title_is_read(self, write: Writer) -> None:
        text = (
            'Export des factures\n\n"N° facture";"Code client";"Date facture";"Échéance";"Montant TTC";"Solde"\n'
            "FA1;C1;05/01/2026;31/01/2026;1 234,50;0,00\n;;;;;\nFA2;C2;13/01/2026;;-20;-20\n"
        )
        opened = open_file(write("a.csv", text, encoding="cp1252"), kind=None)
        assert opened.kind == "invoices"
        first, second = rows(opened)
        assert first[:12] == [
            "4",
            "FA1",
            "",
            "C1",
            "",
            "invoice",
            "2026-01-05",
            "2026-01-31",
            "EUR",
            "\\N",
            "\\N",
            "123450",
        ]
        assert second[5] == "credit_note"
        assert second[11] == "-2000"

    def test_refused_rows_tell_line_field_and_reason(self, write: Writer) -> None:
        text = (
            "Invoice number,Customer,Date,Amount\nA1,C1,2026-01-05,abc\n"
            "A2,,2026-02-30,5\nA3,C1,2026-01-06,7,extra\n,C1,2026-01-06,\n"
        )
        staged = parts(open_file(write("a.csv", text), kind=None))
        assert {(problem.line, problem.field, problem.reason) for problem in staged.problems} == {
            (2, "gross", "amount_unreadable"), (3, "customer", "missing"), (3, "issue_date", "date_unreadable"),
            (4, "", "too_many_columns"), (5, "number", "missing"), (5, "gross", "missing"),
        }  # fmt: skip
        assert staged.text == ""

    def test_instalments_side_by_side_become_rows(self, write: Writer) -> None:
        text = (
            "Invoice number,Customer,Date,Total,Due date 1,Amount 1,Due date 2,Amount 2\n"
            "A1,C1,2026-01-05,100.00,2026-02-05,60.00,2026-03-05,40.00\n"
            "A2,C1,2026-01-05,100.00,2026-02-05,60.00,2026-03-05,30.00\n"
        )
        opened = open_file(write("a.csv", text), kind=None)
        assert [(row[1], row[7], row[12], row[13]) for row in rows(opened)] == [
            ("A1", "2026-02-05", "6000", "1"),
            ("A1", "2026-03-05", "4000", "2"),
        ]
        assert [problem.reason for problem in parts(opened).problems] == ["instalments_disagree"]

    def test_workbooks_are_read_with_their_own_numbers_and_days(self, tmp_path: Path) -> None:
        path = tmp_path / "factures.xlsx"
        book = xlsxwriter.Workbook(str(path))
        book.add_worksheet("Lisez-moi").write(0, 0, "bonjour")
        sheet = book.add_worksheet("Factures")
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(2, 0, ["N° facture", "Code client", "Date facture", "Échéance", "Montant TTC", "Solde"])
        sheet.write_row(3, 0, ["FA1", 411001])
        sheet.write_datetime(3, 2, dt.datetime(2026, 1, 5), day)
        sheet.write_row(3, 3, ["31/01/2026", 1234.5, 0.1 + 0.2])
        sheet.write_row(4, 0, ["FA2", "C2", "06/01/2026", "", "2 000,75", ""])
        book.close()
        first, second = rows(open_file(path, kind=None))
        assert first[:4] == ["4", "FA1", "", "411001"]
        assert (first[6], first[7], first[11], first[14]) == ("2026-01-05", "2026-01-31", "123450", "30")
        assert (second[6], second[11]) == ("2026-01-06", "200075")

    def test_a_bomb_is_refused(self, tmp_path: Path) -> None:
        import zipfile

        path = tmp_path / "bomb.xlsx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/workbook.xml", "<workbook/>")
            archive.writestr("xl/worksheets/sheet1.xml", b"0" * (80 * 1024 * 1024))
        with pytest.raises(problems.FileIsTooLarge):
            open_file(path, kind=None)

    @pytest.mark.parametrize(
        "text",
        ["a,b\n1,2\n", "hello world\n", "<?xml version='1.0'?><a/>", '{"a": 1}',
         'Invoice number,Customer,Date,Amount\n"A1,C1,2026-01-05,5\n' + "x" * 200_000],
    )  # fmt: skip
    def test_what_is_no_known_table_is_refused_by_name(self, write: Writer, text: str) -> None:
        with pytest.raises(problems.FileUnreadable):
            rows(open_file(write("a.csv", text), kind=None))

    def test_truncated_workbooks_are_refused(self, write: Writer) -> None:
        with pytest.raises(problems.FileIsDamaged):
            open_file(write("a.xlsx", b"PK\x03\x04" + b"\x00" * 100), kind=None)

    def test_ambiguous_dates_are_refused_with_an_example(self, write: Writer) -> None:
        text = "Invoice number,Customer,Date,Amount\nA1,C1,01/02/2026,5.00\n"
        with pytest.raises(problems.DatesAmbiguous):
            rows(open_file(write("a.csv", text), kind=None))

    def test_the_whole_column_settles_the_order(self, write: Writer) -> None:
        lines = [f"A{n},C1,01/02/2026,5.00" for n in range(12_000)] + ["B,C1,01/31/2026,5.00"]
        text = "Invoice number,Customer,Date,Amount\n" + "\n".join(lines) + "\n"
        staged = rows(open_file(write("a.csv", text), kind=None))
        assert staged[0][6] == "2026-01-02"
        assert len(staged) == 12_001


class TestShares:
    """A large file is read by several processes, each its share of the blocks."""

    def test_make_up_the_whole(self, write: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tables, "BLOCK_ROWS", 4)
        lines = [f"F{n},C{n % 3},2026-01-0{n % 9 + 1},{'oops' if n % 7 == 3 else f'{n}.50'}" for n in range(1, 26)]
        lines[9] = "F10,C1,2026-01-02,10.50,too,many"
        path = write("i.csv", "Invoice number,Customer,Date,Amount\n" + "\n".join(lines) + "\n")
        opened = open_file(path, kind="invoices", mappings=())
        whole = list(opened.staged(currency="EUR"))
        for count in (2, 3, 9):
            shares = [list(opened.staged(currency="EUR", share=(place, count))) for place in range(count)]
            assert [shares[n % count][n // count] for n in range(len(whole))] == whole
        assert whole[-1].read == 25
        assert sum(part.rows for part in whole) == 21

    def test_agree_on_where_records_end_and_on_blank_ones(self, write: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tables, "BLOCK_ROWS", 4)
        lines = [f"F{n},C{n % 3},2026-01-0{n % 9 + 1},{n}.50" for n in range(1, 30)]
        lines[5:5] = ["", ",,,", "   ,,,"]
        lines[12] = '"F\n13","C\r\n1",2026-01-02,13.50'
        lines[15] = '"F,16","said ""yes""\n\n\n\n\n",2026-01-02,16.50'
        lines[22] = 'F22 5" pipe,C1,2026-01-02,22.50'
        path = write("i.csv", "Invoice number,Customer,Date,Amount\n" + "\n".join(lines) + "\n")
        opened = open_file(path, kind="invoices", mappings=())
        whole = list(opened.staged(currency="EUR"))
        for count in (2, 3):
            shares = [list(opened.staged(currency="EUR", share=(place, count))) for place in range(count)]
            assert [shares[n % count][n // count] for n in range(len(whole))] == whole
        assert whole[-1].read == sum(part.rows for part in whole) == 29


class TestFec:
    @pytest.mark.parametrize(
        "dialect",
        [
            {},
            {"separator": "\t"},
            {"newline": "\r\r\n"},
            {"newline": "\r"},
            {"trailing": "|"},
            {"pad": 30, "trailing": "|"},
        ],
    )
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
    def test_dialects_say_the_same(
        self, write: Writer, fec: Callable[..., str], dialect: dict[str, str], encoding: str
    ) -> None:
        path = write("732829320FEC20261231.txt", fec(MONTH, **dialect), encoding=encoding)
        reader = FecReader(path, dialect_of(path))
        lines = list(reader.lines())
        assert len(lines) == 9
        assert reader.tally.rows == 21
        assert reader.tally.balances == {"41100000": 119500, "41910000": -50000}
        assert reader.tally.debit_minor == reader.tally.credit_minor
        assert reader.tally.problems == []
        assert {line.auxiliary_label for line in lines} == {"Ets Dupré", "Nova SARL"}
        assert reader.dialect.siren == "732829320"
        assert reader.dialect.closing_date == dt.date(2026, 12, 31)

    def test_montant_and_sens_stand_for_debit_and_credit(self, write: Writer) -> None:
        text = (
            "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|CompAuxLib|PieceRef|PieceDate|"
            "EcritureLib|Montant|Sens|EcritureLet|DateLet|ValidDate|Montantdevise|Idevise\n"
            "VE|Ventes|1|20260105|411|Clients|C1|Un|F1|20260105|F1|12.50|D||||\n"
            "VE|Ventes|1|20260105|707|Ventes|||F1|20260105|F1|12.50|C||||\n"
            "VE|Ventes|2|20260105|411|Clients|C1|Un|F2|20260105|F2|10.00|?||||\n"
        )
        path = write("a.txt", text)
        reader = FecReader(path, dialect_of(path))
        assert [line.amount_minor for line in reader.lines()] == [1250]
        assert [(problem.line, problem.field, problem.reason) for problem in reader.tally.problems] == [
            (4, "Sens", "side_unknown")
        ]

    def test_wrong_cells_are_told_by_line_and_field(self, write: Writer, fec: Callable[..., str]) -> None:
        wrong = list(MONTH[2:8])
        wrong[0] = wrong[0].replace("1200,00", "12OO,00")
        wrong[3] = wrong[3].replace("20260107", "20261307", 1)
        path = write("a.txt", fec(wrong))
        reader = FecReader(path, dialect_of(path))
        assert len(list(reader.lines())) == 0
        assert [(problem.line, problem.field) for problem in reader.tally.problems] == [
            (2, "Debit"),
            (5, "EcritureDate"),
        ]

    def test_the_name_of_the_file_tells_the_company(self) -> None:
        assert siren_in_name("732829320FEC20261231.txt") == "732829320"
        assert siren_in_name("732829321FEC20261231.txt") == ""
        assert siren_in_name("export.txt") == ""

    def test_counterparts_are_told(self, write: Writer, fec: Callable[..., str]) -> None:
        path = write("a.txt", fec(MONTH))
        lines = list(FecReader(path, dialect_of(path)).lines())
        assert [line.counterparts for line in lines] == ["", "S", "S", "S", "S", "T", "T", "W", "T"]
