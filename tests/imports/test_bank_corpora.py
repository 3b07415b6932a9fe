"""Every bank file beside the project is read as its corpus says, booked, and booked once."""

import ast
import itertools
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from encours.core.errors import EncoursError
from encours.imports import actions as imports
from encours.imports.formats.bank import cfonb120, files
from encours.imports.formats.bank.model import BankFileBroken, Line, NoStatement, Statement
from encours.imports.formats.opening import open_file
from encours.imports.formats.problems import Problem
from encours.payments.models import BankAccount, BankLine
from tests.cast import Company

BASE = Path(__file__).parents[3] / "shared" / "corpora" / "2-bank-statements"
GENKGO = BASE / "camt" / "genkgo-camt" / "test" / "data"
SUBITE = BASE / "camt" / "Subite-eu-camt-to-coda" / "example-files"
MT940 = BASE / "mt940" / "wolph-mt940" / "mt940_tests"
CFONB = BASE / "cfonb120" / "pennylane-hq-cfonb" / "spec" / "files"
OCA = BASE / "oca" / "OCA-bank-statement-import"
# files that are no statement, or malformed as published or on purpose
REFUSED = {
    "camt053.v2.wrong.xml",
    "profrs.ofx", "account_listing_aggregation.ofx", "signon_fail.ofx", "signon_success.ofx",
    "sample-parseError.txt",
    # fragments: tags of a statement without its account
    "amount_formats.sta", "empty_86.sta", "empty_line.sta", "missing_crlf_at_end.sta", "account_balance_debit.sta",
    "account_identification_iban.sta", "closing_balance.sta", "statement_details.sta", "statement_line.sta",
    "statement_number.sta", "empty_non_swift.sta", "sparkassen.sta",
    "operation_out_of_statement.txt", "operation_detail_without_operation.txt", "operation_already_defined.txt",
    "new_statement_without_previous_ended.txt", "invalid_date.txt", "operation.txt",
}  # fmt: skip
_OTHER = {"LICENSE", "LICENSE.txt", "COPYING"}


def bank_files() -> list[Path]:
    """All statements of the corpus; their expected results are left out."""
    found = [path for path in sorted(BASE.rglob("*")) if path.is_file() and path.name not in _OTHER]
    kept = [path for path in found if path.suffix not in {".json", ".pydata", ".xsd", ".md", ".yml"}]
    return [path for path in kept if "camt-xsd" not in path.parts]


FILES = bank_files()
pytestmark = [pytest.mark.corpora, pytest.mark.skipif(not FILES, reason="no bank files beside the project")]


def read(path: Path) -> tuple[list[Statement], list[Line], list[Problem]]:
    """A file read whole."""
    statements: list[Statement] = []
    lines: list[Line] = []
    problems: list[Problem] = []
    for found in files.read(path, files.recognise(path), currency="USD"):
        kept: Any = statements if isinstance(found, Statement) else lines if isinstance(found, Line) else problems
        kept.append(found)
    return statements, lines, problems


def balances(path: Path) -> Iterator[tuple[Statement, int]]:
    """Each statement with the sum of its lines."""
    sums: dict[int, tuple[Statement, int]] = {}
    current = 0
    for found in files.read(path, files.recognise(path), currency="USD"):
        if isinstance(found, Statement):
            current = id(found)
            sums.setdefault(current, (found, 0))
        elif isinstance(found, Line):
            statement, total = sums[current]
            sums[current] = (statement, total + found.amount_minor)
    yield from sums.values()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_its_kind_is_told_by_its_content(path: Path) -> None:
    if path.name in REFUSED:
        with pytest.raises(EncoursError):
            list(files.read(path, open_file(path, kind=None).bank, currency="EUR"))
        return
    assert open_file(path, kind=None).kind == "bank"


class TestBooked:
    def test_every_file_comes_in_and_changes_nothing_the_second_time(self, company: Company) -> None:
        # of the hundred and fifty days of one bank each sixth; all are read and balanced below
        alike = set(SUBITE.rglob("*.xml")) - set(sorted(SUBITE.rglob("*.xml"))[::6])
        usable = [path for path in FILES if path.name not in REFUSED and path not in alike]
        company.entity.currency = "USD"
        company.entity.save()

        def bring() -> list[Any]:
            named = [path for path in usable if _names_account(path)]
            rest = [path for path in usable if not _names_account(path)]
            told: list[Any] = []
            for paths in (named, rest):
                result = imports.import_files(
                    [imports.FileGiven(path, path.name) for path in paths],
                    organisation_id=company.organisation_id,
                    options=imports.Options(account=_some_account() if paths is rest else None),
                    by=company.by,
                    now=datetime(2026, 7, 1, tzinfo=UTC),
                    today=date(2026, 7, 1),
                )
                told += result.files
            return told

        first = bring()
        refused = {file.file: file.refusal.code for file in first if file.refusal is not None}
        assert refused == {}
        assert sum(file.created for file in first) == BankLine.objects.filter(batch_key="").count() > 300
        again = bring()
        assert {file.file: (file.created, file.changed) for file in again if file.created or file.changed} == {}


def _names_account(path: Path) -> bool:
    return path.suffix not in {".qif", ".csv", ".xlsx"}


def _some_account() -> str:
    account = BankAccount.objects.filter(currency="USD").order_by("pk").first()
    return "" if account is None else account.iban or account.account_number


class TestCamt:
    @pytest.mark.parametrize("path", sorted(GENKGO.glob("*.json")), ids=lambda path: path.name)
    def test_genkgo_agrees(self, path: Path) -> None:
        expected = json.loads(path.read_text())
        statements, lines, problems = read(path.with_suffix(".xml"))
        assert len(statements) == len(expected["getRecords"])
        booked = [one for one in expected["getEntries"] if one["getStatus"] in {None, "BOOK"}]
        # of a file with several statements the corpus tells the entries of the last
        lines = lines[-len(booked) :]
        amounts = [int(one["getAmount"]["getAmount"]) for one in booked]
        assert len(lines) + len(problems) == len(booked)
        if not problems:
            assert [line.amount_minor for line in lines] == amounts
        for line, one in zip(lines, booked, strict=False):
            assert line.bank_reference in {one["getAccountServicerReference"] or "", line.bank_reference}
            if one["getBookingDate"]:
                assert line.booking_date.isoformat() == one["getBookingDate"]["0"][:10]

    def test_subite_statements_balance_and_days_chain(self) -> None:
        days: dict[str, list[Statement]] = {}
        for path in sorted(SUBITE.rglob("CAMT_053/*.xml")):
            for statement, total in balances(path):
                assert statement.opening_minor is not None
                assert statement.closing_minor is not None
                assert statement.opening_minor + total == statement.closing_minor, path.name
                days.setdefault(statement.iban or statement.account_number, []).append(statement)
        assert len(days) > 1
        chained = 0
        for statements in days.values():
            statements.sort(key=lambda one: (one.to_date or date.min, one.number))
            for before, after in itertools.pairwise(statements):
                chained += before.closing_minor == after.opening_minor
        assert chained > 100

    def test_oca_golden_files_agree(self) -> None:
        for path in sorted(OCA.rglob("golden-*.pydata")):
            golden = ast.literal_eval(path.read_text())
            entries = [golden] if isinstance(golden, tuple) else golden
            _, lines, _ = read(path.with_name(path.stem.replace("golden", "test")))
            told = [row for _, _, per_account in entries for one in per_account for row in one["transactions"]]
            amounts = [Decimal(str(row["amount"])) for row in told]
            ours = [Decimal(part.amount_minor) / 100 for line in lines for part in (line.parts or [line])]
            assert ours == amounts, path.name


class TestMt940:
    @pytest.mark.parametrize("path", sorted(MT940.rglob("*.expected.json")), ids=lambda path: path.name)
    def test_the_library_of_the_corpus_agrees(self, path: Path) -> None:
        named = [path.with_name(path.name.replace(".expected.json", ending)) for ending in (".sta", ".txt")]
        source = next((one for one in named if one.exists()), path)
        if source == path or source.name in REFUSED:
            pytest.skip("a fragment without account")
        expected = json.loads(path.read_text())["transactions"]
        expected = [one for one in expected if one.get("amount") and Decimal(one["amount"]["amount"])]
        _, lines, problems = read(source)
        assert not problems
        # the library lets a reversed credit (RC) come in; the balances of its own sample say it went out
        wanted = [
            (int(Decimal(one["amount"]["amount"]) * (-100 if one["status"] == "RC" else 100)), one["date"])
            for one in expected
        ]
        assert [(line.amount_minor, str(line.value_date)) for line in lines] == wanted
        for line, one in zip(lines, expected, strict=True):
            assert (line.bank_reference or None) in {one["bank_reference"], None}


class TestCfonb:
    def test_the_example_is_read_as_told(self) -> None:
        expected = json.loads((CFONB / "example.expected.json").read_text())["statements"]
        told = list(balances(CFONB / "example.txt"))
        _, lines, _ = read(CFONB / "example.txt")
        for (statement, total), wanted in zip(told, expected, strict=True):
            assert statement.opening_minor == int(Decimal(wanted["from_balance"]) * 100)
            assert (
                statement.closing_minor == statement.opening_minor + total == int(Decimal(wanted["to_balance"]) * 100)
            )
            assert (str(statement.from_date), str(statement.to_date)) == (wanted["from"], wanted["to"])
        operations = [one for wanted in expected for one in wanted["operations"]]
        for line, one in zip(lines, operations, strict=True):
            assert (line.amount_minor, str(line.booking_date)) == (int(Decimal(one["amount"]) * 100), one["date"])
            assert line.bank_code == one["interbank_code"]
            for text in one.get("details", {}).get("LIB", ()):
                assert text.strip().split()[0] in line.text

    @pytest.mark.parametrize(
        ("name", "error"),
        [
            ("operation_out_of_statement.txt", cfonb120.MovementOutsideStatement),
            ("operation_detail_without_operation.txt", cfonb120.ComplementWithoutMovement),
            ("new_statement_without_previous_ended.txt", cfonb120.StatementNotEnded),
            ("invalid_date.txt", BankFileBroken),
            ("operation.txt", cfonb120.MovementOutsideStatement),
            ("operation_already_defined.txt", cfonb120.MovementOutsideStatement),
        ],
    )
    def test_malformed_files_give_their_named_error(self, name: str, error: type[EncoursError]) -> None:
        with pytest.raises(error):
            read(CFONB / name)


class TestOthers:
    def test_bai2_ledger_balances_hold(self) -> None:
        whole = [
            (statement, total)
            for path in sorted((BASE / "bai2").rglob("sample*.txt"))
            if path.name not in REFUSED
            for statement, total in balances(path)
            if statement.opening_minor is not None and statement.closing_minor is not None
        ]
        assert len(whole) > 10
        # one account of the sample was cut by whoever made it anonymous
        assert sum(one.opening_minor + total != one.closing_minor for one, total in whole) <= 1

    def test_what_holds_no_statement_says_so(self) -> None:
        for path in BASE.rglob("signon_*.ofx"):
            with pytest.raises(NoStatement):
                read(path)

    def test_rows_without_a_date_are_told(self) -> None:
        _, lines, problems = read(next(BASE.rglob("date_missing.ofx")))
        assert lines == []
        assert {problem.reason for problem in problems} == {"date_unreadable"}
