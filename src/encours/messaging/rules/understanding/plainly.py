"""Hasty writing put as the cues have it: elisions without their sign, "ne" left out, short forms, slips of a letter."""

import re
from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein

# what people write in a hurry -> what it stands for; over folded text, whole words only
_SHORT = {
    "jai": "j'ai", "nai": "n'ai", "jen": "j'en", "cest": "c'est", "ct": "c'etait", "nest": "n'est",
    "javais": "j'avais", "jattend": "j'attends", "jattends": "j'attends", "jenvoie": "j'envoie",
    "jeffectue": "j'effectue", "daccord": "d'accord", "naurai": "n'aurai", "navons": "n'avons", "navez": "n'avez",
    "nont": "n'ont", "ya": "il y a", "chui": "je suis", "jsuis": "je suis", "pq": "pourquoi", "pk": "pourquoi",
    "qd": "quand", "dc": "donc", "ns": "nous", "fact": "facture", "rglt": "reglement", "reglt": "reglement",
    "rgt": "reglement", "virt": "virement", "pmt": "payment", "pymt": "payment", "pmnt": "payment", "tmr": "tomorrow",
    "tmrw": "tomorrow", "tomo": "tomorrow", "u": "you", "ur": "your", "pls": "please", "plz": "please",
    "plse": "please", "pb": "probleme", "cmd": "commande", "cde": "commande", "acct": "account", "stmt": "statement",
    "recd": "received", "rcvd": "received", "chq": "cheque", "stp": "s'il te plait", "bdc": "bon de commande",
    "pj": "piece jointe", "didnt": "didn't", "doesnt": "doesn't", "havent": "haven't", "cant": "can't",
    "wont": "won't", "isnt": "isn't", "wasnt": "wasn't", "hasnt": "hasn't", "couldnt": "couldn't", "ive": "i've",
    "weve": "we've", "youve": "you've", "thats": "that's", "paiment": "paiement", "payement": "paiement",
}  # fmt: skip
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_SAID_NO = re.compile(
    r"\b(?P<who>je|on|tu|il|elle|ca|nous|vous|ils|elles)(?: (?P<dative>vous|nous|le|la|les|l'))? "
    r"(?!ne\b|n')(?P<verb>(?!suis\b)[a-z]{1,14}) (?P<no>pas|jamais|rien)\b"
)
_IS_NOT = re.compile(
    r"(?<!n')(?<!ne )(?<!que )\b(?P<verb>est|sont|etait|a|ont|marche|fonctionne|correspond\w*|figure) (?=pas\b)"
)
_ELIDED_NO = re.compile(r"\b(?P<who>j'|c'|j |c )(?P<verb>ai|avais|aurai|est|etait|y suis) (?P<no>pas|jamais|rien)\b")

# words the cues rest on, which one slip of a letter must not hide
_KEYS = (
    "reglement virement paiement facture factures cheque echeance prelevement remboursement commande livraison releve "
    "bancaire coordonnees litige contestons marchandise relance societe payment invoice transfer remittance statement "
    "received receive account cheque dispute delivery delivered damaged quantity quantite attached scheduled processed "
    "tomorrow january february december november october september janvier fevrier decembre novembre octobre septembre "
    "vendredi mercredi semaine prochaine wednesday thursday duplicate"
)  # fmt: skip
_KNOWN = frozenset(_KEYS.split())
_LONG = tuple(word for word in sorted(_KNOWN) if len(word) >= 7)


def spelt(flat: str) -> str:
    """A folded sentence as somebody with time would have written it.

    "jai pas recu la fact" -> "je n'ai pas recu la facture"; "le reglemment partira" -> "le reglement partira"
    """
    text = _WORD.sub(lambda found: _put(found[0]), re.sub(r"\by ?'a\b|\by a\b(?<!il y a)", "il y a", flat))
    text = re.sub(r"\bil il y a\b", "il y a", text)
    text = _ELIDED_NO.sub(_with_ne, text)
    text = _SAID_NO.sub(_with_ne, text)
    return _IS_NOT.sub(lambda found: ("n'" if found["verb"][0] in "aeo" else "ne ") + found[0], text)


def _with_ne(found: re.Match[str]) -> str:
    who, verb = found["who"].strip(), found["verb"]
    who = {"j": "je", "j'": "je", "c": "ce", "c'": "ce"}.get(who, who)
    dative = found.groupdict().get("dative")
    between = f"{dative} " if dative else ""
    negation = "n'" if not between and verb[0] in "aeiouyh" else "ne "
    return f"{who} {negation}{between}{verb} {found['no']}"


@lru_cache(maxsize=20_000)
def _put(word: str) -> str:
    short = _SHORT.get(word)
    if short is not None:
        return short
    if len(word) < 6 or word in _KNOWN:
        return word
    return next((known for known in _LONG if _is_slip(known, word)), word)


def _is_slip(known: str, word: str) -> bool:
    """One letter wrong, missing, too many or two exchanged, the first and the last two being right.

    "reglemment", "virment", "wendesday" are slips; "facturer" and "livraisons" are other forms, and stay.
    """
    if known[0] != word[0] or known[-2:] != word[-2:]:
        return False
    return DamerauLevenshtein.distance(known, word, score_cutoff=1) <= 1
