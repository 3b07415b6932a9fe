"""A dispute has an owner, a priority and a day; reasons are the organisation's own."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from encours.core.database import InsertOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0002_laws"),
        ("customers", "0002_laws"),
        ("disputes", "0004_entity"),
        ("ledger", "0013_closed_items_covered"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OwnReason",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=20)),
                ("label", models.CharField(max_length=80)),
                ("position", models.PositiveSmallIntegerField(default=100)),
                ("answer_days", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="dispute",
            name="disputes_dispute_reason",
        ),
        migrations.AddField(
            model_name="dispute",
            name="due_date",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="dispute",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="dispute",
            name="priority",
            field=models.SmallIntegerField(choices=[(1, "Low"), (2, "Normal"), (3, "High")], db_default=2, default=2),
        ),
        migrations.AddField(
            model_name="dispute",
            name="reason_label",
            field=models.CharField(blank=True, db_default="", default="", max_length=80),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="disputes_dispute_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(("priority__in", [1, 2, 3])), name="disputes_dispute_priority"
            ),
        ),
        migrations.AddField(
            model_name="ownreason",
            name="organisation",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="access.organisation",
            ),
        ),
        migrations.AddField(
            model_name="ownreason",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="ownreason",
            constraint=models.UniqueConstraint(fields=("organisation", "code"), name="disputes_ownreason_code"),
        ),
        migrations.AddConstraint(
            model_name="ownreason",
            constraint=models.CheckConstraint(
                condition=models.Q(("label", ""), _negated=True), name="disputes_ownreason_labelled"
            ),
        ),
        RowSecurity("disputes_ownreason"),
        InsertOnly("disputes_ownreason", updatable=("label", "position", "owner_id", "answer_days", "archived_at")),
        migrations.RunSQL(
            "grant update (owner_id, priority, due_date) on disputes_dispute to encours_app",
            "revoke update (owner_id, priority, due_date) on disputes_dispute from encours_app",
        ),
    ]
