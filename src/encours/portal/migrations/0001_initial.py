"""Policy, ways in and visits of the customers' own page."""

import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('access', '0001_initial'),
        ('customers', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='PortalAccess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('contact_ref', models.BigIntegerField(default=0)),
                ('generation', models.PositiveIntegerField(default=0)),
                ('browser', models.CharField(blank=True, default='', max_length=16)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('revoked_by_name', models.CharField(blank=True, default='', max_length=200)),
                ('recorded_at', models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organisation', 'customer', 'contact_ref'), name='portal_access_one')],
            },
        ),
        migrations.CreateModel(
            name='PortalPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_on', models.BooleanField(default=False)),
                ('address', models.CharField(blank=True, default='', max_length=200)),
                ('link_days', models.PositiveSmallIntegerField(default=45)),
                ('may_promise', models.BooleanField(default=True)),
                ('promise_days_max', models.PositiveSmallIntegerField(default=30)),
                ('promise_parts_max', models.PositiveSmallIntegerField(default=3)),
                ('may_dispute', models.BooleanField(default=True)),
                ('may_write', models.BooleanField(default=True)),
                ('elsewhere', models.CharField(choices=[('act', 'Everything, once whoever acts has given a name'), ('view', 'See only')], default='act', max_length=10)),
                ('changed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organisation',), name='portal_policy_one'), models.CheckConstraint(condition=models.Q(('elsewhere__in', ['act', 'view'])), name='portal_policy_elsewhere'), models.CheckConstraint(condition=models.Q(('link_days__gte', 1), ('link_days__lte', 366)), name='portal_policy_link_days'), models.CheckConstraint(condition=models.Q(('promise_days_max__gte', 1), ('promise_days_max__lte', 180)), name='portal_policy_promise_days'), models.CheckConstraint(condition=models.Q(('promise_parts_max__gte', 1), ('promise_parts_max__lte', 12)), name='portal_policy_promise_parts')],
            },
        ),
        migrations.CreateModel(
            name='PortalVisit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('contact_ref', models.BigIntegerField(default=0)),
                ('browser', models.CharField(max_length=16)),
                ('visited_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
            ],
            options={
                'indexes': [models.Index(fields=['organisation', 'customer', '-id'], name='portal_visit_customer')],
            },
        ),
    ]
