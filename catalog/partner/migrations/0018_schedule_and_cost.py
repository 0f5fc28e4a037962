import datetime
from decimal import Decimal
from importlib import import_module

from django.db import migrations, models

import microflight.core.bounds
from microflight.core.triggers import SqliteSQL

# SQLite makes the table again for a constraint, and so drops its triggers
TRIGGERS = import_module("catalog.partner.migrations.0015_price_triggers").SQLITE


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0043_schedule_and_cost'),
        ('partner', '0017_history'),
    ]

    operations = [
        migrations.AddField(
            model_name='historicalstockrecord',
            name='cost',
            field=models.DecimalField(blank=True, decimal_places=2, help_text='What one unit costs us. Only staff see it.', max_digits=12, null=True, verbose_name='cost (CAD)'),
        ),
        migrations.AddField(
            model_name='historicalstockrecord',
            name='regular_price',
            field=models.DecimalField(decimal_places=2, editable=False, max_digits=12, null=True, verbose_name='regular price'),
        ),
        migrations.AddField(
            model_name='historicalstockrecord',
            name='sale_from',
            field=models.DateField(blank=True, null=True, verbose_name='sale from'),
        ),
        migrations.AddField(
            model_name='historicalstockrecord',
            name='sale_price',
            field=models.DecimalField(blank=True, decimal_places=2, help_text='Becomes the price on “sale from”; the price before returns afterwards.', max_digits=12, null=True, verbose_name='sale price'),
        ),
        migrations.AddField(
            model_name='stockrecord',
            name='cost',
            field=models.DecimalField(blank=True, decimal_places=2, help_text='What one unit costs us. Only staff see it.', max_digits=12, null=True, verbose_name='cost (CAD)'),
        ),
        migrations.AddField(
            model_name='stockrecord',
            name='regular_price',
            field=models.DecimalField(decimal_places=2, editable=False, max_digits=12, null=True, verbose_name='regular price'),
        ),
        migrations.AddField(
            model_name='stockrecord',
            name='sale_from',
            field=models.DateField(blank=True, null=True, verbose_name='sale from'),
        ),
        migrations.AddField(
            model_name='stockrecord',
            name='sale_price',
            field=models.DecimalField(blank=True, decimal_places=2, help_text='Becomes the price on “sale from”; the price before returns afterwards.', max_digits=12, null=True, verbose_name='sale price'),
        ),
        migrations.AddConstraint(
            model_name='stockrecord',
            constraint=microflight.core.bounds.Bounds('cost', 0, Decimal('99999.99'), name='partner_stockrecord_cost_bounds'),
        ),
        migrations.AddConstraint(
            model_name='stockrecord',
            constraint=microflight.core.bounds.Bounds('sale_price', 0, Decimal('99999.99'), name='partner_stockrecord_sale_price_bounds'),
        ),
        migrations.AddConstraint(
            model_name='stockrecord',
            constraint=microflight.core.bounds.Bounds('sale_from', datetime.date(1900, 1, 1), datetime.date(2199, 12, 31), name='partner_stockrecord_sale_from_bounds'),
        ),
        migrations.AddConstraint(
            model_name='stockrecord',
            constraint=microflight.core.bounds.Bounds('regular_price', 0, Decimal('99999.99'), name='partner_stockrecord_regular_price_bounds'),
        ),
        SqliteSQL(TRIGGERS.rpartition("INSERT INTO")[0], migrations.RunSQL.noop),
    ]
