"""The admin of categories, product types with their attributes, and attribute options."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog import facet_values
from catalog.admin import refresh
from catalog.admin.forms import CategoryForm, ProductClassForm
from catalog.models import (
    AttributeOption,
    AttributeOptionGroup,
    Category,
    Product,
    ProductAttribute,
    ProductCategory,
    ProductClass,
)
from catalog.redirects.services import category_moves
from microflight.core.admin_base import EditableAdmin, NamedRowsMixin
from microflight.core.history_admin import HistoryMixin
from microflight.core.row_locks import lock_names

#: The steps of a category in the tree: name, arrow, label.
_MOVES = (
    ("up", "↑", _("Move %(name)s up")),
    ("down", "↓", _("Move %(name)s down")),
    ("out", "←", _("Move %(name)s to the level above")),
    ("in", "→", _("Move %(name)s into the category before it")),
)


def step(category: Category, direction: str) -> tuple[Category | None, str]:
    """Return next to which category, and where (treebeard's name), a step leads."""
    if direction == "out":
        return Category.objects.get_parent(category), "right"
    if direction == "down":
        return Category.objects.get_next_sibling(category), "right"
    before = Category.objects.get_prev_sibling(category) if direction in ("up", "in") else None
    return before, "left" if direction == "up" else "last-child"


@contextmanager
def _tree_lock() -> Iterator[None]:
    """Let one person at a time change the tree: treebeard reads paths and then writes them."""
    with transaction.atomic():
        lock_names("category tree")
        yield


@admin.register(Category)
class CategoryAdmin(HistoryMixin, NamedRowsMixin, EditableAdmin):
    """The category tree as an indented list; the form sets a category's position."""

    form = CategoryForm
    list_display = ["branch", "position", "slug", "n_products", "is_public", "exclude_from_menu"]
    list_display_links = ["branch"]
    list_filter = ["is_public"]
    search_fields = ["name", "slug"]
    ordering = ["path"]
    list_per_page = 200
    deleted_with = frozenset({"catalogue.productcategory", "away.awayrule"})
    instead_of_deleting = _("To take a category out of the shop, turn off “Is public”.")
    prepopulated_fields = {"slug": ["name"]}
    fieldsets = (
        (None, {"fields": ["name", "slug", "description", "image"]}),
        (_("Position"), {"fields": ["parent", "after"]}),
        (_("Visibility"), {"fields": ["is_public", "exclude_from_menu"]}),
        (_("SEO"), {"fields": ["meta_title", "meta_description"]}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Count the products in the same query."""
        return super().get_queryset(request).annotate(count=Count("product"))

    def row_name(self, obj: Any) -> str:
        """Return the name alone; Oscar's own name for it queries the ancestors."""
        return obj.name

    @admin.display(description=_("Category"))
    def branch(self, category: Category) -> SafeString:
        """Return the name, indented by its depth."""
        return format_html(
            '<span class="level-{}">{}</span>', min(category.depth, 5), category.name
        )

    @admin.display(description=_("Position"))
    def position(self, category: Category) -> SafeString:
        """Return the buttons that move the category."""
        buttons = ((name, arrow, text % {"name": category.name}) for name, arrow, text in _MOVES)
        html = '<button class="move" name="_move" value="{}:{}" aria-label="{}">{}</button>'
        rows = ((category.pk, name, label, arrow) for name, arrow, label in buttons)
        return format_html_join(" ", html, rows)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Move a category, or show the list."""
        if request.method != "POST":
            return super().changelist_view(request, extra_context)
        with _tree_lock():
            if "_move" not in request.POST:
                return super().changelist_view(request, extra_context)
            if not self.has_change_permission(request):
                raise PermissionDenied
            pk, _colon, direction = request.POST["_move"].partition(":")
            category = self.get_object(request, pk)
            if category is None:
                raise Http404
            self._move(request, category, direction)
        return HttpResponseRedirect(request.get_full_path())

    def _move(self, request: HttpRequest, category: Category, direction: str) -> None:
        """Move a category one step; say so if there is no such step."""
        target, place = step(category, direction)
        if target is None:
            text = gettext("“%(name)s” can’t be moved further in this direction.")
            messages.warning(request, text % {"name": category.name})
            return
        with category_moves():
            Category.objects.move(category, target, pos=place)
        refresh.categories_changed()
        message = gettext("“%(name)s” was moved.") % {"name": category.name}
        self.log_change(request, category, message)
        messages.success(request, message)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Read positions only while no other request moves categories."""
        if request.method != "POST":
            return super().changeform_view(request, *args, **kwargs)
        with _tree_lock():
            return super().changeform_view(request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Likewise."""
        with _tree_lock():
            return super().delete_view(request, *args, **kwargs)

    @admin.display(description=_("Products"))
    def n_products(self, category: Any) -> int:
        """Return how many products are directly in this category."""
        return category.count

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the category, then move it to its position."""
        with category_moves():
            if change:
                super().save_model(request, obj, form, change)
            else:
                Category.objects.add_root(instance=obj)
            if not change or {"parent", "after"} & set(form.changed_data):
                form.place(obj)
                obj.refresh_from_db()
        if "name" in form.changed_data:
            refresh.products_changed(obj.product_set.values_list("pk", flat=True))
        refresh.categories_changed()

    def restore_version(self, version: Any) -> None:
        """Restore, and redirect from the old URLs."""
        with category_moves():
            super().restore_version(version)

    def restored(self, request: HttpRequest, record: Any) -> None:
        """Update what shows the category."""
        refresh.products_changed(record.product_set.values_list("pk", flat=True))
        refresh.categories_changed()

    def with_dependents(self, records: Any) -> list[Any]:
        """Return categories with all that are below them."""
        below = Q()
        for category in records:
            below |= Q(path__startswith=category.path)
        return list(Category.objects.filter(below).order_by("path"))

    def reasons_to_keep(self, records: list[Any]) -> list[str]:
        """Keep the only category of a product: without one, shoppers can't browse to it."""
        reasons = super().reasons_to_keep(records)
        elsewhere = ProductCategory.objects.exclude(category__in=records)
        only = Product.objects.filter(categories__in=records).distinct()
        only = only.exclude(pk__in=elsewhere.values("product"))
        if count := only.count():
            text = ngettext(
                "%(count)s product has no other category: %(examples)s",
                "%(count)s products have no other category: %(examples)s",
                count,
            )
            titles = [product.get_title() for product in only[:3]] + ["…"] * (count > 3)
            reasons.append(text % {"count": count, "examples": "; ".join(titles)})
        return reasons

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Count the products that lose a category, instead of the rows of the table between."""
        shown, counts, rights, reasons = super().get_deleted_objects(objs, request)
        if counts.pop(ProductCategory._meta.verbose_name_plural, 0):
            products = Product.objects.filter(categories__in=self.with_dependents(objs))
            counts[gettext("products that lose this category")] = products.distinct().count()
        return shown, counts, rights, reasons

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Delete with treebeard's own method, which updates the number of children."""
        with category_moves():
            queryset.delete()
        refresh.categories_changed()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete with treebeard's own method, which updates the number of children."""
        with category_moves():
            obj.delete()
        refresh.categories_changed()


class AttributeInline(admin.TabularInline):
    """The attributes of a product type."""

    model = ProductAttribute
    extra = 1
    fields = ["name", "code", "type", "option_group", "required", "is_facet"]
    prepopulated_fields = {"code": ["name"]}


@admin.register(ProductClass)
class ProductClassAdmin(EditableAdmin):
    """Product types and their attributes."""

    form = ProductClassForm
    list_display = ["name", "n_attributes", "track_stock", "requires_shipping"]
    search_fields = ["name"]
    deleted_with = frozenset({"catalogue.productattribute", "compatibility.portrule"})
    inlines = [AttributeInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Count the attributes in the same query."""
        return super().get_queryset(request).annotate(count=Count("attributes"))

    @admin.display(description=_("Attributes"))
    def n_attributes(self, product_type: Any) -> int:
        return product_type.count

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the attributes and update the pages of their products."""
        super().save_related(request, form, formsets, change)
        products = Product.objects.filter(product_class=form.instance)
        refresh.products_changed(products.values_list("pk", flat=True))
        facet_values.reset_lists()


class OptionInline(admin.TabularInline):
    """The options of a group."""

    model = AttributeOption
    extra = 1
    fields = ["option"]


@admin.register(AttributeOptionGroup)
class AttributeOptionGroupAdmin(EditableAdmin):
    """Attribute option groups."""

    list_display = ["name", "n_options"]
    search_fields = ["name"]
    fields = ["name"]
    inlines = [OptionInline]
    deleted_with = frozenset({"catalogue.attributeoption"})

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Count the options in the same query."""
        return super().get_queryset(request).annotate(count=Count("options"))

    @admin.display(description=_("Options"))
    def n_options(self, group: Any) -> int:
        return group.count

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the options and update the pages of products that have them."""
        super().save_related(request, form, formsets, change)
        products = Product.objects.filter(attribute_values__attribute__option_group=form.instance)
        refresh.products_changed(products.values_list("pk", flat=True))
