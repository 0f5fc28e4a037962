"""The admin of products: one form with attributes, stock, images and related products."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.admin import refresh
from catalog.admin.bulk_edit import BulkEditMixin
from catalog.admin.facts import ProductFactsInline
from catalog.admin.fields import PREFIX
from catalog.admin.forms import ImageForm, form_with
from catalog.admin.product_history import ProductHistoryMixin
from catalog.external_offers.admin import ExternalOfferInline
from catalog.images import fallback_url
from catalog.kits.admin import KitComponentInline
from catalog.kits.models import KitComponent
from catalog.models import (
    Product,
    ProductAttribute,
    ProductClass,
    ProductImage,
    ProductRecommendation,
)
from catalog.partner.admin import StockInline
from catalog.partner.kit_stock import available_kits
from catalog.partner.models import StockRecord
from catalog.partner.stock_levels import LOW_STOCK, OUT_OF_STOCK
from microflight.core.admin_base import ChoiceFilter, EditableAdmin, NamedRowsMixin, admin_page
from microflight.core.money import format_money

if TYPE_CHECKING:
    from accounts.users.models import User


#: Functions of higher packages that add to what the page of a product shows.
PAGE_CONTEXT: list[Callable[[Product], dict[str, Any]]] = []


_DISCONTINUED = (
    _("Discontinued"),
    {"fields": ["discontinued_on", "successor", "spare_parts"], "classes": ["collapse"]},
)


class ImageInline(admin.TabularInline):
    """The images of a product; the first one is on its card."""

    model = ProductImage
    form = ImageForm
    extra = 1
    fields = ["thumbnail", "original", "caption", "display_order"]
    readonly_fields = ["thumbnail"]
    verbose_name = _("image")
    verbose_name_plural = _("images")

    @admin.display(description=_("Image"))
    def thumbnail(self, image: ProductImage) -> SafeString | str:
        if not image.pk or not image.original:
            return "–"
        return format_html(
            '<img class="thumb" src="{}" alt="{}">', fallback_url(image, 320), image.caption
        )


class RelatedInline(admin.TabularInline):
    """Products recommended with this one."""

    model = ProductRecommendation
    fk_name = "primary"
    extra = 1
    fields = ["recommendation", "ranking"]
    autocomplete_fields = ["recommendation"]
    verbose_name = _("related product")
    verbose_name_plural = _("related products")


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


@admin.register(Product)
class ProductAdmin(BulkEditMixin, ProductHistoryMixin, NamedRowsMixin, EditableAdmin):
    """Standalone products, products with variants, and variants."""

    list_display = [
        "name",
        "sku",
        "product_type",
        "structure_label",
        "price",
        "available",
        "is_public",
    ]
    list_filter = [StockFilter, "structure", "is_public", "product_class", "facts__battery"]
    search_fields = ["upc", "title", "parent__title", "stockrecords__partner_sku"]
    search_help_text = _("Title or SKU.")
    list_per_page = 50
    ordering = ["title", "upc"]
    autocomplete_fields = ["successor", "spare_parts"]
    change_form_template = "admin/catalogue/product/change_form.html"
    deleted_with = frozenset(
        {
            "away.awayrule",
            "partner.stockrecord",
            "partner.pricechange",
            "catalogue.productimage",
            "catalogue.productfacts",
            "basket.line",
            "basket.lineattribute",
            "back_in_stock.backinstockrequest",
            "external_offers.externaloffer",
            "external_offers.externalofferclicks",
            "compatibility.port",
            "compatibility.compatibilityentry",
            "kits.kitcomponent",
            "manuals.manual_products",
            "customer.productalert",
            "saved_searches.savedsearchmatch",
            "search_index.typedvalue",
            "search_index.searchdocument",
            "wishlists.line",
            "reviews.productreview",
            "reviews.question",
            "reviews.vote",
            "analytics.productrecord",
            "analytics.userproductview",
            "offer.rangeproduct",
            "offer.range_excluded_products",
        }
    )
    instead_of_deleting = _("To take a product out of the shop, turn off “Is public”.")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Fetch what the list shows in one query."""
        record = StockRecord.objects.filter(product=OuterRef("pk")).order_by("pk")
        return (
            super()
            .get_queryset(request)
            .select_related("product_class", "parent__product_class")
            .annotate(
                n_price=Subquery(record.values("price")[:1]),
                n_stock=Subquery(record.values(n=Coalesce("num_in_stock", 0))[:1]),
                n_committed=Subquery(record.values("num_allocated")[:1]),
                n_kits=available_kits("pk"),
            )
        )

    # --- the list ---

    def row_name(self, obj: Any) -> str:
        """Return the title; Oscar's own name for a variant queries its attributes."""
        return obj.get_title()

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

    # --- the form ---

    def _given(self, request: HttpRequest, product: Product | None) -> dict[str, Any]:
        """Return what the form cannot change: type and structure, or parent."""
        if product:
            return {"structure": product.structure}
        if parent_pk := request.GET.get("parent", ""):
            parent = get_object_or_404(Product, pk=_number(parent_pk), structure=Product.PARENT)
            return {"structure": Product.CHILD, "parent": parent}
        product_type = get_object_or_404(ProductClass, pk=_number(request.GET.get("type", "")))
        is_parent = request.GET.get("structure") == Product.PARENT
        structure = Product.PARENT if is_parent else Product.STANDALONE
        return {"structure": structure, "product_class": product_type}

    def _shape(
        self, request: HttpRequest, product: Product | None
    ) -> tuple[dict[str, Any], list[ProductAttribute], dict[str, str]]:
        """Return what the form cannot change, the type's attributes, and the inherited values."""
        given = self._given(request, product)
        parent = product.parent if product else given.get("parent")
        owner = product or parent
        product_type = owner.get_product_class() if owner else given["product_class"]
        inherited = {}
        if parent:
            values = parent.attribute_values.select_related("attribute", "value_option")
            inherited = {row.attribute.code: str(row.value_as_text) for row in values}
        if product_type is None:
            return given, [], inherited
        attributes = product_type.attributes.select_related("option_group").order_by("name")
        return given, list(attributes), inherited

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[Any]:
        """Return a form with the attributes of the product type."""
        given, attributes, inherited = self._shape(request, obj)
        kwargs["form"] = form_with(attributes, given, inherited=inherited)
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the sections of the form."""
        given, attributes, _inherited = self._shape(request, obj)
        child = given["structure"] == Product.CHILD
        names = [PREFIX + one.code for one in attributes if one.type != ProductAttribute.ENTITY]
        parts: list[Any] = [
            (
                None,
                {
                    "fields": [
                        *self._missing_type(obj),
                        "title",
                        "upc",
                        "slug",
                        "is_public",
                        *([] if given["structure"] == Product.PARENT else ["is_kit"]),
                        "description",
                    ]
                },
            ),
            (_("Weight"), {"fields": ["weight_g"]}),
        ]
        if names:
            note = _("Empty fields of a variant inherit the value of its product.") if child else ""
            parts.append((_("Attributes"), {"fields": names, "description": note}))
        if not child:
            parts += [(_("Categories"), {"fields": ["categories"]}), _DISCONTINUED]
        more = ["priority", "is_discountable", "meta_title", "meta_description"]
        parts.append((_("Merchandising and SEO"), {"fields": more, "classes": ["collapse"]}))
        return parts

    def _missing_type(self, product: Product | None) -> list[str]:
        """Return the field of the product type, if it has none: it cannot be changed later."""
        without = product is not None and not product.is_child and not product.product_class_id
        return ["product_class"] if without else []

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """Return facts, components, stock, images, related products and external offers: a kit
        has the facts of its components, a product with variants has no stock of its own, and a
        variant has no page for the last two."""
        structure = self._given(request, obj)["structure"]
        inlines: list[Any] = [] if obj and obj.is_kit else [ProductFactsInline]
        if structure != Product.PARENT:
            inlines += [KitComponentInline, StockInline]
        inlines.append(ImageInline)
        if structure != Product.CHILD:
            inlines += [RelatedInline, ExternalOfferInline]
        return inlines

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Set label and help text of Oscar's fields."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name == "upc":
            field.label, field.help_text = _("SKU"), _("Unique; on labels and in orders.")
        if field and db_field.name == "priority":
            field.help_text = _("Products with a higher priority are listed first.")
        if field and db_field.name == "product_class":
            field.required = True
        return field

    # --- the pages ---

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Ask for the product type first: it decides which attributes the form has."""
        if self.has_add_permission(request) and not (request.GET.keys() & {"type", "parent"}):
            return self._choose_type(request)
        return super().add_view(request, form_url, extra_context)

    def _choose_type(self, request: HttpRequest) -> HttpResponse:
        context = {
            "title": _("Choose a product type"),
            "types": ProductClass.objects.order_by("name"),
        }
        return admin_page(self, request, "admin/catalogue/product/choose_type.html", context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the variants of a product, and the product of a variant."""
        product = context.get("original")
        if product and product.is_parent:
            context["variants"] = self.get_queryset(request).filter(parent=product)
        context["parent"] = product.parent if product else self._given(request, None).get("parent")
        if product:
            for more in PAGE_CONTEXT:
                context.update(more(product))
        return super().render_change_form(request, context, *args, **kwargs)

    # --- saving ---

    def add_row(self, request: HttpRequest, row: Any) -> None:
        """Record who entered the opening stock of a new stock record."""
        if isinstance(row, StockRecord):
            row.opened_by = cast("User", request.user)
        super().add_row(request, row)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Update image sizes, search text and cached pages."""
        super().save_related(request, form, formsets, change)
        images = [
            image
            for formset in formsets
            if formset.model is ProductImage
            for image in [
                *formset.new_objects,
                *(row for row, columns in formset.changed_objects if "original" in columns),
            ]
        ]
        refresh.product_saved(form.instance, images)

    def reasons_to_keep(self, records: list[Any]) -> list[str]:
        """Keep products that orders need: they could neither be shipped nor released."""
        committed = gettext("%(quantity)s × %(sku)s, committed to orders")
        own = Q(product__in=records) | Q(product__parent__in=records)
        in_kits = Q(component__in=records) | Q(component__parent__in=records)
        component = gettext("A component of the kit “%(kit)s”")
        return [
            *super().reasons_to_keep(records),
            *(
                committed % {"quantity": record.num_allocated, "sku": record.partner_sku}
                for record in StockRecord.objects.filter(own, num_allocated__gt=0)
            ),
            *(
                component % {"kit": row.kit.get_title()}
                for row in KitComponent.objects.filter(in_kits).select_related("kit__parent")
            ),
        ]


def _number(text: str) -> int | None:
    """Return the number in a query parameter, or None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
