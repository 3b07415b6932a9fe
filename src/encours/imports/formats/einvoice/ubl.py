"""OASIS UBL invoices and credit notes: Peppol BIS, XRechnung UBL, the French flux 1."""

from decimal import Decimal

from encours.imports.formats.einvoice.model import EInvoice, Instalment, InvoiceIncomplete, Party
from encours.imports.formats.einvoice.tree import Node, all_of, amount_at, amount_of, at, day_of, name_of, text_at

ROOTS = {"Invoice", "CreditNote"}
_SIREN, _SIRET = "0002", "0009"


def read(root: Node) -> EInvoice:
    """The invoice or credit note of a UBL tree."""
    is_credit = name_of(root) == "CreditNote"
    sums = at(root, "LegalMonetaryTotal")
    number, issued = text_at(root, "ID"), day_of(text_at(root, "IssueDate"))
    currency = text_at(root, "DocumentCurrencyCode").upper()
    payable, net = amount_at(sums, "PayableAmount"), amount_at(sums, "TaxExclusiveAmount")
    gross = amount_at(sums, "TaxInclusiveAmount")
    gross = payable if gross is None else gross
    for what, value in (("number", number), ("issue date", issued), ("currency", currency), ("total", gross)):
        if value in ("", None):
            raise InvoiceIncomplete(what=what)
    if issued is None or gross is None:
        raise InvoiceIncomplete(what="total")
    code = text_at(root, "CreditNoteTypeCode" if is_credit else "InvoiceTypeCode")
    return EInvoice(
        syntax="ubl",
        number=number,
        type_code=code or ("381" if is_credit else "380"),
        issue_date=issued,
        currency=currency,
        gross=gross,
        payable=gross if payable is None else payable,
        net=net,
        tax=_tax(root, currency),
        profile=text_at(root, "CustomizationID"),
        seller=_party(at(root, "AccountingSupplierParty", "Party")),
        buyer=_party(at(root, "AccountingCustomerParty", "Party")),
        instalments=_instalments(root),
        order_number=text_at(root, "OrderReference", "ID"),
        related_number=text_at(root, "BillingReference", "InvoiceDocumentReference", "ID"),
        reference=text_at(root, "PaymentMeans", "PaymentID"),
    )


def _tax(root: Node, currency: str) -> Decimal | None:
    amounts = [one for one in all_of(root, "TaxTotal", "TaxAmount") if one.get("currencyID", currency) == currency]
    return amount_of(" ".join((amounts[0].text or "").split())) if amounts else None


def _party(node: Node | None) -> Party:
    legal = at(node, "PartyLegalEntity", "CompanyID")
    scheme = legal.get("schemeID", "") if legal is not None else ""
    registered = "".join((legal.text or "").split()) if legal is not None else ""
    vat = next(
        (
            "".join(text_at(one, "CompanyID").split())
            for one in all_of(node, "PartyTaxScheme")
            if text_at(one, "TaxScheme", "ID").upper() in ("VAT", "")
        ),
        "",
    )
    address = at(node, "PostalAddress")
    lines = [text_at(address, name) for name in ("StreetName", "AdditionalStreetName")]
    lines.append(text_at(address, "AddressLine", "Line"))
    return Party(
        name=text_at(node, "PartyLegalEntity", "RegistrationName") or text_at(node, "PartyName", "Name"),
        number=text_at(node, "PartyIdentification", "ID"),
        siren=registered[:9] if scheme in (_SIREN, _SIRET) else "",
        siret=registered if scheme == _SIRET else "",
        vat_number=vat,
        street=", ".join(line for line in lines if line),
        postcode=text_at(address, "PostalZone"),
        city=text_at(address, "CityName"),
        country=text_at(address, "Country", "IdentificationCode").upper(),
        email=text_at(node, "Contact", "ElectronicMail"),
    )


def _instalments(root: Node) -> tuple[Instalment, ...]:
    """Parts with their days where the terms tell them, else the due day of the whole."""
    parts = []
    for terms in all_of(root, "PaymentTerms"):
        day = day_of(text_at(terms, "InstallmentDueDate|PaymentDueDate"))
        if day is not None:
            parts.append(Instalment(day, amount_at(terms, "Amount")))
    if parts:
        return tuple(parts)
    day = day_of(text_at(root, "DueDate")) or day_of(text_at(root, "PaymentMeans", "PaymentDueDate"))
    return (Instalment(day),) if day else ()
