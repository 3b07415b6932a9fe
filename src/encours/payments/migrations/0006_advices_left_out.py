"""A remittance advice can be put aside by a person."""

from django.db import migrations, models

from encours.core.database import APPLICATION_ROLE


class Migration(migrations.Migration):
    dependencies = [("payments", "0005_bank_laws")]

    operations = [
        migrations.AddField(
            model_name="remittanceadvice",
            name="is_left_out",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunSQL(
            f"grant update (is_left_out) on payments_remittanceadvice to {APPLICATION_ROLE}",
            f"revoke update (is_left_out) on payments_remittanceadvice from {APPLICATION_ROLE}",
        ),
    ]
