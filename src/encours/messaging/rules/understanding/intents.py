"""What each sentence of a text is likely to mean: cues, likeness to known sentences, and a confidence."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from encours.core.text import fold
from encours.messaging.rules.understanding import amounts, days
from encours.messaging.rules.understanding.cues import cues
from encours.messaging.rules.understanding.likeness import Examples, Like
from encours.messaging.rules.understanding.plainly import spelt

SURE_PERCENT = 60
HEARD_PERCENT = 40


@dataclass(frozen=True, slots=True)
class Heard:
    """One class heard in a text: how sure, from which sentence, and where that sentence stands."""

    kind: str
    confidence_percent: int
    sentence: str
    place: int
    points: int


def heard(sentences: Sequence[str], *, today: date, examples: Examples) -> list[Heard]:
    """The classes heard, the surest first, each from its best sentence.

    ["Bonjour,", "Le virement partira vendredi.", "Pouvez-vous renvoyer la facture F12 ?"]
    -> promise (93, second sentence), invoice_copy (87, third)
    """
    best: dict[str, Heard] = {}
    for place, sentence in enumerate(sentences[:80]):
        for kind, points in _points(sentence, today, examples).items():
            percent = _percent(points)
            if percent >= HEARD_PERCENT and (kind not in best or points > best[kind].points):
                best[kind] = Heard(kind, percent, sentence, place, points)
    return sorted(
        best.values(),
        key=lambda one: (
            one.confidence_percent < SURE_PERCENT,
            # whoever writes about a debt and wants no more mail writes about the debt first
            one.kind == "unsubscribe" and _is_beside(one, best),
            -one.points
            - (
                _WEIGHT.get(one.kind, 0) if one.points > _LIKENESS_POINTS_MAX or one.kind == "bank_detail_change" else 0
            ),
            one.place,
        ),
    )


# which comes first when two are nearly as sure: what would do most harm if overlooked
_WEIGHT = {"bank_detail_change": 4, "dispute": 4, "promise": 2, "remittance": 2, "out_of_office": 4, "unsubscribe": 1}

# likeness alone says no more; harm is weighed for what words say
_LIKENESS_POINTS_MAX = 5

_OF_MONEY = ("promise", "dispute", "remittance")


def _is_beside(one: Heard, best: Mapping[str, Heard]) -> bool:
    """Whether another sentence surely speaks of the debt itself."""
    others = [best[kind] for kind in _OF_MONEY if kind in best]
    return any(other.confidence_percent >= SURE_PERCENT and other.place != one.place for other in others)


# likeness alone does not name these unless it is strong, and in more than a word or two: a false alarm costs time
_NEEDS_WORDS = frozenset({"bank_detail_change", "contact_change", "po_number", "unsubscribe"})


def _alone_max(like: Like, flat: str) -> int:
    """The most that likeness says by itself: enough to act on, or only enough to be shown to a person."""
    if like.kind not in _NEEDS_WORDS:
        return _LIKENESS_POINTS_MAX
    if len(flat.split()) < 4:
        return 2
    return _LIKENESS_POINTS_MAX if like.lead_thousandths >= 450 and like.kind != "po_number" else 4


def _points(sentence: str, today: date, examples: Examples) -> dict[str, int]:
    flat = spelt(fold(sentence).replace("\u2019", "'")[:600])
    found: dict[str, int] = {}
    known = cues()
    if known.small_talk.match(flat):
        return found
    flat = _NUMBERED.sub(" facture invoice ", known.greeting.sub("", flat))
    for kind, patterns in known.speaks_for.items():
        weights = sorted((weight for weight, pattern in patterns if pattern.search(flat)), reverse=True)
        if weights:
            against = sum(weight for weight, pattern in known.speaks_against[kind] if pattern.search(flat))
            found[kind] = weights[0] + min(3, len(weights) - 1) - against
    _by_tense(found, sentence, flat, today)
    like = examples.nearest(sentence)
    if like is not None:
        more = _likeness_points(like.lead_thousandths)
        if more >= 8:  # a person said what such a sentence is; a change of bank details is never talked away
            found = {kind: points for kind, points in found.items() if kind in (like.kind, "bank_detail_change")}
        found = {kind: points - (more >= 4 and kind != like.kind) for kind, points in found.items()}
        alone = more if more >= 8 else min(more, _alone_max(like, flat))
        found[like.kind] = max(found.get(like.kind, 0) + (more + 1) // 2 if like.kind in found else 0, alone)
    if (
        re.search(r"\?\s*$", flat)
        and "promise" in found
        and not re.search(r"fois|instal|delai|plan|echel|mensual|spread|(?:can|could) we\b", flat)
    ):
        found["promise"] -= 2
    return {kind: points for kind, points in found.items() if points > 0 and kind != "other"}


# an invoice named by its number alone is an invoice
_NUMBERED = re.compile(
    r"(?:\bfactures?\s+|\binvoices?\s+)?\b(?:fac|fact|fa|fs|fv|f|inv|"
    r"in)[-_/ ]?\d[\da-z]*(?:[-_/]\d[\da-z]*)*\b"
)
_MONEY = re.compile(
    r"\b(?:pay\w*|paie\w*|paid|regl\w+|vir(?:e|ons|ement\w*|er|erons)|cheque\w*|transfers?|transferr\w+|wire\w*|"
    r"settle\w*|clear\w*|funds?|money|fonds|solde\w*|verse\w*|remit\w*|bacs|cheques?|virer|creance|"
    r"dette|debt|somme|montant|honor\w+|regularis\w+|sorted|necessaire|prelevement|debit\w*|owed|"
    r"owing)\b"
)
_NOT_PAYING = re.compile(
    r"\b(?:if you|si vous|avez[- ]vous|pourquoi|why|not paid|unpaid|impaye\w*|non (?:paye|regle)\w*|"
    r"n'(?:a|ai|avons|est)|ne |won't|will not|cannot|can't|not |never|jamais|"
    r"as soon as|des que|once|une fois|after|apres|before (?:you|we)|pour (?:que|pouvoir))"
)

# "we cannot pay before the 10th" promises the 10th
_NOT_BEFORE = re.compile(
    r"\b(?:pas|not|cannot|can't|won't|unable|qu'?)\b.{0,50}\b(?:avant|until|before|till|au debut|a partir)\b"
)


# said of today, this is still to come
_PAYING = re.compile(r"\b(?:paying|settling|transferring|am doing|will do|vais (?:payer|regler|virer|le faire))\b")
# it left already, whatever day it arrives
_GONE = re.compile(
    r"\b(?:emis|parti|envoye|fait|effectue|execute|poste|sent|made|issued|left|went out|gone|paid|transferred|wired)"
    r"e?s?\b.{0,12}\b(?:hier|avant-hier|ce matin|la semaine derniere|yesterday|this morning|last (?:night|week))\b"
)
# behind these a coming day is when money sent already arrives
_VALUE_DAY = re.compile(r"\b(?:value (?:date|day)|date de valeur|valeur|en banque)\b")


def _by_tense(found: dict[str, int], sentence: str, flat: str, today: date) -> None:
    """Money and a day in one sentence: a coming day makes a promise of it, a past one a payment made."""
    is_put_off = bool(_NOT_BEFORE.search(flat))
    if 4 <= found.get("promise", 0) < 6 and any(one.day >= today for one in days.happenings_in(sentence, today=today)):
        found["promise"] += 1
    if (
        not (_MONEY.search(flat) or amounts.amounts_in(sentence))
        or (_NOT_PAYING.search(flat) and not is_put_off)
        or flat.rstrip().endswith("?")
    ):
        return
    if any(one.day > today for one in days.happenings_in(sentence, today=today)):
        is_gone = bool(_GONE.search(flat) or _VALUE_DAY.search(flat))
        is_past = found.get("remittance", 0) >= 6 or is_gone
        found["remittance"] = max(found.get("remittance", 0) + 2, 5) if is_gone else found.get("remittance", 0)
        found["promise"] = max(found.get("promise", 0) + (-3 if is_gone else 0 if is_past else 2), 2 if is_past else 5)
    elif _PAYING.search(flat):
        found["promise"] = max(found.get("promise", 0) + 2, 5)
    elif any(one.day <= today for one in days.happenings_in(sentence, today=today, looks_back=True)):
        found["remittance"] = max(found.get("remittance", 0) + 1, 5 if "promise" not in found else 2)


def _likeness_points(lead_thousandths: int) -> int:
    """A lead of 310, right some 97 times in 100, speaks as loud as a weak cue; a person's correction settles it."""
    steps = (100, 170, 230, 270, 310, 600, 900, 4_000, 4_000, 4_000)
    return sum(lead_thousandths >= step for step in steps)


def _percent(points: int) -> int:
    """Points as a confidence: 3 -> 45, 5 -> 62, 7 -> 82, 9 -> 91, never certain."""
    steps = (0, 20, 33, 45, 54, 62, 73, 82, 87, 91, 93, 95, 96, 97)
    return steps[max(0, min(points, len(steps) - 1))]
