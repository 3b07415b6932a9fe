"""The customers of the demo: who they are, how they pay, whom to write to there."""

import random
from dataclasses import dataclass, field, replace

from encours.core.ids import vat_number_of_siren
from encours.entrypoints.demo import behaviour, identity, words
from encours.entrypoints.demo.behaviour import Habit

SEED = "valtorane"
FIRST_NUMBER = 10_012
CORE, LARGE, MIDDLE, SMALL = 4, 3, 2, 1
KEY_ACCOUNTS, PUBLIC_SECTOR, EXPORT, COMPANIES, PRIVATE = "key", "public", "export", "companies", "private"


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody at a customer's."""

    name: str
    role: str
    email: str
    phone: str = ""
    language: str = "fr"
    is_primary: bool = False


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer with the habit that its payments follow."""

    number: str
    name: str
    habit: Habit
    size: int
    segment: str
    legal_form: str = ""
    siren: str = ""
    siret: str = ""
    vat_number: str = ""
    naf_code: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = "FR"
    currency: str = "EUR"
    language: str = "fr"
    email: str = ""
    phone: str = ""
    iban: str = ""
    terms: str = "45"
    is_natural_person: bool = False
    parent_number: str = ""
    collector: int = 0  # which of our collectors; -1 nobody
    sales: int = 0
    company_codes: tuple[str, ...] = ("01",)
    contacts: tuple[Contact, ...] = field(default=())

    @property
    def chance(self) -> random.Random:
        """The customer's own luck, the same in every book."""
        return random.Random(f"{SEED}:{self.number}")


# how many of each size, beside the special ones
_ORDINARY: tuple[tuple[int, int], ...] = ((CORE, 7), (LARGE, 26), (MIDDLE, 58), (SMALL, 42))
# habits that a demo must show, and the size of who has them
_STORIED: tuple[tuple[Habit, int], ...] = (
    (behaviour.STALLED, LARGE),
    (behaviour.STALLED, LARGE),
    (behaviour.STALLED, MIDDLE),
    (behaviour.SILENT, LARGE),
    (behaviour.SILENT, MIDDLE),
    (behaviour.SILENT, SMALL),
    (behaviour.INSOLVENT, MIDDLE),
    (behaviour.FIRST_DELAY, LARGE),
    (behaviour.FIRST_DELAY, MIDDLE),
    (behaviour.FIRST_DELAY, MIDDLE),
    (behaviour.DRIFTING, LARGE),
    (behaviour.SLOW, LARGE),
    (behaviour.SHORT_PAYER, LARGE),
)
_GROUPS = ((LARGE, 3), (MIDDLE, 2), (MIDDLE, 2))
_PUBLIC_BODIES = 14
_PRIVATE_PERSONS = 5
_TERMS: tuple[tuple[str, int], ...] = (("30", 46), ("45", 26), ("30EOM", 9), ("45EOM", 3), ("60", 11), ("0", 5))
_ENTERED_TWICE = (40, 75)
_NO_ADDRESS = frozenset({23, 35, 84, 97, 128})


def customers() -> tuple[Customer, ...]:
    """All of them, always the same: a new day changes their books, never who they are."""
    chance = random.Random(SEED)
    families = _shuffled(words.FAMILIES, chance)
    made = [_company(chance, families, size=size, habit=habit) for habit, size in _STORIED]
    for size, count in _ORDINARY:
        draw = behaviour.reliable if size == CORE else behaviour.ordinary
        made += [_company(chance, families, size=size, habit=draw(chance)) for _ in range(count)]
    for size, count in _GROUPS:
        made += _group(chance, families, size=size, count=count)
    made += [_public_body(chance, index) for index in range(_PUBLIC_BODIES)]
    made += [_foreign_company(chance, index) for index in range(len(words.FOREIGN_COMPANIES))]
    made += [_private_person(chance) for _ in range(_PRIVATE_PERSONS)]
    made += [_entered_twice(made[place]) for place in _ENTERED_TWICE]
    return _numbered(made, chance)


def _shuffled(names: tuple[str, ...], chance: random.Random) -> list[str]:
    # a second trade bears the same name when names run out, as sister companies do
    first, second = list(names), list(names)
    chance.shuffle(first)
    chance.shuffle(second)
    return [*second, *first]


def _company(chance: random.Random, families: list[str], *, size: int, habit: Habit) -> Customer:
    family = families.pop()
    # the same family in another trade is a sister company; in the same trade it would be the same one twice
    trades = words.TRADES[::2] if len(families) >= len(words.FAMILIES) else words.TRADES[1::2]
    pattern, forms, naf_code = chance.choice(trades)
    name = pattern.format(family)
    postcode, city = chance.choice(words.TOWNS)
    siren = identity.siren(chance)
    return Customer(
        number="",
        name=name,
        habit=habit,
        size=size,
        segment=KEY_ACCOUNTS if size == CORE else COMPANIES,
        legal_form=chance.choice(forms.split()),
        siren=siren,
        siret=identity.siret(siren, establishment=chance.choice([1, 1, 1, 2, 3])),
        vat_number=vat_number_of_siren(siren),
        naf_code=naf_code,
        street=f"{chance.randint(1, 148)} {chance.choice(words.STREETS)}",
        postcode=postcode,
        city=city,
        phone=identity.phone(chance),
        iban=identity.french_iban(chance),
        terms=chance.choices([terms for terms, _ in _TERMS], [weight for _, weight in _TERMS])[0],
        email=f"compta@{identity.domain(name)}",
        company_codes=chance.choice([("01",), ("01",), ("01",), ("01", "02"), ("01", "02"), ("02",)]),
    )


def _group(chance: random.Random, families: list[str], *, size: int, count: int) -> list[Customer]:
    """A holding that pays for its companies: the first of them is the parent."""
    family = families.pop()
    parent = replace(_company(chance, families, size=size, habit=behaviour.GROUP), name=f"Groupe {family}")
    at = identity.domain(parent.name)
    found = [replace(parent, email=f"comptabilite@{at}", segment=KEY_ACCOUNTS)]
    for trade in chance.sample(words.TRADES, count - 1):
        child = _company(chance, families, size=MIDDLE, habit=behaviour.GROUP)
        name = trade[0].format(family)
        found.append(
            replace(child, name=name, email=f"comptabilite@{at}", terms=parent.terms, parent_number=parent.name)
        )
    return found


def _public_body(chance: random.Random, index: int) -> Customer:
    pattern, naf_code = words.PUBLIC_BODIES[index % len(words.PUBLIC_BODIES)]
    postcode, city = words.TOWNS[(index * 3 + 1) % len(words.TOWNS)]
    name = _elided(pattern.format(city))
    siren = identity.siren(chance)
    return Customer(
        number="",
        name=name,
        habit=behaviour.PUBLIC,
        size=chance.choice([MIDDLE, MIDDLE, SMALL]),
        segment=PUBLIC_SECTOR,
        siren=siren,
        siret=identity.siret(siren),
        naf_code=naf_code,
        street=chance.choice(["place de la Mairie", "1 place de la République", "rue de l’Hôpital"]),
        postcode=postcode,
        city=city,
        phone=identity.phone(chance),
        iban=identity.french_iban(chance),
        terms="30",
        email=f"finances@{identity.domain(name)}",
        company_codes=chance.choice([("01",), ("02",), ("01", "02")]),
    )


def _elided(name: str) -> str:
    """French drops the vowel: "Commune de Orlemont" -> "Commune d’Orlemont", "de Le Havrelin" -> "du Havrelin"."""
    name = name.replace(" de Le ", " du ").replace(" de Les ", " des ")
    for vowel in "AEÉIOUY":
        name = name.replace(f" de {vowel}", f" d’{vowel}")
    return name


def _foreign_company(chance: random.Random, index: int) -> Customer:
    name, country, currency, postcode, city, language = words.FOREIGN_COMPANIES[index]
    return Customer(
        number="",
        name=name,
        habit=behaviour.EXPORT,
        size=MIDDLE,
        segment=EXPORT,
        street=f"{chance.randint(2, 90)} Foundry Lane" if language == "en" else f"{chance.randint(2, 90)} rue Haute",
        postcode=postcode,
        city=city,
        country=country,
        currency=currency,
        language=language,
        iban=identity.british_iban(chance) if country == "GB" else "",
        terms="60",
        email=f"accounts@{identity.domain(name)}",
    )


def _private_person(chance: random.Random) -> Customer:
    first_name, last_name = chance.choice([*words.WOMEN, *words.MEN]), chance.choice(words.SURNAMES)
    postcode, city = chance.choice(words.TOWNS)
    return Customer(
        number="",
        name=f"{first_name} {last_name}",
        habit=chance.choice([behaviour.PROMPT, behaviour.AFTER_FIRST_REMINDER]),
        size=SMALL,
        segment=PRIVATE,
        street=f"{chance.randint(1, 90)} {words.STREETS[0]}",
        postcode=postcode,
        city=city,
        terms="0",
        email=identity.mailbox(first_name, last_name, at="courriel.example"),
        phone=identity.phone(chance),
        is_natural_person=True,
        company_codes=("02",),
    )


def _entered_twice(customer: Customer) -> Customer:
    """The same company under a second number, as happens when an order is taken in a hurry."""
    return replace(
        customer,
        name=f"{customer.name.upper()} {customer.legal_form}",
        size=SMALL,
        street="",
        phone="",
        iban="",
        vat_number="",
        company_codes=("02",),
    )


def _numbered(made: list[Customer], chance: random.Random) -> tuple[Customer, ...]:
    """Customer numbers as an ERP gives them, in no order of importance; then collectors and contacts."""
    places = list(range(len(made)))
    chance.shuffle(places)
    numbers = {place: f"C-{FIRST_NUMBER + 3 * rank + rank % 2}" for rank, place in enumerate(places)}
    by_name = {customer.name: numbers[place] for place, customer in enumerate(made)}
    return tuple(
        sorted(
            (_settled(customer, numbers[place], by_name, chance) for place, customer in enumerate(made)),
            key=lambda customer: customer.number,
        )
    )


def _settled(customer: Customer, number: str, by_name: dict[str, str], chance: random.Random) -> Customer:
    rank = (int(number.removeprefix("C-")) - FIRST_NUMBER) // 3
    has_no_address = rank in _NO_ADDRESS and customer.size < CORE and not customer.is_natural_person
    collector = 2 if customer.segment in (PUBLIC_SECTOR, PRIVATE) else chance.choices([0, 1, 2, -1], [60, 24, 12, 4])[0]
    return replace(
        customer,
        number=number,
        parent_number=by_name.get(customer.parent_number, ""),
        collector=collector,
        sales=1 if customer.segment == EXPORT or customer.postcode[:1] in "256" else 0,
        email="" if has_no_address else customer.email,
        contacts=_contacts(customer, chance, has_no_address=has_no_address),
    )


def _contacts(customer: Customer, chance: random.Random, *, has_no_address: bool) -> tuple[Contact, ...]:
    if customer.is_natural_person:
        return (Contact(customer.name, "other", customer.email, identity.mobile(customer.phone), is_primary=True),)
    roles = {CORE: ["accounts", "cfo", "purchaser"], LARGE: ["accounts", "cfo", "purchaser"]}.get(
        customer.size, chance.choice([["accounts"], ["accounts", "purchaser"], ["accounts", "cfo"], ["cfo"]])
    )
    at = customer.email.partition("@")[2]
    found = []
    for rank, role in enumerate(roles):
        first_name, last_name = _somebody(customer, chance)
        found.append(
            Contact(
                name=f"{first_name} {last_name}",
                role=role,
                email="" if has_no_address else identity.mailbox(first_name, last_name, at=at),
                phone=_phone(customer, role, chance, has_no_address=has_no_address),
                language=customer.language,
                is_primary=rank == 0,
            )
        )
    return tuple(found)


def _phone(customer: Customer, role: str, chance: random.Random, *, has_no_address: bool) -> str:
    """Purchasers gave us their mobile, and so did everybody whom no e-mail reaches."""
    if customer.country != "FR":
        return ""
    fixed = identity.phone(chance)
    return identity.mobile(fixed) if has_no_address or role == "purchaser" else fixed


def _somebody(customer: Customer, chance: random.Random) -> tuple[str, str]:
    if customer.language == "en":
        first_name, _, last_name = chance.choice(words.ENGLISH_PEOPLE).partition(" ")
        return first_name, last_name
    return chance.choice([*words.WOMEN, *words.MEN]), chance.choice(words.SURNAMES)
