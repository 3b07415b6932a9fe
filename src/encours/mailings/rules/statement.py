"""A statement of account: what one customer owes one company on a day, summed and aged, ready to be set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from encours.analytics.rules.ageing import STANDARD
from encours.core.money import Money
from encours.messaging.rules import formats
from encours.messaging.rules.letters import Letterhead

IN_CREDIT = "credit"
BUCKETS = (*(bucket.code for bucket in STANDARD.buckets), IN_CREDIT)

# The page's own words follow the language of its reader, not of whoever looks at it.
WORDS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "title": "Relevé de compte au {day}", "customer": "Compte client", "made": "Établi le {day}", "page": "Page",
        "of": "sur", "telephone": "Tél.", "heads": "Document|Nature|Date|Échéance|Retard|Montant|Solde",
        "balance": "Solde au {day}", "nothing": "Aucune somme n’est due à cette date.",
        "pay": "Pour régler par virement", "reference": "Référence à rappeler", "aged": "Par ancienneté",
        "not_due": "Non échu", "days_1_30": "1 à 30 jours",
        "days_31_60": "31 à 60 jours", "days_61_90": "61 à 90 jours", "days_over_90": "Plus de 90 jours",
        "credit": "À votre crédit", "invoice": "Facture", "credit_note": "Avoir", "debit_note": "Note de débit",
        "deposit": "Acompte", "receipt": "Règlement", "other": "Autre",
        "note": "Si un montant ne correspond pas à vos écritures, indiquez-nous le document concerné.",
    },
    "en": {
        "title": "Statement of account as of {day}", "customer": "Customer account", "made": "Made on {day}",
        "page": "Page", "of": "of", "telephone": "Tel.", "heads": "Document|Kind|Date|Due|Late|Amount|Balance",
        "balance": "Balance as of {day}", "nothing": "Nothing is owed on that day.", "pay": "To pay by transfer",
        "reference": "Reference to quote", "aged": "By age", "not_due": "Not due", "days_1_30": "1 to 30 days",
        "days_31_60": "31 to 60 days", "days_61_90": "61 to 90 days", "days_over_90": "Over 90 days",
        "credit": "In your favour", "invoice": "Invoice", "credit_note": "Credit note", "debit_note": "Debit note",
        "deposit": "Deposit", "receipt": "Payment", "other": "Other",
        "note": "If an amount does not agree with your books, tell us which document it is.",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One open instalment, or money and credit notes not yet applied (negative)."""

    kind: str
    number: str
    issue_date: date
    due_date: date
    currency: str
    amount_minor: int
    open_minor: int


@dataclass(frozen=True)
class Statement:
    """What one customer's account with one company holds on a day."""

    customer_number: str
    customer_name: str
    entity_name: str
    as_of: date
    rows: Sequence[Row]

    @cached_property
    def totals(self) -> Mapping[str, int]:
        """The balance, one figure per currency: invoices of 1,200 less a payment of 200 not yet applied are 1,000."""
        found: dict[str, int] = {}
        for row in self.rows:
            found[row.currency] = found.get(row.currency, 0) + row.open_minor
        return dict(sorted(found.items()))

    @cached_property
    def aged(self) -> Mapping[str, Mapping[str, int]]:
        """The balance by lateness and currency; what is in the customer's favour never falls due and stands apart.

        The columns of a currency sum to its balance.
        """
        found: dict[str, dict[str, int]] = {currency: dict.fromkeys(BUCKETS, 0) for currency in self.totals}
        for row in self.rows:
            age = (self.as_of - row.due_date).days
            code = IN_CREDIT if row.open_minor < 0 else STANDARD.bucket_of(age_days=age).code
            found[row.currency][code] += row.open_minor
        return found

    @property
    def is_empty(self) -> bool:
        """Whether nothing is open."""
        return not self.rows


@dataclass(frozen=True, slots=True)
class Bank:
    """Where to pay, from the company's settings only."""

    iban: str = ""
    bic: str = ""
    reference: str = ""


def page_data(
    statement: Statement, *, head: Letterhead, to: Sequence[str], foot: str, bank: Bank, made_on: date, language: str
) -> dict[str, Any]:
    """All that the page prints, already in the reader's language, as plain strings and lists."""
    words, day = WORDS[language], formats.long_date(statement.as_of, language)

    def money(minor: int, currency: str) -> str:
        return formats.money(minor, currency, language)

    pay: dict[str, str] = {}
    if bank.iban and any(minor > 0 for minor in statement.totals.values()):
        pay = {
            "iban": formats.in_fours(bank.iban),
            "bic": bank.bic,
            "holder": statement.entity_name,
            "reference": formats.in_fours(bank.reference or statement.customer_number),
        }
    return {
        "language": language,
        "words": dict(words),
        "head": {"name": head.name, "lines": list(head.lines), "phone": head.phone, "email": head.email},
        "to": list(to),
        "title": words["title"].format(day=day),
        "made": words["made"].format(day=formats.long_date(made_on, language)),
        "account": f"{statement.customer_number} {statement.customer_name}",
        "heads": words["heads"].split("|"),
        "rows": [_row(row, statement.as_of, language) for row in statement.rows],
        "totals": [
            [words["balance"].format(day=day), money(minor, currency)] for currency, minor in statement.totals.items()
        ],
        "aged": [
            [[words[code], money(minor, currency)] for code, minor in columns.items() if minor]
            for currency, columns in statement.aged.items()
        ],
        "pay": pay,
        "foot": foot,
    }


def _row(row: Row, as_of: date, language: str) -> list[str]:
    words, late = WORDS[language], (as_of - row.due_date).days
    is_owed = row.open_minor > 0
    return [
        row.number,
        words.get(row.kind, words["other"]),
        formats.short_date(row.issue_date, language),
        formats.short_date(row.due_date, language) if is_owed else "",
        formats.days(late, language) if is_owed and late > 0 else "",
        formats.money(row.amount_minor, row.currency, language),
        formats.money(row.open_minor, row.currency, language),
    ]


def as_json(statement: Statement) -> dict[str, Any]:
    """The statement as one JSON object; money as decimal strings with their currency."""

    def money(minor: int, currency: str) -> dict[str, str]:
        return Money(minor, currency).as_json()

    return {
        "customer_number": statement.customer_number,
        "customer_name": statement.customer_name,
        "company": statement.entity_name,
        "as_of": statement.as_of.isoformat(),
        "items": [
            {
                "kind": row.kind,
                "number": row.number,
                "issue_date": row.issue_date.isoformat(),
                "due_date": row.due_date.isoformat(),
                "days_late": max(0, (statement.as_of - row.due_date).days) if row.open_minor > 0 else 0,
                "amount": money(row.amount_minor, row.currency),
                "open": money(row.open_minor, row.currency),
            }
            for row in statement.rows
        ],
        "totals": [money(minor, currency) for currency, minor in statement.totals.items()],
        "aged": [
            {code: money(minor, currency) for code, minor in columns.items()}
            for currency, columns in statement.aged.items()
        ],
    }


def period(today: date) -> str:
    """The month a scheduled statement is sent in, which it is sent once for: 2026-11-03 -> "2026-11"."""
    return f"{today:%Y-%m}"


def as_of_day(today: date, *, is_month_end: bool) -> date:
    """The day of the account: the last of the month before, or the day itself: 2026-11-03 -> 2026-10-31."""
    return today.replace(day=1) - timedelta(days=1) if is_month_end else today
