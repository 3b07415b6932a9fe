"""Plans, their instalments, the items they cover."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('access', '0005_apitoken'),
        ('customers', '0004_search'),
    ]

    operations = [
        migrations.CreateModel(
            name='Plan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=40)),
                ('key', models.CharField(max_length=80)),
                ('currency', models.CharField(max_length=3)),
                ('principal_minor', models.BigIntegerField()),
                ('down_payment_minor', models.BigIntegerField(default=0)),
                ('fee_minor', models.BigIntegerField(default=0)),
                ('interest_minor', models.BigIntegerField(default=0)),
                ('frequency', models.CharField(choices=[('weekly', 'Every week'), ('fortnightly', 'Every two weeks'), ('monthly', 'Every month')], max_length=12)),
                ('clause', models.CharField(choices=[('none', 'No interest as long as the plan is kept'), ('statutory', 'Late-payment penalties go on and are claimed apart'), ('agreed', 'An agreed rate, in the instalments')], max_length=12)),
                ('percent', models.DecimalField(decimal_places=2, default=0, max_digits=5)),
                ('start_date', models.DateField()),
                ('grace_days', models.SmallIntegerField(default=8)),
                ('accelerates', models.BooleanField(default=True)),
                ('breaks_alone', models.BooleanField(default=False)),
                ('revives_penalties', models.BooleanField(default=True)),
                ('note', models.TextField(blank=True, default='')),
                ('drafted_date', models.DateField()),
                ('author_name', models.CharField(max_length=200)),
                ('recorded_at', models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ('approved_date', models.DateField(null=True)),
                ('approved_by_name', models.CharField(blank=True, db_default='', default='', max_length=200)),
                ('agreed_date', models.DateField(null=True)),
                ('signed_by_name', models.CharField(blank=True, db_default='', default='', max_length=200)),
                ('ended_date', models.DateField(null=True)),
                ('ended_as', models.CharField(blank=True, db_default='', default='', max_length=12)),
                ('ended_why', models.TextField(blank=True, db_default='', default='')),
                ('ended_by_name', models.CharField(blank=True, db_default='', default='', max_length=200)),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('entity', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.entity')),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='PlanInstalment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.SmallIntegerField()),
                ('due_date', models.DateField()),
                ('amount_minor', models.BigIntegerField()),
                ('principal_minor', models.BigIntegerField()),
                ('interest_minor', models.BigIntegerField()),
                ('fee_minor', models.BigIntegerField()),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='instalments', to='plans.plan')),
            ],
        ),
        migrations.CreateModel(
            name='PlanItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entity_id', models.BigIntegerField()),
                ('document_number', models.CharField(max_length=80)),
                ('instalment_number', models.SmallIntegerField()),
                ('instalment_count', models.SmallIntegerField(default=1)),
                ('item_id', models.BigIntegerField()),
                ('due_date', models.DateField()),
                ('amount_minor', models.BigIntegerField()),
                ('is_own', models.BooleanField(default=False)),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='plans.plan')),
            ],
        ),
        migrations.AddIndex(
            model_name='plan',
            index=models.Index(fields=['organisation', 'customer', '-id'], name='plans_plan_customer'),
        ),
        migrations.AddIndex(
            model_name='plan',
            index=models.Index(condition=models.Q(('agreed_date__isnull', False), ('ended_date__isnull', True)), fields=['organisation', 'customer'], name='plans_plan_standing'),
        ),
        migrations.AddConstraint(
            model_name='plan',
            constraint=models.UniqueConstraint(fields=('organisation', 'number'), name='plans_plan_number'),
        ),
        migrations.AddConstraint(
            model_name='plan',
            constraint=models.UniqueConstraint(fields=('organisation', 'key'), name='plans_plan_key'),
        ),
        migrations.AddConstraint(
            model_name='plan',
            constraint=models.CheckConstraint(condition=models.Q(('frequency__in', ['weekly', 'fortnightly', 'monthly'])), name='plans_plan_frequency'),
        ),
        migrations.AddConstraint(
            model_name='plan',
            constraint=models.CheckConstraint(condition=models.Q(('clause__in', ['none', 'statutory', 'agreed'])), name='plans_plan_clause'),
        ),
        migrations.AddConstraint(
            model_name='plan',
            constraint=models.CheckConstraint(condition=models.Q(('down_payment_minor__gte', 0), ('fee_minor__gte', 0), ('interest_minor__gte', 0), ('principal_minor__gt', 0)), name='plans_plan_amounts'),
        ),
        migrations.AddConstraint(
            model_name='plan',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_as', ''), ('ended_date__isnull', True)), models.Q(('ended_as__in', ['kept', 'broken', 'cancelled']), ('ended_date__isnull', False)), _connector='OR'), name='plans_plan_ended_as'),
        ),
        migrations.AddConstraint(
            model_name='plan',
            constraint=models.CheckConstraint(condition=models.Q(('agreed_date__isnull', True), ('approved_date__isnull', False), _connector='OR'), name='plans_plan_approved'),
        ),
        migrations.AddConstraint(
            model_name='plan',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_as__in', ['kept', 'broken']), _negated=True), ('agreed_date__isnull', False), _connector='OR'), name='plans_plan_agreed'),
        ),
        migrations.AddConstraint(
            model_name='planinstalment',
            constraint=models.UniqueConstraint(fields=('organisation', 'plan', 'number'), name='plans_instalment_number'),
        ),
        migrations.AddConstraint(
            model_name='planinstalment',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='plans_instalment_amount'),
        ),
        migrations.AddConstraint(
            model_name='planinstalment',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('principal_minor'), '+', models.F('interest_minor')), '+', models.F('fee_minor')))), name='plans_instalment_sums'),
        ),
        migrations.AddIndex(
            model_name='planitem',
            index=models.Index(fields=['organisation', 'document_number'], name='plans_item_document'),
        ),
        migrations.AddConstraint(
            model_name='planitem',
            constraint=models.UniqueConstraint(fields=('organisation', 'plan', 'entity_id', 'document_number', 'instalment_number'), name='plans_item_once'),
        ),
        migrations.AddConstraint(
            model_name='planitem',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='plans_item_amount'),
        ),
    ]
