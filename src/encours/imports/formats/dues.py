"""Invoices and payments out of tables."""

from collections.abc import Iterator, Mapping, Sequence

from encours.imports.formats.blocks import NULL, BlockReader, Staged, Style
from encours.imports.formats.headers import Columns
from encours.imports.formats.parties import terms_code
from encours.imports.formats.tables import Table

INVOICE_COLUMNS = (
    "line",
    "number",
    "external_id",
    "customer",
    "customer_name",
    "kind",
    "issue_date",
    "due_date",
    "currency",
    "net_minor",
    "tax_minor",
    "gross_minor",
    "part_minor",
    "part_number",
    "open_minor",
    "settled_date",
    "reference",
    "order_number",
    "related_number",
    "disputed",
    "terms",
)
PAYMENT_COLUMNS = (
    "line",
    "payment",
    "customer",
    "customer_name",
    "received_date",
    "invoice",
    "amount_minor",
    "deduction_minor",
    "currency",
    "method",
    "payer_name",
    "payer_iban",
    "reference",
)
_YEARS_APART_MAX = 20
DOCUMENT_KINDS = {
    **dict.fromkeys(
        ("invoice", "facture", "fac", "fa", "f", "inv", "i", "380", "vente", "facture client", "fact"), "invoice"),
    **dict.fromkeys(
        ("credit note", "avoir", "av", "a", "cn", "credit memo", "creditnote", "381", "credit", "avoir client",
         "note de credit", "nc", "facture d avoir", "cr", "refund"), "credit_note"),
    **dict.fromkeys(("debit note", "note de debit", "dn", "nd", "383", "debit memo"), "debit_note"),
    **dict.fromkeys(("deposit", "acompte", "386", "facture d acompte", "prepayment", "down payment", "ac"), "deposit"),
}  # fmt: skip


def invoices(table: Table, columns: Columns, style: Style, *, currency: str) -> Iterator[Staged]:
    """Invoices and credit notes, one row per instalment, ready for COPY in the order of INVOICE_COLUMNS.

    Credit notes come out negative however the file signs them; an invoice below zero is one. `open_minor` is what the
    file says is still open of the document, from its open amount, or its total less what was paid, or the day it was
        settled.
    """
    for block in table.blocks():
        yield _InvoiceBlock(BlockReader(block, columns, style), currency).staged()


class _InvoiceBlock:
    def __init__(self, reader: BlockReader, currency: str) -> None:
        self.reader = reader
        self.currencies = reader.currencies(default=currency)
        self.kinds = reader.choices("kind", DOCUMENT_KINDS, default="", reason="kind_unknown")
        self.issue = reader.dates("issue_date", is_required=True)
        self.due = reader.dates("due_date")
        self.settled = reader.dates("settled_date")
        self.net = reader.amounts("net", self.currencies)
        self.tax = reader.amounts("tax", self.currencies)
        self.part = reader.amounts("instalment_amount", self.currencies)
        self.gross = self._gross()
        self.open = self._open()
        self._sign()
        self._check()

    def _gross(self) -> list[str]:
        reader = self.reader
        if reader.has("gross"):
            needs = not reader.has("instalment_amount")
            return reader.amounts("gross", self.currencies, is_required=needs)
        if not reader.has("net"):
            return [""] * reader.count
        sums = []
        for index, (net, tax) in enumerate(zip(self.net, self.tax, strict=True)):
            if not net:
                reader.refuse(index, "gross", "", "missing")
            sums.append(str(int(net) + int(tax or "0")) if net else "")
        return sums

    def _open(self) -> list[str]:
        reader = self.reader
        stated = reader.amounts("open", self.currencies)
        if reader.has("open") or not reader.has("paid"):
            return stated
        paid = reader.amounts("paid", self.currencies)
        return [
            str(int(gross) - int(part)) if gross and part else "" for gross, part in zip(self.gross, paid, strict=True)
        ]

    def _sign(self) -> None:
        """Credit notes are negative and invoices positive, with all their amounts."""
        kinds = self.kinds
        if not any("-" in column_text for column_text in map("".join, (self.gross,))) and "credit_note" not in kinds:
            self.kinds = [kind or "invoice" for kind in kinds]
            return
        for index, kind in enumerate(kinds):
            gross = self.gross[index] or self.part[index]
            is_negative = gross.startswith("-")
            if not kind:
                kinds[index] = "credit_note" if is_negative else "invoice"
            elif kind == "invoice" and is_negative:
                kinds[index] = "credit_note"
            elif kind == "credit_note" and not is_negative:
                for column in (self.net, self.tax, self.gross, self.part, self.open):
                    if column[index]:
                        column[index] = _opposite(column[index])
            if kinds[index] == "credit_note" and self.open[index] and not self.open[index].startswith("-"):
                self.open[index] = _opposite(self.open[index])

    def _check(self) -> None:
        reader = self.reader
        if reader.has("open") or reader.has("paid"):
            for index, (gross, part) in enumerate(zip(self.gross, self.open, strict=True)):
                if (
                    part != gross
                    and part.strip("0")
                    and gross
                    and not (0 <= int(part) <= int(gross) or int(gross) <= int(part) <= 0)
                ):
                    reader.refuse(index, "open", _shown(part), "open_exceeds_gross")
        if reader.has("net") and reader.has("tax") and reader.has("gross"):
            sums = zip(
                *(map(int, (cell or "0" for cell in column)) for column in (self.net, self.tax, self.gross)),
                strict=True,
            )
            for index, (net_minor, tax_minor, gross_minor) in enumerate(sums):
                if net_minor + tax_minor != gross_minor and self.net[index] and self.tax[index] and self.gross[index]:
                    reader.warn(index, "gross", _shown(self.gross[index]), "amounts_disagree")
        far = {pair for pair in set(zip(self.issue, self.due, strict=True)) if NULL not in pair and _is_far(*pair)}
        if far:
            for index, pair in enumerate(zip(self.issue, self.due, strict=True)):
                if pair in far:
                    reader.refuse(index, "due_date", pair[1], "due_before_issue")

    def staged(self) -> Staged:
        reader = self.reader
        texts = _texts(
            reader,
            {
                "external_id": 80,
                "customer": 60,
                "customer_name": 200,
                "reference": 80,
                "order_number": 80,
                "related_number": 80,
            },
        )
        numbers = reader.texts("number", length_max=80)
        numbers = [number or other for number, other in zip(numbers, texts["external_id"], strict=True)]
        for index, number in enumerate(numbers):
            if not number:
                reader.refuse(index, "number", "", "missing")
            if not texts["customer"][index] and not texts["customer_name"][index]:
                reader.refuse(index, "customer", "", "missing")
        head = (numbers, texts["external_id"], texts["customer"], texts["customer_name"], self.kinds, self.issue)
        money = (self.currencies, _nulls(self.net), _nulls(self.tax), _nulls(self.gross))
        tail = (
            _nulls(self.open),
            self.settled,
            texts["reference"],
            texts["order_number"],
            texts["related_number"],
            reader.flags("disputed"),
            [terms_code(cell) if cell else "" for cell in reader.texts("terms", length_max=80)],
        )
        if reader.columns.instalments:
            return self._parted(head, money, tail)
        return reader.staged(*head, self.due, *money, _nulls(self.part), self._part_numbers(), *tail)

    def _part_numbers(self) -> list[str]:
        if not self.reader.has("instalment"):
            return [NULL] * self.reader.count
        cells = self.reader.texts("instalment", length_max=10)
        firsts = [cell.split("/")[0].strip() for cell in cells]
        return [first if first.isdecimal() and 0 < int(first) < 1000 else NULL for first in firsts]

    def _parted(
        self, head: Sequence[Sequence[str]], money: Sequence[Sequence[str]], tail: Sequence[Sequence[str]]
    ) -> Staged:
        """Instalments side by side in one row become one row each."""
        reader, results = self.reader, []
        dues, amounts, totals = [], [], [0] * reader.count
        for due_place, amount_place, _ in reader.columns.instalments:
            dues.append(reader.dates_at(due_place, "due_date"))
            amounts.append(reader.amounts_at(amount_place, "instalment_amount", self.currencies))
        for index in range(reader.count):
            if self.kinds[index] == "credit_note":
                for column in amounts:
                    column[index] = (
                        _opposite(column[index]) if column[index] and column[index][0] != "-" else column[index]
                    )
            totals[index] = sum(int(column[index] or "0") for column in amounts)
            gross = self.gross[index]
            if any(column[index] for column in amounts) and gross and totals[index] != int(gross):
                reader.refuse(index, "instalment_amount", _shown(str(totals[index])), "instalments_disagree")
        numbers = [0] * reader.count
        for due, amount in zip(dues, amounts, strict=True):
            has_part = [bool(cell) for cell in amount]
            numbers = [number + filled for number, filled in zip(numbers, has_part, strict=True)]
            results.append((due, _nulls(amount), [str(number) for number in numbers], has_part))
        unparted = [number == 0 for number in numbers]
        results.append((self.due, [NULL] * reader.count, ["1"] * reader.count, unparted))
        merged = [
            part
            for due, amount, number, is_there in results
            for part in [_only(reader, is_there, (*head, due, *money, amount, number, *tail))]
        ]
        whole = reader.staged()
        text = "".join(text for text, _ in merged)
        return Staged(text, sum(count for _, count in merged), whole.read, whole.problems, whole.warnings)


def _only(reader: BlockReader, is_there: Sequence[bool], columns: Sequence[Sequence[str]]) -> tuple[str, int]:
    staged = reader.staged(*columns).text.split("\n")[:-1]
    kept_lines = {str(line) for line, there in zip(reader.block.lines, is_there, strict=True) if there}
    kept = [row for row in staged if row.split("\t", 1)[0] in kept_lines]
    return "".join(f"{row}\n" for row in kept), len(kept)


def _is_far(issue: str, due: str) -> bool:
    return abs(int(due[:4]) - int(issue[:4])) > _YEARS_APART_MAX


def _texts(reader: BlockReader, lengths: Mapping[str, int]) -> dict[str, list[str]]:
    return {name: reader.texts(name, length_max=length) for name, length in lengths.items()}


def _nulls(cells: list[str]) -> list[str]:
    return [cell or NULL for cell in cells] if "" in cells else cells


def _opposite(minor: str) -> str:
    return minor[1:] if minor.startswith("-") else (f"-{minor}" if minor.strip("0") else minor)


def _shown(minor: str) -> str:
    """Minor units as a person reads them in a report of refused rows."""
    sign, digits = ("-", minor[1:]) if minor.startswith("-") else ("", minor)
    digits = digits.rjust(3, "0")
    return f"{sign}{digits[:-2]}.{digits[-2:]}"


def payments(table: Table, columns: Columns, style: Style, *, currency: str) -> Iterator[Staged]:
    """Payments, one row per invoice they settle, ready for COPY in the order of PAYMENT_COLUMNS."""
    for block in table.blocks():
        reader = BlockReader(block, columns, style)
        currencies = reader.currencies(default=currency)
        texts = _texts(
            reader,
            {
                "payment": 80,
                "customer": 60,
                "customer_name": 200,
                "invoice": 80,
                "method": 20,
                "payer_name": 200,
                "payer_iban": 40,
            },
        )
        for index in range(reader.count):
            if not (texts["customer"][index] or texts["customer_name"][index] or texts["invoice"][index]):
                reader.refuse(index, "customer", "", "missing")
        deductions = [cell or "0" for cell in reader.amounts("deduction", currencies)]
        yield reader.staged(
            texts["payment"],
            texts["customer"],
            texts["customer_name"],
            reader.dates("date", is_required=True),
            texts["invoice"],
            reader.amounts("amount", currencies, is_required=True),
            deductions,
            currencies if columns.places.get("currency") is not None else [""] * reader.count,
            texts["method"],
            texts["payer_name"],
            texts["payer_iban"],
            [cell[:200] for cell in reader.texts("reference", length_max=1000)],
        )
