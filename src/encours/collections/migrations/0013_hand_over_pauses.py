"""A debt handed over is on hold for a reason of its own; those of before keep the one they were given."""

from django.db import migrations, models
from django.utils.translation import gettext_lazy as _

REASONS = {
    "agreement": _("Agreement with the customer"),
    "waiting": _("Waiting for a document"),
    "commercial": _("Commercial reason"),
    "payment_plan": _("Payment plan"),
    "insolvency": _("Insolvency proceedings"),
    "hand_over": _("Handed over for recovery"),
    "other": _("Other"),
}


class Migration(migrations.Migration):
    dependencies = [("collections", "0012_step_words")]
    operations = [
        migrations.RemoveConstraint("pause", "collections_pause_reason"),
        migrations.AlterField(
            model_name="pause",
            name="reason",
            field=models.CharField(choices=list(REASONS.items()), max_length=20),
        ),
        migrations.AddConstraint(
            "pause",
            models.CheckConstraint(condition=models.Q(("reason__in", list(REASONS))), name="collections_pause_reason"),
        ),
    ]
