"""The fixed parts of a letter: how it greets, and the line by which a company says who it is."""

from dataclasses import dataclass

from encours.core.ids import grouped_siren
from encours.core.money import Money

_NO_BREAK = "\u00a0"
_NARROW = "\u202f"


@dataclass(frozen=True, slots=True)
class Company:
    """Who writes, as the law wants it told on a commercial letter."""

    name: str
    legal_form: str = ""
    siren: str = ""
    rcs_city: str = ""
    capital_minor: int | None = None
    currency: str = "EUR"
    street: str = ""
    postcode: str = ""
    city: str = ""


def legal_line(company: Company) -> str:
    """Form, capital, number, register and seat (C. com. R123-237).

    Brévanne Équipement, SAS au capital de 1 200 000 €, 552 100 554 RCS Nantes, 14 rue des Forges, 44000 Nantes.
    """
    form = company.legal_form
    if company.capital_minor:
        whole = int(Money(company.capital_minor, company.currency).as_decimal())
        sign = "€" if company.currency == "EUR" else company.currency
        form = f"{form} au capital de {f'{whole:,}'.replace(',', _NARROW)}{_NO_BREAK}{sign}".strip()
    register = ""
    if company.siren:
        register = (
            f"{grouped_siren(company.siren)} RCS {company.rcs_city}"
            if company.rcs_city
            else grouped_siren(company.siren)
        )
    place = " ".join(part for part in (company.postcode, company.city) if part)
    return ", ".join(part for part in (company.name, form, register, company.street, place) if part)


def greeting(name: str, language: str) -> str:
    """The opening words: “Bonjour Lise Marchal”, “Dear Lise Marchal”; with no name, “Bonjour”, “Dear Sir or Madam”."""
    if language.startswith("fr"):
        return f"Bonjour {name}".strip()
    return f"Dear {name}" if name else "Dear Sir or Madam"
