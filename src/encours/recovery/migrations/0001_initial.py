"""Formal notices, legal acts, limitation regimes, proceedings."""

import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('access', '0005_apitoken'),
        ('customers', '0004_search'),
    ]

    operations = [
        migrations.CreateModel(
            name='FormalNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=40)),
                ('key', models.CharField(max_length=80)),
                ('notice_date', models.DateField()),
                ('pay_by_date', models.DateField()),
                ('language', models.CharField(max_length=2)),
                ('channel', models.CharField(max_length=40)),
                ('currency', models.CharField(max_length=3)),
                ('principal_minor', models.BigIntegerField()),
                ('interest_minor', models.BigIntegerField(default=0)),
                ('compensation_minor', models.BigIntegerField(default=0)),
                ('lines', models.JSONField()),
                ('checklist', models.JSONField()),
                ('answered', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), default=list)),
                ('message_id', models.BigIntegerField()),
                ('author_id', models.BigIntegerField(null=True)),
                ('author_name', models.CharField(max_length=200)),
                ('recorded_at', models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ('sent_date', models.DateField(null=True)),
                ('registered_number', models.CharField(blank=True, db_default='', default='', max_length=40)),
                ('outcome', models.CharField(blank=True, choices=[('received', 'Received against signature'), ('refused', 'Refused by the addressee'), ('unclaimed', 'Not claimed: the notice stays valid'), ('undeliverable', 'Came back: wrong address')], db_default='', default='', max_length=16)),
                ('outcome_date', models.DateField(null=True)),
                ('proof', models.BinaryField(null=True)),
                ('proof_name', models.CharField(blank=True, db_default='', default='', max_length=200)),
                ('proof_sha256', models.BinaryField(max_length=32, null=True)),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('entity', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.entity')),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
            ],
            options={
                'indexes': [models.Index(fields=['organisation', 'customer', '-id'], name='recovery_notice_customer')],
                'constraints': [models.UniqueConstraint(fields=('organisation', 'number'), name='recovery_notice_number'), models.UniqueConstraint(fields=('organisation', 'key'), name='recovery_notice_key'), models.CheckConstraint(condition=models.Q(('principal_minor__gt', 0)), name='recovery_notice_claims'), models.CheckConstraint(condition=models.Q(models.Q(('outcome', ''), ('outcome_date__isnull', True)), models.Q(('outcome__in', ['received', 'refused', 'unclaimed', 'undeliverable']), ('outcome_date__isnull', False)), _connector='OR'), name='recovery_notice_outcome'), models.CheckConstraint(condition=models.Q(('proof__isnull', True), ('proof_sha256__isnull', False), _connector='OR'), name='recovery_notice_proof_sealed')],
            },
        ),
        migrations.CreateModel(
            name='LegalAct',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('document_number', models.CharField(blank=True, default='', max_length=80)),
                ('kind', models.CharField(choices=[('acknowledgement', 'Debt acknowledged by the debtor (C. civ. 2240)'), ('payment', 'Payment in part'), ('request_for_time', 'Time asked for in writing'), ('formal_notice', 'Formal notice (interrupts nothing)'), ('summons', 'Summons (C. civ. 2241)'), ('order_requested', 'Order to pay requested (interrupts nothing)'), ('order_issued', 'Order to pay issued'), ('order_served', 'Order to pay served'), ('opposition', 'Opposition by the debtor'), ('enforcement', 'Precautionary or enforcement measure (C. civ. 2244)'), ('claim_filed', 'Claim filed in insolvency (C. com. L622-25-1)'), ('title', 'Enforceable title')], max_length=20)),
                ('act_date', models.DateField()),
                ('is_certain', models.BooleanField(default=False)),
                ('reference', models.CharField(blank=True, default='', max_length=200)),
                ('note', models.TextField(blank=True, default='')),
                ('author_name', models.CharField(max_length=200)),
                ('recorded_at', models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ('withdrawn_date', models.DateField(null=True)),
                ('withdrawn_why', models.TextField(blank=True, db_default='', default='')),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
            ],
            options={
                'indexes': [models.Index(fields=['organisation', 'customer'], name='recovery_act_customer')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['acknowledgement', 'payment', 'request_for_time', 'formal_notice', 'summons', 'order_requested', 'order_issued', 'order_served', 'opposition', 'enforcement', 'claim_filed', 'title'])), name='recovery_act_kind')],
            },
        ),
        migrations.CreateModel(
            name='LimitationRegime',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('document_number', models.CharField(blank=True, default='', max_length=80)),
                ('regime', models.CharField(choices=[('commercial', 'Commercial, 5 years (C. com. L110-4)'), ('general', 'General, 5 years (C. civ. 2224)'), ('consumer', 'Consumer, 2 years (C. conso. L218-2)'), ('carriage', 'Carriage of goods, 1 year (C. com. L133-6)')], max_length=12)),
                ('agreed_years', models.SmallIntegerField(null=True)),
                ('why', models.TextField()),
                ('author_name', models.CharField(max_length=200)),
                ('recorded_at', models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
            ],
            options={
                'indexes': [models.Index(fields=['organisation', 'customer'], name='recovery_regime_customer')],
                'constraints': [models.CheckConstraint(condition=models.Q(('regime__in', ['commercial', 'general', 'consumer', 'carriage'])), name='recovery_regime_known'), models.CheckConstraint(condition=models.Q(('agreed_years__isnull', True), models.Q(('agreed_years__range', (1, 10)), ('regime__in', ['commercial', 'general'])), _connector='OR'), name='recovery_regime_years')],
            },
        ),
        migrations.CreateModel(
            name='Proceeding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('safeguard', 'Safeguard (sauvegarde)'), ('receivership', 'Receivership (redressement judiciaire)'), ('liquidation', 'Liquidation (liquidation judiciaire)')], max_length=14)),
                ('judgment_date', models.DateField()),
                ('court', models.CharField(blank=True, default='', max_length=200)),
                ('trustee_name', models.CharField(blank=True, default='', max_length=200)),
                ('trustee_address', models.TextField(blank=True, default='')),
                ('trustee_email', models.CharField(blank=True, default='', max_length=254)),
                ('has_retention', models.BooleanField(default=False)),
                ('note', models.TextField(blank=True, default='')),
                ('author_name', models.CharField(max_length=200)),
                ('recorded_at', models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ('pause_id', models.BigIntegerField(null=True)),
                ('published_date', models.DateField(null=True)),
                ('bodacc_reference', models.CharField(blank=True, db_default='', default='', max_length=100)),
                ('claim_filed_date', models.DateField(null=True)),
                ('claim_reference', models.CharField(blank=True, db_default='', default='', max_length=200)),
                ('claim_minor', models.BigIntegerField(null=True)),
                ('ended_date', models.DateField(null=True)),
                ('ended_why', models.TextField(blank=True, db_default='', default='')),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['safeguard', 'receivership', 'liquidation'])), name='recovery_proceeding_kind'), models.CheckConstraint(condition=models.Q(('published_date__isnull', True), ('published_date__gte', models.F('judgment_date')), _connector='OR'), name='recovery_proceeding_published'), models.CheckConstraint(condition=models.Q(('claim_filed_date__isnull', True), ('claim_filed_date__gte', models.F('judgment_date')), _connector='OR'), name='recovery_proceeding_filed'), models.UniqueConstraint(condition=models.Q(('ended_date__isnull', True)), fields=('organisation', 'customer'), name='recovery_proceeding_open')],
            },
        ),
    ]
