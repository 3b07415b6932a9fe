"""What may leave for a model that drafts an answer, and what of its draft is let in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from encours.core.errors import Refused, gettext_noop
from encours.messaging.rules.understanding import references

TEXT_LETTERS_MAX = 4_000
DRAFT_LETTERS_MAX = 6_000
ITEMS_MAX = 20

_SYSTEM = {
    "fr": (
        "Vous aidez un service de recouvrement amiable. Rédigez en français, en vouvoyant, une réponse courte, calme "
        "et précise au message du client. N’inventez aucun fait, aucun montant, aucune date. N’indiquez jamais de "
        "coordonnées bancaires. Ne promettez rien. Rendez seulement le corps du message, sans formule d’appel ni "
        "signature."
    ),
    "en": (
        "You help an accounts-receivable team. Write a short, calm and precise answer to the customer's message, in "
        "English. Invent no fact, amount or date. Never state bank details. Promise nothing. Give only the body, "
        "without greeting or signature."
    ),
}


class DraftUnusable(Refused):
    """What the model wrote is not let in: empty, too long, or naming bank details."""

    message = gettext_noop("The model’s draft is not used: it is empty, too long, or names bank details.")


@dataclass(frozen=True, slots=True)
class Line:
    """An open invoice the mail names, as the model may know it."""

    number: str
    due: str
    open: str


def masked(text: str) -> str:
    """A text without what identifies people and accounts: addresses, telephones, IBANs."""
    for found, word in (
        (references.ibans_in(text), "[IBAN]"),
        (references.emails_in(text), "[e-mail]"),
        (references.phones_in(text), "[tel]"),
    ):
        for one in found:
            spaced = r"[\s.\u00a0-]?".join(map(re.escape, one)) if word == "[IBAN]" else re.escape(one)
            text = re.sub(spaced, word, text, flags=re.IGNORECASE)
    return text


def prompt(text: str, *, subject: str, language: str, lines: Sequence[Line]) -> list[dict[str, str]]:
    """The chat that leaves, in full: the instructions, then the customer's words, masked and cut, and the invoices
    they name. Nobody's name is in it but what the customer wrote.
    """
    known = "\n".join(f"- {line.number}: {line.open}, {line.due}" for line in lines[:ITEMS_MAX])
    said = masked(text)[:TEXT_LETTERS_MAX]
    words = f"{masked(subject)[:200]}\n\n{said}" + (f"\n\n{known}" if known else "")
    return [
        {"role": "system", "content": _SYSTEM.get(language[:2], _SYSTEM["fr"])},
        {"role": "user", "content": words},
    ]


def let_in(draft: str) -> str:
    """The draft a person will see and change; refused when it names an account or is no letter."""
    text = draft.strip()
    if not text:
        raise DraftUnusable
    if len(text) > DRAFT_LETTERS_MAX:
        raise DraftUnusable
    if references.ibans_in(text):
        raise DraftUnusable
    return text
