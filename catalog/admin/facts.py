"""The facts of a product on its admin page."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.countries import countries
from catalog.facts import FACTS, ProductFacts
from catalog.models import Product


class ProductFactsForm(forms.ModelForm):
    """Facts, which may all be unknown but the battery: a carrier needs it for every parcel."""

    class Meta:
        model = ProductFacts
        fields = [name.removesuffix("_id") for name in FACTS]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["origin"]).queryset = countries()

    def clean(self) -> dict[str, Any]:
        """Require the battery type; an empty one of a variant is that of its product."""
        data = super().clean() or {}
        product = self.instance.product if self.instance.product_id else None
        is_variant = product is not None and product.structure == Product.CHILD
        if not data.get("battery") and "battery" not in self.errors and not is_variant:
            self.add_error("battery", gettext("Choose the battery type; most have “no battery”."))
        return data


class ProductFactsInline(admin.StackedInline):
    """What carriers and customs ask about the product."""

    model = ProductFacts
    form = ProductFactsForm
    can_delete = False
    min_num = max_num = 1
    fieldsets = (
        (
            None,
            {
                "fields": [
                    ("battery", "battery_count", "battery_cells", "battery_wh"),
                    "radio",
                    ("length_mm", "width_mm", "height_mm"),
                ],
                "description": _("Empty fields of a variant inherit the value of its product."),
            },
        ),
        (
            _("Customs"),
            {
                "fields": [
                    ("hs6", "hs10", "origin"),
                    ("customs_description", "customs_value"),
                    ("cusma", "cusma_evidence", "cusma_expires_on"),
                ]
            },
        ),
        (_("Product safety"), {"fields": ["manufacturer", "safety_contact"]}),
    )

    def get_min_num(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """Return 0 for a variant: it may have no facts of its own."""
        is_variant = "parent" in request.GET if obj is None else obj.structure == Product.CHILD
        return 0 if is_variant else 1
