"""The foot of a customer's panel: one step that is next, two or three beside it, the rest in a menu."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

from encours.collections.rules.ranking import NextStep

BESIDE_MAX = 2
RIGHTS: Mapping[str, str] = {
    "note": "add_note",
    "promise": "record_promise",
    "dispute": "open_dispute",
    "release": "release_message",
    "send": "send_message",
    "correct": "edit_customer",
}


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing to do with the customer: followed as a link, opened in the panel, or posted."""

    code: str
    label: Promise
    icon: str
    address: str
    key: str = ""
    how: str = "link"  # link, panel, post


@dataclass(frozen=True, slots=True)
class Foot:
    """The deeds as they stand: the next one solid, some beside it, the others in the menu."""

    first: Deed | None
    beside: tuple[Deed, ...] = ()
    more: tuple[Deed, ...] = ()


@dataclass(frozen=True, slots=True)
class Situation:
    """What the foot depends on: the customer, the reminder that waits, what the list advises, what one may do."""

    customer_id: int
    number: str
    back: str
    may: Mapping[str, bool] = field(default_factory=dict)
    reminder_id: int | None = None
    outcome: str = ""
    has_draft: bool = False
    has_letter: bool = False  # the draft could be written out
    step: NextStep | None = None
    reason: str = ""
    reply_id: int | None = None
    contact_id: int | None = None  # whose address returns its mail

    @property
    def is_ready(self) -> bool:
        """A letter waits for a person's word only."""
        return self.outcome == "to_confirm" and self.has_letter and self.may["send"]


_CORRECT = ("correct", gettext_lazy("Correct"), "address-book")
_APPLY = ("apply", gettext_lazy("Apply"), "arrows-exchange")
_DECIDE = ("decide", gettext_lazy("Decide"), "scale")
# a step that is no gesture of the panel is done in the room its first reason names
_ROOMS = {
    "recipient": _CORRECT,
    "unapplied_cash": _APPLY,
    "waiting_payment": _APPLY,
    "dispute": _DECIDE,
    "insolvency": _DECIDE,
    "scenario": _DECIDE,
}
# the order in which deeds stand beside the first one, and then in the menu
_ORDER = ("send", "room", "call", "write", "promise", "done", "dispute", "later", "reword", "release", "withdraw")


def foot(situation: Situation) -> Foot:
    """The next step is the list's own where the panel can do it, else the letter that waits, else to be done with it.

    A letter to confirm: Send, beside it Call and Write, the rest in the menu. A broken promise with the same letter:
    Call first, Send beside it.
    """
    found = _deeds(situation)
    first = found.pop(_first(situation, found), None)
    ordered = [found[code] for code in _ORDER if code in found]
    beside = tuple(deed for deed in ordered if deed.code not in {"later", "done", "withdraw"})[:BESIDE_MAX]
    menu = [deed for deed in [*ordered, *found.values()] if deed not in beside]
    return Foot(first, beside, tuple(dict.fromkeys(menu)))


def _first(situation: Situation, found: Mapping[str, Deed]) -> str:
    wished = {
        NextStep.CALL: "call",
        NextStep.SEND: "send",
        NextStep.READ: "write",
        NextStep.CORRECT: "room",
        NextStep.APPLY: "room",
        NextStep.DECIDE: "room",
    }
    by_list = wished.get(situation.step, "") if situation.step else ""
    return next((code for code in (by_list, "send", "done", "write") if code in found), "")


def _deeds(situation: Situation) -> dict[str, Deed]:
    """Every deed this person may do here, by its code."""
    may = situation.may
    found: dict[str, Deed] = {}
    if situation.is_ready:
        found["send"] = _sent(situation)
        if may["release"]:
            found["take_out"] = _panel(situation, "take_out", gettext_lazy("Take out"), "circle-minus")
    elif situation.outcome == "held" and may["release"]:
        found["release"] = _panel(situation, "release", gettext_lazy("Release"), "send", "e")
    elif situation.outcome == "due" and may["send"]:
        address = reverse("desk:today_withdraw", args=[situation.reminder_id])
        found["withdraw"] = Deed("withdraw", gettext_lazy("Do not send"), "hand-stop", address, how="post")
    if may["send"]:
        found["write"] = _written(situation, key="" if situation.is_ready or "release" in found else "e")
        if situation.has_draft and situation.outcome != "blocked":
            found["reword"] = _panel(situation, "reword", gettext_lazy("Change the text"), "pencil", "m")
    if may["note"]:
        address = f"{reverse('desk:call', args=[situation.number])}?{urlencode({'next': situation.back})}"
        found["call"] = Deed("call", pgettext_lazy("verb", "Call"), "phone", address, "c")
        found["later"] = _panel(situation, "later", gettext_lazy("Later"), "calendar-time", "w")
        done = reverse("desk:today_done", args=[situation.customer_id])
        found["done"] = Deed("done", gettext_lazy("Done"), "check", done, "x", "post")
    if may["promise"]:
        found["promise"] = _panel(situation, "promise", gettext_lazy("Promise"), "calendar-due", "p")
    if may["dispute"]:
        found["dispute"] = _panel(situation, "dispute", gettext_lazy("Dispute"), "message-report", "d")
    if situation.reason in _ROOMS:
        found["room"] = Deed(*_ROOMS[situation.reason], _room(situation))
    return found


def _room(situation: Situation) -> str:
    """Where the first reason of the list is dealt with."""
    number = situation.number
    match situation.reason:
        case "recipient" if situation.contact_id is not None and situation.may["correct"]:
            return reverse("desk:contact", args=[number, situation.contact_id])
        case "unapplied_cash":
            return f"{reverse('desk:cash_mass')}?{urlencode({'customer': number})}"
        case "waiting_payment":
            return f"{reverse('desk:cash')}?{urlencode({'of': situation.customer_id})}"
        case "dispute":
            return reverse("desk:customer_disputes", args=[number])
        case "insolvency":
            return reverse("desk:customer_recovery", args=[number])
    return reverse("desk:customer", args=[number])


def _sent(situation: Situation) -> Deed:
    address = reverse("desk:today_send", args=[situation.reminder_id])
    return Deed("send", gettext_lazy("Send"), "send", address, "e", "post")


def _written(situation: Situation, *, key: str) -> Deed:
    """A message of one's own; the answer, when one of theirs waits."""
    asked = {"next": situation.back}
    label: Promise = gettext_lazy("Write")
    if situation.reply_id is not None:
        asked["reply"] = str(situation.reply_id)
        label = pgettext_lazy("verb", "Reply")
    address = f"{reverse('desk:write', args=[situation.number])}?{urlencode(asked)}"
    return Deed("write", label, "pencil", address, key)


def _panel(situation: Situation, do: str, label: Promise, icon: str, key: str = "") -> Deed:
    asked = {"do": do}
    if do in {"release", "take_out", "reword"}:
        asked["reminder"] = str(situation.reminder_id)
    address = f"{reverse('desk:today_peek', args=[situation.customer_id])}?{urlencode(asked)}"
    return Deed(do, label, icon, address, key, "panel")
