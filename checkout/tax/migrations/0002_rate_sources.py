import datetime

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tax', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='taxrate',
            name='check_again_on',
            field=models.DateField(default=datetime.date(2026, 11, 29), help_text='From the next day, it is on the start page as overdue.', verbose_name='check again on'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='taxrate',
            name='confirmed',
            field=models.BooleanField(default=False, help_text='The source is the authority itself, or has confirmed it.', verbose_name='confirmed'),
        ),
        migrations.AddField(
            model_name='taxrate',
            name='source',
            field=models.CharField(default='-', help_text='The law, web page or document that states it.', max_length=300, verbose_name='source'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='taxrate',
            name='source_date',
            field=models.DateField(default=datetime.date(2026, 11, 29), help_text='When the source was read.', verbose_name='source date'),
            preserve_default=False,
        ),
    ]
