"""The words that people put in place of a template's: which hold for a message, and what the template says now."""

from collections.abc import Sequence

from django.db import connection

from encours.collections.models import Reminder, StepWords
from encours.collections.rules.facts import Outcome
from encours.collections.rules.rewording import own_context, own_template
from encours.collections.rules.writing import OWN_WORDS
from encours.core import statements
from encours.core.errors import NotFound
from encours.messaging import queries as messaging
from encours.messaging.rules import defaults
from encours.messaging.rules.values import Json, Letter, Wording

# spent: a message of that step has left since; what was taken back before it left spends nothing
_HOLDING = """
select distinct on (r.id) r.id, w.id from collections_reminder r
join collections_stepwords w on w.organisation_id = r.organisation_id and w.customer_id = r.customer_id
    and w.entity_id = r.entity_id and w.step_key = r.step_key
where r.organisation_id = %(organisation)s and r.id = any(%(ids)s)
  and (r.id > w.after_reminder_id or r.outcome <> 'due') and not exists (
    select from collections_reminder other
    where other.organisation_id = r.organisation_id and other.customer_id = r.customer_id
      and other.entity_id = r.entity_id and other.step_key = r.step_key and other.id < r.id
      and other.id > w.after_reminder_id and other.outcome = 'due' and other.message_key <> ''
      and not exists (select from collections_withdrawal gone where gone.reminder_id = other.id))
order by r.id, w.id desc
"""


def words_for(reminder_ids: Sequence[int], *, organisation_id: int) -> dict[int, StepWords]:
    """The words that hold for each of these messages; most have none."""
    asked = "select exists (select from collections_stepwords where organisation_id = %s)"
    if not statements.rows(asked, [organisation_id])[0][0]:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_HOLDING, {"organisation": organisation_id, "ids": list(reminder_ids)})
        found = dict(cursor.fetchall())
    kept = StepWords.objects.filter(organisation_id=organisation_id).in_bulk(set(found.values()))
    return {reminder_id: kept[pk] for reminder_id, pk in found.items() if kept[pk].text}


def next_words(*, organisation_id: int, customer_id: int, entity_id: int, step_key: str) -> StepWords | None:
    """The words that the next message of a step to a customer would have; None where its template speaks."""
    found = StepWords.objects.filter(
        organisation_id=organisation_id, customer_id=customer_id, entity_id=entity_id, step_key=step_key
    )
    words = found.order_by("-pk").first()
    if words is None or not words.text:
        return None
    left = Reminder.objects.filter(
        organisation_id=organisation_id, customer_id=customer_id, entity_id=entity_id, step_key=step_key,
        pk__gt=words.after_reminder_id, outcome=Outcome.DUE.value, withdrawal__isnull=True,
    ).exclude(message_key="")  # fmt: skip
    return None if left.exists() else words


def wording_of(template_key: str, *, organisation_id: int, language: str) -> Wording:
    """The text in force; a person's own words are sent with our frame where the organisation has none yet."""
    try:
        version = messaging.current_version(template_key, organisation_id=organisation_id, language=language)
    except NotFound:
        if not template_key.endswith(OWN_WORDS):
            raise
        return defaults.wording(template_key, language)
    return messaging.wording_of(version)


def words_of_template(
    context: Json, *, template_key: str, channel: str, language: str, organisation_id: int
) -> tuple[str, str]:
    """What the template says of these facts, without what the frame of own words says anyway: subject and paragraphs.

    Empty where the template cannot be filled: the person then begins with a blank page.
    """

    def written(key: str, facts: Json) -> Letter | None:
        words = wording_of(key, organisation_id=organisation_id, language=language)
        return messaging.preview(words, facts).letter

    said = written(template_key, context)
    framed = written(own_template(channel), {**context, **own_context("-", "")})
    if said is None or framed is None:
        return "", ""
    frame = {*_paragraphs(framed.text), said.subject}
    return said.subject, "\n\n".join(part for part in _paragraphs(said.text) if part not in frame)


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]
