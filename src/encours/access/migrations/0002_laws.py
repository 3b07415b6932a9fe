"""Row security of the tenants' tables; the audit trail is insert-only."""

from django.db import migrations

from encours.core.database import ORGANISATION_IS_BOUND, InsertOnly, RowSecurity

# A person sees their own memberships before an organisation is chosen.
MEMBERSHIP = (
    f"({ORGANISATION_IS_BOUND}) or user_id = (select nullif(current_setting('encours.user', true), '')::bigint)"
)


class Migration(migrations.Migration):
    dependencies = [("access", "0001_initial"), ("core", "0001_roles")]
    operations = [
        RowSecurity("access_entity"),
        RowSecurity("access_membership", condition=MEMBERSHIP),
        RowSecurity("access_auditentry"),
        InsertOnly("access_auditentry"),
    ]
