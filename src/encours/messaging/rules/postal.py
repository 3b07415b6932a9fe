"""Postal addresses as the post wants them: at most six lines of 38 characters, the last in capitals (NF Z 10-011)."""

import unicodedata
from collections.abc import Sequence

from babel import Locale

from encours.core.errors import Refused, gettext_noop

LINES_MAX = 6
LETTERS_MAX = 38


class PostalAddressIncomplete(Refused):
    """A letter cannot be delivered to this address."""

    message = gettext_noop("The postal address of {name} is not complete: a street or box, a postcode and a city.")


def lines_of(
    *, street: str, postcode: str, city: str, country: str = "", attention: str = "", addressee: str = "",
    home: str = "FR",
) -> tuple[str, ...]:  # fmt: skip
    """The lines under the name; the country last and in French when it is not the sender's (Universal Postal Union).

    street "14 rue des Forges", postcode "44000", city "Nantes" -> "14 rue des Forges", "44000 NANTES". Nothing is
    returned for an address without street or city. Who is the `addressee` needs nobody's attention besides.
    """
    streets = [" ".join(part.split()) for part in street.replace("\r", "\n").split("\n")]
    last = " ".join(f"{postcode} {city}".split())
    if not any(streets) or not city.strip():
        return ()
    person = attention.strip()
    named = [_for(person)] if person and person.casefold() != addressee.strip().casefold() else []
    abroad = [_capitals(_country(country))] if country and country.upper() != home.upper() else []
    return (*named, *filter(None, streets), _capitals(last), *abroad)


def _for(person: str) -> str:
    """The line that names a person, with the elision French asks for: "À l’attention d’Alban Cadiravel"."""
    first = unicodedata.normalize("NFD", person)[0].upper()
    return f"À l’attention {'d’' if first in 'AEIOU' else 'de '}{person}"


def window(name: str, lines: Sequence[str]) -> list[str]:
    """The whole address of a window, its name first: long lines are folded at a space while six lines allow it.

    Refuses what has no street and city, or does not fit.
    """
    if not name.strip() or len(lines) < 2:
        raise PostalAddressIncomplete(name=name or "?")
    whole = [" ".join(line.split()) for line in [name, *lines]]
    while len(whole) < LINES_MAX and any(len(line) > LETTERS_MAX for line in whole):
        place = next(at for at, line in enumerate(whole) if len(line) > LETTERS_MAX)
        head, tail = _folded(whole[place])
        if not tail:
            break
        whole[place : place + 1] = [head, tail]
    if len(whole) > LINES_MAX:
        raise PostalAddressIncomplete(name=name)
    return whole


def _folded(line: str) -> tuple[str, str]:
    cut = line.rfind(" ", 0, LETTERS_MAX + 1)
    return (line[:cut], line[cut + 1 :]) if cut > 0 else (line, "")


def _capitals(text: str) -> str:
    """Capitals without accents, as sorting machines read them: "Créteil" -> "CRETEIL"."""
    bare = unicodedata.normalize("NFD", text.upper())
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


def _country(code: str) -> str:
    return str(Locale("fr").territories.get(code.upper(), code))
