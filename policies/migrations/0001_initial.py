import django.db.models.deletion
import microflight.core.bounds
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=255, verbose_name='text')),
                ('link', models.CharField(blank=True, max_length=200, verbose_name='link')),
                ('starts_at', models.DateTimeField(verbose_name='shown from')),
                ('ends_at', models.DateTimeField(blank=True, null=True, verbose_name='shown until')),
            ],
            options={
                'verbose_name': 'notice',
                'verbose_name_plural': 'notices',
                'ordering': ['-starts_at'],
            },
        ),
        migrations.CreateModel(
            name='Policy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(unique=True, verbose_name='slug')),
                ('title', models.CharField(max_length=80, verbose_name='title')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='position')),
                ('required_at_checkout', models.BooleanField(default=False, help_text='Customers must accept it before they pay.', verbose_name='required at checkout')),
                ('required_at_registration', models.BooleanField(default=False, help_text='Customers must accept it to create an account.', verbose_name='required at registration')),
                ('notice_days', models.PositiveSmallIntegerField(default=30, help_text='Days between publishing a material change and its effective date.', verbose_name='notice period')),
                ('next_review_on', models.DateField(blank=True, help_text='The date by which someone must check that the policy is still correct.', null=True, verbose_name='next review date')),
                ('required_sections', models.TextField(blank=True, help_text='Headings that every version must have, one per line.', verbose_name='required sections')),
            ],
            options={
                'verbose_name': 'policy',
                'verbose_name_plural': 'policies',
                'ordering': ['position', 'slug'],
                'permissions': [('review_policy', 'Can mark a policy as reviewed')],
            },
        ),
        migrations.CreateModel(
            name='PolicyVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('published_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('number', models.PositiveIntegerField(blank=True, editable=False, null=True, verbose_name='number')),
                ('stage', models.CharField(choices=[('draft', 'draft'), ('review', 'in review'), ('approved', 'approved'), ('scheduled', 'scheduled'), ('published', 'in force'), ('superseded', 'superseded')], default='draft', editable=False, max_length=10, verbose_name='stage')),
                ('source', models.TextField(blank=True, help_text='Markdown with {{ variables }} and <!-- promise: ids -->.', verbose_name='source')),
                ('body', models.TextField(blank=True, editable=False, help_text='Markdown as published.', verbose_name='body')),
                ('change_type', models.CharField(choices=[('material', 'Material: changes what we promise or do'), ('editorial', 'Editorial: changes the wording only')], default='material', max_length=9, verbose_name='type of change')),
                ('summary', models.CharField(blank=True, help_text='Shown to customers.', max_length=255, verbose_name='summary of changes')),
                ('effective_from', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='effective from')),
                ('short_notice_reason', models.CharField(blank=True, editable=False, help_text='Why a material change took effect before its notice period ended.', max_length=255, verbose_name='reason for short notice')),
                ('sha256', models.CharField(blank=True, editable=False, max_length=64, verbose_name='SHA-256')),
                ('previous_sha256', models.CharField(blank=True, editable=False, max_length=64, verbose_name='SHA-256 of the previous version')),
                ('approver', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='approver')),
                ('author', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='author')),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='policies.policy', verbose_name='policy')),
                ('restores', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='policies.policyversion', verbose_name='restores')),
            ],
            options={
                'verbose_name': 'policy version',
                'verbose_name_plural': 'policy versions',
                'ordering': ['policy', '-number'],
                'permissions': [('approve_policyversion', 'Can approve a policy version'), ('publish_policyversion', 'Can publish a policy version')],
            },
        ),
        migrations.CreateModel(
            name='PolicyTranslation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('published_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('language', models.CharField(help_text='Language code, for example fr or fr-CA.', max_length=8, verbose_name='language')),
                ('title', models.CharField(max_length=80, verbose_name='title')),
                ('body', models.TextField(help_text='Markdown.', verbose_name='body')),
                ('sha256', models.CharField(blank=True, editable=False, max_length=64, verbose_name='SHA-256')),
                ('translator', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='translator')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='translations', to='policies.policyversion', verbose_name='version')),
            ],
            options={
                'verbose_name': 'policy translation',
                'verbose_name_plural': 'policy translations',
                'ordering': ['version', 'language'],
            },
        ),
        migrations.CreateModel(
            name='Acceptance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sha256', models.CharField(help_text='Hash of the version that was shown.', max_length=64, verbose_name='SHA-256')),
                ('context', models.CharField(choices=[('checkout', 'checkout'), ('registration', 'registration'), ('reacceptance', 'login after a policy change'), ('newsletter', 'newsletter sign-up'), ('contest', 'contest entry')], default='checkout', max_length=12, verbose_name='accepted at')),
                ('subject', models.CharField(db_index=True, help_text='For example order:100017 or account:12.', max_length=64, verbose_name='order or account')),
                ('label', models.TextField(help_text='The label next to the checkbox that was ticked.', verbose_name='checkbox label')),
                ('network', models.CharField(blank=True, help_text="The customer's IP address without its last part.", max_length=43, verbose_name='IP network')),
                ('accepted_at', models.DateTimeField(auto_now_add=True, verbose_name='accepted on')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='account')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='acceptances', to='policies.policyversion', verbose_name='version')),
            ],
            options={
                'verbose_name': 'acceptance',
                'verbose_name_plural': 'acceptances',
            },
        ),
        migrations.CreateModel(
            name='Review',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reviewed_at', models.DateTimeField(auto_now_add=True, verbose_name='reviewed on')),
                ('next_review_on', models.DateField(verbose_name='next review date')),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reviews', to='policies.policy', verbose_name='policy')),
                ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='reviewer')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='policies.policyversion', verbose_name='version')),
            ],
            options={
                'verbose_name': 'review',
                'verbose_name_plural': 'reviews',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='VersionEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('action', models.CharField(choices=[('edited', 'Edited'), ('submitted', 'Submitted for review'), ('returned', 'Returned to draft'), ('approved', 'Approved'), ('published', 'Published'), ('translated', 'Translation published'), ('took-effect', 'Took effect')], max_length=12, verbose_name='action')),
                ('comment', models.CharField(blank=True, max_length=255, verbose_name='comment')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='date')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='policies.policyversion', verbose_name='version')),
            ],
            options={
                'verbose_name': 'version event',
                'verbose_name_plural': 'version events',
                'ordering': ['pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='policyversion',
            constraint=models.UniqueConstraint(fields=('policy', 'number'), name='one_version_per_number'),
        ),
        migrations.AddConstraint(
            model_name='policyversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('published_at', None), ('stage__in', ('draft', 'review', 'approved'))), models.Q(('number__isnull', False), ('published_at__isnull', False), ('effective_from__isnull', False), ('stage', 'published'), models.Q(('sha256', ''), _negated=True)), _connector='OR'), name='published_versions_have_number_date_and_hash'),
        ),
        migrations.AddConstraint(
            model_name='policytranslation',
            constraint=models.UniqueConstraint(fields=('version', 'language'), name='one_translation_per_language'),
        ),
        migrations.AddConstraint(
            model_name='policytranslation',
            constraint=models.CheckConstraint(condition=models.Q(('published_at', None), models.Q(('sha256', ''), _negated=True), _connector='OR'), name='published_translations_have_a_hash'),
        ),
        migrations.AddConstraint(
            model_name='acceptance',
            constraint=models.UniqueConstraint(fields=('version', 'subject'), name='accepted_once'),
        ),
        migrations.AddConstraint(
            model_name='versionevent',
            constraint=models.UniqueConstraint(condition=models.Q(('action', 'took-effect')), fields=('version',), name='version_takes_effect_once'),
        ),
        migrations.AddConstraint(
            model_name='policy',
            constraint=microflight.core.bounds.Bounds('notice_days', 0, 365, name='policies_policy_notice_days_bounds'),
        ),
        migrations.AddConstraint(
            model_name='policy',
            constraint=microflight.core.bounds.Bounds('position', 0, 30000, name='policies_policy_position_bounds'),
        ),
    ]
