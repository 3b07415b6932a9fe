"""Templates and their versions, mail accounts, messages and what happened to them, addresses not to write to."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from encours.access.models import Entity, Scoped, User
from encours.customers.models import Customer
from encours.messaging.channel_models import Channel as Channel
from encours.messaging.channel_models import Gateway as Gateway
from encours.messaging.channel_models import MailProvider as MailProvider
from encours.messaging.channel_models import MessageAttachment as MessageAttachment
from encours.messaging.channel_models import MessageReport as MessageReport
from encours.messaging.channel_models import OAuthClient as OAuthClient
from encours.messaging.channel_models import Postage as Postage
from encours.messaging.channel_models import PrintBatch as PrintBatch
from encours.messaging.channel_models import PrintedLetter as PrintedLetter
from encours.messaging.channel_models import ReportKind as ReportKind
from encours.messaging.channel_models import SignIn as SignIn
from encours.messaging.channel_models import TextKind as TextKind
from encours.messaging.staff_models import StaffMail as StaffMail
from encours.messaging.staff_models import StaffMailState as StaffMailState


class Tone(models.TextChoices):
    """How a template speaks."""

    COURTEOUS = "courteous", _("Courteous")
    CORDIAL = "cordial", _("Cordial")
    CORDIAL_FIRM = "cordial_firm", _("Cordial and firm")
    FIRM = "firm", _("Firm")
    LAST = "last", _("Last notice")
    NEUTRAL = "neutral", _("Neutral")


class Template(Scoped):
    """A text an organisation sends, known by its key; what it says is in its versions."""

    key = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    channel = models.CharField(max_length=10, choices=TextKind.choices, default="email", db_default="email")
    is_default = models.BooleanField(default=False)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "key"], name="messaging_template_key"),
            models.CheckConstraint(condition=Q(channel__in=TextKind.values), name="messaging_template_channel"),
        ]

    def __str__(self) -> str:
        return self.name


class TemplateVersion(Scoped):
    """What a template says in one language since a moment; insert-only, the latest of a language is in force."""

    template = models.ForeignKey(Template, on_delete=models.PROTECT, related_name="versions")
    language = models.CharField(max_length=5)
    subject = models.CharField(max_length=500)
    mjml = models.TextField()
    text = models.TextField()
    tone = models.CharField(max_length=20, choices=Tone.choices)
    variables = models.JSONField(default=list)
    author = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organisation", "template", "language", "-id"], name="messaging_version_latest"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(tone__in=Tone.values), name="messaging_version_tone"),
        ]

    def __str__(self) -> str:
        return f"{self.template_id} {self.language} {self.pk}"


class Security(models.TextChoices):
    """How the connection to a mail server is protected."""

    TLS = "tls", _("TLS from the start (port 465)")
    STARTTLS = "starttls", _("STARTTLS (port 587)")
    NONE = "none", _("None (a server on this machine)")


class MailAccount(Scoped):
    """An address messages leave from, a person's or a company's, and the server that takes them; its owner edits it."""

    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    entity = models.ForeignKey(Entity, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    host = models.CharField(max_length=255)
    port = models.PositiveIntegerField()
    security = models.CharField(max_length=10, choices=Security.choices)
    username = models.CharField(max_length=254, blank=True, default="")
    password_encrypted = models.TextField(blank=True, default="")
    from_name = models.CharField(max_length=200, blank=True, default="")
    from_email = models.CharField(max_length=254)
    reply_to = models.CharField(max_length=254, blank=True, default="")
    # some servers do not deliver nadia+token@: it is said per account whether this one does
    has_plus_addresses = models.BooleanField(default=False, db_default=False)
    # with google or microsoft, tokens take the place of the password; they are refreshed before they end
    sign_in = models.CharField(max_length=20, choices=SignIn.choices, default="password", db_default="password")
    refresh_token_encrypted = models.TextField(blank=True, default="", db_default="")
    access_token_encrypted = models.TextField(blank=True, default="", db_default="")
    token_ends_at = models.DateTimeField(null=True, blank=True)
    token_problem = models.TextField(blank=True, default="", db_default="")
    is_active = models.BooleanField(default=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    domain_checked_at = models.DateTimeField(null=True, blank=True)
    domain_findings = models.JSONField(default=dict, blank=True)  # {"spf": {...}, "dkim": {...}, "dmarc": {...}}
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "user"], name="messaging_account_user", condition=Q(user__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["organisation", "entity"], name="messaging_account_entity", condition=Q(entity__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["organisation"],
                name="messaging_account_default",
                condition=Q(user__isnull=True, entity__isnull=True),
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=True) | Q(entity__isnull=True), name="messaging_account_one_owner"
            ),
            models.CheckConstraint(condition=Q(security__in=Security.values), name="messaging_account_security"),
            models.CheckConstraint(condition=Q(sign_in__in=SignIn.values), name="messaging_account_sign_in"),
        ]

    def __str__(self) -> str:
        return self.from_email


class State(models.TextChoices):
    """Where a message is; each state is entered by an event."""

    QUEUED = "queued", _("To leave")
    HELD = "held", _("Held")
    RENDERED = "rendered", _("Ready")
    PRINTED = "printed", _("Printed")
    HANDING_OVER = "handing_over", _("Leaving")
    SENT = "sent", _("Sent")
    CAUGHT = "caught", _("Caught by the sandbox")
    REFUSED = "refused", _("Refused")
    FAILED = "failed", _("To be tried again")
    IN_DOUBT = "in_doubt", _("In doubt")
    CANCELLED = "cancelled", _("Cancelled")


class Message(Scoped):
    """One message to one customer, its context as decided when queued; only its state moves, by its events alone."""

    key = models.CharField(max_length=200)
    channel = models.CharField(max_length=40, choices=Channel.choices, default="email")
    kind = models.CharField(max_length=40)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    template_version = models.ForeignKey(TemplateVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    sender_user_id = models.BigIntegerField(null=True)
    sender_entity_id = models.BigIntegerField(null=True)
    to = models.JSONField(default=list)
    cc = models.JSONField(default=list)
    context = models.JSONField(default=dict)
    send_after = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=TransactionNow())
    # Kept by the trigger on events; the product has no right to write them.
    state = models.CharField(max_length=20, choices=State.choices, db_default="", editable=False)
    state_at = models.DateTimeField(null=True, editable=False)
    due_at = models.DateTimeField(null=True, editable=False)
    attempts = models.IntegerField(db_default=0, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "key"], name="messaging_message_key"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="messaging_message_channel"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "due_at", "id"],
                name="messaging_message_waiting",
                condition=Q(state__in=["queued", "held", "rendered", "failed"]),
            ),
            models.Index(
                fields=["organisation", "state", "id"],
                name="messaging_message_attention",
                condition=Q(state__in=["handing_over", "in_doubt", "refused", "failed", "held"]),
            ),
            models.Index(fields=["organisation", "customer", "-id"], name="messaging_message_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.state}"


class MessageContent(Scoped):
    """The bytes of a message, made once before anything leaves; insert-only, one row a message."""

    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="content", primary_key=True)
    account = models.ForeignKey(MailAccount, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    message_id_header = models.CharField(max_length=255)
    sender_email = models.CharField(max_length=254)
    recipients = models.JSONField(default=list)
    subject = models.CharField(max_length=500)
    # an e-mail in full, the text of an SMS, the PDF of a letter
    media_type = models.CharField(max_length=60, default="message/rfc822", db_default="message/rfc822")
    # what is worth knowing of it without opening it: SMS segments, pages of a letter
    facts = models.JSONField(default=dict, db_default={})
    raw = models.BinaryField()
    sha256 = models.BinaryField(max_length=32)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "message_id_header"], name="messaging_content_header"),
        ]

    def __str__(self) -> str:
        return self.message_id_header


class MessageEvent(Scoped):
    """Something that happened to a message: the state it entered, why, and by whom; insert-only."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="events", db_index=False)
    state = models.CharField(max_length=20, choices=State.choices)
    at = models.DateTimeField(db_default=TransactionNow())
    attempt = models.IntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    # The worker that hands over holds the advisory lock of this number, so that its death is seen at once.
    worker = models.BigIntegerField(null=True)
    detail = models.JSONField(default=dict)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "message", "attempt"],
                name="messaging_event_one_hand_over",
                condition=Q(state="handing_over"),
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="messaging_event_state"),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "message", "id"], name="messaging_event_message")]

    def __str__(self) -> str:
        return f"{self.message_id} {self.state}"


class HoldUntil(models.TextChoices):
    """What has to happen to an answer before reminders to its customer leave again."""

    READ = "read", _("somebody has read it")
    ANSWERED = "answered", _("it is answered, or said to need no answer")


class ReplyPolicy(Scoped):
    """How long an answer holds reminders, for a whole organisation; without a row, until it is read."""

    hold_until = models.CharField(max_length=10, choices=HoldUntil.choices, default=HoldUntil.READ)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation"], name="messaging_reply_policy_one"),
            models.CheckConstraint(condition=Q(hold_until__in=HoldUntil.values), name="messaging_reply_policy_until"),
        ]

    def __str__(self) -> str:
        return self.hold_until


class Freed(models.TextChoices):
    """By what an answer ceased to hold reminders."""

    READ = "read", _("read")
    ANSWERED = "answered", _("answered")
    NO_ANSWER = "no_answer", _("needs no answer")


class Reply(Scoped):
    """What a customer wrote back; insert-only but for the marks of who read it and of what freed the reminders."""

    key = models.CharField(max_length=255)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    message = models.ForeignKey(Message, null=True, on_delete=models.PROTECT, related_name="replies", db_index=False)
    from_email = models.CharField(max_length=254)
    from_name = models.CharField(max_length=200, blank=True, default="")
    subject = models.CharField(max_length=500, blank=True, default="")
    text = models.TextField(blank=True, default="")
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    read_at = models.DateTimeField(null=True)
    read_by_name = models.CharField(max_length=200, blank=True, default="")
    # it holds reminders until then
    freed_at = models.DateTimeField(null=True)
    freed_by_name = models.CharField(max_length=200, blank=True, default="", db_default="")
    freed_how = models.CharField(max_length=10, choices=Freed.choices, blank=True, default="", db_default="")
    answer = models.ForeignKey(Message, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "key"], name="messaging_reply_key"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "customer"], name="messaging_reply_holding", condition=Q(freed_at=None)
            ),
            models.Index(fields=["organisation", "-received_at", "-id"], name="messaging_reply_latest"),
            models.Index(fields=["organisation", "customer", "-received_at"], name="messaging_reply_customer"),
            models.Index(fields=["organisation", "customer"], name="messaging_reply_unread", condition=Q(read_at=None)),
        ]

    @property
    def is_by_portal(self) -> bool:
        """Whether it was written on the customers' page: the key of a mail is its Message-ID, in angle brackets."""
        return self.key.startswith("portal:")

    def __str__(self) -> str:
        return self.subject


class Mailbox(Scoped):
    """A folder that answers come to, read by IMAP beside an account that sends; its owner edits it."""

    account = models.OneToOneField(MailAccount, on_delete=models.PROTECT, related_name="mailbox")
    host = models.CharField(max_length=255)
    port = models.PositiveIntegerField()
    security = models.CharField(max_length=10, choices=Security.choices)
    username = models.CharField(max_length=254, blank=True, default="")
    password_encrypted = models.TextField(blank=True, default="")
    folder = models.CharField(max_length=200, default="INBOX")
    is_active = models.BooleanField(default=True)
    uid_validity = models.BigIntegerField(null=True)
    last_uid = models.BigIntegerField(default=0)
    pulled_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True, default="")
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(security__in=Security.values), name="messaging_mailbox_security"),
        ]

    def __str__(self) -> str:
        return f"{self.username} {self.folder}"


class MailClass(models.TextChoices):
    """What an inbound mail is or asks; the same names as `rules.understanding.facts.Kind`."""

    REMITTANCE = "remittance", _("Says it was paid")
    PROMISE = "promise", _("Promises payment")
    DISPUTE = "dispute", _("Contests")
    INVOICE_COPY = "invoice_copy", _("Wants a copy or a statement")
    PAYMENT_LINK = "payment_link", _("Wants to know how to pay")
    PO_NUMBER = "po_number", _("About an order number")
    BANK_DETAIL_CHANGE = "bank_detail_change", _("Other bank details")
    CONTACT_CHANGE = "contact_change", _("Another contact or address")
    UNSUBSCRIBE = "unsubscribe", _("Wants no more mail")
    OUT_OF_OFFICE = "out_of_office", _("Away")
    AUTO_REPLY = "auto_reply", _("Automatic answer")
    BOUNCE = "bounce", _("Not delivered")
    DELIVERY_RECEIPT = "delivery_receipt", _("Delivery or reading receipt")
    COMPLAINT = "complaint", _("Reported as spam")
    OTHER = "other", _("Something else")


class Filing(models.TextChoices):
    """Where an inbound mail was put."""

    FILED = "filed", _("With its customer")
    MACHINE = "machine", _("A machine's answer, noted")
    TRIAGE = "triage", _("To be sorted by a person")
    SET_ASIDE = "set_aside", _("Set aside by a person")


class InboundMail(Scoped):
    """A mail that came in, byte for byte; insert-only but for where it is filed, since none is ever dropped."""

    key = models.CharField(max_length=255)
    account = models.ForeignKey(MailAccount, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    from_email = models.CharField(max_length=254, blank=True, default="")
    subject = models.CharField(max_length=500, blank=True, default="")
    raw = models.BinaryField()
    sha256 = models.BinaryField(max_length=32)
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    filing = models.CharField(max_length=20, choices=Filing.choices)
    why = models.CharField(max_length=40, blank=True, default="")
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    message = models.ForeignKey(Message, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    filed_at = models.DateTimeField(null=True)
    filed_by_name = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "key"], name="messaging_inbound_key"),
            models.CheckConstraint(condition=Q(filing__in=Filing.values), name="messaging_inbound_filing"),
            models.CheckConstraint(
                condition=~Q(filing="filed") | Q(customer__isnull=False), name="messaging_inbound_filed_with_customer"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "-received_at"], name="messaging_inbound_triage", condition=Q(filing="triage")
            ),
            models.Index(fields=["organisation", "message"], name="messaging_inbound_message"),
        ]

    def __str__(self) -> str:
        return self.subject


class Scanned(models.TextChoices):
    """What is known of a file that came along."""

    WAITING = "waiting", _("Not scanned yet")
    CLEAN = "clean", _("Scanned, nothing found")
    INFECTED = "infected", _("Dangerous")
    REFUSED = "refused", _("Never opened here")


class MailAttachment(Scoped):
    """A file of an inbound mail: what it calls itself, and whether it may be opened; its bytes stay in the mail."""

    mail = models.ForeignKey(InboundMail, on_delete=models.PROTECT, related_name="attachments", db_index=False)
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=255, blank=True, default="")
    content_type = models.CharField(max_length=127, blank=True, default="")
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=Scanned.choices, default=Scanned.WAITING)
    why = models.CharField(max_length=200, blank=True, default="")
    scanned_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "mail", "position"], name="messaging_attachment_place"),
            models.CheckConstraint(condition=Q(state__in=Scanned.values), name="messaging_attachment_state"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "id"], name="messaging_attachment_waiting", condition=Q(state="waiting")
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Understanding(Scoped):
    """What a mail or an answer was understood to say when it came, with the sentence relied on; insert-only."""

    mail = models.ForeignKey(
        InboundMail, null=True, on_delete=models.PROTECT, related_name="understandings", db_index=False
    )
    reply = models.ForeignKey(Reply, null=True, on_delete=models.PROTECT, related_name="understandings", db_index=False)
    kind = models.CharField(max_length=30, choices=MailClass.choices)
    confidence_percent = models.PositiveSmallIntegerField()
    quote = models.TextField(blank=True, default="")
    fields = models.JSONField(default=dict)
    intents = models.JSONField(default=list)
    is_abstaining = models.BooleanField()
    needs_person = models.BooleanField()
    language = models.CharField(max_length=5, blank=True, default="")
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=MailClass.values), name="messaging_understanding_kind"),
            models.CheckConstraint(
                condition=Q(mail__isnull=False) | Q(reply__isnull=False), name="messaging_understanding_of_something"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "reply"], name="messaging_understanding_reply"),
            models.Index(fields=["organisation", "mail"], name="messaging_understanding_mail"),
            models.Index(fields=["organisation", "kind", "-id"], name="messaging_understanding_class"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.confidence_percent}"


class Judgement(Scoped):
    """What a person says a mail really was: the same class confirms its understanding, another corrects it."""

    understanding = models.ForeignKey(
        Understanding, on_delete=models.PROTECT, related_name="judgements", db_index=False
    )
    kind = models.CharField(max_length=30, choices=MailClass.choices)
    sentence = models.TextField(blank=True, default="")
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=MailClass.values), name="messaging_judgement_kind"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "understanding", "-id"], name="messaging_judgement_latest"),
        ]

    def __str__(self) -> str:
        return self.kind


class SuppressionReason(models.TextChoices):
    """Why an address is not written to."""

    BOUNCED = "bounced", _("Does not exist")
    OPTED_OUT = "opted_out", _("Asked not to be written to")
    COMPLAINED = "complained", _("Complained")


class Suppression(Scoped):
    """An address that gets no message any more; a person may take it off the list."""

    email = models.CharField(max_length=254)
    reason = models.CharField(max_length=20, choices=SuppressionReason.choices)
    detail = models.TextField(blank=True, default="")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint("organisation", Lower("email"), name="messaging_suppression_email"),
            models.CheckConstraint(
                condition=Q(reason__in=SuppressionReason.values), name="messaging_suppression_reason"
            ),
        ]

    def __str__(self) -> str:
        return self.email


class ChannelSwitch(Scoped):
    """Whether a channel may send at all; without a row it may. Closing it stops the very next message."""

    channel = models.CharField(max_length=40)
    is_open = models.BooleanField(default=True)
    why = models.TextField(blank=True, default="")
    actor_name = models.CharField(max_length=200, blank=True, default="")
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "channel"], name="messaging_switch_channel"),
        ]

    def __str__(self) -> str:
        return self.channel
