"""Disputes."""

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('access', '0002_laws'),
        ('customers', '0002_laws'),
        ('ledger', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Dispute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('document_number', models.CharField(blank=True, default='', max_length=80)),
                ('amount_minor', models.BigIntegerField(blank=True, null=True)),
                ('currency', models.CharField(blank=True, default='', max_length=3)),
                ('reason', models.CharField(choices=[('price', 'Price'), ('quantity', 'Quantity'), ('quality', 'Quality'), ('delivery', 'Delivery'), ('not_received', 'Invoice not received'), ('order_number', 'Order number missing'), ('duplicate', 'Invoiced twice'), ('already_paid', 'Said to be paid'), ('deduction', 'Deduction taken'), ('other', 'Other')], default='other', max_length=20)),
                ('note', models.TextField(blank=True, default='')),
                ('key', models.CharField(max_length=200)),
                ('opened_date', models.DateField()),
                ('opened_by_name', models.CharField(max_length=200)),
                ('recorded_at', models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ('closed_date', models.DateField(blank=True, null=True)),
                ('closed_by_name', models.CharField(blank=True, db_default='', default='', max_length=200)),
                ('outcome', models.CharField(blank=True, choices=[('customer_right', 'The customer was right'), ('partly_right', 'The customer was partly right'), ('unfounded', 'Unfounded'), ('withdrawn', 'Withdrawn by the customer')], db_default='', default='', max_length=20)),
                ('closing_note', models.TextField(blank=True, db_default='', default='')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='customers.customer')),
                ('item', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.openitem')),
                ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('closed_date__isnull', True)), fields=['organisation', 'customer'], name='disputes_dispute_open')],
                'constraints': [models.UniqueConstraint(fields=('organisation', 'key'), name='disputes_dispute_key'), models.CheckConstraint(condition=models.Q(('amount_minor__isnull', True), ('amount_minor__gt', 0), _connector='OR'), name='disputes_dispute_amount'), models.CheckConstraint(condition=models.Q(('reason__in', ['price', 'quantity', 'quality', 'delivery', 'not_received', 'order_number', 'duplicate', 'already_paid', 'deduction', 'other'])), name='disputes_dispute_reason'), models.CheckConstraint(condition=models.Q(models.Q(('closed_date__isnull', True), ('outcome', '')), models.Q(('closed_date__isnull', False), ('outcome__in', ['customer_right', 'partly_right', 'unfounded', 'withdrawn'])), _connector='OR'), name='disputes_dispute_closed_with_outcome')],
            },
        ),
    ]
