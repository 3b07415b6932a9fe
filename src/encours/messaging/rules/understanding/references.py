"""Invoice numbers, order numbers, IBANs, addresses and telephones as people write them."""

import re
from collections.abc import Collection

from encours.core.ids import check_iban

_NUMBER = r"[A-Za-z]{0,6}[-_/ ]?\d[\dA-Za-z]*(?:[-/_.][\dA-Za-z]+)*"
_ANY = re.compile(
    rf"\b(?:factures?|fact\.?|invoices?|inv\.?|avoirs?|credit notes?|f\.\s?a\.?|pi[eè]ces?|documents?|bills?)"
    rf"(?:\s+(?:number|numbers|num[ée]ros?|ref\.?|r[ée]f[ée]rences?|de r[ée]f[ée]rence|jointe?s?|"
    rf"suivantes?|following|below|dated))*"
    rf"\s*(?:n[°ºo]s?\.?|nos?\.?|nr\.?|#|num\.?|:)*\s*(?P<list>{_NUMBER}(?:\s*(?:,|;|et|and|&|\+|\n|/|"
    rf"\bou\b|\bor\b)\s*(?:n[°º]\s*|#)?{_NUMBER})*)",
    re.IGNORECASE,
)
_SHAPED = re.compile(
    r"(?<![\w@./-])(?:FA|FAC|FACT|FC|FV|FS|F|INV|IN|FR|VE|VT|AV|AVO|CN|SI|RE|"
    r"RG)[-_/ ]?\d[\dA-Z]*(?:[-/_]\d[\dA-Z]*)*(?![\w@])"
)
_ORDER = re.compile(
    r"\b(?:p\.?o\.?(?:\s?(?:number|no|n[°º]|#))?|purchase orders?(?: numbers?)?|bons? de commande|"
    r"commandes?|order(?: number| no\.?)?|bdc|n[°º] (?:d['’]engagement|de commande)|"
    r"num[ée]ro (?:de commande|d['’]engagement)|engagement)\s*(?:n[°ºo]\.?|no\.?|#|:|est(?: le)?|"
    r"is)*\s*[:#]?\s*(?P<number>(?:[A-Z]{1,6}[-_/ ]?)?\d[\dA-Z]*(?:[-/_.][\dA-Z]+)*)",
    re.IGNORECASE,
)
_ORDER_SHAPED = re.compile(r"(?<![\w@./-])(?:PO|BC|BDC|CDE|CMD|EJ)[-_/]\d[\dA-Z]*(?:[-/_]\d[\dA-Z]*)*(?![\w@])")
_IBAN = re.compile(r"\b[A-Z]{2}\s?\d{2}(?:[ \u00a0.-]?[A-Z0-9]{2,4}){3,8}\b", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(
    r"(?<![\w/-])(?:\+\d{1,3}[ .]?(?:\(0\)[ .]?)?|0)\d(?:[ .-]?\d{2}){4}(?!\d)|"
    r"(?<!\w)\+\d[\d .()-]{8,15}\d"
)
_NOT_NUMBERS = re.compile(r"^(?:\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{2,4})?|20\d\d|\d{1,3})$")


def invoice_numbers_in(text: str, *, known: Collection[str] = ()) -> list[str]:
    """The invoice numbers a text names, as written, each once.

    "les factures FA-2026-4290 et 4291" -> ["FA-2026-4290", "4291"]; `known` numbers are found wherever they stand.
    """
    found: dict[int, str] = {}
    for number in known:
        for match in re.finditer(rf"(?<![\w-]){re.escape(number)}(?![\w-])", text, re.IGNORECASE):
            found.setdefault(match.start(), match[0])
    bare = _without_orders(text)
    shaped = [
        match
        for match in _SHAPED.finditer(bare)
        if sum(letter.isdigit() for letter in match[0]) >= 3 and not check_iban(match[0]).is_right
    ]
    for match in shaped:
        found.setdefault(match.start(), _tidy(match[0]))
    for match in _ANY.finditer(bare):
        for token in re.finditer(_NUMBER, match["list"]):
            start, end = match.start("list") + token.start(), match.start("list") + token.end()
            is_inside = any(one.start() < end and start < one.end() for one in shaped)
            if not is_inside and _is_number(token[0], bare, end):
                found.setdefault(start, _tidy(token[0]))
    return list(dict.fromkeys(found[start] for start in sorted(found)))


def _without_orders(text: str) -> str:
    return _ORDER.sub(lambda match: " " * len(match[0]), text)


def _tidy(token: str) -> str:
    return re.sub(r"^(?:et|and|ou|or|n|no|du|de)\s+", "", token.strip(), flags=re.IGNORECASE).strip(" .-/")


def _is_number(token: str, text: str, end: int) -> bool:
    after = text[end : end + 12]
    is_amount = bool(re.match(r"\s?(?:[.,]\d|€|eur|\$|£|%|jours|days|k€)", after, re.IGNORECASE))
    words = _tidy(token)
    return sum(letter.isdigit() for letter in words) >= 3 and not is_amount and not _NOT_NUMBERS.match(words)


def order_numbers_in(text: str) -> list[str]:
    """The purchase-order numbers a text names: "Notre commande n° 4500123" -> ["4500123"]."""
    found = [_tidy(match["number"]) for match in _ORDER.finditer(text)]
    found += [match[0] for match in _ORDER_SHAPED.finditer(text)]
    return list(dict.fromkeys(one for one in found if sum(letter.isdigit() for letter in one) >= 3))


def ibans_in(text: str) -> list[str]:
    """The IBANs whose check digits are right, without spaces."""
    found = []
    for match in _IBAN.finditer(text):
        compact = re.sub(r"[^A-Za-z0-9]", "", match[0]).upper()
        for length in range(len(compact), 14, -1):
            checked = check_iban(compact[:length])
            if checked.is_right:
                found.append(checked.required())
                break
    return list(dict.fromkeys(found))


def emails_in(text: str) -> list[str]:
    """The e-mail addresses, in lower case, each once."""
    return list(dict.fromkeys(one.lower().rstrip(".") for one in _EMAIL.findall(text)))


def phones_in(text: str) -> list[str]:
    """The telephone numbers as written: "+33 6 12 34 56 78"."""
    return list(dict.fromkeys(match[0].strip() for match in _PHONE.finditer(text)))
