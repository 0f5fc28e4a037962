"""Creates the roles. On a new database the permissions do not exist yet: `migrate` grants them
once it has created them (see `accounts/staff/roles.py`)."""

from typing import Any

from django.db import migrations

from accounts.staff.roles import ROLES, grant


def create_roles(apps: Any, schema_editor: Any) -> None:
    """Create the groups, with the permissions that exist. Remove Oscar's, for its dashboard."""
    group = apps.get_model("auth", "Group")
    group.objects.filter(name="All Oscar Dashboard Permissions", user=None).delete()
    for role in ROLES:
        group.objects.get_or_create(name=role.name)
    grant(apps.get_model("auth", "Permission").objects.select_related("content_type"), group)


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0002_append_only_log"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("customer", "0008_assign_permissions_to_staff"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(create_roles, migrations.RunPython.noop)]
