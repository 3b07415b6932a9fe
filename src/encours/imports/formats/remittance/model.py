"""What every remittance advice is read as: who pays, when, how much, and for which invoices."""

from dataclasses import dataclass, field
from datetime import date

from encours.core.errors import gettext_noop
from encours.imports.formats.problems import FileUnreadable

LINES_MAX = 20_000


class NoAdvice(FileUnreadable):
    message = gettext_noop(
        "No invoice with an amount is found in it: a remittance advice names invoices and what is paid of each."
    )


class PdfUnreadable(FileUnreadable):
    message = gettext_noop(
        "The PDF holds no text that can be read ({reason}): ask the payer for the file it was made from."
    )


class AdviceTooLong(FileUnreadable):
    message = gettext_noop("The advice has more than {limit} {what}: split it.")


@dataclass(slots=True)
class AdviceLine:
    """One invoice as the payer writes it; `amount_minor` is what is paid of it, None where only the number is told."""

    invoice_number: str
    amount_minor: int | None
    discount_minor: int = 0
    deduction_minor: int = 0
    deduction_reason: str = ""
    place: int = 0


@dataclass(slots=True)
class Advice:
    """One remittance advice."""

    source: str
    payer_name: str = ""
    payer_email: str = ""
    payer_iban: str = ""
    number: str = ""
    advice_date: date | None = None
    currency: str = ""
    total_minor: int | None = None
    lines: list[AdviceLine] = field(default_factory=list)

    def settled(self) -> "Advice":
        """The advice with what follows from the rest: one invoice takes the total, the total is the lines' sum."""
        untold = [line for line in self.lines if line.amount_minor is None]
        told_minor = sum(line.amount_minor or 0 for line in self.lines)
        if self.total_minor is not None and len(untold) == 1:
            untold[0].amount_minor = self.total_minor - told_minor
        if self.total_minor is None and not untold:
            self.total_minor = told_minor
        return self
