"""Tenants, legal companies, people, roles and the audit trail."""

import datetime as dt
from typing import Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Organisation(models.Model):
    """One tenant: a group of companies that share customers, people and books."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80, unique=True)
    language = models.CharField(max_length=5, default="fr")
    # On after installation: no message leaves until an administrator says so.
    sandbox = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class Scoped(models.Model):
    """A row that belongs to an organisation; row-level security hides it from the others."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        abstract = True


class Entity(Scoped):
    """One legal company of the organisation: it sells, is owed, and signs the letters."""

    code = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    legal_form = models.CharField(max_length=60, blank=True, default="")
    siren = models.CharField(max_length=9, blank=True, default="")
    vat_number = models.CharField(max_length=20, blank=True, default="")
    rcs_city = models.CharField(max_length=100, blank=True, default="")
    capital_minor = models.BigIntegerField(null=True, blank=True)
    street = models.CharField(max_length=200, blank=True, default="")
    postcode = models.CharField(max_length=20, blank=True, default="")
    city = models.CharField(max_length=100, blank=True, default="")
    country = models.CharField(max_length=2, default="FR")
    currency = models.CharField(max_length=3, default="EUR")
    iban = models.CharField(max_length=34, blank=True, default="")
    bic = models.CharField(max_length=11, blank=True, default="")
    email = models.CharField(max_length=254, blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    timezone = models.CharField(max_length=60, default="Europe/Paris")
    holiday_region = models.CharField(
        max_length=20, blank=True, default="", choices=[("", _("France")), ("alsace-moselle", _("Alsace-Moselle"))]
    )
    default_terms = models.CharField(max_length=20, default="30")
    penalty_mention = models.TextField(blank=True, default="")
    discount_mention = models.TextField(blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "code"], name="access_entity_code"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class UserManager(BaseUserManager["User"]):
    """Makes users from an e-mail address, as Django's own commands expect."""

    use_in_migrations = True

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractUser):
    """A person who signs in; rights come from memberships, never from this row."""

    username = None  # type: ignore[assignment]  # the address is the login
    email = models.EmailField(_("e-mail address"), unique=True)
    language = models.CharField(max_length=5, default="fr")
    theme = models.CharField(max_length=5, default="", blank=True)
    phone = models.CharField(max_length=40, blank=True, default="")
    title = models.CharField(max_length=100, blank=True, default="")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]  # the manager of the address

    @property
    def display_name(self) -> str:
        """First and last name, else the address."""
        return self.get_full_name() or self.email

    def __str__(self) -> str:
        return self.display_name


class Role(models.TextChoices):
    """What a person is in the organisation; access.rules says what each may do."""

    CFO = "cfo", _("CFO")
    CREDIT_MANAGER = "credit_manager", _("Credit manager")
    COLLECTOR = "collector", _("Collector")
    ADV = "adv", _("Sales administration")
    SALES = "sales", _("Sales")
    CUSTOMER_SUCCESS = "customer_success", _("Customer success")
    AUDITOR = "auditor", _("Auditor")
    ADMIN = "admin", _("Administrator")


class Membership(Scoped):
    """A user's role in one organisation and the rows it covers."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    entity_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    own_portfolio_only = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "user"], name="access_membership_user"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="access_membership_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


class AuditEntry(Scoped):
    """One change: who, through which door, what, why; insert-only, chained to the one before by its hash."""

    sequence = models.BigIntegerField()
    at = models.DateTimeField()
    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    actor_name = models.CharField(max_length=200)
    channel = models.CharField(max_length=20)
    verb = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=80)
    subject_id = models.CharField(max_length=80, blank=True, default="")
    why = models.TextField(blank=True, default="")
    details = models.JSONField(default=dict)
    previous_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "sequence"], name="access_auditentry_sequence"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "subject_kind", "subject_id", "-sequence"], name="access_audit_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.verb}"

    def chained(self) -> dict[str, Any]:
        """The content its hash covers."""
        return {
            "organisation": self.organisation_id,
            "sequence": self.sequence,
            "at": self.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
            "actor_id": self.actor_id,
            "actor_name": self.actor_name,
            "channel": self.channel,
            "verb": self.verb,
            "subject_kind": self.subject_kind,
            "subject_id": self.subject_id,
            "why": self.why,
            "details": self.details,
        }


class SavedView(Scoped):
    """A list's filters and order kept under a name by one person, for themselves or for everyone when shared."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    screen = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    query = models.TextField()
    is_shared = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "user", "screen", "name"], name="access_savedview_name"),
        ]

    def __str__(self) -> str:
        return f"{self.screen}: {self.name}"


class ApiToken(Scoped):
    """A program's key to the API: it acts as its user, within its own scopes; only its digest is kept."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=100)
    # the first characters, by which a person recognises the token in a list
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=20))
    created_at = models.DateTimeField(db_default=models.functions.Now())
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organisation", "-id"], name="access_apitoken_organisation")]

    def __str__(self) -> str:
        return f"{self.prefix} {self.name}"


class ApiCall(Scoped):
    """One call of a program with its own key, and what it made; the same call again finds it. Insert-only."""

    key = models.CharField(max_length=200)
    verb = models.CharField(max_length=40)
    # of the address and the body: the same key for something else is refused
    fingerprint = models.CharField(max_length=64)
    subject_id = models.BigIntegerField()
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "key"], name="access_apicall_key"),
        ]

    def __str__(self) -> str:
        return self.key
