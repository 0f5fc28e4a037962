"""The links that the menus had before staff could edit them."""

from typing import Any

from django.db import migrations

from catalog.content import seed


def load(apps: Any, _schema_editor: Any) -> None:
    seed.load(apps.get_model("content", "MenuEntry"))


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0001_content'),
    ]

    operations = [
        migrations.RunPython(load, migrations.RunPython.noop),
    ]
