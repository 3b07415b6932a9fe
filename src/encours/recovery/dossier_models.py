"""The key with which an organisation signs its evidence files."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models

from encours.access.models import Scoped


class SigningKey(Scoped):
    """An Ed25519 key pair, the private half encrypted under the installation's secret; one an organisation."""

    public_key = models.BinaryField(max_length=32)
    private_key_encrypted = models.TextField()
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organisation"], name="recovery_signingkey_one")]

    def __str__(self) -> str:
        return f"key of {self.organisation_id}"
