"""Note that words of a customer left for a model, and let in what it drafted."""

from collections.abc import Callable, Sequence

from django.db import transaction

from encours.access import actions as access
from encours.conversation.queries import answers
from encours.conversation.queries.drafting import prompt_of
from encours.conversation.rules import drafting as rules
from encours.core.actors import Actor
from encours.core.errors import Refused, gettext_noop
from encours.messaging.models import Reply

type Ask = Callable[[Sequence[dict[str, str]]], str]


class DraftsOff(Refused):
    """The organisation does not let a model draft."""

    message = gettext_noop("Drafts by a model are switched off in the settings of the conversation.")


def draft_answer(reply: Reply, *, ask: Ask, by: Actor) -> str:
    """A draft for an answer, which a person reads, changes and sends; that words left is in the audit trail first.

    Refused where the organisation has not switched it on, and when the draft names bank details or is no letter.
    """
    if not answers.policy(reply.organisation_id).drafts_by_model:
        raise DraftsOff
    told = prompt_of(reply)
    with transaction.atomic():
        access.record_audit(
            by=by,
            organisation_id=reply.organisation_id,
            verb="draft_asked_of_model",
            subject_kind="reply",
            subject_id=str(reply.pk),
            why="",
            details={"letters": sum(len(one["content"]) for one in told)},
        )
    return rules.let_in(ask(told))
