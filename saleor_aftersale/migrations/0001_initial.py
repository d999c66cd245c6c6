
from django.db import migrations, models
import django.db.models.deletion

from saleor_aftersale.host import db


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='OrderRecord',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('order_ref', models.CharField(max_length=64, unique=True)),
                ('number', models.CharField(db_index=True, max_length=64)),
                ('channel', models.CharField(max_length=255)),
                ('customer_email', models.CharField(db_index=True, max_length=254)),
                ('customer_name', models.CharField(max_length=512)),
                ('user_ref', models.CharField(max_length=64)),
                ('language', models.CharField(max_length=35)),
                ('country', models.CharField(max_length=2)),
                ('currency', models.CharField(max_length=3)),
                ('placed_at', models.DateTimeField()),
                ('link_generation', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ReturnRequest',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('number', models.CharField(max_length=32, unique=True)),
                ('state', models.CharField(db_index=True, max_length=32)),
                ('resolution', models.CharField(max_length=32)),
                ('customer_note', models.TextField(blank=True)),
                ('decline_code', models.CharField(blank=True, max_length=64)),
                ('decline_note', models.TextField(blank=True)),
                ('idempotency_key', models.CharField(max_length=64, null=True)),
                ('submitted_at', models.DateTimeField(db_index=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='return_requests', to='saleor_aftersale.OrderRecord')),
            ],
        ),
        migrations.CreateModel(
            name='Shipment',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('fulfillment_ref', models.CharField(max_length=64, unique=True)),
                ('carrier', models.CharField(blank=True, max_length=64)),
                ('tracking_number', models.CharField(blank=True, db_index=True, max_length=255)),
                ('tracking_url', models.CharField(blank=True, max_length=2000)),
                ('status', models.CharField(db_index=True, default='PENDING', max_length=32)),
                ('is_cancelled', models.BooleanField(default=False)),
                ('shipped_at', models.DateTimeField(null=True)),
                ('delivered_at', models.DateTimeField(null=True)),
                ('promised_from', models.DateTimeField(null=True)),
                ('promised_until', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField()),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shipments', to='saleor_aftersale.OrderRecord')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='TrackingEvent',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('provider', models.CharField(max_length=64)),
                ('tracking_number', models.CharField(blank=True, max_length=255)),
                ('status', models.CharField(max_length=32)),
                ('raw_code', models.CharField(blank=True, max_length=128)),
                ('description', models.CharField(blank=True, max_length=1024)),
                ('location', models.CharField(blank=True, max_length=255)),
                ('occurred_at', models.DateTimeField()),
                ('occurred_offset', models.SmallIntegerField(default=0)),
                ('received_at', models.DateTimeField()),
                ('payload', db.JSONField(default=dict)),
                ('identity_hash', models.CharField(max_length=64)),
                ('shipment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='saleor_aftersale.Shipment')),
            ],
        ),
        migrations.CreateModel(
            name='ShipmentLine',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('line_ref', models.CharField(max_length=64)),
                ('product_name', models.CharField(max_length=1024)),
                ('quantity', models.PositiveIntegerField()),
                ('shipment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='saleor_aftersale.Shipment')),
            ],
        ),
        migrations.CreateModel(
            name='ReturnTransition',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('position', models.PositiveIntegerField()),
                ('action', models.CharField(max_length=32)),
                ('before', models.CharField(blank=True, max_length=32)),
                ('after', models.CharField(max_length=32)),
                ('role', models.CharField(max_length=16)),
                ('requester_ref', models.CharField(blank=True, max_length=64)),
                ('requester_label', models.CharField(blank=True, max_length=254)),
                ('reason', models.TextField(blank=True)),
                ('occurred_at', models.DateTimeField()),
                ('previous_hash', models.CharField(max_length=64)),
                ('hash', models.CharField(max_length=64)),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='transitions', to='saleor_aftersale.ReturnRequest')),
            ],
        ),
        migrations.CreateModel(
            name='ReturnLine',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('line_ref', models.CharField(db_index=True, max_length=64)),
                ('product_name', models.CharField(max_length=1024)),
                ('sku', models.CharField(blank=True, max_length=255)),
                ('basis', models.CharField(max_length=32)),
                ('reason', models.CharField(blank=True, max_length=64)),
                ('state', models.CharField(max_length=32)),
                ('quantity', models.PositiveIntegerField()),
                ('approved_quantity', models.PositiveIntegerField(default=0)),
                ('received_quantity', models.PositiveIntegerField(default=0)),
                ('accepted_quantity', models.PositiveIntegerField(default=0)),
                ('unit_price', models.DecimalField(decimal_places=6, max_digits=20)),
                ('currency', models.CharField(max_length=3)),
                ('grade', models.CharField(blank=True, max_length=32)),
                ('disposition', models.CharField(blank=True, max_length=32)),
                ('lost_value', models.DecimalField(decimal_places=4, default=0, max_digits=5)),
                ('inspection_note', models.TextField(blank=True)),
                ('warehouse_ref', models.CharField(blank=True, max_length=64)),
                ('restocked_at', models.DateTimeField(null=True)),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='saleor_aftersale.ReturnRequest')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=64, unique=True)),
                ('amount', models.DecimalField(decimal_places=3, max_digits=20)),
                ('currency', models.CharField(max_length=3)),
                ('state', models.CharField(db_index=True, max_length=16)),
                ('reference', models.CharField(blank=True, max_length=512)),
                ('refunded_before', models.DecimalField(decimal_places=3, max_digits=20, null=True)),
                ('error', models.TextField(blank=True)),
                ('created_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(null=True)),
                ('settled_at', models.DateTimeField(null=True)),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='refunds', to='saleor_aftersale.ReturnRequest')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='OutboxMail',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=64)),
                ('subject_ref', models.CharField(max_length=128)),
                ('language', models.CharField(max_length=35)),
                ('to_email', models.CharField(max_length=254)),
                ('context', db.JSONField(default=dict)),
                ('state', models.CharField(max_length=16)),
                ('detail', models.TextField(blank=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField()),
                ('handed_over_at', models.DateTimeField(null=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('message_id', models.CharField(max_length=255)),
                ('created_at', models.DateTimeField()),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mails', to='saleor_aftersale.OrderRecord')),
            ],
        ),
        migrations.AddConstraint(
            model_name='trackingevent',
            constraint=models.UniqueConstraint(fields=('shipment', 'identity_hash'), name='aftersale_tracking_event_once'),
        ),
        migrations.AddConstraint(
            model_name='shipmentline',
            constraint=models.UniqueConstraint(fields=('shipment', 'line_ref'), name='aftersale_shipment_line_once'),
        ),
        migrations.AddConstraint(
            model_name='returntransition',
            constraint=models.UniqueConstraint(fields=('request', 'position'), name='aftersale_return_transition_once'),
        ),
        migrations.AddConstraint(
            model_name='returnrequest',
            constraint=models.UniqueConstraint(fields=('order', 'idempotency_key'), name='aftersale_return_request_once'),
        ),
        migrations.AddIndex(
            model_name='outboxmail',
            index=models.Index(fields=['state', 'due_at'], name='aftersale_outbox_due'),
        ),
        migrations.AddConstraint(
            model_name='outboxmail',
            constraint=models.UniqueConstraint(fields=('subject_ref', 'key', 'language'), name='aftersale_outbox_mail_once'),
        ),
    ]
