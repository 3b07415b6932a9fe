"""A bank file into the books: read as a stream, COPY into staging, book by sets."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection

from encours.access.models import Entity
from encours.core.actors import Actor
from encours.core.money import Money
from encours.imports.actions.results import FileResult
from encours.imports.actions.runs import KEPT_ROWS_MAX, RunRecorder
from encours.imports.formats.bank import files, sheet
from encours.imports.formats.bank.model import Line, NoStatement, NotABankFile, Read, Statement
from encours.imports.formats.opening import Opened
from encours.imports.formats.problems import Problem
from encours.payments import advice_actions as advices
from encours.payments import bank_actions as payments

_UNSAFE = re.compile(r"[\\\n\r\x00]")
_SEPARATED = re.compile(r"[\t\x00]")
_DETAIL_KEPT_MAX = 500
_PROGRESS_EVERY = 2000
NULL = "\\N"


@dataclass(frozen=True, slots=True)
class BankCall:
    """What every bank file of a call shares."""

    organisation_id: int
    by: Actor
    now: datetime
    today: date
    recorder: RunRecorder
    entity_code: str | None = None
    account: str | None = None

    def owner(self) -> payments.Owner:
        """Whose books the file goes into."""
        return payments.Owner(self.organisation_id, self.by, self.entity_code, self.account)


@dataclass(slots=True)
class _Heard:
    """A statement on its way: what its lines came to so far."""

    number: int
    told: Statement
    sum_minor: int = 0
    count: int = 0
    currency: str = ""
    first_day: date | None = None
    last_day: date | None = None
    digest: Any = field(default_factory=hashlib.sha256)
    batches_differ: int = 0

    def see(self, line: Line, digest: str) -> None:
        """Count one line in."""
        self.sum_minor += line.amount_minor
        self.count += 1
        self.currency = self.currency or line.currency
        day = line.booking_date
        if self.first_day is None or day < self.first_day:
            self.first_day = day
        if self.last_day is None or day > self.last_day:
            self.last_day = day
        self.digest.update(f"{day}{line.amount_minor}{digest}{len(line.parts)};".encode())

    def staged(self, *, today: date, currency: str) -> payments.StagedStatement | None:
        """As payments books it; None for a report that tells nothing at all."""
        told = self.told
        if not (self.count or told.iban or told.account_number):
            return None
        to_date = told.to_date or self.last_day or told.from_date or today
        from_date = min(told.from_date or self.first_day or to_date, to_date)
        return payments.StagedStatement(
            number=self.number,
            account=payments.StatedAccount(
                iban=told.iban,
                number="" if told.iban else told.account_number,
                bic=told.bic,
                currency=told.currency or self.currency or currency,
                name=told.account_name,
                kind=told.account_kind,
            ),
            name=told.number,
            format=told.format,
            is_interim=told.is_interim,
            from_date=from_date,
            to_date=to_date,
            opening_minor=told.opening_minor,
            closing_minor=told.closing_minor,
            sum_minor=self.sum_minor,
            line_count=self.count,
            fingerprint=self.digest.hexdigest(),
        )


def load_bank(call: BankCall, opened: Opened, result: FileResult) -> int | None:
    """Book a bank file and say whose company's it is, where it is of one; balances and gaps are looked at.

    Unreadable lines are left out and told. An archive is booked file by file, all or nothing. Refuses what is no
    statement, and what contradicts its format.
    """
    if opened.bank == "zip":
        with files.unpacked(opened.path) as members:
            if not members:
                raise NoStatement(format="ZIP")
            for name, path in members:
                form = files.recognise(path)
                if form in {"", "zip"}:
                    raise NotABankFile(file=name)
                _load(call, files.read(path, form, currency=currency_of(call)), result, member=name)
    elif opened.bank == "sheet" and opened.table is not None and opened.columns is not None:
        rows = sheet.read(opened.table, opened.columns, opened.style(), currency=currency_of(call))
        _load(call, rows, result)
    else:
        _load(call, files.read(opened.path, opened.bank, currency=currency_of(call)), result)
    joined = advices.join_advices(organisation_id=call.organisation_id, by=call.by)
    if joined:
        result.detail["advices_joined"] = len(joined)
    entities = {one["entity_id"] for one in result.detail.get("accounts", {}).values()}
    return entities.pop() if len(entities) == 1 else None


def currency_of(call: BankCall) -> str:
    """What a file without currency is taken to be in: the chosen account's, else the company's."""
    if call.account is not None:
        account = payments.account_for(call.owner(), payments.StatedAccount())
        if account is not None:
            return account.currency
    entities = Entity.objects.filter(organisation_id=call.organisation_id).order_by("pk")
    if call.entity_code is not None:
        entities = entities.filter(code=call.entity_code)
    found = entities.values_list("currency", flat=True).first()
    return found or "EUR"


def _load(call: BankCall, rows: Read, result: FileResult, *, member: str = "") -> None:
    payments.prepare_staging()
    heard: list[_Heard] = []
    read_before = result.rows_read
    columns = payments.STAGED_COLUMNS
    with connection.cursor() as cursor, cursor.copy(f"copy staged_bank_line ({columns}) from stdin") as copy:
        for text in _staged(rows, heard, result, call):
            copy.write(text)
    default = currency_of(call)
    found = (entry.staged(today=call.today, currency=default) for entry in heard)
    statements = [one for one in found if one is not None]
    booked = payments.book_staged(call.owner(), statements, import_id=result.run_id or 0)
    result.created += booked.created
    result.changed += booked.details
    result.unchanged += booked.unchanged
    _tell(result, heard, statements, booked, member=member)
    result.detail["lines"] = result.detail.get("lines", 0) + result.rows_read - read_before


def _staged(rows: Read, heard: list[_Heard], result: FileResult, call: BankCall) -> Iterator[str]:
    """COPY rows of the lines, statements being collected on the way."""
    seq = 0
    current: _Heard | None = None
    by_identity: dict[int, _Heard] = {}
    waiting: list[str] = []
    for found in rows:
        if isinstance(found, Line) and current is not None:
            seq += 1
            result.rows_read += 1
            digest = _digest(found)
            current.see(found, digest)
            waiting.append(_row(seq, None, current.number, found, digest))
            batch = seq
            for part in found.parts:
                seq += 1
                waiting.append(_row(seq, batch, current.number, part, ""))
            if "payments_differ" in found.details:
                _warn(result, found.place, "batch", str(found.details.get("batch", "")), "batch_differs")
            if len(waiting) >= _PROGRESS_EVERY:
                yield "".join(waiting)
                waiting.clear()
                if result.run_id is not None:
                    call.recorder.progress(result.run_id, percent=40, step="reading", rows=result.rows_read)
        elif isinstance(found, Statement):
            if id(found) not in by_identity:
                by_identity[id(found)] = _Heard(len(heard) + 1, found)
                heard.append(by_identity[id(found)])
            current = by_identity[id(found)]
        elif isinstance(found, Problem):
            if found.reason == "control_total_differs":
                result.warn([found], kept_max=KEPT_ROWS_MAX)
            else:
                result.rows_read += 1
                result.refuse([found], kept_max=KEPT_ROWS_MAX)
    if waiting:
        yield "".join(waiting)


def _digest(line: Line) -> str:
    """What tells equal lines of one day and amount from each other, as far as the bank says anything."""
    told = "\x1f".join(
        (
            line.currency,
            line.bank_reference,
            line.end_to_end_id,
            line.structured_reference,
            line.counterparty_iban,
            line.counterparty_name,
            line.text,
            line.bank_code if not line.bank_reference else "",
        )
    )
    plain = " ".join(told.upper().split())
    return hashlib.blake2b(plain.encode("utf-8", "replace"), digest_size=6).hexdigest()


def _row(seq: int, batch_seq: int | None, statement: int, line: Line, digest: str) -> str:
    """One row of COPY's text form."""
    details = json.dumps(line.details, ensure_ascii=False) if line.details else "{}"
    original = line.original_amount_minor
    texts = (
        line.counterparty_name,
        line.counterparty_iban,
        line.ultimate_name,
        line.text,
        line.structured_reference,
        line.entry_reference,
        line.bank_reference,
        line.end_to_end_id,
        line.mandate_id,
        line.bank_code,
        line.return_reason,
    )
    joined = "\t".join(texts)
    if joined.count("\t") != len(texts) - 1 or "\x00" in joined:
        joined = "\t".join(_SEPARATED.sub(" ", text) for text in texts)
    row = (
        f"{seq}\t{NULL if batch_seq is None else batch_seq}\t{statement}\t{line.place}\t{line.booking_date}"
        f"\t{line.value_date or line.booking_date}\t{line.currency}\t{line.amount_minor}\t"
    )
    tail = f"{line.charges_minor}\t{line.original_currency}\t{NULL if original is None else original}\t"
    if _UNSAFE.search(joined):
        joined = joined.replace("\\", "\\\\").replace("\n", " ").replace("\r", " ")
    if details != "{}":
        details = details.replace("\\u0000", " ").replace("\\", "\\\\").replace("\t", " ").replace("\x00", " ")
    return f"{row}{joined}\t{tail}{details}\t{digest}\n"


def _warn(result: FileResult, line: int, name: str, value: str, reason: str) -> None:
    result.warn([Problem(line, name, value[:200], reason)], kept_max=KEPT_ROWS_MAX)


def _tell(
    result: FileResult,
    heard: list[_Heard],
    statements: list[payments.StagedStatement],
    booked: payments.Booked,
    *,
    member: str,
) -> None:
    """Accounts, statements, balances and gaps, for the report."""
    pending = sum(entry.told.pending for entry in heard)
    told: list[dict[str, Any]] = result.detail.setdefault("statements", [])
    for one in statements:
        difference = one.difference_minor
        if difference:
            _warn(result, one.number, "balance", _amount(difference, one.currency), "balance_differs")
        if one.gap is not None and one.gap[0] and not one.is_known:
            _warn(result, one.number, "opening", _amount(one.gap[0], one.currency), "statement_gap")
        if len(told) < _DETAIL_KEPT_MAX:
            told.append(_statement(one, member))
    result.detail["statement_count"] = result.detail.get("statement_count", 0) + len(statements)
    result.detail["pending"] = result.detail.get("pending", 0) + pending
    result.detail["batch_payments"] = result.detail.get("batch_payments", 0) + booked.details
    if pending:
        _warn(result, 0, "status", str(pending), "not_booked_yet")
    accounts: dict[str, Any] = result.detail.setdefault("accounts", {})
    for one in statements:
        account = accounts.setdefault(
            str(one.account_id),
            {
                "id": one.account_id,
                "entity_id": one.entity_id,
                "account": one.account.iban or one.account.number,
                "currency": one.currency,
                "is_new": one.account_id in booked.accounts_added,
                "created": 0,
            },
        )
        account["created"] += one.created


def _amount(minor: int, currency: str) -> str:
    shown = Money(minor, currency).as_json()
    return f"{shown['amount']} {shown['currency']}"


def _statement(one: payments.StagedStatement, member: str) -> dict[str, Any]:
    def money(minor: int | None) -> dict[str, str] | None:
        return None if minor is None else Money(minor, one.currency).as_json()

    return {
        "file": member,
        "account": one.account.iban or one.account.number,
        "account_id": one.account_id,
        "number": one.name,
        "format": one.format,
        "from": one.from_date,
        "to": one.to_date,
        "interim": one.is_interim,
        "opening": money(one.opening_minor),
        "closing": money(one.closing_minor),
        "lines": one.line_count,
        "created": one.created,
        "known": one.is_known,
        "difference": money(one.difference_minor),
        "gap": None if one.gap is None else {"amount": money(one.gap[0]), "since": one.gap[1]},
    }
