"""Accounts in the admin: the person, their login email addresses, their permissions."""

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
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.users.models import User
from microflight.core.admin_base import EditableAdmin
from microflight.core.forms import EmailField, LineField
from policies import evidence

#: Models that are edited inside other pages.
INSIDE = (
    "ordernote",
    "stockrecord",
    "productimage",
    "productrecommendation",
    "productattribute",
    "attributeoption",
    "rangeproduct",
    "methodzone",
    "zoneregion",
    "emailaddress",
)


class EmailAddressInline(admin.TabularInline):
    """The email addresses a person can log in with, stored by allauth."""

    model = EmailAddress
    extra = 0
    formfield_overrides = {models.EmailField: {"form_class": EmailField}}
    fields = ["email", "verified", "primary"]


@admin.register(User)
class UserAdmin(EditableAdmin, auth_admin.UserAdmin):
    """Customers and staff."""

    ordering = ["email"]
    formfield_overrides = {
        models.EmailField: {"form_class": EmailField},
        models.CharField: {"form_class": LineField},
    }
    list_display = ["email", "first_name", "last_name", "is_staff", "is_active", "date_joined"]
    list_filter = ["is_staff", "is_superuser", "is_active", "groups"]
    search_fields = ["email", "first_name", "last_name"]
    filter_horizontal = ["groups"]
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name")}),
        (
            _("Permissions"),
            {
                "fields": ("is_active", "is_staff", "is_superuser", "groups"),
                "description": _("What staff may do is defined by their groups."),
            },
        ),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ["last_login", "date_joined", "acceptances"]
    add_fieldsets = ((None, {"fields": ("email", "password1", "password2")}),)
    inlines = [EmailAddressInline]
    deleted_with = frozenset(
        {
            "account.emailaddress",
            "account.emailconfirmation",
            "mfa.authenticator",
            "address.useraddress",
            "agreements.bannerdismissal",
            "back_in_stock.backinstockrequest",
            "basket.basket",
            "basket.basket_vouchers",
            "basket.line",
            "basket.lineattribute",
            "communication.email",
            "communication.notification",
            "customer.productalert",
            "newsletter.subscriber",
            "reviews.productreview",
            "reviews.question",
            "reviews.vote",
            "saved_searches.savedsearch",
            "saved_searches.savedsearchmatch",
            "saved_views.savedview",
            "tax.taxexemption",
            "wishlists.wishlist",
            "wishlists.line",
            "analytics.userrecord",
            "analytics.userproductview",
            "analytics.usersearch",
        }
    )
    #: The privacy policy promises both: an account can be closed, and orders are kept.
    kept_without = frozenset({"order.order", "policies.acceptance"})
    instead_of_deleting = _("To close an account, turn off “Active”.")

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """A new account first gets its password; email addresses follow on the second page."""
        return self.inlines if obj else []

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the account's policy acceptances to staff who may see them."""
        shown = super().get_fieldsets(request, obj)
        if obj is None or not request.user.has_perm("policies.view_acceptance"):
            return shown
        return (*shown, (_("Policies"), {"fields": ("acceptances",)}))

    @admin.display(description=_("Accepted"))
    def acceptances(self, user: User) -> SafeString | str:
        """Return the number of policy acceptances, with a link to the evidence."""
        count = evidence.count_for(f"account:{user.pk}")
        if not count:
            return gettext("None recorded.")
        url = reverse("admin:policies_acceptance_evidence", args=[f"account:{user.pk}"])
        text = ngettext("%(count)d acceptance (print)", "%(count)d acceptances (print)", count)
        return format_html('<a href="{}">{}</a>', url, text % {"count": count})

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only a superuser may edit a superuser: a new password would give those permissions."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (request.user.is_superuser or not (obj and obj.is_superuser))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only a superuser may delete a superuser."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and (request.user.is_superuser or not (obj and obj.is_superuser))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Only a superuser grants permissions: other staff could grant them to themselves."""
        fields = list(super().get_readonly_fields(request, obj))
        if not request.user.is_superuser:
            fields += ["is_staff", "is_superuser", "groups"]
        return fields


@admin.register(Group)
class GroupAdmin(EditableAdmin, auth_admin.GroupAdmin):
    """Staff groups, edited by superusers only: others could give themselves any permission."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        """Offer permissions on the models the admin shows, not on every installed table."""
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
