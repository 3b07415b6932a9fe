"""Safe answers: what an organisation allows, what was prepared, and what is known around a request."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from encours.access.models import Entity
from encours.access.rules import Scope
from encours.collections.queries import writing
from encours.collections.queries.writing import Written
from encours.collections.rules.calendar import Leaving
from encours.conversation.models import Answer, AnswerState, ConversationPolicy
from encours.conversation.rules.answers import DEFAULT_MODES
from encours.customers import queries as customers
from encours.customers.models import Contact
from encours.ledger.models import OpenItem
from encours.messaging.models import MailAccount, Reply


def policy(organisation_id: int) -> ConversationPolicy:
    """What the organisation allows; unsaved where it never said."""
    found = ConversationPolicy.objects.filter(organisation_id=organisation_id).first()
    return found or ConversationPolicy(organisation_id=organisation_id)


def modes(organisation_id: int) -> Mapping[str, str]:
    """How each safe answer leaves."""
    return {**DEFAULT_MODES, **policy(organisation_id).modes}


def answered_since(customer_id: int, *, organisation_id: int, since: datetime) -> int:
    """How many answers were sent alone to a customer since then."""
    accounts = customers.with_merged(customer_id, organisation_id=organisation_id)
    sent = Answer.objects.filter(organisation_id=organisation_id, customer_id__in=accounts, is_alone=True)
    return sent.filter(decided_at__gte=since).count()


def day_before(now: datetime) -> datetime:
    """The start of the day that a daily cap counts: twenty-four hours, so that midnight opens nothing."""
    return now - timedelta(hours=24)


def is_known_contact(reply: Reply) -> bool:
    """Whether an answer came from an address its customer was known by before it came, and not from one of ours."""
    organisation_id, email = reply.organisation_id, reply.from_email
    accounts = customers.with_merged(reply.customer_id, organisation_id=organisation_id)
    if MailAccount.objects.filter(organisation_id=organisation_id, from_email__iexact=email).exists():
        return False
    contacts = Contact.objects.filter(organisation_id=organisation_id, customer_id__in=accounts, email__iexact=email)
    if contacts.filter(recorded_at__lt=reply.received_at, opted_out_at=None).exists():
        return True
    own = reply.customer.email
    return bool(own) and own.lower() == email.lower()


def company_of(customer_id: int, *, organisation_id: int) -> Entity | None:
    """The company in whose name to answer: the one owed most, else the first."""
    accounts = customers.with_merged(customer_id, organisation_id=organisation_id)
    owed: dict[int, int] = {}
    items = OpenItem.objects.filter(organisation_id=organisation_id, customer_id__in=accounts, open_minor__gt=0)
    for entity_id, minor in items.values_list("entity_id", "open_minor"):
        owed[entity_id] = owed.get(entity_id, 0) + minor
    entities = list(Entity.objects.filter(organisation_id=organisation_id).order_by("pk"))
    return max(entities, key=lambda one: owed.get(one.pk, 0), default=None)


def leaving_of(made: Answer, *, now: datetime) -> Leaving | None:
    """When a prepared answer leaves if nobody says otherwise; None without a company to answer in the name of."""
    company = company_of(made.customer_id, organisation_id=made.organisation_id)
    if company is None:
        return None
    written = Written(made.customer, company, None, (), answered_at=made.reply.received_at)
    return writing.leaving_of(written, now=now)


def drafts(scope: Scope) -> Sequence[Answer]:
    """Answers that wait for a person, the oldest first; people of a portfolio see their own alone."""
    found = Answer.objects.filter(organisation_id=scope.organisation_id, state=AnswerState.DRAFT)
    if scope.own_portfolio_only:
        found = found.filter(customer_id__in=customers.in_scope_with_merged(scope).values("pk"))
    return list(found.select_related("customer", "reply").order_by("pk")[:200])


def of_replies(reply_ids: Sequence[int], *, scope: Scope) -> Mapping[int, Answer]:
    """The answer made for each of some mails, by mail."""
    found = Answer.objects.filter(organisation_id=scope.organisation_id, reply_id__in=reply_ids)
    return {one.reply_id: one for one in found.select_related("message", "reply", "customer")}


def answer(answer_id: int, *, scope: Scope) -> Answer | None:
    """One answer a person may decide."""
    found = Answer.objects.filter(organisation_id=scope.organisation_id, pk=answer_id)
    if scope.own_portfolio_only:
        found = found.filter(customer_id__in=customers.in_scope_with_merged(scope).values("pk"))
    return found.select_related("customer", "reply").first()
