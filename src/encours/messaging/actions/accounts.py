"""Write mail accounts, the list of addresses not to write to, and the switches of channels."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from encours.access import actions as access
from encours.core import secrets
from encours.core.actors import Actor
from encours.core.errors import Refused, gettext_noop
from encours.messaging.models import ChannelSwitch, MailAccount, Security, SignIn, Suppression, SuppressionReason
from encours.messaging.queries import server_of
from encours.messaging.rules import domain
from encours.messaging.rules.domain import DomainFinding
from encours.messaging.rules.mime import HeaderUnsafe, is_safe, wire_address
from encours.messaging.rules.server import Connect

type LookUp = Callable[[Sequence[str]], domain.Records]


class AccountIncomplete(Refused):
    """A mail account lacks its server or names an unknown kind of protection."""

    message = gettext_noop("A mail account needs a server, a port and a kind of protection.")


class PasswordInClear(Refused):
    """A password would travel unprotected over a network."""

    message = gettext_noop("A password is only sent over TLS or STARTTLS: choose one of them for {host}.")


@dataclass(frozen=True, slots=True)
class AccountForm:
    """What a person fills in to write from an address; an empty password keeps the one there is."""

    host: str
    port: int
    security: str
    from_email: str
    from_name: str = ""
    username: str = ""
    password: str = ""
    reply_to: str = ""
    has_plus_addresses: bool = False


@transaction.atomic
def save_mail_account(
    *, organisation_id: int, form: AccountForm, by: Actor, user_id: int | None = None, entity_id: int | None = None
) -> MailAccount:
    """Make or change the account of a person, of a company, or (neither given) of the whole organisation.

    The password is encrypted under the installation's key before it is stored; changing anything asks for a new test.
    """
    _check(form)
    owner = {"organisation_id": organisation_id, "user_id": user_id, "entity_id": entity_id}
    account = MailAccount.objects.select_for_update().filter(**owner).first() or MailAccount(**owner)
    if form.password:
        secrets.ensure_key(settings.ENCOURS_HOME)
        keys = secrets.configured_keys(settings.ENCOURS_HOME)
        account.password_encrypted = secrets.encrypt(form.password, keys=keys)
    elif not form.username:
        account.password_encrypted = ""
    account.host, account.port, account.security = form.host.strip(), form.port, form.security
    account.username, account.reply_to = form.username.strip(), form.reply_to.strip()
    account.from_name, account.from_email = form.from_name.strip(), form.from_email.strip()
    account.has_plus_addresses = form.has_plus_addresses
    if form.password or not form.username:
        account.sign_in, account.access_token_encrypted, account.refresh_token_encrypted = SignIn.PASSWORD, "", ""
        account.token_ends_at, account.token_problem = None, ""
    account.is_active, account.verified_at = True, None
    account.save()
    details = {"from": account.from_email, "host": account.host, "port": account.port, "security": account.security}
    _audit(organisation_id, by, "mail_account_saved", account.pk, details)
    return account


def _check(form: AccountForm) -> None:
    if not form.host.strip() or not 0 < form.port < 65536 or form.security not in Security.values:
        raise AccountIncomplete
    if form.password and form.security == Security.NONE:
        raise PasswordInClear(host=form.host)
    wire_address(form.from_email)
    if form.reply_to:
        wire_address(form.reply_to)
    if not is_safe(form.from_name):
        raise HeaderUnsafe(header="From")


def _audit(organisation_id: int, by: Actor, verb: str, account_id: int, details: Mapping[str, Any]) -> None:
    access.record_audit(
        by=by,
        organisation_id=organisation_id,
        verb=verb,
        subject_kind="mail_account",
        subject_id=str(account_id),
        why="",
        details=dict(details),
    )


def verify_mail_account(*, organisation_id: int, account_id: int, connect: Connect, by: Actor, now: datetime) -> None:
    """Sign in to the account's server once, and note that it worked; the server's refusal is passed on."""
    account = MailAccount.objects.get(organisation_id=organisation_id, pk=account_id)
    connect(server_of(account)).close()
    with transaction.atomic():
        MailAccount.objects.filter(pk=account.pk).update(verified_at=now)
        _audit(organisation_id, by, "mail_account_verified", account.pk, {})


def check_domain(
    *, organisation_id: int, account_id: int, look_up: LookUp, by: Actor, now: datetime
) -> dict[str, DomainFinding]:
    """Ask what the account's domain publishes for SPF, DKIM and DMARC, and keep the findings with the account."""
    account = MailAccount.objects.get(organisation_id=organisation_id, pk=account_id)
    name = wire_address(account.from_email).rpartition("@")[2].lower()
    found = domain.findings(name, look_up(domain.names_to_ask(name)))
    kept = {code: finding.as_json() for code, finding in found.items()}
    with transaction.atomic():
        MailAccount.objects.filter(pk=account.pk).update(domain_findings=kept, domain_checked_at=now)
        verdicts = {code: finding.verdict for code, finding in found.items()}
        _audit(organisation_id, by, "mail_domain_checked", account.pk, verdicts)
    return found


@transaction.atomic
def suppress(*, organisation_id: int, email: str, reason: str, by: Actor, detail: str = "") -> None:
    """Write to this address no more; the first reason given stays."""
    if Suppression.objects.filter(organisation_id=organisation_id, email__iexact=email).exists():
        return
    Suppression.objects.bulk_create(
        [
            Suppression(
                organisation_id=organisation_id,
                email=email.strip().lower(),
                reason=SuppressionReason(reason),
                detail=detail[:500],
            )
        ],
        ignore_conflicts=True,
    )
    access.record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="address_suppressed",
        subject_kind="address",
        subject_id=email[:80],
        why=detail[:500],
        details={"reason": reason},
    )


@transaction.atomic
def lift_suppression(*, organisation_id: int, email: str, why: str, by: Actor) -> None:
    """Write to this address again."""
    Suppression.objects.filter(organisation_id=organisation_id, email__iexact=email).delete()
    access.record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="address_allowed_again",
        subject_kind="address",
        subject_id=email[:80],
        why=why,
        details={},
    )


def close_channel(*, organisation_id: int, channel: str, why: str, by: Actor, now: datetime) -> None:
    """Stop a channel: what is being handed over ends, nothing more leaves until it is opened again."""
    _switch(organisation_id, channel, is_open=False, why=why, by=by, now=now)


def open_channel(*, organisation_id: int, channel: str, why: str, by: Actor, now: datetime) -> None:
    """Let a channel send again."""
    _switch(organisation_id, channel, is_open=True, why=why, by=by, now=now)


@transaction.atomic
def _switch(organisation_id: int, channel: str, *, is_open: bool, why: str, by: Actor, now: datetime) -> None:
    ChannelSwitch.objects.update_or_create(
        organisation_id=organisation_id,
        channel=channel,
        defaults={"is_open": is_open, "why": why, "actor_name": by.name, "changed_at": now},
    )
    access.record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="channel_opened" if is_open else "channel_closed",
        subject_kind="channel",
        subject_id=channel,
        why=why,
        details={},
    )
