"""The details of an audit entry as a person reads them: each key by its label, each value in the words of its room."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, cast

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, pgettext_lazy

from encours.access import queries as access
from encours.access.models import AuditEntry, Entity, Role
from encours.collections.day_models import OUTCOMES as CALL_OUTCOMES
from encours.collections.models import PauseReason, PromiseSource
from encours.collections.queries import happenings
from encours.collections.rules import event_rules
from encours.conversation.models import Asked
from encours.customers.models import ContactRole, Customer, OwnerRole
from encours.disputes.models import DisputeOutcome, DisputeReason
from encours.entrypoints import formats, wording
from encours.entrypoints.desk.audit_labels import LABELS
from encours.entrypoints.desk.cash_words import HOW, TREATMENTS
from encours.imports.models import FileKind
from encours.ledger.models import ItemKind
from encours.mailings.models import CampaignKind
from encours.matching.models import RuleEffect
from encours.messaging.channel_models import Channel
from encours.messaging.models import HoldUntil, MailClass, SuppressionReason
from encours.messaging.models import State as MessageState
from encours.payments.models import AccountKind, AdviceSource
from encours.penalties.models import Imputation, SuspensionKind
from encours.plans.models import State as PlanState
from encours.portal.models import Elsewhere
from encours.recovery.bad_debt_models import BadDebtDecision, BadDebtKind
from encours.recovery.handover_models import HandOverEnd, PartnerKind, StatusCode
from encours.recovery.models import ActKind, LimitationKind, NoticeOutcome, ProceedingKind
from encours.team.models import TaskSource
from encours.team.notice_models import ByMail, NoticeKind

type Words = Mapping[str, str | Promise]

_LANGUAGES: Words = {"fr": pgettext_lazy("detail", "French"), "en": pgettext_lazy("detail", "English")}


def _all(*kinds: Any) -> dict[str, str | Promise]:
    """The codes of these lists of choices with their words."""
    return {str(code): label for kind in kinds for code, label in getattr(kind, "choices", kind)}


# codes of one meaning wherever they are written
_CODES: Mapping[str, Words] = {
    "role": _all(Role, OwnerRole, ContactRole),
    "channel": _all(Channel),
    "how": HOW,
    "effect": _all(RuleEffect),
    "elsewhere": _all(Elsewhere),
    "hold_until": _all(HoldUntil),
    "is": _all(MailClass),
    "was": _all(MailClass),
    "language": _LANGUAGES,
    "treatment": {str(code): label for code, label in TREATMENTS.items()},
    "mentions": _all(ByMail),
    "others": _all(ByMail),
    "imputation": _all(Imputation),
    "decision": _all(BadDebtDecision),
    "ended_as": _all(HandOverEnd),
    "regime": _all(LimitationKind),
    "reason": _all(PauseReason, DisputeReason, SuppressionReason),
    "source": _all(TaskSource, AdviceSource, PromiseSource),
    "state": _all(MessageState, PlanState),
}
# codes whose meaning the deed decides
_CODES_OF_DEED: Mapping[tuple[str, str], Words] = {
    ("open_dispute", "reason"): _all(DisputeReason),
    ("address_suppressed", "reason"): _all(SuppressionReason),
    ("record_call", "outcome"): _all(CALL_OUTCOMES),
    ("close_dispute", "outcome"): _all(DisputeOutcome),
    ("formal_notice_outcome", "outcome"): _all(NoticeOutcome),
    ("hand_over_event", "code"): _all(StatusCode),
    ("import", "kind"): _all(FileKind),
    ("add_partner", "kind"): _all(PartnerKind),
    ("note_legal_act", "kind"): _all(ActKind),
    ("withdraw_legal_act", "kind"): _all(ActKind),
    ("notify", "kind"): _all(NoticeKind),
    ("record_proceeding", "kind"): _all(ProceedingKind),
    ("suspend_penalties", "kind"): _all(SuspensionKind),
    ("propose_bad_debt", "kind"): _all(BadDebtKind),
    ("choose_counterpart", "kind"): _all(ItemKind),
    ("confirm_bank_account", "kind"): _all(AccountKind),
    ("campaign_saved", "kind"): _all(CampaignKind),
    ("proposal_accepted", "kind"): _all(Asked),
    ("proposal_edited", "kind"): _all(Asked),
    ("proposal_rejected", "kind"): _all(Asked),
    ("proposal_rejected", "really"): _all(Asked),
}
_PEOPLE = frozenset(
    {"assignee", "called_by", "collector", "collector_id", "owner", "person", "sales_rep", "sales_rep_id"}
    | {"substitute", "success_owner", "success_owner_id", "told", "user", "user_id"}
)
_CUSTOMERS = frozenset({"customer", "customer_id", "customers", "parent_id"})
_OTHER_NAMES = {"entity": "entities", "entity_ids": "entities", "scenario_id": "scenarios", "segment_id": "segments",
                "segment": "segments"}  # fmt: skip
# what programs find an entry again by stands after what people read
_LAST = frozenset(
    {"bytes", "generation", "id", "key", "keys", "legs", "occurrence", "proof_sha256", "series", "sha256"}
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")
_HOUR = re.compile(r"(\d\d:\d\d):00")


@dataclass(frozen=True)
class Names:
    """What stands behind the numbers of some entries: people, customers, companies, scenarios, segments."""

    today: date
    people: Mapping[int, str] = field(default_factory=dict)
    customers: Mapping[int, str] = field(default_factory=dict)
    entities: Mapping[int, str] = field(default_factory=dict)
    scenarios: Mapping[int, str] = field(default_factory=dict)
    segments: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Sequence[AuditEntry], *, organisation_id: int, today: date) -> "Names":
        """The names these entries need, asked once each."""
        wanted = {pk for entry in entries for pk in _customers_of(entry)}
        found = Customer.objects.filter(organisation_id=organisation_id, pk__in=wanted)
        return cls(
            today,
            people={one.user_id: one.user.display_name for one in access.members(organisation_id)},
            customers={pk: f"{name} {number}" for pk, name, number in found.values_list("pk", "name", "number")},
            entities=dict(Entity.objects.filter(organisation_id=organisation_id).values_list("pk", "name")),
            scenarios=happenings.scenarios_of(organisation_id),
            segments=happenings.segments_of(organisation_id),
        )


def _customers_of(entry: AuditEntry) -> Iterator[int]:
    if entry.subject_kind == "customer" and entry.subject_id.isdecimal():
        yield int(entry.subject_id)
    for key in _CUSTOMERS & entry.details.keys():
        value = entry.details[key]
        yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, int))


def subject(entry: AuditEntry, names: Names) -> str:
    """What an entry is about: a customer, company, person or scenario by its name, else by its number."""
    known = {
        "customer": names.customers,
        "entity": names.entities,
        "user": names.people,
        "scenario": names.scenarios,
        "segment": names.segments,
    }.get(entry.subject_kind, {})
    told = known.get(int(entry.subject_id), "") if entry.subject_id.isdecimal() and len(entry.subject_id) < 19 else ""
    return f"{wording.subject(entry.subject_kind)} {told or entry.subject_id}".strip()


def label(key: str) -> str:
    """A key of the details in words: "amount_minor" -> "Amount"."""
    return str(LABELS[key]) if key in LABELS else key.replace("_", " ").capitalize()


def pairs(entry: AuditEntry, names: Names) -> list[tuple[str, str]]:
    """The details as label and value; a change reads "before → after"; amounts take the currency beside them."""
    details = {name: value for name, value in entry.details.items() if not _says_nothing(name, value)}
    said = partial(_said, verb=entry.verb, currency=str(details.get("currency") or "EUR"), names=names)
    found: list[tuple[str, str]] = []
    for name, value in sorted(details.items(), key=lambda pair: pair[0] in _LAST):
        if name == "changed" and isinstance(value, Mapping):
            found += [(label(column), _change(column, change, said)) for column, change in value.items()]
        else:
            found.append((label(name), said(name, value)))
    return found


def _says_nothing(name: str, value: Any) -> bool:
    """An empty note, a missing reason: what was left empty is no detail, unless it is what something changed to."""
    return value in (None, "", [], {}) and name not in {"before", "after"}


def _change(name: str, change: Any, said: Callable[[str, Any], str]) -> str:
    if isinstance(change, list) and len(change) == 2:
        return f"{said(name, change[0])} → {said(name, change[1])}"
    return said(name, change)


def _said(name: str, value: Any, *, verb: str, currency: str, names: Names) -> str:
    again = partial(_said, verb=verb, currency=currency, names=names)
    if value is None or value == "":
        return "—"
    if isinstance(value, Mapping):
        inner = str(value.get("currency") or currency)
        told = partial(again, currency=inner)
        return ", ".join(f"{label(key)} {told(key, one)}" for key, one in value.items() if one not in ("", None)) or "—"
    if isinstance(value, list):
        if _is_amount(value):
            return _money(value[0], value[1])
        return (
            " ; ".join(again(name, one) for one in value)
            if _is_deep(value)
            else ", ".join(again(name, one) for one in value) or "—"
        )
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, int):
        return _number(name, value, currency=currency, names=names)
    return _text(name, str(value), verb=verb, names=names)


def _is_amount(value: list[Any]) -> bool:
    return len(value) == 2 and isinstance(value[0], int) and isinstance(value[1], str) and len(value[1]) == 3


def _is_deep(value: Iterable[Any]) -> bool:
    return any(isinstance(one, list | Mapping) for one in value)


def _number(name: str, value: int, *, currency: str, names: Names) -> str:
    language = formats.known_language(get_language())
    if name.endswith("_minor") or name == "amount":
        return _money(value, currency)
    if name in _PEOPLE:
        return names.people.get(value, str(value))
    if name in _CUSTOMERS and name != "customers":
        return names.customers.get(value, str(value))
    if name in _OTHER_NAMES:
        known = cast("Mapping[int, str]", getattr(names, _OTHER_NAMES[name]))
        return known.get(value, str(value))
    if name == "rate_ppm":
        return formats.number(Decimal(value) / 1_000_000, language=language, decimals=6)
    for ending, whole in (("_ppm", 1_000_000), ("_permyriad", 10_000), ("_permille", 1_000)):
        if name.endswith(ending):
            return formats.percent(Decimal(value) / whole, language=language)
    return str(value)


def _money(minor: int, currency: str) -> str:
    return formats.money(minor, currency, language=formats.known_language(get_language()))


def _text(name: str, value: str, *, verb: str, names: Names) -> str:
    language = formats.known_language(get_language())
    words = _CODES_OF_DEED.get((verb, name)) or _CODES.get(name, {})
    if value in words:
        return str(words[value])
    if name == "event":
        return event_rules.event_name(value, translate=gettext)
    if name == "default_terms":
        return wording.terms(value)
    if _DAY.fullmatch(value):
        return formats.day_full(date.fromisoformat(value), language=language)
    if _INSTANT.fullmatch(value):
        return formats.instant(datetime.fromisoformat(value), today=names.today, language=language)
    if hour := _HOUR.fullmatch(value):
        return hour[1]
    return value
