import datetime
import microflight.core.bounds
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0035_sku_unique_in_any_case'),
        ('partner', '0011_sku_unique_in_any_case'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='stockrecord',
            constraint=microflight.core.bounds.Bounds('expected_on', datetime.date(1900, 1, 1), datetime.date(2199, 12, 31), name='partner_stockrecord_expected_on_bounds'),
        ),
    ]
