import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('address', '0007_useraddress_code'),
    ]

    operations = [
        migrations.CreateModel(
            name='Zone',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(unique=True)),
                ('name', models.CharField(max_length=64)),
                ('countries', models.ManyToManyField(blank=True, related_name='+', to='address.country')),
            ],
        ),
        migrations.CreateModel(
            name='Service',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(unique=True)),
                ('name', models.CharField(max_length=64)),
                ('min_days', models.PositiveSmallIntegerField(verbose_name='business days, at least')),
                ('max_days', models.PositiveSmallIntegerField(verbose_name='business days, at most')),
                ('tracked', models.BooleanField(default=True)),
                ('takes_loose_batteries', models.BooleanField(default=True)),
                ('active', models.BooleanField(default=True)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('zone', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='services', to='shipping.zone')),
            ],
            options={
                'ordering': ['zone', 'position', 'code'],
            },
        ),
        migrations.CreateModel(
            name='WeightBand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('up_to_g', models.PositiveIntegerField(verbose_name='up to (g, packaging included)')),
                ('charge', models.DecimalField(decimal_places=2, max_digits=8, verbose_name='charge (CAD, before tax)')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='bands', to='shipping.service')),
            ],
            options={
                'ordering': ['service', 'up_to_g'],
                'constraints': [models.UniqueConstraint(fields=('service', 'up_to_g'), name='one_charge_per_band'), models.CheckConstraint(condition=models.Q(('charge__gte', 0)), name='charge_not_negative')],
            },
        ),
    ]
