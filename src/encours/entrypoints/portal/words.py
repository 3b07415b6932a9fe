"""What the books call otherwise, as it is said to a customer."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import pgettext_lazy

from encours.disputes.models import Dispute, DisputeReason

# said of the customer among colleagues, said by the customer here
_REASONS: Mapping[str, Any] = {
    DisputeReason.ALREADY_PAID: pgettext_lazy("portal", "It is paid already"),
    DisputeReason.OTHER: pgettext_lazy("portal", "Something else"),
}
_OUTCOMES: Mapping[str, Any] = {
    "customer_right": pgettext_lazy("portal", "Accepted"),
    "partly_right": pgettext_lazy("portal", "Accepted in part"),
    "unfounded": pgettext_lazy("portal", "Not accepted"),
    "withdrawn": pgettext_lazy("portal", "Taken back"),
}


def reasons(offered: Sequence[tuple[str, str]], *, usual: Mapping[str, str]) -> list[tuple[str, Any]]:
    """The reasons offered, in words for a customer where the organisation has none of its own; the vague one last."""
    named = [(code, _REASONS.get(code, label) if label == usual.get(code) else label) for code, label in offered]
    return sorted(named, key=lambda one: one[0] == DisputeReason.OTHER)


def reason(claim: Dispute) -> str:
    """Why it was contested."""
    return str(claim.reason_label or _REASONS.get(claim.reason) or claim.get_reason_display())


def outcome(claim: Dispute) -> str:
    """How it ended."""
    return str(_OUTCOMES.get(claim.outcome) or claim.get_outcome_display())
