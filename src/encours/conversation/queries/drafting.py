"""What a model that drafts would be told of one mail: shown to the person before it leaves."""

from collections.abc import Sequence

from encours.conversation.queries.proposals import open_items, resolved
from encours.conversation.rules import drafting as rules
from encours.core.money import Money
from encours.messaging.models import Reply, Understanding


def prompt_of(reply: Reply) -> Sequence[dict[str, str]]:
    """The chat in full: the words newly written, masked, and the open invoices the mail names, nothing else."""
    understood = (
        Understanding.objects.filter(organisation_id=reply.organisation_id, reply=reply).order_by("-pk").first()
    )
    items = open_items(reply.customer_id, reply.organisation_id)
    said = [
        number for one in (understood.intents if understood else ()) for number in one["fields"].get("invoices", ())
    ]
    numbers = {resolved(number, items) for number in said} - {""}
    lines = [
        rules.Line(item.document_number, item.due_date.isoformat(), _amount(item.open_minor, item.currency))
        for item in items
        if item.document_number in numbers
    ]
    language = (understood.language if understood else "") or reply.customer.language or "fr"
    return rules.prompt(reply.text, subject=reply.subject, language=language, lines=lines)


def _amount(minor: int, currency: str) -> str:
    shown = Money(minor, currency).as_json()
    return f"{shown['amount']} {shown['currency']}"
