"""Who reacts to what: the one list of answers to what lower rooms publish, given in the transaction that publishes.

What only a mail wakes is imported when one comes: a run that books payments need not load how mail is understood.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from encours.access.models import User
from encours.core.actors import Actor
from encours.disputes import actions as disputes
from encours.matching.events import DeductionsTaken, MatchUndone
from encours.messaging.events import ColleagueAnswered, MailUnderstood
from encours.penalties import plan_actions as penalties
from encours.plans.events import PlanAgreed, PlanEnded
from encours.team.actions import comments


def note_deductions(event: DeductionsTaken) -> None:
    """Each part a payer kept back becomes a dispute with the day until which it can be contested."""
    disputes.note_deductions(
        organisation_id=event.organisation_id,
        deductions=[
            disputes.NotedDeduction(
                customer_id=one.customer_id,
                item_id=one.item_id,
                document_number=one.document_number,
                amount_minor=one.amount_minor,
                currency=one.currency,
                customer_reason=one.reason,
                key=f"match:{one.match_id}:{one.item_id}",
                opened_date=one.taken_date,
                contest_until=one.contest_until,
            )
            for one in event.deductions
        ],
        by=event.by,
    )


def drop_deductions(event: MatchUndone) -> None:
    """A payment taken back kept nothing back."""
    disputes.withdraw_by_key(
        organisation_id=event.organisation_id,
        key_start=f"match:{event.match_id}:",
        today=event.today,
        by=event.by,
        note=event.why,
    )


def take_in_mail(event: MailUnderstood) -> None:
    """What a customer's mail asks becomes proposals, and holds what it must."""
    from encours.conversation import actions as conversation

    conversation.take_in(event)


def answer_comment(event: ColleagueAnswered) -> None:
    """What a colleague answers by e-mail stands under the comment, or with the dispute, that they were told of."""
    if event.about_id is None:
        return
    from encours.conversation import actions as conversation

    person = User.objects.get(pk=event.user_id)
    by = Actor(user_id=person.pk, name=person.display_name, channel="mail")
    if event.about_kind == "note":
        comments.answer_by_mail(
            organisation_id=event.organisation_id, note_id=event.about_id, text=event.text, now=event.at, by=by
        )
    elif event.about_kind == "dispute":
        conversation.answer_on_dispute(
            organisation_id=event.organisation_id, dispute_id=event.about_id, text=event.text, now=event.at, by=by
        )


REACTIONS: Mapping[type, Sequence[Callable[[Any], None]]] = {
    DeductionsTaken: (note_deductions,),
    MatchUndone: (drop_deductions,),
    PlanAgreed: (penalties.suspend_for_plan,),
    PlanEnded: (penalties.end_suspension_of_plan,),
    MailUnderstood: (take_in_mail,),
    ColleagueAnswered: (answer_comment,),
}
