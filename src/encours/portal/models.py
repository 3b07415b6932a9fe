"""Whether the portal is open and within which limits, whose links are dead, who came."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from encours.access.models import Scoped
from encours.customers.models import Customer


class Elsewhere(models.TextChoices):
    """What a link may do in another browser than the one that acted first."""

    ACT = "act", _("Everything, once whoever acts has given a name")
    VIEW = "view", _("See only")


class PortalPolicy(Scoped):
    """Whether an organisation's customers have a portal and what they may do there; without a row it is closed."""

    is_on = models.BooleanField(default=False)
    # what stands before the link, such as https://compte.brevanne.example; empty: the address of the installation
    address = models.CharField(max_length=200, blank=True, default="")
    link_days = models.PositiveSmallIntegerField(default=45)
    may_promise = models.BooleanField(default=True)
    promise_days_max = models.PositiveSmallIntegerField(default=30)
    promise_parts_max = models.PositiveSmallIntegerField(default=3)
    may_dispute = models.BooleanField(default=True)
    may_write = models.BooleanField(default=True)
    elsewhere = models.CharField(max_length=10, choices=Elsewhere.choices, default=Elsewhere.ACT)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation"], name="portal_policy_one"),
            models.CheckConstraint(condition=Q(elsewhere__in=Elsewhere.values), name="portal_policy_elsewhere"),
            models.CheckConstraint(condition=Q(link_days__gte=1, link_days__lte=366), name="portal_policy_link_days"),
            models.CheckConstraint(
                condition=Q(promise_days_max__gte=1, promise_days_max__lte=180), name="portal_policy_promise_days"
            ),
            models.CheckConstraint(
                condition=Q(promise_parts_max__gte=1, promise_parts_max__lte=12), name="portal_policy_promise_parts"
            ),
        ]

    def __str__(self) -> str:
        return f"portal of {self.organisation_id}"


class PortalAccess(Scoped):
    """One person's way in: a higher generation kills every link given before; without a row nothing was revoked."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    # the contact's number; 0: whoever reads the customer's own address
    contact_ref = models.BigIntegerField(default=0)
    generation = models.PositiveIntegerField(default=0)
    # the first browser that did something, by a hash; forgotten when the links are revoked
    browser = models.CharField(max_length=16, blank=True, default="")
    revoked_at = models.DateTimeField(null=True)
    revoked_by_name = models.CharField(max_length=200, blank=True, default="")
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "customer", "contact_ref"], name="portal_access_one"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}/{self.contact_ref} {self.generation}"


class PortalVisit(Scoped):
    """Somebody opened the portal by a person's link; insert-only, and neither address nor machine is kept."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    contact_ref = models.BigIntegerField(default=0)
    # tells two browsers of the same person apart and nothing else: a hash of a chance number in a cookie
    browser = models.CharField(max_length=16)
    visited_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organisation", "customer", "-id"], name="portal_visit_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}/{self.contact_ref} {self.visited_at}"
