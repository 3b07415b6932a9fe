"""What each check says to a clerk: the reason, and what frees the message; English templates for the catalogues."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from encours.collections.rules.scenario_words import CONDITIONS
from encours.core.errors import gettext_noop as _
from encours.core.money import Money

type Show = Callable[[str, Any], str]


class Words(NamedTuple):
    """The name of a check, its sentence for each outcome, and what a person does to free what it holds."""

    name: str
    sentences: Mapping[str, str]
    frees: str = ""


WORDS: Mapping[str, Words] = {
    "dispute": Words(
        _("Disputes"),
        {
            "passed": _("No open dispute on these items."),
            "adjusted": _("In dispute and withdrawn: {documents}, {amounts}. The rest leaves."),
            "held": _("All that would be claimed is in dispute: {documents}, {amounts}."),
        },
        _("Close the dispute."),
    ),
    "item_pause": Words(
        _("Items on hold"),
        {
            "passed": _("No item on hold."),
            "adjusted": _("On hold and withdrawn: {documents}. The rest leaves."),
            "held": _("All that would be claimed is on hold: {documents}."),
        },
        _("End the pause, or wait for its end date."),
    ),
    "item_promise": Words(
        _("Promised items"),
        {
            "passed": _("No item promised for a coming day."),
            "adjusted": _("Promised by {promised_date} and withdrawn: {documents}. The rest leaves."),
            "held": _("All that would be claimed is promised by {promised_date}: {documents}."),
        },
        _("The day after the promise, if it is not kept."),
    ),
    "plan": Words(
        _("Payment plan agreed"),
        {
            "passed": _("No payment plan stands."),
            "adjusted": _("Under payment plan {plans}, whose instalments are chased instead: {documents}."),
        },
    ),
    "taken_out": Words(
        _("Taken out by a person"),
        {
            "passed": _("Nothing taken out."),
            "adjusted": _("Taken out of this step: {documents}. The rest leaves."),
            "held": _("Taken out of this step: {documents}."),
        },
        _("Put it back in the step."),
    ),
    "delivered": Words(
        _("Invoices delivered"),
        {
            "passed": _("No invoice known as undelivered."),
            "adjusted": _("Not delivered and withdrawn: {documents}. The rest leaves."),
            "held": _("None of the invoices is known as delivered: {documents}."),
        },
        _("Send the invoice again and note its delivery."),
    ),
    "credit": Words(
        _("Credit notes"),
        {
            "passed": _("No open credit note."),
            "adjusted": _("Open credit notes are listed and deducted: {amounts}."),
            "held": _("Open credit notes cover all that would be asked: {amounts}."),
        },
        _("Apply the credit notes to the invoices."),
    ),
    "scenario": Words(
        _("Scenario"),
        {"passed": _("A scenario applies."), "blocked": _("No scenario applies to this customer.")},
        _("Give the customer, its segment or the organisation a scenario, or choose “no action”."),
    ),
    "minimum": Words(
        _("Minimum amount"),
        {"passed": _("Above the step's minimum."), "held": _("{amounts} is below the step's minimum.")},
        _("Nothing to do: it will be claimed with the next items."),
    ),
    "bank": Words(
        _("Bank"),
        {
            "passed": _("The bank is known to {known}."),
            "held": _("The bank is known to {known} only, more than {days_max} business days ago."),
            "held without known": _("No day is known up to which the bank has been read."),
        },
        _("Import the latest payments, or state the day to which the bank is known."),
    ),
    "waiting_payment": Words(
        _("Payments to match"),
        {
            "passed": _("No payment waits to be matched."),
            "adjusted": _("A payment waits to be matched, less than any item asked: {amounts}."),
            "held": _("A payment waits to be matched that may settle this: {amounts}."),
        },
        _("Match the bank line."),
    ),
    "unapplied_cash": Words(
        _("Payments to apply"),
        {
            "passed": _("No payment waits to be applied."),
            "adjusted": _("A payment of {amounts} is not applied yet; it does not cover any of these items."),
            "held": _("A payment of {amounts} is not applied yet and may cover what would be claimed."),
        },
        _("Apply the payment to its invoices."),
    ),
    "reply": Words(
        _("Replies"),
        {"passed": _("All replies are read."), "held": _("Unread replies from the customer: {count}.")},
        _("Read the reply."),
    ),
    "promise": Words(
        _("Promise to pay"),
        {"passed": _("No promise is running."), "held": _("{amounts} promised by {promised_date}.")},
        _("The day after the promise, if it is not kept."),
    ),
    "pause": Words(
        _("Pause"),
        {
            "passed": _("Not on hold."),
            "held": _("On hold until {until}: {reason} ({author})."),
            "held without until": _("On hold until further notice: {reason} ({author})."),
        },
        _("End the pause, or wait for its end date."),
    ),
    "payment_plan": Words(
        _("Payment plan"),
        {
            "passed": _("No payment plan."),
            "held": _("A payment plan runs until {until}."),
            "held without until": _("A payment plan runs."),
        },
        _("The end or the breach of the plan."),
    ),
    "insolvency": Words(
        _("Insolvency"),
        {
            "passed": _("No insolvency proceedings known."),
            "blocked": _("Insolvency proceedings forbid any claim for earlier debts."),
        },
        _("The credit manager decides: declare the claim to the court-appointed representative."),
    ),
    "recipient": Words(
        _("Recipient"),
        {
            "passed": _("The address works."),
            "adjusted": _("Nobody has the role asked for, so it goes to {email}."),
            "adjusted escalated": _("{count} messages without an answer, so it goes to {email}."),
            "held": _("The address {email} returns its mail."),
            "held no_phone": _("No contact has a mobile number that takes text messages."),
            "held no_postal_address": _("The customer's postal address has no street or no city."),
            "blocked no_consent": _("A private person must have agreed to electronic registered letters (CPCE L100)."),
            "blocked": _("No contact has an e-mail address."),
            "blocked opted_out": _("{email} asked not to be written to."),
        },
        _("Correct or add the address of a contact."),
    ),
    "stop_condition": Words(
        _("Conditions of the step"),
        {
            "passed": _("Nothing that this step waits for."),
            "held": _("This step waits as long as: {conditions}."),
        },
        _("When the condition is over, or when somebody takes it off the step."),
    ),
    "weekly_cap": Words(
        _("Contacts this week"),
        {
            "passed": _("Contacts in the last seven days: {count}, at most {cap}."),
            "postponed": _("Contacts in the last seven days: {count}, at most {cap}."),
        },
        _("By itself when the week has passed."),
    ),
    "contact_delay": Words(
        _("Time between contacts"),
        {
            "passed": _("No contact in the last days."),
            "postponed": _("Last contact on {last}; at least {days} days lie between two."),
        },
        _("By itself when the days have passed."),
    ),
    "calendar": Words(
        _("Sending calendar"),
        {"passed": _("Today is a sending day."), "adjusted": _("Leaves at the next opening, on {send_on}.")},
    ),
    "sandbox": Words(
        _("Sandbox"),
        {"passed": _("Messages leave."), "adjusted": _("Sandbox: it goes to the test mailbox and to nobody else.")},
    ),
    "confirmation": Words(
        _("Confirmation"),
        {"passed": _("Confirmed by a person."), "held": _("This step leaves when a person has confirmed it.")},
        _("Confirm the message."),
    ),
}
SET_ASIDE = _("Set aside by {set_aside_by}.")
PAUSE_REASONS: Mapping[str, str] = {
    "agreement": _("Agreement with the customer"),
    "waiting": _("Waiting for a document"),
    "commercial": _("Commercial reason"),
    "payment_plan": _("Payment plan"),
    "insolvency": _("Insolvency proceedings"),
    "hand_over": _("Handed over for recovery"),
    "other": _("Other"),
}


def show_plainly(name: str, value: Any) -> str:
    """Data for programs and for English: documents in a row, amounts with their currency, days as ISO 8601."""
    if name == "amounts":
        return " + ".join(f"{Money(minor, currency)}" for currency, minor in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def sentence(check: Mapping[str, Any], *, translate: Callable[[str], str] = _, show: Show = show_plainly) -> str:
    """The sentence of a stored check in the reader's language: “Unread replies from the customer: 2.”"""
    data = check.get("data", {})
    if "set_aside_by" in data:
        return translate(SET_ASIDE).format(set_aside_by=data["set_aside_by"])
    words = WORDS.get(check["code"])
    template = _template(words, check["outcome"], data) if words else check["code"]
    shown = {name: _said(name, value, translate, show) for name, value in data.items()}
    return translate(template).format_map(_Blank(shown)).strip()


def _template(words: Words, outcome: str, data: Mapping[str, Any]) -> str:
    """Where a datum is missing the sentence is another one: no end date, no day known."""
    variants = [f"{outcome} {data['cause']}"] if data.get("cause") else []
    variants += [f"{outcome} without {name}" for name, value in data.items() if value is None]
    return next((words.sentences[name] for name in [*variants, outcome] if name in words.sentences), words.name)


def _said(name: str, value: Any, translate: Callable[[str], str], show: Show) -> str:
    if name == "conditions":
        return ", ".join(translate(CONDITIONS.get(one, one)) for one in value)
    if name == "reason":
        return translate(PAUSE_REASONS.get(value, str(value)))
    return "" if value is None else show(name, value)


def name(code: str, *, translate: Callable[[str], str] = _) -> str:
    """What the check is called."""
    return translate(WORDS[code].name) if code in WORDS else code


def frees(code: str, *, translate: Callable[[str], str] = _) -> str:
    """What a person does to free what the check holds."""
    return translate(WORDS[code].frees) if code in WORDS and WORDS[code].frees else ""


class _Blank(dict[str, str]):
    """Data of an older form leaves a gap in the sentence, never a failure."""

    def __missing__(self, key: str) -> str:
        return ""
