"""The list of products in the admin: columns and filters."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.images import fallback_url
from catalog.models import Product, ProductImage
from catalog.partner.kit_stock import available_kits
from catalog.partner.models import StockRecord
from catalog.partner.stock_levels import LOW_STOCK, OUT_OF_STOCK
from microflight.core.action_view import ActionAdmin
from microflight.core.admin_base import ChoiceFilter, EditableAdmin, NamedRowsMixin
from microflight.core.money import format_money


def _products_with(record: Q) -> Any:
    """Return a subquery of the products with such a stock record."""
    return StockRecord.objects.filter(record).values("product_id")


class StockFilter(ChoiceFilter):
    """Products by stock level."""

    title = _("stock")
    parameter_name = "stock"
    choices_with_conditions = (
        ("low", _("low or out of stock"), Q(pk__in=_products_with(LOW_STOCK))),
        ("out", _("out of stock"), Q(pk__in=_products_with(OUT_OF_STOCK))),
        ("backorder", _("backorder allowed"), Q(pk__in=_products_with(Q(backorder=True)))),
    )


_NOT_INHERITED = Q(parent=None)
_NOT_A_KIT = Q(is_kit=False)


class GapFilter(ChoiceFilter):
    """Products that lack what pages, carriers or reports need."""

    title = _("missing data")
    parameter_name = "missing"
    choices_with_conditions = (
        ("image", _("no image"), _NOT_INHERITED & Q(images=None)),
        ("description", _("no description"), _NOT_INHERITED & Q(description="")),
        ("weight", _("no weight"), _NOT_A_KIT & Q(weight_g=0)),
        (
            "battery",
            _("no battery type"),
            _NOT_INHERITED & _NOT_A_KIT & (Q(facts=None) | Q(facts__battery="")),
        ),
        (
            "customs",
            _("no customs code"),
            _NOT_INHERITED & _NOT_A_KIT & (Q(facts=None) | Q(facts__hs6="")),
        ),
        ("cost", _("no cost"), Q(pk__in=_products_with(Q(cost=None)))),
    )


class ProductList(NamedRowsMixin, ActionAdmin, EditableAdmin):
    """Columns, filters and search of the product list."""

    list_display = [
        "thumbnail",
        "name",
        "sku",
        "product_type",
        "structure_label",
        "price",
        "available",
        "is_public",
    ]
    list_display_links = ["name"]
    list_filter = [
        StockFilter,
        GapFilter,
        "structure",
        "is_public",
        "product_class",
        "facts__battery",
    ]
    search_fields = ["upc", "title", "parent__title", "stockrecords__partner_sku"]
    search_help_text = _("Title or SKU.")
    list_per_page = 50
    ordering = ["title", "upc"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Fetch what the list shows in one query."""
        record = StockRecord.objects.filter(product=OuterRef("pk")).order_by("pk")
        shown = Coalesce(OuterRef("parent"), OuterRef("pk"))  # most variants have no image
        image = ProductImage.objects.filter(product=shown).order_by("display_order", "pk")
        return (
            super()
            .get_queryset(request)
            .select_related("product_class", "parent__product_class")
            .annotate(
                n_price=Subquery(record.values("price")[:1]),
                n_stock=Subquery(record.values(n=Coalesce("num_in_stock", 0))[:1]),
                n_committed=Subquery(record.values("num_allocated")[:1]),
                n_kits=available_kits("pk"),
                image_name=Subquery(image.values("original")[:1]),
                image_width=Subquery(image.values("width")[:1]),
            )
        )

    def row_name(self, obj: Any) -> str:
        """Return the title; Oscar's own name for a variant queries its attributes."""
        return obj.get_title()

    @admin.display(description=_("Image"))
    def thumbnail(self, product: Any) -> SafeString | str:
        """Return the first image; the name next to it says what it shows."""
        if not product.image_name:
            return ""
        image = ProductImage(original=product.image_name, width=product.image_width)
        return format_html(
            '<img class="thumb" src="{}" alt="" loading="lazy">', fallback_url(image, 320)
        )

    @admin.display(description=_("Product"), ordering="title")
    def name(self, product: Product) -> str:
        """Return the title; a variant without a title has its product's."""
        return product.get_title()

    @admin.display(description=_("SKU"), ordering="upc")
    def sku(self, product: Product) -> str:
        return product.upc or "–"

    @admin.display(description=_("Structure"), ordering="structure")
    def structure_label(self, product: Product) -> str:
        """Return whether it is a standalone product, one with variants, or a variant."""
        labels = {Product.PARENT: _("with variants"), Product.CHILD: _("variant")}
        return str(labels.get(product.structure, _("standalone")))

    @admin.display(description=_("Type"), ordering="product_class")
    def product_type(self, product: Product) -> str:
        return str(product.get_product_class() or "–")

    @admin.display(description=_("Price"), ordering="n_price")
    def price(self, product: Any) -> str:
        """Return the price, or a dash for a product with variants."""
        return "–" if product.n_price is None else format_money(product.n_price)

    @admin.display(description=_("Available"), ordering="n_stock")
    def available(self, product: Any) -> str:
        """Return the quantity that is not committed to orders."""
        if product.n_stock is None:
            return "–"
        if product.is_kit:
            return str(max(0, product.n_kits or 0))
        if not product.tracks_stock:
            return gettext("not tracked")
        return str(product.n_stock - (product.n_committed or 0))
