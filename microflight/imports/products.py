"""Products and variants, and what datasets with an SKU share."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F
from django.db.models.functions import Upper
from django.utils.text import slugify
from django.utils.translation import gettext
from import_export import fields

from catalog.admin import refresh
from catalog.models import Category, Product, ProductCategory, ProductClass
from catalog.redirects.services import product_changes
from microflight.core.history import BATCH, batched, history_of, write
from microflight.core.text import one_line
from microflight.imports.report import CellError, Planned
from microflight.imports.resources import ShopResource, cell, folded, own_cell

SEPARATOR, BELOW = "|", " > "


#: What other columns, stock and orders depend on.
_FIXED = {"parent_sku", "structure", "type"}


class Named(forms.Field):
    """A cell with the name of a row."""

    def __init__(self, find: Callable[[str], Any], **options: Any) -> None:
        super().__init__(**options)
        self.find = find

    def to_python(self, value: Any) -> Any:
        """Return the row, or raise ValidationError."""
        if not value:
            return None
        if (found := self.find(str(value))) is None:
            raise ValidationError(gettext("There is none with this name."))
        return found


def by_name(rows: Iterable[Any]) -> Callable[[str], Any]:
    """Return a function that finds one of a few rows by its name, in any case."""
    known = {folded(one.name): one for one in rows}
    return lambda text: known.get(folded(text))


def path_of(category: Category, by_path: dict[str, Category]) -> str:
    """Return the names from the root down to a category."""
    steps = range(Category.steplen, len(category.path) + 1, Category.steplen)
    return BELOW.join(
        by_path[path].name for end in steps if (path := category.path[:end]) in by_path
    )


def find_path(known: dict[str, Category], path: str) -> Category | None:
    """Return the category with a path, however case and spaces are written."""
    if found := known.get(path.strip()):
        return found
    wanted = path_key(path)
    return next((one for text, one in known.items() if path_key(text) == wanted), None)


def path_key(path: str) -> str:
    """Return what paths of categories are compared by."""
    return ">".join(map(folded, path.split(">")))


class BySku(ShopResource):
    """A dataset whose rows belong to products."""

    key_columns: ClassVar[tuple[str, ...]] = ("sku",)

    def preload(self, keys: list[tuple[str, ...]]) -> None:
        """Read the products with these SKUs, in any case."""
        self.products: dict[str, Product] = {}
        for some in batched(sorted({folded(key[0]) for key in keys})):
            found = self.product_rows().annotate(sku_upper=Upper("upc"))
            self.products |= {one.sku_upper: one for one in found.filter(sku_upper__in=some)}

    def product_rows(self) -> Any:
        """Return products with what this dataset reads of them."""
        return Product.objects.select_related("product_class", "parent__product_class")

    def product(self, key: tuple[str, ...]) -> Product | None:
        """Return the product of a row."""
        return self.products.get(folded(key[0]))

    def missing(self, key: tuple[str, ...]) -> str:
        """Say that no product has the SKU, and what spreadsheets may have done to it."""
        sku = key[0]
        if not sku:
            return gettext("Enter the SKU.")
        if "E+" in sku.upper():
            return gettext("The spreadsheet shortened this number. Format the column as text.")
        like = Product.objects.filter(upc__regex=rf"^0+{sku}$").first() if sku.isdigit() else None
        if like:
            text = gettext("There is none. Did the spreadsheet drop the zeros of %(sku)s?")
            return text % {"sku": like.upc}
        return gettext("No product has this SKU.")

    def apply(self) -> list[CellError]:
        """Save the plan, and clear what it changes of the read model."""
        errors = super().apply()
        self.clear()
        return errors

    def clear(self) -> None:
        """Clear the read model of the products in the plan."""
        refresh.clear({one.instance.product_id for one in self.planned})

    def finish(self) -> None:
        """Update the read model of the products."""
        refresh.refresh_cleared(self.on_progress)


class ProductResource(BySku):
    """Products and variants. A variant names its product; new products name their type."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.by_path = {one.path: one for one in Category.objects.all()}
        self.categories = {path_of(one, self.by_path): one for one in self.by_path.values()}
        self.fields |= {
            "sku": cell(Product, "upc", "sku"),
            "parent_sku": own_cell("parent_sku", "parent", Named(self._parent, required=False)),
            "structure": cell(Product, "structure"),
            "type": own_cell(
                "type", "product_class", Named(by_name(ProductClass.objects.all()), required=False)
            ),
            "categories": own_cell(
                "categories", "import_categories", Named(self._categories, required=False)
            ),
            **{
                name: cell(Product, name)
                for name in (
                    "title", "slug", "is_public", "is_discountable", "weight_g", "priority",
                    "description", "meta_title", "meta_description", "discontinued_on",
                )
            },
        }  # fmt: skip

    class Meta(ShopResource.Meta):
        model = Product

    def rows(self) -> Any:
        """Return products before their variants."""
        return self.product_rows().order_by(F("parent_id").asc(nulls_first=True), "upc", "pk")

    def product_rows(self) -> Any:
        return super().product_rows().prefetch_related("categories")

    def find(self, key: tuple[str, ...]) -> Any:
        return self.product(key)

    def init_instance(self, row: Any = None) -> Product:
        """Return a new product; a variant has a parent."""
        is_variant = bool((row or {}).get("parent_sku"))
        return Product(structure=Product.CHILD if is_variant else Product.STANDALONE)

    def after_init_instance(self, instance: Any, new: bool, row: Any, **options: Any) -> None:
        """Reject a new SKU that differs from a known one by zeros that a spreadsheet dropped."""
        if (
            new
            and row["sku"]
            and self.missing((row["sku"],)) != gettext("No product has this SKU.")
        ):
            raise ValidationError({"sku": self.missing((row["sku"],))})
        super().after_init_instance(instance, new, row, **options)

    def _parent(self, sku: str) -> Product | None:
        found = self.product((sku,)) or Product.objects.filter(upc__iexact=one_line(sku)).first()
        return found if found and found.is_parent else None

    def _categories(self, text: str) -> list[Category] | None:
        found = [find_path(self.categories, name) for name in text.split(SEPARATOR)]
        return None if None in found else [one for one in found if one]

    def exported(self, instance: Any) -> list[Any]:
        self._name(instance)
        return super().exported(instance)

    def _name(self, product: Any) -> None:
        """Set what the columns of other tables show."""
        if not hasattr(product, "import_categories"):
            product.import_categories = list(product.categories.all()) if product.pk else []

    def cells(self, instance: Any, row: Any) -> dict[str, Any]:
        self._name(instance)
        return super().cells(instance, row)

    def value(self, field: fields.Field, product: Any) -> Any:
        """Return names instead of rows."""
        found = field.get_value(product)
        if field.column_name == "categories":
            return SEPARATOR.join(sorted(path_of(one, self.by_path) for one in found or []))
        if field.column_name == "parent_sku":
            return found.upc if found else ""
        return str(found) if isinstance(found, ProductClass) else found

    def after_save_instance(self, instance: Any, row: Any, **options: Any) -> None:
        """Let later rows find the new product."""
        super().after_save_instance(instance, row, **options)
        self.products[folded(row["sku"])] = instance

    def validate_instance(
        self, instance: Any, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        """Check the product without its attributes, which follow in a file of their own."""
        if import_validation_errors:
            raise ValidationError(import_validation_errors)
        for field in self.get_import_fields():
            if not self.is_new and field.column_name in _FIXED & set(self.row_changed):
                raise ValidationError({str(field.attribute): gettext("It cannot be changed.")})
        if not instance.is_child and not instance.import_categories:
            raise ValidationError({"import_categories": gettext("Enter at least one category.")})
        instance.slug = instance.slug or slugify(instance.get_title())
        exclude = self.unchanged()
        instance.clean_fields(exclude)
        if instance.parent is None or instance.parent.pk:  # in a dry run it may be new as well
            getattr(instance, f"_clean_{instance.structure}")()
        instance.validate_unique(exclude)
        instance.validate_constraints(exclude)

    def clear(self) -> None:
        refresh.clear({one.instance.pk for one in self.planned})

    def create(self, some: list[Planned]) -> None:
        """Create products and then variants: their parents may be in the same file."""
        for is_variant in (False, True):
            made = [one.instance for one in some if one.instance.is_child == is_variant]
            for one in made:
                one.parent = one.parent  # its ID is known now
            Product.objects.bulk_create(made, batch_size=BATCH)
        self._set_categories(some)
        history_of(Product).record_changed([one.instance for one in some], "+")

    def update(self, some: list[Planned]) -> None:
        columns, rows = self.columns_of(some), [one.instance for one in some]
        for one in rows if {"slug", "is_public"} & set(columns) else ():
            product_changes(one)  # records redirects
        history_of(Product).keep_first_of(rows)
        self._set_categories([one for one in some if "categories" in one.changed])
        if columns:
            write(Product, rows, columns)
        history_of(Product).record_changed(rows, "~")

    def _set_categories(self, some: list[Planned]) -> None:
        rows = [one.instance for one in some]
        ProductCategory.objects.filter(product__in=rows).delete()
        ProductCategory.objects.bulk_create(
            ProductCategory(product=one, category=category)
            for one in rows
            for category in one.import_categories or []
        )
