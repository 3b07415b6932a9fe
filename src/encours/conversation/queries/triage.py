"""Whose a mail of the triage may be: candidates with the reason for each, so that a person files it in one gesture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from encours.core.errors import EncoursError, gettext_noop
from encours.core.text import fold_words
from encours.customers.models import Contact, Customer
from encours.customers.rules import bare_name
from encours.ledger.models import OpenItem
from encours.messaging import inbound_queries as inbound
from encours.messaging.models import InboundMail, MessageContent
from encours.messaging.rules.inbound import mail as mails
from encours.messaging.rules.inbound import tokens
from encours.messaging.rules.understanding import references

CANDIDATES_MAX = 6

WHY = {
    "address": gettext_noop("has a contact with this very address"),
    "invoice": gettext_noop("owes the invoice the mail names: {detail}"),
    "thread": gettext_noop("got the message it seems to answer: {detail}"),
    "domain": gettext_noop("has contacts at {detail}"),
    "name": gettext_noop("is named in the mail"),
}
REASONS = {
    "unknown_sender": gettext_noop("Nobody is known by this address."),
    "ambiguous_sender": gettext_noop("Several customers have this address."),
    "forged_token": gettext_noop("The reply address bears a mark that is not ours: do not trust it without asking."),
    "contradictory": gettext_noop("Its thread and its reply address name two different customers."),
    "not_about_ours": gettext_noop("A machine reports about a message we did not send."),
    "mail_too_large": gettext_noop("It is too large to be read; its beginning is kept."),
    "mail_unreadable": gettext_noop("It is built so that it cannot be read."),
}
# everybody has an address there: it tells nothing
_PUBLIC = frozenset(
    (
        "gmail.com", "googlemail.com", "outlook.com", "outlook.fr", "hotmail.com", "hotmail.fr", "live.fr", "live.com",
        "yahoo.com", "yahoo.fr", "orange.fr", "wanadoo.fr", "free.fr", "sfr.fr", "laposte.net", "icloud.com", "me.com",
        "gmx.fr", "gmx.com", "gmx.net", "proton.me", "protonmail.com", "bbox.fr", "neuf.fr", "aol.com", "msn.com",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer a mail may be of, and why."""

    customer: Customer
    why: str
    detail: str = ""


def candidates(one: InboundMail) -> Sequence[Candidate]:
    """The customers a mail may be of, the best reason first, each once; merged ones count as the kept."""
    organisation_id = one.organisation_id
    found: dict[int, Candidate] = {}

    def add(ids: Sequence[int], why: str, detail: str = "") -> None:
        rows = Customer.objects.filter(organisation_id=organisation_id, pk__in=ids)
        for customer in rows.select_related("merged_into").order_by("name", "pk")[:CANDIDATES_MAX]:
            kept = customer.merged_into or customer
            found.setdefault(kept.pk, Candidate(kept, why, detail))

    add(list(inbound.customers_of(one.from_email, organisation_id=organisation_id)), "address")
    text = _text_of(one)
    for number in references.invoice_numbers_in(f"{one.subject}\n{text}")[:10]:
        items = OpenItem.objects.filter(organisation_id=organisation_id, document_number__iexact=number)
        add(list(items.values_list("customer_id", flat=True).distinct()[:CANDIDATES_MAX]), "invoice", number)
    if one.why != "forged_token":
        _threads(one, add)
    domain = one.from_email.rpartition("@")[2]
    if domain and domain not in _PUBLIC:
        contacts = Contact.objects.filter(organisation_id=organisation_id, email__iendswith=f"@{domain}")
        add(list(contacts.values_list("customer_id", flat=True).distinct()[:CANDIDATES_MAX]), "domain", domain)
    add(_named(f"{one.subject}\n{text}", organisation_id), "name")
    return list(found.values())[:CANDIDATES_MAX]


def _threads(one: InboundMail, add: Callable[[Sequence[int], str, str], None]) -> None:
    try:
        received = mails.read(bytes(one.raw))
    except EncoursError:
        return
    headers = list(received.answers)
    ids = [
        claim.message_id
        for claim in tokens.claimed(received.recipients, organisation_id=one.organisation_id, keys=inbound.reply_keys())
        if claim.is_ours
    ]
    sent = MessageContent.objects.filter(organisation_id=one.organisation_id)
    for content in [*sent.filter(message_id_header__in=headers)[:5], *sent.filter(message_id__in=ids)[:5]]:
        add([content.message.customer_id], "thread", content.subject[:80])


def _text_of(one: InboundMail) -> str:
    try:
        return mails.read(bytes(one.raw)).text[:20_000]
    except EncoursError:
        return ""


def _named(text: str, organisation_id: int) -> list[int]:
    """Customers whose name, without its legal form, stands in the text as a whole: two letters more than a word."""
    words = f" {fold_words(text)} "
    rare = {word for word in words.split() if len(word) >= 4}
    if not rare:
        return []
    found = []
    rows = Customer.objects.filter(organisation_id=organisation_id).order_by("pk").values_list("pk", "name")
    for pk, name in rows.iterator(chunk_size=5_000):
        bare = bare_name(name)
        if len(bare) >= 4 and bare.split()[0] in words and f" {bare} " in words:
            found.append(pk)
            if len(found) == CANDIDATES_MAX:
                break
    return found
