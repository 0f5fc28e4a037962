"""Creates the roles. On a new database the permissions do not exist yet: `migrate` grants them
once it has created them (see `accounts/staff/roles.py`)."""

from typing import Any

from django.db import migrations

from accounts.staff.roles import ROLES, grant


def create_roles(apps: Any, schema_editor: Any) -> None:
    """Create the groups, with the permissions that exist."""
    group = apps.get_model("auth", "Group")
    for role in ROLES:
        group.objects.get_or_create(name=role.name)
    grant(apps.get_model("auth", "Permission").objects.select_related("content_type"), group)


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0002_append_only_log"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(create_roles, migrations.RunPython.noop)]
