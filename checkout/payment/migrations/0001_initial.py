import django.db.models.deletion
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
                ('state', models.CharField(choices=[('open', 'open'), ('processing', 'at the bank'), ('authorised', 'authorised'), ('captured', 'captured'), ('cancelled', 'cancelled')], default='open', max_length=12)),
                ('intent_id', models.CharField(editable=False, max_length=64, null=True, unique=True)),
                ('waived_cents', models.PositiveIntegerField(default=0, help_text='Not to be taken: pieces that were cancelled before it was.')),
                ('captured_cents', models.PositiveIntegerField(default=0)),
                ('refunded_cents', models.PositiveIntegerField(default=0)),
                ('authorised_until', models.DateTimeField(blank=True, null=True)),
                ('expires_at', models.DateTimeField(db_index=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('last_error', models.CharField(blank=True, max_length=255)),
                ('unanswered', models.PositiveSmallIntegerField(default=0, editable=False, help_text='Cards that Stripe has not answered: until then nobody knows what was charged.')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attempts', to='order.order')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Movement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('authorise', 'authorised'), ('capture', 'captured'), ('refund', 'refunded'), ('void', 'released')], max_length=10)),
                ('amount_cents', models.PositiveIntegerField()),
                ('stripe_id', models.CharField(max_length=64)),
                ('reason', models.CharField(blank=True, max_length=255)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('failed_at', models.DateTimeField(blank=True, editable=False, help_text='When we heard that a refund did not reach the customer: it counts no more.', null=True, verbose_name='sent back by the bank')),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('attempt', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='payment.paymentattempt')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='MoneyAlert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=500)),
                ('raised_at', models.DateTimeField(auto_now_add=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='dealt with')),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='money_alerts', to='order.order')),
            ],
            options={
                'verbose_name': 'alert about money',
                'verbose_name_plural': 'alerts about money',
                'ordering': ['-pk'],
                'permissions': [('close_moneyalert', 'Can mark alerts about money as dealt with')],
                'constraints': [models.UniqueConstraint(fields=('order', 'text'), name='alerted_once')],
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
            model_name='movement',
            constraint=models.UniqueConstraint(fields=('kind', 'stripe_id'), name='booked_once'),
        ),
        migrations.AddConstraint(
            model_name='movement',
            constraint=models.CheckConstraint(condition=models.Q(('failed_at', None), ('kind', 'refund'), _connector='OR'), name='only_refunds_fail'),
        ),
    ]
