from django.db import migrations, models
import django.db.models.deletion

from saleor_aftersale.host import db


class Migration(migrations.Migration):

    dependencies = [
        ('saleor_aftersale', '0009_outbox'),
    ]

    operations = [
        migrations.CreateModel(
            name='ConsentDecision',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('mailbox_hash', models.CharField(max_length=64)),
                ('email', models.CharField(blank=True, max_length=254)),
                ('topic', models.CharField(blank=True, max_length=32)),
                ('decision', models.CharField(max_length=16)),
                ('source', models.CharField(max_length=32)),
                ('channel', models.CharField(blank=True, max_length=255)),
                ('language', models.CharField(blank=True, max_length=35)),
                ('wording', models.TextField(blank=True)),
                ('author', models.CharField(blank=True, max_length=254)),
                ('evidence', db.JSONField(default=dict)),
                ('decided_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Feedback',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('score', models.PositiveSmallIntegerField()),
                ('comment', models.TextField(blank=True)),
                ('categories', db.JSONField(default=list)),
                ('language', models.CharField(blank=True, max_length=35)),
                ('given_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('earlier', db.JSONField(default=list)),
                ('reply_by', models.DateTimeField(null=True)),
                ('answered_at', models.DateTimeField(null=True)),
                ('answered_by', models.CharField(blank=True, max_length=254)),
                ('answer', models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name='Suppression',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('mailbox_hash', models.CharField(max_length=64)),
                ('email', models.CharField(blank=True, max_length=254)),
                ('cause', models.CharField(max_length=16)),
                ('detail', models.TextField(blank=True)),
                ('times', models.PositiveIntegerField(default=1)),
                ('author', models.CharField(blank=True, max_length=254)),
                ('reported_at', models.DateTimeField()),
                ('lifted_at', models.DateTimeField(null=True)),
                ('lifted_by', models.CharField(blank=True, max_length=254)),
            ],
        ),
        migrations.CreateModel(
            name='ThanksVoucher',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=64, unique=True)),
                ('voucher_ref', models.CharField(blank=True, max_length=64)),
                ('state', models.CharField(max_length=16)),
                ('is_percentage', models.BooleanField()),
                ('value', models.DecimalField(decimal_places=3, max_digits=12)),
                ('expires_on', models.DateField()),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('detail', models.TextField(blank=True)),
                ('due_at', models.DateTimeField()),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='returnline',
            name='fee_percent',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='shipment',
            name='is_return',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='trackingevent',
            name='collect_by',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name='orderrecord',
            index=models.Index(fields=['placed_at'], name='aftersale_order_placed'),
        ),
        migrations.AddIndex(
            model_name='returnrequest',
            index=models.Index(condition=models.Q(answer_owed_by='MERCHANT'), fields=['answer_owed_since'], name='aftersale_return_unanswered'),
        ),
        migrations.AddField(
            model_name='thanksvoucher',
            name='order',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='thanks_voucher', to='saleor_aftersale.OrderRecord'),
        ),
        migrations.AddConstraint(
            model_name='suppression',
            constraint=models.UniqueConstraint(fields=('mailbox_hash', 'cause'), name='aftersale_suppression_once'),
        ),
        migrations.AddField(
            model_name='feedback',
            name='order',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='feedback', to='saleor_aftersale.OrderRecord'),
        ),
        migrations.AddIndex(
            model_name='consentdecision',
            index=models.Index(fields=['mailbox_hash', 'decided_at'], name='aftersale_consent_mailbox'),
        ),
        migrations.AddIndex(
            model_name='thanksvoucher',
            index=models.Index(condition=models.Q(state='DUE'), fields=['due_at'], name='aftersale_voucher_due'),
        ),
        migrations.AddIndex(
            model_name='feedback',
            index=models.Index(fields=['given_at', 'id'], name='aftersale_feedback_given'),
        ),
        migrations.AddIndex(
            model_name='feedback',
            index=models.Index(condition=models.Q(('answered_at__isnull', True), ('reply_by__isnull', False)), fields=['reply_by'], name='aftersale_feedback_owed'),
        ),
    ]
