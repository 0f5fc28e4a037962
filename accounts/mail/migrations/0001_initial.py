from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email_type', models.SlugField(max_length=40, verbose_name='type')),
                ('subject_id', models.CharField(help_text='What caused it, e.g. order:100017.', max_length=64, verbose_name='reference')),
                ('recipient', models.EmailField(max_length=254)),
                ('data', models.JSONField(blank=True, default=dict, help_text='What the renderer cannot look up by the reference.')),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('sending', 'Sending'), ('sent', 'Sent'), ('failed', 'Failed')], default='queued', max_length=8)),
                ('subject', models.CharField(blank=True, max_length=255)),
                ('body_text', models.TextField(blank=True)),
                ('body_html', models.TextField(blank=True)),
                ('message_id', models.CharField(blank=True, max_length=128)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('last_error', models.CharField(blank=True, max_length=255)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('claimed_at', models.DateTimeField(blank=True, null=True)),
                ('next_try_at', models.DateTimeField(blank=True, null=True)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('bounced_at', models.DateTimeField(blank=True, null=True, verbose_name='bounced at')),
                ('bounce_reason', models.CharField(blank=True, max_length=200, verbose_name='bounce reason')),
            ],
            options={
                'verbose_name': 'email',
                'verbose_name_plural': 'emails',
                'ordering': ['-pk'],
                'indexes': [models.Index(fields=['state', 'next_try_at'], name='outbox_due'), models.Index(condition=models.Q(('message_id', ''), _negated=True), fields=['message_id'], name='outbox_by_message_id'), models.Index(condition=models.Q(('bounced_at__isnull', False)), fields=['bounced_at'], name='outbox_bounced')],
                'constraints': [models.UniqueConstraint(fields=('email_type', 'subject_id', 'recipient'), name='one_message_per_cause')],
            },
        ),
    ]
