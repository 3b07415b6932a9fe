"""How further formats told a bank line is kept."""

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models

from encours.core.database import InsertOnly, RowSecurity

REFERENTS = """
create function payments_check_tellings() returns trigger language plpgsql as $$
declare wrong record;
begin
    select a.line_id into wrong from added a
        left join payments_bankline l on l.id = a.line_id and l.organisation_id = a.organisation_id
        left join payments_statement s on s.id = a.statement_id and s.organisation_id = a.organisation_id
            and s.account_id = l.account_id
        where l.id is null or s.id is null limit 1;
    if found then
        raise exception 'bank line % or the statement is not of this organisation and account', wrong.line_id
            using errcode = 'foreign_key_violation', constraint = 'payments_linetelling_referents';
    end if;
    return null;
end $$;
create trigger payments_linetelling_added after insert on payments_linetelling
    referencing new table as added for each statement execute function payments_check_tellings();
"""
DROP = "drop trigger payments_linetelling_added on payments_linetelling; drop function payments_check_tellings;"


class Migration(migrations.Migration):
    dependencies = [("access", "0001_initial"), ("payments", "0006_advices_left_out")]

    operations = [
        migrations.CreateModel(
            name="LineTelling",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=80)),
                ("booking_date", models.DateField()),
                ("bank_reference", models.CharField(blank=True, default="", max_length=80)),
                ("end_to_end_id", models.CharField(blank=True, default="", max_length=80)),
                ("structured_reference", models.CharField(blank=True, default="", max_length=140)),
                ("counterparty_iban", models.CharField(blank=True, default="", max_length=40)),
                ("counterparty_name", models.CharField(blank=True, default="", max_length=200)),
                ("text", models.TextField(blank=True, default="")),
                (
                    "recorded_at",
                    models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow()),
                ),
                (
                    "line",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.bankline",
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
                (
                    "statement",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.statement",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organisation", "line"], name="payments_linetelling_line")],
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "key"), name="payments_linetelling_key")
                ],
            },
        ),
        RowSecurity("payments_linetelling"),
        InsertOnly("payments_linetelling"),
        migrations.RunSQL(REFERENTS, DROP),
    ]
