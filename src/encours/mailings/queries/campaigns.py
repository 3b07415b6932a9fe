"""Campaigns: their list, whom one would reach today and why not others, what became of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from encours.access.rules import Scope
from encours.analytics.queries import standings
from encours.collections.queries import facts as loading
from encours.collections.queries import writing
from encours.collections.queries.writing import Written
from encours.collections.rules.facts import Address as Found
from encours.core.errors import NotFound, gettext_noop
from encours.customers.models import Customer
from encours.customers.queries import in_scope
from encours.ledger.queries import AsOf
from encours.mailings.models import Campaign, CampaignKind, CampaignRecipient, RecipientState, StatementSchedule
from encours.mailings.queries import statements
from encours.mailings.rules import choosing
from encours.mailings.rules.choosing import Chosen, Wanted
from encours.mailings.rules.statement import Statement
from encours.messaging import queries as messaging
from encours.messaging.rules import postal
from encours.messaging.rules.channels import PAPER
from encours.messaging.rules.values import Address, Attachment, Draft, Letter, Sender
from encours.portal import queries as portal

FILTERS = ("text", "only", "collector_id", "segment_id", "country")
PREVIEW_MAX = 2_000


class CampaignUnknown(NotFound):
    """No such campaign in this organisation."""

    message = gettext_noop("There is no such campaign.")


def campaigns(scope: Scope, *, limit: int = 100) -> QuerySet[Campaign]:
    """The latest campaigns with how many customers are in each state."""
    counts = {
        f"{state}_count": Count("recipients", filter=Q(recipients__state=state)) for state in RecipientState.values
    }
    found = Campaign.objects.filter(organisation_id=scope.organisation_id)
    return found.annotate(**counts).select_related("entity", "schedule").order_by("-pk")[:limit]


def campaign(campaign_id: int, *, scope: Scope) -> Campaign:
    """One campaign with its company."""
    found = Campaign.objects.filter(organisation_id=scope.organisation_id, pk=campaign_id).select_related("entity")
    one = found.first()
    if one is None:
        raise CampaignUnknown
    return one


def listed_ids(filters: Mapping[str, Any], *, scope: Scope, today: date) -> list[int]:
    """The customers that the filters of the customers list give, in the reader's scope, by name.

    Customers ticked one by one are a filter too: `customer_ids` keeps of the list those that were ticked.
    """
    asked = {name: filters[name] for name in FILTERS if filters.get(name) not in (None, "")}
    rows = standings.standings(scope=scope, today=today, sort="name", is_descending=False, limit=None, **asked)
    found = list(dict.fromkeys(row.customer_id for row in rows))
    if not (ticked := set(filters.get("customer_ids") or ())):
        return found
    return [pk for pk in found if pk in ticked]


def scheduled_ids(schedule: StatementSchedule, *, scope: Scope) -> list[int]:
    """The customers a schedule speaks of: those of its segment, or all."""
    found = in_scope(scope)
    if schedule.segment_id:
        found = found.filter(segment_id=schedule.segment_id)
    return list(found.order_by("name", "pk").values_list("pk", flat=True))


def wanted_of(campaign: Campaign) -> Wanted:
    """What the checks look at of a campaign."""
    return Wanted(campaign.template_key, campaign.channel, campaign.entity_id, campaign.with_items)


def chosen(campaign: Campaign, customer_ids: Sequence[int], *, today: date, now: datetime) -> Iterator[Chosen]:
    """The checks' answer for each of the customers, on the facts of this moment; a few queries for all of them."""
    book = loading.book_of(campaign.organisation_id, today=today, now=now)
    run = loading.run_facts(campaign.organisation_id, today=today, now=now)
    wanted = wanted_of(campaign)
    for customer in loading.customers(book, ids=list(customer_ids), with_idle=True):
        yield choosing.choose(customer, run, wanted=wanted)


@dataclass(frozen=True)
class Preview:
    """What a campaign would do now: how many are written to, put off, left out and why, and a few of the messages."""

    count: int
    sent: int
    put_off: int
    reasons: Sequence[tuple[str, int]]  # check code and how many customers it stops
    looked_at: int  # of a longer list only the first are tried
    samples: Sequence[tuple[Customer, Letter | None, str]]
    excluded: Sequence[tuple[Customer, Sequence[Mapping[str, Any]]]]


def preview(campaign: Campaign, *, scope: Scope, today: date, now: datetime, sample_size: int = 3) -> Preview:
    """A dry run on today's facts; nothing is written."""
    ids = listed_ids(campaign.filters, scope=scope, today=today)
    answers = list(chosen(campaign, ids[:PREVIEW_MAX], today=today, now=now))
    sent = [one for one in answers if one.is_sent]
    stopped = [one for one in answers if not one.is_sent]
    counts: dict[str, int] = {}
    for one in stopped:
        for code in dict.fromkeys(check.code for check in one.stopping):
            counts[code] = counts.get(code, 0) + 1
    shown = [one.customer_id for one in [*sent[:sample_size], *stopped[:50]]]
    people = Customer.objects.filter(organisation_id=campaign.organisation_id).in_bulk(shown)
    return Preview(
        count=len(ids),
        sent=len(sent),
        put_off=sum(1 for one in stopped if one.not_before),
        reasons=sorted(counts.items(), key=lambda pair: -pair[1]),
        looked_at=len(answers),
        samples=[_sample(campaign, people[one.customer_id], one, today=today) for one in sent[:sample_size]],
        excluded=[
            (people[one.customer_id], [check.as_json() for check in one.stopping])
            for one in stopped[:50]
            if one.customer_id in people
        ],
    )


def _sample(campaign: Campaign, customer: Customer, one: Chosen, *, today: date) -> tuple[Customer, Letter | None, str]:
    draft = draft_of(campaign, customer, one, today=today, now=None)
    if draft is None:
        return customer, None, ""
    version = messaging.current_version(
        draft.template_key, organisation_id=campaign.organisation_id, language=draft.language
    )
    seen = messaging.preview(messaging.wording_of(version), draft.context)
    return customer, seen.letter, seen.problem.sentence if seen.problem else ""


def draft_of(campaign: Campaign, customer: Customer, one: Chosen, *, today: date, now: datetime | None) -> Draft | None:
    """The message of one customer, None where a statement has nothing to state; `now` None: without its attachment."""
    language = campaign.language or statements.language_of(customer, campaign.entity.organisation.language)
    to = [_address(campaign, customer, found) for found in one.to]
    attachments: list[Attachment] = []
    if campaign.kind == CampaignKind.STATEMENT:
        statement = statements.statement_of(
            customer, campaign.entity, as_of=AsOf(campaign.as_of_date or today), scope=_whole(campaign)
        )
        if not _says_something(campaign, statement):
            return None
        context = statements.context_of(
            statement, customer, campaign.entity, contact_name=to[0].name, sent_on=today, language=language
        )
        context["links"] = portal.links_of(customer, to[0].email, today=today)
        if now is not None:
            made = statements.pdf_of(statement, customer, campaign.entity, made_on=today, language=language)
            name = f"{'releve' if language == 'fr' else 'statement'}-{_safe(customer.number)}-{statement.as_of}.pdf"
            attachments.append(Attachment(name, "application/pdf", made))
    else:
        written = Written(
            customer=customer,
            entity=campaign.entity,
            person=customer.collector if campaign.from_collector else None,
            to=tuple(to),
            template_key=campaign.template_key,
            language=language,
            subject=campaign.subject,
            text=campaign.text,
            with_items=campaign.with_items,
        )
        context = writing.context_of(written, one.listed, today=today)
    sender = Sender(customer.collector_id if campaign.from_collector else None, campaign.entity_id)
    return Draft(
        key=f"campaign:{campaign.pk}:{customer.pk}",
        kind="statement" if campaign.kind == CampaignKind.STATEMENT else "campaign",
        customer_id=customer.pk,
        sender=sender,
        to=to,
        template_key=campaign.template_key,
        language=language,
        context=context,
        send_after=one.send_after or now or datetime.combine(today, datetime.min.time()).astimezone(),
        channel=campaign.channel,
        attachments=attachments,
    )


def _says_something(campaign: Campaign, statement: Statement) -> bool:
    """Whether the account holds anything, late when the schedule asks for late accounts only."""
    if campaign.schedule is not None and campaign.schedule.only_overdue:
        return any(row.open_minor > 0 and row.due_date < statement.as_of for row in statement.rows)
    return not statement.is_empty


def _whole(campaign: Campaign) -> Scope:
    return Scope(campaign.organisation_id, None, "admin")


def _safe(number: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in number)


def _address(campaign: Campaign, customer: Customer, found: Found) -> Address:
    if campaign.channel in PAPER:
        lines = postal.lines_of(
            street=customer.street, postcode=customer.postcode, city=customer.city, country=customer.country,
            attention=found.name, addressee=customer.name, home=campaign.entity.country,
        )  # fmt: skip
        return Address(found.email, customer.name, lines=lines, country=customer.country)
    return Address(found.email, found.name, phone=found.phone, country=customer.country)


def recipients(
    campaign: Campaign, *, scope: Scope, state: str = "", after_id: int = 0, limit: int = 50
) -> list[CampaignRecipient]:
    """A page of the customers of a campaign whom the reader may see, with what became of each."""
    found = CampaignRecipient.objects.filter(
        organisation_id=campaign.organisation_id, campaign=campaign, pk__gt=after_id, customer__in=in_scope(scope)
    )
    if state:
        found = found.filter(state=state)
    return list(found.select_related("customer").order_by("pk")[:limit])


def counts(campaign: Campaign) -> dict[str, int]:
    """How many customers are in each state."""
    found = CampaignRecipient.objects.filter(organisation_id=campaign.organisation_id, campaign=campaign).order_by()
    return dict(found.values_list("state").annotate(count=Count("pk")))


def message_states(campaign: Campaign) -> dict[str, int]:
    """How many of the campaign's messages are in each state of the outbox."""
    return messaging.states_of_keys_like(f"campaign:{campaign.pk}:", organisation_id=campaign.organisation_id)


def sending(organisation_id: int) -> list[int]:
    """The campaigns that are being sent."""
    found = Campaign.objects.filter(organisation_id=organisation_id, state="sending")
    return list(found.order_by("pk").values_list("pk", flat=True))
