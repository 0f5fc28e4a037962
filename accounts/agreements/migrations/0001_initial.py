import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('policies', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Announcement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('audience', models.CharField(help_text='For example accounts.', max_length=20, verbose_name='audience')),
                ('last_id', models.BigIntegerField(default=0, help_text='Members of the audience up to this ID have an email.')),
                ('queued', models.PositiveIntegerField(default=0, verbose_name='emails queued')),
                ('started_at', models.DateTimeField(auto_now_add=True, verbose_name='started')),
                ('last_queued_at', models.DateTimeField(blank=True, null=True, verbose_name='last emails queued')),
                ('finished_at', models.DateTimeField(blank=True, help_text='The version is in effect and everyone has an email.', null=True, verbose_name='finished')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='announcements', to='policies.policyversion', verbose_name='policy version')),
            ],
            options={
                'verbose_name': 'announcement',
                'verbose_name_plural': 'announcements',
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(fields=('version', 'audience'), name='announced_once')],
            },
        ),
        migrations.CreateModel(
            name='BannerDismissal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('dismissed_at', models.DateTimeField(auto_now_add=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='policies.policyversion')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'version'), name='dismissed_once')],
            },
        ),
    ]
