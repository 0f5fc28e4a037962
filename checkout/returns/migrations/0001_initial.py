import checkout.returns.models
import django.db.models.deletion
import django.db.models.expressions
import microflight.core.bounds
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('order', '0022_shop_fields'),
        ('payment', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Return',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('nth', models.PositiveSmallIntegerField(editable=False, verbose_name='number within the order')),
                ('state', models.CharField(choices=[('requested', 'Requested'), ('approved', 'Approved'), ('declined', 'Declined'), ('cancelled', 'Cancelled'), ('received', 'Received'), ('refunded', 'Refunded'), ('closed', 'Closed without refund')], default='requested', max_length=10)),
                ('requested_at', models.DateTimeField(auto_now_add=True)),
                ('requested_by', models.ForeignKey(blank=True, help_text='Empty if requested with the order’s link, without an account.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='order.order')),
            ],
            options={
                'verbose_name': 'return',
                'verbose_name_plural': 'returns',
                'ordering': ['-pk'],
                'permissions': [('answer_return', 'Can approve, decline and close returns'), ('receive_return', 'Can mark returns as received (changes stock)')],
            },
        ),
        migrations.CreateModel(
            name='ReturnEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('requested', 'Requested'), ('approved', 'Approved'), ('declined', 'Declined'), ('cancelled', 'Cancelled'), ('received', 'Received'), ('refunded', 'Refunded'), ('closed', 'Closed without refund')], max_length=10)),
                ('note', models.TextField(blank=True)),
                ('by_customer', models.BooleanField(default=False)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('refund', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payment.transaction')),
                ('parent', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='returns.return')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='ReturnLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField(verbose_name='units requested')),
                ('reason', models.CharField(choices=[('changed-mind', 'Changed my mind'), ('faulty', 'Faulty or does not work'), ('damaged', 'Damaged in shipping'), ('wrong', 'Wrong item'), ('other', 'Other')], max_length=12)),
                ('restocked', models.PositiveIntegerField(default=0, verbose_name='units restocked')),
                ('scrapped', models.PositiveIntegerField(default=0, verbose_name='units not restocked')),
                ('first_unit', models.PositiveIntegerField(editable=False, help_text='Set at receipt. The exact refund, to the cent, depends on it.', null=True, verbose_name='index of the first unit within the order line')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='return_lines', to='order.line')),
                ('parent', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='returns.return')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='ReturnPhoto',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('file', models.FileField(storage=checkout.returns.models.private_files, upload_to='returns')),
                ('width', models.PositiveIntegerField()),
                ('height', models.PositiveIntegerField()),
                ('parent', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='photos', to='returns.return')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='return',
            constraint=models.UniqueConstraint(fields=('order', 'nth'), name='unique_return_number'),
        ),
        migrations.AddConstraint(
            model_name='return',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['requested', 'approved', 'declined', 'cancelled', 'received', 'refunded', 'closed'])), name='return_state_valid'),
        ),
        migrations.AddConstraint(
            model_name='returnline',
            constraint=models.UniqueConstraint(fields=('parent', 'line'), name='unique_line_per_return'),
        ),
        migrations.AddConstraint(
            model_name='returnline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', django.db.models.expressions.CombinedExpression(models.F('restocked'), '+', models.F('scrapped')))), name='received_within_requested'),
        ),
        migrations.AddConstraint(
            model_name='returnline',
            constraint=microflight.core.bounds.Bounds('quantity', 1, 1000000, name='returns_returnline_quantity_bounds'),
        ),
    ]
