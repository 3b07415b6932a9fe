"""The only writers of tenants, legal companies, people, rights and the audit trail."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.text import slugify

from encours.access import context, rules
from encours.access.models import AuditEntry, Entity, Membership, Organisation, Role, SavedView, User
from encours.access.queries import OrganisationUnknown
from encours.core import ids
from encours.core.actors import Actor
from encours.core.currencies import exponent
from encours.core.dates import zone
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop, jsonable
from encours.core.terms import Terms


class EntityCodeTaken(Conflict):
    """Two legal companies of an organisation may not share a code."""

    message = gettext_noop("The code {code} already names another company.")


class EntityUnknown(NotFound):
    """No such legal company in this organisation."""

    message = gettext_noop("There is no such company in this organisation.")


class FieldNotEditable(Refused):
    """The field does not exist or is decided once, when the row is made."""

    message = gettext_noop("“{field}” cannot be changed.")


class ChoiceUnknown(Refused):
    """The value is none of those the field offers."""

    message = gettext_noop("“{value}” is not among the choices.")


class RoleUnknown(Refused):
    """The role is none of those the product knows."""

    message = gettext_noop("“{role}” is not a role.")


class MemberAlready(Conflict):
    """A person has one role in an organisation."""

    message = gettext_noop("{email} already belongs to this organisation.")


class MemberUnknown(NotFound):
    """No such member in this organisation."""

    message = gettext_noop("There is no such person in this organisation.")


class LastAdministrator(Refused):
    """An organisation that nobody administers could not be repaired from the inside."""

    message = gettext_noop("This is the last administrator: name another one first.")


class PasswordWeak(Refused):
    """The password fails a rule of the installation."""

    message = gettext_noop("This password is too easy to guess: {reason}")


class ViewUnnamed(Refused):
    """A kept view needs a name to be found again."""

    message = gettext_noop("Give the view a name.")


class ViewUnknown(NotFound):
    """No such view, or another person's."""

    message = gettext_noop("This view is gone already.")


def record_audit(
    *,
    by: Actor,
    organisation_id: int,
    verb: str,
    subject_kind: str,
    subject_id: object = "",
    why: str = "",
    details: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Add one entry to the organisation's audit trail, chained to the entry before it.

    Call it last in an action's transaction: writers of the same organisation wait for one another from here to the
    commit, which is what keeps the chain a chain.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("an audit entry belongs to the transaction of the change it records")
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(hashtext('access.audit'), %s), clock_timestamp()", [organisation_id]
        )
        at = cursor.fetchone()[1]
    last = AuditEntry.objects.filter(organisation_id=organisation_id).order_by("-sequence").first()
    entry = AuditEntry(
        organisation_id=organisation_id,
        sequence=last.sequence + 1 if last else 1,
        at=at,
        actor_id=by.user_id,
        actor_name=by.name,
        channel=by.channel,
        verb=verb,
        subject_kind=subject_kind,
        subject_id=str(subject_id),
        why=why,
        details=jsonable(dict(details or {})),
        previous_hash=bytes(last.hash) if last else rules.CHAIN_START,
    )
    entry.hash = rules.chain_hash(bytes(entry.previous_hash), entry.chained())
    entry.save(force_insert=True)
    return entry


@transaction.atomic
def create_organisation(*, by: Actor, name: str, language: str = "fr", sandbox: bool = True) -> Organisation:
    """A new tenant, empty and in the sandbox; its address name is made unique, nothing is refused."""
    wanted = slugify(name) or "organisation"
    taken = set(Organisation.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    slug, number = wanted, 2
    while slug in taken:
        slug, number = f"{wanted}-{number}", number + 1
    organisation = Organisation.objects.create(name=name, slug=slug, language=language, sandbox=sandbox)
    with context.bound(organisation.pk):
        record_audit(
            by=by,
            organisation_id=organisation.pk,
            verb="create_organisation",
            subject_kind="organisation",
            subject_id=organisation.pk,
            details={"name": name, "slug": slug, "sandbox": sandbox},
        )
    return organisation


@transaction.atomic
def update_organisation(
    *, by: Actor, organisation_id: int, name: str | None = None, language: str | None = None
) -> Organisation:
    """Change the name or the language that messages fall back to; the address name stays, because links hold it."""
    organisation = _organisation(organisation_id)
    changed = _changed(organisation, {"name": name or organisation.name, "language": language or organisation.language})
    if changed:
        organisation.save(update_fields=list(changed))
        record_audit(
            by=by,
            organisation_id=organisation_id,
            verb="update_organisation",
            subject_kind="organisation",
            subject_id=organisation_id,
            details={"changed": changed},
        )
    return organisation


@transaction.atomic
def set_sandbox(*, by: Actor, organisation_id: int, sandbox: bool, why: str) -> Organisation:
    """Let messages leave, or hold all of them; who opened the gate, and why, stays in the audit trail."""
    organisation = _organisation(organisation_id)
    if organisation.sandbox != sandbox:
        organisation.sandbox = sandbox
        organisation.save(update_fields=["sandbox"])
        record_audit(
            by=by,
            organisation_id=organisation_id,
            verb="enter_sandbox" if sandbox else "leave_sandbox",
            subject_kind="organisation",
            subject_id=organisation_id,
            why=why,
        )
    return organisation


_ENTITY_TEXTS = frozenset(
    {"name", "legal_form", "rcs_city", "capital_minor", "street", "postcode", "city", "country", "phone"}
    | {"holiday_region", "penalty_mention", "discount_mention"}
)
_BANK_DETAILS = frozenset({"iban", "bic"})


def _entity_value(field: str, value: Any) -> Any:
    """A field of a legal company in its normal form; what cannot be right is refused."""
    match field:
        case _ if field in _ENTITY_TEXTS or value == "":
            return value
        case "siren":
            return ids.check_siren(value).required()
        case "vat_number":
            return ids.check_vat_number(value).required()
        case "iban":
            return ids.check_iban(value).required()
        case "bic":
            return ids.check_bic(value).required()
        case "email":
            return ids.check_email(value).required()
        case "default_terms":
            return Terms.parse(value).code
        case "timezone":
            return zone(value).key
        case _:
            raise FieldNotEditable(field=field)


@transaction.atomic
def create_entity(
    *,
    by: Actor,
    organisation_id: int,
    code: str,
    name: str,
    currency: str = "EUR",
    details: Mapping[str, Any] | None = None,
) -> Entity:
    """A new legal company that sells and is owed; its code is unique and its currency never changes.

    Refused when an identifier among `details` (siren, vat_number, iban, bic, email, terms, time zone) cannot be right.
    """
    exponent(currency)
    if Entity.objects.filter(organisation_id=organisation_id, code=code).exists():
        raise EntityCodeTaken(code=code)
    values = {field: _entity_value(field, value) for field, value in (details or {}).items()}
    entity = Entity.objects.create(organisation_id=organisation_id, code=code, name=name, currency=currency, **values)
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="create_entity",
        subject_kind="entity",
        subject_id=entity.pk,
        details={"code": code, "name": name, "currency": currency, **values},
    )
    return entity


@transaction.atomic
def update_entity(
    *, by: Actor, organisation_id: int, entity_id: int, changes: Mapping[str, Any], why: str = ""
) -> Entity:
    """Change what letters and messages say of a legal company; code and currency stay.

    A change of bank details is a verb of its own in the audit trail, because it moves where customers send money.
    """
    entity = Entity.objects.select_for_update(no_key=True).filter(organisation_id=organisation_id, pk=entity_id).first()
    if entity is None:
        raise EntityUnknown
    changed = _changed(entity, {field: _entity_value(field, value) for field, value in changes.items()})
    if changed:
        entity.save(update_fields=list(changed))
        record_audit(
            by=by,
            organisation_id=organisation_id,
            verb="change_bank_details" if _BANK_DETAILS & changed.keys() else "update_entity",
            subject_kind="entity",
            subject_id=entity_id,
            why=why,
            details={"changed": changed},
        )
    return entity


@transaction.atomic
def invite_user(
    *,
    by: Actor,
    organisation_id: int,
    email: str,
    role: str,
    first_name: str = "",
    last_name: str = "",
    language: str = "fr",
    entity_ids: Sequence[int] = (),
    own_portfolio_only: bool = False,
) -> Membership:
    """Give a person a role here, making their account if they have none; they choose a password by a mailed link.

    Refused when the address cannot be one, the role is unknown, or the person already belongs here.
    """
    address = ids.check_email(email).required()
    user = User.objects.filter(email__iexact=address).first()
    if user is None:
        user = User(email=address, first_name=first_name, last_name=last_name, language=language)
        user.set_unusable_password()
        user.save()
    return add_membership(
        by=by,
        organisation_id=organisation_id,
        user=user,
        role=role,
        entity_ids=entity_ids,
        own_portfolio_only=own_portfolio_only,
    )


@transaction.atomic
def add_membership(
    *,
    by: Actor,
    organisation_id: int,
    user: User,
    role: str,
    entity_ids: Sequence[int] = (),
    own_portfolio_only: bool = False,
) -> Membership:
    """Give an existing account a role here; a person who left gets their place back, with the role told now."""
    _organisation(organisation_id)
    _check_role(role)
    _check_entities(organisation_id, entity_ids)
    found = Membership.objects.filter(organisation_id=organisation_id, user=user).first()
    if found is not None and found.is_active:
        raise MemberAlready(email=user.email)
    membership = found or Membership(organisation_id=organisation_id, user=user)
    membership.role = role
    membership.entity_ids = list(entity_ids)
    membership.own_portfolio_only = own_portfolio_only
    membership.is_active = True
    membership.save()
    _record_member(by, membership, "add_member", {"email": user.email})
    return membership


@transaction.atomic
def change_role(
    *,
    by: Actor,
    organisation_id: int,
    membership_id: int,
    role: str,
    entity_ids: Sequence[int] = (),
    own_portfolio_only: bool = False,
    why: str = "",
) -> Membership:
    """Change what a person may do and which rows they see; the last administrator keeps the role."""
    membership = _locked_member(organisation_id, membership_id)
    _check_role(role)
    _check_entities(organisation_id, entity_ids)
    if role != Role.ADMIN:
        _keep_an_administrator(membership)
    changed = _changed(
        membership, {"role": role, "entity_ids": list(entity_ids), "own_portfolio_only": own_portfolio_only}
    )
    if changed:
        membership.save(update_fields=list(changed))
        _record_member(by, membership, "change_role", {"changed": changed}, why=why)
    return membership


@transaction.atomic
def deactivate(*, by: Actor, organisation_id: int, membership_id: int, why: str = "") -> Membership:
    """End a person's access here at once; what they did stays theirs, and the last administrator stays."""
    membership = _locked_member(organisation_id, membership_id)
    _keep_an_administrator(membership)
    if membership.is_active:
        membership.is_active = False
        membership.save(update_fields=["is_active"])
        _record_member(by, membership, "deactivate_member", {}, why=why)
    return membership


LANGUAGES = frozenset(code for code, _ in settings.LANGUAGES)
THEMES = frozenset({"", "auto", "light", "dark"})
_PROFILE = frozenset({"first_name", "last_name", "language", "theme", "phone", "title"})


@transaction.atomic
def update_profile(*, by: Actor, organisation_id: int, user_id: int, changes: Mapping[str, str]) -> User:
    """Change how a person is named and reads the product; the e-mail address is the login and stays."""
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise MemberUnknown
    for field in changes:
        if field not in _PROFILE:
            raise FieldNotEditable(field=field)
    for field, choices in (("language", LANGUAGES), ("theme", THEMES)):
        if field in changes and changes[field] not in choices:
            raise ChoiceUnknown(value=changes[field][:20])
    changed = _changed(user, changes)
    if changed:
        user.save(update_fields=list(changed))
        record_audit(
            by=by,
            organisation_id=organisation_id,
            verb="update_profile",
            subject_kind="user",
            subject_id=user_id,
            details={"changed": changed},
        )
    return user


@transaction.atomic
def set_password(*, by: Actor, organisation_id: int, user_id: int, password: str) -> User:
    """Set a member's password, refused when it is easy to guess; the trail says who did, never what."""
    membership = Membership.objects.filter(organisation_id=organisation_id, user_id=user_id).first()
    if membership is None:
        raise MemberUnknown
    user = membership.user
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        raise PasswordWeak(reason=" ".join(error.messages)) from None
    user.set_password(password)
    user.save(update_fields=["password"])
    _record_member(by, membership, "set_password", {})
    return user


def _organisation(organisation_id: int) -> Organisation:
    """The tenant, locked: two changes of its people or its gate happen one after the other."""
    found = Organisation.objects.select_for_update(no_key=True).filter(pk=organisation_id).first()
    if found is None:
        raise OrganisationUnknown
    return found


def _locked_member(organisation_id: int, membership_id: int) -> Membership:
    _organisation(organisation_id)
    found = Membership.objects.filter(organisation_id=organisation_id, pk=membership_id).select_related("user").first()
    if found is None:
        raise MemberUnknown
    return found


def _check_role(role: str) -> None:
    if role not in Role.values:
        raise RoleUnknown(role=role)


def _check_entities(organisation_id: int, entity_ids: Sequence[int]) -> None:
    known = Entity.objects.filter(organisation_id=organisation_id, pk__in=entity_ids).count()
    if known != len(set(entity_ids)):
        raise EntityUnknown


def _keep_an_administrator(membership: Membership) -> None:
    if membership.role != Role.ADMIN or not membership.is_active:
        return
    others = Membership.objects.filter(
        organisation_id=membership.organisation_id, role=Role.ADMIN, is_active=True
    ).exclude(pk=membership.pk)
    if not others.exists():
        raise LastAdministrator


def _changed(row: Any, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Set the values on the row; the fields that differ, each with what it was and what it is now."""
    changed = {}
    for field, value in values.items():
        before = getattr(row, field)
        if before != value:
            setattr(row, field, value)
            changed[field] = [before, value]
    return changed


def _record_member(by: Actor, membership: Membership, verb: str, details: Mapping[str, Any], *, why: str = "") -> None:
    record_audit(
        by=by,
        organisation_id=membership.organisation_id,
        verb=verb,
        subject_kind="membership",
        subject_id=membership.pk,
        why=why,
        details={
            "user_id": membership.user_id,
            "role": membership.role,
            "entity_ids": membership.entity_ids,
            "own_portfolio_only": membership.own_portfolio_only,
            **details,
        },
    )


@transaction.atomic
def keep_view(*, scope: rules.Scope, screen: str, name: str, query: str) -> SavedView:
    """Keep a list's filters and order under a name of the person's own; the same name again replaces it.

    A convenience of one person, so it leaves no trace in the audit trail.
    """
    wanted = name.strip()[:60]
    if not wanted:
        raise ViewUnnamed
    view, _ = SavedView.objects.update_or_create(
        organisation_id=scope.organisation_id,
        user_id=_person(scope),
        screen=screen,
        name=wanted,
        defaults={"query": query},
    )
    return view


@transaction.atomic
def remove_view(*, scope: rules.Scope, view_id: int) -> SavedView:
    """Forget one of the person's own views; refuses those of others."""
    view = SavedView.objects.filter(organisation_id=scope.organisation_id, user_id=_person(scope), pk=view_id).first()
    if view is None:
        raise ViewUnknown
    view.delete()
    return view


def _person(scope: rules.Scope) -> int:
    """A view is a person's; a scope without one (a job, the command line) keeps none."""
    if scope.user_id is None:
        raise MemberUnknown
    return scope.user_id
