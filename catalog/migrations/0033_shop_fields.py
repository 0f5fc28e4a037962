import microflight.core.bounds
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0032_category_exclude_from_menu_category_long_description'),
    ]

    operations = [
        migrations.AddField(
            model_name='product',
            name='battery',
            field=models.CharField(choices=[('none', 'no battery'), ('in-equipment', 'battery built in'), ('with-equipment', 'battery included separately'), ('loose', 'loose battery')], default='none', max_length=16, verbose_name='battery'),
        ),
        migrations.AddField(
            model_name='product',
            name='battery_cells',
            field=models.PositiveSmallIntegerField(default=0, verbose_name='cells in series'),
        ),
        migrations.AddField(
            model_name='product',
            name='battery_wh',
            field=models.DecimalField(blank=True, decimal_places=3, max_digits=7, null=True, verbose_name='battery energy (Wh)'),
        ),
        migrations.AddField(
            model_name='product',
            name='card',
            field=models.TextField(blank=True, default='', editable=False),
        ),
        migrations.AddField(
            model_name='product',
            name='details',
            field=models.TextField(blank=True, default='', editable=False),
        ),
        migrations.AddField(
            model_name='product',
            name='search_text',
            field=models.TextField(blank=True, default='', editable=False, help_text='Words of title, SKU, description and attributes, in lower case.'),
        ),
        migrations.AddField(
            model_name='product',
            name='weight_g',
            field=models.DecimalField(decimal_places=2, default=Decimal('0'), help_text="Grams, without packaging. For a product with variants, its lightest variant's.", max_digits=9, verbose_name='weight (g)'),
        ),
        migrations.AddField(
            model_name='productimage',
            name='height',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='productimage',
            name='width',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=microflight.core.bounds.Bounds('weight_g', 0, 1000000, name='catalogue_product_weight_g_bounds'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=microflight.core.bounds.Bounds('battery_cells', 0, 100, name='catalogue_product_battery_cells_bounds'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=microflight.core.bounds.Bounds('battery_wh', 0, 1000, name='catalogue_product_battery_wh_bounds'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=microflight.core.bounds.Bounds('priority', -1, 30000, name='catalogue_product_priority_bounds'),
        ),
        migrations.AddConstraint(
            model_name='productattributevalue',
            constraint=microflight.core.bounds.Bounds('value_integer', -1000000000, 1000000000, name='catalogue_productattributevalue_value_integer_bounds'),
        ),
        migrations.AddConstraint(
            model_name='productattributevalue',
            constraint=microflight.core.bounds.Bounds('value_float', -1000000000, 1000000000, name='catalogue_productattributevalue_value_float_bounds'),
        ),
        migrations.AddConstraint(
            model_name='productimage',
            constraint=microflight.core.bounds.Bounds('display_order', 0, 30000, name='catalogue_productimage_display_order_bounds'),
        ),
        migrations.AddConstraint(
            model_name='productrecommendation',
            constraint=microflight.core.bounds.Bounds('ranking', 0, 30000, name='catalogue_productrecommendation_ranking_bounds'),
        ),
    ]
