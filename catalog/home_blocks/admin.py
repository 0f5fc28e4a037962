"""Blocks of the home page in the admin, with a live preview."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.home_blocks.models import HomeBlock
from catalog.home_blocks.shown import Block
from microflight.core import page_cache
from microflight.core.admin_base import EditableAdmin, state_label
from policies.admin.notices import clean_link


class HomeBlockForm(forms.ModelForm):
    """A block whose link leads somewhere."""

    def clean_link(self) -> str:
        """Reject what is neither a page of the shop nor an https URL."""
        return clean_link(str(self.cleaned_data["link"]))


@admin.register(HomeBlock)
class HomeBlockAdmin(EditableAdmin):
    """Every change invalidates the page cache."""

    form = HomeBlockForm
    change_form_template = "admin/home_blocks/change_form.html"
    list_display = ["title", "state", "position", "starts_at", "ends_at"]
    list_filter = ["is_published"]
    search_fields = ["title", "text"]
    view_on_site = False

    @admin.display(description=_("State"))
    def state(self, block: HomeBlock) -> str:
        """Return whether shoppers see it."""
        now = timezone.now()
        if not block.is_published:
            return state_label("policy-draft", gettext("draft"))
        if block.is_active(now):
            return state_label("policy-published", gettext("shown"))
        is_over = block.ends_at is not None and block.ends_at <= now
        return (
            state_label("policy-superseded", gettext("ended"))
            if is_over
            else state_label("policy-scheduled", gettext("scheduled"))
        )

    def get_urls(self) -> list[Any]:
        """Add the live preview."""
        view = self.admin_site.admin_view(self.preview_view)
        return [path("preview/", view, name="home_blocks_homeblock_preview"), *super().get_urls()]

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """Return what was typed so far as the home page would show it; nothing is stored."""
        if request.method != "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        typed = {name: request.POST.get(name, "") for name in ("title", "text", "link_text")}
        limited = {name: value.replace("\0", "")[:4_000] for name, value in typed.items()}
        block = Block.of(HomeBlock(**limited, link="/" if typed["link_text"] else ""))
        return render(request, "admin/home_blocks/_preview.html", {"block": block})

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the saved block to the page."""
        if saved := kwargs.get("obj"):
            context["home_block"] = Block.of(saved)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        page_cache.invalidate()

    def _invalidate_pages(self) -> None:
        page_cache.invalidate()
