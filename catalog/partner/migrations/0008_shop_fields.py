import django.db.models.deletion
import django.utils.timezone
import microflight.core.bounds
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0033_shop_fields'),
        ('partner', '0007_partneraddress_code'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='StockMovement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('type', models.CharField(choices=[('receipt', 'received'), ('sale', 'committed to an order'), ('release', 'released'), ('shipment', 'shipped'), ('return', 'restocked'), ('count', 'stock count'), ('adjustment', 'adjusted')], max_length=10, verbose_name='type')),
                ('on_hand_change', models.IntegerField(default=0, help_text='Units.', verbose_name='on hand')),
                ('committed_change', models.IntegerField(default=0, help_text='Units.', verbose_name='committed')),
                ('reference', models.CharField(blank=True, help_text='E.g. order:100014.', max_length=64, verbose_name='reference')),
                ('reason', models.CharField(blank=True, max_length=255, verbose_name='reason')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='time')),
                ('key', models.CharField(blank=True, editable=False, max_length=64)),
                ('stockrecord', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='movements', to='partner.stockrecord')),
                ('by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'stock movement',
                'verbose_name_plural': 'stock ledger',
                'ordering': ['-pk'],
                'permissions': [('receive_stock', 'Can receive stock'), ('count_stock', 'Can count stock'), ('adjust_stock', 'Can adjust stock with a reason')],
                'default_permissions': ('view',),
                'constraints': [models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('stockrecord', 'key'), name='a_form_acts_once')],
                'indexes': [models.Index(fields=['stockrecord', 'id'], name='ledger_of_a_record'), models.Index(condition=models.Q(('reference', ''), _negated=True), fields=['reference'], name='ledger_by_reference')],
            },
        ),
        migrations.AddField(
            model_name='stockrecord',
            name='backorder',
            field=models.BooleanField(default=False, help_text='Continue selling when out of stock; ships when stock arrives.', verbose_name='backorder'),
        ),
        migrations.AddField(
            model_name='stockrecord',
            name='expected_on',
            field=models.DateField(blank=True, null=True, verbose_name='next delivery expected'),
        ),
        migrations.AddConstraint(
            model_name='stockrecord',
            constraint=models.CheckConstraint(condition=models.Q(('backorder', True), ('num_allocated__isnull', True), ('num_allocated', 0), models.Q(('num_in_stock__gte', models.F('num_allocated')), ('num_in_stock__isnull', False)), _connector='OR'), name='never_oversold'),
        ),
        migrations.AddConstraint(
            model_name='stockmovement',
            constraint=microflight.core.bounds.Bounds('on_hand_change', -1000000, 1000000, name='partner_stockmovement_on_hand_change_bounds'),
        ),
        migrations.AddConstraint(
            model_name='stockmovement',
            constraint=microflight.core.bounds.Bounds('committed_change', -1000000, 1000000, name='partner_stockmovement_committed_change_bounds'),
        ),
        migrations.AddConstraint(
            model_name='stockrecord',
            constraint=microflight.core.bounds.Bounds('price', 0, Decimal('99999.99'), name='partner_stockrecord_price_bounds'),
        ),
        migrations.AddConstraint(
            model_name='stockrecord',
            constraint=microflight.core.bounds.Bounds('num_in_stock', 0, 1000000, name='partner_stockrecord_num_in_stock_bounds'),
        ),
        migrations.AddConstraint(
            model_name='stockrecord',
            constraint=microflight.core.bounds.Bounds('num_allocated', 0, 1000000, name='partner_stockrecord_num_allocated_bounds'),
        ),
        migrations.AddConstraint(
            model_name='stockrecord',
            constraint=microflight.core.bounds.Bounds('low_stock_threshold', 0, 1000000, name='partner_stockrecord_low_stock_threshold_bounds'),
        ),
    ]
