"""Small e-invoices of our own for tests, in both syntaxes and within a PDF."""

import io

import pypdf

CII = """<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
 xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
 xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
<rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter>
<ram:ID>urn:cen.eu:en16931:2017</ram:ID></ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
<rsm:ExchangedDocument><ram:ID>FA-2026-0501</ram:ID><ram:TypeCode>{code}</ram:TypeCode><ram:IssueDateTime>
<udt:DateTimeString format="102">20261002</udt:DateTimeString></ram:IssueDateTime></rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction><ram:ApplicableHeaderTradeAgreement>
<ram:SellerTradeParty><ram:Name>Brevanne SAS</ram:Name>
<ram:SpecifiedLegalOrganization><ram:ID schemeID="0002">{seller}</ram:ID></ram:SpecifiedLegalOrganization>
</ram:SellerTradeParty>
<ram:BuyerTradeParty><ram:Name>Tissages Lorieux</ram:Name>
<ram:SpecifiedLegalOrganization><ram:ID schemeID="0002">732829320</ram:ID></ram:SpecifiedLegalOrganization>
<ram:DefinedTradeContact><ram:EmailURIUniversalCommunication><ram:URIID>compta@lorieux.example</ram:URIID>
</ram:EmailURIUniversalCommunication></ram:DefinedTradeContact>
<ram:PostalTradeAddress><ram:PostcodeCode>68100</ram:PostcodeCode><ram:LineOne>3 rue des Filatures</ram:LineOne>
<ram:CityName>Mulhouse</ram:CityName><ram:CountryID>FR</ram:CountryID></ram:PostalTradeAddress>
</ram:BuyerTradeParty>
<ram:BuyerOrderReferencedDocument><ram:IssuerAssignedID>BC-77</ram:IssuerAssignedID></ram:BuyerOrderReferencedDocument>
</ram:ApplicableHeaderTradeAgreement>
<ram:ApplicableHeaderTradeSettlement><ram:PaymentReference>RF18539007547034</ram:PaymentReference>
<ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
{terms}
<ram:SpecifiedTradeSettlementHeaderMonetarySummation>
<ram:TaxBasisTotalAmount>1000.00</ram:TaxBasisTotalAmount>
<ram:TaxTotalAmount currencyID="EUR">200.00</ram:TaxTotalAmount>
<ram:GrandTotalAmount>1200.00</ram:GrandTotalAmount><ram:TotalPrepaidAmount>{prepaid}</ram:TotalPrepaidAmount>
<ram:DuePayableAmount>{payable}</ram:DuePayableAmount></ram:SpecifiedTradeSettlementHeaderMonetarySummation>
</ram:ApplicableHeaderTradeSettlement></rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>"""
UBL = """<?xml version="1.0" encoding="UTF-8"?>
<{root} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{root}-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID><cbc:ID>FA-2026-0501</cbc:ID>
<cbc:IssueDate>2026-10-02</cbc:IssueDate>{due}<cbc:{root}TypeCode>{code}</cbc:{root}TypeCode>
<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
<cac:OrderReference><cbc:ID>BC-77</cbc:ID></cac:OrderReference>
<cac:AccountingSupplierParty><cac:Party><cac:PartyTaxScheme><cbc:CompanyID>FR83{seller}</cbc:CompanyID>
<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
<cac:PartyLegalEntity><cbc:RegistrationName>Brevanne SAS</cbc:RegistrationName></cac:PartyLegalEntity>
</cac:Party></cac:AccountingSupplierParty>
<cac:AccountingCustomerParty><cac:Party><cac:PostalAddress><cbc:StreetName>3 rue des Filatures</cbc:StreetName>
<cbc:CityName>Mulhouse</cbc:CityName><cbc:PostalZone>68100</cbc:PostalZone>
<cac:Country><cbc:IdentificationCode>FR</cbc:IdentificationCode></cac:Country></cac:PostalAddress>
<cac:PartyLegalEntity><cbc:RegistrationName>Tissages Lorieux</cbc:RegistrationName>
<cbc:CompanyID schemeID="0002">732829320</cbc:CompanyID></cac:PartyLegalEntity>
<cac:Contact><cbc:ElectronicMail>compta@lorieux.example</cbc:ElectronicMail></cac:Contact>
</cac:Party></cac:AccountingCustomerParty>
<cac:PaymentMeans><cbc:PaymentID>RF18539007547034</cbc:PaymentID></cac:PaymentMeans>{terms}
<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">200.00</cbc:TaxAmount></cac:TaxTotal>
<cac:LegalMonetaryTotal><cbc:TaxExclusiveAmount currencyID="EUR">1000.00</cbc:TaxExclusiveAmount>
<cbc:TaxInclusiveAmount currencyID="EUR">1200.00</cbc:TaxInclusiveAmount>
<cbc:PrepaidAmount currencyID="EUR">{prepaid}</cbc:PrepaidAmount>
<cbc:PayableAmount currencyID="EUR">{payable}</cbc:PayableAmount></cac:LegalMonetaryTotal></{root}>"""
SELLER = "552100554"
_TERM = """<ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime>
<udt:DateTimeString format="102">{day}</udt:DateTimeString>
</ram:DueDateDateTime>{amount}</ram:SpecifiedTradePaymentTerms>"""


def cii(*, code: str = "380", seller: str = SELLER, prepaid: str = "0.00", payable: str = "1200.00",
        parts: tuple[tuple[str, str], ...] = (("20261101", ""),)) -> str:  # fmt: skip
    """A CII invoice; `parts` are days with an amount, or without one for the whole."""
    terms = "".join(
        _TERM.format(day=day, amount=f"<ram:PartialPaymentAmount>{one}</ram:PartialPaymentAmount>" if one else "")
        for day, one in parts
    )
    return CII.format(code=code, seller=seller, prepaid=prepaid, payable=payable, terms=terms)


def ubl(*, root: str = "Invoice", code: str = "380", seller: str = SELLER, prepaid: str = "0.00",
        payable: str = "1200.00", terms: str = "") -> str:  # fmt: skip
    """The same in UBL; a credit note has no due date."""
    due = "<cbc:DueDate>2026-11-01</cbc:DueDate>" if root == "Invoice" else ""
    return UBL.format(root=root, code=code, seller=seller, prepaid=prepaid, payable=payable, due=due, terms=terms)


def pdf(xml: str, *, name: str = "factur-x.xml") -> bytes:
    """A PDF of one empty page with an invoice attached, as Factur-X has it."""
    writer = pypdf.PdfWriter()
    writer.add_blank_page(width=595, height=842)
    writer.add_attachment(name, xml.encode())
    kept = io.BytesIO()
    writer.write(kept)
    return kept.getvalue()
