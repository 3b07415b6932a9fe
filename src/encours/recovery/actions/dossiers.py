"""Make a customer's evidence file, signed with the organisation's key, and note that it was made."""

import hashlib
from datetime import date

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.db import transaction

from encours.access import actions as access
from encours.access.models import Organisation
from encours.core import secrets
from encours.core.actors import Actor
from encours.recovery.actions.acts import customer_of
from encours.recovery.models import SigningKey
from encours.recovery.queries.dossier import cover, pieces
from encours.recovery.rules.dossier import archive


@transaction.atomic
def make_dossier(*, organisation_id: int, customer_id: int, day: date, language: str, by: Actor) -> bytes:
    """The evidence file as it stands on a day; making it changes nothing but the audit trail, and not the file.

    The same facts on the same day give the same bytes. The organisation's key is made on first use.
    """
    customer = customer_of(organisation_id, customer_id)
    made = archive(
        cover(customer, language=language, day=day),
        pieces(customer, language=language, day=day),
        _key(organisation_id),
    )
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="make_dossier", subject_kind="customer", subject_id=customer.pk,
        details={"day": day.isoformat(), "sha256": hashlib.sha256(made).hexdigest(), "bytes": len(made)},
    )  # fmt: skip
    return made


def _key(organisation_id: int) -> Ed25519PrivateKey:
    """The organisation's own key, the same for ever, so that its fingerprint can be told once."""
    keys = secrets.working_keys(settings.ENCOURS_HOME)
    Organisation.objects.select_for_update(no_key=True).filter(pk=organisation_id).first()
    known = SigningKey.objects.filter(organisation_id=organisation_id).first()
    if known is not None:
        return Ed25519PrivateKey.from_private_bytes(
            bytes.fromhex(secrets.decrypt(known.private_key_encrypted, keys=keys))
        )
    made = Ed25519PrivateKey.generate()
    SigningKey.objects.create(
        organisation_id=organisation_id,
        public_key=made.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),
        private_key_encrypted=secrets.encrypt(made.private_bytes_raw().hex(), keys=keys),
    )
    return made
