"""The templates an organisation starts with: what a credit manager would keep, in French and English."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from encours.core.errors import gettext_noop
from encours.messaging.rules.formats import LANGUAGES
from encours.messaging.rules.layout import FOLDER
from encours.messaging.rules.values import Wording


@dataclass(frozen=True, slots=True)
class DefaultTemplate:
    """A template to install: its key, its English name (translated where shown), its tone."""

    key: str
    name: str
    tone: str
    channel: str = "email"


DEFAULTS: tuple[DefaultTemplate, ...] = (
    DefaultTemplate("notice_before_due", gettext_noop("Notice before due date"), "courteous"),
    DefaultTemplate("reminder_1", gettext_noop("Reminder 1, cordial"), "cordial"),
    DefaultTemplate("reminder_2", gettext_noop("Reminder 2, cordial and firm"), "cordial_firm"),
    DefaultTemplate("reminder_3", gettext_noop("Reminder 3, firm"), "firm"),
    DefaultTemplate("last_notice", gettext_noop("Last notice before formal notice"), "last"),
    DefaultTemplate("thanks", gettext_noop("Thanks for payment"), "courteous"),
    DefaultTemplate("statement", gettext_noop("Statement of account"), "neutral"),
    DefaultTemplate("own_words", gettext_noop("In your own words"), "neutral"),
    DefaultTemplate("sms_reminder", gettext_noop("SMS: reminder"), "cordial", "sms"),
    DefaultTemplate("sms_last_notice", gettext_noop("SMS: last notice"), "last", "sms"),
    DefaultTemplate("letter_reminder", gettext_noop("Letter: reminder"), "cordial_firm", "letter"),
    DefaultTemplate("letter_last_notice", gettext_noop("Letter: last notice"), "last", "letter"),
    DefaultTemplate("letter_formal_notice", gettext_noop("Letter: formal notice"), "last", "letter"),
    DefaultTemplate("sms_own_words", gettext_noop("SMS: in your own words"), "neutral", "sms"),
    DefaultTemplate("letter_own_words", gettext_noop("Letter: in your own words"), "neutral", "letter"),
)
CHANNEL_OF = {default.key: default.channel for default in DEFAULTS}


@lru_cache(maxsize=32)
def wording(key: str, language: str) -> Wording:
    """The words of a default template; the first line of its text file is the subject, but for an SMS."""
    channel, source = CHANNEL_OF[key], (FOLDER / language / f"{key}.txt").read_text("utf-8")
    if channel == "sms":
        return Wording(language, "", "", source, channel)
    subject, _, text = source.partition("\n\n")
    mjml = (FOLDER / language / f"{key}.mjml").read_text("utf-8") if channel == "email" else ""
    return Wording(language, subject, mjml, text, channel)


def wordings(key: str) -> Iterator[Wording]:
    """The words of a default template in each language Encours writes."""
    for language in LANGUAGES:
        yield wording(key, language)
