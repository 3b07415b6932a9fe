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


DEFAULTS: tuple[DefaultTemplate, ...] = (
    DefaultTemplate("notice_before_due", gettext_noop("Notice before due date"), "courteous"),
    DefaultTemplate("reminder_1", gettext_noop("Reminder 1, cordial"), "cordial"),
    DefaultTemplate("reminder_2", gettext_noop("Reminder 2, cordial and firm"), "cordial_firm"),
    DefaultTemplate("reminder_3", gettext_noop("Reminder 3, firm"), "firm"),
    DefaultTemplate("last_notice", gettext_noop("Last notice before formal notice"), "last"),
    DefaultTemplate("thanks", gettext_noop("Thanks for payment"), "courteous"),
    DefaultTemplate("statement", gettext_noop("Statement of account"), "neutral"),
    DefaultTemplate("own_words", gettext_noop("In your own words"), "neutral"),
)


@lru_cache(maxsize=32)
def wording(key: str, language: str) -> Wording:
    """The words of a default template; the first line of its text file is the subject."""
    subject, _, text = (FOLDER / language / f"{key}.txt").read_text("utf-8").partition("\n\n")
    return Wording(language, subject, (FOLDER / language / f"{key}.mjml").read_text("utf-8"), text)


def wordings(key: str) -> Iterator[Wording]:
    """The words of a default template in each language Encours writes."""
    for language in LANGUAGES:
        yield wording(key, language)
