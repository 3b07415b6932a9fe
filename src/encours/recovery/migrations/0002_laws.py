"""Row security; what was claimed and noted is only added to."""

from django.db import migrations

from encours.core.database import InsertOnly, RowSecurity

TABLES = {
    "limitationregime": (),
    "legalact": ("withdrawn_date", "withdrawn_why"),
    "formalnotice": (
        "sent_date",
        "registered_number",
        "outcome",
        "outcome_date",
        "proof",
        "proof_name",
        "proof_sha256",
    ),
    "proceeding": (
        "published_date",
        "bodacc_reference",
        "claim_filed_date",
        "claim_reference",
        "claim_minor",
        "ended_date",
        "ended_why",
    ),
}


class Migration(migrations.Migration):
    dependencies = [("recovery", "0001_initial"), ("core", "0001_roles")]
    operations = [
        operation
        for table, updatable in TABLES.items()
        for operation in (
            RowSecurity(f"recovery_{table}"),
            InsertOnly(f"recovery_{table}", updatable=updatable),
        )
    ]
