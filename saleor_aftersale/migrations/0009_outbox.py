from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('saleor_aftersale', '0008_outgoing'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='outboxmail',
            name='aftersale_outbox_due',
        ),
        migrations.AddIndex(
            model_name='outboxmail',
            index=models.Index(condition=models.Q(state__in=['QUEUED', 'SENDING']), fields=['due_at'], name='aftersale_outbox_waiting'),
        ),
        migrations.AddIndex(
            model_name='outboxmail',
            index=models.Index(fields=['created_at', 'id'], name='aftersale_outbox_created'),
        ),
        migrations.AddIndex(
            model_name='outboxmail',
            index=models.Index(fields=['to_email', 'created_at'], name='aftersale_outbox_recipient'),
        ),
    ]
