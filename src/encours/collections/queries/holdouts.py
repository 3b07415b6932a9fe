"""Groups kept aside: those of a scenario, and who is not written to by which step today."""

from collections.abc import Mapping, Sequence
from datetime import date

from django.db.models import Count, Q

from encours.collections.holdout_models import HoldOut, HoldOutCustomer, SuggestionTrial
from encours.collections.models import Scenario

ALL_STEPS = ""


def of_scenario(scenario_id: int, *, organisation_id: int) -> Sequence[HoldOut]:
    """The groups of a scenario with how many are on each side, the one that runs first."""
    found = HoldOut.objects.filter(organisation_id=organisation_id, scenario_id=scenario_id)
    counted = found.annotate(
        aside_count=Count("customers", filter=Q(customers__is_kept_aside=True)),
        written_count=Count("customers", filter=Q(customers__is_kept_aside=False)),
    )
    return list(counted.order_by("-pk"))


def kept_aside(organisation_id: int, *, today: date) -> Mapping[tuple[int, int], str]:
    """By customer and scenario, the step that the customer is kept aside from that day; `ALL_STEPS` for each."""
    rows = HoldOutCustomer.objects.filter(
        organisation_id=organisation_id,
        is_kept_aside=True,
        hold_out__started_date__lte=today,
    ).filter(Q(hold_out__ended_date__isnull=True) | Q(hold_out__ended_date__gt=today))
    return {
        (customer_id, scenario_id): step_key
        for customer_id, scenario_id, step_key in rows.values_list(
            "customer_id", "hold_out__scenario_id", "hold_out__step_key"
        )
    }


def of_customer(customer_id: int, *, organisation_id: int, today: date) -> Sequence[tuple[HoldOut, Scenario]]:
    """The groups kept aside that the customer is in today, for whoever wonders why nothing leaves."""
    rows = HoldOut.objects.filter(
        organisation_id=organisation_id,
        started_date__lte=today,
        customers__customer_id=customer_id,
        customers__is_kept_aside=True,
    ).filter(Q(ended_date__isnull=True) | Q(ended_date__gt=today))
    return [(found, found.scenario) for found in rows.select_related("scenario").order_by("pk")]


def trials(organisation_id: int) -> Sequence[SuggestionTrial]:
    """The trials of suggestions, the one that runs first."""
    return list(SuggestionTrial.objects.filter(organisation_id=organisation_id).order_by("-pk")[:10])


def running_trial(organisation_id: int) -> SuggestionTrial | None:
    """The trial that runs, if one does."""
    return SuggestionTrial.objects.filter(organisation_id=organisation_id, ended_date=None).first()
