"""The ways a message can go out, and what text each of them carries."""

from typing import Literal

from encours.core.errors import Refused, gettext_noop

EMAIL, SMS, LETTER = "email", "sms", "letter"
REGISTERED_LETTER, ELECTRONIC_REGISTERED_LETTER = "registered_letter", "electronic_registered_letter"
CHANNELS = (EMAIL, SMS, LETTER, REGISTERED_LETTER, ELECTRONIC_REGISTERED_LETTER)
# printed and posted by a person; all others are handed over by a worker
PAPER = frozenset({LETTER, REGISTERED_LETTER})
# handed over to a provider of the organisation's choice
GATEWAYS = frozenset({SMS, ELECTRONIC_REGISTERED_LETTER})

type Kind = Literal["email", "sms", "letter"]


class ChannelUnknown(Refused):
    """A message is asked for by a way that does not exist."""

    message = gettext_noop("There is no channel called “{channel}”.")


class ChannelUnfit(Refused):
    """A template written for one kind of message is asked for by another."""

    message = gettext_noop("The template “{key}” is written for another channel than “{channel}”.")


def kind_of(channel: str) -> Kind:
    """The kind of text a channel carries: letters of every kind share theirs."""
    if channel not in CHANNELS:
        raise ChannelUnknown(channel=channel)
    return "email" if channel == EMAIL else "sms" if channel == SMS else "letter"
