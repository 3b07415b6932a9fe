"""Settings of mail providers that report by webhook, and what is kept of their reports."""

import secrets as chance
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction

from encours.access import actions as access
from encours.core import secrets
from encours.core.actors import Actor
from encours.core.errors import Refused, gettext_noop
from encours.messaging.actions.accounts import suppress
from encours.messaging.actions.reports import PRIVATE, messages_named, note_news
from encours.messaging.models import MailProvider, SuppressionReason
from encours.messaging.rules.gateway import News

UNSUBSCRIBED = "unsubscribed"


class ProviderSecretMissing(Refused):
    """Without its secret nobody can tell the provider's calls from a stranger's."""

    message = gettext_noop("Give the provider's secret: its calls are believed by it alone.")


@transaction.atomic
def save_mail_provider(
    *, organisation_id: int, provider: str, secret: str, keeps_opens: bool, is_active: bool, by: Actor
) -> MailProvider:
    """Make or change what is known of a provider; its address keeps its token, an empty secret the one there is."""
    found = MailProvider.objects.select_for_update().filter(organisation_id=organisation_id, provider=provider).first()
    kept = found or MailProvider(organisation_id=organisation_id, provider=provider, token=chance.token_urlsafe(32))
    if secret:
        keys = secrets.working_keys(settings.ENCOURS_HOME)
        kept.secret_encrypted = secrets.encrypt(secret, keys=keys)
    if not kept.secret_encrypted:
        raise ProviderSecretMissing(field="secret")
    kept.keeps_opens, kept.is_active = keeps_opens, is_active
    kept.save()
    access.record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="mail_provider_saved",
        subject_kind="mail_provider",
        subject_id=provider,
        details={"keeps_opens": keeps_opens, "active": is_active},
    )
    return kept


@transaction.atomic
def note_events(*, organisation_id: int, provider_id: int, news: Sequence[News], now: datetime, by: Actor) -> int:
    """Keep what a verified call reports of messages that are ours; opens and clicks only where they are wanted.

    The same event told again changes nothing. Who unsubscribes at the provider is written to no more.
    """
    kept = MailProvider.objects.get(organisation_id=organisation_id, pk=provider_id)
    wanted = [one for one in news if kept.keeps_opens or one.kind not in PRIVATE]
    count = note_news(organisation_id=organisation_id, news=[one for one in wanted if one.kind != UNSUBSCRIBED], by=by)
    ours = messages_named({one.reference for one in wanted}, organisation_id=organisation_id)
    for one in wanted:
        if one.kind == UNSUBSCRIBED and one.reference in ours and "@" in one.recipient:
            suppress(
                organisation_id=organisation_id,
                email=one.recipient,
                reason=SuppressionReason.OPTED_OUT,
                by=by,
                detail=str(one.detail.get("provider", "")),
            )
    MailProvider.objects.filter(pk=kept.pk).update(last_event_at=now)
    return count
