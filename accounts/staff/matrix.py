"""Roles as a matrix of work areas, in place of single permissions."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django import forms
from django.contrib.auth.models import Group, Permission
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.staff.access import covers, names
from accounts.staff.roles import AREAS, Option, WorkArea, options

#: Of Oscar's dashboard, which is not used: no checkbox gives it.
_UNUSED = "partner.dashboard_access"


def _shown(area: WorkArea) -> list[Option]:
    return [each for each in options(area) if each.key != _UNUSED]


def all_options() -> dict[str, frozenset[str]]:
    """Return each option of all work areas with its permissions."""
    return {each.key: each.permissions for area in AREAS for each in _shown(area)}


def chosen_options(permissions: set[str]) -> list[str]:
    """Return the options that a set of permissions covers."""
    return [key for key, needed in all_options().items() if needed <= permissions]


def chosen_permissions(permissions: set[str]) -> frozenset[str]:
    """Return those of a set of permissions that a checked option stands for."""
    by_option = all_options()
    return frozenset[str]().union(*(by_option[key] for key in chosen_options(permissions)))


class RolePermissionsField(forms.MultipleChoiceField):
    """The permissions of a role as View, Edit and actions of each work area.

    Permissions of which no option is checked stay as they are (`RoleAdmin`). `editor` gives no more
    than they have.
    """

    widget = forms.CheckboxSelectMultiple

    def __init__(self, *, editor: Any, **kwargs: Any) -> None:
        self.editor = editor
        choices = [
            (area.name, [(each.key, _label(each.label)) for each in _shown(area)]) for area in AREAS
        ]
        super().__init__(choices=choices, required=False, **kwargs)

    @cached_property
    def _rows(self) -> dict[str, Permission]:
        rows = Permission.objects.select_related("content_type")
        return {f"{row.content_type.app_label}.{row.codename}": row for row in rows}

    def prepare_value(self, value: Any) -> Any:
        """Return the options to check, for permissions (rows) and for submitted options."""
        if value and all(isinstance(each, Permission) for each in value):
            by_pk = {row.pk: name for name, row in self._rows.items()}
            return chosen_options({by_pk[each.pk] for each in value})
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return set(self.prepare_value(list(initial or ())) or ()) != set(data or ())

    def clean(self, value: Any) -> list[Permission]:
        """Return the permissions of the chosen options."""
        chosen = super().clean(value)
        needed = frozenset[str]().union(*(all_options()[key] for key in chosen))
        rows = [self._rows[name] for name in sorted(needed) if name in self._rows]
        if not covers(self.editor, rows):
            raise forms.ValidationError(
                gettext("A role can’t have more permissions than you have yourself.")
            )
        return rows


class Row(NamedTuple):
    """One work area of the matrix: a cell for each role."""

    area: WorkArea
    cells: list[tuple[str, str, list[str]]]  # role, level, actions


def matrix(roles: Sequence[Group]) -> list[Row]:
    """Return what each role may do in each work area."""
    held = {role.name: names(role.permissions.all()) for role in roles}
    return [
        Row(area, [(name, *_cell(area, each)) for name, each in held.items()]) for area in AREAS
    ]


def _cell(area: WorkArea, held: set[str]) -> tuple[str, list[str]]:
    view, edit, *actions = _shown(area)
    if view.permissions <= held:
        level = _("Edit") if edit.permissions <= held else _("View")
    else:
        level = _("In part") if edit.permissions & held else _("No access")
    done = [_label(each.label) for each in actions if each.permissions <= held]
    return str(level), done


def _label(label: Any) -> str:
    """Return a permission's name as an action: "Can cancel an order" is "Cancel an order"."""
    text = str(label).removeprefix("Can ")
    return text[:1].upper() + text[1:]
