import django.db.models.deletion
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
                'constraints': [models.UniqueConstraint(fields=('method', 'up_to_g'), name='one_charge_per_band'), models.CheckConstraint(condition=models.Q(('charge__gte', 0)), name='charge_not_negative')],
            },
        ),
    ]
