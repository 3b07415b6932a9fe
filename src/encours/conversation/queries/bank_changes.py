"""Changes of bank details that mails claim: where each stands, and the numbers one may call back on."""

from collections.abc import Mapping, Sequence

from django.db.models import Q, QuerySet

from encours.access.rules import Scope
from encours.conversation.models import BankChange, ChangeState
from encours.conversation.rules.bank_changes import digits
from encours.core import statements
from encours.customers import queries as customers
from encours.customers.models import Contact, Customer
from encours.messaging.rules.understanding import references


def waiting(scope: Scope) -> Sequence[BankChange]:
    """The changes nobody has settled, the oldest first; people of a portfolio see their own alone."""
    return list(_seen(scope).filter(state__in=[ChangeState.OPEN, ChangeState.CALLED]).order_by("pk")[:100])


def change(change_id: int, *, scope: Scope) -> BankChange | None:
    """One change a person may see."""
    return _seen(scope).filter(pk=change_id).first()


def _seen(scope: Scope) -> QuerySet[BankChange]:
    found = BankChange.objects.filter(organisation_id=scope.organisation_id).select_related("customer", "reply", "mail")
    if scope.own_portfolio_only:
        found = found.filter(customer_id__in=customers.in_scope_with_merged(scope).values("pk"))
    return found.defer("mail__raw")


def of_replies(reply_ids: Sequence[int], *, scope: Scope) -> Mapping[int, BankChange]:
    """The change each answer claims, by answer."""
    return {one.reply_id: one for one in _seen(scope).filter(reply_id__in=reply_ids) if one.reply_id}


def of_mails(mail_ids: Sequence[int], *, scope: Scope) -> Mapping[int, BankChange]:
    """The change each mail of the triage claims, by mail."""
    return {one.mail_id: one for one in _seen(scope).filter(mail_id__in=mail_ids) if one.mail_id}


def warnings_of(customer_id: int, *, organisation_id: int) -> Sequence[BankChange]:
    """What every page about a customer warns of: changes not confirmed, those refused too."""
    asked = "select exists (select from conversation_bankchange where organisation_id = %s and state <> %s)"
    ((is_any,),) = statements.rows(asked, [organisation_id, ChangeState.CONFIRMED.value])
    if not is_any:  # nearly always
        return []
    accounts = customers.with_merged(customer_id, organisation_id=organisation_id)
    found = BankChange.objects.filter(organisation_id=organisation_id, customer_id__in=accounts)
    return list(found.exclude(state=ChangeState.CONFIRMED).order_by("-pk")[:5])


def known_numbers(one: BankChange) -> list[tuple[str, str]]:
    """The names and numbers known before the mail came, and that the mail itself does not bring."""
    if one.customer_id is None:
        return []
    brought = {digits(number) for number in references.phones_in(one.reply.text if one.reply else "")}
    customer = Customer.objects.get(organisation_id=one.organisation_id, pk=one.customer_id)
    before = Contact.objects.filter(
        Q(recorded_at__lt=one.recorded_at), organisation_id=one.organisation_id, customer_id=one.customer_id
    ).exclude(phone="")
    found = [(contact.name or contact.email, contact.phone) for contact in before.order_by("-is_primary", "pk")]
    if customer.phone:
        found.append((customer.name, customer.phone))
    return [(name, phone) for name, phone in found if digits(phone) and digits(phone) not in brought]
