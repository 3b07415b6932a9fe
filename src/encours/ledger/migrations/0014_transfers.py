"""A kind of item for amounts that move from one customer account to another."""

import django.db.models as models
from django.db import migrations
from django.utils.translation import gettext_lazy as _

KINDS = {
    "invoice": _("Invoice"),
    "credit_note": _("Credit note"),
    "debit_note": _("Debit note"),
    "deposit": _("Deposit"),
    "receipt": _("Payment"),
    "refund": _("Refund"),
    "discount": _("Discount"),
    "deduction": _("Deduction"),
    "write_off": _("Write-off"),
    "charge": _("Bank charge"),
    "withholding": _("Withholding tax"),
    "fx_difference": _("Exchange difference"),
    "conversion": _("Currency conversion"),
    "other_income": _("Other income"),
    "transfer": _("Transfer between customer accounts"),
    "settled_before": _("Settled before, without detail"),
    "reversal": _("Reversal"),
}


class Migration(migrations.Migration):
    dependencies = [("ledger", "0013_closed_items_covered")]
    operations = [
        migrations.RemoveConstraint(model_name="openitem", name="ledger_openitem_kind"),
        migrations.AlterField(
            model_name="openitem",
            name="kind",
            field=models.CharField(choices=list(KINDS.items()), max_length=20),
        ),
        migrations.AlterField(
            model_name="counterpartaccount",
            name="kind",
            field=models.CharField(choices=list(KINDS.items()), max_length=20),
        ),
        migrations.AddConstraint(
            model_name="openitem",
            constraint=models.CheckConstraint(
                name="ledger_openitem_kind", condition=models.Q(("kind__in", list(KINDS)))
            ),
        ),
    ]
