"""What bank files become: lines booked once, whatever files tell them, with their batches, balances and gaps."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db.models import Sum

from encours.access.models import AuditEntry, Entity
from encours.collections.queries.facts import bank_known
from encours.imports import actions as imports
from encours.imports import queries
from encours.imports.actions.results import FileResult
from encours.payments.models import BankAccount, BankLine, LineTelling, Statement
from tests.cast import Company
from tests.imports.conftest import Writer

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
TODAY = date(2026, 7, 1)
IBAN = "FR7630006000011234567890189"

type Bring = Callable[..., FileResult]


def counts(file: FileResult) -> tuple[int, int, int, int, int]:
    assert file.refusal is None, file.refusal
    return file.rows_read, file.created, file.changed, file.unchanged, file.rejected_count


def entry(amount: str, *, day: str = "2026-06-10", text: str = "", ref: str = "", e2e: str = "", more: str = "") -> str:
    """One booked entry of a camt file; a negative amount is a debit."""
    side = "DBIT" if amount.startswith("-") else "CRDT"
    party = "Cdtr" if side == "DBIT" else "Dbtr"
    remitted = f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf>" if text else ""
    refs = f"<Refs><EndToEndId>{e2e}</EndToEndId></Refs>" if e2e else ""
    details = f"<TxDtls>{refs}<RltdPties><{party}><Nm>ACME</Nm></{party}></RltdPties>{remitted}</TxDtls>"
    return (
        f'<Ntry><Amt Ccy="EUR">{amount.lstrip("-")}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts>BOOK</Sts>'
        f"<BookgDt><Dt>{day}</Dt></BookgDt>{f'<AcctSvcrRef>{ref}</AcctSvcrRef>' if ref else ''}"
        f"<NtryDtls>{more or details}</NtryDtls></Ntry>"
    )


def camt(
    *entries: str, number: str = "1", opening: str = "", closing: str = "", day: str = "2026-06-10", kind: str = "Stmt"
) -> str:
    """A camt file of one statement."""
    message = {
        "Stmt": ("053", "BkToCstmrStmt"),
        "Rpt": ("052", "BkToCstmrAcctRpt"),
        "Ntfctn": ("054", "BkToCstmrDbtCdtNtfctn"),
    }
    code, root = message[kind]
    balances = "".join(
        f"<Bal><Tp><CdOrPrtry><Cd>{name}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>"
        f"<Dt><Dt>{day}</Dt></Dt></Bal>"
        for name, amount in (("OPBD", opening), ("CLBD", closing))
        if amount
    )
    return (
        f'<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{code}.001.08"><{root}>'
        f"<GrpHdr><MsgId>1</MsgId></GrpHdr><{kind}><Id>{number}</Id><CreDtTm>{day}T20:00:00</CreDtTm>"
        f"<Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>{balances}{''.join(entries)}</{kind}></{root}></Document>"
    )


def mt940(*movements: str, number: str = "1", opening: str = "0,", closing: str = "0,", day: str = "260610") -> str:
    """An MT940 statement of the same account."""
    body = "\n".join(movements)
    return f":20:STARTUMS\n:25:{IBAN}\n:28C:{number}\n:60F:C{day}EUR{opening}\n{body}\n:62F:C{day}EUR{closing}\n-\n"


class TestBooking:
    def test_a_statement_makes_its_account_and_lines_once(
        self, write: Writer, bring_file: Bring, company: Company
    ) -> None:
        path = write(
            "a.xml", camt(entry("100.00", text="INV 1"), entry("-40.00", ref="B2"), opening="10", closing="70")
        )
        assert counts(bring_file(path)) == (2, 2, 0, 0, 0)
        account = BankAccount.objects.get()
        assert (account.iban, account.currency, account.is_confirmed) == (IBAN, "EUR", False)
        assert account.entity_id == company.entity.pk
        first, second = BankLine.objects.order_by("pk")
        assert (first.amount_minor, first.text, first.counterparty_name) == (10000, "INV 1", "ACME")
        assert (second.amount_minor, second.bank_reference) == (-4000, "B2")
        statement = Statement.objects.get()
        assert (statement.opening_minor, statement.closing_minor, statement.difference_minor) == (1000, 7000, 0)
        assert AuditEntry.objects.filter(verb="add_bank_account").count() == 1
        again = bring_file(path)
        assert counts(again) == (2, 0, 0, 2, 0)
        assert (BankLine.objects.count(), Statement.objects.count()) == (2, 1)

    def test_equal_lines_without_reference_are_numbered(self, write: Writer, bring_file: Bring) -> None:
        path = write("a.sta", mt940(*[":61:2606100610C5,00NTRFNONREF\n:86:FEE"] * 3, closing="15,"))
        assert counts(bring_file(path)) == (3, 3, 0, 0, 0)
        assert counts(bring_file(write("b.sta", path.read_text() + "\n"))) == (3, 0, 0, 3, 0)
        more = write("c.sta", mt940(*[":61:2606100610C5,00NTRFNONREF\n:86:FEE"] * 4, closing="20,", number="1X"))
        assert counts(bring_file(more)) == (4, 1, 0, 3, 0)

    def test_overlapping_statements_book_once(self, write: Writer, bring_file: Bring) -> None:
        lines = [f":61:2606{day:02}06{day:02}C{day},00NTRFNONREF\n:86:INV {day}" for day in range(1, 16)]
        assert counts(bring_file(write("a.sta", mt940(*lines[:10]))))[1] == 10
        assert counts(bring_file(write("b.sta", mt940(*lines[7:], number="2"))))[1:4] == (5, 0, 3)

    def test_equal_lines_of_statements_that_follow_one_another_are_two(self, write: Writer, bring_file: Bring) -> None:
        line = ":61:2606100610C5,00NTRFNONREF\n:86:FEE"
        assert counts(bring_file(write("1.sta", mt940(line, number="1", opening="0,", closing="5,"))))[1] == 1
        assert counts(bring_file(write("2.sta", mt940(line, number="2", opening="5,", closing="10,"))))[1] == 1
        assert counts(bring_file(write("3.sta", mt940(line, number="3", opening="10,", closing="15,"))))[1] == 1
        again = write("again.sta", mt940(line, number="2", opening="5,", closing="10,") + "\n")
        assert counts(bring_file(again))[1] == 0
        assert BankLine.objects.count() == 3

    def test_the_report_of_the_day_and_the_statement_book_once(self, write: Writer, bring_file: Bring) -> None:
        report = camt(entry("100.00", text="INV 1", ref="B1"), entry("70.00", e2e="E7"), kind="Rpt")
        assert counts(bring_file(write("052.xml", report)))[1] == 2
        statement = camt(
            entry("100.00", text="INV 1 ACME", ref="B1"), entry("70.00", e2e="E7", ref="B7"), entry("70.00", e2e="E8")
        )
        assert counts(bring_file(write("053.xml", statement)))[1:4] == (1, 0, 2)

    def test_the_same_line_in_two_formats_books_once(self, write: Writer, bring_file: Bring) -> None:
        assert (
            counts(bring_file(write("a.xml", camt(entry("100.00", text="INVOICE 4711", e2e="E1"), entry("9.00")))))[1]
            == 2
        )
        other = mt940(
            ":61:2606100610C100,00NTRFE1//X77\n:86:166?00GUTSCHRIFT?20EREF+E1?21SVWZ+INVOICE 4711?32ACME",
            ":61:2606100610C9,00NTRFNONREF\n:86:SOMETHING",
            ":61:2606100610C9,00NTRFNONREF\n:86:OTHER",
        )
        assert counts(bring_file(write("b.sta", other)))[1:4] == (1, 0, 2)

    def test_a_second_line_of_a_format_is_not_taken_for_the_one_it_told_before(
        self, write: Writer, bring_file: Bring
    ) -> None:
        bring_file(write("a.xml", camt(entry("100.00", text="VIR ACME"), kind="Rpt")))
        morning = mt940(":61:2606100610C100,NTRFNONREF", ":86:REMISE CHEQUES", closing="100,")
        noon = mt940(":61:2606100610C100,NTRFNONREF", ":86:LOYER JUIN", number="2")
        assert counts(bring_file(write("b.sta", morning)))[1] == 0  # told by silence: the report's line
        assert LineTelling.objects.count() == 1
        assert counts(bring_file(write("c.sta", noon)))[1] == 1
        for again in (write("b.sta", morning), write("c.sta", noon)):
            assert counts(bring_file(again))[1] == 0
        assert BankLine.objects.count() == 2
        assert LineTelling.objects.count() == 1

    def test_what_was_announced_and_not_booked_is_left_out(self, write: Writer, bring_file: Bring) -> None:
        file = bring_file(write("a.xml", camt(entry("5.00").replace("BOOK", "PDNG"), entry("6.00"), kind="Rpt")))
        assert counts(file)[:2] == (1, 1)
        assert file.detail["pending"] == 1
        assert [problem.reason for problem in file.warnings] == ["not_booked_yet"]

    def test_a_line_of_another_organisation_is_not_seen(self, write: Writer, bring_file: Bring) -> None:
        from tests import cast

        path = write("a.xml", camt(entry("100.00", text="INV 1")))
        assert counts(bring_file(path))[1] == 1
        with cast.company("dora") as dora:
            result = imports.import_files(
                [imports.FileGiven(path, path.name)], organisation_id=dora.organisation_id, options=imports.Options(),
                by=dora.by, now=NOW, today=TODAY,
            )  # fmt: skip
            assert counts(result.files[0])[1] == 1


def payment(amount: str, name: str, e2e: str) -> str:
    return (
        f'<TxDtls><Refs><EndToEndId>{e2e}</EndToEndId></Refs><Amt Ccy="EUR">{amount}</Amt>'
        f"<RltdPties><Dbtr><Nm>{name}</Nm></Dbtr></RltdPties></TxDtls>"
    )


class TestBatches:
    BATCH = entry("100.00", ref="BB", more=payment("60.00", "ACME", "E1") + payment("40.00", "COBALT", "E2"))

    def test_its_payments_are_lines_below_it_and_money_is_counted_once(self, write: Writer, bring_file: Bring) -> None:
        assert counts(bring_file(write("a.xml", camt(self.BATCH))))[:3] == (1, 1, 2)
        whole = BankLine.objects.get(batch_key="")
        assert (whole.amount_minor, whole.detail_count) == (10000, 2)
        parts = BankLine.objects.filter(batch_key=whole.key).order_by("key")
        assert [(part.amount_minor, part.counterparty_name, part.end_to_end_id) for part in parts] == [
            (6000, "ACME", "E1"),
            (4000, "COBALT", "E2"),
        ]

    @pytest.mark.parametrize("is_plain_first", [True, False])
    def test_the_statement_and_the_notice_with_details_meet_in_either_order(
        self, write: Writer, bring_file: Bring, is_plain_first: bool
    ) -> None:
        plain = write("053.xml", camt(entry("100.00", ref="BB", more="<Btch><NbOfTxs>2</NbOfTxs></Btch>")))
        told = write("054.xml", camt(self.BATCH, kind="Ntfctn"))
        files = [plain, told] if is_plain_first else [told, plain]
        for path in [*files, *files]:
            bring_file(path)
        assert BankLine.objects.filter(batch_key="").aggregate(Sum("amount_minor"))["amount_minor__sum"] == 10000
        assert (BankLine.objects.filter(batch_key="").count(), BankLine.objects.exclude(batch_key="").count()) == (1, 2)
        assert BankLine.objects.get(batch_key="").detail_count == 2

    def test_a_bare_line_is_explained_by_a_later_notice(self, write: Writer, bring_file: Bring) -> None:
        bare = (
            '<Ntry><Amt Ccy="EUR">60.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><BookgDt><Dt>2026-06-10</Dt></BookgDt></Ntry>'
        )
        bring_file(write("a.xml", camt(bare)))
        file = bring_file(write("b.xml", camt(entry("60.00", e2e="E1", text="INV 9"), kind="Ntfctn")))
        assert counts(file)[1:4] == (0, 1, 1)
        assert BankLine.objects.exclude(batch_key="").get().text == "INV 9"

    def test_payments_that_do_not_add_up_stay_one_line(self, write: Writer, bring_file: Bring) -> None:
        file = bring_file(write("a.xml", camt(self.BATCH.replace("40.00", "41.00"))))
        assert counts(file)[:3] == (1, 1, 0)
        assert [problem.reason for problem in file.warnings] == ["batch_differs"]
        assert len(BankLine.objects.get().details["payments"]) == 2


class TestReturns:
    def test_a_returned_debit_names_its_reason_and_the_customer(self, write: Writer, bring_file: Bring) -> None:
        returned = (
            "<TxDtls><Refs><EndToEndId>D1</EndToEndId><MndtId>RUM1</MndtId></Refs><RltdPties><Dbtr><Nm>ACME</Nm></Dbtr>"
            "<Cdtr><Nm>BREVANNE</Nm></Cdtr></RltdPties><RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls>"
        )
        bring_file(write("a.xml", camt(entry("-60.00", more=returned))))
        line = BankLine.objects.get()
        assert (line.amount_minor, line.return_reason, line.counterparty_name) == (-6000, "AC04", "ACME")
        assert (line.mandate_id, line.end_to_end_id) == ("RUM1", "D1")


class TestBalances:
    def test_a_balance_that_does_not_hold_is_told(self, write: Writer, bring_file: Bring) -> None:
        file = bring_file(write("a.xml", camt(entry("5.00"), opening="10", closing="16")))
        assert counts(file)[1] == 1
        assert [(problem.reason, problem.value) for problem in file.warnings] == [("balance_differs", "1.00 EUR")]
        assert Statement.objects.get().difference_minor == 100

    def test_a_gap_between_statements_is_told(self, write: Writer, bring_file: Bring) -> None:
        bring_file(write("a.xml", camt(entry("5.00"), opening="10", closing="15", day="2026-06-10")))
        later = camt(entry("5.00", day="2026-06-12"), number="3", opening="12", closing="17", day="2026-06-12")
        file = bring_file(write("c.xml", later))
        assert [(problem.reason, problem.value) for problem in file.warnings] == [("statement_gap", "-3.00 EUR")]
        kept = Statement.objects.get(number="3")
        assert (kept.gap_minor, kept.gap_from_date) == (-300, date(2026, 6, 10))

    def test_reminders_know_how_far_the_bank_is_known(self, write: Writer, bring_file: Bring, company: Company) -> None:
        bring_file(write("a.xml", camt(opening="10", closing="10", day="2026-06-28")))
        assert bank_known(company.organisation_id, today=TODAY, stated=None)[company.entity.pk] == date(2026, 6, 28)


class TestAccounts:
    def test_an_account_nobody_knows_asks_for_its_company(
        self, write: Writer, bring_file: Bring, company: Company
    ) -> None:
        Entity.objects.create(organisation=company.organisation, code="02", name="Brévanne Lyon")
        path = write("a.xml", camt(entry("5.00")))
        refusal = bring_file(path).refusal
        assert refusal is not None
        assert refusal.code == "account_entity_unknown"
        assert counts(bring_file(path, entity_code="02"))[1] == 1
        assert BankAccount.objects.get().entity.code == "02"
        more = write("b.xml", camt(entry("6.00"), number="2"))
        assert counts(bring_file(more))[1] == 1

    def test_the_account_of_another_company_is_refused(
        self, write: Writer, bring_file: Bring, company: Company
    ) -> None:
        Entity.objects.create(organisation=company.organisation, code="02", name="Brévanne Lyon")
        assert counts(bring_file(write("a.xml", camt(entry("5.00"))), entity_code="02"))[1] == 1
        refusal = bring_file(write("b.xml", camt(entry("6.00"))), entity_code="01").refusal
        assert refusal is not None
        assert refusal.code == "account_of_another"
        assert BankLine.objects.count() == 1

    def test_a_company_is_known_by_its_iban(self, write: Writer, bring_file: Bring, company: Company) -> None:
        Entity.objects.create(organisation=company.organisation, code="02", name="Brévanne Lyon", iban=IBAN)
        assert counts(bring_file(write("a.xml", camt(entry("5.00")))))[1] == 1
        assert BankAccount.objects.get().entity.code == "02"

    def test_a_file_that_names_no_account_is_of_the_only_one(self, write: Writer, bring_file: Bring) -> None:
        bring_file(write("a.xml", camt(entry("5.00"))))
        sheet = write(
            "b.csv", "Date;Libellé;Débit;Crédit;Solde\n11/06/2026;VIR ACME;;60,00;65,00\n12/06/2026;FRAIS;5,00;;60,00\n"
        )
        file = bring_file(sheet)
        assert counts(file) == (2, 2, 0, 0, 0)
        assert BankAccount.objects.count() == 1
        assert Statement.objects.get(format="sheet").difference_minor == 0

    def test_among_several_a_person_chooses(self, write: Writer, bring_file: Bring) -> None:
        bring_file(write("a.xml", camt(entry("5.00"))))
        bring_file(write("b.xml", camt(entry("5.00")).replace(IBAN, "FR1420041010050500013M02606")))
        sheet = write("c.csv", "Date;Libellé;Montant\n11/06/2026;VIR ACME;60,00\n")
        refusal = bring_file(sheet, kind="bank").refusal
        assert refusal is not None
        assert refusal.code == "account_not_told"
        assert counts(bring_file(sheet, kind="bank", account="FR1420041010050500013M02606"))[1] == 1


class TestSheets:
    def test_a_card_statement_is_read_by_a_learnt_mapping(
        self, write: Writer, bring_file: Bring, company: Company
    ) -> None:
        text = "Date,Label,Amount\n2026-06-11,HOTEL,33.50\n2026-06-12,REFUND,-10.00\n"
        mapping = queries.Mapping(
            name="card",
            kind="bank",
            header=("Date", "Label", "Amount"),
            columns={"date": "Date", "text": "Label", "amount_inverse": "Amount"},
        )
        imports.save_mapping(mapping, organisation_id=company.organisation_id, by=company.by)
        assert counts(bring_file(write("card.csv", text)))[1] == 2
        assert list(BankLine.objects.order_by("pk").values_list("amount_minor", flat=True)) == [-3350, 1000]

    def test_an_amount_of_origin_keeps_its_currency(self, write: Writer, bring_file: Bring) -> None:
        text = "Date,Label,Currency,Amount,Amount Currency\n2026-06-11,A,USD,-33.50,0.0\n2026-06-12,B,EUR,15.25,10.00\n"
        assert counts(bring_file(write("a.csv", text)))[1] == 2
        told = BankLine.objects.order_by("pk").values_list("currency", "original_currency", "original_amount_minor")
        assert list(told) == [("USD", "", None), ("USD", "EUR", 1000)]


class TestProviders:
    def test_a_payout_report_is_gross_and_fee(self, write: Writer, bring_file: Bring) -> None:
        report = (
            "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,description,customer_name\n"
            "txn_1,2026-06-10 10:00:00,eur,100.00,2.90,97.10,charge,INV 7,Acme\n"
            "txn_2,2026-06-11 10:00:00,eur,-97.10,0.00,-97.10,payout,STRIPE PAYOUT,\n"
        )
        path = write("payouts.csv", report)
        assert counts(bring_file(path)) == (3, 3, 0, 0, 0)
        assert BankAccount.objects.get().kind == "psp"
        amounts = BankLine.objects.order_by("pk").values_list("amount_minor", "bank_code", "counterparty_name")
        assert list(amounts) == [(10000, "charge", "Acme"), (-290, "fee", ""), (-9710, "payout", "")]
        assert counts(bring_file(write("again.csv", report + "\n")))[1] == 0


class TestArchives:
    def test_a_zip_of_statements_is_booked_whole(self, tmp_path: Path, bring_file: Bring) -> None:
        import zipfile

        path = tmp_path / "june.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.xml", camt(entry("5.00", text="one")))
            archive.writestr(
                "b.sta", mt940(":61:2606100610C5,00NTRFNONREF\n:86:ACME one", ":61:2606110611C7,00NTRFNONREF\n:86:two")
            )
        assert counts(bring_file(path))[:4] == (3, 2, 0, 1)

    def test_a_bomb_is_refused(self, tmp_path: Path, bring_file: Bring) -> None:
        import zipfile

        path = tmp_path / "bomb.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.xml", b"0" * 30_000_000)
        refusal = bring_file(path).refusal
        assert refusal is not None
        assert refusal.code == "file_is_too_large"
