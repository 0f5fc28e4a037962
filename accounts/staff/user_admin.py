"""Accounts in the admin: the person, their login email addresses, and the roles of staff."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.contrib import admin, messages
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.staff import access
from accounts.staff.invitations import invite
from accounts.staff.roles import OWNER
from accounts.staff.sessions import follow_password
from accounts.staff.user_actions import ACTIONS, InvitationForm
from accounts.users.models import User
from microflight.core.action_view import Action, ActionAdmin
from microflight.core.admin_base import EditableAdmin, admin_page
from microflight.core.errors import ServiceError
from microflight.core.forms import EmailField, LineField
from policies import evidence

LAST_OWNER = _("The shop needs an owner: give that role to someone else first.")


class AccountForm(UserChangeForm):
    """Django's form, which keeps the last owner."""

    def clean(self) -> dict[str, Any]:
        """Reject a change that would leave the shop without an owner."""
        data = super().clean() or {}
        account: User = self.instance
        if not account.pk:
            return data
        # two owners cannot remove each other at the same time
        list(Group.objects.filter(name=OWNER).select_for_update(no_key=True))
        if access.is_last_owner(account) and not self._stays_owner(data):
            raise forms.ValidationError(LAST_OWNER)
        return data

    def _stays_owner(self, data: dict[str, Any]) -> bool:
        account = self.instance
        is_superuser = data.get("is_superuser", account.is_superuser)
        roles = data.get("groups", account.groups.all())
        return (
            data.get("is_active", account.is_active)
            and data.get("is_staff", account.is_staff)
            and (is_superuser or any(each.name == OWNER for each in roles))
        )


class RoleFilter(admin.RelatedFieldListFilter):
    """Staff of a role, under the name that staff know."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("role")


class EmailAddressInline(admin.TabularInline):
    """The email addresses a person can log in with, stored by allauth.

    Only who manages staff edits them: a new address could get the email to reset the password.
    """

    model = EmailAddress
    extra = 0
    formfield_overrides = {models.EmailField: {"form_class": EmailField}}
    fields = ["email", "verified", "primary"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(access.MANAGE) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(access.MANAGE) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(access.MANAGE) and super().has_delete_permission(request, obj)


@admin.register(User)
class UserAdmin(ActionAdmin, EditableAdmin, auth_admin.UserAdmin):
    """Customers and staff."""

    record_actions = ACTIONS
    change_list_template = "admin/users/user/list.html"
    change_form_template = "admin/users/user/account.html"

    ordering = ["email"]
    formfield_overrides = {
        models.EmailField: {"form_class": EmailField},
        models.CharField: {"form_class": LineField},
    }
    list_display = ["email", "first_name", "last_name", "is_staff", "is_active", "date_joined"]
    list_filter = ["is_staff", "is_superuser", "is_active", ("groups", RoleFilter)]
    search_fields = ["email", "first_name", "last_name"]
    form = AccountForm
    fieldsets = (
        (None, {"fields": ("email", "set_password")}),
        (_("Person"), {"fields": ("first_name", "last_name")}),
        (
            _("Access"),
            {
                "fields": ("is_active", "is_staff", "is_superuser", "groups"),
                "description": _("What staff may do is defined by their roles."),
            },
        ),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = [
        "last_login", "date_joined", "acceptances", "sessions", "second_factor", "set_password",
    ]  # fmt: skip
    add_fieldsets = ((None, {"fields": ("email", "password1", "password2")}),)
    inlines = [EmailAddressInline]
    deleted_with = frozenset(
        {
            "account.emailaddress",
            "account.emailconfirmation",
            "mfa.authenticator",
            "address.useraddress",
            "agreements.bannerdismissal",
            "customers.customer",
            "customers.customernote",
            "staff.staffsession",
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
    kept_without = frozenset({"order.order", "policies.acceptance", "imports.importjob"})
    instead_of_deleting = _("To close an account, turn off “Active”.")

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """A new account first gets its password; email addresses follow on the second page."""
        return self.inlines if obj else []

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the account's policy acceptances to staff who may see them."""
        shown = super().get_fieldsets(request, obj)
        if obj and not request.user.has_perm(access.MANAGE):
            shown = ((None, {"fields": ("email",)}), *shown[1:])
        if obj and obj.is_staff and request.user.has_perm(access.MANAGE):
            shown = (*shown, (_("Security"), {"fields": ("second_factor", "sessions")}))
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

    def get_urls(self) -> list[Any]:
        """Add the page of an invitation."""
        view = self.admin_site.admin_view(self.invite_view)
        return [path("invite/", view, name="users_user_invite"), *super().get_urls()]

    def invite_view(self, request: HttpRequest) -> HttpResponse:
        """Invite a staff member by email."""
        user: Any = request.user
        if not user.has_perm(access.MANAGE):
            raise PermissionDenied
        form = InvitationForm(request.POST or None, by=user)
        if request.method == "POST" and form.is_valid():
            try:
                invited = invite(**form.cleaned_data, by=user)
            except ServiceError as error:
                form.add_error(None, list(error.texts))
            else:
                text = gettext("Invitation sent to %(email)s.") % {"email": invited.email}
                messages.success(request, text)
                return HttpResponseRedirect(self.list_url())
        context = {"title": form.title, "form": form, "list_url": self.list_url()}
        return admin_page(self, request, "admin/users/user/invite.html", context)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:  # noqa: A002 (Django's name)
        """Only who manages staff sets passwords; others send the email to reset it."""
        if not request.user.has_perm(access.MANAGE):
            raise PermissionDenied
        account = self.get_object(request, id)
        old = account and account.password
        response = super().user_change_password(request, id, form_url)
        if account and User.objects.filter(pk=account.pk).exclude(password=old).exists():
            follow_password(request=request, user=account)
        return response

    def available_actions(self, request: HttpRequest, subject: Any) -> list[Action]:
        """Return the actions on accounts that this staff member may edit."""
        allowed = access.may_edit(request.user, subject)
        return super().available_actions(request, subject) if allowed else []

    @admin.display(description=_("Password"))
    def set_password(self, user: User) -> SafeString:
        """Return a link to the form; Django's field shows how the password is stored."""
        url = reverse("admin:auth_user_password_change", args=[user.pk])
        return format_html('<a href="{}">{}</a>', url, gettext("Set a password"))

    @admin.display(description=_("Sessions"))
    def sessions(self, user: User) -> SafeString | str:
        """Return the browsers in which a staff member is logged in."""
        rows = [
            (date_format(localtime(each.started_at), "j M Y, H:i"), each)
            for each in user.staff_sessions.all()[:20]
        ]
        return format_html_join("", "<div>{}, {}</div>", rows) or gettext("None recorded.")

    @admin.display(description=_("Two-factor authentication"), boolean=True)
    def second_factor(self, user: User) -> bool:
        return is_mfa_enabled(user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A new password would give the account's permissions: see `access.may_edit`."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or access.may_edit(request.user, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or access.may_edit(request.user, obj))

    def reasons_to_keep(self, records: list[Any]) -> list[str]:
        """Keep the last owner."""
        reasons = super().reasons_to_keep(records)
        last = not access.owners().exclude(pk__in=[each.pk for each in records]).exists()
        return [*reasons, str(LAST_OWNER)] if last else reasons

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Superusers make superusers; who manages staff gives roles."""
        fields = list(super().get_readonly_fields(request, obj))
        if not request.user.is_superuser:
            fields += ["is_superuser"]
        if not request.user.has_perm(access.MANAGE):
            fields += ["is_staff", "groups", *(["email"] if obj else [])]
        return fields

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Leave out the button that creates a role."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "groups" and field:
            field.widget.can_add_related = False
        return field

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        """Offer the roles that this staff member may give, as checkboxes."""
        if db_field.name == "groups" and request is not None:
            kwargs["queryset"] = access.assignable_roles(request.user)
            kwargs["widget"] = forms.CheckboxSelectMultiple
            kwargs["label"], kwargs["help_text"] = _("Roles"), ""
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the roles, and log which they were and are."""
        before = _role_names(form.instance)
        super().save_related(request, form, formsets, change)
        if (after := _role_names(form.instance)) != before:
            text = gettext("Roles: %(after)s (before: %(before)s).")
            self.log_change(request, form.instance, text % {"after": after, "before": before})


def _role_names(account: User) -> str:
    names = account.groups.order_by("name").values_list("name", flat=True)
    return ", ".join(names) or gettext("none")
