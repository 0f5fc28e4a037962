"""Admin of site-wide notices."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import URLValidator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext

from microflight.core import page_cache
from microflight.core.admin_base import EditableAdmin
from microflight.core.link_check import has_page
from policies.models import Notice


def clean_link(link: str) -> str:
    """Return a link; raise ValidationError if it is neither a page of the shop nor an https URL."""
    if link.startswith("https://"):
        URLValidator(["https"])(link)
        return link
    is_path = link.startswith("/") and not link.startswith("//")
    if link and not (is_path and has_page(link)):
        text = gettext("Enter a page of the shop, such as /policies/shipping/, or a URL.")
        raise forms.ValidationError(text)
    return link


class NoticeForm(forms.ModelForm):
    """A notice whose link leads somewhere."""

    def clean_link(self) -> str:
        """Reject what is neither a page of the shop nor an https URL."""
        return clean_link(str(self.cleaned_data["link"]))


@admin.register(Notice)
class NoticeAdmin(EditableAdmin):
    """Every change invalidates the page cache."""

    form = NoticeForm
    list_display = ["text", "starts_at", "ends_at"]
    search_fields = ["text"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        page_cache.invalidate()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        page_cache.invalidate()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        super().delete_queryset(request, queryset)
        page_cache.invalidate()
