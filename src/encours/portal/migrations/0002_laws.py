"""Row security; a visit is only added, and of a way in only its marks change."""

from django.db import migrations

from encours.core.database import InsertOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [("portal", "0001_initial"), ("core", "0001_roles")]
    operations = [
        *(RowSecurity(f"portal_{table}") for table in ("portalpolicy", "portalaccess", "portalvisit")),
        InsertOnly("portal_portalvisit"),
        InsertOnly("portal_portalaccess", updatable=("generation", "browser", "revoked_at", "revoked_by_name")),
    ]
