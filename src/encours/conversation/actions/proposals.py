"""Make proposals of what mails ask, and do what a person accepts of them: once, in one gesture."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from encours.access import actions as access
from encours.collections import actions as collections
from encours.collections.models import PauseReason, PromiseSource
from encours.conversation.models import Asked, Outcome, Proposal
from encours.conversation.queries import proposals as reading
from encours.conversation.rules import proposals as rules
from encours.core.actors import Actor
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop
from encours.customers import actions as customers
from encours.customers import details_actions
from encours.disputes import actions as disputes
from encours.imports import actions as imports
from encours.messaging import actions as messaging
from encours.messaging import inbound_queries as inbound
from encours.messaging.models import MailAttachment, MailClass, SuppressionReason, Understanding
from encours.messaging.rules.inbound import mail as mails

# which class a proposal confirms when it is accepted
CLASS_OF: Mapping[str, str] = {
    Asked.PROMISE: MailClass.PROMISE,
    Asked.DISPUTE: MailClass.DISPUTE,
    Asked.CONTACT: MailClass.CONTACT_CHANGE,
    Asked.PAUSE: MailClass.OUT_OF_OFFICE,
    Asked.ORDER_NUMBER: MailClass.PO_NUMBER,
    Asked.REMITTANCE: MailClass.REMITTANCE,
    Asked.UNSUBSCRIBE: MailClass.UNSUBSCRIBE,
}


class ProposalUnknown(NotFound):
    """No such proposal in this organisation."""

    message = gettext_noop("There is no such proposal.")


class ProposalDecided(Conflict):
    """A proposal is decided once."""

    message = gettext_noop("{name} has decided this proposal already.")


class ValueMissing(Refused):
    """A proposal lacks what its deed needs."""

    message = gettext_noop("Fill in what is missing, then accept.")


class AdviceUnread(Refused):
    """The file that came along could not be read as a remittance advice."""

    message = gettext_noop("This file is no remittance advice that can be read: {reason}")


class AdviceHeld(Refused):
    """The file is not scanned yet, or dangerous."""

    message = gettext_noop("This file is held: it is not scanned yet, or the scanner found something.")


@transaction.atomic
def propose(*, organisation_id: int, understanding_id: int, customer_id: int, today: date) -> int:
    """Keep what a mail seems to ask; how many proposals. Part of taking it in, which leaves the audit entry."""
    understood = Understanding.objects.select_related("mail", "reply").get(
        organisation_id=organisation_id, pk=understanding_id
    )
    files = (
        [
            rules.File(one.position, one.name, one.content_type, one.state == "refused")
            for one in MailAttachment.objects.filter(organisation_id=organisation_id, mail_id=understood.mail_id)
        ]
        if understood.mail_id
        else []
    )
    sender = understood.reply.from_email if understood.reply else understood.mail.from_email if understood.mail else ""
    said = () if understood.is_abstaining else understood.intents
    found = rules.proposed(said, files=files, today=today, from_email=sender)
    if understood.reply is not None and sender and not reading.is_known(sender, customer_id, organisation_id):
        found.append(rules.stranger(sender, understood.reply.from_name))
    counts: dict[str, int] = {}
    rows = []
    for one in found:
        counts[one.kind] = counts.get(one.kind, 0) + 1
        rows.append(
            Proposal(
                organisation_id=organisation_id,
                understanding=understood,
                mail_id=understood.mail_id,
                reply_id=understood.reply_id,
                customer_id=customer_id,
                kind=one.kind,
                position=counts[one.kind],
                quote=one.quote,
                fields=dict(one.fields),
                confidence_percent=one.confidence_percent,
            )
        )
    Proposal.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


@dataclass(frozen=True, slots=True)
class _Deed:
    """A proposal being accepted: its values as the person leaves them, and when."""

    proposal: Proposal
    values: Mapping[str, Any]
    today: date
    now: datetime
    by: Actor

    @property
    def organisation_id(self) -> int:
        return self.proposal.organisation_id

    def needed(self, name: str) -> Any:
        """A value the deed cannot do without."""
        value = self.values.get(name)
        if value in (None, ""):
            raise ValueMissing(field=name)
        return value


@transaction.atomic
def accept_proposal(
    *, organisation_id: int, proposal_id: int, values: Mapping[str, Any], today: date, now: datetime, by: Actor
) -> dict[str, Any]:
    """Do what the proposal says, with the values as the person leaves them; what it became is kept and returned.

    The mail's class is confirmed, so that the next ones like it are understood more surely. Refused when decided
    before, or when the deed itself is refused; then nothing has happened.
    """
    proposal = _waiting(organisation_id, proposal_id)
    made = _DEEDS[proposal.kind](_Deed(proposal, values, today, now, by))
    before = reading.starting_values(proposal)
    is_changed = any(str(values.get(name, "") or "") != str(value or "") for name, value in before.items())
    decision = {"values": _plain(values), "made": made}
    _decide(proposal, Outcome.EDITED if is_changed else Outcome.ACCEPTED, decision, now=now, by=by)
    _teach(proposal, CLASS_OF[proposal.kind], by=by)
    return made


@transaction.atomic
def reject_proposal(
    *, organisation_id: int, proposal_id: int, now: datetime, by: Actor, really: str = "", why: str = ""
) -> None:
    """Say that the mail does not ask this; `really` names the class it has instead, which is learnt."""
    proposal = _waiting(organisation_id, proposal_id)
    _decide(proposal, Outcome.REJECTED, {"really": really, "why": why[:500]}, now=now, by=by)
    if really:
        _teach(proposal, MailClass(really), by=by)


def _waiting(organisation_id: int, proposal_id: int) -> Proposal:
    found = (
        Proposal.objects.select_for_update(of=("self",))
        .select_related("customer", "understanding")
        .filter(organisation_id=organisation_id, pk=proposal_id)
        .first()
    )
    if found is None:
        raise ProposalUnknown
    if found.outcome != Outcome.OPEN:
        raise ProposalDecided(name=found.decided_by_name)
    return found


def _decide(proposal: Proposal, outcome: Outcome, decision: dict[str, Any], *, now: datetime, by: Actor) -> None:
    Proposal.objects.filter(pk=proposal.pk).update(
        outcome=outcome, decided_at=now, decided_by_name=by.name, decision=decision
    )
    access.record_audit(
        by=by,
        organisation_id=proposal.organisation_id,
        verb=f"proposal_{outcome}",
        subject_kind="customer",
        subject_id=str(proposal.customer_id),
        why=str(decision.get("why", "")),
        details={"proposal": proposal.pk, "kind": proposal.kind, **decision},
    )


def _teach(proposal: Proposal, kind: str, *, by: Actor) -> None:
    """Only the main class of a mail is judged: what was accepted besides says nothing about it."""
    understood = proposal.understanding
    if kind == understood.kind or CLASS_OF[proposal.kind] == understood.kind:
        messaging.judge_understanding(
            organisation_id=proposal.organisation_id,
            understanding_id=understood.pk,
            kind=kind,
            sentence=proposal.quote,
            by=by,
        )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, int | str | bool | None) else str(value) for name, value in values.items()}


# deeds --------------------------------------------------------------------------------------------------------------


def _promise(deed: _Deed) -> dict[str, Any]:
    made = collections.record_promise(
        organisation_id=deed.organisation_id,
        customer_id=deed.proposal.customer_id,
        amount_minor=int(deed.needed("amount_minor")),
        currency=str(deed.needed("currency")),
        promised_date=deed.needed("date"),
        today=deed.today,
        by=deed.by,
        source=PromiseSource.EMAIL.value,
        item_id=reading.single_item(deed.proposal.customer_id, deed.values.get("invoice"), deed.organisation_id),
        note=deed.proposal.quote[:500],
    )
    return {"promise": made.pk}


def _dispute(deed: _Deed) -> dict[str, Any]:
    made = disputes.open_dispute(
        organisation_id=deed.organisation_id,
        customer_id=deed.proposal.customer_id,
        today=deed.today,
        by=deed.by,
        document_number=str(deed.values.get("invoice") or ""),
        amount_minor=deed.values.get("amount_minor") or None,
        reason=str(deed.needed("reason")),
        note=deed.proposal.quote[:1_000],
        key=f"mail:{deed.proposal.understanding_id}:{deed.proposal.position}",
    )
    return {"dispute": made.pk}


def _contact(deed: _Deed) -> dict[str, Any]:
    made = details_actions.keep_contact(
        organisation_id=deed.organisation_id,
        customer_id=deed.proposal.customer_id,
        name=str(deed.values.get("name") or ""),
        email=str(deed.values.get("email") or ""),
        phone=str(deed.values.get("phone") or ""),
        by=deed.by,
        why=deed.proposal.quote,
    )
    return {"contact": made.pk}


def _pause(deed: _Deed) -> dict[str, Any]:
    made = collections.pause(
        organisation_id=deed.organisation_id,
        customer_id=deed.proposal.customer_id,
        reason=PauseReason.OTHER.value,
        until=deed.needed("date"),
        today=deed.today,
        by=deed.by,
        note=deed.proposal.quote[:500],
    )
    return {"pause": made.pk}


def _order_number(deed: _Deed) -> dict[str, Any]:
    text = gettext("Order number {number} given for {invoice}: “{quote}”").format(
        number=deed.needed("order_number"),
        invoice=deed.values.get("invoice") or gettext("the account"),
        quote=deed.proposal.quote[:300],
    )
    made = customers.add_note(
        organisation_id=deed.organisation_id,
        customer_id=deed.proposal.customer_id,
        text=text,
        now=deed.now,
        by=deed.by,
    )
    return {"note": made.pk}


def _remittance(deed: _Deed) -> dict[str, Any]:
    """The file goes the way of every remittance advice: read, kept, joined to the bank line it announces."""
    file = reading.attachment(deed.proposal)
    if file is None or not inbound.may_open(file):
        raise AdviceHeld
    content = mails.attachment_content(bytes(file.mail.raw), file.sha256) or b""
    with tempfile.TemporaryDirectory(prefix="encours-advice-") as folder:
        path = Path(folder) / f"advice{Path(file.name).suffix[:10]}"
        path.write_bytes(content)
        result = imports.import_files(
            [imports.FileGiven(path, file.name)],
            organisation_id=deed.organisation_id,
            options=imports.Options(kind="remittance"),
            by=deed.by,
            now=deed.now,
            today=deed.today,
        ).files[0]
    if result.refusal is not None:
        raise AdviceUnread(reason=result.refusal.translated(gettext))
    return {"advice": result.detail.get("advice", {}).get("id"), "run": result.run_id}


def _unsubscribe(deed: _Deed) -> dict[str, Any]:
    email = str(deed.needed("email"))
    marked = details_actions.opt_out(
        organisation_id=deed.organisation_id, email=email, now=deed.now, by=deed.by, why=deed.proposal.quote
    )
    messaging.suppress(
        organisation_id=deed.organisation_id,
        email=email,
        reason=SuppressionReason.OPTED_OUT,
        by=deed.by,
        detail=deed.proposal.quote,
    )
    return {"opted_out": marked}


_DEEDS: Mapping[str, Callable[[_Deed], dict[str, Any]]] = {
    Asked.PROMISE: _promise,
    Asked.DISPUTE: _dispute,
    Asked.CONTACT: _contact,
    Asked.PAUSE: _pause,
    Asked.ORDER_NUMBER: _order_number,
    Asked.REMITTANCE: _remittance,
    Asked.UNSUBSCRIBE: _unsubscribe,
}
