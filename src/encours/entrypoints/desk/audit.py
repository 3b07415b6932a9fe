"""The audit trail: who changed what, through which door and why; verified as a chain, exported as a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext, gettext_lazy

from encours.access import queries as access
from encours.access.models import AuditEntry
from encours.entrypoints import exports, wording
from encours.entrypoints.desk import audit_words
from encours.entrypoints.desk.audit_words import Names
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.listing import Column, Listing
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import is_partial

COLUMNS = (
    Column("sequence", gettext_lazy("No."), "number", is_sortable=False),
    Column("at", gettext_lazy("When"), "date", is_sortable=False),
    Column("actor_name", gettext_lazy("Who"), is_sortable=False),
    Column("channel", gettext_lazy("Through"), is_sortable=False),
    Column("verb", gettext_lazy("What"), is_sortable=False),
    Column("subject", gettext_lazy("On"), is_sortable=False),
    Column("why", gettext_lazy("Why"), is_sortable=False),
    Column("details", gettext_lazy("Details"), is_sortable=False),
    Column("hash", gettext_lazy("Hash"), is_sortable=False),
)
_PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Line:
    """An entry as it is shown: its deed, its subject and its door in words, its details as pairs."""

    entry: AuditEntry
    words: str
    subject: str
    channel: str
    details: list[tuple[str, str]]
    hash: str

    @classmethod
    def of(cls, entry: AuditEntry, names: Names) -> "Line":
        return cls(
            entry,
            words=wording.verb(entry.verb),
            subject=audit_words.subject(entry, names),
            channel=wording.channel(entry.channel),
            details=audit_words.pairs(entry, names),
            hash=bytes(entry.hash).hex(),
        )


@screen("view_audit")
def audit(request: DeskRequest) -> HttpResponseBase:
    listing = Listing.of(request.GET, columns=COLUMNS, sort="-sequence")
    filters = _filters(request)
    if form := request.GET.get("export"):
        entries = access.audit_page(request.organisation_id, **filters, limit=exports.ROWS_MAX)
        return exports.sheet(form, name=gettext("audit-trail"), columns=COLUMNS, rows=map(_flat, entries))
    before = listing.after[0] if listing.after else None
    entries = access.audit_page(
        request.organisation_id, **filters, before_sequence=before, limit=access.PAGE_ENTRIES + 1
    )
    shown = entries[: access.PAGE_ENTRIES]
    has_more = len(entries) > access.PAGE_ENTRIES
    names = Names.of(shown, organisation_id=request.organisation_id, today=request.today)
    context: dict[str, Any] = {
        "listing": listing,
        "lines": [Line.of(entry, names) for entry in shown],
        "next_address": listing.next_address(shown[-1].sequence) if has_more else "",
    }
    if is_partial(request):
        return render(request, "desk/audit/list.html#rows", context)
    context |= {
        "filters": request.GET,
        "is_filtered": any(filters.values()),
        "members": access.members(request.organisation_id),
        "verbs": _verbs(request),
        "channels": [(code, wording.channel(code)) for code in wording.CHANNELS],
        "findings": access.verify_chain(request.organisation_id) if "verify" in request.GET else [],
        "head": access.chain_head(request.organisation_id),
    }
    return render(request, "desk/audit/list.html", context)


def _verbs(request: DeskRequest) -> list[tuple[str, str]]:
    found = [(verb, wording.verb(verb)) for verb in access.audit_verbs(request.organisation_id)]
    return sorted(found, key=lambda pair: pair[1].casefold())


def _filters(request: DeskRequest) -> dict[str, Any]:
    actor = request.GET.get("actor", "")
    until = _day(request.GET.get("until", ""))
    return {
        "actor_id": int(actor) if actor.isdecimal() and len(actor) < 18 else None,
        "verb": request.GET.get("verb", ""),
        "channel": request.GET.get("channel", ""),
        "subject_kind": request.GET.get("subject", ""),
        "since": _midnight(_day(request.GET.get("since", ""))),
        "until": _midnight(until + timedelta(days=1) if until else None),
    }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), tzinfo=_PARIS) if day else None


def _flat(entry: AuditEntry) -> dict[str, Any]:
    return {
        "sequence": entry.sequence,
        "at": entry.at.isoformat(),
        "actor_name": entry.actor_name,
        "channel": entry.channel,
        "verb": entry.verb,
        "subject": f"{entry.subject_kind} {entry.subject_id}".strip(),
        "why": entry.why,
        "details": "; ".join(f"{name}: {value}" for name, value in _pairs(entry.details)),
        "hash": bytes(entry.hash).hex(),
    }


def _pairs(details: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The details of a file's row, by the keys and codes programs know; a change reads "before → after"."""
    pairs: list[tuple[str, str]] = []
    for name, value in details.items():
        if name == "changed" and isinstance(value, Mapping):
            pairs += [(field, _change(pair)) for field, pair in value.items()]
        else:
            pairs.append((name, _plain(value)))
    return pairs


def _change(pair: Any) -> str:
    if isinstance(pair, list) and len(pair) == 2:
        return f"{_plain(pair[0])} → {_plain(pair[1])}"
    return _plain(pair)


def _plain(value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, list):
        return ", ".join(map(_plain, value)) or "—"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_plain(inner)}" for name, inner in value.items()) or "—"
    return str(value)


urlpatterns = [path("audit", audit, name="audit")]
