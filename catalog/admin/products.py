"""Products for staff: everything about one of them in one form."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.admin import refresh
from catalog.admin.fields import PREFIX
from catalog.admin.forms import PictureForm, form_with
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


class PictureInline(admin.TabularInline):
    """The pictures of a product, the first one on its card."""

    model = ProductImage
    form = PictureForm
    extra = 1
    fields = ["thumbnail", "original", "caption", "display_order"]
    readonly_fields = ["thumbnail"]
    verbose_name = "picture"
    verbose_name_plural = "pictures"

    @admin.display(description="Picture")
    def thumbnail(self, image: ProductImage) -> SafeString | str:
        """Show the picture small."""
        if not image.pk or not image.original:
            return "–"
        return format_html(
            '<img class="thumb" src="{}" alt="{}">', fallback_url(image, 320), image.caption
        )


class RelatedInline(admin.TabularInline):
    """Products shown beside this one."""

    model = ProductRecommendation
    fk_name = "primary"
    extra = 1
    fields = ["recommendation", "ranking"]
    autocomplete_fields = ["recommendation"]
    verbose_name = "related product"
    verbose_name_plural = "related products"


def _stock_of(record: Q) -> Any:
    """Return a subquery that tells which products have a stock row like `record`."""
    return StockRecord.objects.filter(record).values("product_id")


class StockFilter(ChoiceFilter):
    """Products by how many pieces are left."""

    title = "stock"
    parameter_name = "stock"
    choices_with_conditions = (
        ("low", "low or out", Q(pk__in=_stock_of(LOW_STOCK))),
        (
            "out",
            "none on the shelf",
            Q(pk__in=_stock_of(Q(num_in_stock=0) | Q(num_in_stock__isnull=True))),
        ),
        ("backorder", "on backorder", Q(pk__in=_stock_of(Q(backorder=True)))),
    )


@admin.register(Product)
class ProductAdmin(NamedRowsMixin, admin.ModelAdmin):
    """Single products, products with variants, and the variants."""

    list_display = ["name", "sku", "kind", "sold_as", "price", "free", "is_public"]
    list_filter = [StockFilter, "structure", "is_public", "product_class", "battery"]
    search_fields = ["upc", "title", "parent__title", "stockrecords__partner_sku"]
    search_help_text = "Title or SKU."
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
                n_promised=Subquery(record.values("num_allocated")[:1]),
            )
        )

    # --- the list ---

    def row_name(self, obj: Any) -> str:
        """Return the title; Oscar's own name for a variant reads its attributes."""
        return obj.get_title()

    @admin.display(description="Product", ordering="title")
    def name(self, product: Product) -> str:
        """Return the title; a variant without one has its product's."""
        return product.get_title()

    @admin.display(description="SKU", ordering="upc")
    def sku(self, product: Product) -> str:
        """Return the article number."""
        return product.upc or "–"

    @admin.display(description="Sold as", ordering="structure")
    def sold_as(self, product: Product) -> str:
        """Return the structure in the shop's words."""
        return {Product.PARENT: "variants", Product.CHILD: "a variant"}.get(
            product.structure, "one article"
        )

    @admin.display(description="Kind", ordering="product_class")
    def kind(self, product: Product) -> str:
        """Return the name of the product's kind."""
        return str(product.get_product_class() or "–")

    @admin.display(description="Price", ordering="n_price")
    def price(self, product: Any) -> str:
        """Return dollars, or a dash for a product that is sold as variants."""
        return "–" if product.n_price is None else format_money(product.n_price)

    @admin.display(description="Free stock", ordering="n_stock")
    def free(self, product: Any) -> str:
        """Return how many pieces no order has been promised."""
        if product.n_stock is None:
            return "–"
        return str(product.n_stock - (product.n_promised or 0))

    # --- the form ---

    def _given(self, request: HttpRequest, product: Product | None) -> dict[str, Any]:
        """Return what the form cannot change: kind and structure, or parent."""
        if product:
            return {"structure": product.structure}
        if parent_pk := request.GET.get("parent", ""):
            parent = get_object_or_404(Product, pk=_number(parent_pk), structure=Product.PARENT)
            return {"structure": Product.CHILD, "parent": parent}
        kind = get_object_or_404(ProductClass, pk=_number(request.GET.get("kind", "")))
        parent_asked = request.GET.get("structure") == Product.PARENT
        structure = Product.PARENT if parent_asked else Product.STANDALONE
        return {"structure": structure, "product_class": kind}

    def _shape(
        self, request: HttpRequest, product: Product | None
    ) -> tuple[dict[str, Any], list[ProductAttribute], dict[str, str]]:
        """Return what is given, the attributes of the kind, and the figures that are inherited."""
        given = self._given(request, product)
        parent = product.parent if product else given.get("parent")
        owner = product or parent
        kind = owner.get_product_class() if owner else given["product_class"]
        inherited = {}
        if parent:
            values = parent.attribute_values.select_related("attribute", "value_option")
            inherited = {row.attribute.code: str(row.value_as_text) for row in values}
        attributes = kind.attributes.select_related("option_group").order_by("name")
        return given, list(attributes), inherited

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[Any]:
        """Return a form with the inputs of the product's kind."""
        given, attributes, inherited = self._shape(request, obj)
        kwargs["form"] = form_with(attributes, given, inherited=inherited)
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the form's parts: words, weight, figures, places, search engines."""
        given, attributes, _ = self._shape(request, obj)
        child = given["structure"] == Product.CHILD
        names = [PREFIX + one.code for one in attributes if one.type != ProductAttribute.ENTITY]
        parts = [
            (None, {"fields": ["title", "upc", "slug", "is_public", "description"]}),
            (
                "Weight and battery",
                {"fields": ["weight_g", ("battery", "battery_cells", "battery_wh")]},
            ),
        ]
        if names:
            words = "A variant shows its product's figure where a field is empty." if child else ""
            parts.append(("Figures", {"fields": names, "description": words}))
        if not child:
            parts.append(("Categories", {"fields": ["categories"]}))
        more = ["priority", "is_discountable", "meta_title", "meta_description"]
        words = "Order in lists, offers, search engines"
        parts.append((words, {"fields": more, "classes": ["collapse"]}))
        return parts

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """Return the tables of a structure: only what is sold has stock, only what has a page
        of its own has related products."""
        structure = self._given(request, obj)["structure"]
        inlines: list[Any] = []
        if structure != Product.PARENT:
            inlines.append(StockInline)
        inlines.append(PictureInline)
        if structure != Product.CHILD:
            inlines.append(RelatedInline)
        return inlines

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Name the columns as the shop does."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name == "upc":
            field.label, field.help_text = "SKU", "Unique; on labels and in orders."
        if field and db_field.name == "priority":
            field.help_text = "Higher comes first."
        return field

    # --- the pages ---

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Ask for the kind first: it decides which figures the form has."""
        if self.has_add_permission(request) and not (request.GET.keys() & {"kind", "parent"}):
            return self._ask_kind(request)
        return super().add_view(request, form_url, extra_context)

    def _ask_kind(self, request: HttpRequest) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Add a product: of which kind?",
            "opts": self.opts,
            "kinds": ProductClass.objects.order_by("name"),
        }
        return TemplateResponse(request, "admin/catalogue/product/kinds.html", context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the variants of a product, and of which product a variant is."""
        product = context.get("original")
        if product and product.is_parent:
            context["variants"] = self.get_queryset(request).filter(parent=product)
        context["parent"] = product.parent if product else self._given(request, None).get("parent")
        return super().render_change_form(request, context, *args, **kwargs)

    # --- saving ---

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Write only the columns of a stock row that were changed: a sale may be moving the
        others at this moment."""
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
        """Refresh what is made from the product: pictures, search words, cached pages."""
        super().save_related(request, form, formsets, change)
        pictures = [
            picture
            for formset in formsets
            if formset.model is ProductImage
            for picture in [
                *formset.new_objects,
                *(row for row, columns in formset.changed_objects if "original" in columns),
            ]
        ]
        refresh.product_saved(form.instance, pictures)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Refuse to delete what orders were promised: they could neither ship nor give it back."""
        found, counts, rights, protected = super().get_deleted_objects(objs, request)
        rights.discard(StockRecord._meta.verbose_name)  # it goes with its product
        own = Q(product__in=objs) | Q(product__parent__in=objs)
        promised = StockRecord.objects.filter(own, num_allocated__gt=0)
        protected += [
            f"{record.num_allocated} × {record.partner_sku}, promised to orders"
            for record in promised
        ]
        return found, counts, rights, protected

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete, and forget the pages that show it."""
        super().delete_model(request, obj)
        page_cache.invalidate()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Delete, and forget the pages that show them."""
        super().delete_queryset(request, queryset)
        page_cache.invalidate()


def _number(text: str) -> int | None:
    """Return the number in a query parameter, or None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
