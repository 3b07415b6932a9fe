"""What plans tell the rooms above; `entrypoints.jobs.wiring` says who reacts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from encours.core.actors import Actor


@dataclass(frozen=True, slots=True)
class PlanAgreed:
    """A plan stands from this day on; `waives` when its covered documents bear no penalties while it is kept."""

    organisation_id: int
    customer_id: int
    number: str
    document_numbers: Sequence[str]
    agreed_date: date
    waives: bool
    by: Actor


@dataclass(frozen=True, slots=True)
class PlanEnded:
    """A plan that stood is kept, broken or cancelled; `revives` when penalties run as if it had never been."""

    organisation_id: int
    customer_id: int
    number: str
    document_numbers: Sequence[str]
    agreed_date: date
    ended_date: date
    ended_at: datetime
    ended_as: str
    waives: bool
    revives: bool
    by: Actor
