"""Connect mailboxes by OAuth, and renew their tokens before they end; every token is stored encrypted."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from encours.access import actions as access
from encours.core import secrets
from encours.core.actors import Actor
from encours.core.errors import EncoursError, Refused, Unavailable, gettext_noop
from encours.messaging import queries
from encours.messaging.models import MailAccount, OAuthClient, Security, SignIn
from encours.messaging.rules.mime import wire_address
from encours.messaging.rules.oauth import AHEAD, Refresh, Tokens, must_refresh

SUBMISSION_PORT = 587


class ProviderNotKnown(Refused):
    """Only Google and Microsoft are signed in to this way."""

    message = gettext_noop("There is no sign-in with “{provider}”.")


class ClientIncomplete(Refused):
    """The application registered with the provider is not told."""

    message = gettext_noop("Give the identifier and the secret of the application registered with the provider.")


class NoRefreshToken(Refused):
    """The provider gave a token for an hour only, so the mailbox would be lost after it."""

    message = gettext_noop("The provider did not allow to stay connected: connect again and agree to it.")


@transaction.atomic
def save_oauth_client(
    *, organisation_id: int, provider: str, client_id: str, client_secret: str, by: Actor, tenant: str = ""
) -> OAuthClient:
    """Keep the application registered with a provider; an empty secret keeps the one there is, encrypted."""
    if provider not in (SignIn.GOOGLE, SignIn.MICROSOFT):
        raise ProviderNotKnown(provider=provider)
    found = OAuthClient.objects.select_for_update().filter(organisation_id=organisation_id, provider=provider).first()
    client = found or OAuthClient(organisation_id=organisation_id, provider=provider)
    if client_secret:
        keys = secrets.working_keys(settings.ENCOURS_HOME)
        client.client_secret_encrypted = secrets.encrypt(client_secret, keys=keys)
    if not client_id.strip() or not client.client_secret_encrypted:
        raise ClientIncomplete(field="client_id" if not client_id.strip() else "client_secret")
    client.client_id, client.tenant = client_id.strip(), tenant.strip()
    client.save()
    _audit(organisation_id, by, "oauth_client_saved", provider, {"client": client.client_id})
    return client


@transaction.atomic
def connect_mailbox(
    *, organisation_id: int, user_id: int, provider: str, tokens: Tokens, host: str, name: str, by: Actor, now: datetime
) -> MailAccount:
    """Make a person's own account send with the mailbox they signed in to; a password kept before is forgotten.

    Refuses a mailbox without address, and one that could not stay connected.
    """
    email = wire_address(tokens.email)
    if not tokens.refresh_token:
        raise NoRefreshToken
    owner = {"organisation_id": organisation_id, "user_id": user_id, "entity_id": None}
    account = MailAccount.objects.select_for_update().filter(**owner).first() or MailAccount(**owner)
    account.host, account.port, account.security = host, SUBMISSION_PORT, Security.STARTTLS
    account.username = account.from_email = email
    account.from_name = account.from_name or name
    account.sign_in, account.password_encrypted = SignIn(provider), ""
    _keep(account, tokens)
    account.is_active, account.verified_at = True, now
    account.save()
    _audit(organisation_id, by, "mailbox_connected", str(account.pk), {"from": email, "provider": provider})
    return account


def refresh_tokens(*, organisation_id: int, refresh: Refresh, now: datetime) -> int:
    """Renew the tokens that end within minutes; what the provider refuses is noted with the account, for its owner.

    Two workers at once renew a token once: the row is held meanwhile. A provider that is silent is asked next time.
    """
    due = MailAccount.objects.filter(organisation_id=organisation_id, is_active=True, token_problem="").exclude(
        sign_in=SignIn.PASSWORD
    )
    count = 0
    for account_id in list(due.filter(token_ends_at__lte=now + AHEAD).values_list("pk", flat=True)):
        with transaction.atomic():
            account = due.select_for_update(skip_locked=True).filter(pk=account_id).first()
            if account is not None and must_refresh(account.token_ends_at, now=now):
                count += _refreshed(account, refresh, now)
    return count


def _refreshed(account: MailAccount, refresh: Refresh, now: datetime) -> int:
    keys = secrets.configured_keys(settings.ENCOURS_HOME)
    try:
        client = queries.oauth_access(account.sign_in, organisation_id=account.organisation_id)
        tokens = refresh(client, secrets.decrypt(account.refresh_token_encrypted, keys=keys), now)
    except Unavailable:
        return 0
    except EncoursError as error:
        account.token_problem = error.sentence[:500]
        account.save(update_fields=["token_problem"])
        by = Actor.system("mailboxes")
        _audit(account.organisation_id, by, "mailbox_disconnected", str(account.pk), {"problem": account.token_problem})
        return 0
    _keep(account, tokens)
    account.save(update_fields=["access_token_encrypted", "refresh_token_encrypted", "token_ends_at", "token_problem"])
    return 1


def _keep(account: MailAccount, tokens: Tokens) -> None:
    keys = secrets.working_keys(settings.ENCOURS_HOME)
    account.access_token_encrypted = secrets.encrypt(tokens.access_token, keys=keys)
    if tokens.refresh_token:
        account.refresh_token_encrypted = secrets.encrypt(tokens.refresh_token, keys=keys)
    account.token_ends_at, account.token_problem = tokens.ends_at, ""


def _audit(organisation_id: int, by: Actor, verb: str, subject: str, details: dict[str, str]) -> None:
    access.record_audit(
        by=by, organisation_id=organisation_id, verb=verb, subject_kind="mail_account", subject_id=subject,
        details=details,
    )  # fmt: skip
