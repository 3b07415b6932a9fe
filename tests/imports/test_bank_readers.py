"""How each bank format is read, on small files; and that no file, however broken, gives more than a named error."""

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from encours.core.errors import EncoursError
from encours.imports.formats.bank import cfonb120, files, sheet, swift_text
from encours.imports.formats.bank.model import BankFileBroken, Line, Statement, XmlForbidden, joined, minor_of
from encours.imports.formats.bank.plain_amounts import loose_minor
from encours.imports.formats.opening import open_file
from encours.imports.formats.problems import FileIsDamaged, Problem
from tests.imports.conftest import Writer

IBAN = "FR7630006000011234567890189"


def cfonb(kind: str, text: dict[int, str]) -> str:
    """A record of 120 characters from its pieces by column (from 1)."""
    record = list(kind.ljust(120))
    for place, piece in text.items():
        record[place - 1 : place - 1 + len(piece)] = piece
    return "".join(record)[:120]


BANK = {3: "30006", 12: "00001", 17: "EUR2", 22: "12345678901"}
CFONB = "\n".join([
    cfonb("01", {**BANK, 35: "310526", 91: "0000000001000{"}),
    cfonb("04", {**BANK, 33: "18", 35: "020626", 43: "030626", 49: "VIR SEPA RECU ACME", 91: "0000000012050A"}),
    cfonb("05", {**BANK, 33: "18", 35: "020626", 46: "NPY", 49: "ACME SARL"}),
    cfonb("05", {**BANK, 33: "18", 35: "020626", 46: "RCN", 49: "E2E-77".ljust(35) + "REGLT FACT 4711"}),
    cfonb("05", {**BANK, 33: "18", 35: "020626", 46: "LCC", 49: "F" * 70}),
    cfonb("05", {**BANK, 33: "18", 35: "020626", 46: "LCC", 49: "-2026"}),
    cfonb("04", {**BANK, 33: "B2", 35: "020626", 43: "020626", 49: "REJET PRLV", 91: "0000000000500}"}),
    cfonb("07", {**BANK, 35: "300626", 91: "0000000012550A"}),
])  # fmt: skip
CAMT = f"""<?xml version="1.0" encoding="UTF-8"?>
<ns:Document xmlns:ns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.99"><ns:BkToCstmrStmt><ns:Stmt><ns:Id>S1</ns:Id>
<ns:Acct><ns:Id><ns:IBAN>{IBAN}</ns:IBAN></ns:Id></ns:Acct>
<ns:Bal><ns:Tp><ns:CdOrPrtry><ns:Cd>CLBD</ns:Cd></ns:CdOrPrtry></ns:Tp><ns:Amt Ccy="EUR">90.00</ns:Amt>
<ns:CdtDbtInd>DBIT</ns:CdtDbtInd><ns:Dt><ns:Dt>2026-06-30</ns:Dt></ns:Dt></ns:Bal>
<ns:Ntry><ns:Amt Ccy="EUR">1234.5</ns:Amt><ns:CdtDbtInd>CRDT</ns:CdtDbtInd><ns:Sts><ns:Cd>BOOK</ns:Cd></ns:Sts>
<ns:BookgDt><ns:DtTm>2026-06-02T23:10:00+02:00</ns:DtTm></ns:BookgDt><ns:Chrgs><ns:Rcrd><ns:Amt Ccy="EUR">3.00</ns:Amt>
</ns:Rcrd></ns:Chrgs><ns:NtryDtls><ns:TxDtls><ns:Refs><ns:EndToEndId>NOTPROVIDED</ns:EndToEndId>
<ns:UETR>8a562c67-ca16-48ba-b074-65581be6f001</ns:UETR></ns:Refs><ns:AmtDtls><ns:InstdAmt>
<ns:Amt Ccy="USD">1350.00</ns:Amt>
</ns:InstdAmt></ns:AmtDtls><ns:RltdPties><ns:Dbtr><ns:Pty><ns:Nm>ACME &amp; Co</ns:Nm></ns:Pty></ns:Dbtr><ns:UltmtDbtr>
<ns:Pty><ns:Nm>Acme Lyon</ns:Nm></ns:Pty></ns:UltmtDbtr></ns:RltdPties><ns:RmtInf><ns:Ustrd>{"x" * 140}</ns:Ustrd>
<ns:Ustrd>yz</ns:Ustrd><ns:Strd><ns:RfrdDocInf><ns:Nb>F-4711</ns:Nb></ns:RfrdDocInf><ns:RfrdDocAmt>
<ns:RmtdAmt Ccy="EUR">1234.50</ns:RmtdAmt></ns:RfrdDocAmt><ns:CdtrRefInf><ns:Ref>RF18539007547034</ns:Ref>
</ns:CdtrRefInf></ns:Strd></ns:RmtInf></ns:TxDtls></ns:NtryDtls></ns:Ntry></ns:Stmt></ns:BkToCstmrStmt></ns:Document>"""
MT940 = f"""{{1:F01X}}{{4:
:20:STARTUMS
:25:{IBAN}
:28C:27/1
:60F:C260531EUR100,
:61:2606020602CR1234,56NTRFNONREF//B77
:86:166?00GUTSCHRIFT?20EREF+E2E-77?21SVWZ+RECHNUNGEN 4711 UND 47?22
12?30BIC?31DE89370400440532013000?32ACME?33GMBH
:61:2606030603RD50,00NRTI4711
:86:/EREF/D9//RTRN/AC04//NAME/BOREALIS/REMI/USTD//rejet/
:62F:C260630EUR1384,56
-}}"""
OFX = """OFXHEADER:100
DATA:OFXSGML
CHARSET:1252

<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM><BANKID>30006<BRANCHID>00001<ACCTID>12345678901
<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>20260601<DTEND>20260630
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260602<TRNAMT>1 234,56<FITID>F1<NAME>ACME &amp; CO<MEMO>FACT 4711
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260603120000[+1:CET]<TRNAMT>-50.00<FITID>F2<NAME>FRAIS</STMTTRN>
</BANKTRANLIST><LEDGERBAL><BALAMT>1384.56<DTASOF>20260630</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"""
QIF = "!Type:Bank\nD25/06'26\nT1,234.56\nPVIR ACME\nMFACT 4711\n^\nD26/06/2026\nT-50.00\nPFRAIS\n^\n"
BAI2 = """01,A,B,260630,1249,1,,,2/
02,B,A,1,260630,2000,EUR,2/
03,12345678,,010,10000,,,015,128456,,/
16,195,123456,V,260701,,BR1,CR1,WIRE ACME, INV 4711
88,EREF: E2E-77
88,DBNM: ACME
16,475,5000,,BR2,,CHECK/
49,266912,5/
98,266912,1,7/
99,266912,1,9/
"""
SAMPLES = {"camt": CAMT, "mt940": MT940, "cfonb120": CFONB, "ofx": OFX, "qif": QIF, "bai2": BAI2}


def read(path: Path, *, form: str = "") -> tuple[list[Statement], list[Line], list[Problem]]:
    found = list(files.read(path, form or files.recognise(path), currency="EUR"))
    return (
        [one for one in found if isinstance(one, Statement)],
        [one for one in found if isinstance(one, Line)],
        [one for one in found if isinstance(one, Problem)],
    )


@pytest.mark.parametrize("form", SAMPLES)
def test_the_format_is_told_by_the_content(write: Writer, form: str) -> None:
    assert files.recognise(write("statement.dat", SAMPLES[form])) == form
    assert open_file(write("x.csv", SAMPLES[form]), kind=None).kind == "bank"


@pytest.mark.parametrize("form", SAMPLES)
def test_every_format_tells_the_same_payment(write: Writer, form: str) -> None:
    statements, lines, problems = read(write("a", SAMPLES[form]))
    assert problems == []
    assert len(statements) == 1
    amounts = {"camt": [123450], "cfonb120": [120501, -5000], "mt940": [123456, 5000]}
    assert [line.amount_minor for line in lines] == amounts.get(form, [123456, -5000])
    line = lines[0]
    assert "ACME" in line.counterparty_name + line.text
    if form not in {"camt", "qif"}:
        assert "4711" in line.text


class TestCamt:
    def test_any_version_and_prefix_is_read_with_all_it_tells(self, write: Writer) -> None:
        statements, lines, _ = read(write("a", CAMT))
        assert (statements[0].iban, statements[0].closing_minor, statements[0].to_date) == (
            IBAN,
            -9000,
            date(2026, 6, 30),
        )
        line = lines[0]
        assert line.text == "x" * 140 + "yz"
        assert (line.structured_reference, line.end_to_end_id) == ("RF18539007547034", "")
        assert (line.counterparty_name, line.ultimate_name) == ("ACME & Co", "Acme Lyon")
        assert (line.original_currency, line.original_amount_minor, line.charges_minor) == ("USD", 135000, 300)
        assert line.booking_date == date(2026, 6, 2)
        assert line.details["documents"] == [{"number": "F-4711", "amount": "1234.50", "currency": "EUR"}]
        assert line.details["uetr"].startswith("8a562c67")

    def test_laughs_do_not_multiply(self, write: Writer) -> None:
        entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
        bomb = CAMT.replace("<ns:Document", f'<!DOCTYPE d [<!ENTITY l0 "ha">{entities}]><ns:Document', 1)
        with pytest.raises(XmlForbidden):
            read(write("a", bomb.replace("S1", "&l11;")))
        outside = CAMT.replace("<ns:Document", '<!DOCTYPE d SYSTEM "file:///etc/passwd"><ns:Document', 1)
        with pytest.raises(XmlForbidden):
            read(write("b", outside))

    def test_depth_without_end_is_refused(self, write: Writer) -> None:
        deep = CAMT.replace("<ns:Refs>", "<a>" * 500 + "</a>" * 500 + "<ns:Refs>")
        with pytest.raises(BankFileBroken):
            read(write("a", deep))

    @pytest.mark.parametrize(
        ("old", "new", "field", "reason"),
        [
            ("1234.5<", "12,34<", "Amt", "amount_unreadable"),
            ("1234.5<", "1234.567<", "Amt", "amount_unreadable"),
            ('Ccy="EUR">1234', 'Ccy="EEE">1234', "Amt/@Ccy", "currency_unknown"),
            ("CRDT", "PLUS", "CdtDbtInd", "side_unknown"),
        ],
    )
    def test_an_unreadable_entry_is_told_with_its_field(
        self, write: Writer, old: str, new: str, field: str, reason: str
    ) -> None:
        _, lines, problems = read(write("a", CAMT.replace(old, new)))
        assert lines == []
        assert [(one.line, one.field, one.reason) for one in problems] == [(1, field, reason)]

    def test_a_file_that_is_cut_off_is_refused(self, write: Writer) -> None:
        with pytest.raises(FileIsDamaged):
            read(write("a", CAMT[:-30]))


class TestCfonb:
    def test_complements_say_who_and_why(self, write: Writer) -> None:
        statements, lines, _ = read(write("a", CFONB))
        statement, (line, returned) = statements[0], lines
        assert statement.opening_minor is not None
        assert statement.opening_minor + sum(one.amount_minor for one in lines) == statement.closing_minor
        assert (line.counterparty_name, line.end_to_end_id) == ("ACME SARL", "E2E-77")
        assert line.text == f"VIR SEPA RECU ACME {'F' * 70}-2026 REGLT FACT 4711"
        assert (returned.bank_code, returned.return_reason) == ("B2", "NARR")

    def test_the_account_becomes_its_iban(self) -> None:
        assert cfonb120.iban_of("20041", "01005", "0500013M026") == "FR1420041010050500013M02606"

    @pytest.mark.parametrize("newline", ["", "\r\n", "\n\n"])
    def test_line_breaks_do_not_matter(self, write: Writer, newline: str) -> None:
        assert len(read(write("a", CFONB.replace("\n", newline)))[1]) == 2

    def test_the_missing_end_is_told(self, write: Writer) -> None:
        with pytest.raises(cfonb120.StatementCutOff):
            read(write("a", CFONB.rpartition("\n")[0]))


class TestSwift:
    def test_a_reversed_debit_comes_in_and_a_return_says_why(self, write: Writer) -> None:
        _, lines, _ = read(write("a", MT940))
        assert (lines[0].text, lines[0].end_to_end_id) == ("RECHNUNGEN 4711 UND 4712", "E2E-77")
        assert (lines[0].counterparty_name, lines[0].counterparty_iban) == ("ACME GMBH", "DE89370400440532013000")
        assert (lines[1].amount_minor, lines[1].return_reason, lines[1].counterparty_name) == (5000, "AC04", "BOREALIS")

    @pytest.mark.parametrize(
        ("lines", "text", "name"),
        [
            (["/TRTP/SEPA/IBAN/NL65INGB0123456789/NAME/ACME/REMI/INV 7/EREF/E1"], "INV 7", "ACME"),
            (["000>20 HUUR>21 KANTOOR"], "HUUR KANTOOR", ""),
            (["HELLO", "WORLD"], "HELLO WORLD", ""),
        ],
    )
    def test_dialects(self, lines: list[str], text: str, name: str) -> None:
        words = swift_text.read(lines, width=65)
        assert (words.text, words.name) == (text, name)

    def test_the_year_of_a_booking_day_is_the_nearest(self, write: Writer) -> None:
        text = MT940.replace("2606020602", "2601021231")
        assert read(write("a", text))[1][0].booking_date == date(2025, 12, 31)


class TestAmounts:
    @pytest.mark.parametrize(
        ("text", "minor"),
        [("1,234.50", 123450), ("-161,25", -16125), ("12.50-", -1250), ("1 234,5", 123450), ("+50", 5000), (".5", 50),
         ("1,234", 123400), ("abc", None), ("1.2345", None), ("", None)],
    )  # fmt: skip
    def test_the_mark_is_told_by_the_amount(self, text: str, minor: int | None) -> None:
        assert loose_minor(text, "EUR") == minor

    def test_nothing_is_rounded(self) -> None:
        assert minor_of("12.34000", "EUR") == 1234
        assert minor_of("12.345", "EUR") is None
        assert minor_of("12.345", "KWD") == 12345
        assert minor_of("12", "JPY") == 12

    def test_a_full_line_goes_on_in_the_next(self) -> None:
        assert joined(["INV 2026-04", "12 AND 13"], width=11) == "INV 2026-0412 AND 13"
        assert joined(["INV 12", "AND 13"], width=11) == "INV 12 AND 13"


def mutated(sample: bytes) -> st.SearchStrategy[bytes]:
    """The sample with a few pieces cut out, doubled, overwritten or put in."""
    place = st.integers(0, len(sample))
    noise = st.one_of(
        st.binary(max_size=6),
        st.sampled_from([b"<", b">", b"&", b"\x00", b"\n:61:", b"\n-}", b"/", b",", b"9" * 40, b"<!--", b"]]>"]),
    )
    edit = st.tuples(place, st.integers(0, 60), noise, st.booleans())

    def applied(edits: list[tuple[int, int, bytes, bool]]) -> bytes:
        text = sample
        for start, length, put, doubles in edits:
            piece = text[start : start + length]
            text = text[:start] + (piece + piece if doubles else put) + text[start + length :]
        return text

    return st.lists(edit, min_size=1, max_size=4).map(applied)


@pytest.mark.parametrize("form", SAMPLES)
def test_a_broken_file_gives_lines_or_a_named_error(form: str, tmp_path: Path) -> None:
    path = tmp_path / "broken"

    @settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(mutated(SAMPLES[form].encode()))
    def law(content: bytes) -> None:
        path.write_bytes(content)
        started = time.monotonic()
        try:
            _, lines, _ = read(path, form=form)
        except EncoursError:
            lines = []
        assert all(isinstance(line.amount_minor, int) and line.amount_minor for line in lines)
        assert time.monotonic() - started < 20

    run: Callable[[], None] = law
    run()


# exports as banks and providers write them: what becomes of their rows (amount, name, text, own reference, kind)
SHEETS = {
    "a neobank's: its reference is what the payer wrote, and a refused transfer moved nothing": (
        "Statut;Date de l'opération (local);Montant total (TTC);Devise;Montant total (TTC) (local);Devise (local);"
        "Nom de la contrepartie;IBAN de la contrepartie;Méthode de paiement;Référence;Transaction ID\n"
        "Exécuté;22-11-2026 11:00:00;93,30;EUR;93,30;EUR;Acme;FR7610107001011234567890129;Virement;FACT 429;t-7\n"
        "Refusé;22-11-2026 12:00:00;50,00;EUR;50,00;EUR;Boréalis;;Virement;FACT 430;t-8\n"
        "En cours;22-11-2026 13:00:00;-9,00;EUR;-9,00;EUR;Hébergeur;;Carte;;t-9\n",
        [(9330, "Acme", "FACT 429", "t-7", "Virement")],
        1,
    ),
    "a branch bank's, with its account and balance above": (
        "Compte courant n° 12345678901;\nSolde au 22/11/2026 29 119,89 €\n\nDate;Libellé;Débit euros;Crédit euros;\n"
        '22/11/2026;"VIREMENT EN VOTRE FAVEUR\nACME\nFA-412";;2 400,00;\n21/11/2026;PRELEVEMENT;120,00;;\n',
        [(240000, "", "VIREMENT EN VOTRE FAVEUR ACME FA-412", "", ""), (-12000, "", "PRELEVEMENT", "", "")],
        0,
    ),
    "a debit provider's: gross and fees": (
        "id,created_at,gross_amount,fees,net_amount,currency,customers.company_name,payments.description,resources.type\n"
        "PI1,2026-11-19,305.55,3.24,302.31,EUR,Acme,FA-424,payment\n",
        [(30555, "Acme", "FA-424", "PI1", "payment"), (-324, "", "FA-424", "PI1/fee", "fee")],
        0,
    ),
}


@pytest.mark.parametrize("case", SHEETS)
def test_a_table_is_read_as_its_bank_means_it(write: Writer, case: str) -> None:
    text, rows, pending = SHEETS[case]
    opened = open_file(write("export.csv", text), kind=None)
    assert (opened.kind, opened.bank) == ("bank", "sheet")
    assert opened.table is not None
    assert opened.columns is not None
    found = list(sheet.read(opened.table, opened.columns, opened.style(), currency="EUR"))
    lines = [one for one in found if isinstance(one, Line)]
    told = [(one.amount_minor, one.counterparty_name, one.text, one.bank_reference, one.bank_code) for one in lines]
    assert told == rows
    assert sum(one.pending for one in found if isinstance(one, Statement)) == pending
