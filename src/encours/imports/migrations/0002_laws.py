"""Row security of runs, refused rows and mappings; refused rows are insert-only."""

from django.db import migrations

from encours.core.database import InsertOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [("imports", "0001_initial"), ("core", "0001_roles")]
    operations = [
        RowSecurity("imports_importrun"),
        RowSecurity("imports_rejectedrow"),
        RowSecurity("imports_importmapping"),
        InsertOnly("imports_rejectedrow"),
    ]
