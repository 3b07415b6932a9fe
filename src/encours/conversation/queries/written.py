"""The letter of a safe answer: the statement, the copy or our own bank details, as the customer will read it."""

from dataclasses import replace

from encours.collections.queries.writing import Written
from encours.collections.rules.writing import OWN_WORDS, STATEMENT
from encours.conversation.models import Answer, Safe
from encours.conversation.queries.answers import company_of
from encours.conversation.rules import answers as rules
from encours.core.errors import Refused, gettext_noop
from encours.customers import queries as customers
from encours.invoices import copy_queries as copies
from encours.invoices.models import Document
from encours.messaging import inbound_queries as inbound
from encours.messaging.models import Reply
from encours.messaging.rules.values import Address, Attachment

_NUMBERS_LOOKED_AT = 5_000
_WORDS = {
    "fr": {
        Safe.PAYMENT_DETAILS: (
            "Nos coordonnées bancaires",
            "Vous pouvez régler par virement sur le compte suivant.\nTitulaire : {holder}\nIBAN : {iban}\n"
            "{bic}Cet IBAN n’a pas changé. Si vous receviez un message disant le contraire, appelez-nous avant tout "
            "virement.",
        ),
        Safe.INVOICE_COPY: (
            "Copie de votre facture {numbers}",
            "Vous trouverez ci-joint la copie demandée : {numbers}.",
        ),
    },
    "en": {
        Safe.PAYMENT_DETAILS: (
            "Our bank details",
            "You can pay by bank transfer to this account.\nHolder: {holder}\nIBAN: {iban}\n{bic}"
            "This IBAN has not changed. Should a message say otherwise, call us before any transfer.",
        ),
        Safe.INVOICE_COPY: (
            "Copy of your invoice {numbers}",
            "Please find attached the copy you asked for: {numbers}.",
        ),
    },
}


class NoCompany(Refused):
    """There is no company of ours to answer in the name of."""

    message = gettext_noop("There is no company to write in the name of.")


class BankAccountMissing(Refused):
    """The company's own account is not in its settings, and no other source is believed."""

    message = gettext_noop("The company's own bank account is not in its settings.")


def invoice_files(reply: Reply, numbers: list[str]) -> tuple[Attachment, ...]:
    """The copies we hold of these invoices of this customer: the PDF kept with each, else what was sent before.

    All of them or none: half of what was asked for is no answer.
    """
    organisation_id = reply.organisation_id
    accounts = customers.with_merged(reply.customer_id, organisation_id=organisation_id)
    kept = copies.attachments(numbers, customer_ids=accounts, organisation_id=organisation_id)
    found = []
    for number in numbers:
        held = kept.get(number) or inbound.sent_file(reply.customer_id, named=number, organisation_id=organisation_id)
        if held is None:
            return ()
        found.append(held)
    return tuple(found)


def named(reply: Reply, request: rules.Request) -> rules.Request:
    """The request with the numbers of the books: as the mail names them, else those of the message that it answers."""
    if request.kind != Safe.INVOICE_COPY:
        return request
    if not request.invoices:
        items = reply.message.context.get("items", ()) if reply.message else ()
        return replace(request, invoices=rules.of_thread(items), is_of_thread=True)
    organisation_id = reply.organisation_id
    accounts = customers.with_merged(reply.customer_id, organisation_id=organisation_id)
    known = Document.objects.filter(organisation_id=organisation_id, is_current=True, customer_id__in=accounts)
    numbers = known.order_by("-issue_date", "-pk").values_list("number", flat=True)[:_NUMBERS_LOOKED_AT]
    return replace(request, invoices=rules.meant(request.invoices, list(numbers)))


def letter_of(answer: Answer, *, is_automatic: bool) -> Written:
    """The answer as a message to write, to the address the mail came from and in its thread; our IBAN from settings."""
    reply, customer = answer.reply, answer.customer
    entity = company_of(customer.pk, organisation_id=answer.organisation_id)
    if entity is None:
        raise NoCompany
    language = (customer.language or "fr")[:2]
    subject, text = "", ""
    files: tuple[Attachment, ...] = ()
    if answer.kind == Safe.PAYMENT_DETAILS:
        if not entity.iban:
            raise BankAccountMissing
        subject, text = _words(answer, language)
        bic = f"BIC : {entity.bic}\n" if entity.bic else ""
        spaced = " ".join(entity.iban[start : start + 4] for start in range(0, len(entity.iban), 4))
        text = text.format(holder=entity.name, iban=spaced, bic=bic)
    elif answer.kind == Safe.INVOICE_COPY:
        subject, text = _words(answer, language)
        numbers = ", ".join(answer.invoices)
        subject, text = subject.format(numbers=numbers), text.format(numbers=numbers)
        files = invoice_files(reply, answer.invoices)
    return Written(
        customer=customer,
        entity=entity,
        person=customer.collector,
        to=(Address(answer.to_email, reply.from_name),),
        template_key=STATEMENT if answer.kind == Safe.STATEMENT else OWN_WORDS,
        language=language if language in _WORDS else "fr",
        subject=subject,
        text=text,
        attachments=files,
        in_reply_to=reply.key if reply.key.startswith("<") else "",
        answered_at=reply.received_at,
        is_automatic=is_automatic,
    )


def _words(answer: Answer, language: str) -> tuple[str, str]:
    return _WORDS.get(language, _WORDS["fr"])[Safe(answer.kind)]
