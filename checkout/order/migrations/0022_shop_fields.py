import checkout.order.models
import django.db.models.deletion
import django.db.models.expressions
import microflight.core.bounds
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('order', '0021_billingaddress_code_shippingaddress_code'),
        ('payment', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='LineCancellation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField()),
                ('cents', models.PositiveIntegerField(help_text='Their price, tax included.')),
                ('reason', models.CharField(max_length=255)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cancellations', to='order.line')),
                ('refund', models.ForeignKey(blank=True, help_text='The refund; empty if they were cancelled before capture.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payment.transaction')),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='OrderNumber',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
        ),
        migrations.AlterModelOptions(
            name='order',
            options={'ordering': ['-date_placed'], 'permissions': [('ship_order', 'Can create shipments, which captures the payment'), ('cancel_order', 'Can cancel an order'), ('refund_order', 'Can refund an order and capture its payment early')], 'verbose_name': 'Order', 'verbose_name_plural': 'Orders'},
        ),
        migrations.AddField(
            model_name='line',
            name='cancelled',
            field=models.PositiveIntegerField(default=0, editable=False, help_text='Units that will not be shipped.'),
        ),
        migrations.AddField(
            model_name='line',
            name='requires_shipping',
            field=models.BooleanField(default=True, editable=False, help_text='If not, it is delivered once the payment is captured.'),
        ),
        migrations.AddField(
            model_name='line',
            name='returned',
            field=models.PositiveIntegerField(default=0, editable=False, help_text='Units that the customer sent back.'),
        ),
        migrations.AddField(
            model_name='line',
            name='stock_tracked',
            field=models.BooleanField(default=True, editable=False, help_text='Whether the stock of the product was tracked when the order was placed.'),
        ),
        migrations.AddField(
            model_name='line',
            name='uncharged',
            field=models.PositiveIntegerField(default=0, editable=False, help_text='Cancelled units that were never charged.'),
        ),
        migrations.AddField(
            model_name='order',
            name='early_charge_agreed_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='agreed to be charged at checkout'),
        ),
        migrations.AddField(
            model_name='order',
            name='early_charge_text',
            field=models.TextField(blank=True, editable=False, help_text='The exact text that the customer agreed to.'),
        ),
        migrations.AddField(
            model_name='order',
            name='fingerprint',
            field=models.CharField(blank=True, editable=False, help_text='Hash of the quote that the customer saw when paying.', max_length=64),
        ),
        migrations.AddField(
            model_name='order',
            name='link_secret',
            field=models.CharField(default=checkout.order.models.new_link_secret, editable=False, max_length=32),
        ),
        migrations.AddField(
            model_name='order',
            name='on_hold',
            field=models.BooleanField(default=False, help_text='Do not ship before the shop reopens.', verbose_name='on hold'),
        ),
        migrations.AddField(
            model_name='order',
            name='placed_at',
            field=models.DateTimeField(blank=True, db_index=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='orderdiscount',
            name='released',
            field=models.BooleanField(default=False, editable=False, help_text='The order was cancelled or expired, so this use no longer counts.'),
        ),
        migrations.AddField(
            model_name='shippingevent',
            name='by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='shippingevent',
            name='carrier',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='shippingevent',
            name='tracking_number',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AlterField(
            model_name='line',
            name='status',
            field=models.CharField(choices=[('ordered', 'Ordered'), ('part-shipped', 'Partially shipped'), ('shipped', 'Shipped'), ('cancelled', 'Cancelled'), ('part-returned', 'Partially returned'), ('returned', 'Returned')], default='ordered', editable=False, max_length=32),
        ),
        migrations.AddIndex(
            model_name='line',
            index=models.Index(condition=models.Q(('num_allocated__gt', 0)), fields=['stockrecord', 'order'], name='lines_with_allocated_stock'),
        ),
        migrations.AddConstraint(
            model_name='line',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['ordered', 'part-shipped', 'shipped', 'cancelled', 'part-returned', 'returned'])), name='line_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='line',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', django.db.models.expressions.CombinedExpression(models.F('cancelled'), '+', models.F('returned')))), name='cancelled_and_returned_within_ordered'),
        ),
        migrations.AddConstraint(
            model_name='line',
            constraint=models.CheckConstraint(condition=models.Q(('cancelled__gte', models.F('uncharged'))), name='uncharged_within_cancelled'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ('pending', 'placed', 'part-shipped', 'shipped'))), fields=('basket',), name='one_live_order_per_basket'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['pending', 'placed', 'part-shipped', 'shipped', 'cancelled', 'expired'])), name='order_status_is_known'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('early_charge_agreed_at', None), ('early_charge_text', '')), models.Q(('early_charge_agreed_at__isnull', False), models.Q(('early_charge_text', ''), _negated=True)), _connector='OR'), name='early_charge_has_its_text'),
        ),
        migrations.AddConstraint(
            model_name='line',
            constraint=microflight.core.bounds.Bounds('quantity', 1, 1000000, name='order_line_quantity_bounds'),
        ),
        migrations.AddConstraint(
            model_name='line',
            constraint=microflight.core.bounds.Bounds('unit_price_excl_tax', 0, Decimal('99999.99'), name='order_line_unit_price_excl_tax_bounds'),
        ),
        migrations.AddConstraint(
            model_name='line',
            constraint=microflight.core.bounds.Bounds('unit_price_incl_tax', 0, Decimal('999999.99'), name='order_line_unit_price_incl_tax_bounds'),
        ),
        migrations.AddConstraint(
            model_name='line',
            constraint=microflight.core.bounds.Bounds('line_price_excl_tax', 0, Decimal('999999.99'), name='order_line_line_price_excl_tax_bounds'),
        ),
        migrations.AddConstraint(
            model_name='line',
            constraint=microflight.core.bounds.Bounds('line_price_incl_tax', 0, Decimal('999999.99'), name='order_line_line_price_incl_tax_bounds'),
        ),
        migrations.AddConstraint(
            model_name='line',
            constraint=microflight.core.bounds.Bounds('line_price_before_discounts_excl_tax', 0, Decimal('9999999999.99'), name='order_line_line_price_before_discounts_excl_tax_bounds'),
        ),
        migrations.AddConstraint(
            model_name='line',
            constraint=microflight.core.bounds.Bounds('line_price_before_discounts_incl_tax', 0, Decimal('9999999999.99'), name='order_line_line_price_before_discounts_incl_tax_bounds'),
        ),
        migrations.AddConstraint(
            model_name='line',
            constraint=models.CheckConstraint(condition=models.Q(('line_price_before_discounts_excl_tax__gte', models.F('line_price_excl_tax')), ('line_price_incl_tax__gte', models.F('line_price_excl_tax'))), name='line_price_within_full_price_and_tax'),
        ),
        migrations.AddConstraint(
            model_name='linecancellation',
            constraint=microflight.core.bounds.Bounds('quantity', 1, 1000000, name='order_linecancellation_quantity_bounds'),
        ),
        migrations.AddConstraint(
            model_name='linecancellation',
            constraint=microflight.core.bounds.Bounds('cents', 0, 99999999, name='order_linecancellation_cents_bounds'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=microflight.core.bounds.Bounds('total_excl_tax', 0, Decimal('999999.99'), name='order_order_total_excl_tax_bounds'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=microflight.core.bounds.Bounds('total_incl_tax', 0, Decimal('999999.99'), name='order_order_total_incl_tax_bounds'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=microflight.core.bounds.Bounds('shipping_excl_tax', 0, Decimal('999999.99'), name='order_order_shipping_excl_tax_bounds'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=microflight.core.bounds.Bounds('shipping_incl_tax', 0, Decimal('999999.99'), name='order_order_shipping_incl_tax_bounds'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('shipping_incl_tax__gte', models.F('shipping_excl_tax')), ('total_excl_tax__gte', models.F('shipping_excl_tax')), ('total_incl_tax__gte', models.F('total_excl_tax'))), name='order_total_covers_shipping_and_tax'),
        ),
        migrations.AddConstraint(
            model_name='orderdiscount',
            constraint=microflight.core.bounds.Bounds('amount', 0, Decimal('9999999999.99'), name='order_orderdiscount_amount_bounds'),
        ),
        migrations.AddConstraint(
            model_name='orderlinediscount',
            constraint=microflight.core.bounds.Bounds('amount', 0, Decimal('9999999999.99'), name='order_orderlinediscount_amount_bounds'),
        ),
        migrations.AddField(
            model_name='order',
            name='account_email_key',
            field=models.CharField(blank=True, db_index=True, editable=False, max_length=254),
        ),
        migrations.AddField(
            model_name='order',
            name='email_key',
            field=models.CharField(blank=True, db_index=True, editable=False, max_length=254),
        ),
        migrations.AddField(
            model_name='order',
            name='ip_key',
            field=models.CharField(blank=True, editable=False, max_length=32),
        ),
        migrations.AddField(
            model_name='order',
            name='network',
            field=models.CharField(blank=True, editable=False, max_length=43),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('status', 'pending')), fields=['network'], name='unpaid_orders_of_a_network'),
        ),
    ]
