"""How an organisation ranks its list of the day."""

from collections.abc import Sequence

from encours.collections.models import RankingPolicy
from encours.collections.rules.ranking import Weights
from encours.core import statements


def ranking_policy(organisation_id: int) -> RankingPolicy:
    """The policy in force, the usual one where nobody set any."""
    found = statements.rows(
        f"select {statements.columns(RankingPolicy)} from collections_rankingpolicy"
        " where organisation_id = %s order by id desc limit 1",
        [organisation_id],
    )
    return statements.made(RankingPolicy, found[0]) if found else RankingPolicy(organisation_id=organisation_id)


def weights_of(policy: RankingPolicy) -> Weights:
    """The policy as the rule takes it."""
    return Weights(policy.weights, policy.minimum_call_minor)


def ranking_history(organisation_id: int, *, limit: int = 10) -> Sequence[RankingPolicy]:
    """Who set it, when and why, the latest first."""
    return list(RankingPolicy.objects.filter(organisation_id=organisation_id).order_by("-pk")[:limit])
