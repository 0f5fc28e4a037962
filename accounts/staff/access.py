"""Who may change whose account and roles: never to more permissions than one has oneself."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet

from accounts.staff.roles import OWNER
from accounts.users.models import User

MANAGE = "staff.manage_staff"


def owners() -> QuerySet[User]:
    """Return who can do everything: superusers, and active staff with the role Owner."""
    everything = Q(is_superuser=True) | Q(groups__name=OWNER)
    return User.objects.filter(everything, is_staff=True, is_active=True).distinct()


def is_owner(user: Any) -> bool:
    """Return whether a user is an owner now."""
    return user.is_superuser or owners().filter(pk=user.pk).exists()


def is_last_owner(user: Any) -> bool:
    """Return whether the shop would have no owner without this account."""
    return user.pk in (found := set(owners().values_list("pk", flat=True))) and len(found) == 1


def names(permissions: Iterable[Permission]) -> set[str]:
    """Return permissions as "app_label.codename"."""
    return {f"{each.content_type.app_label}.{each.codename}" for each in permissions}


def covers(editor: Any, permissions: Iterable[Permission]) -> bool:
    """Return whether a staff member has all these permissions."""
    return editor.is_superuser or names(permissions) <= editor.get_all_permissions()


def permissions_held(account: User) -> QuerySet[Permission]:
    """Return an account's permissions, also while it is closed: it could be opened again."""
    held = Permission.objects.filter(Q(group__user=account) | Q(user=account))
    return held.select_related("content_type").distinct()


def may_edit(editor: Any, account: User) -> bool:
    """Return whether a staff member may edit an account: a new password gives its permissions."""
    if account.is_superuser:
        return is_owner(editor)
    held = list(permissions_held(account))
    if not account.is_staff and not held:
        return True
    return editor.has_perm(MANAGE) and covers(editor, held)


def assignable_roles(editor: Any) -> QuerySet[Group]:
    """Return the roles that a staff member may give: those that do not exceed their own."""
    roles = Group.objects.prefetch_related("permissions__content_type")
    given = [each.pk for each in roles if covers(editor, each.permissions.all())]
    return Group.objects.filter(pk__in=given).order_by("pk")
