"""Row security of hand-overs; what was handed over and said is only added to."""

from django.db import migrations

from encours.core.database import InsertOnly, RowSecurity

TABLES = {
    "partner": ("retired_date", "email", "fee_permyriad"),
    "handover": ("link_digest", "link_expires_at", "ended_date", "ended_as", "ended_why"),
    "handoveritem": (),
    "handoverevent": (),
}


class Migration(migrations.Migration):
    dependencies = [("recovery", "0003_hand_over")]
    operations = [
        operation
        for table, updatable in TABLES.items()
        for operation in (
            RowSecurity(f"recovery_{table}"),
            InsertOnly(f"recovery_{table}", updatable=updatable),
        )
    ]
