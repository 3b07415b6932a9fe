"""Scenarios, policy, pauses, promises, runs and decisions."""

import datetime
import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.db.models.deletion
import encours.collections.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('access', '0002_laws'),
        ('customers', '0002_laws'),
        ('ledger', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DunningRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('run_date', models.DateField()),
                ('started_at', models.DateTimeField()),
                ('is_whole', models.BooleanField(default=True)),
                ('actor_id', models.BigIntegerField(null=True)),
                ('actor_name', models.CharField(max_length=200)),
                ('counts', models.JSONField(default=dict)),
                ('finished_at', models.DateTimeField(null=True)),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='Exclusion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step_key', models.CharField(max_length=80)),
                ('why', models.TextField(blank=True, default='')),
                ('author_name', models.CharField(max_length=200)),
                ('recorded_at', models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('item', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.openitem')),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='Pause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=[('agreement', 'Agreement with the customer'), ('waiting', 'Waiting for a document'), ('commercial', 'Commercial reason'), ('payment_plan', 'Payment plan'), ('insolvency', 'Insolvency proceedings'), ('other', 'Other')], max_length=20)),
                ('note', models.TextField(blank=True, default='')),
                ('until_date', models.DateField(blank=True, null=True)),
                ('author_name', models.CharField(max_length=200)),
                ('start_date', models.DateField()),
                ('recorded_at', models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ('ended_date', models.DateField(blank=True, null=True)),
                ('ended_by_name', models.CharField(blank=True, default='', max_length=200)),
                ('ended_why', models.TextField(blank=True, default='')),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pauses', to='customers.customer')),
                ('item', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.openitem')),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='Promise',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('promised_date', models.DateField()),
                ('made_date', models.DateField()),
                ('source', models.CharField(choices=[('call', 'Call'), ('email', 'E-mail'), ('portal', 'Portal'), ('other', 'Other')], default='call', max_length=10)),
                ('note', models.TextField(blank=True, default='')),
                ('author_name', models.CharField(max_length=200)),
                ('recorded_at', models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ('withdrawn_date', models.DateField(blank=True, null=True)),
                ('withdrawn_why', models.TextField(blank=True, default='')),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='promises', to='customers.customer')),
                ('item', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.openitem')),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='Reminder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step_key', models.CharField(blank=True, default='', max_length=80)),
                ('step_name', models.CharField(blank=True, default='', max_length=80)),
                ('step_position', models.SmallIntegerField(null=True)),
                ('channel', models.CharField(blank=True, default='', max_length=20)),
                ('outcome', models.CharField(choices=[('due', 'due'), ('to_confirm', 'to_confirm'), ('postponed', 'postponed'), ('held', 'held'), ('blocked', 'blocked'), ('skipped', 'skipped')], max_length=12)),
                ('checks', models.JSONField()),
                ('totals', models.JSONField()),
                ('disputed', models.JSONField(default=list)),
                ('credit_item_ids', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list)),
                ('recipients', models.JSONField(default=dict)),
                ('item_count', models.IntegerField()),
                ('decided_date', models.DateField()),
                ('decided_at', models.DateTimeField()),
                ('send_date', models.DateField(null=True)),
                ('send_after', models.DateTimeField(null=True)),
                ('deadline_date', models.DateField(null=True)),
                ('frees_date', models.DateField(null=True)),
                ('stopped_since', models.DateField(null=True)),
                ('message_key', models.CharField(blank=True, default='', max_length=200)),
                ('actor_name', models.CharField(max_length=200)),
                ('why', models.TextField(blank=True, default='')),
                ('set_aside', models.JSONField(default=dict)),
                ('customer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reminders', to='customers.customer')),
                ('entity', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.entity')),
                ('follows', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='collections.reminder')),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
                ('run', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reminders', to='collections.dunningrun')),
            ],
        ),
        migrations.CreateModel(
            name='ReminderItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entity_id', models.BigIntegerField()),
                ('document_number', models.CharField(max_length=80)),
                ('instalment_number', models.SmallIntegerField()),
                ('scenario_id', models.BigIntegerField(null=True)),
                ('step_key', models.CharField(blank=True, max_length=80)),
                ('step_position', models.SmallIntegerField(null=True)),
                ('step_days', models.IntegerField(null=True)),
                ('offset_days', models.IntegerField()),
                ('deadline_days', models.SmallIntegerField(null=True)),
                ('currency', models.CharField(max_length=3)),
                ('open_minor', models.BigIntegerField()),
                ('claimed_minor', models.BigIntegerField()),
                ('disputed_minor', models.BigIntegerField()),
                ('due_date', models.DateField()),
                ('left_date', models.DateField(null=True)),
                ('has_left', models.BooleanField()),
                ('is_thanks', models.BooleanField()),
                ('customer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('item', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.openitem')),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
                ('reminder', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='items', to='collections.reminder')),
            ],
        ),
        migrations.CreateModel(
            name='Scenario',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('language', models.CharField(default='fr', max_length=5)),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
                ('recorded_at', models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
            ],
        ),
        migrations.AddField(
            model_name='reminder',
            name='scenario',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='collections.scenario'),
        ),
        migrations.CreateModel(
            name='ScenarioAssignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_inherited', models.BooleanField(default=False)),
                ('entry', models.CharField(blank=True, default='', max_length=10)),
                ('why', models.TextField(blank=True, default='')),
                ('author_name', models.CharField(max_length=200)),
                ('recorded_at', models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ('customer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
                ('scenario', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='collections.scenario')),
                ('segment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.segment')),
            ],
        ),
        migrations.CreateModel(
            name='ScenarioVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('steps', models.JSONField()),
                ('grouping', models.CharField(default='customer', max_length=10)),
                ('entry', models.CharField(default='by_age', max_length=10)),
                ('note', models.TextField(blank=True, default='')),
                ('author_name', models.CharField(max_length=200)),
                ('published_at', models.DateTimeField()),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
                ('scenario', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='collections.scenario')),
            ],
        ),
        migrations.AddField(
            model_name='reminder',
            name='version',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='collections.scenarioversion'),
        ),
        migrations.CreateModel(
            name='SendingPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), default=encours.collections.models.working_days)),
                ('opens_at', models.TimeField(default=datetime.time(9, 0))),
                ('closes_at', models.TimeField(default=datetime.time(18, 0))),
                ('timezone', models.CharField(default='Europe/Paris', max_length=60)),
                ('country', models.CharField(default='FR', max_length=2)),
                ('holiday_region', models.CharField(blank=True, default='', max_length=20)),
                ('silent_periods', models.JSONField(blank=True, default=list)),
                ('contact_delay_days', models.PositiveSmallIntegerField(default=3)),
                ('weekly_cap', models.PositiveSmallIntegerField(default=2)),
                ('bank_age_days_max', models.PositiveSmallIntegerField(default=5)),
                ('bank_known_date', models.DateField(blank=True, null=True)),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='Withdrawal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('why', models.TextField()),
                ('actor_name', models.CharField(max_length=200)),
                ('withdrawn_at', models.DateTimeField()),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
                ('reminder', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='withdrawal', to='collections.reminder')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddIndex(
            model_name='dunningrun',
            index=models.Index(fields=['organisation', '-id'], name='collections_run_latest'),
        ),
        migrations.AddIndex(
            model_name='exclusion',
            index=models.Index(condition=models.Q(('undone_at__isnull', True)), fields=['organisation', 'customer'], name='collections_exclusion_live'),
        ),
        migrations.AddIndex(
            model_name='pause',
            index=models.Index(condition=models.Q(('ended_date__isnull', True)), fields=['organisation', 'customer'], name='collections_pause_running'),
        ),
        migrations.AddConstraint(
            model_name='pause',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['agreement', 'waiting', 'commercial', 'payment_plan', 'insolvency', 'other'])), name='collections_pause_reason'),
        ),
        migrations.AddConstraint(
            model_name='pause',
            constraint=models.CheckConstraint(condition=models.Q(('until_date__isnull', True), ('until_date__gte', models.F('start_date')), _connector='OR'), name='collections_pause_ends_after_start'),
        ),
        migrations.AddIndex(
            model_name='promise',
            index=models.Index(fields=['organisation', 'customer', 'promised_date'], name='collections_promise_customer'),
        ),
        migrations.AddIndex(
            model_name='promise',
            index=models.Index(fields=['organisation', 'promised_date'], name='collections_promise_date'),
        ),
        migrations.AddConstraint(
            model_name='promise',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='collections_promise_amount'),
        ),
        migrations.AddConstraint(
            model_name='promise',
            constraint=models.CheckConstraint(condition=models.Q(('promised_date__gte', models.F('made_date'))), name='collections_promise_after_made'),
        ),
        migrations.AddIndex(
            model_name='reminderitem',
            index=models.Index(fields=['organisation', 'reminder'], name='collections_reminderitem_of'),
        ),
        migrations.AddIndex(
            model_name='reminderitem',
            index=models.Index(condition=models.Q(('has_left', True)), fields=['organisation', 'customer', 'document_number'], name='collections_history'),
        ),
        migrations.AddConstraint(
            model_name='reminderitem',
            constraint=models.UniqueConstraint(condition=models.Q(('has_left', True)), fields=('organisation', 'item', 'scenario_id', 'step_key'), name='collections_step_leaves_once'),
        ),
        migrations.AddConstraint(
            model_name='scenario',
            constraint=models.UniqueConstraint(fields=('organisation', 'name'), name='collections_scenario_name'),
        ),
        migrations.AddIndex(
            model_name='scenarioassignment',
            index=models.Index(fields=['organisation', 'customer', '-id'], name='collections_assignment_latest'),
        ),
        migrations.AddConstraint(
            model_name='scenarioassignment',
            constraint=models.CheckConstraint(condition=models.Q(('customer__isnull', True), ('segment__isnull', True), _connector='OR'), name='collections_assignment_target'),
        ),
        migrations.AddConstraint(
            model_name='scenarioversion',
            constraint=models.UniqueConstraint(fields=('organisation', 'scenario', 'number'), name='collections_version_number'),
        ),
        migrations.AddConstraint(
            model_name='scenarioversion',
            constraint=models.CheckConstraint(condition=models.Q(('grouping__in', ['customer', 'invoice'])), name='collections_version_grouping'),
        ),
        migrations.AddConstraint(
            model_name='scenarioversion',
            constraint=models.CheckConstraint(condition=models.Q(('entry__in', ['by_age', 'in_order'])), name='collections_version_entry'),
        ),
        migrations.AddIndex(
            model_name='reminder',
            index=models.Index(fields=['organisation', 'run', 'outcome', 'customer'], name='collections_reminder_run'),
        ),
        migrations.AddIndex(
            model_name='reminder',
            index=models.Index(fields=['organisation', 'customer', '-id'], name='collections_reminder_customer'),
        ),
        migrations.AddIndex(
            model_name='reminder',
            index=models.Index(condition=models.Q(('outcome', 'due')), fields=['organisation', 'send_date', 'customer'], name='collections_reminder_sent'),
        ),
        migrations.AddConstraint(
            model_name='reminder',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['due', 'to_confirm', 'postponed', 'held', 'blocked', 'skipped'])), name='collections_reminder_outcome'),
        ),
        migrations.AddConstraint(
            model_name='sendingpolicy',
            constraint=models.UniqueConstraint(fields=('organisation',), name='collections_policy_one'),
        ),
        migrations.AddConstraint(
            model_name='sendingpolicy',
            constraint=models.CheckConstraint(condition=models.Q(('opens_at__lt', models.F('closes_at'))), name='collections_policy_hours'),
        ),
        migrations.AddConstraint(
            model_name='sendingpolicy',
            constraint=models.CheckConstraint(condition=models.Q(('weekly_cap__gte', 1)), name='collections_policy_cap'),
        ),
    ]
