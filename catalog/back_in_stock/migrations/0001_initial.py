import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('catalogue', '0033_shop_fields'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BackInStockRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(help_text='In lower case.', max_length=254, verbose_name='email')),
                ('state', models.CharField(choices=[('unconfirmed', 'email not confirmed'), ('requested', 'requested'), ('notified', 'notified'), ('cancelled', 'cancelled')], max_length=11, verbose_name='state')),
                ('requested_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='requested at')),
                ('notified_at', models.DateTimeField(blank=True, null=True, verbose_name='notified at')),
                ('cancelled_at', models.DateTimeField(blank=True, null=True, verbose_name='cancelled at')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='back_in_stock_requests', to='catalogue.product')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'back-in-stock request',
                'verbose_name_plural': 'back-in-stock requests',
                'ordering': ['requested_at', 'pk'],
                'default_permissions': ('view',),
                'indexes': [models.Index(fields=['product', 'state', 'requested_at'], name='back_in_stock_queue')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ('unconfirmed', 'requested'))), fields=('product', 'email'), name='one_open_back_in_stock_request')],
            },
        ),
    ]
