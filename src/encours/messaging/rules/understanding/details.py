"""The fields of each class: days, amounts, numbers, reasons, from the sentence and, failing that, from the text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from encours.core.text import fold
from encours.messaging.rules.understanding import amounts, days, references
from encours.messaging.rules.understanding.facts import Kind


@dataclass(frozen=True, slots=True)
class Written:
    """The text fields are taken from: its sentences, the subject, the day it was written, numbers known to be ours."""

    sentences: Sequence[str]
    subject: str
    today: date
    known_numbers: tuple[str, ...] = ()

    @property
    def whole(self) -> str:
        """The sentences as one text."""
        return "\n".join(self.sentences)


def fields(kind: Kind, *, sentence: str, written: Written) -> dict[str, Any]:
    """What a mail of that class says, as JSON values; what is not said is absent.

    promise, "Nous réglerons 1 234,50 € vendredi." of Thursday 2026-11-19
    -> {"date": "2026-11-20", "amount": {"amount": "1234.50", "currency": "EUR"}, "date_words": "vendredi", ...}
    """
    reader = _READERS.get(kind)
    found = reader(sentence, written) if reader else {}
    numbers = _invoices(sentence, written)
    if numbers and kind != Kind.UNSUBSCRIBE:
        found["invoices"] = numbers
    return {name: value for name, value in found.items() if value not in (None, "", [], {})}


def _invoices(sentence: str, written: Written) -> list[str]:
    known = written.known_numbers
    return (
        references.invoice_numbers_in(sentence, known=known)
        or references.invoice_numbers_in(written.whole, known=known)
        or references.invoice_numbers_in(written.subject, known=known)
    )


def _days(text: str, written: Written, *, looks_back: bool = False) -> list[days.FoundDay]:
    return days.happenings_in(text, today=written.today, looks_back=looks_back)


def _near(sentence: str, written: Written) -> list[str]:
    """The sentence, then its neighbours: a day is often said just after."""
    if sentence not in written.sentences:
        return [sentence, *written.sentences]
    place = written.sentences.index(sentence)
    return [sentence, *written.sentences[place + 1 : place + 3], *written.sentences[max(0, place - 1) : place]]


def _amount(sentence: str, written: Written) -> dict[str, str] | None:
    near = amounts.amounts_in(sentence) or [
        one for text in _near(sentence, written) for one in amounts.amounts_in(text)
    ]
    return near[0].money.as_json() if near else None


def _promise(sentence: str, written: Written) -> dict[str, Any]:
    coming = [one for text in _near(sentence, written) for one in _of_payment(text, written)]
    flat = fold(written.whole)
    found: dict[str, Any] = {"amount": _amount(sentence, written)}
    if found["amount"] is None:
        found["share_percent"] = _share(fold(sentence))
    coming.sort(key=lambda one: one.day == written.today)
    if coming:
        found |= {"date": coming[0].day.isoformat(), "date_words": coming[0].words, "date_is_exact": coming[0].is_exact}
        if len(coming) > 1 and (re.search(_PLAN, flat) or found.get("share_percent")):
            found["dates"] = [one.day.isoformat() for one in coming]
    if re.search(_PLAN, flat):
        found["asks_for"] = "payment_plan"
    elif re.search(
        r"\b(?:delai|report(?:er)?|patient\w+|extension|more time|extra time|few more|postpone|defer)\b", flat
    ):
        found["asks_for"] = "more_time"
    return found


def _of_payment(text: str, written: Written) -> list[days.FoundDay]:
    """The coming days a text names, but not the day on which somebody is back, if it names others."""
    coming = [one for one in _days(text, written) if one.day >= written.today]
    flat = fold(text)
    away = [one for one in coming if _BACK_ON.search(re.split(r"[,;]", flat[: one.start])[-1])]
    return [one for one in coming if one not in away] or coming


_BACK_ON = re.compile(
    r"\b(?:rentre|revien\w+|de retour|est absente?|en conges?|reunion|is back|returns?|away|meeting)\b.{0,20}$"
)


def _share(flat: str) -> int | None:
    """The part of what is owed that is promised first: "la moitié vendredi, le reste fin décembre" -> 50."""
    if re.search(r"\b(?:la |une )?moitie\b|\bhalf\b(?! (?:a|an|past|hour|day|year))", flat):
        return 50
    if re.search(r"\bun tiers\b|\b(?:a|one) third\b", flat):
        return 33
    if re.search(r"\bun quart\b|\b(?:a|one) quarter (?:of|now|on|by)\b", flat):
        return 25
    said = re.search(r"(?<![\d.,])([1-9]\d?) ?%", flat)
    is_more = re.search(r"\b(?:solde|reste|balance|rest|remainder|acompte|deposit|maintenant|now|le|on|by)\b", flat)
    return int(said[1]) if said and is_more else None


_PLAN = (
    r"\b(?:echeancier|etal\w+|echelonn\w+|en (?:\d|deux|trois|quatre|plusieurs) (?:fois|echeances|"
    r"mensualites|versements)|mensualites?|payment plan|instal?lments?|"
    r"in (?:two|three|four|\d) (?:payments|parts))\b"
)


def _remittance(sentence: str, written: Written) -> dict[str, Any]:
    past = [
        one
        for text in _near(sentence, written)
        for one in _days(text, written, looks_back=True)
        if one.day <= written.today
    ]
    flat = fold(written.whole)
    method = next((name for name, words in _METHODS if re.search(words, flat)), None)
    said_paid = re.search(r"\b(?:deja|pourtant|already|sauf erreur|according to our records)\b", fold(sentence))
    return {
        "date": past[0].day.isoformat() if past else None,
        "date_words": past[0].words if past else None,
        "amount": _amount(sentence, written),
        "method": method,
        "said_to_be_paid_already": True if said_paid else None,
    }


_METHODS = (
    ("transfer", r"\b(?:virement|transfer|wire|bacs|ach|swift|sepa|vire(?:e|es|s)?)\b"),
    ("cheque", r"\b(?:cheque|check)s?\b"),
    ("card", r"\b(?:carte|card|cb)\b"),
    ("direct_debit", r"\b(?:prelevement|direct debit)\b"),
    ("bill", r"\b(?:lcr|traite|billet a ordre)\b"),
)

# reason of a dispute, as disputes name them -> words; the first that fits
_REASONS = (
    ("duplicate", r"double|deux fois|2 fois|doublon|twice|duplicate|two times|deja factur"),
    ("quantity", r"(?:commande|ordered)\b.{0,40}\d+.{0,60}(?:factur|invoic|billed|charg)\w*.{0,12}\d+"),
    ("already_paid", r"deja (?:ete )?(?:regle|paye|solde)|already (?:been )?(?:paid|settled)"),
    ("quality", r"non[- ]?conform|pas conforme|defectu|endommag|casse|brise|ne (?:fonctionne|marche)"),
    (
        "order_number",
        r"(?:numero|bon|n°|sans|no|missing|without) (?:de |du |a )?(?:bon de )?(?:commande|po\b|purchase order)|"
        r"po number",
    ),
    (
        "quality",
        r"endommag|casse|defectu|defaut|abime|non[- ]?conform|pas conforme|en panne|ne (?:fonctionne|"
        r"marche)|crushed|leak|dented|scratched|cracked|ecrase|raye|perime|fissure|deterior|mauvais etat|"
        r"malfacon|hors service|qualite|damaged|defective|faulty|broken|poor|quality|below standard|"
        r"not working|ne fonctionne pas|not as (?:described|ordered)",
    ),
    (
        "quantity",
        r"quantit|manqu|il manque|partiel|incomplet|short|only received|missing|\bau lieu de\b|"
        r"instead of \d|seulement \d|\d+ (?:sur|of|out of) \d+",
    ),
    (
        "delivery",
        r"not finished|jamais venu|pas (?:venu|eu lieu)|installation|(?:pas|jamais|"
        r"non)(?: encore)?(?: ete)? (?:livre|recu|effectue|realise|termine|acheve|rendu|fourni)|livraison|"
        r"retard|inacheve|not (?:yet )?(?:been )?(?:delivered|arrived|received|completed|performed|"
        r"rendered)|never (?:delivered|arrived|received|performed|rendered)|n[o']t (?:delivered|arrived|"
        r"completed)|did ?n[o']t (?:arrive|receive)|haven't received|late delivery|delivery|service non",
    ),
    (
        "price",
        r"prix|tarif|remise|taux|tva|montant|devis|factur.{0,20}(?:trop|tort)|calcul|price|pricing|rate|"
        r"discount|overcharg|amount|vat|tax|quote|unit cost|too high",
    ),
    ("deduction", r"dedui|deduction|retenue|retenu|compens|deduct|withh"),
)


def _dispute(sentence: str, written: Written) -> dict[str, Any]:
    reason = next((name for name, words in _REASONS if re.search(words, fold(sentence))), None)
    reason = reason or next((name for name, words in _REASONS if re.search(words, fold(written.whole))), "other")
    wants_credit = re.search(
        r"\bd'?un avoir\b|\bavoirs?\b.{0,30}\b(?:attente|recevoir|etabl|emett)|(?:attente|attend|etabl|"
        r"emett|demand|faire|necessit).{0,40}\bavoir\b|credit (?:note|memo)",
        fold(written.whole),
    )
    return {"reason": reason, "amount": _amount(sentence, written), "wants_credit_note": True if wants_credit else None}


def _invoice_copy(sentence: str, written: Written) -> dict[str, Any]:
    is_statement = re.search(
        r"\b(?:releve|etat|extrait|grand livre|situation) (?:de |du )?compte|\bstatement|"
        r"liste des factures",
        fold(written.whole),
    )
    return {"asked": "statement" if is_statement else "invoice"}


def _payment_link(sentence: str, written: Written) -> dict[str, Any]:
    is_bank = re.search(
        r"\b(?:rib|iban|coordonnees bancaires|bank|wire|quel compte|which account|account details)\b", fold(sentence)
    )
    return {"asked": "bank_details" if is_bank else "link", "amount": _amount(sentence, written)}


def _bank_detail_change(sentence: str, written: Written) -> dict[str, Any]:
    return {"ibans": references.ibans_in(written.whole), "handling": "a_person_only"}


def _contact_change(sentence: str, written: Written) -> dict[str, Any]:
    return {"emails": references.emails_in(written.whole), "phones": references.phones_in(written.whole)}


def _po_number(sentence: str, written: Written) -> dict[str, Any]:
    numbers = references.order_numbers_in(written.whole)
    return {"order_numbers": numbers, "asked": "given" if numbers else "wanted"}


def _out_of_office(sentence: str, written: Written) -> dict[str, Any]:
    back = return_date(written)
    return {
        "return_date": back.isoformat() if back else None,
        "substitute_emails": references.emails_in(written.whole),
        "substitute_phones": references.phones_in(written.whole),
    }


_BACK = re.compile(
    r"(?:de retour|retour|reviens|reviendrai|back|return(?:ing)?|reprend\w*|wieder|zuruck|"
    r"disponible a (?:partir|compter)|available (?:again )?(?:from|on)|reouvr\w+|reopen\w*|"
    r"a partir d[ue]|erreichbar)\D{0,40}$"
)
_UNTIL = re.compile(
    r"(?:jusqu'?\s?(?:au|a)|until|till|through|thru|bis|to|au|-)\s*(?:le |the |zum |and including |"
    r"(?:\w+day|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)[, ]*)*$"
)


def return_date(written: Written) -> date | None:
    """The first day somebody away is there again.

    "absent jusqu'au 24 novembre inclus, de retour le 25" -> the 25th; "du 10 au 24 novembre" -> the next working day
    """
    untils: list[date] = []
    for sentence in [written.subject, *written.sentences]:
        flat = fold(sentence)
        for found in days.days_in(sentence, today=written.today):
            before, after = fold(sentence[: found.start]), fold(sentence[found.end : found.end + 20])
            if found.day < written.today:
                continue
            if _BACK.search(before):
                return found.day
            if _UNTIL.search(before) or re.match(r"(?:au|until|to)\b", fold(found.words)):
                is_inclusive = re.match(r"\W*(?:inclu|included)", after) or re.search(r"through|thru|du \d|from ", flat)
                untils.append(_next_working_day(found.day) if is_inclusive else found.day)
    return max(untils, default=None)


def _next_working_day(day: date) -> date:
    following = day + timedelta(days=1)
    while following.weekday() > 4:
        following += timedelta(days=1)
    return following


_READERS = {
    Kind.PROMISE: _promise,
    Kind.REMITTANCE: _remittance,
    Kind.DISPUTE: _dispute,
    Kind.INVOICE_COPY: _invoice_copy,
    Kind.PAYMENT_LINK: _payment_link,
    Kind.BANK_DETAIL_CHANGE: _bank_detail_change,
    Kind.CONTACT_CHANGE: _contact_change,
    Kind.PO_NUMBER: _po_number,
    Kind.OUT_OF_OFFICE: _out_of_office,
}
