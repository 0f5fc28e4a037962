"""Hide the notices that were never shown, because they ended before they started."""

from typing import Any

from django.db import migrations
from django.db.models import F


def hide(apps: Any, _schema_editor: Any) -> None:
    rows = apps.get_model("policies", "Notice").objects.filter(ends_at__lte=F("starts_at"))
    rows.update(is_published=False, ends_at=None)


class Migration(migrations.Migration):

    dependencies = [
        ('policies', '0003_scheduled_notices'),
    ]

    operations = [
        migrations.RunPython(hide, migrations.RunPython.noop),
    ]
