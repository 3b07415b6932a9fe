"""What goes with the channels: gateways, print batches, what was learnt of a message after it left, OAuth clients."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from encours.access.models import Scoped


class Channel(models.TextChoices):
    """How a message goes out; the same names as `rules.channels`."""

    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    LETTER = "letter", _("Letter")
    REGISTERED_LETTER = "registered_letter", _("Registered letter")
    ELECTRONIC_REGISTERED_LETTER = "electronic_registered_letter", _("Electronic registered letter")


class TextKind(models.TextChoices):
    """What a template is written for: letters of every kind share one text."""

    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    LETTER = "letter", _("Letter")


class Gateway(Scoped):
    """The provider that takes an organisation's messages of one channel; an administrator edits it."""

    channel = models.CharField(max_length=40, choices=Channel.choices)
    adapter = models.CharField(max_length=40)
    settings = models.JSONField(default=dict, blank=True)
    secret_encrypted = models.TextField(blank=True, default="")
    sender = models.CharField(max_length=60, blank=True, default="")
    is_active = models.BooleanField(default=True)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "channel"], name="messaging_gateway_channel"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="messaging_gateway_known_channel"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.adapter}"


class MessageAttachment(Scoped):
    """A file that goes with an e-mail, made once when the message was queued; insert-only."""

    message = models.ForeignKey(
        "messaging.Message", on_delete=models.PROTECT, related_name="attachments", db_index=False
    )
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    content = models.BinaryField()
    sha256 = models.BinaryField(max_length=32)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "message", "position"], name="messaging_attached_position"),
        ]

    def __str__(self) -> str:
        return self.name


class Postage(models.TextChoices):
    """How a printed letter is franked."""

    ORDINARY = "ordinary", _("Ordinary")
    REGISTERED = "registered", _("Registered with acknowledgement of receipt")


class PrintBatch(Scoped):
    """The letters printed together in one file behind one cover sheet; insert-only."""

    letter_count = models.PositiveIntegerField()
    page_count = models.PositiveIntegerField()
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    def __str__(self) -> str:
        return f"{self.pk} ({self.letter_count})"


class PrintedLetter(Scoped):
    """One letter's place in a print batch; insert-only. One put back after a bad print may stand in a later one."""

    batch = models.ForeignKey(PrintBatch, on_delete=models.PROTECT, related_name="letters")
    message = models.ForeignKey("messaging.Message", on_delete=models.PROTECT, related_name="prints", db_index=False)
    position = models.PositiveIntegerField()
    page_count = models.PositiveIntegerField()
    postage = models.CharField(max_length=20, choices=Postage.choices)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "batch", "position"], name="messaging_printed_position"),
            models.UniqueConstraint(fields=["organisation", "batch", "message"], name="messaging_printed_once"),
            models.CheckConstraint(condition=Q(postage__in=Postage.values), name="messaging_printed_postage"),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "message"], name="messaging_printed_message")]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.position}"


class ReportKind(models.TextChoices):
    """What was learnt of a message after it left."""

    ACCEPTED = "accepted", _("Taken by the provider")
    POSTED = "posted", _("Posted")
    DEPOSITED = "deposited", _("Deposited, with proof")
    DELIVERED = "delivered", _("Delivered")
    RECEIVED = "received", _("Received against signature")
    REFUSED = "refused", _("Refused by the addressee")
    UNCLAIMED = "unclaimed", _("Not claimed")
    UNDELIVERABLE = "undeliverable", _("Came back")
    BOUNCED_HARD = "bounced_hard", _("Bounced: the address does not exist")
    BOUNCED_SOFT = "bounced_soft", _("Bounced for now")
    COMPLAINED = "complained", _("Reported as spam")
    OPENED = "opened", _("Opened, as far as can be seen")
    CLICKED = "clicked", _("Link followed, as far as can be seen")


class MessageReport(Scoped):
    """Something the outside world said of a message that had left, once; insert-only, its key is the sender's own."""

    message = models.ForeignKey("messaging.Message", on_delete=models.PROTECT, related_name="reports", db_index=False)
    key = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=ReportKind.choices)
    at = models.DateTimeField()
    recipient = models.CharField(max_length=254, blank=True, default="")
    registered_number = models.CharField(max_length=40, blank=True, default="")
    detail = models.JSONField(default=dict)
    # the proof as the provider gave it
    proof = models.BinaryField(null=True)
    proof_name = models.CharField(max_length=200, blank=True, default="")
    proof_sha256 = models.BinaryField(max_length=32, null=True)
    actor_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "key"], name="messaging_report_key"),
            models.UniqueConstraint(
                fields=["organisation", "registered_number"],
                name="messaging_report_registered_number",
                condition=Q(kind="posted") & ~Q(registered_number=""),
            ),
            models.CheckConstraint(condition=Q(kind__in=ReportKind.values), name="messaging_report_kind"),
            models.CheckConstraint(
                condition=Q(proof__isnull=True) | Q(proof_sha256__isnull=False), name="messaging_report_proof_sealed"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "message", "id"], name="messaging_report_message"),
            models.Index(fields=["organisation", "kind", "-id"], name="messaging_report_kind_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} {self.kind}"


class SignIn(models.TextChoices):
    """How Encours gets into a person's mail server."""

    PASSWORD = "password", _("Password")
    GOOGLE = "google", "Google"
    MICROSOFT = "microsoft", "Microsoft"


class OAuthClient(Scoped):
    """The application an organisation registered with a mail provider, so that its people may connect their mailbox."""

    provider = models.CharField(max_length=20, choices=SignIn.choices)
    client_id = models.CharField(max_length=300)
    client_secret_encrypted = models.TextField(blank=True, default="")
    tenant = models.CharField(max_length=100, blank=True, default="")
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "provider"], name="messaging_oauthclient_provider"),
            models.CheckConstraint(
                condition=Q(provider__in=[SignIn.GOOGLE, SignIn.MICROSOFT]), name="messaging_oauthclient_known"
            ),
        ]

    def __str__(self) -> str:
        return self.provider


class MailProvider(Scoped):
    """A mail provider that tells by webhook what became of messages; its calls are verified."""

    provider = models.CharField(max_length=30)
    token = models.CharField(max_length=64)
    secret_encrypted = models.TextField(blank=True, default="")
    # opens and clicks are kept only when asked for, and never of natural persons
    keeps_opens = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    last_event_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "provider"], name="messaging_mailprovider_one"),
        ]

    def __str__(self) -> str:
        return self.provider
