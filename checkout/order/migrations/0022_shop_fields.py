import django.db.models.deletion
import django.db.models.expressions
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
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='cancelled_quantity_positive')],
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
            name='returned',
            field=models.PositiveIntegerField(default=0, editable=False, help_text='Units that the customer sent back.'),
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
            name='on_hold',
            field=models.BooleanField(default=False, help_text='Do not ship before the shop reopens.', verbose_name='on hold'),
        ),
        migrations.AddField(
            model_name='order',
            name='placed_at',
            field=models.DateTimeField(blank=True, db_index=True, editable=False, null=True),
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
    ]
