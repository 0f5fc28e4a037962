import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_at', models.DateTimeField(auto_now_add=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('breach_count', models.PositiveIntegerField(default=0, verbose_name='breaches')),
                ('checks', models.JSONField(default=list, help_text='For each check: name, proves, looked_at, breaches, whole.')),
                ('breaches', models.JSONField(default=list, help_text='Each with check, subject, what, todo; the first of each check.')),
                ('unanswered', models.JSONField(default=list, help_text='What could not be checked, and why; then the run proves nothing.')),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'audit',
                'ordering': ['-pk'],
                'permissions': [('run_audit', 'Can run the audit of money and stock')],
                'get_latest_by': 'pk',
            },
        ),
    ]
