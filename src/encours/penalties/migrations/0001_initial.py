"""Penalty terms, suspensions, entered rates, notes and their lines."""

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
            name='PenaltyNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(choices=[('invoiced', 'Invoiced'), ('waived', 'Waived')], max_length=10)),
                ('number', models.CharField(blank=True, default='', max_length=80)),
                ('until_date', models.DateField()),
                ('decided_date', models.DateField()),
                ('due_date', models.DateField(blank=True, null=True)),
                ('currency', models.CharField(max_length=3)),
                ('amount_minor', models.BigIntegerField()),
                ('why', models.TextField(blank=True, default='')),
                ('acknowledged', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), default=list)),
                ('key', models.CharField(max_length=200)),
                ('actor_id', models.BigIntegerField(null=True)),
                ('actor_name', models.CharField(max_length=200)),
                ('recorded_at', models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ('cancels', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='penalties.penaltynote')),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('entity', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.entity')),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='PenaltyLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('interest', 'Late-payment interest'), ('compensation', 'Fixed compensation for recovery costs')], max_length=14)),
                ('entity_id', models.BigIntegerField()),
                ('instalment_number', models.SmallIntegerField()),
                ('document_number', models.CharField(max_length=80)),
                ('item_id', models.BigIntegerField()),
                ('amount_minor', models.BigIntegerField()),
                ('sequence', models.IntegerField()),
                ('segments', models.JSONField(default=list)),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
                ('note', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='penalties.penaltynote')),
            ],
        ),
        migrations.CreateModel(
            name='PenaltyTerms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('regime', models.CharField(choices=[('commercial', 'Between professionals (C. com. L441-10)'), ('public', 'Public buyer (Code de la commande publique)')], default='commercial', max_length=12)),
                ('rate_kind', models.CharField(choices=[('statutory', 'As the law says: ECB rate + 10 points'), ('ecb_plus', 'ECB rate + points'), ('legal_times', 'A multiple of the legal interest rate'), ('fixed', 'A fixed rate')], default='statutory', max_length=12)),
                ('figure', models.DecimalField(blank=True, decimal_places=4, max_digits=7, null=True)),
                ('imputation', models.CharField(choices=[('principal', 'The principal first'), ('interest', 'The interest first (C. civ. 1343-1)')], default='principal', max_length=10)),
                ('valid_from', models.DateField()),
                ('why', models.TextField()),
                ('author_name', models.CharField(max_length=200)),
                ('recorded_at', models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ('customer', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('entity', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.entity')),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='Suspension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('document_number', models.CharField(blank=True, default='', max_length=80)),
                ('kind', models.CharField(choices=[('insolvency', 'Insolvency proceedings opened (C. com. L622-28)'), ('court_delay', 'Time given by the judge (C. civ. 1343-5)'), ('plan', 'Payment plan that waives penalties'), ('grace', 'Time we granted')], max_length=12)),
                ('first_date', models.DateField()),
                ('last_date', models.DateField(blank=True, null=True)),
                ('why', models.TextField()),
                ('author_name', models.CharField(max_length=200)),
                ('recorded_at', models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ('lifted_at', models.DateTimeField(blank=True, null=True)),
                ('lifted_by_name', models.CharField(blank=True, db_default='', default='', max_length=200)),
                ('lifted_why', models.TextField(blank=True, db_default='', default='')),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='LegalRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(choices=[('ecb_refinancing_rate', 'ecb_refinancing_rate'), ('legal_interest_rate_business', 'legal_interest_rate_business')], max_length=40)),
                ('valid_from', models.DateField()),
                ('percent', models.DecimalField(decimal_places=3, max_digits=6)),
                ('source', models.TextField()),
                ('doubt', models.TextField(blank=True, default='')),
                ('author_name', models.CharField(max_length=200)),
                ('recorded_at', models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
            ],
            options={
                'indexes': [models.Index(fields=['organisation', 'code'], name='penalties_legalrate_code')],
                'constraints': [models.CheckConstraint(condition=models.Q(('code__in', ('ecb_refinancing_rate', 'legal_interest_rate_business'))), name='penalties_legalrate_code'), models.CheckConstraint(condition=models.Q(('source', ''), _negated=True), name='penalties_legalrate_source'), models.CheckConstraint(condition=models.Q(('valid_from__day', 1), ('valid_from__month__in', [1, 7])), name='penalties_legalrate_half_year')],
            },
        ),
        migrations.AddIndex(
            model_name='penaltynote',
            index=models.Index(fields=['organisation', 'customer', '-id'], name='penalties_note_customer'),
        ),
        migrations.AddConstraint(
            model_name='penaltynote',
            constraint=models.UniqueConstraint(fields=('organisation', 'key'), name='penalties_note_key'),
        ),
        migrations.AddConstraint(
            model_name='penaltynote',
            constraint=models.UniqueConstraint(condition=models.Q(('cancels__isnull', False)), fields=('organisation', 'cancels'), name='penalties_note_cancels'),
        ),
        migrations.AddConstraint(
            model_name='penaltynote',
            constraint=models.UniqueConstraint(condition=models.Q(models.Q(('number', ''), _negated=True), ('cancels__isnull', True)), fields=('organisation', 'entity', 'number'), name='penalties_note_number'),
        ),
        migrations.AddConstraint(
            model_name='penaltynote',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['invoiced', 'waived'])), name='penalties_note_outcome'),
        ),
        migrations.AddConstraint(
            model_name='penaltynote',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'invoiced'), models.Q(('number', ''), _negated=True)), models.Q(('number', ''), ('outcome', 'waived')), _connector='OR'), name='penalties_note_numbered'),
        ),
        migrations.AddConstraint(
            model_name='penaltynote',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount_minor__gt', 0), ('cancels__isnull', True)), models.Q(('amount_minor__lt', 0), ('cancels__isnull', False)), _connector='OR'), name='penalties_note_amount'),
        ),
        migrations.AddConstraint(
            model_name='penaltynote',
            constraint=models.CheckConstraint(condition=models.Q(('outcome', 'invoiced'), models.Q(('why', ''), _negated=True), _connector='OR'), name='penalties_note_waived_for_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='penaltyline',
            constraint=models.UniqueConstraint(fields=('organisation', 'entity_id', 'document_number', 'instalment_number', 'kind', 'sequence'), name='penalties_line_decided_in_turn'),
        ),
        migrations.AddConstraint(
            model_name='penaltyline',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['interest', 'compensation'])), name='penalties_line_kind'),
        ),
        migrations.AddConstraint(
            model_name='penaltyline',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor', 0), _negated=True), name='penalties_line_amount'),
        ),
        migrations.AddIndex(
            model_name='penaltyterms',
            index=models.Index(fields=['organisation', 'customer'], name='penalties_terms_customer'),
        ),
        migrations.AddConstraint(
            model_name='penaltyterms',
            constraint=models.CheckConstraint(condition=models.Q(('regime__in', ['commercial', 'public'])), name='penalties_terms_regime'),
        ),
        migrations.AddConstraint(
            model_name='penaltyterms',
            constraint=models.CheckConstraint(condition=models.Q(('imputation__in', ['principal', 'interest'])), name='penalties_terms_imputation'),
        ),
        migrations.AddConstraint(
            model_name='penaltyterms',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('figure__isnull', True), ('rate_kind', 'statutory')), models.Q(('figure__gte', 0), ('rate_kind__in', ['ecb_plus', 'legal_times', 'fixed'])), _connector='OR'), name='penalties_terms_figure'),
        ),
        migrations.AddIndex(
            model_name='suspension',
            index=models.Index(fields=['organisation', 'customer'], name='penalties_suspension_customer'),
        ),
        migrations.AddConstraint(
            model_name='suspension',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['insolvency', 'court_delay', 'plan', 'grace'])), name='penalties_suspension_kind'),
        ),
        migrations.AddConstraint(
            model_name='suspension',
            constraint=models.CheckConstraint(condition=models.Q(('last_date__isnull', True), ('last_date__gte', models.F('first_date')), _connector='OR'), name='penalties_suspension_days'),
        ),
    ]
