from django.db import migrations, models
import django.db.models.deletion

from saleor_aftersale.host import db


class Migration(migrations.Migration):

    dependencies = [
        ('saleor_aftersale', '0007_return_attachment'),
    ]

    operations = [
        migrations.CreateModel(
            name='OrderMirror',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('due_at', models.DateTimeField(null=True)),
                ('order', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='returns_mirror', to='saleor_aftersale.OrderRecord')),
            ],
        ),
        migrations.CreateModel(
            name='EventDelivery',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('reference', models.CharField(max_length=36, unique=True)),
                ('event_key', models.CharField(max_length=128, unique=True)),
                ('type', models.CharField(max_length=64)),
                ('channel', models.CharField(max_length=255)),
                ('sequence', models.PositiveIntegerField(null=True)),
                ('subject_id', models.BigIntegerField()),
                ('facts', db.JSONField(default=dict)),
                ('occurred_at', models.DateTimeField()),
                ('body', models.TextField(blank=True)),
                ('state', models.CharField(max_length=16)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('queued_at', models.DateTimeField()),
                ('due_at', models.DateTimeField(null=True)),
                ('last_status', models.PositiveSmallIntegerField(null=True)),
                ('last_error', models.CharField(blank=True, max_length=1024)),
                ('created_at', models.DateTimeField()),
                ('delivered_at', models.DateTimeField(null=True)),
                ('order', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='event_deliveries', to='saleor_aftersale.OrderRecord')),
            ],
        ),
        migrations.AddIndex(
            model_name='ordermirror',
            index=models.Index(condition=models.Q(due_at__isnull=False), fields=['due_at'], name='aftersale_mirror_due'),
        ),
        migrations.AddIndex(
            model_name='eventdelivery',
            index=models.Index(fields=['created_at', 'id'], name='aftersale_event_created'),
        ),
        migrations.AddIndex(
            model_name='eventdelivery',
            index=models.Index(fields=['state', 'created_at', 'id'], name='aftersale_event_state'),
        ),
        migrations.AddIndex(
            model_name='eventdelivery',
            index=models.Index(condition=models.Q(due_at__isnull=False), fields=['due_at'], name='aftersale_event_due'),
        ),
        migrations.AddConstraint(
            model_name='eventdelivery',
            constraint=models.UniqueConstraint(fields=('order', 'sequence'), name='aftersale_event_sequence_once'),
        ),
    ]
