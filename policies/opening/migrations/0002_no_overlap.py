import datetime
import microflight.core.bounds
import microflight.core.overlaps
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('opening', '0001_initial'),
    ]

    operations = [
        BtreeGistExtension(),  # nothing on SQLite
        migrations.AddConstraint(
            model_name='awayperiod',
            constraint=microflight.core.bounds.Bounds('starts_on', datetime.date(1900, 1, 1), datetime.date(2199, 12, 31), name='opening_awayperiod_starts_on_bounds'),
        ),
        migrations.AddConstraint(
            model_name='awayperiod',
            constraint=microflight.core.bounds.Bounds('reopens_on', datetime.date(1900, 1, 1), datetime.date(2199, 12, 31), name='opening_awayperiod_reopens_on_bounds'),
        ),
        migrations.AddConstraint(
            model_name='awayperiod',
            constraint=microflight.core.overlaps.NoOverlap(covering=None, ends='reopens_on', ends_before=True, name='away_once_at_a_time', only_if='active'),
        ),
    ]
