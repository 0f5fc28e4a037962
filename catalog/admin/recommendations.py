"""Products recommended on the page of a product, as staff choose them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from catalog.models import ProductRecommendation


class RelatedInline(admin.TabularInline):
    """Products recommended with this one."""

    model = ProductRecommendation
    fk_name = "primary"
    extra = 0
    fields = ["recommendation", "ranking"]
    autocomplete_fields = ["recommendation"]
    verbose_name = _("related product")
    verbose_name_plural = _("related products")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Fetch the names of the products with the rows."""
        return super().get_queryset(request).select_related("recommendation__parent")
