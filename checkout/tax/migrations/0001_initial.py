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
                ('component', models.CharField(max_length=8)),
                ('province', models.CharField(max_length=3)),
                ('rate', models.DecimalField(decimal_places=5, max_digits=7)),
                ('base', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='amount taxed (CAD)')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='tax (CAD)')),
                ('line', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='tax_lines', to='order.line')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tax_lines', to='order.order')),
            ],
            options={
                'ordering': ['order', 'component', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='TaxRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('country', models.CharField(default='CA', max_length=2)),
                ('province', models.CharField(help_text='Two letters, as in an address: SK.', max_length=3)),
                ('component', models.CharField(help_text='GST, HST, PST, QST.', max_length=8)),
                ('rate', models.DecimalField(decimal_places=5, help_text='0.05 is 5 %.', max_digits=7)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField(blank=True, help_text='The last day, if there is one.', null=True)),
            ],
            options={
                'ordering': ['country', 'province', 'component', 'starts_on'],
                'constraints': [models.UniqueConstraint(fields=('country', 'province', 'component', 'starts_on'), name='one_rate_per_start')],
            },
        ),
    ]
