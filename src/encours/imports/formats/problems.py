"""Why a file, a row or a cell cannot be read."""

from dataclasses import dataclass

from encours.core.errors import Refused, gettext_noop


class FileUnreadable(Refused):
    """The whole file is refused, and nothing of it is imported."""

    message = gettext_noop("This file cannot be read.")


class FileIsEmpty(FileUnreadable):
    message = gettext_noop("The file is empty.")


class FileIsBinary(FileUnreadable):
    message = gettext_noop(
        "This is no table but another kind of file ({found}): save it as CSV or XLSX and import that."
    )


class FileIsDamaged(FileUnreadable):
    message = gettext_noop("The file is damaged or cut off ({reason}): export it again.")


class FileIsTooLarge(FileUnreadable):
    message = gettext_noop(
        "The workbook would take {size_mb} MB once unpacked, and {limit_mb} MB is the limit: save it as CSV."
    )


class QuoteNeverClosed(FileUnreadable):
    message = gettext_noop("A quote is opened on or after line {line} and never closed: export the file again.")


class KindUnknown(FileUnreadable):
    message = gettext_noop(
        "No known kind of file is recognised by its header ({header}). Accepted are: a FEC; customers (number, name); "
        "contacts (customer, e-mail); invoices (number, customer, date, amount); payments (customer or invoice, "
        "date, amount); bank statements (date, wording, amount) and remittance advices. Rename the columns, or map "
        "them."
    )


class KindNotReadYet(FileUnreadable):
    message = gettext_noop(
        "This looks like another kind of file ({found}); accepted are fec, customers, contacts, invoices, payments, "
        "bank, remittance, einvoice and copies (PDFs of invoices)."
    )


class FieldsMissing(FileUnreadable):
    message = gettext_noop("To be read as {kind}, the file lacks: {fields}. Its columns are: {header}.")


class DatesAmbiguous(FileUnreadable):
    message = gettext_noop(
        "Dates such as {example} (line {line}) may be day first or month first, and nothing in the file settles it: "
        "say which in the mapping (dates: dmy or mdy)."
    )


class DatesContradict(FileUnreadable):
    message = gettext_noop(
        "Dates contradict one another: {day_first} (line {day_first_line}) is day first and {month_first} "
        "(line {month_first_line}) is month first."
    )


class AmountsAmbiguous(FileUnreadable):
    message = gettext_noop(
        "Amounts such as {example} (line {line}) may be thousands or have three decimals, and nothing in the file "
        "settles it: say which in the mapping (decimal: , or .)."
    )


class AmountsContradict(FileUnreadable):
    message = gettext_noop(
        "Amounts are written in two ways: {comma} (line {comma_line}) has a decimal comma and {point} "
        "(line {point_line}) a decimal point."
    )


# reason code of a cell or row -> the sentence a clerk reads, and what to do about it
REASONS: dict[str, tuple[str, str]] = {
    "missing": (gettext_noop("A value is required here."), gettext_noop("Fill the cell in and import again.")),
    "amount_unreadable": (
        gettext_noop("This cannot be read as an amount."),
        gettext_noop("Write it as 1234.56 or 1 234,56."),
    ),
    "too_many_decimals": (
        gettext_noop("The amount has more decimals than its currency."),
        gettext_noop("Round it in the source."),
    ),
    "amount_too_large": (gettext_noop("The amount is too large."), gettext_noop("Check the decimal mark.")),
    "amounts_disagree": (
        gettext_noop("Net and tax do not add up to the gross amount."),
        gettext_noop("Correct one of the three amounts."),
    ),
    "amount_zero": (gettext_noop("The amount is zero: nothing is owed."), gettext_noop("Nothing to do.")),
    "open_exceeds_gross": (
        gettext_noop("The open amount lies outside of the document's amount."),
        gettext_noop("Correct the open amount."),
    ),
    "date_unreadable": (gettext_noop("This cannot be read as a date."), gettext_noop("Write it as 2026-01-31.")),
    "date_out_of_range": (gettext_noop("The year is not plausible."), gettext_noop("Correct the date.")),
    "due_before_issue": (
        gettext_noop("The due date lies years away from the issue date."),
        gettext_noop("Correct one of the two dates."),
    ),
    "currency_unknown": (gettext_noop("This is not a currency."), gettext_noop("Write three letters such as EUR.")),
    "kind_unknown": (
        gettext_noop("This is not a kind of document."),
        gettext_noop("Write invoice, credit note, debit note or deposit."),
    ),
    "terms_unreadable": (gettext_noop("These terms cannot be read."), gettext_noop("Write 30, 45EOM or EOM45.")),
    "too_long": (gettext_noop("The value is too long."), gettext_noop("Shorten it.")),
    "too_many_columns": (
        gettext_noop("The row has more cells than the header."),
        gettext_noop("Put quotes around cells that hold the separator."),
    ),
    "too_few_columns": (gettext_noop("The row is cut off."), gettext_noop("Export the file again.")),
    "character_unreadable": (
        gettext_noop("The row holds a character that cannot be stored."),
        gettext_noop("Export the file again."),
    ),
    "number_repeated": (
        gettext_noop("The number stands on an earlier line with other values."),
        gettext_noop("Keep one of the lines, or give each instalment its due date."),
    ),
    "line_repeated": (gettext_noop("The same line stands twice in the file."), gettext_noop("Remove one of them.")),
    "document_unknown": (
        gettext_noop("No such invoice is in the books: the payment is kept on account."),
        gettext_noop("Import the invoice, then allocate the payment."),
    ),
    "customer_unknown": (gettext_noop("No such customer is in the books."), gettext_noop("Import the customer first.")),
    "customer_differs": (
        gettext_noop("The rows of one payment name different customers."),
        gettext_noop("Give each customer's payment its own number."),
    ),
    "payment_differs": (
        gettext_noop("The rows of one payment have different dates or currencies."),
        gettext_noop("Give each payment its own number."),
    ),
    "payment_changed": (
        gettext_noop("This payment is in the books with another date, amount or customer."),
        gettext_noop("Correct it in the books, or give the payment its own number."),
    ),
    "instalments_disagree": (
        gettext_noop("The instalments do not add up to the document's amount."),
        gettext_noop("Correct the instalments."),
    ),
    "siren_invalid": (gettext_noop("This SIREN has a wrong check digit."), gettext_noop("Look it up and correct it.")),
    "siret_invalid": (gettext_noop("This SIRET has a wrong check digit."), gettext_noop("Look it up and correct it.")),
    "vat_invalid": (gettext_noop("This VAT number is not well formed."), gettext_noop("Look it up and correct it.")),
    "iban_invalid": (gettext_noop("This IBAN has wrong check digits."), gettext_noop("Ask the customer for it.")),
    "person_unknown": (
        gettext_noop("Nobody who works here has this name or address, or two do: the customer keeps who it has."),
        gettext_noop("Write the person's e-mail address, or invite them first."),
    ),
    "amount_negative": (gettext_noop("The amount is below zero."), gettext_noop("Write zero or more.")),
    "email_invalid": (gettext_noop("This is not an e-mail address."), gettext_noop("Correct it.")),
    "both_sides": (
        gettext_noop("The line has a debit and a credit."),
        gettext_noop("Split it in two lines in the accounts."),
    ),
    "side_unknown": (gettext_noop("The side is neither D nor C."), gettext_noop("Write D or C.")),
    "control_total_differs": (
        gettext_noop("The account's control total is not the sum of its records."),
        gettext_noop("Ask the bank for the file again if the balances do not hold either."),
    ),
    "balance_differs": (
        gettext_noop("Opening balance and lines do not make the closing balance."),
        gettext_noop("Ask the bank for the statement again, or look for the missing line."),
    ),
    "statement_gap": (
        gettext_noop("The statement does not begin where the one before it ended: one is missing."),
        gettext_noop("Import the statements between the two."),
    ),
    "batch_differs": (
        gettext_noop("The payments of the batch do not add up to it: it is one line."),
        gettext_noop("Split it by hand when it is matched."),
    ),
    "invoice_unknown": (
        gettext_noop("No such invoice is in the books: its line is kept as the payer wrote it."),
        gettext_noop("Match it by hand when the payment comes."),
    ),
    "advice_differs": (
        gettext_noop("The lines of the advice do not add up to its total."),
        gettext_noop("Look at the advice when the payment is matched."),
    ),
    "not_booked_yet": (
        gettext_noop("The bank has announced this movement and not booked it: it is left out."),
        gettext_noop("It comes with the statement."),
    ),
    "copy_unknown": (
        gettext_noop("No known invoice has the number in the name of this file."),
        gettext_noop("Import the invoice first, or rename the file."),
    ),
    "copy_ambiguous": (
        gettext_noop("The name of this file may mean several invoices."),
        gettext_noop("Rename the file after one invoice, or say which company it is of."),
    ),
    "copy_not_pdf": (gettext_noop("This is no PDF."), gettext_noop("Save the invoice as PDF.")),
    "copy_too_large": (
        gettext_noop("The PDF is larger than 10 MB."),
        gettext_noop("Save it with smaller pictures."),
    ),
    "entry_unbalanced": (
        gettext_noop("The entry does not balance."),
        gettext_noop("Correct it in the accounts and export again."),
    ),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One cell or row that was refused, or taken with a warning: where, what was written, and why."""

    line: int
    field: str
    value: str
    reason: str

    def __post_init__(self) -> None:
        if self.reason not in REASONS:
            raise ValueError(self.reason)

    @property
    def sentence(self) -> str:
        """Why, in English, for logs and programs."""
        return REASONS[self.reason][0]

    @property
    def remedy(self) -> str:
        """What to do about it, in English."""
        return REASONS[self.reason][1]
