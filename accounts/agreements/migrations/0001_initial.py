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
                ('source', models.CharField(help_text='Which list of people, e.g. accounts.', max_length=20)),
                ('last_key', models.BigIntegerField(default=0, help_text='Everybody up to this one on the list has been told.')),
                ('told', models.PositiveIntegerField(default=0, help_text='Letters written.')),
                ('started_at', models.DateTimeField(auto_now_add=True)),
                ('told_at', models.DateTimeField(blank=True, help_text='The last letters so far.', null=True)),
                ('finished_at', models.DateTimeField(blank=True, help_text='The text is in force, and nobody is left to be told.', null=True)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='announcements', to='policies.policyversion')),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(fields=('version', 'source'), name='announced_once')],
            },
        ),
        migrations.CreateModel(
            name='Seen',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='policies.policyversion')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'version'), name='seen_once')],
            },
        ),
    ]
