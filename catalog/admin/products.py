"""The admin of products: one form with attributes, stock, images and related products."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.admin import refresh
from catalog.admin.fields import PREFIX
from catalog.admin.forms import ImageForm, form_with
from catalog.images import fallback_url
from catalog.models import (
    Product,
    ProductAttribute,
    ProductClass,
    ProductImage,
    ProductRecommendation,
)
from catalog.partner.admin import StockInline
from catalog.partner.models import StockRecord
from catalog.partner.stock_levels import LOW_STOCK
from microflight.core import page_cache
from microflight.core.admin_base import ChoiceFilter, NamedRowsMixin
from microflight.core.money import format_money


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
        """Show a small version of the image."""
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
        (
            "out",
            _("out of stock"),
            Q(pk__in=_products_with(Q(num_in_stock=0) | Q(num_in_stock__isnull=True))),
        ),
        ("backorder", _("backorder allowed"), Q(pk__in=_products_with(Q(backorder=True)))),
    )


@admin.register(Product)
class ProductAdmin(NamedRowsMixin, admin.ModelAdmin):
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
    list_filter = [StockFilter, "structure", "is_public", "product_class", "battery"]
    search_fields = ["upc", "title", "parent__title", "stockrecords__partner_sku"]
    search_help_text = _("Title or SKU.")
    list_per_page = 50
    ordering = ["title", "upc"]
    change_form_template = "admin/catalogue/product/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Fetch what the list shows in one query."""
        record = StockRecord.objects.filter(product=OuterRef("pk")).order_by("pk")
        return (
            super()
            .get_queryset(request)
            .select_related("product_class", "parent__product_class")
            .annotate(
                n_price=Subquery(record.values("price")[:1]),
                n_stock=Subquery(record.values("num_in_stock")[:1]),
                n_committed=Subquery(record.values("num_allocated")[:1]),
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
        """Return the SKU."""
        return product.upc or "–"

    @admin.display(description=_("Structure"), ordering="structure")
    def structure_label(self, product: Product) -> str:
        """Return whether it is a standalone product, one with variants, or a variant."""
        labels = {Product.PARENT: _("with variants"), Product.CHILD: _("variant")}
        return str(labels.get(product.structure, _("standalone")))

    @admin.display(description=_("Type"), ordering="product_class")
    def product_type(self, product: Product) -> str:
        """Return the product type."""
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
        parts = [
            (None, {"fields": ["title", "upc", "slug", "is_public", "description"]}),
            (
                _("Weight and battery"),
                {"fields": ["weight_g", ("battery", "battery_cells", "battery_wh")]},
            ),
        ]
        if names:
            note = _("Empty fields of a variant inherit the value of its product.") if child else ""
            parts.append((_("Attributes"), {"fields": names, "description": note}))
        if not child:
            parts.append((_("Categories"), {"fields": ["categories"]}))
        more = ["priority", "is_discountable", "meta_title", "meta_description"]
        parts.append((_("Merchandising and SEO"), {"fields": more, "classes": ["collapse"]}))
        return parts

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """Return stock, images and related products: a product with variants has no stock of its
        own, and a variant has no page that could show related products."""
        structure = self._given(request, obj)["structure"]
        inlines: list[Any] = []
        if structure != Product.PARENT:
            inlines.append(StockInline)
        inlines.append(ImageInline)
        if structure != Product.CHILD:
            inlines.append(RelatedInline)
        return inlines

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Set label and help text of Oscar's fields."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name == "upc":
            field.label, field.help_text = _("SKU"), _("Unique; on labels and in orders.")
        if field and db_field.name == "priority":
            field.help_text = _("Products with a higher priority are listed first.")
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
            **self.admin_site.each_context(request),
            "title": _("Choose a product type"),
            "opts": self.opts,
            "types": ProductClass.objects.order_by("name"),
        }
        return TemplateResponse(request, "admin/catalogue/product/choose_type.html", context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the variants of a product, and the product of a variant."""
        product = context.get("original")
        if product and product.is_parent:
            context["variants"] = self.get_queryset(request).filter(parent=product)
        context["parent"] = product.parent if product else self._given(request, None).get("parent")
        return super().render_change_form(request, context, *args, **kwargs)

    # --- saving ---

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save only the changed columns of a stock record: a sale may be changing the others."""
        if formset.model is not StockRecord:
            super().save_formset(request, form, formset, change)
            return
        formset.save(commit=False)
        for record, columns in formset.changed_objects:
            record.save(update_fields=[*columns, "date_updated"])
        for record in formset.new_objects:
            record.opened_by = request.user
            record.save()
        for record in formset.deleted_objects:
            record.delete()

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

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Protect products that orders need: they could neither be shipped nor released."""
        found, counts, rights, protected = super().get_deleted_objects(objs, request)
        rights.discard(StockRecord._meta.verbose_name)  # deleted with its product
        own = Q(product__in=objs) | Q(product__parent__in=objs)
        committed = gettext("%(quantity)s × %(sku)s, committed to orders")
        protected += [
            committed % {"quantity": record.num_allocated, "sku": record.partner_sku}
            for record in StockRecord.objects.filter(own, num_allocated__gt=0)
        ]
        return found, counts, rights, protected

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete, and invalidate the page cache."""
        super().delete_model(request, obj)
        page_cache.invalidate()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Delete, and invalidate the page cache."""
        super().delete_queryset(request, queryset)
        page_cache.invalidate()


def _number(text: str) -> int | None:
    """Return the number in a query parameter, or None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
