"""The admin forms of products, product types and categories."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from django import forms
from django.contrib.admin.widgets import AdminFileWidget
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.admin.fields import PREFIX, CategoriesField, CategoryField, attribute_field
from catalog.admin.images import ImagesField
from catalog.models import Category, Product, ProductAttribute, ProductClass
from catalog.partner.models import StockRecord
from catalog.partner.stock_levels import BACKORDERED
from microflight.core.image_uploads import ImageUploadField


class AttributesForm(forms.ModelForm):
    """A product or variant with a field for each attribute of its type, and a SKU of its own."""

    #: The attributes of the product type, in the order of their fields.
    attributes: tuple[ProductAttribute, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._own: dict[str, Any] = {}  # without the values that a variant inherits
        if self.instance.pk:
            rows = self.instance.attribute_values.all()
            if "attribute_values" not in getattr(self.instance, "_prefetched_objects_cache", {}):
                rows = rows.select_related("attribute", "value_option")
            self._own = {row.attribute.code: row.value for row in rows}
        for code, value in self._own.items():
            self.initial.setdefault(PREFIX + code, value)

    def clean_upc(self) -> str:
        """Reject the SKU of another product's stock, and no SKU for a product that has stock."""
        upc = self.cleaned_data["upc"]
        records = StockRecord.objects.all()
        if upc and records.filter(partner_sku__iexact=upc).exclude(product=self.instance.pk):
            raise ValidationError(gettext("Another product has this SKU, perhaps in another case."))
        if not upc and self.instance.pk and records.filter(product=self.instance).exists():
            raise ValidationError(gettext("A product with stock needs its SKU."))
        return upc

    def clean(self) -> dict[str, Any]:
        """Set changed attributes on the product, which validates and saves them."""
        data = super().clean() or {}
        for attribute in self.attributes:
            name = PREFIX + attribute.code
            if name in data and (name in self.changed_data or attribute.code in self._own):
                self._set_attribute(attribute, data[name])
        return data

    def _set_attribute(self, attribute: ProductAttribute, value: Any) -> None:
        """Set one attribute; an empty field deletes the value."""
        empty = value is None or value == "" or (attribute.is_multi_option and not value)
        if empty and attribute.code not in self._own:
            return
        setattr(self.instance.attr, attribute.code, None if empty else value)


class ProductForm(AttributesForm):
    """A product. `form_with` returns the class that also has the attributes of its type."""

    #: What the form cannot change: type and structure, or parent.
    given: dict[str, Any] = {}  # noqa: RUF012 (replaced as a whole, never changed)
    #: The page is shown again with other rows or another type; nothing is saved.
    is_redisplayed = False

    new_images = ImagesField(required=False, label=_("Add images"))

    class Meta:
        model = Product
        fields = [
            "title",
            "upc",
            "slug",
            "is_public",
            "publish_at",
            "withdraw_at",
            "is_kit",
            "description",
            "weight_g",
            "priority",
            "is_discountable",
            "meta_title",
            "meta_description",
            "discontinued_on",
            "successor",
            "spare_parts",
        ]
        widgets = {"description": forms.Textarea(attrs={"rows": 8, "cols": 80})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, value in self.given.items():
            setattr(self.instance, name, value)
        if self.instance.is_kit:
            self.fields["weight_g"].disabled = True
            self.fields["weight_g"].help_text = _("Grams: the weight of the components.")
        if "slug" in self.fields:
            self.fields["slug"].required = False
            self.fields["slug"].help_text = _("Part of the URL; made from the title.")

    def is_valid(self) -> bool:
        """Return whether the product can be saved."""
        return super().is_valid() and not self.is_redisplayed

    def clean_new_images(self) -> None:
        """Reject files that are no images; the others are rows already (`ProductAdmin`)."""
        if errors := getattr(self.instance, "upload_errors", None):
            raise ValidationError(errors)

    def clean(self) -> dict[str, Any]:
        """Require the product of a variant; hide what is published later."""
        data = super().clean()
        if (publish_at := data.get("publish_at")) and publish_at > timezone.now():
            data["is_public"] = False
        if self.instance.is_child and not data.get("title") and not self.instance.parent_id:
            raise ValidationError(_("A variant needs its product."))
        return data


def form_with(
    attributes: Iterable[ProductAttribute],
    given: dict[str, Any],
    *,
    inherited: Mapping[str, str] | None = None,
    is_redisplayed: bool = False,
) -> type[ProductForm]:
    """Return the form for products with these attributes.

    Values that a variant inherits (text by code) are optional and shown as placeholders.
    """
    attributes, inherited = tuple(attributes), inherited or {}
    fields: dict[str, Any] = {}
    is_parent = given.get("structure") == Product.PARENT
    for attribute in attributes:
        required = attribute.required and not is_parent and attribute.code not in inherited
        if field := attribute_field(attribute, required=required):
            if text := inherited.get(attribute.code):
                field.widget.attrs["placeholder"] = text
            fields[PREFIX + attribute.code] = field
    if given.get("structure") != Product.CHILD:
        fields["categories"] = CategoriesField(required=True)
    options = {"attributes": attributes, "given": given, "is_redisplayed": is_redisplayed}
    return type("ProductForm", (ProductForm,), {**fields, **options})


class ProductClassForm(forms.ModelForm):
    """A product type: which attributes its products have, and how they are sold."""

    class Meta:
        model = ProductClass
        fields = ["name", "track_stock", "requires_shipping"]
        help_texts = {
            "track_stock": _("If not, products are available whatever is on hand."),
            "requires_shipping": _("If not, products have no shipping charge and no shipment."),
        }

    def clean_track_stock(self) -> bool:
        """Reject the end of tracking while backorders wait for stock: they could not ship."""
        tracked = bool(self.cleaned_data["track_stock"])
        if tracked or not self.instance.pk or not self.initial["track_stock"]:
            return tracked
        of_type = Q(product__product_class=self.instance)
        of_type |= Q(product__parent__product_class=self.instance)
        skus = StockRecord.objects.filter(of_type & BACKORDERED).values_list(
            "partner_sku", flat=True
        )
        if found := sorted(skus):
            message = gettext(
                "More is committed to orders than is on hand: %(skus)s. Receive stock or cancel "
                "the items first."
            )
            raise ValidationError(message % {"skus": ", ".join(found)})
        return tracked


class CategoryForm(forms.ModelForm):
    """A category and its position: its parent, and the category before it."""

    parent = CategoryField(required=False, empty_label=_("(top level)"), label=_("Parent"))
    after = CategoryField(required=False, empty_label=_("(first)"), label=_("After"))
    image = ImageUploadField(required=False, label=_("Image"), widget=AdminFileWidget)

    class Meta:
        model = Category
        fields = [
            "name",
            "slug",
            "description",
            "image",
            "is_public",
            "exclude_from_menu",
            "meta_title",
            "meta_description",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["slug"].required = False
        node = self.instance
        if node.pk:
            others = Category.objects.exclude(path__startswith=node.path).order_by("path")
            for name in ("parent", "after"):
                cast(CategoryField, self.fields[name]).queryset = others
            self.initial["parent"] = Category.objects.get_parent(node)
            self.initial["after"] = Category.objects.get_prev_sibling(node)

    def clean(self) -> dict[str, Any]:
        """Reject a category before this one that has another parent."""
        data = super().clean() or {}
        parent, after = data.get("parent"), data.get("after")
        if after and Category.objects.get_parent(after) != parent:
            message = gettext("“%(name)s” isn’t in that category.")
            self.add_error("after", message % {"name": after.name})
        return data

    def place(self, category: Category) -> None:
        """Move a saved category to its position."""
        parent, after = self.cleaned_data["parent"], self.cleaned_data["after"]
        if after:
            Category.objects.move(category, after, pos="right")
        elif parent:
            Category.objects.move(category, parent, pos="first-child")
        elif (first := Category.objects.get_first_root_node()) and first.pk != category.pk:
            Category.objects.move(category, first, pos="first-sibling")
