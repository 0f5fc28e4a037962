"""The filter by type in lists of emails and their texts."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.mail.models import type_name
from accounts.mail.registry import EMAIL_TYPES


class TypeFilter(admin.SimpleListFilter):
    """Emails of one type."""

    title = _("type")
    parameter_name = "email_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the types by name."""
        return sorted(((name, type_name(name)) for name in EMAIL_TYPES), key=lambda each: each[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Filter the list."""
        return queryset.filter(email_type=self.value()) if self.value() else queryset
