"""What a call came to, and when the customer is called again."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from encours.core.dates import BusinessCalendar


class CallOutcome(StrEnum):
    """What came of a call."""

    REACHED = "reached"
    PROMISE = "promise"
    DISPUTE = "dispute"
    SAYS_PAID = "says_paid"
    CALL_BACK = "call_back"
    REFUSES = "refuses"
    VOICEMAIL = "voicemail"
    NO_ANSWER = "no_answer"
    WRONG_NUMBER = "wrong_number"


# nobody was spoken to, and nothing was left for them: it is no contact for the caps, and the call is still to be made
MISSED = frozenset({CallOutcome.NO_ANSWER, CallOutcome.WRONG_NUMBER})
# the customer waits for our next call, or we for another try
COMES_BACK = frozenset({CallOutcome.NO_ANSWER, CallOutcome.VOICEMAIL, CallOutcome.CALL_BACK})
ATTEMPTS_MAX = 3


@dataclass(frozen=True, slots=True)
class NextCall:
    """When the customer stands on the list again, and whether telephoning has been tried long enough."""

    on: date | None
    is_exhausted: bool = False


def counts_as_contact(outcome: CallOutcome) -> bool:
    """Whether the call counts for the delay and the weekly cap: a message left does, an empty line does not."""
    return outcome not in MISSED


def next_call(
    outcome: CallOutcome,
    *,
    today: date,
    asked: date | None,
    missed_before: int,
    no_answer_days: int,
    calendar: BusinessCalendar,
) -> NextCall:
    """The day asked for, else for a missed call some business days on; after three misses in a row a person decides.

    No answer on Friday with one business day to wait: Monday. No answer for the third time: Monday too, and the call
    screen says that a letter or another contact is due.
    """
    if asked is not None:
        return NextCall(asked)
    if outcome not in COMES_BACK:
        return NextCall(None)
    day = calendar.add_business_days(today, no_answer_days)
    return NextCall(day, is_exhausted=outcome in MISSED and missed_before + 1 >= ATTEMPTS_MAX)


def is_worth_a_call(overdue_minor: int, *, minimum_minor: int) -> bool:
    """Whether the overdue amount reaches what a call costs: 80.00 does not when the minimum is 150.00."""
    return overdue_minor >= minimum_minor
