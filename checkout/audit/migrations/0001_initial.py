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
                ('breach_count', models.PositiveIntegerField(default=0, verbose_name='problems')),
                ('checks', models.JSONField(default=list, help_text='For each check: name, rule, checked, breaches, complete.')),
                ('breaches', models.JSONField(default=list, help_text='The first of each check: check, subject, problem, action.')),
                ('not_checked', models.JSONField(default=list, help_text='What could not be checked, and why.')),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'audit',
                'verbose_name_plural': 'audits',
                'ordering': ['-pk'],
                'permissions': [('run_audit', 'Can run the audit of payments and stock')],
                'get_latest_by': 'pk',
            },
        ),
    ]
