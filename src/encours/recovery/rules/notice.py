"""The check-list of a formal notice: what the file says to each condition, and what a person must answer for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from encours.core.errors import gettext_noop


class Answer(StrEnum):
    """What the file says to a condition."""

    YES = "yes"
    LOOK = "look"  # a person looks at it and answers for it
    NO = "no"  # the notice cannot leave


@dataclass(frozen=True, slots=True)
class Line:
    """An item the notice would claim, in minor units of one currency."""

    item_id: int
    document_number: str
    instalment_number: int
    instalment_count: int
    item_date: date
    due_date: date
    open_minor: int
    interest_minor: int = 0
    compensation_minor: int = 0
    disputed_minor: int = 0
    under_plan: str = ""
    due_inferred: bool = False
    interest_missing: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """What the file holds when the notice is made."""

    today: date
    lines: Sequence[Line]
    is_business: bool
    is_insolvent: bool
    has_address: bool
    company_gaps: Sequence[str] = ()
    unapplied_minor: int = 0
    unread_replies: int = 0
    has_doubtful_values: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of the check-list: the text it rests on, what the file says."""

    code: str
    answer: Answer
    article: str
    data: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The form in which a notice keeps it."""
        return {"code": self.code, "answer": self.answer.value, "article": self.article, "data": dict(self.data)}


def check(file: File) -> list[Condition]:
    """The check-list of a formal notice, in the order a lawyer would go through it.

    Two invoices overdue, one of them contested in part, a known address: due yes, certain to be looked at, the rest
    yes. An insolvent customer or one without an address: no, whoever asks.
    """
    return [
        _due(file),
        _certain(file),
        _liquid(file),
        _parties(file),
        Condition("address", Answer.YES if file.has_address else Answer.NO, "C. civ. 1344"),
        _interest(file),
        Condition("insolvency", Answer.NO if file.is_insolvent else Answer.YES, "C. com. L622-21, L622-7"),
        _plan(file),
        _replies(file),
    ]


def _due(file: File) -> Condition:
    early = [line.document_number for line in file.lines if line.due_date >= file.today]
    inferred = [line.document_number for line in file.lines if line.due_inferred]
    if not file.lines or early:
        return Condition("due", Answer.NO, "C. civ. 1305-2", {"documents": early})
    answer = Answer.LOOK if inferred else Answer.YES
    return Condition("due", answer, "C. civ. 1305-2", {"documents": inferred})


def _certain(file: File) -> Condition:
    disputed = [line.document_number for line in file.lines if line.disputed_minor]
    answer = Answer.LOOK if disputed else Answer.YES
    return Condition("certain", answer, "C. civ. 1344, 1353", {"documents": disputed})


def _liquid(file: File) -> Condition:
    answer = Answer.LOOK if file.unapplied_minor else Answer.YES
    return Condition("liquid", answer, "C. civ. 1342-10", {"unapplied_minor": file.unapplied_minor})


def _parties(file: File) -> Condition:
    if file.company_gaps:
        return Condition("company", Answer.LOOK, "C. com. R123-237", {"gaps": list(file.company_gaps)})
    return Condition("company", Answer.YES, "C. com. R123-237")


def _interest(file: File) -> Condition:
    if not file.is_business:
        return Condition("interest", Answer.LOOK, "C. civ. 1231-6, C. com. L441-10", {"consumer": True})
    missing = [line.document_number for line in file.lines if line.interest_missing]
    if missing:
        return Condition("interest", Answer.LOOK, "C. com. L441-10", {"missing": missing})
    answer = Answer.LOOK if file.has_doubtful_values else Answer.YES
    return Condition("interest", answer, "C. com. L441-10, D441-5", {"doubtful": file.has_doubtful_values})


def _plan(file: File) -> Condition:
    plans = sorted({line.under_plan for line in file.lines if line.under_plan})
    return Condition("plan", Answer.NO if plans else Answer.YES, "C. civ. 1103", {"plans": plans})


def _replies(file: File) -> Condition:
    answer = Answer.LOOK if file.unread_replies else Answer.YES
    return Condition("replies", answer, "", {"count": file.unread_replies})


def refused(conditions: Sequence[Condition]) -> list[str]:
    """The conditions under which the notice cannot leave."""
    return [one.code for one in conditions if one.answer is Answer.NO]


def to_answer(conditions: Sequence[Condition]) -> list[str]:
    """The conditions a person must answer for before it leaves."""
    return [one.code for one in conditions if one.answer is Answer.LOOK]


# name, what is wanted, what the file says when it is not plainly so
WORDS: Mapping[str, tuple[str, str, str]] = {
    "due": (
        gettext_noop("Payable now"),
        gettext_noop("Every item is past its due date."),
        gettext_noop("A due date is still to come, or was worked out from the terms."),
    ),
    "certain": (
        gettext_noop("Certain"),
        gettext_noop("Nothing claimed is contested."),
        gettext_noop("A part is contested; only what is not contested is claimed."),
    ),
    "liquid": (
        gettext_noop("Of a known amount"),
        gettext_noop("No payment and no credit note waits to be applied."),
        gettext_noop("A payment or credit note waits to be applied on this account."),
    ),
    "company": (
        gettext_noop("Who claims"),
        gettext_noop("The letter carries form, capital, number, register and seat of the company."),
        gettext_noop("Form, number, register or seat of the company is missing on the letter."),
    ),
    "address": (
        gettext_noop("Address"),
        gettext_noop("The letter can be delivered; a registered letter that is not claimed stays valid."),
        gettext_noop("The customer's postal address is not complete."),
    ),
    "interest": (
        gettext_noop("Interest and annex"),
        gettext_noop("Interest and the EUR 40 are reckoned to the cent in the annex."),
        gettext_noop("Look at the interest: a private person, a missing rate or one still to be verified."),
    ),
    "insolvency": (
        gettext_noop("No insolvency"),
        gettext_noop("No proceeding is known."),
        gettext_noop("Proceedings are open: earlier debts are filed with the trustee, never claimed."),
    ),
    "plan": (
        gettext_noop("No payment plan"),
        gettext_noop("No plan that stands covers these items."),
        gettext_noop("A plan that stands covers an item: end it first."),
    ),
    "replies": (
        gettext_noop("Answers read"),
        gettext_noop("Nothing from the customer waits to be read."),
        gettext_noop("An answer of the customer waits to be read."),
    ),
}
