"""Proposals to decide, with the values a person starts from: the mail's own, completed from the books."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from encours.access.rules import Scope
from encours.conversation.models import Asked, Outcome, Proposal
from encours.core.money import Money
from encours.core.text import fold
from encours.customers import queries as customers
from encours.ledger.models import OpenItem
from encours.messaging import inbound_queries as inbound
from encours.messaging.models import MailAttachment


def open_items(customer_id: int, organisation_id: int) -> Sequence[OpenItem]:
    """What the customer still owes, the oldest first."""
    accounts = customers.with_merged(customer_id, organisation_id=organisation_id)
    owed = OpenItem.objects.filter(organisation_id=organisation_id, customer_id__in=accounts, open_minor__gt=0)
    return list(owed.order_by("due_date", "pk")[:400])


def resolved(said: str, items: Sequence[OpenItem]) -> str:
    """The number of the open document a customer means: "4290" -> "FA-2026-4290" when only one ends so; else ""."""
    flat = _bare(said)
    if not flat:
        return ""
    numbers = list(dict.fromkeys(item.document_number for item in items if item.document_number))
    exact = [one for one in numbers if _bare(one) == flat]
    ending = [one for one in numbers if len(flat) >= 3 and _bare(one).endswith(flat)]
    found = exact or ending
    return found[0] if len(found) == 1 else ""


def is_known(email: str, customer_id: int, organisation_id: int) -> bool:
    """Whether an address is the customer's own or one of its contacts'."""
    owners = inbound.customers_of(email, organisation_id=organisation_id)
    return customer_id in owners or bool(
        owners & set(customers.with_merged(customer_id, organisation_id=organisation_id))
    )


def _bare(number: str) -> str:
    return "".join(letter for letter in fold(number) if letter.isalnum())


def starting_values(proposal: Proposal, items: Sequence[OpenItem] | None = None) -> Mapping[str, Any]:
    """The values a proposal is accepted with when nobody changes them; what the mail does not say is what is owed.

    promise "vendredi", FA-1 open for 1 200.00 -> {"date": "2026-11-27", "amount_minor": 120000, "invoice": "FA-1", ...}
    """
    said = proposal.fields
    if proposal.kind in (Asked.CONTACT, Asked.UNSUBSCRIBE):
        return {"name": said.get("name", ""), "email": said.get("email", ""), "phone": said.get("phone", "")}
    if proposal.kind == Asked.PAUSE:
        return {"date": said.get("return_date", "")}
    if proposal.kind == Asked.REMITTANCE:
        return {}
    owed = open_items(proposal.customer_id, proposal.organisation_id) if items is None else items
    numbers = [one for one in (resolved(number, owed) for number in said.get("invoices", ())) if one]
    values: dict[str, Any] = {"invoice": numbers[0] if len(numbers) == 1 else ""}
    if proposal.kind == Asked.ORDER_NUMBER:
        return values | {"order_number": said.get("order_number", "")}
    amount = _amount(said.get("amount"))
    if proposal.kind == Asked.DISPUTE:
        limit = sum(item.open_minor for item in owed if item.document_number == values["invoice"])
        minor = amount.minor if amount and 0 < amount.minor <= limit else None
        return values | {"reason": said.get("reason", "other"), "amount_minor": minor}
    concerned = [item for item in owed if not numbers or item.document_number in numbers]
    concerned = concerned or list(owed)
    currency = amount.currency if amount else concerned[0].currency if concerned else "EUR"
    whole_minor = sum(item.open_minor for item in concerned if item.currency == currency)
    minor = amount.minor if amount else _part(Money(whole_minor, currency), said.get("share_percent"))
    return values | {"date": said.get("date", ""), "amount_minor": minor, "currency": currency}


def _part(owed: Money, share_percent: int | None) -> int:
    """What is promised of what is owed: "la moitié" of 1 201.01 -> 600.51."""
    if not share_percent or owed.minor <= 0:
        return owed.minor
    return owed.split([share_percent, 100 - share_percent])[0].minor


def _amount(said: Mapping[str, str] | None) -> Money | None:
    return Money.from_decimal(Decimal(said["amount"]), said["currency"]) if said else None


def single_item(customer_id: int, invoice: Any, organisation_id: int) -> int | None:
    """The open item a document number names, when it is one item only."""
    if not invoice:
        return None
    found = [item.pk for item in open_items(customer_id, organisation_id) if item.document_number == invoice]
    return found[0] if len(found) == 1 else None


def attachment(proposal: Proposal) -> MailAttachment | None:
    """The file a proposal speaks of, with its mail."""
    found = MailAttachment.objects.filter(
        organisation_id=proposal.organisation_id, mail_id=proposal.mail_id, position=proposal.fields.get("attachment")
    )
    return found.select_related("mail").first() if proposal.mail_id else None


def of_replies(reply_ids: Sequence[int], *, scope: Scope) -> Mapping[int, list[Proposal]]:
    """The proposals made of some answers, by answer, in their order; people of a portfolio see their own alone."""
    found = Proposal.objects.filter(organisation_id=scope.organisation_id, reply_id__in=reply_ids)
    return _by(found.filter(**_own(scope)).select_related("customer").order_by("pk"), "reply_id")


def of_mails(mail_ids: Sequence[int], *, scope: Scope) -> Mapping[int, list[Proposal]]:
    """The proposals made of machines' answers, by mail: somebody away until a day."""
    found = Proposal.objects.filter(organisation_id=scope.organisation_id, mail_id__in=mail_ids, reply=None)
    return _by(found.filter(**_own(scope)).select_related("customer").order_by("pk"), "mail_id")


def _own(scope: Scope) -> dict[str, Any]:
    if not scope.own_portfolio_only:
        return {}
    return {"customer_id__in": customers.in_scope_with_merged(scope).values("pk")}


def _by(rows: Any, name: str) -> dict[int, list[Proposal]]:
    found: dict[int, list[Proposal]] = {}
    for row in rows:
        found.setdefault(getattr(row, name), []).append(row)
    return found


def proposal(proposal_id: int, *, scope: Scope) -> Proposal | None:
    """One proposal a person may decide."""
    found = Proposal.objects.filter(organisation_id=scope.organisation_id, pk=proposal_id, **_own(scope))
    return found.select_related("customer").first()


def open_from_machines(scope: Scope) -> list[Proposal]:
    """Proposals from automatic answers that nobody decided, the latest first."""
    found = Proposal.objects.filter(
        organisation_id=scope.organisation_id, outcome=Outcome.OPEN, reply=None, **_own(scope)
    )
    return list(found.select_related("customer", "mail").defer("mail__raw").order_by("-pk")[:100])
