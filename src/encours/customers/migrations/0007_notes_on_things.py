"""A comment may be on an invoice, a dispute, a task or a message, and answer another one."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0005_apitoken"),
        ("customers", "0006_folded_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="note",
            name="answers",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="answered_by",
                to="customers.note",
            ),
        ),
        migrations.AddField(
            model_name="note",
            name="subject",
            field=models.CharField(blank=True, db_default="", default="", max_length=80),
        ),
        migrations.AddField(
            model_name="note",
            name="subject_kind",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "The customer"),
                    ("document", "Invoice"),
                    ("dispute", "Dispute"),
                    ("task", "Task"),
                    ("message", "Message"),
                ],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="note",
            constraint=models.CheckConstraint(
                condition=models.Q(("subject_kind__in", ["", "document", "dispute", "task", "message"])),
                name="customers_note_subject",
            ),
        ),
        migrations.AddConstraint(
            model_name="note",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("subject", ""), ("subject_kind", "")),
                    models.Q(models.Q(("subject_kind", ""), _negated=True), models.Q(("subject", ""), _negated=True)),
                    _connector="OR",
                ),
                name="customers_note_subject_named",
            ),
        ),
    ]
