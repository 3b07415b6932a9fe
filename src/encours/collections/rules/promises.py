"""What becomes of a promise to pay: found from the cash, never ticked by hand."""

from datetime import date
from enum import StrEnum


class PromiseState(StrEnum):
    """Running until its day is over, then kept or broken; or withdrawn by a person."""

    RUNNING = "running"
    KEPT = "kept"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"


def state_of(
    amount_minor: int, *, promised_date: date, received_minor: int, today: date, is_withdrawn: bool = False
) -> PromiseState:
    """Kept as soon as the cash has come; broken the day after, when it has not.

    1,000 promised for the 20th with 400 received is running on the 20th and broken on the 21st.
    """
    if is_withdrawn:
        return PromiseState.WITHDRAWN
    if received_minor >= amount_minor:
        return PromiseState.KEPT
    return PromiseState.RUNNING if today <= promised_date else PromiseState.BROKEN
