"""Customers and contacts out of tables."""

import re
from collections.abc import Iterator, Sequence

from encours.core import ids
from encours.core.terms import Terms, TermsUnreadable
from encours.core.text import fold_words
from encours.imports.formats.blocks import NULL, BlockReader, Staged, Style
from encours.imports.formats.headers import Columns
from encours.imports.formats.tables import Table

CUSTOMER_TEXTS = {
    "external_id": 80,
    "name": 200,
    "legal_form": 60,
    "siren": 20,
    "siret": 20,
    "vat_number": 30,
    "naf_code": 10,
    "street": 200,
    "postcode": 20,
    "city": 100,
    "country": 60,
    "language": 20,
    "email": 254,
    "phone": 40,
    "iban": 60,
    "notes": 4000,
}
# who a customer belongs to, by e-mail address or name
OWNERS = ("collector", "sales_rep", "success_owner")
CUSTOMER_COLUMNS = (
    "line", "number", *CUSTOMER_TEXTS, "terms", "is_natural_person", "dunning_block", "credit_minor", *OWNERS
)  # fmt: skip
CONTACT_COLUMNS = ("line", "customer", "customer_name", "name", "role", "email", "phone", "language", "is_primary")

_COUNTRIES = {
    **dict.fromkeys(("france", "fra", "f"), "FR"),
    **dict.fromkeys(("allemagne", "germany", "deutschland", "deu", "d"), "DE"),
    **dict.fromkeys(("belgique", "belgium", "bel", "b"), "BE"),
    **dict.fromkeys(("suisse", "switzerland", "schweiz", "che"), "CH"),
    **dict.fromkeys(("espagne", "spain", "espana", "esp", "e"), "ES"),
    **dict.fromkeys(("italie", "italy", "italia", "ita", "i"), "IT"),
    **dict.fromkeys(("royaume uni", "united kingdom", "uk", "great britain", "gbr", "angleterre"), "GB"),
    **dict.fromkeys(("pays bas", "netherlands", "nederland", "nld", "hollande"), "NL"),
    **dict.fromkeys(("luxembourg", "lux", "l"), "LU"),
    **dict.fromkeys(("portugal", "prt", "p"), "PT"),
    **dict.fromkeys(("autriche", "austria", "osterreich", "aut"), "AT"),
    **dict.fromkeys(("etats unis", "united states", "usa", "etats unis d amerique"), "US"),
    **dict.fromkeys(("irlande", "ireland", "irl"), "IE"),
    **dict.fromkeys(("monaco", "mco"), "MC"),
    **dict.fromkeys(("pologne", "poland", "pol"), "PL"),
    **dict.fromkeys(("canada", "can"), "CA"),
    **dict.fromkeys(("maroc", "morocco", "mar"), "MA"),
}
_LANGUAGES = {
    **dict.fromkeys(("francais", "french", "fra", "fre"), "fr"),
    **dict.fromkeys(("anglais", "english", "eng"), "en"),
    **dict.fromkeys(("allemand", "german", "deutsch", "ger", "deu"), "de"),
    **dict.fromkeys(("espagnol", "spanish", "spa"), "es"),
    **dict.fromkeys(("italien", "italian", "ita"), "it"),
    **dict.fromkeys(("neerlandais", "dutch", "nld"), "nl"),
}
ROLES = {
    **dict.fromkeys(
        ("accounts", "comptabilite", "compta", "comptable", "comptabilite fournisseurs", "accounts payable",
         "accounting", "accountant", "facturation", "ap", "service comptable", "reglements"), "accounts"),
    **dict.fromkeys(
        ("purchaser", "achats", "acheteur", "acheteuse", "purchasing", "buyer", "service achats"), "purchaser"),
    **dict.fromkeys(
        ("cfo", "daf", "raf", "directeur financier", "directrice financiere", "directeur administratif et financier",
         "finance director", "chief financial officer"), "cfo"),
    **dict.fromkeys(("legal", "dirigeant", "gerant", "gerante", "president", "presidente", "pdg", "ceo", "juridique",
                     "representant legal", "director", "owner", "directeur general"), "legal"),
    **dict.fromkeys(
        ("sales", "commercial", "commerciale", "vendeur", "sales contact", "directeur commercial"), "sales"),
    **dict.fromkeys(("other", "autre"), "other"),
}  # fmt: skip


def customers(table: Table, columns: Columns, style: Style, *, currency: str) -> Iterator[Staged]:
    """Customers, ready for COPY in the order of CUSTOMER_COLUMNS; odd identifiers are kept and warned about."""
    for block in table.blocks():
        reader = BlockReader(block, columns, style)
        texts = {
            name: reader.texts(name, length_max=length, is_required=name == "name")
            for name, length in CUSTOMER_TEXTS.items()
        }
        numbers = _numbers(reader, texts["external_id"])
        _check_identifiers(reader, texts)
        texts["country"] = [_country(cell) for cell in texts["country"]]
        texts["language"] = [_language(cell) for cell in texts["language"]]
        yield reader.staged(
            numbers,
            *texts.values(),
            _terms(reader),
            reader.flags("is_natural_person"),
            reader.flags("dunning_block"),
            _limits(reader, currency),
            *(reader.texts(owner, length_max=254) for owner in OWNERS),
        )


def _numbers(reader: BlockReader, external_ids: Sequence[str]) -> list[str]:
    numbers = reader.texts("number", length_max=60)
    numbers = [number or other for number, other in zip(numbers, external_ids, strict=True)]
    for index, number in enumerate(numbers):
        if not number:
            reader.refuse(index, "number", "", "missing")
    return numbers


def _check_identifiers(reader: BlockReader, texts: dict[str, list[str]]) -> None:
    checks = {
        "siren": (ids.check_siren, "siren_invalid"),
        "siret": (ids.check_siret, "siret_invalid"),
        "vat_number": (ids.check_vat_number, "vat_invalid"),
        "iban": (ids.check_iban, "iban_invalid"),
        "email": (ids.check_email, "email_invalid"),
    }
    for name, (check, reason) in checks.items():
        cells = texts[name]
        for index, cell in enumerate(cells):
            if cell:
                checked = check(cell)
                cells[index] = checked.value
                if checked.fault is not None:
                    reader.warn(index, name, cell, reason)


def _limits(reader: BlockReader, currency: str) -> list[str]:
    """Credit limits in minor units; one that cannot be read, or is below zero, is told and left out."""
    if not reader.has("credit_limit"):
        return [NULL] * reader.count
    found = []
    for index, cell in enumerate(reader.raw(reader.columns.places["credit_limit"])):
        minor, reason = reader.amount(cell, currency)
        if reason or minor.startswith("-"):
            reader.warn(index, "credit_limit", cell, reason or "amount_negative")
            minor = ""
        found.append(minor or NULL)
    return found


def _terms(reader: BlockReader) -> list[str]:
    cells = reader.texts("terms", length_max=80)
    codes: dict[str, str] = {"": ""}
    for index, cell in enumerate(cells):
        if cell not in codes:
            codes[cell] = terms_code(cell)
        if cell and not codes[cell]:
            reader.warn(index, "terms", cell, "terms_unreadable")
    return [codes[cell] for cell in cells]


def terms_code(text: str) -> str:
    """The stored form of written terms, or "" when they cannot be read: "30 jours fin de mois" -> "30EOM"."""
    try:
        return Terms.parse(re.sub(r"\.0+$", "", text)).code
    except TermsUnreadable:
        return ""


def _country(cell: str) -> str:
    if len(cell) == 2 and cell.isalpha():
        return cell.upper()
    return _COUNTRIES.get(fold_words(cell), "")


def _language(cell: str) -> str:
    folded = fold_words(cell)
    return _LANGUAGES.get(folded, folded[:2] if len(folded) in {2, 5} else "")


def contacts(table: Table, columns: Columns, style: Style) -> Iterator[Staged]:
    """Contacts, ready for COPY in the order of CONTACT_COLUMNS."""
    for block in table.blocks():
        reader = BlockReader(block, columns, style)
        emails = reader.texts("email", length_max=254)
        phones = reader.texts("phone", length_max=40)
        for index, (email, phone) in enumerate(zip(emails, phones, strict=True)):
            if email:
                checked = ids.check_email(email)
                emails[index] = checked.value
                if checked.fault is not None:
                    reader.warn(index, "email", email, "email_invalid")
            elif not phone:
                reader.refuse(index, "email", "", "missing")
        yield reader.staged(
            reader.texts("customer", length_max=60),
            reader.texts("customer_name", length_max=200),
            _names(reader),
            [
                ROLES.get(fold_words(cell), "other" if cell else "accounts")
                for cell in reader.texts("role", length_max=80)
            ],
            emails,
            phones,
            [_language(cell) for cell in reader.texts("language", length_max=20)],
            reader.flags("is_primary"),
        )


def _names(reader: BlockReader) -> list[str]:
    first, last = reader.texts("first_name", length_max=100), reader.texts("last_name", length_max=100)
    whole = reader.texts("name", length_max=200)
    return [
        f"{given} {family or other}".strip() if given else (family or other)
        for given, family, other in zip(first, last, whole, strict=True)
    ]
