import microflight.core.bounds
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('basket', '0012_line_code'),
    ]

    operations = [
        migrations.AddField(
            model_name='basket',
            name='item_count',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='basket',
            name='total',
            field=models.DecimalField(decimal_places=2, default=Decimal('0'), editable=False, max_digits=12, verbose_name='subtotal after discounts (CAD)'),
        ),
        migrations.AddConstraint(
            model_name='basket',
            constraint=microflight.core.bounds.Bounds('total', 0, Decimal('9999999999.99'), name='basket_basket_total_bounds'),
        ),
        migrations.AddConstraint(
            model_name='line',
            constraint=microflight.core.bounds.Bounds('quantity', 0, 1000000, name='basket_line_quantity_bounds'),
        ),
        migrations.AddConstraint(
            model_name='line',
            constraint=microflight.core.bounds.Bounds('price_excl_tax', 0, Decimal('99999.99'), name='basket_line_price_excl_tax_bounds'),
        ),
        migrations.AddConstraint(
            model_name='line',
            constraint=microflight.core.bounds.Bounds('price_incl_tax', 0, Decimal('99999.99'), name='basket_line_price_incl_tax_bounds'),
        ),
    ]
