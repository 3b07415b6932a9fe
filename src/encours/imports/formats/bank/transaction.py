"""One payment inside a camt entry (TxDtls): its references, parties, texts and return reason."""

from dataclasses import dataclass, field
from typing import Any

from encours.imports.formats.bank.model import reference
from encours.imports.formats.bank.xml import Node, attribute, deep, descendants, kids, raw, words


@dataclass(slots=True)
class Party:
    """Who stands on one side of a payment."""

    name: str = ""
    account: str = ""
    ultimate: str = ""
    agent: str = ""


@dataclass(slots=True)
class Transaction:
    """A payment as the bank tells it; amounts are still texts, since the entry has the currency."""

    amount: str = ""
    currency: str = ""
    side: str = ""
    debtor: Party = field(default_factory=Party)
    creditor: Party = field(default_factory=Party)
    texts: list[str] = field(default_factory=list)
    structured: str = ""
    documents: list[dict[str, str]] = field(default_factory=list)
    end_to_end_id: str = ""
    mandate_id: str = ""
    bank_reference: str = ""
    transaction_id: str = ""
    uetr: str = ""
    bank_code: str = ""
    return_reason: str = ""
    return_note: str = ""
    purpose: str = ""
    note: str = ""
    charges: list[tuple[str, str]] = field(default_factory=list)
    original: tuple[str, str] = ("", "")

    def counterparty(self, *, is_credit: bool, own_iban: str) -> Party:
        """The other side: the payer of what came in, the payee of what went out, the payer again of what is returned.

        Never the holder of the account itself, whom some banks name on both sides.
        """
        first, second = (self.debtor, self.creditor) if is_credit else (self.creditor, self.debtor)
        if self.return_reason:
            first, second = second, first
        if own_iban and first.account == own_iban and second.account != own_iban:
            first, second = second, first
        is_told = first.name or first.account
        return second if not is_told and self.return_reason else first

    def extra(self) -> dict[str, Any]:
        """What is kept beside the line's own columns."""
        told = {
            "uetr": self.uetr,
            "transaction_id": self.transaction_id,
            "purpose": self.purpose,
            "return_note": self.return_note,
            "agent": self.debtor.agent or self.creditor.agent,
        }
        kept: dict[str, Any] = {name: value[:300] for name, value in told.items() if value}
        if self.documents:
            kept["documents"] = self.documents
        return kept

    def told(self) -> dict[str, str]:
        """The payment in short, where it cannot be a line of its own."""
        party = self.debtor if self.debtor.name or self.debtor.account else self.creditor
        told = {
            "amount": self.amount,
            "currency": self.currency,
            "name": party.name,
            "iban": party.account,
            "text": " ".join(self.texts)[:1000],
            "structured_reference": self.structured,
            "end_to_end_id": self.end_to_end_id,
            "return_reason": self.return_reason,
        }
        return {name: value for name, value in told.items() if value}


_DOCUMENTS_MAX = 2000


def read_transaction(node: Node) -> Transaction:
    """Read one TxDtls element."""
    found = Transaction()
    for name, child in kids(node):
        match name:
            case "Refs":
                _references(child, found)
            case "Amt":
                found.amount, found.currency = words(child), attribute(child, "Ccy")
            case "CdtDbtInd":
                found.side = words(child)
            case "RltdPties":
                _parties(child, found)
            case "RmtInf":
                _remittance(child, found)
            case "AmtDtls":
                _amounts(child, found)
            case "BkTxCd":
                found.bank_code = bank_code(child)
            case "Chrgs":
                found.charges += total_charges(child)
            case "RltdAgts":
                _agents(child, found)
            case "RtrInf":
                _returned(child, found)
            case "Purp":
                found.purpose = deep(child)
            case "AddtlTxInf":
                found.note = words(child)
    return found


def _references(node: Node, found: Transaction) -> None:
    for name, child in kids(node):
        match name:
            case "EndToEndId":
                found.end_to_end_id = reference(words(child))
            case "MndtId":
                found.mandate_id = reference(words(child))
            case "AcctSvcrRef":
                found.bank_reference = reference(words(child))[:80]
            case "TxId":
                found.transaction_id = reference(words(child))
            case "UETR":
                found.uetr = words(child)


def _amounts(node: Node, found: Transaction) -> None:
    for name, child in kids(node):
        if name == "TxAmt" and not found.amount:
            for inner, value in kids(child):
                if inner == "Amt":
                    found.amount, found.currency = words(value), attribute(value, "Ccy")
    found.original = original_amount(node)


def original_amount(node: Node) -> tuple[str, str]:
    """The amount instructed (AmtDtls/InstdAmt), where it is told, and its currency."""
    for name, child in kids(node):
        if name == "InstdAmt":
            for inner, value in kids(child):
                if inner == "Amt":
                    return words(value), attribute(value, "Ccy")
    return "", ""


def bank_code(node: Node) -> str:
    """The ISO code PMNT-RCDT-ESCT, or the bank's own."""
    own = ""
    for name, child in kids(node):
        if name == "Domn":
            codes = [words(one) for one in descendants(child) if one[0] in {"Cd", "SubFmlyCd"}]
            return "-".join(code for code in codes if code)[:40]
        if name == "Prtry":
            own = next((words(one) for inner, one in kids(child) if inner == "Cd"), "")[:40]
    return own


def total_charges(node: Node) -> list[tuple[str, str]]:
    """The charges of an entry or payment, as amounts with their currencies: the total where it is told."""
    parts = []
    for name, child in kids(node):
        if name == "TtlChrgsAndTaxAmt":
            return [(words(child), attribute(child, "Ccy"))]
        if name == "Amt":
            parts.append((words(child), attribute(child, "Ccy")))
        elif name == "Rcrd":
            parts.extend((words(one), attribute(one, "Ccy")) for inner, one in kids(child) if inner == "Amt")
    return parts


def _parties(node: Node, found: Transaction) -> None:
    for name, child in kids(node):
        match name:
            case "Dbtr":
                found.debtor.name = _party_name(child)
            case "DbtrAcct":
                found.debtor.account = _account(child)
            case "UltmtDbtr":
                found.debtor.ultimate = _party_name(child)
            case "Cdtr":
                found.creditor.name = _party_name(child)
            case "CdtrAcct":
                found.creditor.account = _account(child)
            case "UltmtCdtr":
                found.creditor.ultimate = _party_name(child)


def _party_name(node: Node) -> str:
    """A party's name: under Pty since version 8, a bank's under Agt."""
    for name, child in kids(node):
        if name == "Nm":
            return words(child)
        if name in {"Pty", "Agt", "FinInstnId"}:
            inner = _party_name(child)
            if inner:
                return inner
        elif name in {"BIC", "BICFI"}:
            return words(child)
    return ""


def _account(node: Node) -> str:
    for name, child in kids(node):
        if name == "Id":
            return "".join(deep(child).split())
    return ""


def _agents(node: Node, found: Transaction) -> None:
    for name, child in kids(node):
        if name in {"DbtrAgt", "CdtrAgt"}:
            bic = next((words(one) for one in descendants(child) if one[0] in {"BIC", "BICFI"}), "")
            party = found.debtor if name == "DbtrAgt" else found.creditor
            party.agent = bic


def _remittance(node: Node, found: Transaction) -> None:
    for name, child in kids(node):
        if name == "Ustrd":
            found.texts.append(raw(child).replace("\n", " "))
        elif name == "Strd":
            _structured(child, found)


def _structured(node: Node, found: Transaction) -> None:
    number, amounts = "", {}
    for name, child in kids(node):
        match name:
            case "CdtrRefInf":
                given = next((words(one) for inner, one in kids(child) if inner == "Ref"), "")
                if given and not found.structured:
                    found.structured = given
                elif given:
                    found.texts.append(given)
            case "RfrdDocInf":
                number = next((words(one) for inner, one in kids(child) if inner == "Nb"), number)
            case "RfrdDocAmt":
                amounts = _document_amounts(child)
            case "AddtlRmtInf":
                found.texts.append(words(child))
    if number and len(found.documents) < _DOCUMENTS_MAX:
        found.documents.append({"number": number[:80], **amounts})


_DOCUMENT_AMOUNTS = {
    "DuePyblAmt": "due",
    "RmtdAmt": "amount",
    "CdtNoteAmt": "credit_note",
    "DscntApldAmt": "discount",
    "AdjstmntAmtAndRsn": "adjustment",
}


def _document_amounts(node: Node) -> dict[str, str]:
    told: dict[str, str] = {}
    for name, child in kids(node):
        if name in _DOCUMENT_AMOUNTS:
            value = next((one for one in descendants(child) if attribute(one, "Ccy")), None)
            if value is not None:
                told[_DOCUMENT_AMOUNTS[name]] = words(value)[:30]
                told["currency"] = attribute(value, "Ccy")[:3]
    return told


def _returned(node: Node, found: Transaction) -> None:
    for name, child in kids(node):
        if name in {"Rsn", "RtrRsn"}:
            found.return_reason = deep(child)
        elif name == "AddtlInf":
            found.return_note = f"{found.return_note} {words(child)}".strip()
    found.return_reason = found.return_reason or "NARR"
