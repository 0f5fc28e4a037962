"""The admin of products: one form with attributes, stock, images and related products."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.forms.utils import ErrorDict, ErrorList
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.admin import refresh, variants
from catalog.admin.bulk_edit import BulkEditMixin
from catalog.admin.facts import ProductFactsInline
from catalog.admin.fields import PREFIX
from catalog.admin.forms import form_with
from catalog.admin.images import ImageInline, add_rows, add_uploads
from catalog.admin.preview import (
    DuplicateForm,
    ProductPreviewMixin,
    VariantsForm,
    search_result,
)
from catalog.admin.product_facts import connections
from catalog.admin.product_history import ProductHistoryMixin
from catalog.admin.product_list import ProductList
from catalog.admin.recommendations import RelatedInline
from catalog.descriptions import description_html
from catalog.external_offers.admin import ExternalOfferInline
from catalog.kits.admin import KitComponentInline
from catalog.kits.models import KitComponent
from catalog.models import (
    Product,
    ProductAttribute,
    ProductClass,
    ProductImage,
)
from catalog.partner.admin import StockInline
from catalog.partner.admin.inline import only_partner
from catalog.partner.models import Partner, StockRecord
from microflight.core.admin_base import admin_page

if TYPE_CHECKING:
    from accounts.users.models import User


#: Functions of higher packages that add to what the page of a product shows.
PAGE_CONTEXT: list[Callable[[Product], dict[str, Any]]] = []


_DISCONTINUED = (
    _("Discontinued"),
    {"fields": ["discontinued_on", "successor", "spare_parts"], "classes": ["collapse"]},
)


@admin.register(Product)
class ProductAdmin(BulkEditMixin, ProductPreviewMixin, ProductHistoryMixin, ProductList):
    """Standalone products, products with variants, and variants."""

    record_actions = {"add-variants": VariantsForm, "duplicate": DuplicateForm}
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

    # --- the form ---

    def _given(self, request: HttpRequest, product: Product | None) -> dict[str, Any]:
        """Return what the form cannot change: type and structure, or parent."""
        if product:
            return {"structure": product.structure}
        if parent_pk := request.GET.get("parent", ""):
            parent = get_object_or_404(Product, pk=_number(parent_pk), structure=Product.PARENT)
            return {"structure": Product.CHILD, "parent": parent}
        is_parent = _is_new_parent(request) or variants.has_variants(request.POST)
        structure = Product.PARENT if is_parent else Product.STANDALONE
        return {"structure": structure, "product_class": _new_type(request)}

    def shape(
        self, request: HttpRequest, product: Product | None
    ) -> tuple[dict[str, Any], list[ProductAttribute], dict[str, str]]:
        """Return what the form cannot change, the type's attributes, and the inherited values.

        Read once a request.
        """
        page = cast(Any, request)
        if not hasattr(page, "_product_shape"):
            page._product_shape = self._read_shape(request, product)
        return page._product_shape

    def _read_shape(
        self, request: HttpRequest, product: Product | None
    ) -> tuple[dict[str, Any], list[ProductAttribute], dict[str, str]]:
        given = self._given(request, product)
        parent: Any = product.parent if product else given.get("parent")
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
        given, attributes, inherited = self.shape(request, obj)
        again = is_redisplayed(request)
        kwargs["form"] = form_with(attributes, given, inherited=inherited, is_redisplayed=again)
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the sections of the form."""
        given, attributes, _inherited = self.shape(request, obj)
        child = given["structure"] == Product.CHILD
        names = [PREFIX + one.code for one in attributes if one.type != ProductAttribute.ENTITY]
        if obj and not self.has_change_permission(request, obj):
            names = ["attribute_values_shown"]  # a page without form fields
        basics: list[Any] = [
            *self._missing_type(obj),
            "title",
            ("upc", "weight_g"),
            "description",
            "is_public",
            ("publish_at", "withdraw_at"),
            *([] if given["structure"] == Product.PARENT else ["is_kit"]),
        ]
        parts: list[Any] = [(None, {"fields": basics})]
        note = _("Empty fields of a variant inherit the value of its product.") if child else ""
        section: Any = {"fields": names, "description": note, "classes": ["attributes"]}
        parts.append((_("Attributes"), section))
        if not child:
            parts += [(_("Categories"), {"fields": ["categories"]}), _DISCONTINUED]
        more = ["slug", "meta_title", "meta_description", "priority", "is_discountable"]
        parts.append((_("Merchandising and SEO"), {"fields": more, "classes": ["collapse"]}))
        return parts

    @admin.display(description=_("Attributes"))
    def attribute_values_shown(self, product: Product) -> str:
        """Return the values of the attributes, for staff who may not change them."""
        values = product.get_attribute_values().select_related("attribute", "value_option")
        return "; ".join(f"{one.attribute.name}: {one.value_as_text}" for one in values)

    def _missing_type(self, product: Product | None) -> list[str]:
        """Return the field of the product type, if it has none: it cannot be changed later."""
        without = product is not None and not product.is_child and not product.product_class_id
        return ["product_class"] if without else []

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """Return stock, variants, images, facts, components, related products, external offers: a
        kit has the facts of its components, a product with variants has no stock of its own, and
        a variant has no page for the last two. A new product may get variants."""
        structure = self._given(request, obj)["structure"]
        is_sold = structure != Product.PARENT if obj else not _is_new_parent(request)
        may_have_variants = structure == Product.PARENT or (not obj and structure != Product.CHILD)
        inlines: list[Any] = [StockInline] if is_sold else []
        inlines += [variants.VariantInline] if may_have_variants else []
        inlines += [ImageInline] if obj and obj.is_kit else [ImageInline, ProductFactsInline]
        inlines += [KitComponentInline] if is_sold else []
        if structure != Product.CHILD:
            inlines += [RelatedInline, ExternalOfferInline]
        return inlines

    def get_formset_kwargs(
        self, request: HttpRequest, obj: Any, inline: Any, prefix: str
    ) -> dict[str, Any]:
        """Add a row for each stored upload, and the rows of variants that were asked for."""
        options = super().get_formset_kwargs(request, obj, inline, prefix)
        if "data" in options and isinstance(inline, ImageInline):
            files = request.FILES.getlist("new_images")
            obj.upload_errors = add_uploads(options["data"], prefix, files)
        if "data" in options and isinstance(inline, variants.VariantInline):
            add_rows(options["data"], prefix, self._new_variants(request, obj))
        return options

    def _new_variants(self, request: HttpRequest, product: Product) -> list[dict[str, str]]:
        if "_add_row" in request.POST:
            return [{"is_public": "on", "weight_g": request.POST.get("weight_g", "")}]
        if "_generate" not in request.POST:
            return []
        attributes = self.shape(request, product if product.pk else None)[1]
        try:
            return variants.combinations(request, attributes)
        except ValidationError as error:
            messages.error(request, "; ".join(error.messages))
            return []

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Set label and help text of Oscar's fields."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name == "upc":
            field.label, field.help_text = _("SKU"), _("Unique; on labels and in orders.")
        if field and db_field.name == "description":
            field.help_text = _("Markdown: **bold**, lists with “- ”, headings with “## ”.")
        if field and db_field.name == "title":
            field.widget.attrs["autofocus"] = True
        if field and db_field.name == "priority":
            field.help_text = _("Products with a higher priority are listed first.")
        if field and db_field.name == "product_class":
            field.required = True
        return field

    # --- the pages ---

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the form; without a product type there are no attributes to fill in."""
        if self.has_add_permission(request) and not ProductClass.objects.exists():
            context = {"title": _("Add product")}
            return admin_page(self, request, "admin/catalogue/product/no_types.html", context)
        return super().add_view(request, form_url, extra_context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the types to choose from, what variants may differ by, and a variant's product."""
        product = context.get("original")
        given, attributes, _inherited = self.shape(request, product)
        context["parent"] = product.parent if product else given.get("parent")
        if product:
            for more in (connections, *PAGE_CONTEXT):
                context.update(more(product))
        elif "product_class" in given:
            context["product_type"] = given["product_class"]
            context["product_types"] = ProductClass.objects.order_by("name")
        if given["structure"] != Product.CHILD:
            context["generator"] = variants.generator(request, attributes)
            context["search_result"] = search_result(context["adminform"].form, product)
        if is_redisplayed(request):
            _forget_errors(context)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[Any]:
        """Add the preview of a description."""
        view = self.admin_site.admin_view(self._description)
        return [
            path("description/", view, name="catalogue_product_description"),
            *super().get_urls(),
        ]

    def _description(self, request: HttpRequest) -> HttpResponse:
        """Return a description as the page of the product shows it."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        return HttpResponse(description_html(request.POST.get("description", "")))

    # --- saving ---

    def add_row(self, request: HttpRequest, row: Any) -> None:
        """Set SKU and supplier of a new stock record, and who entered its opening stock."""
        if isinstance(row, StockRecord):
            row.opened_by = cast("User", request.user)
            row.partner_sku = str(row.product.upc)
            if not row.partner_id:
                row.partner = cast(Partner, only_partner(request))
        super().add_row(request, row)

    def delete_row(self, request: HttpRequest, row: Any) -> None:
        """Withdraw a variant that orders or other records need, instead of deleting it."""
        reasons = self.reasons_to_keep([row]) if isinstance(row, Product) else []
        if not reasons:
            super().delete_row(request, row)
            return
        row.is_public = False
        row.save(update_fields=["is_public"])
        text = gettext("%(sku)s was hidden instead of deleted, because it is used by: %(reasons)s.")
        messages.warning(request, text % {"sku": row.upc, "reasons": "; ".join(reasons)})

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the rows of an inline; of variants, their price and stock, too."""
        super().save_formset(request, form, formset, change)
        if formset.model is Product:
            for row in formset.forms:
                if row.has_changed() and row not in formset.deleted_forms:
                    row.save_stock(request)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Update image sizes, search text and cached pages; stock has the product's SKU."""
        super().save_related(request, form, formsets, change)
        if "upc" in form.changed_data and change:
            records = StockRecord.objects.filter(product=form.instance)
            records.update(partner_sku=form.instance.upc)
        images = [
            image
            for formset in formsets
            if formset.model is ProductImage
            for image in formset.new_objects
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


def _is_new_parent(request: HttpRequest) -> bool:
    """Return whether the add page is for a product with variants only."""
    return request.GET.get("structure") == Product.PARENT


def _new_type(request: HttpRequest) -> ProductClass:
    """Return the type of a new product: as chosen, otherwise that of the newest product."""
    chosen = request.POST.get("product_type", request.GET.get("type"))
    if chosen is not None:
        return get_object_or_404(ProductClass, pk=_number(chosen))
    newest = Product.objects.exclude(product_class=None).order_by("-pk").values("product_class")[:1]
    types = ProductClass.objects.order_by("name")
    return types.filter(pk__in=newest).first() or get_object_or_404(types[:1])


def is_redisplayed(request: HttpRequest) -> bool:
    """Return whether a button changes the form instead of saving it."""
    return bool({"_change_type", "_upload", "_generate", "_add_row"} & request.POST.keys())


def _forget_errors(context: dict[str, Any]) -> None:
    """Show a form that is not finished without errors, except for those of chosen images."""
    form = context["adminform"].form
    form._errors = ErrorDict({k: v for k, v in form.errors.items() if k == "new_images"})
    context["errors"] = [each for errors in form.errors.values() for each in errors]
    for inline in context["inline_admin_formsets"]:
        inline.formset._non_form_errors = ErrorList()
        for row in inline.formset.forms:
            row._errors = ErrorDict()
