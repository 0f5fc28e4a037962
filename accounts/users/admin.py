"""Accounts in the admin: the person, their log-in addresses, their rights."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.models import Group
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.users.models import User
from policies import evidence

#: Rights over rows that stand inside other pages.
INSIDE = (
    "ordernote",
    "stockrecord",
    "productimage",
    "productrecommendation",
    "productattribute",
    "attributeoption",
    "rangeproduct",
    "weightband",
    "emailaddress",
)


class EmailAddressInline(admin.TabularInline):
    """The addresses a person may log in with, as allauth keeps them."""

    model = EmailAddress
    extra = 0
    fields = ["email", "verified", "primary"]


@admin.register(User)
class UserAdmin(auth_admin.UserAdmin):
    """Customers and staff."""

    ordering = ["email"]
    list_display = ["email", "first_name", "last_name", "is_staff", "is_active", "date_joined"]
    list_filter = ["is_staff", "is_superuser", "is_active", "groups"]
    search_fields = ["email", "first_name", "last_name"]
    filter_horizontal = ["groups"]
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Person", {"fields": ("first_name", "last_name")}),
        (
            "Rights",
            {
                "fields": ("is_active", "is_staff", "is_superuser", "groups"),
                "description": "What staff may do is written in their groups.",
            },
        ),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ["last_login", "date_joined", "agreements"]
    add_fieldsets = ((None, {"fields": ("email", "password1", "password2")}),)
    inlines = [EmailAddressInline]

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """A new account first gets its password; addresses come with the second page."""
        return self.inlines if obj else []

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whoever may see agreements finds those of the account."""
        shown = super().get_fieldsets(request, obj)
        if obj is None or not request.user.has_perm("policies.view_acceptance"):
            return shown
        return (*shown, ("Policies", {"fields": ("agreements",)}))

    @admin.display(description="Agreed to")
    def agreements(self, user: User) -> SafeString | str:
        """Return how often this account agreed to a text, with the way to the evidence."""
        count = evidence.count(f"account:{user.pk}")
        if not count:
            return "Nothing is recorded."
        url = reverse("admin:policies_acceptance_evidence", args=[f"account:{user.pk}"])
        times = "one agreement" if count == 1 else f"{count} agreements"
        return format_html('<a href="{}">The evidence of {}, to print</a>', url, times)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only a superuser touches another's account with every right: a new password for it
        would be those rights."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (request.user.is_superuser or not (obj and obj.is_superuser))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As with changes."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and (request.user.is_superuser or not (obj and obj.is_superuser))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Only a superuser hands out rights: else an editor of accounts could make one of
        themselves."""
        fields = list(super().get_readonly_fields(request, obj))
        if not request.user.is_superuser:
            fields += ["is_staff", "is_superuser", "groups"]
        return fields


@admin.register(Group)
class GroupAdmin(auth_admin.GroupAdmin):
    """Sets of rights for staff, written by superusers: others could give themselves any."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers only."""
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers only."""
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers only."""
        return request.user.is_superuser

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        """Offer rights over what the admin shows, not over every table of every library."""
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name == "permissions" and field and field.queryset is not None:
            shown = models.Q()
            for model in self.admin_site._registry:
                opts = model._meta
                shown |= models.Q(
                    content_type__app_label=opts.app_label, content_type__model=opts.model_name
                )
            inside = models.Q(content_type__model__in=INSIDE)
            field.queryset = field.queryset.filter(shown | inside)
        return field
