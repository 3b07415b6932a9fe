"""Move customers from one collector to another: a few, or a whole portfolio."""

from collections.abc import Collection

from django.db import connection, transaction

from encours.access import actions as access
from encours.access.models import Membership
from encours.core.actors import Actor
from encours.core.errors import Refused, gettext_noop
from encours.customers.models import OwnerRole


class CollectorElsewhere(Refused):
    """Who follows customers is an active member of the organisation."""

    message = gettext_noop("This person does not work here.")


@transaction.atomic
def give_customers(
    *,
    organisation_id: int,
    customer_ids: Collection[int],
    collector_id: int | None,
    by: Actor,
    why: str = "",
    role: OwnerRole = OwnerRole.COLLECTOR,
) -> int:
    """Have these customers followed by another person, or by nobody; how many changed. Tasks stay whose they are.

    `role` says as what: who collects, who sells or who cares for them; the others stay.
    """
    column = f"{OwnerRole(role).value}_id"
    if collector_id is not None:
        here = Membership.objects.filter(organisation_id=organisation_id, user_id=collector_id, is_active=True)
        if not here.exists():
            raise CollectorElsewhere(field="collector")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            update customers_customer set {column} = %s, changed_at = transaction_timestamp()
            where organisation_id = %s and id = any(%s) and {column} is distinct from %s returning id
            """,
            [collector_id, organisation_id, list(customer_ids), collector_id],
        )
        changed = [row[0] for row in cursor.fetchall()]
    if changed:
        access.record_audit(
            by=by, organisation_id=organisation_id, verb="give_customers", subject_kind="organisation",
            subject_id=organisation_id, why=why,
            details={"count": len(changed), OwnerRole(role).value: collector_id, "customers": sorted(changed)[:200]},
        )  # fmt: skip
    return len(changed)


@transaction.atomic
def transfer_portfolio(
    *,
    organisation_id: int,
    from_id: int | None,
    to_id: int,
    by: Actor,
    segment_id: int | None = None,
    why: str = "",
    role: OwnerRole = OwnerRole.COLLECTOR,
) -> int:
    """Give all customers of one person, or of nobody, to another, or those of one segment alone; how many moved."""
    column = f"{OwnerRole(role).value}_id"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            select id from customers_customer where organisation_id = %s
              and {column} is not distinct from %s::bigint and merged_into_id is null
              and (%s::bigint is null or segment_id = %s)
            """,
            [organisation_id, from_id, segment_id, segment_id],
        )
        ids = [row[0] for row in cursor.fetchall()]
    return give_customers(
        organisation_id=organisation_id, customer_ids=ids, collector_id=to_id, by=by, why=why, role=role
    )
