"""Whose money a line is: by account, learnt account, mandate, number, name; and how sure that is."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from rapidfuzz import fuzz

from encours.matching.rules import folding
from encours.matching.rules.book import RARE_WORD, Book, points_of
from encours.matching.rules.facts import CustomerFacts, Line

NAME = -60  # a name may be a namesake's
CUT_NAME = -120
ALIKE = -350
LONGEST_CUT = 12  # characters below which a beginning says nothing
STRANGER = -250  # no name that is his
OTHER_ACCOUNT = -400  # a known customer pays from an account nobody knows
THIRD_PARTY = -600  # the account, or the name, is another customer's
GROUP = -200
MOST_NAMESAKES = 400
SHORTEST_SPOKEN = 5  # shorter names stand in other words
BEFORE_A_NAME = ("VIR", "VIREMENT", "VRT", "SEPA", "INST", "INSTANTANE", "RECU", "DE", "UEBERWEISUNG", "BONIFICO")
WORD = re.compile(r"[A-Z0-9]+")
BANK_WORDS = frozenset(
    [
        "VIR",
        "VIREMENT",
        "SEPA",
        "RECU",
        "DE",
        "INST",
        "INSTANTANE",
        "REF",
        "MOTIF",
        "LIB",
        "LCC",
        "RCN",
        "REFDO",
        "VRT",
        "REGLT",
        "REGLEMENT",
        "FACT",
        "FACTURE",
        "FACTURES",
        "PAIEMENT",
        "RECHNUNG",
        "ZAHLUNG",
        "PAYMENT",
        "INVOICE",
        "FACTUUR",
        "FATTURA",
        "FACTURA",
        "OFFENE",
        "CLIENT",
        "KUNDE",
        "KDNR",
        "NOTPROVIDED",
    ]
)


class Payer(NamedTuple):
    """A customer who may be the payer: how it was recognised (`how`), how much that says, where it stands."""

    customer_id: int
    how: str
    points: int
    field: str = ""
    start: int = 0
    end: int = 0
    among: int = 1  # how many customers it fits as well, or how often it was confirmed


def by_account(line: Line, book: Book) -> dict[int, Payer]:
    """Customers whose account, learnt account or mandate the money came from."""
    found: dict[int, Payer] = {}
    iban = line.counterparty_iban
    owners = book.by_iban.get(iban, ()) if iban else ()
    for customer_id in owners:
        points = book.ln_customers - points_of(len(owners))
        found[customer_id] = Payer(customer_id, "account", points, "counterparty_iban", 0, len(iban), len(owners))
    for customer_id, count in book.learnt.payers.get(iban, {}).items() if iban else ():
        if count > 0 and customer_id in book.customers:
            total = sum(max(0, number) for number in book.learnt.payers[iban].values())
            points = book.ln_customers + points_of(count) - points_of(total) - 100 // count
            if customer_id not in found or found[customer_id].points < points:
                found[customer_id] = Payer(
                    customer_id, "learnt_account", points, "counterparty_iban", 0, len(iban), count
                )
    if line.mandate_id in book.by_mandate:
        customer_id = book.by_mandate[line.mandate_id]
        found[customer_id] = Payer(
            customer_id, "mandate", book.ln_customers + 200, "mandate_id", 0, len(line.mandate_id)
        )
    if line.tied_customer_id:
        found = {line.tied_customer_id: Payer(line.tied_customer_id, "told", book.ln_customers + 1_000)}
    return found


def by_code(text: str, book: Book, words: Iterable[re.Match[str]]) -> dict[int, Payer]:
    """Customers whose number, VAT number or SIREN stands in the text."""
    found = {}
    for word in words:
        if len(word[0]) >= 3 and not word[0].isalpha():
            owners = book.by_code.get(folding.compact(word[0]), ())
            if len(owners) == 1:
                digits = sum(mark.isdigit() for mark in word[0])
                points = min(book.ln_customers, 230 * digits - 100)
                found[owners[0]] = Payer(owners[0], "number", points, "text", word.start(), word.end())
    return found


def core_of(name: str) -> str:
    """A payer's name as it is compared, less what some banks write before it: "VIR DUPRE SARL" -> "DUPRE"."""
    words = folding.core(name).split()
    while len(words) > 1 and words[0] in BEFORE_A_NAME:
        del words[0]
    return " ".join(words)


def by_name(name: str, book: Book, field: str) -> dict[int, Payer]:
    """Customers of a name: the same, without legal form, cut by the bank, with a town behind it, or alike."""
    core = core_of(name)
    if len(core) < 3:
        return {}
    learnt = _learnt(core, name, book, field)
    if learnt:
        return learnt
    owners = book.by_name.get(core, ())
    if owners:
        return _namesakes(owners, name, book, field)
    if len(name) >= LONGEST_CUT:
        cut = [owner for found in book.names_beginning(core) for owner in book.by_name[found]]
        cut = cut or book.by_name.get(folding.without_cut_form(core), [])
        if cut:
            return _all(cut, "cut_name", book, CUT_NAME, field, len(name))
    return _with_town(core, book, field, len(name)) or _alike(core, book, field, len(name))


def _learnt(core: str, name: str, book: Book, field: str) -> dict[int, Payer]:
    counts: Mapping[int, int] = book.learnt.names.get(core, {})
    total = sum(max(0, number) for number in counts.values())
    return {
        customer_id: Payer(
            customer_id,
            "learnt_name",
            book.ln_customers + points_of(count) - points_of(total) - 120 // count,
            field,
            0,
            len(name),
            count,
        )
        for customer_id, count in counts.items()
        if count > 0 and customer_id in book.customers
    }


def _namesakes(owners: list[int], name: str, book: Book, field: str) -> dict[int, Payer]:
    """Those who write all words the same come before those of another legal form."""
    seen = folding.words(name)
    same = [one for one in owners if folding.words(book.customers[one].name) == seen]
    is_bare = all(word not in folding.LEGAL_FORMS for word in seen)
    if not same or is_bare:
        return _all(owners, "name", book, NAME, field, len(name))
    found = _all(same, "name", book, NAME, field, len(name))
    others = [one for one in owners if one not in found]
    return found | _all(others, "name", book, NAME - 300, field, len(name))


def _all(owners: list[int], how: str, book: Book, shift: int, field: str, length: int) -> dict[int, Payer]:
    if len(owners) > MOST_NAMESAKES:
        return {}
    points = book.ln_customers - points_of(len(owners)) + shift
    return {one: Payer(one, how, points, field, 0, length, len(owners)) for one in owners}


def _with_town(core: str, book: Book, field: str, length: int) -> dict[int, Payer]:
    words = core.split()
    for count in range(len(words) - 1, 0, -1):
        owners = book.by_name.get(" ".join(words[:count]))
        if owners:
            rest = words[count:]
            there = [one for one in owners if _is_town(rest, book.customers[one].city)]
            if there:
                return _all(there, "name_and_town", book, NAME, field, length)
            return _all(owners, "name", book, ALIKE, field, length) if count > 1 or len(words[0]) > 5 else {}
    return {}


def _is_town(rest: list[str], city: str) -> bool:
    town = folding.words(city)
    return bool(town) and " ".join(town).startswith(" ".join(rest))


def _alike(core: str, book: Book, field: str, length: int) -> dict[int, Payer]:
    """The last resort: names that share a rare word and are alike as a whole."""
    shared: set[str] = set()
    for word in core.split():
        names = book.by_word.get(word, ())
        if len(word) >= 4 and 0 < len(names) <= RARE_WORD:
            shared.update(names)
    scored = sorted(((fuzz.token_sort_ratio(core, name, score_cutoff=80), name) for name in shared), reverse=True)
    alike = [name for score, name in scored[:3] if score >= 80]
    owners = [owner for name in alike for owner in book.by_name[name]]
    return _all(owners, "alike_name", book, ALIKE, field, length) if owners else {}


def by_words(text: str, book: Book) -> dict[int, Payer]:
    """Customers whose name stands within the text: "VIR SEPA RECU /DE DUPRE SARL /MOTIF ...".

    Also where the bank broke a word at the end of its line: "BOULANGERIE M ARCHETTI".
    """
    found = list(WORD.finditer(text))
    best: dict[int, Payer] = {}
    for start in range(min(len(found), 24)):
        if not _begins_a_name(found, start, book):
            continue
        for end in range(min(len(found), start + 6), start, -1):
            owners = _owners_of(found[start:end], book)
            if owners:
                shift = NAME if end - start > 1 else NAME - 150
                for one, payer in _all(owners, "name", book, shift, "text", 0).items():
                    placed = payer._replace(start=found[start].start(), end=found[end - 1].end())
                    if one not in best or best[one].points < placed.points:
                        best[one] = placed
                break
        else:
            for one, payer in _cut_off(text, found, start, book).items():
                best.setdefault(one, payer)
    return best


def _cut_off(text: str, found: list[re.Match[str]], start: int, book: Book) -> dict[int, Payer]:
    """Customers whose name begins with the last words, which the bank cut: "VIR CENTRE HOSPITALIER UNIVERSI"."""
    begin = found[start].start()
    slash = text.find("/", begin)
    end = len(text) if slash < 0 else slash
    core = " ".join(WORD.findall(text[begin:end]))
    if len(core) < LONGEST_CUT:
        return {}
    cut = [owner for name in book.names_beginning(core) for owner in book.by_name[name]]
    cut = cut or book.by_name.get(folding.without_cut_form(core), [])
    return {
        one: payer._replace(start=begin, end=end)
        for one, payer in _all(cut, "cut_name", book, CUT_NAME, "text", 0).items()
    }


def _begins_a_name(found: list[re.Match[str]], at: int, book: Book) -> bool:
    word = found[at][0]
    if word in BANK_WORDS:
        return False
    return word in book.first_words or (at + 1 < len(found) and word + found[at + 1][0] in book.first_words)


def _owners_of(words: list[re.Match[str]], book: Book) -> list[int]:
    """The customers a run of words names, legal forms apart, whole or with one of its words broken in two."""
    spelt = [match[0] for match in words]
    for broken in (None, *range(len(spelt) - 1)):
        joined = spelt if broken is None else [*spelt[:broken], spelt[broken] + spelt[broken + 1], *spelt[broken + 2 :]]
        core = " ".join(word for word in joined if word not in folding.LEGAL_FORMS)
        owners = book.by_name.get(core) if len(core) >= SHORTEST_SPOKEN else None
        if owners and len(owners) <= MOST_NAMESAKES:
            return owners
    return []


def is_group(ours: CustomerFacts, theirs: CustomerFacts) -> bool:
    """Whether two customers are of one group: parent and daughter, or daughters of one parent."""
    return ours.parent_id in (theirs.customer_id, theirs.parent_id or -1) or theirs.parent_id == ours.customer_id
