"""A message that a person writes to a customer: to whom it can go, what it says, what the checks say of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from encours.access.models import Entity, Organisation, User
from encours.collections.queries import facts as loading
from encours.collections.queries.messages import entity_words, money_words, sender_words
from encours.collections.queries.rewording import wording_of, words_of_template
from encours.collections.rules import writing as rules
from encours.collections.rules.calendar import Leaving, leaving
from encours.collections.rules.facts import CheckResult, Claim, CustomerFacts, Decision, Hours
from encours.collections.rules.letter import greeting
from encours.collections.rules.rewording import own_context
from encours.collections.rules.steps import Step
from encours.core.errors import NotFound
from encours.core.ids import creditor_reference
from encours.customers import queries as customers
from encours.customers.models import Contact, Customer
from encours.messaging import queries as messaging
from encours.messaging.rules.values import Address, Attachment, Letter
from encours.portal import queries as portal


@dataclass(frozen=True, slots=True)
class Written:
    """What a person says of the message: which template, in whose name, to whom, and their own words."""

    customer: Customer
    entity: Entity
    person: User | None
    to: tuple[Address, ...]
    template_key: str = rules.OWN_WORDS
    language: str = "fr"
    subject: str = ""
    text: str = ""
    with_items: bool = False
    attachments: tuple[Attachment, ...] = ()
    # the Message-ID of the customer's mail that this answers, when it came, and whether no person sends it
    in_reply_to: str = ""
    answered_at: datetime | None = None
    is_automatic: bool = False


@dataclass(frozen=True)
class Considered:
    """The message as it stands: what it lists and what the checks say."""

    listed: Sequence[Claim]
    checks: Sequence[CheckResult]

    @property
    def is_stopped(self) -> bool:
        """Whether nobody may send it."""
        return rules.is_stopped(self.checks)

    @property
    def asks_a_word(self) -> bool:
        """Whether the person has to say that they saw what speaks against it."""
        return rules.asks_a_word(self.checks)


def addresses(customer: Customer) -> list[Contact | Address]:
    """Who can be written to, the main contact first: no address that bounced, refused, or is on the stop list."""
    found = customers.contacts_of(customer.pk, organisation_id=customer.organisation_id)
    stopped = messaging.suppressed(
        [*(contact.email for contact in found), customer.email], organisation_id=customer.organisation_id
    )
    usable: list[Contact | Address] = [
        contact
        for contact in found
        if contact.email
        and not contact.bounced_at
        and not contact.opted_out_at
        and contact.email.lower() not in stopped
    ]
    known = {contact.email.lower() for contact in found}
    if customer.email and customer.email.lower() not in known | stopped:
        usable.append(Address(customer.email, customer.name))
    return usable


def considered(written: Written, *, today: date, now: datetime) -> Considered:
    """What the message would list and what the interlock says of it, by the rules of the nightly run."""
    organisation_id = written.customer.organisation_id
    book = loading.book_of(organisation_id, today=today, now=now)
    known = next(iter(loading.customers(book, ids=[written.customer.pk])), None)
    customer = known or CustomerFacts(written.customer.pk, None, ())
    entity_id, key = written.entity.pk, written.template_key
    claims = rules.is_claim(key, with_items=written.with_items)
    listed: Sequence[Claim] = ()
    if claims or key == rules.STATEMENT:
        listed = rules.claims(customer, template_key=key, entity_id=entity_id, today=today)
    run = loading.run_facts(organisation_id, today=today, now=now)
    results = rules.checks(customer, run, template_key=key, entity_id=entity_id, listed=listed, claims=claims)
    return Considered(listed, results)


def leaving_of(written: Written, *, now: datetime) -> Leaving:
    """When it leaves if its writer says nothing else: by the hours at which its reader is written to."""
    customer, policies = written.customer, loading.policies_of(written.customer.organisation_id)
    policy = policies.get(written.entity.pk) or loading.policy_of(customer.organisation_id)
    calendar = Hours(customer.timezone, customer.write_from).applied(loading.calendar_of(policy))
    return leaving(calendar, now=now, answered_at=written.answered_at)


def letter(written: Written, listed: Sequence[Claim], *, today: date) -> Letter:
    """The message as it will be read; refuses when the text needs what is not known."""
    words = wording_of(
        written.template_key, organisation_id=written.customer.organisation_id, language=written.language
    )
    seen = messaging.preview(words, context_of(written, listed, today=today))
    if seen.letter is None:
        raise seen.problem or NotFound()
    return seen.letter


def context_of(written: Written, listed: Sequence[Claim], *, today: date) -> dict[str, Any]:
    """All that the template may print."""
    customer, name = written.customer, written.to[0].name if written.to else ""
    totals: dict[str, int] = {}
    for claim in listed:
        totals[claim.item.currency] = totals.get(claim.item.currency, 0) + claim.claimed_minor
    return {
        "entity": entity_words(written.entity, customer),
        "customer": {
            "name": customer.name,
            "number": customer.number,
            "reference_rf": creditor_reference(customer.number),
        },
        "contact": {"name": name, "greeting": greeting(name, written.language)},
        "links": portal.links_of(customer, written.to[0].email, today=today) if written.to else {},
        "items": [_item(claim, today) for claim in listed],
        "totals": [money_words(minor, currency) for currency, minor in sorted(totals.items())],
        **own_context(written.subject, written.text),
        "sender": sender_words(written.person, written.entity),
        "sent_on": today.isoformat(),
        "books_date": today.isoformat(),
        "thread": {"in_reply_to": written.in_reply_to, "is_automatic": written.is_automatic},
    }


def words_to_come(customer: Customer, decision: Decision, step: Step, *, day: date) -> tuple[str, str]:
    """What the template would say in a message to come: subject and paragraphs, empty where it cannot be told yet."""
    entity = Entity.objects.get(organisation_id=customer.organisation_id, pk=decision.entity_id or 0)
    to = tuple(Address(one.email, one.name) for one in decision.to)
    written = Written(customer, entity, None, to, step.template_key, language=_language_of(customer))
    deadline = day + timedelta(days=step.new_deadline_days) if step.new_deadline_days else None
    context = {
        **context_of(written, decision.claims, today=day),
        "disputed_items": [],
        "credit_items": [],
        "previous_contacts": [],
        "new_deadline_date": deadline.isoformat() if deadline else None,
    }
    return words_of_template(
        context, template_key=step.template_key, channel=step.channel.value, language=written.language,
        organisation_id=customer.organisation_id,
    )  # fmt: skip


def _language_of(customer: Customer) -> str:
    usual = Organisation.objects.values_list("language", flat=True).get(pk=customer.organisation_id)
    return (customer.language or usual)[:2]


def _item(claim: Claim, today: date) -> dict[str, Any]:
    item = claim.item
    part = f" ({item.instalment_number}/{item.instalment_count})" if item.instalment_count > 1 else ""
    return {
        "number": f"{item.document_number}{part}",
        "issue_date": item.issue_date.isoformat(),
        "due_date": item.due_date.isoformat(),
        "days_late": (today - item.due_date).days,
        "open": money_words(claim.claimed_minor, item.currency),
    }


def addressed(written: Written, chosen: Sequence[str]) -> Written:
    """The same message to those of the customer's usable addresses that were chosen."""
    wanted = {email.lower() for email in chosen}
    usable = addresses(written.customer)
    return replace(written, to=tuple(Address(one.email, one.name) for one in usable if one.email.lower() in wanted))
