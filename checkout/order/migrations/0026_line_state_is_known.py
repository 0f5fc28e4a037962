from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('order', '0025_work_out_line_states'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='line',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['ordered', 'part-shipped', 'shipped', 'cancelled', 'part-returned', 'returned'])), name='line_state_is_known'),
        ),
    ]
