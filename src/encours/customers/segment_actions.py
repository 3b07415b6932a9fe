"""Change segments, and give customers the first one whose conditions they meet."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from encours.access.actions import record_audit
from encours.core.actors import Actor
from encours.core.errors import Conflict, NotFound, gettext_noop
from encours.customers.actions import SegmentNameMissing
from encours.customers.models import Segment
from encours.customers.rules import Condition
from encours.customers.segment_queries import RULED, drafts, first_fit_sql, in_order


class SegmentUnknown(NotFound):
    """No such segment in this organisation."""

    message = gettext_noop("There is no such segment.")


class SegmentNameTaken(Conflict):
    """Two segments cannot be told apart by the same name."""

    message = gettext_noop("There is a segment named {name} already.")


@dataclass(frozen=True, slots=True)
class SegmentForm:
    """What a person says of a segment."""

    name: str
    priority: int
    conditions: Sequence[Condition] = ()


@transaction.atomic
def keep_segment(form: SegmentForm, *, organisation_id: int, segment_id: int | None, by: Actor) -> Segment:
    """Make a segment, or give one another name, rank or other conditions; every customer finds its segment anew.

    Refuses a name that is missing or that another segment has.
    """
    called = form.name.strip()
    if not called:
        raise SegmentNameMissing(field="name")
    ours = Segment.objects.select_for_update().filter(organisation_id=organisation_id)
    is_new = segment_id is None
    segment = Segment(organisation_id=organisation_id) if is_new else ours.filter(pk=segment_id or 0).first()
    if segment is None:
        raise SegmentUnknown
    if ours.filter(name=called).exclude(pk=segment.pk).exists():
        raise SegmentNameTaken(name=called, field="name")
    segment.name, segment.priority = called, form.priority
    segment.conditions = [one.as_json() for one in form.conditions]
    segment.save()
    moved = _refill(organisation_id)
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="create_segment" if is_new else "update_segment",
        subject_kind="segment",
        subject_id=segment.pk,
        details={
            "name": called,
            "priority": form.priority,
            "conditions": segment.conditions,
            "customers_moved": moved,
        },
    )
    return segment


@transaction.atomic
def refill_segments(*, organisation_id: int, by: Actor) -> int:
    """Give each customer the first segment that takes it; how many changed.

    Whoever was put by hand into a segment without conditions stays there; where no segment has any, nothing moves.
    """
    moved = _refill(organisation_id)
    if moved:
        record_audit(
            by=by,
            organisation_id=organisation_id,
            verb="refill_segments",
            subject_kind="organisation",
            subject_id=organisation_id,
            details={"customers_moved": moved},
        )
    return moved


def _refill(organisation_id: int) -> int:
    segments = in_order(drafts(organisation_id))
    if not segments:
        return 0
    first, parameters = first_fit_sql([(one.conditions, one.segment_id) for one in segments])
    with connection.cursor() as cursor:
        cursor.execute(
            f"""update customers_customer t set segment_id = f.segment, changed_at = transaction_timestamp()
                from (select c.id, {first} as segment from customers_customer c where {RULED}) f
                where t.organisation_id = %(organisation)s and t.id = f.id
                  and t.segment_id is distinct from f.segment""",
            {"organisation": organisation_id, **parameters},
        )
        return int(cursor.rowcount)
