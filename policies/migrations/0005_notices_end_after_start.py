from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('policies', '0004_hide_notices_that_end_early'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at', None), ('ends_at__gt', models.F('starts_at')), _connector='OR'), name='policies_notice_ends_after_start', violation_error_message='It ends before it starts.'),
        ),
    ]
