"""Manners of companies and their payers: names, numbering, wording, and how a bank tells a payment."""

import datetime as dt
import random
import string
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

AS_OF = dt.date(2026, 6, 30)
BOOKED = dt.date(2026, 7, 1)
OWN = "FR7630006000011234567890189"
STEMS = (
    "Atelier",
    "Boulangerie",
    "Charpente",
    "Carrelage",
    "Cycles",
    "Ferronnerie",
    "Imprimerie",
    "Jardins",
    "Laiterie",
    "Menuiserie",
    "Optique",
    "Garage",
    "Transports",
    "Negoce",
    "Techni",
    "Euro",
    "Inter",
    "Medi",
    "Agri",
    "Hydro",
    "Electro",
    "Alpha",
    "Nova",
    "Delta",
    "Sud",
    "Nord",
    "Ouest",
    "Bati",
    "Clima",
    "Logi",
    "Pharma",
    "Verre",
    "Bois",
    "Metal",
)
TAILS = (
    "Dupré",
    "Lefèvre",
    "Martin",
    "Garcia",
    "Rossi",
    "Jansen",
    "O'Brien",
    "Müller",
    "Fernández",
    "Bélair",
    "Cornouaille",
    "Drôme",
    "Estérel",
    "Forez",
    "Gâtinais",
    "Iroise",
    "Jura",
    "Lubéron",
    "Morvan",
    "Nivernais",
    "Services",
    "Industrie",
    "Solutions",
    "Distribution",
    "Conseil",
    "Énergie",
    "Systèmes",
    "et Fils",
    "Frères",
    "Grand Ouest",
    "Rhône-Alpes",
    "Provence",
    "International",
    "de Vries",
    "Bianchi",
    "Smith",
    "Kowalski",
    "Ortega",
    "Bakker",
    "Lindqvist",
)
TOWNS = (
    "Quimper",
    "Valence",
    "Nevers",
    "Apt",
    "Lyon",
    "Lille",
    "Toulouse",
    "Milano",
    "Madrid",
    "Utrecht",
    "Leeds",
    "Gent",
)


@dataclass(frozen=True)
class Manner:
    """One kind of company: how it numbers, what its payers write, how its bank tells it."""

    number: Callable[[random.Random, int, dt.date, int, str], str]
    words: tuple[str, ...]
    label: Callable[["Payment"], str] = lambda payment: payment.text
    forms: tuple[str, ...] = ("SAS", "SARL", "SA", "EURL")
    iban_known: int = 85
    has_party: bool = True  # the bank tells the payer's name and account in fields of their own
    list_prices: tuple[int, ...] = (4_900, 9_900, 24_900, 120_000)
    list_price_percent: int = 20
    customers_per_hundred: int = 8
    has_references: bool = True
    terms_discount_percent: int = 0
    short_words: tuple[str, ...] = ("escompte 2%", "moins frais", "déduction litige", "retenue")
    part_words: tuple[str, ...] = ("acompte", "solde", "1er versement", "")
    weights: dict[str, int] = field(default_factory=dict)


@dataclass
class Buyer:
    """One customer."""

    number: int
    code: str
    name: str
    iban: str
    is_known: bool
    town: str
    parent: int = 0


@dataclass
class Item:
    """One open document."""

    id: int
    number: str
    reference: str
    buyer: Buyer
    kind: str
    issued: dt.date
    due: dt.date
    open: int


@dataclass
class Payment:
    """One bank line before the bank wrote it down."""

    case: str
    amount: int
    buyer: Buyer | None
    name: str
    iban: str
    text: str
    reference: str = ""
    end_to_end: str = ""
    pays: tuple[tuple[Item, int, int], ...] = ()  # item, money, deduction
    extra: int = 0


def mod97(text: str) -> int:
    """The remainder that IBANs and creditor references are checked by."""
    return int("".join(str(int(character, 36)) for character in text)) % 97


def account(chance: random.Random) -> str:
    """Some French account."""
    digits = "".join(chance.choices(string.digits, k=23))
    return f"FR{98 - mod97(digits + 'FR00'):02d}{digits}"


def bare(text: str) -> str:
    """Upper case without accents, as old bank systems write."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().upper()


def cents(minor: int) -> str:
    """Cents as files write them."""
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"


# how companies number: (chance, running, day, customer, kind) -> number
def dashed(_c: random.Random, n: int, day: dt.date, _b: int, kind: str) -> str:
    return f"{'AV' if kind == 'credit_note' else 'FA'}-{day.year}-{n:05d}"


def slashed(_c: random.Random, n: int, day: dt.date, _b: int, kind: str) -> str:
    return f"{'A' if kind == 'credit_note' else 'F'}{day.year}/{n:04d}"


def glued(_c: random.Random, n: int, day: dt.date, _b: int, _kind: str) -> str:
    return f"{day.year}{n:05d}"


def sales(_c: random.Random, n: int, _day: dt.date, _b: int, kind: str) -> str:
    return f"{'VTA' if kind == 'credit_note' else 'VTE'}{n:06d}"


def running(_c: random.Random, n: int, _day: dt.date, _b: int, _kind: str) -> str:
    return str(41_000 + n)


def monthly(_c: random.Random, n: int, day: dt.date, _b: int, kind: str) -> str:
    return f"{'CN' if kind == 'credit_note' else 'INV'}{day:%y%m}-{n % 10_000:04d}"


def by_customer(_c: random.Random, n: int, day: dt.date, buyer: int, _kind: str) -> str:
    return f"C{buyer:05d}-{day:%y}-{n % 1_000:03d}"


def six_digits(_c: random.Random, n: int, _day: dt.date, _b: int, _kind: str) -> str:
    return f"{600_000 + n:06d}"


def wrapped(payment: Payment) -> str:
    """CFONB labels: 31 characters a line, upper case, name and reason in one text."""
    whole = bare(f"VIR SEPA RECU /DE {payment.name} /MOTIF {payment.text} /REF {payment.end_to_end or 'NOTPROVIDED'}")
    return "\n".join(whole[at : at + 31] for at in range(0, min(len(whole), 124), 31))


def cut(payment: Payment) -> str:
    """Only one line of 31 characters reaches the statement."""
    return bare(f"VIR INST {payment.text}")[:31]


def coded(payment: Payment) -> str:
    """Complements behind their codes."""
    return bare(f"VRT RECU LIB {payment.name[:24]} RCN {payment.text} LCC {payment.end_to_end}")


def shouted(payment: Payment) -> str:
    return bare(payment.text)


FRENCH = (
    "REGLT FACT {0}",
    "Règlement facture {0}",
    "FACT {0}",
    "{0}",
    "VIR FACTURE {0} CLIENT {c}",
    "Facture n° {0} du {d}",
    "PAIEMENT {0} {n}",
    "FACT. {0} DU {d} MERCI",
    "N/REF {0} V/REF CMD {o}",
)
ENGLISH = (
    "INV {0}",
    "Payment for invoice {0}",
    "{0}",
    "Your inv no {0} dated {d}",
    "{n} {0}",
    "REF {0} PO {o}",
    "acct {c} inv {0}",
)
SOUTHERN = (
    "Pagamento fattura {0}",
    "SALDO FT. {0} DEL {d}",
    "Fra. {0}",
    "PAGO FACTURA {0}",
    "Betaling factuur {0}",
    "FACTUURNR {0} KLANT {c}",
    "Bonifico {n} ft {0}",
    "{0}",
)
MANNERS = {
    "french": Manner(dashed, FRENCH, forms=("SAS", "SARL", "SA", "EURL"), terms_discount_percent=10),
    "cfonb": Manner(slashed, FRENCH, wrapped, has_party=False, has_references=False),
    "cut": Manner(dashed, ("REGLT {0}", "FACT {0}", "{0}", "{0} {n}"), cut, has_references=False),
    "coded": Manner(glued, FRENCH, coded, iban_known=60),
    "sales": Manner(sales, FRENCH, shouted, iban_known=50, list_price_percent=5),
    "running": Manner(
        running, (*ENGLISH, *FRENCH), list_price_percent=60, list_prices=(2_990, 4_990, 9_990), customers_per_hundred=15
    ),
    "english": Manner(
        monthly,
        ENGLISH,
        forms=("Ltd", "LLC", "plc"),
        short_words=("less 2% CD", "less bank charges", "short pay damaged", "2% discount"),
        part_words=("part payment", "balance", "1st instalment", "deposit"),
    ),
    "southern": Manner(
        six_digits,
        SOUTHERN,
        shouted,
        forms=("SRL", "SpA", "SL", "BV", "NV"),
        iban_known=70,
        short_words=("sconto 2%", "spese bancarie", "menos descuento 2%", "korting 2%"),
        part_words=("acconto", "saldo", "anticipo", "deelbetaling"),
    ),
    "accounts": Manner(by_customer, (*FRENCH, *ENGLISH), customers_per_hundred=3, list_price_percent=10),
}
WEIGHTS = {
    "exact": 380,
    "structured": 60,
    "end_to_end": 15,
    "noisy": 110,
    "several": 90,
    "range": 8,
    "silent_oldest": 10,
    "silent_whole": 10,
    "name_only": 60,
    "partial": 45,
    "short": 50,
    "split": 15,
    "over": 8,
    "twice": 5,
    "netted": 15,
    "group": 15,
    "third_party": 12,
    "settled": 15,
    "prepaid": 10,
    "unrelated": 40,
}
