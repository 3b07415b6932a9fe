"""Doubtful and lost debts: what is provisioned, which entries are posted, when the VAT comes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from encours.core.errors import gettext_noop
from encours.core.legal_values import LegalValue
from encours.recovery.rules.notice import Answer, Condition

WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class Accounts:
    """Where a company books its doubtful debts; the usual numbers of the French chart."""

    doubtful: str = "416"
    impairment: str = "491"
    charge: str = "6817"
    release: str = "7817"
    loss: str = "654"
    tax: str = "44571"


@dataclass(frozen=True, slots=True)
class Amounts:
    """What is open of a document, cut into its part before VAT and its VAT."""

    open_minor: int
    net_minor: int
    tax_minor: int
    is_tax_known: bool = True


def cut(open_minor: int, *, net_minor: int | None, gross_minor: int) -> Amounts:
    """The part before VAT of what is open, in the document's own proportion, half a cent up.

    An invoice of 1,200.00 with 1,000.00 before VAT, 600.00 of it still open: 500.00 and 100.00 of VAT. A document whose
    VAT is not known counts whole, and says so.

    >>> cut(600_00, net_minor=1_000_00, gross_minor=1_200_00)
    Amounts(open_minor=60000, net_minor=50000, tax_minor=10000, is_tax_known=True)
    """
    if net_minor is None or gross_minor <= 0 or not 0 <= net_minor <= gross_minor:
        return Amounts(open_minor, open_minor, 0, is_tax_known=False)
    part_minor = (2 * open_minor * net_minor + gross_minor) // (2 * gross_minor)
    return Amounts(open_minor, part_minor, open_minor - part_minor)


def provision(net_minor: int, rate_permyriad: int) -> int:
    """What is set aside of an amount before VAT: 50 % of 500.00 is 250.00; half a cent up.

    >>> provision(500_00, 5_000), provision(1, 5_000)
    (25000, 1)
    """
    return (2 * net_minor * rate_permyriad + WHOLE) // (2 * WHOLE)


@dataclass(frozen=True, slots=True)
class Pair:
    """One line of a journal: the amount stands on the debit of one account and the credit of another."""

    debit: str
    credit: str
    amount_minor: int


def doubtful_entries(accounts: Accounts, *, account: str, open_minor: int, provision_minor: int) -> list[Pair]:
    """What a debt that becomes doubtful posts: 416 to 411 with VAT, 6817 to 491 before VAT."""
    return _booked([
        Pair(accounts.doubtful, account, open_minor),
        Pair(accounts.charge, accounts.impairment, provision_minor),
    ])  # fmt: skip


def loss_entries(
    accounts: Accounts, *, account: str, amounts: Amounts, recovers_tax: bool, provisioned_minor: int
) -> list[Pair]:
    """What a lost debt posts: 654 before VAT and 44571 for the VAT that comes back, else 654 for all; 491 to 7817."""
    tax_minor = amounts.tax_minor if recovers_tax else 0
    return _booked([
        Pair(accounts.loss, account, amounts.open_minor - tax_minor),
        Pair(accounts.tax, account, tax_minor),
        Pair(accounts.impairment, accounts.release, provisioned_minor),
    ])  # fmt: skip


def _booked(pairs: Sequence[Pair]) -> list[Pair]:
    return [pair for pair in pairs if pair.amount_minor]


def given_back(standing_minor: int, paid_minor: int, provision_minor: int) -> int:
    """How much of a provision falls away when part of a doubtful debt is paid: its share, and all with the last cent.

    600.00 doubtful, provision 250.00, 150.00 paid: 62.50 fall away.

    >>> given_back(600_00, 150_00, 250_00), given_back(450_00, 450_00, 187_50)
    (6250, 18750)
    """
    if paid_minor >= standing_minor:
        return provision_minor
    return (2 * provision_minor * paid_minor + standing_minor) // (2 * standing_minor)


@dataclass(frozen=True, slots=True)
class LossFile:
    """What the file holds when VAT is to come back."""

    today: date
    loss_date: date | None
    is_in_liquidation: bool
    is_tax_known: bool
    tax_minor: int
    period: LegalValue


def last_day(loss_date: date, period: LegalValue) -> date:
    """The last day to claim the VAT, before 31 December: lost in 2026, two years -> 30 December 2028."""
    return date(loss_date.year + int(period.value), 12, 30)


def tax_conditions(file: LossFile) -> list[Condition]:
    """What must hold before the VAT of a lost debt is taken back, in the order an auditor asks for it.

    A customer in judicial liquidation: the loss is given by the judgment. Otherwise a person answers for it with a
    paper (a certificate of irrecoverability). The duplicate invoice with its mention is always a person's answer.
    """
    until = last_day(file.loss_date, file.period) if file.loss_date else None
    time = Answer.NO if until is None or file.today > until else Answer.YES
    charged = Answer.NO if file.is_tax_known and not file.tax_minor else Answer.LOOK
    return [
        Condition("lost", Answer.YES if file.is_in_liquidation else Answer.LOOK, "CGI 272, 1"),
        Condition("charged", charged, "CGI 272, 1"),
        Condition("duplicate", Answer.LOOK, "CGI 272, 1 ; BOI-TVA-DED-40-10-20"),
        Condition(
            "in_time",
            time,
            file.period.article,
            {"doubt": file.period.doubt, **({"until": until.isoformat()} if until else {})},
        ),
    ]


# code -> what is asked, what it means when the file says yes, and when it does not
TAX_WORDS = {
    "lost": (
        gettext_noop("The debt is definitively lost"),
        gettext_noop("The judgment that opened the liquidation is on file."),
        gettext_noop("Liquidation opened, certificate of irrecoverability, or all means tried: have the paper."),
    ),
    "charged": (
        gettext_noop("The VAT was charged and declared"),
        gettext_noop("The invoice bears VAT."),
        gettext_noop("The VAT of this invoice must have been declared and paid over by us."),
    ),
    "duplicate": (
        gettext_noop("A duplicate of the invoice was sent with the mention of the law"),
        gettext_noop("The duplicate was sent."),
        gettext_noop("Send each invoice again with the mention shown here, and keep the proof."),
    ),
    "in_time": (
        gettext_noop("The time to claim is not over"),
        gettext_noop("The return of this period may still take it."),
        gettext_noop("Give the day of the loss; the VAT is claimed before 31 December of the second year after it."),
    ),
}  # fmt: skip


def unanswered(conditions: Sequence[Condition], answered: Sequence[str]) -> list[str]:
    """The conditions that keep the VAT from coming back: refused by the file, or nobody answered for them."""
    return [
        one.code
        for one in conditions
        if one.answer is Answer.NO or (one.answer is Answer.LOOK and one.code not in answered)
    ]


def mention(net: str, tax: str) -> str:
    """What the duplicate of the invoice bears, word for word (CGI 272, 1): in French, whatever the reader's language.

    >>> mention("500,00 €", "100,00 €")[:62]
    'Facture demeurée impayée pour la somme de 500,00 € (prix hors '
    """
    return (
        f"Facture demeurée impayée pour la somme de {net} (prix hors taxe) et pour la somme de {tax} "
        "(taxe correspondante) qui ne peut faire l’objet d’une déduction (CGI, art. 272)."
    )
