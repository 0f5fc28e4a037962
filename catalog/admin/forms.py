"""The product's form: its own columns, its categories, and the attributes of its kind."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError

from catalog.admin.fields import PREFIX, CategoriesField, CategoryField, attribute_field
from catalog.models import Category, Product, ProductAttribute, ProductImage


class ProductForm(forms.ModelForm):
    """A product. `attributes_of` makes the class that also has the inputs of a kind."""

    #: The attributes of the product's kind, in the order in which they are asked for.
    attributes: tuple[ProductAttribute, ...] = ()
    #: What a new product is: its kind and structure, or its parent. Not for typing.
    given: dict[str, Any] = {}  # noqa: RUF012 (replaced as a whole, never changed)

    class Meta:
        model = Product
        fields = [
            "title",
            "upc",
            "slug",
            "is_public",
            "description",
            "weight_g",
            "battery",
            "battery_cells",
            "battery_wh",
            "priority",
            "is_discountable",
            "meta_title",
            "meta_description",
        ]
        widgets = {"description": forms.Textarea(attrs={"rows": 8, "cols": 80})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, value in self.given.items():
            setattr(self.instance, name, value)
        if "slug" in self.fields:
            self.fields["slug"].required = False
            self.fields["slug"].help_text = "Part of the page's address; made from the title."
        self._own = self._own_values()
        for code, value in self._own.items():
            self.initial.setdefault(PREFIX + code, value)

    def _own_values(self) -> dict[str, Any]:
        """Return what this product says itself; a variant's other values are its parent's."""
        if not self.instance.pk:
            return {}
        rows = self.instance.attribute_values.select_related("attribute", "value_option")
        return {row.attribute.code: row.value for row in rows}

    def clean(self) -> dict[str, Any]:
        """Hand changed attributes to the product, which checks and saves them."""
        data = super().clean() or {}
        if self.instance.is_child and not data.get("title") and not self.instance.parent_id:
            raise ValidationError("A variant needs its product.")
        for attribute in self.attributes:
            name = PREFIX + attribute.code
            if name in data and (name in self.changed_data or attribute.code in self._own):
                self._hand_over(attribute, data[name])
        return data

    def _hand_over(self, attribute: ProductAttribute, value: Any) -> None:
        """Set one attribute; an emptied input takes the value away."""
        empty = value is None or value == "" or (attribute.is_multi_option and not value)
        if empty and attribute.code not in self._own:
            return
        setattr(self.instance.attr, attribute.code, None if empty else value)


def form_with(
    attributes: Iterable[ProductAttribute],
    given: dict[str, Any],
    *,
    inherited: Mapping[str, str] | None = None,
) -> type[ProductForm]:
    """Return the form for products with these attributes. What a variant inherits (text by code)
    is optional, and shows faintly in the empty field."""
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
    return type("ProductForm", (ProductForm,), {**fields, "attributes": attributes, "given": given})


class PictureForm(forms.ModelForm):
    """A picture: what is uploaded must be one."""

    class Meta:
        model = ProductImage
        fields = ["original", "caption", "display_order"]
        labels = {"original": "file", "display_order": "order"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():  # Django's tables put no label beside an input
            field.widget.attrs["aria-label"] = f"Picture: {field.label or ''}"


class CategoryForm(forms.ModelForm):
    """A category and its place: under which one, after which of its neighbours."""

    parent = CategoryField(required=False, empty_label="(top level)", label="Under")
    after = CategoryField(required=False, empty_label="(first)", label="After")

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
        """Refuse a neighbour that stands elsewhere in the tree."""
        data = super().clean() or {}
        parent, after = data.get("parent"), data.get("after")
        if after and Category.objects.get_parent(after) != parent:
            self.add_error("after", f"“{after.name}” does not stand there.")
        return data

    def place(self, category: Category) -> None:
        """Move a saved category to where the form says."""
        parent, after = self.cleaned_data["parent"], self.cleaned_data["after"]
        if after:
            Category.objects.move(category, after, pos="right")
        elif parent:
            Category.objects.move(category, parent, pos="first-child")
        elif (first := Category.objects.get_first_root_node()) and first.pk != category.pk:
            Category.objects.move(category, first, pos="first-sibling")
