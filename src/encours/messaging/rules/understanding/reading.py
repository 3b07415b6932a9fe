"""Read a mail as a clerk would: is it from a machine, what does it say, in which sentence, how sure."""

import re
from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from encours.core.text import fold
from encours.messaging.rules.inbound import automatic, mail, quoting, reports
from encours.messaging.rules.understanding import details, likeness, references, sentences
from encours.messaging.rules.understanding.cues import cues
from encours.messaging.rules.understanding.facts import Intent, Kind, Understanding
from encours.messaging.rules.understanding.intents import SURE_PERCENT, Heard, heard

# beyond these a mail is no letter, and nobody reads on to find a promise
READ_LETTERS_MAX = 30_000

_ANSWER = re.compile(r"^\s*(?:(?:re|r|rep|réf|aw|sv|antw|tr|fwd?|wg)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_ADVICE = re.compile(
    r"remit|avis.{0,12}(?:virement|paiement|reglement)|virement|paiement|payment|advice|swift|bordereau|"
    r"\bavp\b"
)


def understand(
    received: mail.Mail,
    *,
    today: date,
    examples: likeness.Examples | None = None,
    known_numbers: Collection[str] = (),
) -> Understanding:
    """What a mail says; `today` is the day it was written, which "vendredi prochain" counts from.

    "Bonjour,\\nLe virement partira vendredi.\\nPouvez-vous renvoyer la facture F-2026-12 ?"
    -> promise with its date, quoting the second sentence; then invoice_copy, quoting the third
    """
    told = reports.report(received)
    if told is not None:
        return _reported(told, received)
    folded = quoting.fold(received.text[:READ_LETTERS_MAX])
    said = sentences.sentences_of(folded.text)
    subject = _ANSWER.sub("", received.subject)
    written = details.Written(tuple(said), subject, today, tuple(known_numbers))
    language = sentences.language_of(folded.text or received.text)
    machine = automatic.automatic(received, written=folded.text)
    if machine is not None:
        return _automatic(machine, received, written, folded.text, language)
    return _human(received, written, folded, language, examples or likeness.standard())


def _reported(told: reports.Report, received: mail.Mail) -> Understanding:
    kinds = {"bounce": Kind.BOUNCE, "delivered": Kind.DELIVERY_RECEIPT, "complaint": Kind.COMPLAINT}
    rows = [
        {
            "email": one.email,
            "action": one.action,
            "reason": one.reason,
            "status": one.status,
            "reply_code": one.reply_code,
            "is_hard": one.is_hard,
            "words": one.words,
        }
        for one in told.recipients
    ]
    found: dict[str, Any] = {"recipients": rows, "original_message_id": told.original_message_id}
    found["original_subject"] = told.original_subject
    if rows and told.kind == "bounce":
        worst = next((row for row in rows if row["is_hard"]), rows[0])
        found |= {name: worst[name] for name in ("is_hard", "status", "reply_code", "reason")}
        found |= {"severity": "hard" if worst["is_hard"] else "soft", "recipient": worst["email"]}
    if told.feedback:
        found["feedback_type"] = told.feedback.get("feedback-type", "")
    has_codes = any(row["status"] or row["reply_code"] for row in rows)
    intent = Intent(kinds[told.kind], 98 if has_codes or told.kind != "bounce" else 90, told.quote, found)
    return Understanding((intent,), received.text[:5_000].strip(), sentences.language_of(received.text), False)


def _automatic(
    machine: automatic.Automatic, received: mail.Mail, written: details.Written, text: str, language: str
) -> Understanding:
    is_away = machine.kind == "absence"
    kind = (
        Kind.OUT_OF_OFFICE if is_away else Kind.DELIVERY_RECEIPT if machine.kind == "read_receipt" else Kind.AUTO_REPLY
    )
    quote = _telling(written, is_away=is_away) or received.subject
    found = details.fields(kind, sentence=quote, written=written) if is_away else {"type": machine.kind}
    ends = re.search(r"endDate=(\d{4}-\d\d-\d\d)", received.header("x-apple-criteria"))
    if ends and "return_date" not in found:
        found["return_date"] = ends[1]
    found["shown_by"] = machine.shown_by
    more = [
        one
        for one in heard(written.sentences, today=written.today, examples=likeness.standard())
        if one.kind in ("contact_change", "bank_detail_change") and one.confidence_percent >= SURE_PERCENT
    ]
    intents = [Intent(kind, machine.confidence_percent, quote, found), *(_intent(one, written) for one in more)]
    return Understanding(tuple(intents), text, language, False)


def _telling(written: details.Written, *, is_away: bool) -> str:
    """The sentence that shows it: the one about the absence, else the first that is no greeting."""
    told = [one for one in written.sentences if not cues().small_talk.match(fold(one))]
    about = [one for one in told if (automatic.is_absence if is_away else automatic.is_acknowledgement)(one)]
    return (about or told or [""])[0]


def _human(
    received: mail.Mail,
    written: details.Written,
    folded: quoting.Folded,
    language: str,
    examples: likeness.Examples,
) -> Understanding:
    found = _without_echoes(_all_heard(received, written, examples))
    intents = [_intent(one, written) for one in found]
    if not intents and automatic.is_absence(folded.text):
        intents = [_away(written, 60)]
    if automatic.is_generated(received) and not any(one.confidence_percent >= SURE_PERCENT for one in intents):
        quote = _telling(written, is_away=False)
        intents.insert(0, Intent(Kind.AUTO_REPLY, 80, quote, {"type": "automatic", "shown_by": "Auto-Submitted"}))
    intents = _before_its_court(_with_bank_details(intents, folded, written), written)
    if not intents:
        nothing = _nothing(written, examples)
        return Understanding((nothing,), folded.text, language, nothing.confidence_percent < SURE_PERCENT)
    return Understanding(tuple(intents), folded.text, language, intents[0].confidence_percent < SURE_PERCENT)


def _all_heard(received: mail.Mail, written: details.Written, examples: likeness.Examples) -> list[Heard]:
    """What the sentences say; where they say nothing sure, the writer's own subject and the names of files too."""
    found = heard(written.sentences, today=written.today, examples=examples)
    if any(one.confidence_percent >= SURE_PERCENT for one in found):
        return found
    more = [*written.sentences, *_around(received, written)]
    return heard(more, today=written.today, examples=examples)


def _around(received: mail.Mail, written: details.Written) -> list[str]:
    is_answer = bool(received.answers) or bool(_ANSWER.match(received.subject))
    said = [written.subject] if written.subject and (not is_answer or not written.sentences) else []
    for file in received.attachments:
        name = fold(re.sub(r"[_.-]", " ", file.name))
        if _ADVICE.search(name) and "facture" not in name and "invoice" not in name:
            said.append(f"Ci-joint l'avis de paiement ({file.name}).")
    return said


def _without_echoes(found: list[Heard]) -> list[Heard]:
    """A sentence says one thing best: a much weaker class of the very same sentence is an echo of its words."""
    kept: list[Heard] = []
    for one in found:
        stronger = [other for other in kept if other.place == one.place and other.points >= one.points + 2]
        if not stronger or one.kind == "bank_detail_change":
            kept.append(one)
    return kept


def _intent(one: Heard, written: details.Written) -> Intent:
    kind = Kind(one.kind)
    found = details.fields(kind, sentence=one.sentence, written=written)
    percent = one.confidence_percent
    if kind == Kind.PROMISE:
        is_vague = not {"date", "amount", "asks_for"} & set(found)
        percent = min(97, percent + 4) if "date" in found else percent - 6 if is_vague else percent
    return Intent(kind, max(1, percent), one.sentence, found)


def _away(written: details.Written, percent: int) -> Intent:
    quote = _telling(written, is_away=True)
    return Intent(
        Kind.OUT_OF_OFFICE, percent, quote, details.fields(Kind.OUT_OF_OFFICE, sentence=quote, written=written)
    )


def _before_its_court(intents: list[Intent], written: details.Written) -> list[Intent]:
    """A firm that says it is insolvent says nothing else to act on by itself: a person reads it, told what it is.

    "The company is in liquidation, please contact the liquidator." -> other (85), about: insolvency; no contact_change
    """
    quote = next((one for one in written.sentences if cues().insolvency.search(fold(one))), None)
    if quote is None or any(one.kind == Kind.DISPUTE and one.confidence_percent >= SURE_PERCENT for one in intents):
        return intents
    kept = [one for one in intents if one.kind == Kind.BANK_DETAIL_CHANGE]
    return [*kept, Intent(Kind.OTHER, 85, quote, {"about": "insolvency"})]


def _with_bank_details(intents: list[Intent], folded: quoting.Folded, written: details.Written) -> list[Intent]:
    """Bank details in a customer's mail are shown even when nothing is understood of them: a person looks (CM-11).

    An account number, or the name of one: "the sort code you have is the old one"; not "quel est votre RIB ?".
    """
    seen = references.ibans_in(f"{folded.text}\n{folded.signature}")
    faint = next((one for one in intents if one.kind == Kind.BANK_DETAIL_CHANGE), None)
    if faint is not None:
        if not seen or faint.confidence_percent >= SURE_PERCENT:
            return intents
        return [replace(faint, confidence_percent=80), *(one for one in intents if one is not faint)]
    if seen:
        said = next((line for line in folded.text.split("\n") if references.ibans_in(line)), seen[0]).strip()
    else:
        named = (
            one for one in written.sentences if _NAMES_AN_ACCOUNT.search(fold(one)) and not _asks_for_ours(one, written)
        )
        said = next(named, "")
    if not said:
        return intents
    is_all = bool(seen) and not any(one.confidence_percent >= SURE_PERCENT for one in intents)
    found: dict[str, Any] = {"handling": "a_person_only"}
    bare = Intent(Kind.BANK_DETAIL_CHANGE, 65 if is_all else 45, said, {"ibans": seen, **found} if seen else found)
    return [bare, *intents] if is_all else [*intents, bare]


def _asks_for_ours(sentence: str, written: details.Written) -> bool:
    """Whether a sentence that names bank details only asks where to pay."""
    found = heard([sentence], today=written.today, examples=likeness.standard())
    return any(one.kind == "payment_link" and one.confidence_percent >= SURE_PERCENT for one in found)


_NAMES_AN_ACCOUNT = re.compile(
    r"\b(?:iban|rib|bic|sort code|routing number|account number|numero de compte|coordonnees bancaires|"
    r"bank (?:details|account|info\w*)|compte bancaire|domiciliation bancaire|swift code|wire info\w*|ach form|"
    r"mandats? (?:sepa|de prelevement)|direct debit mandates?)\b"
)


def _nothing(written: details.Written, examples: likeness.Examples) -> Intent:
    """Nothing to act on: sure of it when there is only courtesy, or it is like what is known to be something else."""
    told = [one for one in written.sentences if not cues().small_talk.match(fold(one))]
    is_courtesy = not told or any(cues().acknowledges.search(fold(one)) for one in told)
    likes = [like for one in told if (like := examples.nearest(one)) is not None and like.kind == "other"]
    is_of_trade = any(_OF_TRADE.search(fold(one)) for one in told)
    percent = (
        85
        if is_courtesy
        else 70
        if any(like.lead_thousandths >= 100 for like in likes)
        else 65
        if likes and not is_of_trade
        else 45
    )
    return Intent(Kind.OTHER, percent, (told or list(written.sentences) or [written.subject])[0])


# without one of these a sentence hardly speaks of an invoice, of money, or of whom to write to
_OF_TRADE = re.compile(
    r"\d|@|\b(?:pay|paie|paid|regl|vir(?:er|e|ement)|fact|invoic|bill|bank|banq|iban|rib\b|compt|account|adress|address|"
    r"contact|commande|order|po\b|livr|deliver|avoir|credit|cop(?:y|ie)|pdf|lien\b|link|stop|arret|list|amount|montant|"
    r"argent|money|fonds|fund|cheq|solde|balance|dette|debt|du[es]?\b|owe|litige|disput|service|department|collegue|"
    r"colleague|rempla|replac|quitt|left\b|charge|occup|semaine|week|mois|month|lundi|mardi|mercredi|jeudi|vendredi|"
    r"demain|monday|tuesday|wednesday|thursday|friday|tomorrow|today|aujourd)"
)


def day_written(received: mail.Mail, *, arrived: datetime) -> date:
    """The day its words count from: the sender's own date, unless it is further than ten days from the arrival."""
    stated = received.sent_at
    if stated is None or abs((stated - arrived).days) > 10:
        return arrived.date()
    return stated.date()
