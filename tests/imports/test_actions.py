"""What imports write: customers, invoices, payments and FECs, twice, changed, contradictory."""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from encours.access.models import AuditEntry
from encours.core import indexes, processors
from encours.credit.models import CreditLimit
from encours.customers import assignment_actions
from encours.customers.models import Contact, Customer, OwnerRole
from encours.disputes.models import Dispute
from encours.imports import actions as imports
from encours.imports import queries
from encours.imports.actions import loading
from encours.imports.actions.results import CallResult, FileResult
from encours.imports.formats import problems, tables
from encours.imports.models import ImportRun, RejectedRow
from encours.invoices.models import Document
from encours.ledger import invariants
from encours.ledger.models import Allocation, OpenItem
from encours.payments.models import Receipt
from tests.cast import Company
from tests.imports.conftest import MONTH, Writer

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
TODAY = date(2026, 7, 1)


@pytest.fixture
def bring(company: Company) -> Callable[..., CallResult]:
    """Import files into our organisation, check the books, and say what came of it."""

    def _bring(*paths: Path, **options: Any) -> CallResult:
        result = imports.import_files(
            [imports.FileGiven(path, path.name) for path in paths],
            organisation_id=company.organisation_id,
            options=imports.Options(**options),
            by=company.by,
            now=NOW,
            today=TODAY,
        )
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate; set constraints all deferred")
        broken = [finding for finding in invariants.check(company.organisation_id) if not finding.is_kept]
        assert broken == []
        return result

    return _bring


def counts(file: FileResult) -> tuple[int, int, int, int, int]:
    assert file.refusal is None, file.refusal
    return file.rows_read, file.created, file.changed, file.unchanged, file.rejected_count


def open_of(numbers: Iterable[str]) -> dict[str, int]:
    rows = (
        OpenItem.objects.filter(document_number__in=list(numbers))
        .values("document_number")
        .annotate(o=Sum("open_minor"))
    )
    return {row["document_number"]: row["o"] for row in rows}


def total_open() -> int:
    return OpenItem.objects.aggregate(total=Sum("open_minor"))["total"] or 0


INVOICES = "Invoice number,Customer,Date,Due date,Amount,Open amount\n"
PAYMENTS = "Payment id,Customer,Payment date,Invoice,Amount,Deduction\n"


class TestCustomers:
    HEAD = "customer_id,number,name,zip,city,email,iban,payment_days\n"

    def test_are_added_then_left_alone_then_changed(self, bring: Callable[..., CallResult], write: Writer) -> None:
        first = write("customers.csv", self.HEAD + "1,K1,Alpha,75001,Paris,a@alpha.fr,,45\n2,K2,Béta,69001,Lyon,,,\n")
        assert counts(bring(first).files[0]) == (2, 2, 0, 0, 0)
        assert counts(bring(first).files[0]) == (2, 0, 0, 2, 0)
        again = write("again.csv", self.HEAD + "1,K1,Alpha SA,75001,Paris,,,45\n2,K2,Béta,69001,Lyon,,,\n")
        assert counts(bring(again).files[0]) == (2, 0, 1, 1, 0)
        alpha = Customer.objects.get(number="K1")
        assert (alpha.name, alpha.email, alpha.terms, alpha.external_id) == ("Alpha SA", "a@alpha.fr", "45", "1")

    def test_odd_identifiers_are_kept_and_warned_about(self, bring: Callable[..., CallResult], write: Writer) -> None:
        text = (
            "Code client;Raison sociale;SIREN;IBAN;Email\n"
            "X1;Un;123456789;FR7600;pas un mail\nX2;Deux;732829320;;deux@d.fr\n"
        )
        file = bring(write("c.csv", text)).files[0]
        assert counts(file) == (2, 2, 0, 0, 0)
        assert {problem.reason for problem in file.warnings} == {"siren_invalid", "iban_invalid", "email_invalid"}

    def test_a_number_that_stands_twice_is_refused(self, bring: Callable[..., CallResult], write: Writer) -> None:
        text = "Code client;Raison sociale\nX1;Un\nX1;Un\nX1;Autre\n"
        file = bring(write("c.csv", text)).files[0]
        assert counts(file) == (3, 1, 0, 0, 2)
        assert [(problem.line, problem.reason) for problem in file.rejected] == [
            (3, "line_repeated"),
            (4, "number_repeated"),
        ]

    def test_bring_their_people_and_their_credit_limit(
        self, company: Company, bring: Callable[..., CallResult], write: Writer
    ) -> None:
        text = (
            "Code client;Raison sociale;Plafond;Commercial;Charge de clientele\n"
            "C001;Acme;12 500,00;Nadia Ferrand;nadia@brevanne.example\nC900;Neuf;-3;Personne;\n"
        )
        file = bring(write("clients.csv", text)).files[0]
        assert [(one.field, one.reason) for one in file.warnings] == [
            ("credit_limit", "amount_negative"), ("sales_rep", "person_unknown"),
        ]  # fmt: skip
        acme = Customer.objects.get(number="C001")
        assert acme.sales_rep_id == acme.success_owner_id == company.collector.pk
        assert CreditLimit.objects.get().amount_minor == 12_500_00
        assert bring(write("again.csv", text)).files[0].detail["credit_limits"] == 0

    def test_new_ones_go_to_whom_the_standing_rules_say(
        self, company: Company, bring: Callable[..., CallResult], write: Writer
    ) -> None:
        Customer.objects.filter(pk=company.acme.pk).update(collector=None)
        form = assignment_actions.RuleForm(OwnerRole.COLLECTOR, company.collector.pk, 10)
        assignment_actions.keep_rule(form, organisation_id=company.organisation_id, rule_id=None, by=company.by)
        bring(write("clients.csv", "Code client;Raison sociale\nC001;Acme\nC900;Neuf\n"))
        found = dict(Customer.objects.values_list("number", "collector_id"))
        assert (found["C900"], found["C001"]) == (company.collector.pk, None)

    def test_customers_met_in_invoices_get_their_name_later(
        self, bring: Callable[..., CallResult], write: Writer
    ) -> None:
        text = "invoice_number,customer_id,invoice_date,due_date,gross\nA1,77,2026-01-01,2026-02-01,10.00\n"
        bring(write("i.csv", text))
        bring(write("customers.csv", self.HEAD + "77,K77,Gamma,,,,,\n"))
        gamma = Customer.objects.get(external_id="77")
        assert (gamma.number, gamma.name) == ("K77", "Gamma")
        assert OpenItem.objects.get(document_number="A1").customer_id == gamma.pk


class TestContacts:
    def test_are_added_to_their_customers(self, bring: Callable[..., CallResult], write: Writer) -> None:
        text = (
            "Code client;Nom;Prénom;Fonction;E-mail\n"
            "C001;Martin;Zoé;Comptabilité;zoe@acme.example\nZZZ;X;Y;DAF;x@y.fr\n"
        )
        path = write("contacts.csv", text)
        assert counts(bring(path).files[0]) == (2, 1, 0, 0, 1)
        assert counts(bring(path).files[0]) == (2, 0, 0, 1, 1)
        zoe = Contact.objects.get(email="zoe@acme.example")
        assert (zoe.name, zoe.role) == ("Zoé Martin", "accounts")


class TestInvoices:
    def test_stated_open_amounts_are_reached_once(self, bring: Callable[..., CallResult], write: Writer) -> None:
        text = INVOICES + (
            "A1,C001,2026-01-05,2026-02-05,100.00,0.00\n"
            "A2,C001,2026-01-06,2026-02-06,100.00,40.00\nA3,C002,2026-01-06,2026-02-06,50.00,50.00\n"
        )
        path = write("i.csv", text)
        result = bring(path)
        assert counts(result.files[0]) == (3, 3, 0, 0, 0)
        assert result.settled is not None
        assert result.settled["documents"] == 2
        assert open_of(["A1", "A2", "A3"]) == {"A1": 0, "A2": 4000, "A3": 5000}
        implied = OpenItem.objects.get(kind="settled_before")
        assert (implied.amount_minor, implied.is_implied, implied.item_date) == (-16000, True, TODAY)
        again = bring(path)
        assert counts(again.files[0]) == (3, 0, 0, 3, 0)
        assert again.files[0].seen_before
        assert OpenItem.objects.filter(kind="settled_before").count() == 1

    def test_a_changed_invoice_is_corrected_and_keeps_its_payment(
        self, bring: Callable[..., CallResult], write: Writer
    ) -> None:
        head = "Invoice number,Customer,Date,Due date,Amount\n"
        bring(
            write("i.csv", head + "A1,C001,2026-01-05,2026-02-05,100.00\nA2,C001,2026-01-05,2026-02-05,30.00\n"),
            write("p.csv", PAYMENTS + "P1,C001,2026-02-01,A1,80.00,0\n"),
        )
        assert open_of(["A1"]) == {"A1": 2000}
        raised = bring(
            write("i.csv", head + "A1,C001,2026-01-05,2026-02-05,120.00\nA2,C001,2026-01-05,2026-02-05,30.00\n")
        )
        assert counts(raised.files[0]) == (2, 0, 1, 1, 0)
        assert open_of(["A1"]) == {"A1": 4000}
        versions = list(Document.objects.filter(number="A1").order_by("version").values_list("version", "is_current"))
        assert versions == [(1, False), (2, True)]
        lowered = bring(
            write("i.csv", head + "A1,C001,2026-01-05,2026-02-05,50.00\nA2,C001,2026-01-05,2026-02-05,30.00\n")
        )
        assert lowered.files[0].detail["put_on_account"] == [
            {"invoice_number": "A1", "amount_minor": 3000, "currency": "EUR"}
        ]
        assert open_of(["A1", "P1"]) == {"A1": 0, "P1": -3000}

    def test_instalments_on_several_lines_are_one_document(
        self, bring: Callable[..., CallResult], write: Writer
    ) -> None:
        text = (
            "Invoice number,Customer,Date,Due date,Total,Instalment,Instalment amount\n"
            "A1,C001,2026-01-05,2026-02-05,100.00,1,60.00\nA1,C001,2026-01-05,2026-03-05,100.00,2,40.00\n"
            "A2,C001,2026-01-05,2026-02-05,100.00,1,60.00\nA2,C001,2026-01-05,2026-03-05,100.00,2,30.00\n"
        )
        path = write("i.csv", text)
        file = bring(path).files[0]
        assert counts(file) == (4, 1, 0, 0, 2)
        assert list(
            OpenItem.objects.filter(document_number="A1")
            .order_by("instalment_number")
            .values_list("instalment_number", "instalment_count", "amount_minor", "due_date")
        ) == [(1, 2, 6000, date(2026, 2, 5)), (2, 2, 4000, date(2026, 3, 5))]
        assert counts(bring(path).files[0]) == (4, 0, 0, 1, 2)
        bring(write("p.csv", PAYMENTS + "P1,C001,2026-02-01,A1,70.00,0\n"))
        assert list(
            OpenItem.objects.filter(document_number="A1")
            .order_by("instalment_number")
            .values_list("open_minor", flat=True)
        ) == [0, 3000]

    def test_numbers_repeated_with_other_values_are_refused(
        self, bring: Callable[..., CallResult], write: Writer
    ) -> None:
        head = "Invoice number,Customer,Date,Due date,Amount\n"
        text = head + (
            "A1,C001,2026-01-05,2026-02-05,10.00\nA1,C001,2026-01-05,2026-02-05,10.00\n"
            "A2,C001,2026-01-05,2026-02-05,5\nA2,C002,2026-01-05,2026-02-05,5\n"
        )
        file = bring(write("i.csv", text)).files[0]
        assert counts(file) == (4, 2, 0, 0, 2)
        assert [(problem.line, problem.reason) for problem in file.rejected] == [
            (3, "line_repeated"),
            (5, "number_repeated"),
        ]

    def test_due_dates_are_inferred_from_terms_and_marked(
        self, bring: Callable[..., CallResult], write: Writer, company: Company
    ) -> None:
        Customer.objects.filter(pk=company.acme.pk).update(terms="45EOM")
        text = (
            "Invoice number,Customer,Date,Due date,Amount\nA1,C001,2026-01-05,,10.00\n"
            "A2,C002,2026-01-05,,10.00\nA3,C002,2026-01-05,2026-01-20,10.00\n"
        )
        bring(write("i.csv", text))
        assert list(OpenItem.objects.order_by("document_number").values_list("due_date", "due_inferred")) == [
            (date(2026, 2, 28), True),
            (date(2026, 2, 4), True),
            (date(2026, 1, 20), False),
        ]

    def test_what_disappeared_is_told_and_closed_only_on_demand(
        self, bring: Callable[..., CallResult], write: Writer
    ) -> None:
        bring(
            write(
                "i.csv",
                INVOICES + "A1,C001,2026-01-05,2026-02-05,100.00,100.00\nA2,C001,2026-01-06,2026-02-06,70.00,70.00\n",
            )
        )
        rest = write("i2.csv", INVOICES + "A1,C001,2026-01-05,2026-02-05,100.00,100.00\n")
        told = bring(rest)
        assert told.disappeared is not None
        assert (told.disappeared["count"], told.disappeared["invoice_numbers"]) == (1, ["A2"])
        assert open_of(["A2"]) == {"A2": 7000}
        bring(rest, close_missing=True)
        assert open_of(["A1", "A2"]) == {"A1": 10000, "A2": 0}

    def test_the_file_of_a_month_does_not_make_the_others_disappear(
        self, bring: Callable[..., CallResult], write: Writer
    ) -> None:
        known = "".join(f"A{n},C001,2026-01-0{n},2026-02-05,10.00,10.00\n" for n in range(1, 6))
        bring(write("i.csv", INVOICES + known))
        told = bring(write("i2.csv", INVOICES + "A5,C001,2026-01-05,2026-02-05,10.00,10.00\nA6,C001,2026-02-01,,5,5\n"))
        assert told.disappeared is None
        assert open_of(["A1"]) == {"A1": 1000}

    def test_a_corrected_net_and_tax_is_a_correction(self, bring: Callable[..., CallResult], write: Writer) -> None:
        header = "Invoice number,Customer,Date,Due date,Net,VAT,Amount\n"
        bring(write("i.csv", header + "A1,C001,2026-01-05,2026-02-05,10.00,,10.00\n"))
        told = bring(write("i2.csv", header + "A1,C001,2026-01-05,2026-02-05,,10.00,10.00\n"))
        assert told.files[0].changed == 1

    def test_a_dry_run_writes_nothing_but_its_report(self, bring: Callable[..., CallResult], write: Writer) -> None:
        file = bring(
            write("i.csv", INVOICES + "A1,C001,2026-01-05,2026-02-05,abc,0\nA2,C001,2026-01-05,2026-02-05,5,5\n"),
            is_dry_run=True,
        ).files[0]
        assert counts(file) == (2, 1, 0, 0, 1)
        assert not Document.objects.exists()
        run = ImportRun.objects.get()
        assert (run.is_dry_run, run.state, run.rows_rejected) == (True, "done", 1)
        assert RejectedRow.objects.get().line == 2

    def test_disputes_are_taken_over_once(self, bring: Callable[..., CallResult], write: Writer) -> None:
        text = (
            "Invoice number,Customer,Date,Amount,Disputed\nA1,C001,2026-01-05,10.00,Yes\nA2,C001,2026-01-05,10.00,No\n"
        )
        bring(write("i.csv", text))
        bring(write("i.csv", text))
        assert list(Dispute.objects.values_list("document_number", flat=True)) == ["A1"]

    def test_settlement_days_make_the_history(self, bring: Callable[..., CallResult], write: Writer) -> None:
        text = (
            "invoiceNumber,customerID,InvoiceDate,DueDate,InvoiceAmount,SettledDate\n"
            "A1,C001,1/3/2026,2/2/2026,50.39,1/23/2026\nA2,C001,1/4/2026,2/3/2026,9.9,\n"
        )
        path = write("i.csv", text)
        assert counts(bring(path).files[0]) == (2, 2, 0, 0, 0)
        assert open_of(["A1", "A2"]) == {"A1": 0, "A2": 990}
        assert Receipt.objects.get().received_date == date(2026, 1, 23)
        assert counts(bring(path).files[0]) == (2, 0, 0, 2, 0)
        assert Receipt.objects.count() == 1

    def test_credit_notes_are_negative_however_they_are_signed(
        self, bring: Callable[..., CallResult], write: Writer
    ) -> None:
        text = (
            "N° facture;Code client;Date facture;Type;Montant TTC\nV1;C001;31/01/2026;Avoir;10,00\n"
            "V2;C001;31/01/2026;Facture;-5,00\nV3;C001;31/01/2026;Avoir;-7,00\n"
        )
        bring(write("i.csv", text))
        assert list(OpenItem.objects.order_by("document_number").values_list("kind", "amount_minor")) == [
            ("credit_note", -1000), ("credit_note", -500), ("credit_note", -700),
        ]  # fmt: skip


class TestPayments:
    def test_one_transfer_settles_several_invoices_with_a_deduction(
        self, bring: Callable[..., CallResult], write: Writer
    ) -> None:
        result = bring(
            write(
                "p.csv",
                PAYMENTS
                + "P1,C001,2026-02-01,A1,98.00,2.00\nP1,C001,2026-02-01,A2,30.00,0\nP1,C001,2026-02-01,V1,-20.00,0\n",
            ),
            write(
                "i.csv",
                (
                    "Invoice number,Customer,Date,Kind,Amount\nA1,C001,2026-01-05,invoice,100.00\n"
                    "A2,C001,2026-01-05,invoice,50.00\nV1,C001,2026-01-07,credit note,-20.00\n"
                ),
            ),
        )
        assert [file.kind for file in result.files] == ["invoices", "payments"]
        assert counts(result.files[1]) == (3, 1, 0, 0, 0)
        assert open_of(["A1", "A2", "V1", "P1"]) == {"A1": 0, "A2": 2000, "V1": 0, "P1": 0}
        receipt = Receipt.objects.get()
        assert receipt.amount_minor == 10800
        assert list(OpenItem.objects.filter(kind="deduction").values_list("amount_minor", "open_minor")) == [(-200, 0)]

    def test_a_transfer_below_zero_is_a_refund(self, bring: Callable[..., CallResult], write: Writer) -> None:
        bring(
            write("i.csv", "Invoice number,Customer,Date,Kind,Amount\nV1,C001,2026-01-07,credit note,-20.00\n"),
            write("p.csv", PAYMENTS + "P1,C001,2026-02-01,V1,-20.00,0\n"),
        )
        assert list(OpenItem.objects.order_by("pk").values_list("kind", "amount_minor", "open_minor")) == [
            ("credit_note", -2000, 0),
            ("refund", 2000, 0),
        ]

    def test_too_much_and_the_unknown_stay_on_account(self, bring: Callable[..., CallResult], write: Writer) -> None:
        result = bring(
            write("i.csv", "Invoice number,Customer,Date,Amount\nA1,C001,2026-01-05,100.00\n"),
            write(
                "p.csv",
                PAYMENTS + "P1,C001,2026-02-01,A1,150.00,0\nP2,C001,2026-02-01,ZZ,10.00,0\nP3,,2026-02-01,ZZ,10.00,0\n",
            ),
        )
        payments = result.files[1]
        assert counts(payments) == (3, 2, 0, 0, 1)
        assert [(problem.line, problem.reason) for problem in payments.rejected] == [(4, "customer_unknown")]
        assert [(problem.line, problem.reason) for problem in payments.warnings] == [(3, "document_unknown")]
        assert open_of(["A1", "P1", "P2"]) == {"A1": 0, "P1": -5000, "P2": -1000}

    def test_a_payment_in_another_currency_settles_nothing(
        self, bring: Callable[..., CallResult], write: Writer
    ) -> None:
        result = bring(
            write("i.csv", "Invoice number,Customer,Date,Amount\nA1,C001,2026-01-05,100.00\n"),
            write(
                "p.csv",
                "Payment id,Customer,Payment date,Invoice,Amount,Currency\nP1,C001,2026-02-01,A1,100.00,USD\n",
            ),
        )
        assert counts(result.files[1]) == (1, 1, 0, 0, 0)
        assert open_of(["A1", "P1"]) == {"A1": 10_000, "P1": -10_000}

    def test_the_same_payments_again_change_nothing(self, bring: Callable[..., CallResult], write: Writer) -> None:
        bring(write("i.csv", "Invoice number,Customer,Date,Amount\nA1,C001,2026-01-05,100.00\n"))
        path = write(
            "p.csv",
            PAYMENTS + "P1,C001,2026-02-01,A1,60.00,0\n,C001,2026-02-02,A1,5.00,0\n,C001,2026-02-02,A1,5.00,0\n",
        )
        assert counts(bring(path).files[0]) == (3, 3, 0, 0, 0)
        before = (OpenItem.objects.count(), Allocation.objects.count(), total_open())
        assert counts(bring(path).files[0]) == (3, 0, 0, 3, 0)
        assert (OpenItem.objects.count(), Allocation.objects.count(), total_open()) == before
        changed = write("p2.csv", PAYMENTS + "P1,C001,2026-02-01,A1,61.00,0\n")
        assert [problem.reason for problem in bring(changed).files[0].rejected] == ["payment_changed"]

    def test_a_history_given_later_explains_what_was_settled_before(
        self, bring: Callable[..., CallResult], write: Writer
    ) -> None:
        bring(
            write(
                "i.csv",
                INVOICES + "A1,C001,2026-01-05,2026-02-05,100.00,0.00\nA2,C001,2026-01-06,2026-02-06,100.00,40.00\n",
            )
        )
        result = bring(write("p.csv", PAYMENTS + "P1,C001,2026-02-01,A1,70.00,0\n"))
        assert result.files[0].detail["settled_before_explained"] == 1
        assert open_of(["A1", "A2", "P1"]) == {"A1": 0, "A2": 4000, "P1": 0}
        left = OpenItem.objects.filter(kind="settled_before").exclude(
            pk__in=OpenItem.objects.filter(reverses__isnull=False).values("reverses_id")
        )
        assert [item.amount_minor for item in left] == [-9000]


class TestFec:
    def test_lines_in_another_currency_are_kept_at_their_value_and_told(
        self, bring: Callable[..., CallResult], write: Writer, fec: Callable[..., str]
    ) -> None:
        lines = fec(MONTH).split("\r\n")
        abroad = [line[:-1] + "1300,00|usd" if ";FA001;" in line.replace("|", ";") else line for line in lines]
        file = bring(write("732829320FEC20261231.txt", "\r\n".join(abroad))).files[0]
        assert file.detail["foreign_currencies"] == [{"currency": "USD", "lines": 1}]
        assert file.tie_out is not None
        assert file.tie_out["ties"] is True
        assert set(OpenItem.objects.values_list("currency", flat=True)) == {"EUR"}

    def test_the_books_tie_to_the_general_ledger(
        self, bring: Callable[..., CallResult], write: Writer, fec: Callable[..., str]
    ) -> None:
        file = bring(write("732829320FEC20261231.txt", fec(MONTH))).files[0]
        assert counts(file) == (21, 9, 0, 0, 0)
        assert file.tie_out is not None
        assert file.tie_out["ties"] is True
        assert file.tie_out["general_ledger"] == {"amount": "695.00", "currency": "EUR"}
        kinds = dict(OpenItem.objects.values_list("document_number", "kind"))
        assert kinds["FA001"] == "invoice"
        assert kinds["AV001"] == "credit_note"
        assert sorted(kinds.values()) == [
            "credit_note", "deposit", "invoice", "invoice", "invoice", "invoice", "receipt", "receipt", "write_off",
        ]  # fmt: skip
        assert open_of(["FA001", "FA002", "FA003"]) == {"FA001": 0, "FA002": 0, "FA003": 26000}
        lettered = Allocation.objects.get(code="AA")
        assert (lettered.allocation_date, lettered.code_date) == (date(2026, 2, 10), date(2026, 2, 10))
        assert file.detail["lettrage"]["groups_full"] == 1
        assert file.detail["lettrage"]["partial"][0]["left"] == {"amount": "260.00", "currency": "EUR"}
        assert OpenItem.objects.get(document_number="FA003").due_inferred

    def test_the_same_again_changes_nothing_and_more_lines_are_added(
        self, bring: Callable[..., CallResult], write: Writer, fec: Callable[..., str]
    ) -> None:
        path = write("a.txt", fec(MONTH))
        bring(path)
        before = (OpenItem.objects.count(), Allocation.objects.count())
        assert counts(bring(path).files[0]) == (21, 0, 0, 9, 0)
        assert (OpenItem.objects.count(), Allocation.objects.count()) == before
        rest = [
            row.replace(";360,00;0,00;B;", ";360,00;0,00;BB;20260320").replace(
                ";0,00;100,00;B;", ";0,00;100,00;BB;20260320"
            )
            for row in MONTH
        ]
        more = [
            "BQ;9;20260320;51200000;;;VIR;VIR NOVA;260,00;0,00",
            "BQ;9;20260320;41100000;CNOVA;Nova SARL;VIR;VIR NOVA;0,00;260,00;BB;20260320",
        ]
        file = bring(write("b.txt", fec(rest + more))).files[0]
        assert counts(file) == (23, 1, 0, 9, 0)
        assert open_of(["FA003"]) == {"FA003": 0}
        assert file.tie_out is not None
        assert file.tie_out["ties"] is True

    def test_the_next_year_opens_on_what_is_known(
        self, bring: Callable[..., CallResult], write: Writer, fec: Callable[..., str]
    ) -> None:
        bring(write("732829320FEC20261231.txt", fec(MONTH)))
        year = [
            "AN;1;20270101;41100000;CDUPRE;Ets Dupré;RAN;A nouveau;1000,00;0,00;C;20270110",
            "AN;1;20270101;41100000;CNOVA;Nova SARL;RAN;A nouveau;195,00;0,00",
            "AN;1;20270101;41910000;CNOVA;Nova SARL;RAN;A nouveau;0,00;500,00",
            "AN;1;20270101;10100000;;;RAN;A nouveau;0,00;695,00",
            "BQ;1;20270110;51200000;;;VIR;VIR DUPRE;1000,00;0,00",
            "BQ;1;20270110;41100000;CDUPRE;Ets Dupré;VIR;VIR DUPRE;0,00;1000,00;C;20270110",
        ]
        path = write("732829320FEC20271231.txt", fec(year))
        file = bring(path).files[0]
        assert counts(file) == (6, 1, 0, 3, 0)
        assert file.detail["opening_known"] == {"lines_known": 3, "differences": []}
        assert file.tie_out is not None
        assert file.tie_out["ties"] is True
        brought_forward = OpenItem.objects.get(item_date=date(2026, 1, 1))
        assert brought_forward.open_minor == 0
        assert counts(bring(path).files[0]) == (6, 0, 0, 4, 0)

    def test_a_line_that_cannot_be_read_is_told_with_the_tie_out(
        self, bring: Callable[..., CallResult], write: Writer, fec: Callable[..., str]
    ) -> None:
        rows = [row.replace("360,00;0,00;B", "36O,00;0,00;B") for row in MONTH]
        file = bring(write("a.txt", fec(rows))).files[0]
        assert [(problem.line, problem.field) for problem in file.rejected] == [(13, "Debit")]
        assert file.tie_out is not None
        assert file.tie_out["file_balances"] is False
        assert file.tie_out["reasons"] == [
            {"line": 13, "field": "Debit", "value": "36O,00", "reason": "amount_unreadable"}
        ]

    def test_a_fec_without_customers_is_refused(
        self, bring: Callable[..., CallResult], write: Writer, fec: Callable[..., str]
    ) -> None:
        file = bring(write("a.txt", fec([row for row in MONTH if ";41" not in row]))).files[0]
        assert file.refusal is not None
        assert file.refusal.code == "no_receivables"


class TestCalls:
    def test_a_refused_file_leaves_the_others_done(self, bring: Callable[..., CallResult], write: Writer) -> None:
        result = bring(
            write("bad.csv", "a,b\n1,2\n"), write("i.csv", INVOICES + "A1,C001,2026-01-05,2026-02-05,5.00,5.00\n")
        )
        assert {file.file: bool(file.refusal) for file in result.files} == {"bad.csv": True, "i.csv": False}
        assert set(ImportRun.objects.values_list("file_name", "state")) == {("bad.csv", "refused"), ("i.csv", "done")}

    def test_each_file_is_in_the_audit_trail(self, bring: Callable[..., CallResult], write: Writer) -> None:
        bring(write("i.csv", INVOICES + "A1,C001,2026-01-05,2026-02-05,5.00,5.00\n"))
        entry = AuditEntry.objects.get(verb="import")
        assert (entry.details["kind"], entry.details["created"]) == ("invoices", 1)

    def test_a_mapping_is_learnt_and_recognised(
        self, bring: Callable[..., CallResult], write: Writer, company: Company
    ) -> None:
        path = write("alt.csv", "Belegnr;Kunde;Datum;Betrag\nB1;C001;01/02/2026;1.234\n")
        preview = queries.preview(path, organisation_id=company.organisation_id, kind=None, mapping=None, limit=5)
        assert isinstance(preview.refusal, problems.KindUnknown)
        header = ("Belegnr", "Kunde", "Datum", "Betrag")
        imports.save_mapping(
            queries.Mapping(
                name="Alt",
                kind="invoices",
                header=header,
                columns=dict(zip(("number", "customer", "issue_date", "gross"), header, strict=True)),
                date_order="dmy",
                decimal_mark=",",
            ),
            organisation_id=company.organisation_id,
            by=company.by,
        )
        file = bring(path).files[0]
        assert counts(file) == (1, 1, 0, 0, 0)
        assert file.form["mapping"] == "Alt"
        item = OpenItem.objects.get()
        assert (item.item_date, item.amount_minor) == (date(2026, 2, 1), 123400)

    def test_a_mapping_without_the_needed_fields_is_refused(self, company: Company) -> None:
        with pytest.raises(imports.MappingIncomplete):
            imports.save_mapping(
                queries.Mapping(name="Half", kind="invoices", header=("X",), columns={"number": "X"}),
                organisation_id=company.organisation_id,
                by=company.by,
            )


def test_a_large_file_read_by_several_processes_is_the_same_in_the_books(
    bring: Callable[..., CallResult], write: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processors, "processors", lambda: 3)
    monkeypatch.setattr(processors, "may_fork", lambda: True)
    monkeypatch.setattr(tables, "BLOCK_ROWS", 5)
    monkeypatch.setattr(loading, "_SHARED_FROM_ROWS", 1)
    lines = [f"A{n},C001,2026-01-05,2026-02-05,{'oops' if n == 17 else '100.00'}" for n in range(1, 44)]
    path = write("i.csv", "Invoice number,Customer,Date,Due date,Amount\n" + "\n".join(lines) + "\n")
    found = bring(path).files[0]
    assert counts(found) == (43, 42, 0, 0, 1)
    assert [problem.line for problem in found.rejected] == [18]
    assert OpenItem.objects.filter(kind="invoice").count() == 42


def test_a_first_book_is_indexed_once_it_is_in(
    bring: Callable[..., CallResult], write: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_LARGE_ROWS", 1)
    laid: list[int] = []
    lay_aside = indexes.lay_aside

    def patiently(names: Sequence[str]) -> None:
        found = lay_aside(names)
        for _ in range(0 if laid else 50):  # the server's own upkeep may be at work with a table for a moment
            if not found:
                time.sleep(0.1)
                found = lay_aside(names)
        laid.append(found)

    monkeypatch.setattr(indexes, "lay_aside", patiently)
    invoices = "".join(f"A{n},C{n % 3},2026-01-05,2026-02-05,100.00\n" for n in range(1, 30))
    payments = "".join(f"P{n},C{n % 3},2026-02-01,A{n},60.00\n" for n in range(1, 20))
    files = (
        write("i.csv", "Invoice number,Customer,Date,Due date,Amount\n" + invoices),
        write("p.csv", "Payment,Customer,Payment date,Invoice,Amount\n" + payments),
    )
    before = _indexes_of(loading.INDEXED_LAST)
    bring(*files, indexes_last=True)
    bring(*files, indexes_last=True)
    assert laid[0] > 10
    assert laid[1] == 0  # there are rows now
    assert _indexes_of(loading.INDEXED_LAST) == before
    assert sum(OpenItem.objects.values_list("open_minor", flat=True)) == 29 * 100_00 - 19 * 60_00


def _indexes_of(names: Sequence[str]) -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("select indexname, indexdef from pg_indexes where tablename = any(%s)", [list(names)])
        return set(cursor.fetchall())
