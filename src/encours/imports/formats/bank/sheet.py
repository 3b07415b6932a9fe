"""A bank's or payment provider's CSV or XLSX, its columns known by their headings or by a learnt mapping."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from encours.core.currencies import exponent, is_currency
from encours.core.text import fold_words
from encours.imports.formats.bank.model import Line, Read, Statement, reference
from encours.imports.formats.blocks import NULL, BlockReader, Style
from encours.imports.formats.headers import Columns
from encours.imports.formats.problems import Problem
from encours.imports.formats.tables import Block, Table

_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_NUMBER = re.compile(
    r"(?i)(?:account (?:number|no)|num[eé]ro de compte|n°? ?(?:de )?compte|compte n°?)\s*:?\s*([\d][\d .]{4,})"
)
_NAME = re.compile(r"(?i)(?:account name|intitul[eé](?: du compte)?|titulaire)\s*:\s*([^,;]{2,80})")
_CURRENCY = re.compile(r"\b([A-Z]{3})\b")
_DEBIT = frozenset({"d", "debit", "dr", "dbit", "out", "sortie", "debiteur", "withdrawal"})
# what a row's status says of one that moved no money: refused or taken back, or still to come
_NEVER = frozenset(
    {"refuse", "refusee", "rejete", "rejetee", "annule", "annulee", "declined", "canceled", "cancelled", "failed"}
    | {"reverted", "rejected", "denied", "voided", "expired", "echoue", "echouee"}
)
_NOT_YET = frozenset({"en cours", "en attente", "pending", "processing", "a venir", "in progress", "authorized"})
_CREDIT = frozenset({"c", "credit", "cr", "crdt", "in", "entree", "crediteur", "deposit"})


@dataclass(slots=True)
class _Chain:
    """The running balance, from which the statement's own are had when every row agrees with it."""

    first: tuple[int, int] | None = None  # amount, balance
    last: tuple[int, int] | None = None
    total: int = 0
    is_whole: bool = True

    def see(self, amount: int, balance: int | None) -> None:
        """Take one more row into account."""
        if balance is None:
            self.is_whole = False
            return
        self.first = self.first or (amount, balance)
        self.last = (amount, balance)
        self.total += amount

    def bounds(self) -> tuple[int, int] | None:
        """(opening, closing), the rows standing oldest or newest first: -23.50 then 1,510.00 -> (10.00, 1,510.00)."""
        if not self.is_whole or self.first is None or self.last is None:
            return None
        for oldest, newest in ((self.first, self.last), (self.last, self.first)):
            opening = oldest[1] - oldest[0]
            if opening + self.total == newest[1]:
                return opening, newest[1]
        return None


@dataclass(slots=True)
class _Statements:
    """One statement a currency, as rows bring them."""

    account: Statement
    is_provider: bool
    found: dict[str, Statement] = field(default_factory=dict)
    chains: dict[str, _Chain] = field(default_factory=dict)
    current: str = ""

    def turn_to(self, currency: str) -> Iterator[Statement]:
        """The statement of that currency, told again whenever the currency changes."""
        if currency not in self.found:
            head = self.account
            self.found[currency] = Statement(
                format="payout" if self.is_provider else "sheet",
                iban=head.iban,
                account_number=head.account_number,
                account_name=head.account_name,
                currency=currency,
                account_kind="psp" if self.is_provider else "bank",
            )
            self.chains[currency] = _Chain()
        if currency != self.current:
            self.current = currency
            yield self.found[currency]


def read(table: Table, columns: Columns, style: Style, *, currency: str) -> Read:
    """The rows of a table as lines; `currency` stands in where no column tells one."""
    is_provider = {"gross", "fee"} <= columns.places.keys() and not columns.places.keys().isdisjoint(("net", "amount"))
    head = _told_above(table)
    statements = _Statements(head, is_provider)
    for block in table.blocks():
        yield from _block(block, columns, style, statements, currency=head.currency or currency)
    if not statements.found:
        yield from statements.turn_to(head.currency or currency)
    for code, statement in statements.found.items():
        bounds = statements.chains[code].bounds()
        if bounds is not None:
            statement.opening_minor, statement.closing_minor = bounds


def _told_above(table: Table) -> Statement:
    """What the rows over the header say of the account: IBAN or number, its name, its currency."""
    head = Statement(format="sheet")
    for row in table.above():
        text = " ; ".join(cell.strip() for cell in row if cell.strip())
        if found := _IBAN.search(text):
            head.iban = head.iban or "".join(found[0].split())
        if found := _NUMBER.search(text):
            head.account_number = head.account_number or re.sub(r"\D", "", found[1])
        if found := _NAME.search(text):
            head.account_name = head.account_name or found[1].strip()
        codes = [code for code in _CURRENCY.findall(text) if is_currency(code)]
        head.currency = head.currency or (codes[0] if codes else "")
    return head


def _block(block: Block, columns: Columns, style: Style, statements: _Statements, *, currency: str) -> Read:
    reader = BlockReader(block, columns, style)
    currencies = reader.currencies(default=currency)
    originals = list(_raw(reader, columns, "original_amount")), list(_raw(reader, columns, "original_currency"))
    if "original_amount" in columns.places and "original_currency" not in columns.places:
        _part_currencies(currencies, originals, own=currency)
    days, values = reader.dates("date", is_required=True), reader.dates("value_date")
    money = {
        name: reader.amounts(name, currencies) for name in ("amount", "amount_inverse", "debit", "credit", "gross")
    }
    money |= {name: reader.amounts(name, currencies) for name in ("fee", "net", "balance")}
    texts = {
        name: _raw(reader, columns, name)
        for name in ("side", "name", "iban", "text", "more", "reference", "end_to_end", "account", "code", "status")
    }
    refused = {problem.line for problem in reader.problems}
    for index, line in enumerate(block.lines):
        status = fold_words(texts["status"][index])
        if line in refused or status in _NEVER:
            continue
        amount = _signed({name: cells[index] for name, cells in money.items()}, texts["side"][index])
        if amount is None:
            yield Problem(line, "amount", "", "missing")
            continue
        if statements.account.iban == statements.account.account_number == "" and texts["account"][index]:
            _take_account(statements.account, texts["account"][index])
        yield from statements.turn_to(currencies[index])
        if status in _NOT_YET:
            statements.found[currencies[index]].pending += 1
            continue
        balance = money["balance"][index]
        statements.chains[currencies[index]].see(amount, int(balance) if balance else None)
        if amount == 0 and not money["fee"][index].strip("0"):
            continue
        told = {name: cells[index].strip() for name, cells in texts.items()}
        made = _line(line, days[index], values[index], amount, currencies[index], told)
        _original(made, style, originals[0][index], originals[1][index])
        yield from _with_fee(made, money["fee"][index], is_provider=statements.is_provider)
    yield from reader.problems


def _part_currencies(currencies: list[str], originals: tuple[list[str], list[str]], *, own: str) -> None:
    """One column of currencies beside an amount of origin names the origin's where there is one, else the account's.

    USD -33.50 (0.00), EUR 1,525.00 (1,000.00) -> -33.50 USD, and 1,525.00 USD that were 1,000.00 EUR.
    """
    amounts, codes = originals
    plain = {code for code, amount in zip(currencies, amounts, strict=True) if not amount.strip(" 0.,-")}
    account = plain.pop() if len(plain) == 1 else own
    for index, amount in enumerate(amounts):
        if amount.strip(" 0.,-"):
            codes[index], currencies[index] = currencies[index], account


def _raw(reader: BlockReader, columns: Columns, name: str) -> Sequence[str]:
    place = columns.places.get(name)
    return [""] * reader.count if place is None else reader.raw(place)


def _signed(money: dict[str, str], side: str) -> int | None:
    """What came in: credit less debit, or the amount by its sign or its side.

    Debits are written plain or negative, and mean money out either way: "50,00" or "-50,00" -> -50.00.
    """
    if money["gross"]:
        return int(money["gross"])
    if money["amount_inverse"]:
        return -int(money["amount_inverse"])
    if money["amount"]:
        amount = int(money["amount"])
        word = fold_words(side)
        return -abs(amount) if word in _DEBIT else abs(amount) if word in _CREDIT else amount
    if not money["debit"] and not money["credit"]:
        return None
    return int(money["credit"] or 0) - abs(int(money["debit"] or 0))


def _take_account(head: Statement, text: str) -> None:
    bare = "".join(text.split())
    if _IBAN.fullmatch(bare):
        head.iban = bare
    else:
        head.account_number = bare[:60]


def _line(place: int, day: str, valued: str, amount: int, currency: str, told: dict[str, str]) -> Line:
    text = " ".join(part for part in (told["text"], told["more"]) if part)
    return Line(
        place=place,
        booking_date=date.fromisoformat(day),
        value_date=date.fromisoformat(valued) if valued != NULL else None,
        amount_minor=amount,
        currency=currency,
        counterparty_name=told["name"][:200],
        counterparty_iban="".join(told["iban"].split())[:40],
        text=" ".join(text.split())[:4000],
        bank_reference=reference(told["reference"])[:80],
        end_to_end_id=reference(told["end_to_end"])[:80],
        bank_code=told["code"][:40],
    )


def _original(line: Line, style: Style, amount: str, currency: str) -> None:
    code = currency.strip().upper() or line.currency
    if not amount.strip() or not is_currency(code) or exponent(code) < 0:
        return
    minor, _ = style.amounts.read(amount, code)
    if minor and int(minor) and (code != line.currency or int(minor) != line.amount_minor):
        line.original_currency, line.original_amount_minor = currency.strip().upper()[:3], int(minor)


def _with_fee(line: Line, fee: str, *, is_provider: bool) -> Iterator[Line]:
    """A provider's row is what the payer paid, and what the provider kept of it."""
    if line.amount_minor:
        yield line
    if not is_provider or not fee.strip("0-"):
        return
    yield Line(
        place=line.place,
        booking_date=line.booking_date,
        value_date=line.value_date,
        amount_minor=-int(fee),
        currency=line.currency,
        text=line.text,
        bank_reference=f"{line.bank_reference}/fee"[:80] if line.bank_reference else "",
        end_to_end_id=line.end_to_end_id,
        bank_code="fee",
    )
