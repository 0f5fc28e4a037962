"""The admin of redirects."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.redirects import services
from catalog.redirects.models import Redirect
from catalog.redirects.old_urls import normalize
from microflight.core.admin_base import EditableAdmin
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
        path = str(self.cleaned_data["new_path"])
        if path and (not path.startswith("/") or path.startswith("//") or not has_page(path)):
            raise ValidationError(gettext("Enter a page of the shop, such as /policies/shipping/."))
        return path

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
class RedirectAdmin(EditableAdmin):
    """Old URLs: those that staff entered, and those of renamed, moved and withdrawn pages."""

    form = RedirectForm
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
