import django.db.models.deletion
import microflight.core.bounds
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('address', '0007_useraddress_code'),
    ]

    operations = [
        migrations.CreateModel(
            name='ShippingZone',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=64, verbose_name='name')),
                ('countries', models.ManyToManyField(blank=True, help_text='Leave empty for the rest of the world.', related_name='+', to='address.country', verbose_name='countries')),
            ],
            options={
                'verbose_name': 'shipping zone',
                'verbose_name_plural': 'shipping zones',
            },
        ),
        migrations.CreateModel(
            name='ShippingMethod',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=64, verbose_name='name')),
                ('min_days', models.PositiveSmallIntegerField(verbose_name='minimum business days')),
                ('max_days', models.PositiveSmallIntegerField(verbose_name='maximum business days')),
                ('tracked', models.BooleanField(default=True, verbose_name='with tracking')),
                ('takes_loose_batteries', models.BooleanField(default=True, verbose_name='takes loose batteries')),
                ('active', models.BooleanField(default=True, verbose_name='active')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='position')),
                ('zone', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='methods', to='shipping.shippingzone', verbose_name='zone')),
            ],
            options={
                'ordering': ['zone', 'position', 'code'],
                'verbose_name': 'shipping method',
                'verbose_name_plural': 'shipping methods',
            },
        ),
        migrations.CreateModel(
            name='WeightBand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('up_to_g', models.PositiveIntegerField(verbose_name='up to (g, packaging included)')),
                ('charge', models.DecimalField(decimal_places=2, max_digits=8, verbose_name='rate (CAD, before tax)')),
                ('method', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='bands', to='shipping.shippingmethod')),
            ],
            options={
                'ordering': ['method', 'up_to_g'],
                'verbose_name': 'rate',
                'verbose_name_plural': 'rates',
                'constraints': [models.UniqueConstraint(fields=('method', 'up_to_g'), name='one_charge_per_band')],
            },
        ),
        migrations.AddConstraint(
            model_name='shippingmethod',
            constraint=microflight.core.bounds.Bounds('min_days', 0, 365, name='shipping_shippingmethod_min_days_bounds'),
        ),
        migrations.AddConstraint(
            model_name='shippingmethod',
            constraint=microflight.core.bounds.Bounds('max_days', 0, 365, name='shipping_shippingmethod_max_days_bounds'),
        ),
        migrations.AddConstraint(
            model_name='shippingmethod',
            constraint=microflight.core.bounds.Bounds('position', 0, 30000, name='shipping_shippingmethod_position_bounds'),
        ),
        migrations.AddConstraint(
            model_name='shippingmethod',
            constraint=models.CheckConstraint(condition=models.Q(('max_days__gte', models.F('min_days'))), name='max_days_from_min_days', violation_error_message='The maximum is at least the minimum number of days.'),
        ),
        migrations.AddConstraint(
            model_name='weightband',
            constraint=microflight.core.bounds.Bounds('up_to_g', 1, 1000000, name='shipping_weightband_up_to_g_bounds'),
        ),
        migrations.AddConstraint(
            model_name='weightband',
            constraint=microflight.core.bounds.Bounds('charge', 0, Decimal('99999.99'), name='shipping_weightband_charge_bounds'),
        ),
    ]
