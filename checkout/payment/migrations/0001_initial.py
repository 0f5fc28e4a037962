import django.db.models.deletion
import microflight.core.bounds
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('order', '0021_billingaddress_code_shippingaddress_code'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='StripeEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event_id', models.CharField(max_length=64, unique=True)),
                ('type', models.CharField(max_length=64)),
                ('object_id', models.CharField(max_length=64)),
                ('intent_id', models.CharField(blank=True, db_index=True, max_length=64)),
                ('received_at', models.DateTimeField(auto_now_add=True)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='PaymentAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('amount_cents', models.PositiveIntegerField()),
                ('currency', models.CharField(default='CAD', max_length=3)),
                ('state', models.CharField(choices=[('open', 'Open'), ('processing', 'Processing at the bank'), ('authorized', 'Authorized'), ('captured', 'Captured'), ('cancelled', 'Cancelled')], default='open', max_length=12)),
                ('intent_id', models.CharField(editable=False, max_length=64, null=True, unique=True)),
                ('waived_cents', models.PositiveIntegerField(default=0, help_text='Not to be captured, for units cancelled before the capture.')),
                ('captured_cents', models.PositiveIntegerField(default=0)),
                ('refunded_cents', models.PositiveIntegerField(default=0)),
                ('authorized_until', models.DateTimeField(blank=True, null=True)),
                ('expires_at', models.DateTimeField(db_index=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('last_error', models.CharField(blank=True, max_length=255)),
                ('disputed_at', models.DateTimeField(blank=True, editable=False, help_text='When Stripe rejected a refund because of a dispute; empty if we won it.', null=True)),
                ('unanswered', models.PositiveSmallIntegerField(default=0, editable=False, help_text='Cards without an answer from Stripe, which may have been charged.')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attempts', to='order.order')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Transaction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('type', models.CharField(choices=[('authorize', 'Authorized'), ('capture', 'Captured'), ('refund', 'Refunded'), ('void', 'Released')], max_length=10)),
                ('amount_cents', models.PositiveIntegerField()),
                ('stripe_id', models.CharField(max_length=64)),
                ('reason', models.CharField(blank=True, max_length=255)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('failed_at', models.DateTimeField(blank=True, editable=False, help_text='When the bank rejected the refund; it no longer counts.', null=True, verbose_name='failed')),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('attempt', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transactions', to='payment.paymentattempt')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='PaymentAlert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=500)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('resolved_at', models.DateTimeField(blank=True, null=True, verbose_name='resolved')),
                ('resolved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='payment_alerts', to='order.order')),
            ],
            options={
                'verbose_name': 'payment alert',
                'verbose_name_plural': 'payment alerts',
                'ordering': ['-pk'],
                'permissions': [('resolve_paymentalert', 'Can mark payment alerts as resolved')],
                'constraints': [models.UniqueConstraint(fields=('order', 'text'), name='unique_alert')],
            },
        ),
        migrations.AddConstraint(
            model_name='paymentattempt',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'cancelled'), _negated=True), fields=('order',), name='one_live_attempt_per_order'),
        ),
        migrations.AddConstraint(
            model_name='paymentattempt',
            constraint=models.CheckConstraint(condition=models.Q(('captured_cents__lte', models.F('amount_cents'))), name='captured_within_amount'),
        ),
        migrations.AddConstraint(
            model_name='paymentattempt',
            constraint=models.CheckConstraint(condition=models.Q(('waived_cents__lte', models.F('amount_cents'))), name='waived_within_amount'),
        ),
        migrations.AddConstraint(
            model_name='paymentattempt',
            constraint=models.CheckConstraint(condition=models.Q(('refunded_cents__lte', models.F('captured_cents'))), name='refunded_within_captured'),
        ),
        migrations.AddConstraint(
            model_name='transaction',
            constraint=models.UniqueConstraint(fields=('type', 'stripe_id'), name='unique_transaction'),
        ),
        migrations.AddConstraint(
            model_name='transaction',
            constraint=models.CheckConstraint(condition=models.Q(('failed_at', None), ('type', 'refund'), _connector='OR'), name='only_refunds_fail'),
        ),
        migrations.AddConstraint(
            model_name='paymentattempt',
            constraint=microflight.core.bounds.Bounds('amount_cents', 0, 99999999, name='payment_paymentattempt_amount_cents_bounds'),
        ),
        migrations.AddConstraint(
            model_name='transaction',
            constraint=microflight.core.bounds.Bounds('amount_cents', 0, 99999999, name='payment_transaction_amount_cents_bounds'),
        ),
    ]
