"""Roles in the admin: a matrix of work areas, and a page with checkboxes for each role."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.models import Group
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.staff import access
from accounts.staff.log_admin import LogEntryAdmin  # noqa: F401 (registers itself)
from accounts.staff.matrix import RolePermissionsField, chosen_permissions, matrix
from accounts.staff.roles import OWNER, ROLES
from accounts.staff.user_admin import UserAdmin  # noqa: F401 (registers itself)
from microflight.core.admin_base import EditableAdmin

_NAMES = [role.name for role in ROLES]


@admin.register(Group)
class RoleAdmin(EditableAdmin, auth_admin.GroupAdmin):
    """Roles. Staff who manage staff edit them, but not what the owner may do."""

    change_list_template = "admin/auth/group/roles.html"
    filter_horizontal = ()
    list_display = ["name", "members"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        active = Q(user__is_staff=True, user__is_active=True)
        return super().get_queryset(request).annotate(staff=Count("user", filter=active))

    @admin.display(description=_("Staff"), ordering="staff")
    def members(self, role: Any) -> int:
        return role.staff

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(access.MANAGE) and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The owner's role never changes; others by who has all of a role's permissions."""
        allowed = request.user.has_perm(access.MANAGE) and super().has_change_permission(
            request, obj
        )
        return allowed and (obj is None or _is_editable(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only roles that staff created: `migrate` would create the others again."""
        allowed = request.user.has_perm(access.MANAGE) and super().has_delete_permission(
            request, obj
        )
        is_ours = obj is not None and obj.name in _NAMES
        return allowed and not is_ours and (obj is None or _is_editable(request, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["name"] if obj is not None and obj.name in _NAMES else []

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        """Offer work areas instead of single permissions."""
        if db_field.name != "permissions" or request is None:
            return super().formfield_for_manytomany(db_field, request, **kwargs)
        return RolePermissionsField(
            editor=request.user,
            label=_("May"),
            help_text=_("Edit includes View. Changes apply at once."),
        )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Keep the permissions that no checkbox showed."""
        role: Group = form.instance
        held = list(role.permissions.select_related("content_type"))
        shown = chosen_permissions(access.names(held))
        super().save_related(request, form, formsets, change)
        role.permissions.add(*(each for each in held if not access.names([each]) <= shown))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show all roles by work area above the list."""
        roles = sorted(
            Group.objects.prefetch_related("permissions__content_type").order_by("name"),
            key=lambda role: _NAMES.index(role.name) if role.name in _NAMES else len(_NAMES),
        )
        context = {"roles": roles, "matrix": matrix(roles)}
        return super().changelist_view(request, {**context, **(extra_context or {})})


def _is_editable(request: HttpRequest, role: Group) -> bool:
    held = role.permissions.select_related("content_type")
    return role.name != OWNER and access.covers(request.user, held)
