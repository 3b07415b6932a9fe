"""Identifiers that pass every check and belong to nobody."""

import random

from encours.core.text import fold_words

_INVENTED_BANK = "99999"


def siren(chance: random.Random) -> str:
    """Nine digits with a right Luhn key, beginning with 0: no company was ever given one."""
    body = f"0{chance.randrange(10**7):07d}"
    return body + _luhn_key(body)


def siret(siren_number: str, *, establishment: int = 1) -> str:
    """The fourteen digits of an establishment of that company."""
    body = f"{siren_number}{establishment:04d}"
    return body + _luhn_key(body)


def _luhn_key(body: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def french_iban(chance: random.Random) -> str:
    """An account of the invented bank 99999, with its RIB key and its IBAN key."""
    branch, account = chance.randrange(10**5), chance.randrange(10**11)
    key = 97 - (89 * int(_INVENTED_BANK) + 15 * branch + 3 * account) % 97
    return _iban("FR", f"{_INVENTED_BANK}{branch:05d}{account:011d}{key:02d}")


def british_iban(chance: random.Random) -> str:
    """An account of an invented British bank."""
    return _iban("GB", f"ZZZZ{chance.randrange(10**14):014d}")


def _iban(country: str, bban: str) -> str:
    digits = "".join(str(int(character, 36)) for character in f"{bban}{country}00")
    return f"{country}{98 - int(digits) % 97:02d}{bban}"


def domain(name: str) -> str:
    """The invented address of a company on the internet: "Scierie Aubressac" -> scierie-aubressac.example."""
    return f"{fold_words(name).replace(' ', '-')}.example"


def mailbox(first_name: str, last_name: str, *, at: str) -> str:
    """A person's address: "Maëlle Quintrec" at x.example -> maelle.quintrec@x.example."""
    return f"{fold_words(first_name).replace(' ', '-')}.{fold_words(last_name).replace(' ', '-')}@{at}"


def phone(chance: random.Random) -> str:
    """A number in the ranges that the French regulator keeps for fiction (01 99 00 … 05 36 49)."""
    prefix = chance.choice(["01 99 00", "02 61 91", "03 53 01", "04 65 71", "05 36 49"])
    return f"{prefix} {chance.randrange(100):02d} {chance.randrange(100):02d}"


def mobile(fixed: str) -> str:
    """A mobile number kept for fiction that ends as the fixed one does: 02 61 91 40 20 -> 06 39 98 40 20."""
    return f"06 39 98 {fixed[-5:]}"
