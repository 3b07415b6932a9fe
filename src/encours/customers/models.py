"""Customers, their contacts and segments."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from encours.access.models import Scoped, User


class Segment(Scoped):
    """A named set of conditions on customers; the first by priority that fits gives the customer its segment."""

    name = models.CharField(max_length=100)
    priority = models.PositiveIntegerField(default=100)
    conditions = models.JSONField(default=list, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "name"], name="customers_segment_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Customer(Scoped):
    """A company or person that buys from the organisation, known by its number in the books."""

    number = models.CharField(max_length=60)
    external_id = models.CharField(max_length=80, blank=True, default="")
    name = models.CharField(max_length=200)
    legal_form = models.CharField(max_length=60, blank=True, default="")
    siren = models.CharField(max_length=20, blank=True, default="")
    siret = models.CharField(max_length=20, blank=True, default="")
    vat_number = models.CharField(max_length=30, blank=True, default="")
    naf_code = models.CharField(max_length=10, blank=True, default="")
    street = models.CharField(max_length=200, blank=True, default="")
    postcode = models.CharField(max_length=20, blank=True, default="")
    city = models.CharField(max_length=100, blank=True, default="")
    country = models.CharField(max_length=2, blank=True, default="")
    language = models.CharField(max_length=5, blank=True, default="")
    email = models.CharField(max_length=254, blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    iban = models.CharField(max_length=40, blank=True, default="")
    terms = models.CharField(max_length=20, blank=True, default="")
    is_natural_person = models.BooleanField(default=False)
    # by whose clock, and from which hour on, messages reach it; empty: as the company that writes
    timezone = models.CharField(max_length=64, blank=True, default="", db_default="")
    write_from = models.TimeField(null=True, blank=True)
    segment = models.ForeignKey(Segment, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    collector = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    sales_rep = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # who cares for the customer once it has bought
    success_owner = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children")
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    notes = models.TextField(blank=True, default="")
    recorded_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())

    # kept by PostgreSQL: a search reads it as it stands, since no index helps `like` under row security
    name_folded = models.GeneratedField(
        expression=Func("name", function="encours_fold"), output_field=models.TextField(), db_persist=True
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "number"], name="customers_customer_number"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "name", "id"], name="customers_customer_name"),
            models.Index(fields=["organisation", "collector"], name="customers_customer_collector"),
            models.Index(
                fields=["organisation", "external_id"],
                name="customers_customer_external",
                condition=~Q(external_id=""),
            ),
            models.Index(fields=["organisation", "siren"], name="customers_customer_siren", condition=~Q(siren="")),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class OwnerRole(models.TextChoices):
    """Which of a customer's people is meant; the value is the column that names them."""

    COLLECTOR = "collector", _("Collector")
    SALES = "sales_rep", _("Sales representative")
    SUCCESS = "success_owner", _("Customer success")


class AssignmentRule(Scoped):
    """Customers of this kind belong to that person: a standing rule, tried by rank; changed with an audit entry.

    It gives new customers their people by itself, and the others when somebody who has seen the preview says so.
    """

    role = models.CharField(max_length=20, choices=OwnerRole.choices)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    rank = models.PositiveIntegerField(default=100)
    conditions = models.JSONField(default=list, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(role__in=OwnerRole.values), name="customers_assignmentrule_role"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "role", "rank"], name="customers_assignmentrule_order"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.rank} {self.user_id}"


class ContactRole(models.TextChoices):
    """What a contact does at the customer's; scenario steps address roles."""

    ACCOUNTS = "accounts", _("Accounts payable")
    PURCHASER = "purchaser", _("Purchaser")
    CFO = "cfo", _("Chief financial officer")
    LEGAL = "legal", _("Legal representative")
    SALES = "sales", _("Sales contact")
    OTHER = "other", _("Other")


class ContactChannel(models.TextChoices):
    """A way to reach somebody; letters of every kind count as one."""

    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    LETTER = "letter", _("Letter")
    CALL = "call", _("Telephone")


class Contact(Scoped):
    """Somebody at the customer's who may be written to or called."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=200, blank=True, default="")
    role = models.CharField(max_length=20, choices=ContactRole.choices, default=ContactRole.ACCOUNTS)
    email = models.CharField(max_length=254, blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    language = models.CharField(max_length=5, blank=True, default="")
    is_primary = models.BooleanField(default=False)
    bounced_at = models.DateTimeField(null=True, blank=True)
    # asked for no more e-mail; refusals of other channels stand in opted_out_channels
    opted_out_at = models.DateTimeField(null=True, blank=True)
    # the channel preferred, empty without a preference
    channel = models.CharField(max_length=10, choices=ContactChannel.choices, blank=True, default="", db_default="")
    opted_out_channels = ArrayField(models.CharField(max_length=10), default=list, db_default=[], blank=True)
    # the first and the last day on which this person is the one to reach
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "customer", "email", "name"], name="customers_contact_address"
            ),
            models.CheckConstraint(
                condition=Q(channel__in=["", *ContactChannel.values]), name="customers_contact_channel"
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_until=None) | Q(valid_until__gte=models.F("valid_from")),
                name="customers_contact_valid_in_order",
            ),
            models.CheckConstraint(condition=Q(role__in=ContactRole.values), name="customers_contact_role"),
        ]

    def __str__(self) -> str:
        return self.name or self.email


class NoteSubject(models.TextChoices):
    """What a comment is on, beside its customer."""

    CUSTOMER = "", _("The customer")
    DOCUMENT = "document", _("Invoice")
    DISPUTE = "dispute", _("Dispute")
    TASK = "task", _("Task")
    MESSAGE = "message", _("Message")


class Note(Scoped):
    """An internal comment on a customer or on something of theirs, never shown to them; insert-only."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="comments")
    subject_kind = models.CharField(max_length=10, choices=NoteSubject.choices, blank=True, default="", db_default="")
    # a document by its number, anything else by its id
    subject = models.CharField(max_length=80, blank=True, default="", db_default="")
    # the comment it answers
    answers = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="answered_by", db_index=False
    )
    text = models.TextField()
    author = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organisation", "customer", "-id"], name="customers_note_customer")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(subject_kind__in=NoteSubject.values), name="customers_note_subject"),
            models.CheckConstraint(
                condition=Q(subject_kind="", subject="") | (~Q(subject_kind="") & ~Q(subject="")),
                name="customers_note_subject_named",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]
