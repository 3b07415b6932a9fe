"""The PDF of an invoice is kept; the product may only say that one was the wrong file."""

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models

from encours.core.database import InsertOnly, RowSecurity

REFERENT = """
create function invoices_check_copies() returns trigger language plpgsql as $$
begin
    if exists (select 1 from added a left join access_entity e on e.id = a.entity_id
               and e.organisation_id = a.organisation_id where e.id is null) then
        raise exception 'the entity of a copy is not of this organisation'
            using errcode = 'foreign_key_violation', constraint = 'invoices_copy_entity';
    end if;
    return null;
end $$;
create trigger invoices_copy_added after insert on invoices_documentcopy
    referencing new table as added for each statement execute function invoices_check_copies();
"""
DROP = "drop trigger invoices_copy_added on invoices_documentcopy; drop function invoices_check_copies;"


class Migration(migrations.Migration):
    dependencies = [("access", "0001_initial"), ("invoices", "0002_laws")]

    operations = [
        migrations.CreateModel(
            name="DocumentCopy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=80)),
                ("file_name", models.CharField(max_length=200)),
                ("content", models.BinaryField()),
                ("size_bytes", models.IntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("import_id", models.BigIntegerField(null=True)),
                ("added_by_name", models.CharField(max_length=200)),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "withdrawn_by_name",
                    models.CharField(blank=True, db_default="", default="", max_length=200),
                ),
                (
                    "entity",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.entity",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.organisation",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at", None)),
                        fields=("organisation", "entity", "number", "sha256"),
                        name="invoices_copy_once",
                    )
                ],
            },
        ),
        RowSecurity("invoices_documentcopy"),
        InsertOnly("invoices_documentcopy", updatable=("withdrawn_at", "withdrawn_by_name")),
        migrations.RunSQL(REFERENT, DROP),
    ]
