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
from catalog.redirects.services import category_moves, collapse
from checkout.order.models import Order
from microflight.core.forms import LineField
from microflight.imports.products import BELOW, ProductResource, path_of
from microflight.imports.resources import ShopResource, cell, own_cell
from microflight.imports.stock import AttributeResource, PriceResource, StockResource


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
        self.by_path = {one.path: one for one in Category.objects.all()}
        self.known = {path_of(one, self.by_path): one for one in self.by_path.values()}

    class Meta(ShopResource.Meta):
        model = Category

    def rows(self) -> Any:
        return Category.objects.order_by("path")

    def find(self, key: tuple[str, ...]) -> Any:
        return self.known.get(key[0])

    def init_instance(self, row: Any = None) -> Category:
        """Return a new category; its parent exists or is an earlier row."""
        path = (row or {}).get("path", "")
        above, _sep, name = path.rpartition(BELOW)
        if above and above not in self.known:
            raise ValidationError({"path": gettext("There is no category above it.")})
        made: Any = Category(name=name.strip())
        made.import_path = path
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

    def do_instance_save(self, instance: Any, is_create: bool) -> None:
        with category_moves():
            if not is_create:
                instance.save()
                return
            above = instance.import_path.rpartition(BELOW)[0]
            if above:
                parent = Category.objects.get(pk=self.known[above].pk)
                parent.add_child(instance=instance)
            else:
                Category.objects.add_root(instance=instance)

    def finish(self, saved: list[Any]) -> None:
        if saved:
            refresh.categories_changed()


class RedirectResource(ShopResource):
    """Redirects, checked by the admin's form."""

    key_columns: ClassVar[tuple[str, ...]] = ("old_url",)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.fields |= {
            "old_url": cell(Redirect, "old_path", "old_url"),
            "new_url": cell(Redirect, "new_path", "new_url"),
        }

    class Meta(ShopResource.Meta):
        model = Redirect

    def find(self, key: tuple[str, ...]) -> Any:
        return Redirect.objects.filter(old_path=key[0]).first()

    def validate_instance(self, instance: Any, *errors: Any, **options: Any) -> None:
        """Check as the form does; it also normalizes both URLs."""
        data = {"old_path": instance.old_path, "new_path": instance.new_path}
        form = modelform_factory(Redirect, form=RedirectForm, fields=list(data))(
            data, instance=instance
        )
        if not form.is_valid():
            raise ValidationError(form.errors.as_data())

    def save_related(self, instance: Any, row: Any) -> None:
        collapse(instance.old_path, instance.new_path)


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
DATASETS: dict[str, tuple[Any, type[ShopResource]]] = {
    "products": (_("Products and variants"), ProductResource),
    "stock": (_("Stock"), StockResource),
    "prices": (_("Prices"), PriceResource),
    "attributes": (_("Attribute values"), AttributeResource),
    "categories": (_("Categories"), CategoryResource),
    "redirects": (_("Redirects"), RedirectResource),
}
EXPORT_ONLY: dict[str, tuple[Any, type[ShopResource]]] = {
    "orders": (_("Orders"), OrderResource),
    "customers": (_("Customers"), CustomerResource),
}
