import django.db.models.deletion
import microflight.core.bounds
from decimal import Decimal
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
                ('country', models.CharField(choices=[('CA', 'Canada')], default='CA', max_length=2, verbose_name='country')),
                ('province', models.CharField(choices=[('AB', 'Alberta'), ('BC', 'British Columbia'), ('MB', 'Manitoba'), ('NB', 'New Brunswick'), ('NL', 'Newfoundland and Labrador'), ('NS', 'Nova Scotia'), ('NT', 'Northwest Territories'), ('NU', 'Nunavut'), ('ON', 'Ontario'), ('PE', 'Prince Edward Island'), ('QC', 'Quebec'), ('SK', 'Saskatchewan'), ('YT', 'Yukon')], max_length=3, verbose_name='province')),
                ('component', models.CharField(choices=[('GST', 'GST'), ('HST', 'HST'), ('PST', 'PST'), ('QST', 'QST')], max_length=8, verbose_name='component')),
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
        migrations.AddConstraint(
            model_name='taxline',
            constraint=microflight.core.bounds.Bounds('rate', 0, Decimal('0.5'), name='tax_taxline_rate_bounds'),
        ),
        migrations.AddConstraint(
            model_name='taxline',
            constraint=microflight.core.bounds.Bounds('base', 0, Decimal('999999.99'), name='tax_taxline_base_bounds'),
        ),
        migrations.AddConstraint(
            model_name='taxline',
            constraint=microflight.core.bounds.Bounds('amount', 0, Decimal('999999.99'), name='tax_taxline_amount_bounds'),
        ),
        migrations.AddConstraint(
            model_name='taxrate',
            constraint=microflight.core.bounds.Bounds('rate', 0, Decimal('0.5'), name='tax_taxrate_rate_bounds'),
        ),
        migrations.AddConstraint(
            model_name='taxrate',
            constraint=models.CheckConstraint(condition=models.Q(('ends_on', None), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='rate_ends_after_it_starts', violation_error_message='The last day is not before the first day.'),
        ),
        migrations.AddConstraint(
            model_name='taxrate',
            constraint=models.CheckConstraint(condition=models.Q(('component__in', ['GST', 'HST', 'PST', 'QST']), ('country__in', ['CA']), ('province__in', ['AB', 'BC', 'MB', 'NB', 'NL', 'NS', 'NT', 'NU', 'ON', 'PE', 'QC', 'SK', 'YT'])), name='tax_rate_of_a_known_place_and_component'),
        ),
    ]
