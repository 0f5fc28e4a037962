import django.db.models.deletion
import microflight.core.bounds
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('order', '0022_shop_fields'),
        ('payment', '0001_initial'),
        ('returns', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PlannedRefund',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64, unique=True)),
                ('cents', models.PositiveIntegerField()),
                ('shares', models.JSONField(default=list, help_text='What it pays back: [type, line, component, cents].')),
                ('reason', models.CharField(max_length=255)),
                ('answered', models.BooleanField(default=False, help_text='Staff have seen the result of this request.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('attempt', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='planned_refunds', to='payment.paymentattempt')),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('refund', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='plan', to='payment.transaction')),
                ('for_return', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='planned_refunds', to='returns.return')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='RefundAllocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('type', models.CharField(choices=[('items', 'Items'), ('shipping', 'Shipping'), ('other', 'Other')], max_length=8)),
                ('component', models.CharField(blank=True, help_text='GST, HST, PST, QST, or empty for the price.', max_length=8)),
                ('cents', models.PositiveIntegerField()),
                ('line', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='refund_allocations', to='order.line')),
                ('refund', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='payment.transaction')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('refund', 'line', 'component'), name='one_allocation_per_line_component'), models.UniqueConstraint(condition=models.Q(('line', None)), fields=('refund', 'type', 'component'), name='one_allocation_per_shipping_component'), models.CheckConstraint(condition=models.Q(models.Q(('line__isnull', False), ('type', 'items')), models.Q(models.Q(('type', 'items'), _negated=True), ('line__isnull', True)), _connector='OR'), name='item_allocations_have_a_line')],
            },
        ),
        migrations.AddConstraint(
            model_name='plannedrefund',
            constraint=microflight.core.bounds.Bounds('cents', 1, 99999999, name='refunds_plannedrefund_cents_bounds'),
        ),
        migrations.AddConstraint(
            model_name='refundallocation',
            constraint=microflight.core.bounds.Bounds('cents', 1, 99999999, name='refunds_refundallocation_cents_bounds'),
        ),
    ]
