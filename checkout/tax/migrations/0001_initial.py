import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('order', '0022_shop_fields'),
    ]

    operations = [
        migrations.CreateModel(
            name='TaxLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('component', models.CharField(max_length=8, verbose_name='component')),
                ('province', models.CharField(max_length=3, verbose_name='province')),
                ('rate', models.DecimalField(decimal_places=5, max_digits=7, verbose_name='rate')),
                ('base', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='taxable amount (CAD)')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='tax (CAD)')),
                ('line', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='tax_lines', to='order.line')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tax_lines', to='order.order')),
            ],
            options={
                'ordering': ['order', 'component', 'pk'],
                'verbose_name': 'tax line',
                'verbose_name_plural': 'tax lines',
            },
        ),
        migrations.CreateModel(
            name='TaxRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('country', models.CharField(default='CA', max_length=2, verbose_name='country')),
                ('province', models.CharField(help_text='Two-letter code, such as SK.', max_length=3, verbose_name='province')),
                ('component', models.CharField(help_text='GST, HST, PST or QST.', max_length=8, verbose_name='component')),
                ('rate', models.DecimalField(decimal_places=5, help_text='Enter 5% as 0.05.', max_digits=7, verbose_name='rate')),
                ('starts_on', models.DateField(verbose_name='first day')),
                ('ends_on', models.DateField(blank=True, help_text='Leave empty for no last day.', null=True, verbose_name='last day')),
            ],
            options={
                'ordering': ['country', 'province', 'component', 'starts_on'],
                'verbose_name': 'tax rate',
                'verbose_name_plural': 'tax rates',
                'constraints': [models.UniqueConstraint(fields=('country', 'province', 'component', 'starts_on'), name='one_rate_per_start')],
            },
        ),
    ]
