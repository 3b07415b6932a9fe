"""The words by which payers label the parts of an advice, in French, English and German."""

import re

from encours.core.text import fold_words

_PAYER = (
    r"emetteur|[eé]metteur|donneur d['’ ]ordre|payeur|soci[eé]t[eé]|raison sociale|votre client|client payeur|"
    r"payer|remitter|ordering customer|ordering party|paid by|payment from|from company|company|"
    r"auftraggeber|zahler|zahlungspflichtiger|firma|absender"
)
_NUMBER = (
    r"avis (?:de (?:paiement|virement|r[eè]glement) )?(?:n[°ºo]\.?|num[eé]ro)|num[eé]ro d['’]avis|"
    r"r[eé]f[eé]rence (?:du |de )?(?:paiement|virement|r[eè]glement)|n[°º] (?:de )?(?:paiement|virement|"
    r"r[eè]glement)|"
    r"(?:payment|remittance|advice)(?: advice)? (?:reference|ref|no|number|id)\.?|document n(?:o|umber)\.?|"
    r"avis-?(?:nummer|nr)\.?|zahlungsavis(?:[- ]nr\.?| nummer)?|zahlungsreferenz|belegnummer|beleg-?nr\.?"
)
_DATE = (
    r"date (?:de |du )?(?:paiement|valeur|r[eè]glement|virement|l['’]avis|d['’]ex[eé]cution)|date d['’]ex[eé]cution|"
    r"pay(?:ment|ed)? (?:date|on)|value date|remittance date|paid on|zahlungsdatum|valuta|wertstellung|buchungsdatum|"
    r"date|datum|le"
)
_TOTAL = (
    r"montant (?:total|du (?:virement|r[eè]glement|paiement)|r[eé]gl[eé]|vers[eé]|pay[eé]|vir[eé])|"
    r"total (?:pay[eé]|r[eé]gl[eé]|"
    r"vir[eé]|g[eé]n[eé]ral|net|du (?:virement|r[eè]glement))|net (?:[aà] payer|pay[eé]|vers[eé])|"
    r"total (?:amount|paid|payment|remittance)(?: amount| paid)?|(?:payment|paid|remittance|net) (?:amount|"
    r"total)|amount paid|"
    r"gesamtbetrag|zahl(?:ungs)?betrag|[uü]berweisungsbetrag|gesamtsumme|summe|"
    r"(?:montant|somme|sum|amount|total|betrag) (?:total |totale )?(?:de|of|von)|in h[oö]he von|total"
)
PAYER = re.compile(rf"(?im)^[\s|]*(?:{_PAYER})\s*(?:[:\t|]|\s{{2,}})\s*([^\t|\n]{{2,120}}?)\s*(?:[\t|]|\s{{3,}}|$)")
NUMBER = re.compile(rf"(?i)\b(?:{_NUMBER})\s*[:#\t| ]\s*[:#]?\s*([A-Z0-9][A-Z0-9./_-]{{2,39}})")
_DAY = (
    r"(?<![\w./-])(\d{4}-\d{2}-\d{2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|"
    r"\d{1,2}(?:er)?\.? (?!(?:and|und|et|to|au|bis) )[A-Za-zéûäÉ]{3,9}\.? \d{4}|[A-Z][a-z]{2,8} \d{1,2},? \d{4})(?!\d)"
)
DATE = re.compile(rf"(?i)\b(?:{_DATE})\s*[:\t| ]\s*{_DAY}")
ANY_DATE = re.compile(_DAY)
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
AMOUNT = re.compile(
    r"(?<![\w.,/-])([-+(]?\s?(?:[€$£]|EUR|USD|GBP|CHF)?\s?-?"
    r"(?:\d{1,3}(?:[ \u00a0\u202f.,'’]\d{3})+|\d{1,12})(?:[.,]\d{2})?-?\)?)"
    r"(?:\s?(?:€|EUR|USD|GBP|CHF|\$|£|euros?))?(?![\w%°]|[./-]\d)"
)
DECIMAL = re.compile(r"[.,]\d{2}\D*$")
TOTAL = re.compile(rf"(?im)\b(?:{_TOTAL})\b[^\d\n-]{{0,40}}?([-(]?\d[\d \u00a0\u202f.,'’]*)")
TOTAL_ROW = re.compile(rf"(?i)^\W*(?:{_TOTAL})\b")
CURRENCY = re.compile(r"€|\b(EUR|USD|GBP|CHF|CAD|PLN|SEK|NOK|DKK|CZK|JPY)\b")
INVOICE = re.compile(
    r"(?<![\w@/])(?=[A-Z0-9./_-]*\d{2})[A-Z]{0,6}[-_/.]?[0-9][A-Z0-9]*(?:[-_/][A-Z0-9]+)*|"
    r"[A-Z]{1,6}[-_/][A-Z0-9_/-]*\d[A-Z0-9_/-]*",
    re.IGNORECASE,
)
INVOICE_LABEL = re.compile(
    r"(?i)\b(?:factures?|fact|fac|invoices?|inv|rechnung(?:en|snummern?)?|rg|re(?:chnungs)?-?nr|avoirs?|"
    r"credit notes?|gutschrift)"
    r"\s*(?:n[°ºo]s?\.?|num[eé]ros?|no\.?|number|nr\.?|#)?\s*:?\s*"
)
CREDIT = re.compile(r"(?i)\b(?:avoir|credit note|credit memo|gutschrift)\b")
DEDUCTION = re.compile(
    r"(?i)\b(?:retenue|d[eé]duction|p[eé]nalit[eé]s?|litige|r[eé]faction|d[eé]duit|deducted|deduction|less|"
    r"withheld|short[- ]?paid|dispute|chargeback|"
    r"abzug|abz[uü]glich|einbehalt(?:en)?|k[uü]rzung|gek[uü]rzt|minderung)\b"
)
DISCOUNT = re.compile(
    r"(?i)\b(?:escompte|cash discount|early payment discount|settlement discount|discount|"
    r"skonto)\b"
)
ADVICE = re.compile(
    r"(?i)avis (?:de |d['’])?(?:paiement|virement|r[eè]glement|remise)|remittance|payment advice|"
    r"advice of payment|zahlungsavis|"
    r"zahlungsmitteilung|[uü]berweisungsavis|d[eé]tail (?:du|de votre) (?:paiement|r[eè]glement|virement)"
)

# column -> folded headings, as tables of advices have them
COLUMNS: dict[str, frozenset[str]] = {
    name: frozenset(fold_words(text) for text in texts.split("|"))
    for name, texts in {
        "invoice": "facture|n facture|n° facture|no facture|numero de facture|numero facture|num facture|"
        "votre facture|votre "
        "reference|reference facture|ref facture|piece|n piece|n° piece|votre piece|document|reference|"
        "references|vos references|"
        "invoice|invoice number|invoice no|invoice no.|your invoice|document number|document no|doc no|"
        "your reference|"
        "supplier invoice|inv no|bill|rechnung|rechnungsnummer|rechnungsnr|rechnungs-nr|rechnung nr|"
        "ihre rechnung|beleg|"
        "belegnummer|beleg-nr|ihr beleg|ihre belegnr",
        "date": "date|date facture|date piece|date de facture|invoice date|document date|doc date|datum|"
        "rechnungsdatum|"
        "belegdatum",
        "gross": "montant brut|brut|montant facture|montant de la facture|montant ttc|ttc|montant initial|"
        "total facture|"
        "gross|gross amount|invoice amount|amount invoiced|document amount|original amount|invoice total|brutto|"
        "bruttobetrag|"
        "rechnungsbetrag|belegbetrag",
        "discount": "escompte|montant escompte|remise|discount|discount taken|cash discount|discount amount|"
        "skonto|skontobetrag",
        "deduction": "retenue|retenues|deduction|deductions|penalite|penalites|litige|ecart|montant retenu|"
        "montant deduit|"
        "deduction amount|adjustment|adjustments|withheld|short paid|chargeback|abzug|abzuge|kurzung|einbehalt|"
        "differenz",
        "reason": "motif|motif retenue|motif de la retenue|raison|commentaire|observation|observations|libelle|"
        "reason|deduction reason|reason code|comment|remarks|remark|note|description|grund|abzugsgrund|"
        "bemerkung|text|"
        "verwendung",
        "amount": "montant|montant paye|montant regle|paye|regle|net|net paye|montant net|net a payer|a payer|"
        "montant vire|"
        "amount|amount paid|paid|paid amount|payment|payment amount|net|net amount|net paid|amount due|betrag|"
        "zahlbetrag|"
        "gezahlt|netto|nettobetrag|zahlung|uberweisungsbetrag",
    }.items()
}
