"""Who may say what of bank details that a mail says are new: two persons, a known number, never the mail's own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from encours.core.errors import Conflict, Refused, gettext_noop


class NumberNotKnown(Refused):
    """The call went to a number that was not known before the mail came."""

    message = gettext_noop("Call back on a number you already had: {number} was not among them before this mail.")


class SamePerson(Refused):
    """The person who called back cannot also confirm."""

    message = gettext_noop("Another person must confirm: you made the call.")


class NotCalledYet(Conflict):
    """Nothing is confirmed before somebody called back."""

    message = gettext_noop("Somebody must call the customer back first.")


class ChangeDecided(Conflict):
    """The change was confirmed or refused already."""

    message = gettext_noop("This change of bank details has been decided already.")


class IbanNotOfTheMail(Refused):
    """The account confirmed is none that the mail named."""

    message = gettext_noop("Choose one of the accounts named in the mail.")


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a change has come."""

    state: str
    called_by_id: int | None
    ibans: tuple[str, ...]


def digits(number: str) -> str:
    """A telephone number to compare: "+33 6 12 34 56 78" and "06 12 34 56 78" -> "612345678"."""
    bare = re.sub(r"\D", "", number)
    return bare[-9:]


def check_call(standing: Standing, *, number: str, known_numbers: Sequence[str]) -> None:
    """Refuse a call-back that proves nothing: to a number the mail itself brought, or after the decision."""
    if standing.state not in ("open", "called"):
        raise ChangeDecided
    if len(digits(number)) < 6 or digits(number) not in {digits(one) for one in known_numbers}:
        raise NumberNotKnown(number=number)


def check_confirmation(standing: Standing, *, by_id: int | None, iban: str) -> None:
    """Refuse a confirmation by the caller, before a call, of another account, or twice."""
    if standing.state == "open":
        raise NotCalledYet
    if standing.state != "called":
        raise ChangeDecided
    if by_id is None or by_id == standing.called_by_id:
        raise SamePerson
    if iban and iban not in standing.ibans:
        raise IbanNotOfTheMail
