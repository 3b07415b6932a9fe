"""Read tenants, legal companies, members and the audit trail."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from encours.access import context, rules
from encours.access.models import AuditEntry, Entity, Membership, Organisation, SavedView
from encours.access.rules import OWN_PORTFOLIO_ROLES, Scope
from encours.core import statements
from encours.core.dates import business_date
from encours.core.errors import NotFound, Refused, gettext_noop
from encours.core.findings import Finding

PAGE_ENTRIES = 50
_CHAIN_SLICE = 5_000
_VERBS_FROM = 2_000
_BELONGING = statements.Joined(Membership, "m", "organisation")


def membership_of(user_id: int, *, organisation_id: int | None) -> Membership | None:
    """The user's active membership in the chosen organisation, else in the first they have."""
    rows = statements.rows(
        f"""select {_BELONGING.select} from access_membership m {_BELONGING.joins}
            where m.user_id = %s and m.is_active
            order by m.organisation_id is not distinct from %s::bigint desc, m.id limit 1""",
        [user_id, organisation_id],
    )
    return _BELONGING.made(rows[0]) if rows else None


def memberships_of(user_id: int) -> QuerySet[Membership]:
    """Where the person belongs, each with its organisation."""
    return Membership.objects.filter(user_id=user_id, is_active=True).select_related("organisation").order_by("pk")


def belongs_elsewhere(user_id: int, *, organisation_id: int) -> bool:
    """Whether the person has a place in another organisation too, which this one neither sees nor may open."""
    with context.seen_by(user_id):
        return memberships_of(user_id).exclude(organisation_id=organisation_id).exists()


def scope_of(membership: Membership) -> Scope:
    """The rows and rights the membership gives."""
    return Scope(
        organisation_id=membership.organisation_id,
        user_id=membership.user_id,
        role=membership.role,
        entity_ids=tuple(membership.entity_ids),
        own_portfolio_only=membership.own_portfolio_only or membership.role in OWN_PORTFOLIO_ROLES,
    )


def members(organisation_id: int) -> QuerySet[Membership]:
    """The people of an organisation, those who left last."""
    return (
        Membership.objects.filter(organisation_id=organisation_id)
        .select_related("user")
        .order_by("-is_active", "user__last_name", "user__first_name", "user__email")
    )


def organisations() -> QuerySet[Organisation]:
    """Every tenant of the installation, the oldest first: for the command line, which chooses one."""
    return Organisation.objects.order_by("pk")


class OrganisationUnknown(NotFound):
    """No such organisation."""

    message = gettext_noop("There is no such organisation.")


class OrganisationNotNamed(Refused):
    """Several organisations live here, and the command does not say which one is meant."""

    message = gettext_noop("Say which organisation is meant: {slugs}.")


def only_organisation(slug: str | None) -> Organisation:
    """The organisation of that name, or the only one there is when none is named."""
    found = list(organisations().filter(slug=slug)[:1] if slug else organisations()[:20])
    if not found:
        raise OrganisationUnknown
    if len(found) > 1:
        raise OrganisationNotNamed(slugs=", ".join(organisation.slug for organisation in found))
    return found[0]


def entities(scope: Scope) -> QuerySet[Entity]:
    """The legal companies the person sees."""
    found = Entity.objects.filter(organisation_id=scope.organisation_id).order_by("code")
    return found.filter(pk__in=scope.entity_ids) if scope.entity_ids else found


def zone_of(organisation_id: int) -> str:
    """The time zone in which an organisation's days are counted: its first company's."""
    asked = "select timezone from access_entity where organisation_id = %s order by id limit 1"
    found = statements.rows(asked, [organisation_id])
    return str(found[0][0]) if found and found[0][0] else settings.TIME_ZONE


def business_day(organisation_id: int, *, now: datetime) -> date:
    """The day that an instant belongs to in an organisation's calendar."""
    return business_date(now, timezone=zone_of(organisation_id))


def audit_page(
    organisation_id: int,
    *,
    before_sequence: int | None = None,
    subject_kind: str = "",
    subject_id: str = "",
    actor_id: int | None = None,
    verb: str = "",
    channel: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = PAGE_ENTRIES,
) -> list[AuditEntry]:
    """The audit trail, latest first; the next page begins before the last sequence of this one, `until` is excluded."""
    wanted: dict[str, Any] = {
        "sequence__lt": before_sequence,
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "actor_id": actor_id,
        "verb": verb,
        "channel": channel,
        "at__gte": since,
        "at__lt": until,
    }
    asked = {name: value for name, value in wanted.items() if value not in (None, "")}
    return list(AuditEntry.objects.filter(organisation_id=organisation_id, **asked).order_by("-sequence")[:limit])


def audit_verbs(organisation_id: int) -> list[str]:
    """The verbs among the latest entries of the trail, for the filter of its page."""
    latest = AuditEntry.objects.filter(organisation_id=organisation_id).order_by("-sequence")[:_VERBS_FROM]
    return sorted(set(latest.values_list("verb", flat=True)))


def verify_chain(organisation_id: int) -> list[Finding]:
    """Whether each audit entry is the one that was written and follows the one before it.

    The figure is the number of entries and the beginning of the last hash. Noted elsewhere, that hash also shows
    whether entries were cut off at the end, which no chain can tell by itself.
    """
    expected, previous = 1, rules.CHAIN_START
    for entry in _chain(organisation_id):
        broken = _break(entry, expected, previous)
        if broken:
            return [Finding(code="audit_chain", is_kept=False, figure=f"{expected - 1} entries", detail=broken)]
        expected, previous = entry.sequence + 1, bytes(entry.hash)
    return [Finding(code="audit_chain", is_kept=True, figure=f"{expected - 1} entries, {previous.hex()[:16]}")]


def chain_head(organisation_id: int) -> tuple[int, str]:
    """How many entries the trail has and the hash it ends with, to be noted where nobody can change it."""
    last = AuditEntry.objects.filter(organisation_id=organisation_id).order_by("-sequence").first()
    return (last.sequence, bytes(last.hash).hex()) if last else (0, rules.CHAIN_START.hex())


def _break(entry: AuditEntry, expected: int, previous: bytes) -> str:
    if entry.sequence != expected:
        return f"entry {expected} is missing"
    if bytes(entry.previous_hash) != previous:
        return f"entry {entry.sequence} does not follow entry {entry.sequence - 1}"
    if rules.chain_hash(previous, entry.chained()) != bytes(entry.hash):
        return f"entry {entry.sequence} was changed after it was written"
    return ""


def _chain(organisation_id: int) -> Iterator[AuditEntry]:
    """The whole trail in order, by slices, so that memory stays flat."""
    after = 0
    while True:
        entries = list(
            AuditEntry.objects.filter(organisation_id=organisation_id, sequence__gt=after).order_by("sequence")[
                :_CHAIN_SLICE
            ]
        )
        yield from entries
        if len(entries) < _CHAIN_SLICE:
            return
        after = entries[-1].sequence


def saved_views(scope: Scope, *, screen: str) -> list[SavedView]:
    """The views of a list that the person kept, and those that others share."""
    rows = statements.rows(
        f"""select {statements.columns(SavedView)} from access_savedview
            where organisation_id = %s and screen = %s and (user_id = %s or is_shared) order by name""",
        [scope.organisation_id, screen, scope.user_id],
    )
    return [statements.made(SavedView, row) for row in rows]
