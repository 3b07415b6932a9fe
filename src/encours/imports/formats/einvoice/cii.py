"""UN/CEFACT Cross Industry Invoice: Factur-X and ZUGFeRD of every profile, XRechnung CII, the French flux 1."""

from decimal import Decimal

from encours.imports.formats.einvoice.model import EInvoice, Instalment, InvoiceIncomplete, Party
from encours.imports.formats.einvoice.tree import Node, all_of, amount_at, amount_of, at, day_of, text_at

ROOTS = {"CrossIndustryInvoice", "CrossIndustryDocument"}
# names of ZUGFeRD 1 beside those since
_DEAL = "SupplyChainTradeTransaction|SpecifiedSupplyChainTradeTransaction"
_AGREEMENT = "ApplicableHeaderTradeAgreement|ApplicableSupplyChainTradeAgreement"
_SETTLEMENT = "ApplicableHeaderTradeSettlement|ApplicableSupplyChainTradeSettlement"
_SUMS = "SpecifiedTradeSettlementHeaderMonetarySummation|SpecifiedTradeSettlementMonetarySummation"
_HEAD = "ExchangedDocument|HeaderExchangedDocument"
_CONTEXT = "ExchangedDocumentContext|SpecifiedExchangedDocumentContext"
_DAY = ("DateTimeString|DateString",)
_SIREN, _SIRET = "0002", "0009"


def read(root: Node) -> EInvoice:
    """The invoice of a CII tree."""
    head, deal = at(root, _HEAD), at(root, _DEAL)
    agreement, settlement = at(deal, _AGREEMENT), at(deal, _SETTLEMENT)
    sums = at(settlement, _SUMS)
    number, issued = text_at(head, "ID"), day_of(text_at(head, "IssueDateTime", *_DAY))
    currency = text_at(settlement, "InvoiceCurrencyCode").upper()
    gross, due = amount_at(sums, "GrandTotalAmount"), amount_at(sums, "DuePayableAmount")
    for what, value in (("number", number), ("issue date", issued), ("currency", currency), ("total", gross)):
        if value in ("", None):
            raise InvoiceIncomplete(what=what)
    if issued is None or gross is None:
        raise InvoiceIncomplete(what="total")
    return EInvoice(
        syntax="cii",
        number=number,
        type_code=text_at(head, "TypeCode"),
        issue_date=issued,
        currency=currency,
        gross=gross,
        payable=gross if due is None else due,
        net=amount_at(sums, "TaxBasisTotalAmount"),
        tax=_tax(sums, currency),
        profile=text_at(root, _CONTEXT, "GuidelineSpecifiedDocumentContextParameter", "ID"),
        seller=_party(at(agreement, "SellerTradeParty")),
        buyer=_party(at(agreement, "BuyerTradeParty")),
        instalments=_instalments(settlement),
        order_number=text_at(agreement, "BuyerOrderReferencedDocument", "IssuerAssignedID|ID"),
        related_number=text_at(settlement, "InvoiceReferencedDocument", "IssuerAssignedID|ID"),
        reference=text_at(settlement, "PaymentReference"),
    )


def _tax(sums: Node | None, currency: str) -> Decimal | None:
    """The tax in the invoice's currency; a second total in the seller's may stand beside it."""
    totals = all_of(sums, "TaxTotalAmount")
    own = [one for one in totals if one.get("currencyID", currency) == currency]
    return amount_of(" ".join((own[0].text or "").split())) if own else None


def _party(node: Node | None) -> Party:
    legal = at(node, "SpecifiedLegalOrganization", "ID")
    scheme = legal.get("schemeID", "") if legal is not None else ""
    registered = "".join((legal.text or "").split()) if legal is not None else ""
    vat = next(
        (
            "".join((one.text or "").split())
            for one in all_of(node, "SpecifiedTaxRegistration", "ID")
            if one.get("schemeID", "VA") == "VA"
        ),
        "",
    )
    address = at(node, "PostalTradeAddress")
    lines = [text_at(address, name) for name in ("LineOne", "LineTwo", "LineThree")]
    return Party(
        name=text_at(node, "Name"),
        number=text_at(node, "ID"),
        siren=registered[:9] if scheme in (_SIREN, _SIRET) else "",
        siret=registered if scheme == _SIRET else "",
        vat_number=vat,
        street=", ".join(line for line in lines if line),
        postcode=text_at(address, "PostcodeCode"),
        city=text_at(address, "CityName"),
        country=text_at(address, "CountryID").upper(),
        email=text_at(node, "DefinedTradeContact", "EmailURIUniversalCommunication", "URIID"),
    )


def _instalments(settlement: Node | None) -> tuple[Instalment, ...]:
    """The terms with a day; where they tell no parts, the last day is the one the whole is due."""
    found = []
    for terms in all_of(settlement, "SpecifiedTradePaymentTerms"):
        day = day_of(text_at(terms, "DueDateDateTime", *_DAY))
        if day is not None:
            found.append(Instalment(day, amount_at(terms, "PartialPaymentAmount")))
    return tuple(found)
