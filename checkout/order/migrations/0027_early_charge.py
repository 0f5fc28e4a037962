from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('basket', '0013_totals_kept'),
        ('order', '0026_line_state_is_known'),
        ('sites', '0002_alter_domain_unique'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='order',
            name='early_charge_agreed_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='agreed to be charged at checkout'),
        ),
        migrations.AddField(
            model_name='order',
            name='early_charge_text',
            field=models.TextField(blank=True, editable=False, help_text='The exact words that the customer agreed to.'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('early_charge_agreed_at', None), ('early_charge_text', '')), models.Q(('early_charge_agreed_at__isnull', False), models.Q(('early_charge_text', ''), _negated=True)), _connector='OR'), name='early_charge_has_its_words'),
        ),
    ]
