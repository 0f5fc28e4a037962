import microflight.core.overlaps
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('tax', '0004_exemptions_and_tax_on_shipping'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        BtreeGistExtension(),  # nothing on SQLite
        migrations.AddConstraint(
            model_name='taxexemption',
            constraint=microflight.core.overlaps.NoOverlap('user', 'jurisdiction', covering=None, ends='ends_on', ends_before=False, name='one_tax_exemption_per_day', only_if=''),
        ),
        migrations.AddConstraint(
            model_name='taxrate',
            constraint=microflight.core.overlaps.NoOverlap('country', 'province', covering=('component', 'HST'), ends='ends_on', ends_before=False, name='one_tax_rate_per_day', only_if=''),
        ),
        migrations.AddConstraint(
            model_name='taxregistration',
            constraint=microflight.core.overlaps.NoOverlap('jurisdiction', covering=None, ends='ends_on', ends_before=False, name='one_tax_registration_per_day', only_if=''),
        ),
    ]
