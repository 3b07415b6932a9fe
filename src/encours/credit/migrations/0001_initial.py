"""Credit limits: insert-only, hidden from other organisations."""

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models

from encours.core.database import InsertOnly, RowSecurity


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ('access', '0005_apitoken'),
        ('core', '0001_roles'),
        ('customers', '0007_notes_on_things'),
    ]

    operations = [
        migrations.CreateModel(
            name='CreditLimit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount_minor', models.BigIntegerField(null=True)),
                ('currency', models.CharField(max_length=3)),
                ('from_date', models.DateField()),
                ('source', models.CharField(choices=[('desk', 'desk'), ('file', 'file')], max_length=10)),
                ('author_name', models.CharField(max_length=200)),
                ('why', models.CharField(blank=True, default='', max_length=500)),
                ('recorded_at', models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ('customer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
            ],
            options={
                'indexes': [models.Index(fields=['organisation', 'customer', '-from_date', '-id'], name='credit_limit_latest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amount_minor__isnull', True), ('amount_minor__gte', 0), _connector='OR'), name='credit_limit_not_negative'), models.CheckConstraint(condition=models.Q(('source__in', ['desk', 'file'])), name='credit_limit_source')],
            },
        ),
        RowSecurity("credit_creditlimit"),
        InsertOnly("credit_creditlimit"),
    ]
