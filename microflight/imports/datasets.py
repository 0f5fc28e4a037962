"""Categories, redirects, and what is exported only; the list of all datasets."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.forms import modelform_factory
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from import_export import fields

from accounts.users.models import User
from catalog.admin import refresh
from catalog.models import Category
from catalog.redirects.admin import RedirectForm
from catalog.redirects.models import Redirect
from catalog.redirects.old_urls import normalize
from catalog.redirects.services import category_moves, collapse
from checkout.order.models import Order
from microflight.core.forms import LineField
from microflight.core.row_locks import lock_names
from microflight.core.text import one_line
from microflight.imports.attributes import AttributeResource
from microflight.imports.definitions import DefinitionResource, PortRuleResource
from microflight.imports.facts import FactsResource
from microflight.imports.products import BELOW, ProductResource, find_path, path_key, path_of
from microflight.imports.rates import RateImport
from microflight.imports.report import Planned
from microflight.imports.resources import ShopResource, cell, own_cell
from microflight.imports.stock import PriceResource, StockResource


class CategoryResource(ShopResource):
    """Categories by their path, such as `Motors > Coreless`; a parent comes before its children."""

    key_columns: ClassVar[tuple[str, ...]] = ("path",)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        names = ("slug", "description", "is_public", "exclude_from_menu", "meta_title",
                 "meta_description")  # fmt: skip
        self.fields |= {
            "path": own_cell("path", "import_path", LineField()),
            **{name: cell(Category, name) for name in names},
        }
        self._load()

    class Meta(ShopResource.Meta):
        model = Category

    def _load(self) -> None:
        self.by_path = {one.path: one for one in Category.objects.all()}
        self.known = {path_of(one, self.by_path): one for one in self.by_path.values()}

    def rows(self) -> Any:
        return Category.objects.order_by("path")

    def locked(self, pks: list[int]) -> Any:
        """Read the tree again, too."""
        lock_names("category tree")
        self._load()
        return super().locked(pks)

    def find(self, key: tuple[str, ...]) -> Any:
        return find_path(self.known, key[0])

    def identity(self, instance: Any, row: Any) -> Any:
        return path_key(instance.import_path)

    def init_instance(self, row: Any = None) -> Category:
        """Return a new category; its parent exists or is an earlier row."""
        path = (row or {}).get("path", "")
        above, _sep, name = path.rpartition(BELOW.strip())
        parent = find_path(self.known, above)
        if above and parent is None:
            raise ValidationError({"path": gettext("There is no category above it.")})
        made: Any = Category(name=one_line(name))
        made.import_path, made.import_parent = path, parent
        return made

    def value(self, field: fields.Field, category: Any) -> Any:
        if field.column_name == "path":
            found = getattr(category, "import_path", None)
            return path_of(category, self.by_path) if found is None else found
        return super().value(field, category)

    def validate_instance(self, instance: Any, *errors: Any, **options: Any) -> None:
        if errors and errors[0]:
            raise ValidationError(errors[0])
        instance.clean_fields(exclude=["path", "depth", "numchild", "slug"])
        if path := getattr(instance, "import_path", ""):
            self.known[path] = instance

    def create(self, some: list[Planned]) -> None:
        lock_names("category tree")
        super().create(some)

    def save_one(self, each: Planned) -> None:
        parent = getattr(each.instance, "import_parent", None)
        with category_moves():
            if not each.is_new:
                super().save_one(each)
            elif parent is None:
                Category.objects.add_root(instance=each.instance)
            else:
                Category.objects.get(pk=parent.pk).add_child(instance=each.instance)

    def finish(self) -> None:
        refresh.categories_changed()


class RedirectResource(ShopResource):
    """Redirects, checked by the admin's form."""

    key_columns: ClassVar[tuple[str, ...]] = ("old_url",)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.known = {one.old_path: one for one in Redirect.objects.all()}
        self.fields |= {
            "old_url": cell(Redirect, "old_path", "old_url"),
            "new_url": cell(Redirect, "new_path", "new_url"),
        }

    class Meta(ShopResource.Meta):
        model = Redirect

    def find(self, key: tuple[str, ...]) -> Any:
        return self.known.get(_normal(key[0]))

    def identity(self, instance: Any, row: Any) -> Any:
        return _normal(instance.old_path)

    def validate_instance(self, instance: Any, *errors: Any, **options: Any) -> None:
        """Check as the form does; it also normalizes both URLs."""
        if errors and errors[0]:
            raise ValidationError(errors[0])
        data = {"old_path": instance.old_path, "new_path": instance.new_path}
        form = modelform_factory(Redirect, form=RedirectForm, fields=list(data))(
            data, instance=instance
        )
        if not form.is_valid():
            raise ValidationError(form.errors.as_data())

    def save_one(self, each: Planned) -> None:
        """Check it again: earlier rows of the file may make a loop of it."""
        if not each.is_new and "new_url" not in each.changed:
            return
        self.validate_instance(each.instance)
        super().save_one(each)
        collapse(each.instance.old_path, each.instance.new_path)


def _normal(url: str) -> str:
    try:
        return normalize(url)
    except ValueError:  # the form says what is wrong with it
        return url


class OrderResource(ShopResource):
    """Orders, export only."""

    class Meta(ShopResource.Meta):
        model = Order
        fields = (
            "number", "date_placed", "status", "currency", "total_incl_tax", "total_excl_tax",
            "shipping_incl_tax", "shipping_method", "guest_email",
        )  # fmt: skip

    def rows(self) -> Any:
        return Order.objects.order_by("pk")


class CustomerResource(ShopResource):
    """Customers with an account, export only."""

    class Meta(ShopResource.Meta):
        model = User
        fields = ("email", "first_name", "last_name", "date_joined", "last_login")

    def rows(self) -> Any:
        return User.objects.filter(is_staff=False).order_by("pk")


#: By name: title and resource.
DATASETS: dict[str, tuple[Any, type[Any]]] = {
    "products": (_("Products and variants"), ProductResource),
    "stock": (_("Stock"), StockResource),
    "prices": (_("Prices"), PriceResource),
    "attributes": (_("Attribute values"), AttributeResource),
    "categories": (_("Categories"), CategoryResource),
    "definitions": (_("Attributes of product types"), DefinitionResource),
    "facts": (_("Product facts: battery, radio, customs, size, safety"), FactsResource),
    "port-rules": (_("Port rules"), PortRuleResource),
    "redirects": (_("Redirects"), RedirectResource),
    "rates": (_("Rate cards"), RateImport),
}
#: Their files have personal data of many people, so to see the rows is not enough.
EXPORT_PERMISSIONS = {"orders": "order.export_order", "customers": "customers.export_customer"}
EXPORT_ONLY: dict[str, tuple[Any, type[ShopResource]]] = {
    "orders": (_("Orders"), OrderResource),
    "customers": (_("Customers"), CustomerResource),
}
