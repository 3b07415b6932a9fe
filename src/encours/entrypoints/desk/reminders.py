"""Decisions in a reader's words: why a customer is on the list, what each check says, what the letter looks like."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext, pgettext_lazy

from encours.collections.models import PauseReason, Reminder
from encours.collections.queries import decisions
from encours.collections.rules import wording
from encours.collections.rules.ranking import NEVER_SPOKEN, Factor, NextStep, Reason
from encours.entrypoints import formats, kept
from encours.messaging import queries as messaging
from encours.messaging.rules.values import Draft, Letter

LETTER_SECONDS = 60
_TONES = {"passed": "good", "adjusted": "watch", "postponed": "watch", "held": "watch", "blocked": "act"}
_ICONS = {
    "passed": "check",
    "adjusted": "arrow-back-up",
    "postponed": "clock",
    "held": "hand-stop",
    "blocked": "ban",
}
OUTCOMES: Mapping[str, Promise] = {
    "adjusted": gettext_lazy("Adjusted"),
    "postponed": gettext_lazy("Put off"),
    "held": gettext_lazy("Held"),
    "blocked": gettext_lazy("Blocked"),
}
# reason -> chip in two or three words, tone, icon
REASONS: Mapping[str, tuple[Promise, str, str]] = {
    "promise_broken": (gettext_lazy("Promise not kept"), "act", "calendar-x"),
    "promise_today": (gettext_lazy("Promised for today"), "info", "calendar-due"),
    "last_notice": (gettext_lazy("Last notice to approve"), "act", "gavel"),
    "to_confirm": (gettext_lazy("To confirm"), "", "mail"),
    "call": (gettext_lazy("Call planned"), "", "phone"),
    "reply": (gettext_lazy("Reply received"), "info", "message"),
    "recipient": (gettext_lazy("Address in error"), "act", "mail-x"),
    "scenario": (gettext_lazy("No scenario"), "watch", "route-off"),
    "unapplied_cash": (gettext_lazy("Payment to apply"), "watch", "arrows-exchange"),
    "waiting_payment": (gettext_lazy("Payment to match"), "watch", "arrows-exchange"),
    "insolvency": (gettext_lazy("Insolvency"), "act", "ban"),
    "dispute": (gettext_lazy("In dispute"), "watch", "message-report"),
    "ready": (gettext_lazy("Leaves by itself"), "", "send"),
    "call_small": (gettext_lazy("Too little to call for"), "", "phone-off"),
    "bank": (gettext_lazy("Bank not up to date"), "watch", "building-bank"),
    "held": (gettext_lazy("Held"), "", "hand-stop"),
}
STEPS: Mapping[NextStep, tuple[Promise, str, str]] = {
    NextStep.CALL: (pgettext_lazy("verb", "Call"), "phone", "call"),
    NextStep.SEND: (gettext_lazy("Send"), "send", ""),
    NextStep.READ: (gettext_lazy("Read"), "message", ""),
    NextStep.CORRECT: (gettext_lazy("Correct"), "address-book", "contacts"),
    NextStep.APPLY: (gettext_lazy("Apply"), "arrows-exchange", "account"),
    NextStep.DECIDE: (gettext_lazy("Decide"), "scale", ""),
    NextStep.WAIT: (gettext_lazy("Look"), "eye", ""),
}


@dataclass(frozen=True)
class CheckShown:
    """One check before sending: what it is called, what it says, what frees it."""

    name: str
    sentence: str
    outcome: str
    outcome_words: str
    frees: str
    tone: str
    icon: str


def _language() -> str:
    return formats.known_language(get_language())


def shower(today: date) -> Any:
    """How data stands in the sentence of a check: amounts, days and reasons as the reader writes them."""
    language = _language()

    def show(name: str, value: Any) -> str:
        if name == "amounts":
            return " + ".join(formats.money(minor, code, language=language) for code, minor in value.items())
        if name == "reason":
            return str(dict(PauseReason.choices).get(value, value))
        if name in {"until", "known", "promised_date", "send_on", "last"} and isinstance(value, str):
            return formats.day_near(date.fromisoformat(value), today=today, language=language)
        if name == "until" and value is None:
            return gettext("further notice")
        if name == "known" and value is None:
            return gettext("no day at all")
        return wording.show_plainly(name, value)

    return show


def checks_of(reminder: Reminder, *, today: date) -> list[CheckShown]:
    """The checks as kept with the decision, what stops first, what passed last."""
    return shown_checks(reminder.checks, today=today)


def shown_checks(checks: Sequence[Mapping[str, Any]], *, today: date) -> list[CheckShown]:
    """Checks in the form in which decisions keep them, in words."""
    show = shower(today)
    order = {"blocked": 0, "held": 1, "postponed": 2, "adjusted": 3, "passed": 4}
    found = [_check(check, show) for check in checks]
    return sorted(found, key=lambda check: order.get(check.outcome, 9))


def _check(check: Mapping[str, Any], show: Any) -> CheckShown:
    outcome = str(check["outcome"])
    return CheckShown(
        name=wording.name(check["code"], translate=gettext),
        sentence=wording.sentence(check, translate=gettext, show=show),
        outcome=outcome,
        outcome_words=str(OUTCOMES.get(outcome, "")),
        frees=wording.frees(check["code"], translate=gettext) if outcome in {"held", "blocked"} else "",
        tone=_TONES.get(outcome, ""),
        icon=_ICONS.get(outcome, "point"),
    )


@dataclass(frozen=True)
class ReasonShown:
    """Why a customer is on the list: a chip and a few words."""

    text: str
    tone: str
    icon: str
    detail: str


def reason_shown(reason: Reason, *, today: date) -> ReasonShown:
    """A reason of the ranking in words."""
    text, tone, icon = REASONS[reason.code]
    return ReasonShown(_chip_text(reason, str(text)), tone, icon, _detail(reason, today))


def _chip_text(reason: Reason, text: str) -> str:
    if reason.code == "held" and reason.data.get("stopped_by"):
        return wording.name(str(reason.data["stopped_by"]), translate=gettext)
    return text


def _detail(reason: Reason, today: date) -> str:
    language, data = _language(), reason.data
    if reason.code in {"promise_broken", "promise_today"}:
        amount = formats.money_round(data["amount_minor"], data["currency"], language=language)
        day = formats.day_near(data["promised_date"], today=today, language=language)
        return gettext("{amount} by {day}").format(amount=amount, day=day)
    if reason.code in {"unapplied_cash", "waiting_payment"} and data.get("amounts"):
        return shower(today)("amounts", data["amounts"])  # type: ignore[no-any-return]  # shower answers texts
    if reason.code == "recipient" and data.get("email"):
        return str(data["email"])
    step = str(data.get("step_name", ""))
    if data.get("disputed_minor"):
        amount = formats.money_round(data["disputed_minor"], data["currency"], language=language)
        return gettext("{step}, {amount} in dispute left out").format(step=step, amount=amount)
    return step


@dataclass(frozen=True)
class FactorShown:
    """One factor of a rank in words, with its points."""

    sentence: str
    points: str
    is_less: bool


def factor_shown(factor: Factor, *, today: date) -> FactorShown:
    """A factor of the ranking in words; points stand for whole units of money."""
    del today
    language, data = _language(), factor.data
    points = formats.number(abs(factor.points) // 100, language=language)
    sign = formats.MINUS if factor.points < 0 else "+" if factor.code != "step" else ""
    return FactorShown(_factor_words(factor.code, data, language), f"{sign}{points}", factor.points < 0)


def _factor_words(code: str, data: Mapping[str, Any], language: str) -> str:
    if code == "step":
        amount = formats.money_round(data["at_stake_minor"], data["currency"], language=language)
        reason = str(REASONS[data["reason"]][0])
        return gettext("{amount} at stake x {percent} % ({reason})").format(
            amount=amount, percent=data["percent"], reason=reason
        )
    days = data.get("days") or 0
    if code == "lateness":
        return ngettext("{count} day late", "{count} days late", days).format(count=days)
    if code == "behaviour":
        return ngettext("Pays {count} day late on average", "Pays {count} days late on average", days).format(
            count=days
        )
    if code == "contact":
        if days == 0:
            return gettext("In contact today")
        if days >= NEVER_SPOKEN:
            return gettext("No contact for three months")
        return ngettext("Last contact {count} day ago", "Last contact {count} days ago", days).format(count=days)
    return gettext("{percent} % of it late by more than 90 days").format(percent=data["share_percent"])


@dataclass(frozen=True)
class LetterShown:
    """The message of a decision as its panel shows it, or why it cannot be written."""

    draft: Draft
    letter: Letter | None
    problem: str


def letter_of(reminder: Reminder, *, today: date) -> LetterShown | None:
    """What would leave, written with the template in force."""
    draft = decisions.draft_of(reminder, today=today)
    if draft is None:
        return None
    try:
        version = messaging.current_version(
            draft.template_key, organisation_id=reminder.organisation_id, language=draft.language
        )
    except messaging.TemplateNotFound as missing:
        # a customer whose language nobody has written in yet is no reason not to see the account
        return LetterShown(draft, None, missing.translated(gettext))
    seen = messaging.preview(messaging.wording_of(version), draft.context)
    return LetterShown(draft, seen.letter, seen.problem.translated(gettext) if seen.problem else "")


def letter_beside(reminder: Reminder, *, today: date, state: Hashable) -> LetterShown | None:
    """The letter as it stands beside a list: written again when what it says changed, and once a minute.

    `state` is that of the books and the decisions. What leaves is always written anew.
    """
    return kept.figures.get(
        ("letter", reminder.organisation_id, reminder.pk, get_language()),
        lambda: letter_of(reminder, today=today),
        state=(today, state, decisions.draft_state(reminder)),
        seconds=LETTER_SECONDS,
    )


def passed_count(checks: Sequence[CheckShown]) -> int:
    """How many checks have nothing to say."""
    return sum(check.outcome == "passed" for check in checks)
