"""The admin of redirects."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.redirects import services
from catalog.redirects.models import Redirect
from catalog.redirects.old_urls import normalize
from microflight.core.admin_base import EditableAdmin, admin_page
from microflight.core.history_admin import HistoryMixin
from microflight.core.link_check import has_page


class RedirectForm(forms.ModelForm):
    """An old URL in one spelling, and a page of the shop that is not itself redirected."""

    def clean_old_path(self) -> str:
        """Return the URL as it is compared."""
        try:
            return normalize(str(self.cleaned_data["old_path"]))
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def clean_new_path(self) -> str:
        """Reject what is no page of this shop."""
        new = str(self.cleaned_data["new_path"])
        if new and (not new.startswith("/") or new.startswith("//") or not has_page(new)):
            raise ValidationError(gettext("Enter a page of the shop, such as /policies/shipping/."))
        return new

    def clean(self) -> None:
        """Collapse chains and reject loops. The table stays locked until the row is saved."""
        super().clean()
        old = self.cleaned_data.get("old_path", self.instance.old_path)
        if not (new := self.cleaned_data.get("new_path")) or not old:
            return
        try:
            self.cleaned_data["new_path"] = services.final_path(old, new)
        except ValueError as error:
            self.add_error("new_path", str(error))


@admin.register(Redirect)
class RedirectAdmin(HistoryMixin, EditableAdmin):
    """Old URLs: those that staff entered, and those of renamed, moved and withdrawn pages."""

    form = RedirectForm
    change_list_template = "admin/redirects/list.html"
    list_display = ["old_path", "target", "is_automatic", "created_at"]
    list_filter = ["is_automatic"]
    search_fields = ["old_path", "new_path"]
    search_help_text = _("Old or new URL.")
    fields = ["old_path", "new_path"]

    @admin.display(description=_("New URL"), ordering="new_path")
    def target(self, row: Redirect) -> str:
        return row.new_path or gettext("gone (410)")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and let redirects to the old URL end at the new one."""
        super().save_model(request, obj, form, change)
        services.collapse(obj.old_path, obj.new_path)

    @transaction.atomic
    def restore_version(self, version: Any) -> None:
        """Restore a version, unless it would be a loop by now."""
        if version.new_path:
            try:
                version.new_path = services.final_path(version.old_path, version.new_path)
            except ValueError as error:
                raise ValidationError(str(error)) from error
        super().restore_version(version)
        services.collapse(version.old_path, version.new_path)

    def get_urls(self) -> list[Any]:
        """Add the test of a URL."""
        view = self.admin_site.admin_view(self.test_view)
        return [path("test/", view, name="redirects_redirect_test"), *super().get_urls()]

    def test_view(self, request: HttpRequest) -> HttpResponse:
        """Show where a URL goes."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        url = request.GET.get("url", "")
        context = {"title": gettext("Test a URL"), "url": url}
        if url:
            context["answer"] = _answer(url)
        return admin_page(self, request, "admin/redirects/test.html", context)


def _answer(url: str) -> str:
    """Return what a visitor of a URL gets, for staff."""
    try:
        normalize(url)
    except ValueError as error:
        return str(error)
    parts = urlsplit(url.strip())
    if has_page(parts.path):
        return gettext("A page answers there: redirects apply only where there is none.")
    row = services.find(unquote(parts.path), parse_qsl(parts.query, keep_blank_values=True))
    if row is None:
        return gettext("Page not found (404): no redirect matches.")
    if not row.new_path:
        return gettext("Gone (410): nothing replaces this page.")
    if has_page(row.new_path):
        return gettext("Redirects to %(url)s (301).") % {"url": row.new_path}
    return gettext("Redirects to %(url)s, where there is no page.") % {"url": row.new_path}
