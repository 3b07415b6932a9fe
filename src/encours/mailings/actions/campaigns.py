"""Make, launch, send and stop campaigns; each customer is written to once, whatever is asked twice or crashes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.db import transaction

from encours.access import actions as access
from encours.access.rules import Scope
from encours.analytics import actions as analytics
from encours.core.actors import Actor
from encours.core.errors import Conflict, EncoursError, Refused, gettext_noop
from encours.customers.models import Customer
from encours.mailings.models import Campaign, CampaignRecipient, CampaignState, RecipientState
from encours.mailings.queries import campaigns as queries
from encours.mailings.rules.choosing import PATIENCE, Chosen
from encours.messaging import actions as messaging
from encours.messaging.queries import template_channels
from encours.messaging.rules.channels import ChannelUnfit, kind_of
from encours.messaging.rules.values import Draft

BATCH_CUSTOMERS = 100
OWN_WORDS = frozenset({"own_words", "sms_own_words", "letter_own_words"})


class CampaignNameless(Refused):
    """A campaign has a name by which it is found again."""

    message = gettext_noop("A campaign needs a name.")


class CampaignWordless(Refused):
    """A campaign in one's own words has a subject, but for an SMS, and a text."""

    message = gettext_noop("Write a subject and a text.")


class CampaignMoved(Conflict):
    """The campaign is no longer in a state that allows this."""

    message = gettext_noop("This campaign is “{state}”: this can no longer be done.")


class NobodyListed(Refused):
    """The filters give no customer."""

    message = gettext_noop("No customer fits these filters.")


@dataclass(frozen=True, slots=True)
class CampaignForm:
    """What a person fills in for a campaign."""

    name: str
    channel: str
    template_key: str
    entity_id: int
    language: str = ""
    from_collector: bool = False
    subject: str = ""
    text: str = ""
    with_items: bool = False
    filters: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def save_campaign(*, organisation_id: int, form: CampaignForm, by: Actor, campaign_id: int | None = None) -> Campaign:
    """Make or change a draft. Refuses one without a name or words, and a template of another channel."""
    _check(organisation_id, form)
    if campaign_id is None:
        campaign = Campaign(
            organisation_id=organisation_id, key=f"message:{uuid4()}", author_id=by.user_id, author_name=by.name
        )
    else:
        campaign = _locked(organisation_id, campaign_id, CampaignState.DRAFT)
    for name in (
        "name", "channel", "template_key", "entity_id", "language", "from_collector", "subject", "text", "with_items",
    ):  # fmt: skip
        setattr(campaign, name, getattr(form, name))
    campaign.filters = {key: value for key, value in form.filters.items() if value not in (None, "", [])}
    campaign.save()
    _audit(campaign, by, "campaign_saved", {"name": campaign.name, "channel": campaign.channel})
    return campaign


def _check(organisation_id: int, form: CampaignForm) -> None:
    if not form.name.strip():
        raise CampaignNameless(field="name")
    if template_channels(organisation_id).get(form.template_key) != kind_of(form.channel):
        raise ChannelUnfit(key=form.template_key, channel=form.channel)
    if form.template_key in OWN_WORDS:
        lacks_subject = not form.subject.strip() and form.channel != "sms"
        if lacks_subject or not form.text.strip():
            raise CampaignWordless(field="subject" if lacks_subject else "text")


def _locked(organisation_id: int, campaign_id: int, *states: str) -> Campaign:
    found = Campaign.objects.select_for_update().filter(organisation_id=organisation_id, pk=campaign_id).first()
    if found is None:
        raise queries.CampaignUnknown
    if found.state not in states:
        raise CampaignMoved(state=found.get_state_display())
    return found


@transaction.atomic
def launch(*, organisation_id: int, campaign_id: int, scope: Scope, today: date, now: datetime, by: Actor) -> int:
    """Fix the list as the filters give it now and begin to send; returns how many customers are on it.

    Launched twice at once, the second is refused. Refuses an empty list.
    """
    campaign = _locked(organisation_id, campaign_id, CampaignState.DRAFT)
    # the list is that of the books as they are, whoever has or has not looked at them today
    analytics.refresh_standings(organisation_id=organisation_id, today=today)
    ids = queries.listed_ids(campaign.filters, scope=scope, today=today)
    if not ids:
        raise NobodyListed
    begin(campaign, ids, today=today, now=now, by=by)
    return len(ids)


def begin(campaign: Campaign, customer_ids: Sequence[int], *, today: date, now: datetime, by: Actor) -> None:
    """Put the customers on the campaign's list and let it be sent; part of a launch."""
    CampaignRecipient.objects.bulk_create(
        [
            CampaignRecipient(organisation_id=campaign.organisation_id, campaign=campaign, customer_id=pk)
            for pk in customer_ids
        ],
        batch_size=2_000,
    )
    campaign.state, campaign.launched_at, campaign.launched_by_name = CampaignState.SENDING, now, by.name
    campaign.last_date = today + PATIENCE
    campaign.save(update_fields=["state", "launched_at", "launched_by_name", "last_date"])
    _audit(campaign, by, "campaign_launched", {"customers": len(customer_ids), "filters": dict(campaign.filters)})


@transaction.atomic
def stop(*, organisation_id: int, campaign_id: int, why: str, now: datetime, by: Actor) -> None:
    """Write to nobody more; what was queued before leaves all the same unless it is cancelled in the outbox."""
    campaign = _locked(organisation_id, campaign_id, CampaignState.SENDING)
    campaign.state, campaign.ended_at = CampaignState.STOPPED, now
    campaign.save(update_fields=["state", "ended_at"])
    _audit(campaign, by, "campaign_stopped", {}, why=why)


@transaction.atomic
def send_batch(
    *, organisation_id: int, campaign_id: int, today: date, now: datetime, by: Actor, limit: int = BATCH_CUSTOMERS
) -> int:
    """Decide about the next customers of the list and queue the messages of those nothing speaks against.

    Returns how many were looked at; several workers share the list and none is taken twice. Who is only put off is
    asked again on that day, until the campaign's last one. When nobody waits any more, the campaign is done.
    """
    campaign = Campaign.objects.select_related("entity__organisation").get(
        organisation_id=organisation_id, pk=campaign_id
    )
    if campaign.state != CampaignState.SENDING:
        return 0
    waiting = CampaignRecipient.objects.filter(
        organisation_id=organisation_id, campaign=campaign, state=RecipientState.WAITING
    )
    due = waiting.exclude(not_before__gt=today).order_by("pk").select_for_update(skip_locked=True)
    taken = {row.customer_id: row for row in due[:limit]}
    if not taken:
        if not waiting.exists():
            _end(campaign, now, by)
        return 0
    people = Customer.objects.filter(organisation_id=organisation_id).select_related("collector").in_bulk(list(taken))
    drafts: list[Draft] = []
    for one in queries.chosen(campaign, list(taken), today=today, now=now):
        draft = _decided(campaign, taken[one.customer_id], people[one.customer_id], one, today=today, now=now)
        if draft is not None:
            drafts.append(draft)
    _queue(campaign, taken, drafts, now=now, by=by)
    CampaignRecipient.objects.bulk_update(
        taken.values(), ["state", "reasons", "not_before", "message_id", "decided_at"], batch_size=200
    )
    return len(taken)


def _decided(
    campaign: Campaign, row: CampaignRecipient, customer: Customer, one: Chosen, *, today: date, now: datetime
) -> Draft | None:
    """The message of a customer; None, with the reasons on the row, when it is put off or left out."""
    row.reasons, row.decided_at = [check.as_json() for check in one.stopping], now
    if customer.merged_into_id:
        row.state, row.reasons = RecipientState.EXCLUDED, [{"code": "merged", "outcome": "blocked"}]
        return None
    may_wait = one.not_before is not None and campaign.last_date is not None and one.not_before <= campaign.last_date
    if may_wait:
        row.not_before = one.not_before
        return None
    if not one.is_sent:
        row.state = RecipientState.EXCLUDED
        return None
    draft = queries.draft_of(campaign, customer, one, today=today, now=now)
    if draft is None:
        row.state, row.reasons = RecipientState.EXCLUDED, [{"code": "nothing_open", "outcome": "held"}]
    return draft


def _queue(
    campaign: Campaign, taken: Mapping[int, CampaignRecipient], drafts: Sequence[Draft], *, now: datetime, by: Actor
) -> None:
    if not drafts:
        return
    result = messaging.queue_messages(organisation_id=campaign.organisation_id, drafts=drafts, by=by, now=now)
    for draft in drafts:
        row = taken[draft.customer_id]
        refused: EncoursError | None = result.refused.get(draft.key)
        if refused is None:
            row.state, row.message_id, row.reasons = RecipientState.QUEUED, result.ids[draft.key], []
        else:
            row.state = RecipientState.EXCLUDED
            row.reasons = [{"code": "unwritable", "outcome": "held", "data": {"says": refused.sentence}}]


def _end(campaign: Campaign, now: datetime, by: Actor) -> None:
    campaign.state, campaign.ended_at = CampaignState.DONE, now
    campaign.save(update_fields=["state", "ended_at"])
    _audit(campaign, by, "campaign_done", dict(queries.counts(campaign)))


def _audit(campaign: Campaign, by: Actor, verb: str, details: dict[str, Any], *, why: str = "") -> None:
    access.record_audit(
        by=by,
        organisation_id=campaign.organisation_id,
        verb=verb,
        subject_kind="campaign",
        subject_id=str(campaign.pk),
        why=why,
        details=details,
    )
