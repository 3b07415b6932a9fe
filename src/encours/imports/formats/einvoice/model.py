"""What every e-invoice is read as: who sells, who buys, how much, and when it is due."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from encours.core.errors import gettext_noop
from encours.imports.formats.problems import FileUnreadable

SIZE_MAX_BYTES = 25 * 1024 * 1024
INSTALMENTS_MAX = 120
# UNTDID 1001, as EN 16931 uses it: what lowers a debt, and what asks for money before delivery
CREDIT_CODES = frozenset({"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"})
DEPOSIT_CODES = frozenset({"386", "500", "503"})


class NoInvoice(FileUnreadable):
    message = gettext_noop("This XML is no invoice that is read here ({found}): Factur-X, CII and UBL are.")


class NoInvoiceInPdf(FileUnreadable):
    message = gettext_noop("No electronic invoice is attached to this PDF: it is a picture of one only.")


class InvoiceForbidden(FileUnreadable):
    message = gettext_noop("The invoice declares entities or a document type, which no invoice needs: refused.")


class InvoiceTooLarge(FileUnreadable):
    message = gettext_noop("The invoice is larger than {limit_mb} MB, or has more than {limit} instalments.")


class InvoiceIncomplete(FileUnreadable):
    message = gettext_noop("The invoice tells no readable {what}.")


@dataclass(frozen=True, slots=True)
class Party:
    """Who sells or buys, as the invoice names them."""

    name: str = ""
    number: str = ""  # what the seller calls the buyer (BT-46), or the other way round
    siren: str = ""
    siret: str = ""
    vat_number: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Instalment:
    """One part of what is due; no amount means the whole."""

    due_date: date
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class EInvoice:
    """One electronic invoice; amounts as it writes them, a credit note's positive."""

    syntax: str  # cii, ubl
    number: str
    type_code: str
    issue_date: date
    currency: str
    gross: Decimal
    payable: Decimal
    net: Decimal | None = None
    tax: Decimal | None = None
    profile: str = ""
    seller: Party = field(default_factory=Party)
    buyer: Party = field(default_factory=Party)
    instalments: tuple[Instalment, ...] = ()
    order_number: str = ""
    related_number: str = ""
    reference: str = ""

    @property
    def kind(self) -> str:
        """Credit note, deposit invoice or invoice, in the words of the books: by its type, and by its sign.

        An invoice of -100.00 lowers the debt as a credit note does.
        """
        if self.type_code in CREDIT_CODES:
            return "credit_note" if self.gross >= 0 else "invoice"
        if self.gross < 0:
            return "credit_note"
        return "deposit" if self.type_code in DEPOSIT_CODES else "invoice"

    def signed(self, amount: Decimal) -> Decimal:
        """An amount as the books have it: less debt is negative."""
        return -amount if self.type_code in CREDIT_CODES else amount
