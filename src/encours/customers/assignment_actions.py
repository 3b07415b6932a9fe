"""Keep the standing rules that give customers to people, and let them do so."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from encours.access.actions import record_audit
from encours.access.models import Membership
from encours.core.actors import Actor
from encours.customers.assignment_queries import moves_sql, rule_of
from encours.customers.models import AssignmentRule, OwnerRole
from encours.customers.portfolio_actions import CollectorElsewhere
from encours.customers.rules import Condition


@dataclass(frozen=True, slots=True)
class RuleForm:
    """What a person says of a rule; without conditions it takes whoever no rule before it took."""

    role: OwnerRole
    user_id: int
    rank: int
    conditions: Sequence[Condition] = ()


@transaction.atomic
def keep_rule(form: RuleForm, *, organisation_id: int, rule_id: int | None, by: Actor) -> AssignmentRule:
    """Make or change a standing rule; no customer changes hands by that alone. Refuses who does not work here."""
    if not Membership.objects.filter(organisation_id=organisation_id, user_id=form.user_id, is_active=True).exists():
        raise CollectorElsewhere(field="user")
    rule = (
        rule_of(rule_id, organisation_id=organisation_id)
        if rule_id is not None
        else AssignmentRule(organisation_id=organisation_id)
    )
    rule.role, rule.user_id, rule.rank = form.role.value, form.user_id, form.rank
    rule.conditions = [one.as_json() for one in form.conditions]
    rule.save()
    _audit("keep_assignment_rule", rule, by)
    return rule


@transaction.atomic
def remove_rule(*, organisation_id: int, rule_id: int, by: Actor) -> None:
    """Take a rule away; customers stay whose they are."""
    rule = rule_of(rule_id, organisation_id=organisation_id)
    _audit("remove_assignment_rule", rule, by)
    rule.delete()


@transaction.atomic
def apply_rules(*, organisation_id: int, by: Actor, only_missing: bool, only_new: bool = False) -> dict[str, int]:
    """Give customers to whom the rules say, role by role; how many changed hands.

    `only_missing` leaves those alone that have somebody already; `only_new` looks at those alone that the transaction
    at hand has added, as an import does. Tasks stay whose they are.
    """
    changed: dict[str, int] = {}
    for role in OwnerRole:
        asked = moves_sql(organisation_id, role, only_missing=only_missing)
        if asked is None:
            continue
        sql, parameters = asked
        new = "and m.recorded_at = transaction_timestamp()" if only_new else ""
        with connection.cursor() as cursor:
            cursor.execute(
                f"""update customers_customer t set {role.value}_id = m.after_id, changed_at = transaction_timestamp()
                    from ({sql}) m where t.organisation_id = %(organisation)s and t.id = m.id {new} returning t.id""",
                parameters,
            )
            ids = [row[0] for row in cursor.fetchall()]
        if ids:
            changed[role.value] = len(ids)
            record_audit(
                by=by, organisation_id=organisation_id, verb="apply_assignment_rules", subject_kind="organisation",
                subject_id=organisation_id,
                details={"role": role.value, "count": len(ids), "customers": sorted(ids)[:200]},
            )  # fmt: skip
    return changed


def _audit(verb: str, rule: AssignmentRule, by: Actor) -> None:
    record_audit(
        by=by, organisation_id=rule.organisation_id, verb=verb, subject_kind="organisation",
        subject_id=rule.organisation_id,
        details={"role": rule.role, "user": rule.user_id, "rank": rule.rank, "conditions": rule.conditions},
    )  # fmt: skip
