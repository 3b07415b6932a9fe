"""Set how the list of the day is ranked, and below which amount nobody is called."""

from collections.abc import Mapping

from django.db import transaction

from encours.access import actions as access
from encours.collections.models import RankingPolicy
from encours.collections.rules.ranking import DEFAULTS, WEIGHT_MAX_PERCENT
from encours.core.actors import Actor
from encours.core.errors import Refused, gettext_noop

NO_ANSWER_DAYS_MAX = 30


class WeightUnusable(Refused):
    """A weight is a percentage within bounds, of a factor that exists."""

    message = gettext_noop("A weight is between 0 and {most} %: {value} is not.")


class RankingValueUnusable(Refused):
    """The smallest amount to call for or the days to wait make no sense."""

    message = gettext_noop("{value} cannot be kept here.")


@transaction.atomic
def set_ranking(
    *,
    organisation_id: int,
    weights: Mapping[str, int],
    minimum_call_minor: int,
    no_answer_days: int,
    by: Actor,
    why: str = "",
) -> RankingPolicy:
    """Change what moves customers up the list; the next reading ranks by it. Refuses weights below 0 or above 400 %."""
    for code, percent in weights.items():
        if code not in DEFAULTS or not 0 <= percent <= WEIGHT_MAX_PERCENT:
            raise WeightUnusable(field=code, value=percent, most=WEIGHT_MAX_PERCENT)
    if minimum_call_minor < 0:
        raise RankingValueUnusable(field="minimum_call", value=minimum_call_minor)
    if not 1 <= no_answer_days <= NO_ANSWER_DAYS_MAX:
        raise RankingValueUnusable(field="no_answer_days", value=no_answer_days)
    changed = {code: percent for code, percent in weights.items() if percent != DEFAULTS[code]}
    made = RankingPolicy.objects.create(
        organisation_id=organisation_id,
        weights=changed,
        minimum_call_minor=minimum_call_minor,
        no_answer_days=no_answer_days,
        why=why.strip(),
        author_name=by.name,
    )
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="set_ranking", subject_kind="ranking_policy", subject_id=made.pk,
        why=why.strip(),
        details={"weights": changed, "minimum_call_minor": minimum_call_minor, "no_answer_days": no_answer_days},
    )  # fmt: skip
    return made
