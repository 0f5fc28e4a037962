import django.db.models.deletion
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
                ('wanted', models.JSONField(default=list, help_text='What it pays back: [what, line, component, cents].')),
                ('reason', models.CharField(max_length=255)),
                ('answered', models.BooleanField(default=False, help_text='Whoever asked was told what became of it.')),
                ('made_at', models.DateTimeField(auto_now_add=True)),
                ('attempt', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='planned_refunds', to='payment.paymentattempt')),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('movement', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='plan', to='payment.movement')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='planned_refunds', to='returns.return')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='RefundPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('goods', 'goods'), ('delivery', 'delivery'), ('other', 'more than the bill has')], max_length=8)),
                ('component', models.CharField(blank=True, help_text='GST, HST, PST, QST, or none.', max_length=8)),
                ('cents', models.PositiveIntegerField()),
                ('line', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='refund_parts', to='order.line')),
                ('movement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='payment.movement')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('movement', 'line', 'component'), name='one_part_per_line_and_component'), models.UniqueConstraint(condition=models.Q(('line', None)), fields=('movement', 'kind', 'component'), name='one_part_of_delivery_per_component'), models.CheckConstraint(condition=models.Q(('cents__gt', 0)), name='a_part_is_worth_something'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'goods'), ('line__isnull', False)), models.Q(models.Q(('kind', 'goods'), _negated=True), ('line__isnull', True)), _connector='OR'), name='goods_have_a_line')],
            },
        ),
    ]
