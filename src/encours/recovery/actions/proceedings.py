"""Record a customer's insolvency: everything stops at once; then its publication, the claim filed, its end."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext, override

from encours.access import actions as access
from encours.access.models import Organisation
from encours.collections import actions as collections
from encours.collections.models import PauseReason
from encours.core.actors import Actor
from encours.core.dates import BusinessCalendar
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop
from encours.plans import actions as plans
from encours.plans.queries.followed import standing
from encours.recovery.actions.acts import ReasonMissing, customer_of
from encours.recovery.models import LegalAct, Proceeding, ProceedingKind
from encours.recovery.queries.guardian import is_abroad
from encours.recovery.rules.deadlines import ActKind, Kind, insolvency
from encours.recovery.rules.registry import periods
from encours.team import actions as team
from encours.team.models import TaskPriority


class ProceedingUnknown(NotFound):
    """No such proceeding in this organisation."""

    message = gettext_noop("There is no such proceeding.")


class ProceedingOpen(Conflict):
    """A customer has one proceeding at a time."""

    message = gettext_noop("A proceeding of {judgment_date} is open already: end it, or note its change there.")


class JudgmentUnusable(Refused):
    """A kind that is none, or a judgment of a day to come."""

    message = gettext_noop("Give the kind of proceeding and the day of its opening judgment, not to come.")


class DayUnusable(Refused):
    """A day before the judgment, or to come."""

    message = gettext_noop("{day} cannot be: not before the judgment of {judgment_date}, and not to come.")


@dataclass(frozen=True, slots=True)
class Judgment:
    """What the opening judgment says."""

    kind: str
    judgment_date: date
    court: str = ""
    trustee_name: str = ""
    trustee_address: str = ""
    trustee_email: str = ""
    published_date: date | None = None
    bodacc_reference: str = ""
    has_retention: bool = False
    note: str = ""


@transaction.atomic
def record_proceeding(
    judgment: Judgment, *, organisation_id: int, customer_id: int, today: date, now: datetime, by: Actor
) -> Proceeding:
    """Stop everything at once: reminders, interest from the judgment on, payment plans; ask for the claim in time.

    Refused: a second proceeding while one is open, a judgment to come, a publication before it.
    """
    if judgment.kind not in ProceedingKind.values or judgment.judgment_date > today:
        raise JudgmentUnusable
    customer = customer_of(organisation_id, customer_id)
    open_one = Proceeding.objects.filter(
        organisation_id=organisation_id, customer=customer, ended_date__isnull=True
    ).first()
    if open_one is not None:
        raise ProceedingOpen(judgment_date=open_one.judgment_date)
    if judgment.published_date and not judgment.judgment_date <= judgment.published_date <= today:
        raise DayUnusable(day=judgment.published_date, judgment_date=judgment.judgment_date)
    for seen in standing(organisation_id, today=today, customer_ids=[customer.pk]):
        plans.cancel(
            organisation_id=organisation_id, plan_id=seen.plan.pk, today=today, now=now, by=by,
            why=_in_their_language(organisation_id, gettext_noop("Insolvency proceedings")),
        )  # fmt: skip
    pause = collections.pause(
        organisation_id=organisation_id,
        customer_id=customer.pk,
        reason=PauseReason.INSOLVENCY,
        today=today,
        by=by,
        note=judgment.court,
        judgment_date=judgment.judgment_date,
    )
    made = Proceeding.objects.create(
        organisation_id=organisation_id,
        customer=customer,
        kind=judgment.kind,
        judgment_date=judgment.judgment_date,
        court=judgment.court.strip(),
        trustee_name=judgment.trustee_name.strip(),
        trustee_address=judgment.trustee_address.strip(),
        trustee_email=judgment.trustee_email.strip(),
        has_retention=judgment.has_retention,
        note=judgment.note.strip(),
        author_name=by.name,
        pause_id=pause.pk,
        published_date=judgment.published_date,
        bodacc_reference=judgment.bodacc_reference.strip(),
    )
    _audit(made, "record_proceeding", by, judgment.note, kind=judgment.kind, judgment=made.judgment_date.isoformat())
    _ask_for_the_claim(made, today, by)
    return made


def _in_their_language(organisation_id: int, text: str) -> str:
    with override(Organisation.objects.values_list("language", flat=True).get(pk=organisation_id)):
        return gettext(text)


def _ask_for_the_claim(made: Proceeding, today: date, by: Actor) -> None:
    """A task with the safe day to file; without a publication day, to find it."""
    days = insolvency(
        made.published_date, is_creditor_abroad=is_abroad(made.organisation_id), is_claim_filed=False,
        sold_with_retention=False, registry=periods(), calendar=BusinessCalendar(),
    )  # fmt: skip
    filing = next((one for one in days if one.kind is Kind.CLAIM_FILING), None)
    text = gettext_noop("File the claim of {name} with the trustee") if filing else gettext_noop(
        "Find the day the judgment of {name} was published in the BODACC"
    )  # fmt: skip
    team.add_task(
        organisation_id=made.organisation_id,
        title=_in_their_language(made.organisation_id, text).format(name=made.customer.name)[:200],
        due_date=filing.safe_date if filing else today,
        today=today,
        by=by,
        customer_id=made.customer_id,
        key=f"proceeding:{made.pk}:{'claim' if filing else 'publication'}",
        source="rule",
        priority=TaskPriority.HIGH,
    )


@transaction.atomic
def note_publication(
    *, organisation_id: int, proceeding_id: int, published_date: date, bodacc_reference: str, today: date, by: Actor
) -> Proceeding:
    """Note the day of the BODACC, from which the time to file runs; refused before the judgment or to come."""
    found = _locked(organisation_id, proceeding_id)
    if not found.judgment_date <= published_date <= today:
        raise DayUnusable(day=published_date, judgment_date=found.judgment_date)
    found.published_date, found.bodacc_reference = published_date, bodacc_reference.strip()[:100]
    found.save(update_fields=["published_date", "bodacc_reference"])
    _audit(found, "note_publication", by, bodacc_reference, published=published_date.isoformat())
    team.complete_by_key(organisation_id=organisation_id, key=f"proceeding:{found.pk}:publication", today=today, by=by)
    if found.claim_filed_date is None:
        _ask_for_the_claim(found, today, by)
    return found


@transaction.atomic
def file_claim(
    *,
    organisation_id: int,
    proceeding_id: int,
    filed_date: date,
    amount_minor: int,
    reference: str,
    today: date,
    by: Actor,
) -> Proceeding:
    """Note that the claim was posted to the trustee, with the proof's number: it interrupts limitation (L622-25-1)."""
    found = _locked(organisation_id, proceeding_id)
    if not found.judgment_date <= filed_date <= today:
        raise DayUnusable(day=filed_date, judgment_date=found.judgment_date)
    found.claim_filed_date, found.claim_minor = filed_date, amount_minor
    found.claim_reference = reference.strip()[:200]
    found.save(update_fields=["claim_filed_date", "claim_minor", "claim_reference"])
    LegalAct.objects.create(
        organisation_id=organisation_id, customer_id=found.customer_id, kind=ActKind.CLAIM_FILED.value,
        act_date=filed_date, is_certain=True, reference=found.claim_reference, author_name=by.name,
    )  # fmt: skip
    team.complete_by_key(organisation_id=organisation_id, key=f"proceeding:{found.pk}:claim", today=today, by=by)
    _audit(found, "file_claim", by, reference, filed=filed_date.isoformat(), amount_minor=amount_minor)
    return found


@transaction.atomic
def end_proceeding(*, organisation_id: int, proceeding_id: int, today: date, by: Actor, why: str) -> Proceeding:
    """Note that a proceeding is over, or was noted by mistake, with the reason; what was suspended stays."""
    if not why.strip():
        raise ReasonMissing
    found = _locked(organisation_id, proceeding_id)
    found.ended_date, found.ended_why = today, why.strip()
    found.save(update_fields=["ended_date", "ended_why"])
    if found.pause_id:
        collections.resume(organisation_id=organisation_id, pause_id=found.pause_id, today=today, by=by, why=why)
    _audit(found, "end_proceeding", by, why)
    return found


def _locked(organisation_id: int, proceeding_id: int) -> Proceeding:
    found = (
        Proceeding.objects.select_for_update(of=("self",))
        .select_related("customer")
        .filter(organisation_id=organisation_id, pk=proceeding_id, ended_date__isnull=True)
        .first()
    )
    if found is None:
        raise ProceedingUnknown
    return found


def _audit(made: Proceeding, verb: str, by: Actor, why: str, **details: object) -> None:
    access.record_audit(
        by=by, organisation_id=made.organisation_id, verb=verb, subject_kind="customer", subject_id=made.customer_id,
        why=why, details={"proceeding": made.pk, **details},
    )  # fmt: skip
