"""Answers that no person wrote: out of office, acknowledgements, requests to prove oneself human, read receipts."""

import re
from dataclasses import dataclass

from encours.core.text import fold
from encours.messaging.rules.inbound.mail import Mail


@dataclass(frozen=True, slots=True)
class Automatic:
    """Why a mail is automatic: its kind, how sure (percent), and what showed it."""

    kind: str  # absence, acknowledgement, challenge, read_receipt, automatic
    confidence_percent: int
    shown_by: str


_SUBJECT = re.compile(
    r"^\W*(?:re ?: ?)?(?:automatic reply|auto(?:matic|mated)?[- ]?(?:reply|respon\w*|reponse)|"
    r"autoreply|autorespons\w*|out of (?:the )?office|ooo\b|reponse automatique|"
    r"message automatique|absen(?:ce|t|te)\b|message d'absence|notification d'absence|"
    r"automatische antwort|abwesen\w*|vacation\b|on (?:leave|vacation|holiday)|"
    r"en conges?\b|conges? (?:annuels?|maternite|d'ete)|away from|respuesta automatica|"
    r"risposta automatica|automatisch antwoord|fuera de la oficina|"
    r"(?:je suis |i am |i'm )?(?:actuellement )?(?:absente?|out of office)|accuse de reception|"
    r"avis d'absence|autosvar|automaattinen|fermeture (?:annuelle|estivale))"
)
_ABSENCE = re.compile(
    r"\b(?:absente?s?\b|absence|en conges?|en vacances|hors (?:du |de (?:mon |mes )?)?bureaux?|"
    r"out of (?:the )?office|out of my office|on (?:annual |sick |maternity |paternity |"
    r"parental )?(?:leave|vacation|holidays?)|"
    r"away from (?:the |my )?(?:office|desk)|\booo\b|im urlaub|nicht im (?:buro|haus)|abwesend|"
    r"auf dienstreise|wieder erreichbar|en deplacement|"
    r"arret maladie|conge maternite|de retour (?:le|au bureau|a partir)|will (?:be back|return)|"
    r"back in the office|limited access to|"
    r"nos bureaux (?:seront|sont) fermes?|our offices? (?:is|are|will be) closed|"
    r"fermeture (?:annuelle|estivale|exceptionnelle)|i am (?:currently )?away|traveling|travelling|"
    r"fuera de la oficina|fuori ufficio|niet aanwezig|afwezig)\b"
)
_CHALLENGE = re.compile(
    r"\b(?:confirm\w*|verif\w*|authenti\w*|prouv\w*|prove)\b.{0,80}\b(?:you are (?:a )?human|"
    r"not a robot|vous etes (?:un |une )?(?:humain|personne|etre humain)|vos? e-?mails?|"
    r"your (?:e-?mail|message|address|identity)|votre (?:adresse|message|identite|envoi|e-?mail))|"
    r"\b(?:challenge[- ]response|sender verification|verification de l'expediteur|mailinblack|"
    r"spam ?arrest|boxbe|antispam.{0,40}(?:clique|click)|"
    r"mis en (?:attente|quarantaine)|(?:is|has been) (?:held|quarantined|placed on hold)|approved senders?|"
    r"(?:cliquez|clicking|click).{0,60}(?:deliver|remettre|remis|liberer|release|approve|autoriser|authenti))\b"
)
_RECEIVED = re.compile(
    r"\b(?:nous avons bien recu|avons bien recu votre|votre (?:demande|message|e-?mail|courriel|"
    r"ticket) (?:a bien ete|a ete|est bien|sera)|bien ete (?:enregistre|pris en compte|recu)|"
    r"we have received your|thank you for (?:contacting|your (?:e-?mail|message|enquiry|inquiry))|"
    r"your (?:request|ticket|enquiry|inquiry|message|email) (?:has been|was|is being)|"
    r"ticket (?:number|numero|n°|#|id)|case number|numero de (?:dossier|ticket)|ne pas repondre|"
    r"do not reply|ceci est un (?:message|e-?mail|courriel) automatique|this is an automat\w+|"
    r"automatically generated|genere automatiquement|message automatique|wir haben ihre (?:nachricht|"
    r"e-?mail|anfrage) erhalten|bitte nicht antworten|"
    r"no longer (?:in use|monitored|active)|n'est plus (?:utilisee|consultee|active|relevee|lue)|"
    r"boite (?:non relevee|n'est pas (?:relevee|consultee)))\b"
)
_STRONG_HEADERS = (
    "x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-mail-autoreply", "x-autoreply-from",
    "x-ms-exchange-generated-message-source", "x-vacation", "delivered-by-the-graces-of", "x-apple-criteria",
    "x-ms-exchange-inbox-rules-loop",
)  # fmt: skip


def automatic(mail: Mail, *, written: str) -> Automatic | None:
    """What kind of automatic answer a mail is, or None when a person may have written it.

    "Auto-Submitted: auto-replied" and "Je suis absent jusqu'au 24" -> absence, 98
    "Thank you for your message, I am out of the office." without any header -> absence, 75
    """
    if _is_receipt(mail):
        return Automatic("read_receipt", 97, "message/disposition-notification")
    subject, text = fold(mail.subject), fold(f"{mail.subject}\n{written}"[:4_000])
    header = _header(mail)
    if _CHALLENGE.search(text) and (header or re.search(r"https?://|<a ", mail.text)):
        return Automatic("challenge", 92 if header else 80, header or "wording")
    is_titled = bool(_SUBJECT.search(subject))
    if not header and not is_titled:
        return None
    kind = "absence" if _ABSENCE.search(text) or "vacation" in header.lower() else "acknowledgement"
    if kind == "acknowledgement" and not _RECEIVED.search(text):
        kind = "automatic"
    return Automatic(kind, 98 if header and is_titled else 95 if header else 88, header or "subject")


def is_generated(mail: Mail) -> bool:
    """Whether a program sent it without answering anything: an advice from a payment system is such a mail."""
    submitted = mail.header("auto-submitted").lower()
    return (bool(submitted) and not submitted.startswith("no")) or mail.header("precedence").lower() in _BULK


def is_absence(written: str) -> bool:
    """Whether a text says that its writer is away, whoever sent it."""
    return bool(_ABSENCE.search(fold(written)[:2_000]))


def is_acknowledgement(written: str) -> bool:
    """Whether a text only says that something was received."""
    return bool(_RECEIVED.search(fold(written)[:2_000]))


_BULK = {"bulk", "junk", "list", "auto_reply", "auto-reply"}


def _header(mail: Mail) -> str:
    if mail.header("auto-submitted").lower().startswith(("auto-replied", "auto-notified")):
        return f"Auto-Submitted: {mail.header('auto-submitted')}"
    if mail.header("precedence").lower().replace("-", "_") == "auto_reply":
        return "Precedence: auto_reply"
    if "vacation" in mail.header("x-apple-action").lower():
        return "X-Apple-Action: VACATION"
    for name in _STRONG_HEADERS:
        if mail.header(name) and mail.header(name).lower() not in ("no", "false"):
            return name
    return ""


def _is_receipt(mail: Mail) -> bool:
    kinds = {part.content_type for part in mail.parts}
    return (
        "message/disposition-notification" in kinds or "disposition-notification" in mail.header("content-type").lower()
    )
