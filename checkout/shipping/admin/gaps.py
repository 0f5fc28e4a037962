"""The gap list as a page under the shipping rules."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from checkout.shipping.gaps import gaps
from checkout.shipping.refusals import fact_label
from microflight.core.admin_base import admin_page
from microflight.core.pagination import read_page

_PER_PAGE = 50


class GapForm(forms.Form):
    """One fact that has gaps, or all."""

    fact = forms.ChoiceField(label=_("Fact"), required=False)

    def __init__(self, data: Any, facts: set[str]) -> None:
        super().__init__(data)
        labels = sorted((fact_label(name), name) for name in facts)
        field: Any = self.fields["fact"]
        field.choices = [("", _("All")), *((name, label) for label, name in labels)]


class GapsMixin:
    """Adds the page to the admin of shipping rules; who may see rules may see it."""

    admin_site: Any
    opts: Any

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.gaps_view)
        urls = super().get_urls()  # type: ignore[misc]
        return [path("gaps/", view, name="shipping_shippingrule_gaps"), *urls]

    def gaps_view(self, request: HttpRequest) -> HttpResponse:
        """List the products that cannot be shipped somewhere, with the fact that is the reason."""
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        found = gaps(timezone.localdate())
        form = GapForm(request.GET, {gap.fact for gap in found})
        fact = form.cleaned_data["fact"] if form.is_valid() else None
        shown = [gap for gap in found if fact in ("", gap.fact)]
        context = {
            "title": _("Shipping gaps"),
            "form": form,
            "fact": fact or "",
            "page": read_page(Paginator(shown, _PER_PAGE), request),
        }
        return admin_page(self, request, "admin/shipping/gaps.html", context)
