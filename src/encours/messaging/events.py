"""What messaging tells the rooms above it; `entrypoints.jobs.wiring` says who reacts."""

from dataclasses import dataclass
from datetime import datetime

from encours.core.actors import Actor


@dataclass(frozen=True, slots=True)
class MailUnderstood:
    """A mail or an answer came in, or was given to its customer, and was understood."""

    organisation_id: int
    understanding_id: int
    mail_id: int | None
    reply_id: int | None
    customer_id: int | None
    at: datetime
    by: Actor


@dataclass(frozen=True, slots=True)
class ColleagueAnswered:
    """A colleague answered a mail of ours by e-mail, from their own address and under our seal."""

    organisation_id: int
    about_kind: str
    about_id: int | None
    user_id: int
    text: str
    mail_id: int
    at: datetime
