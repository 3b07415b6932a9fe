"""Row security of the tenants' tables; the audit trail is insert-only."""

from django.db import migrations

from encours.core.database import InsertOnly, RowSecurity

# A person sees their own memberships before an organisation is chosen.
MEMBERSHIP_IS_MINE = "user_id = (select nullif(current_setting('encours.user', true), '')::bigint)"


class Migration(migrations.Migration):
    dependencies = [("access", "0001_initial"), ("core", "0001_roles")]
    operations = [
        RowSecurity("access_entity"),
        RowSecurity("access_membership", readable=MEMBERSHIP_IS_MINE),
        RowSecurity("access_auditentry"),
        InsertOnly("access_auditentry"),
    ]
