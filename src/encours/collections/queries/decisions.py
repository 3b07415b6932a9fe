"""Read decisions: those in force, one in full, and the letter it makes."""

from collections.abc import Sequence
from datetime import date

from django.db import connection
from django.db.models import Q, QuerySet

from encours.access.rules import Scope
from encours.collections.models import Exclusion, Reminder, ReminderItem
from encours.collections.queries.messages import drafts_of
from encours.collections.queries.worklist import LIVE, Asked
from encours.collections.rules.steps import WRITTEN
from encours.core import statements
from encours.core.errors import NotFound, gettext_noop
from encours.customers import queries as customers
from encours.messaging.rules.values import Draft


class DecisionNotFound(NotFound):
    """No such decision, or none the reader may see."""

    message = gettext_noop("There is no such reminder among those you follow.")


_SHOWN = statements.Joined(Reminder, "r", "customer", "entity", "scenario")


def visible(scope: Scope) -> QuerySet[Reminder]:
    """The decisions a person may see."""
    found = Reminder.objects.filter(organisation_id=scope.organisation_id, customer__in=customers.in_scope(scope))
    if scope.entity_ids:
        found = found.filter(Q(entity_id__in=scope.entity_ids) | Q(entity_id__isnull=True))
    return found.select_related("customer", "entity", "scenario")


def decision(reminder_id: int, *, scope: Scope) -> Reminder:
    """One decision with its customer; refuses what the reader may not see."""
    found = visible(scope).filter(pk=reminder_id).first()
    if found is None:
        raise DecisionNotFound()
    return found


def stopped(asked: Asked, *, code: str = "", after_id: int | None = None, limit: int) -> Sequence[Reminder]:
    """The decisions in force that are held or blocked, oldest first; `code` names one check."""
    sql = f"""
        select r.id from ({LIVE}) r join customers_customer c on c.id = r.customer_id
        where {asked.conditions} and {asked.entity_condition("r")} and r.outcome in ('held', 'blocked')
          and (%(code)s = '' or (select x.value ->> 'code' from jsonb_array_elements(r.checks) x
                                 where x.value ->> 'outcome' in ('held', 'blocked') limit 1) = %(code)s)
          and (%(after)s::bigint is null or r.id > %(after)s) order by r.id limit %(rows)s"""
    with connection.cursor() as cursor:
        cursor.execute(sql, {**asked.parameters, "code": code, "after": after_id, "rows": limit})
        ids = [row[0] for row in cursor.fetchall()]
    return list(visible(asked.scope).filter(pk__in=ids).order_by("pk"))


def in_force_for(customer_id: int, *, scope: Scope, today: date) -> Sequence[Reminder]:
    """The decisions in force about one customer, those that can leave first."""
    asked = Asked(scope, today)
    rows = statements.rows(
        f"""select {_SHOWN.select} from ({LIVE}) r {_SHOWN.joins}
            where r.customer_id = %(customer)s and {asked.entity_condition("r")}
              and exists (select from customers_customer c where c.id = r.customer_id and {asked.conditions})""",
        {**asked.parameters, "customer": customer_id},
    )
    found = [_SHOWN.made(row) for row in rows]
    order = {"to_confirm": 0, "due": 1, "held": 2, "blocked": 3}
    return sorted(found, key=lambda reminder: (order.get(reminder.outcome, 9), -sum(reminder.totals.values())))


def items_of(reminder: Reminder) -> Sequence[ReminderItem]:
    """What a decision claims, item by item."""
    return list(
        ReminderItem.objects.filter(organisation_id=reminder.organisation_id, reminder=reminder).order_by(
            "due_date", "document_number", "instalment_number"
        )
    )


def draft_state(reminder: Reminder) -> tuple[str, ...]:
    """Which versions of the rows its message is written from are in force: of templates, company, customer, contacts.

    What it claims changes with the books and the decisions, which have states of their own.
    """
    asked = """
        select (select coalesce(max(id), 0)::text from messaging_templateversion where organisation_id = %(o)s),
               (select coalesce(string_agg(id || '.' || xmin, ' ' order by id), '') from access_entity
                where organisation_id = %(o)s),
               (select xmin::text from customers_customer where organisation_id = %(o)s and id = %(c)s),
               (select coalesce(string_agg(id || '.' || xmin, ' ' order by id), '') from customers_contact
                where organisation_id = %(o)s and customer_id = %(c)s),
               (select coalesce(max(id), 0)::text from collections_stepwords
                where organisation_id = %(o)s and customer_id = %(c)s)
    """
    (versions,) = statements.rows(asked, {"o": reminder.organisation_id, "c": reminder.customer_id})
    return tuple(str(version) for version in versions)


def draft_of(reminder: Reminder, *, today: date, as_the_template: bool = False) -> Draft | None:
    """The message a decision makes; None for one that writes to nobody."""
    if reminder.channel not in WRITTEN:
        return None
    drafts = drafts_of(reminder.organisation_id, [reminder.pk], today=today, as_the_template=as_the_template)
    return drafts[0] if drafts else None


def exclusions_of(customer_id: int, *, organisation_id: int) -> Sequence[Exclusion]:
    """What people took out of steps for the customer and did not put back."""
    found = Exclusion.objects.filter(organisation_id=organisation_id, customer_id=customer_id, undone_at__isnull=True)
    return list(found.order_by("-pk"))
