"""What becomes of a message: the states it may pass through, when to try again, what a server's answer means."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

QUEUED, HELD, RENDERED, HANDING_OVER = "queued", "held", "rendered", "handing_over"
SENT, CAUGHT, REFUSED, FAILED, IN_DOUBT, CANCELLED = "sent", "caught", "refused", "failed", "in_doubt", "cancelled"
STATES = (QUEUED, HELD, RENDERED, HANDING_OVER, SENT, CAUGHT, REFUSED, FAILED, IN_DOUBT, CANCELLED)
FINAL = frozenset({SENT, CAUGHT, REFUSED, CANCELLED})
WAITING = frozenset({QUEUED, HELD, RENDERED, FAILED})

# From a state, what may come next; PostgreSQL refuses the rest (migration 0002).
NEXT: dict[str, frozenset[str]] = {
    "": frozenset({QUEUED}),
    QUEUED: frozenset({RENDERED, HELD, REFUSED, CANCELLED}),
    HELD: frozenset({QUEUED, RENDERED, HELD, REFUSED, CANCELLED}),
    RENDERED: frozenset({HANDING_OVER, CAUGHT, HELD, FAILED, REFUSED, CANCELLED}),
    FAILED: frozenset({HANDING_OVER, CAUGHT, HELD, FAILED, REFUSED, CANCELLED}),
    HANDING_OVER: frozenset({SENT, FAILED, REFUSED, IN_DOUBT}),
    # A person says what happened, or the worker itself when it was only thought dead.
    IN_DOUBT: frozenset({SENT, RENDERED, FAILED, REFUSED, CANCELLED}),
    REFUSED: frozenset({RENDERED}),
    SENT: frozenset(),
    CAUGHT: frozenset(),
    CANCELLED: frozenset(),
}

RETRY_MINUTES = (5, 15, 60, 180, 360, 720, 1440)
HELD_MINUTES = 60

type Verdict = Literal["sent", "failed", "refused", "in_doubt"]


@dataclass(frozen=True, slots=True)
class HandedOver:
    """How a hand-over to a mail server ended, in the server's own words."""

    verdict: Verdict
    answer: str = ""
    refused_recipients: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Next:
    """The state a message enters, and when it is looked at again."""

    state: str
    retry_at: datetime | None = None


def after(handed_over: HandedOver, *, attempt: int, now: datetime) -> Next:
    """The state after the attempt-th hand-over; a temporary refusal is tried again, ever more slowly, for two days.

    A first "450 try later" at 9:00 -> failed, again at 9:05; after the last try it is refused. A hand-over whose end
    nobody knows is in doubt and never tried again alone.
    """
    if handed_over.verdict != FAILED:
        return Next(handed_over.verdict)
    if attempt > len(RETRY_MINUTES):
        return Next(REFUSED)
    return Next(FAILED, now + timedelta(minutes=RETRY_MINUTES[attempt - 1]))


def of_reply(code: int, answer: str) -> HandedOver:
    """What an SMTP reply says of the whole message: 2xx sent, 4xx to try again, anything else refused for good."""
    verdict: Verdict = "sent" if 200 <= code < 300 else "failed" if 400 <= code < 500 else "refused"
    return HandedOver(verdict, f"{code} {answer}".strip())


def says_unknown_mailbox(answer: str) -> bool:
    """Whether a refusal means that the mailbox does not exist: enhanced codes 5.1.1, 5.1.10 and 5.1.6 (RFC 3463).

    "550 5.1.1 no such user" does; "550 5.7.1 message refused by policy" does not, the address is good.
    """
    words = answer.replace("-", " ").split()
    return any(word in {"5.1.1", "5.1.6", "5.1.10"} for word in words[:3])
