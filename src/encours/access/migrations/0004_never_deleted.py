"""Organisations, companies and people are never deleted: facts and the audit trail name them for ever."""

from django.db import migrations

from encours.core.database import APPLICATION_ROLE

TABLES = "access_organisation, access_entity, access_user, access_membership"


class Migration(migrations.Migration):
    dependencies = [("access", "0003_savedview")]
    operations = [
        migrations.RunSQL(
            f"revoke delete, truncate on {TABLES} from {APPLICATION_ROLE}",
            f"grant delete on {TABLES} to {APPLICATION_ROLE}",
        )
    ]
