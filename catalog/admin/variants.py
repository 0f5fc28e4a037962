"""The variants of a product as a table in its form: options, SKU, price, stock and weight.

Rows are generated from combinations of attribute values (`combinations`). A removed variant that
orders or other records need is withdrawn instead (see `ProductAdmin.delete_row`).
"""

import re
from collections.abc import Iterable
from itertools import product as all_combinations
from math import prod
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.admin.fields import PREFIX, attribute_field
from catalog.admin.forms import AttributesForm
from catalog.attribute_values import name_and_unit
from catalog.models import Product, ProductAttribute, ProductAttributeValue
from catalog.partner import ledger
from catalog.partner.admin.inline import only_partner
from catalog.partner.models import Partner, StockRecord
from microflight.core import numbers
from microflight.core.bounds import MAX_AMOUNT, MAX_UNITS

if TYPE_CHECKING:
    from accounts.users.models import User

MOST_COMBINATIONS = 100
#: The fields of the generator: the values of each attribute.
VARIES = "varies_"
_TYPES = (ProductAttribute.OPTION, ProductAttribute.TEXT, ProductAttribute.INTEGER,
          ProductAttribute.FLOAT)  # fmt: skip
_OF_RECORD = frozenset({"price", "upc", "partner"})
_ROW = re.compile(rf"children-\d+-{PREFIX}(\w+)")


class VariantForm(AttributesForm):
    """A row: a variant with the price and stock of its stock record."""

    #: The parent's form requires these attributes of each variant that does not inherit them.
    required: tuple[ProductAttribute, ...] = ()
    may_count = False
    #: Django's check of a deleted row: one in use is withdrawn, see `edit_conflicts`.
    withdraws = True

    price: Any = numbers.DecimalField(
        label=_("Price"), required=False, min_value=0, max_value=MAX_AMOUNT, decimal_places=2
    )
    on_hand: Any = numbers.IntegerField(
        label=_("On hand"), required=False, min_value=0, max_value=MAX_UNITS
    )
    partner: Any = forms.ModelChoiceField(
        Partner.objects.order_by("name"), label=_("Supplier"), required=False
    )

    class Meta:
        model = Product
        fields = ["title", "upc", "weight_g", "is_public"]
        labels = {"upc": _("SKU"), "weight_g": _("Weight (g)"), "is_public": _("Public")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.structure = Product.CHILD
        self.fields["upc"].required = True
        stored = list(self.instance.stockrecords.all()) if self.instance.pk else []
        self.record: StockRecord | None = next(iter(stored), None)
        if self.record is None:
            return
        self.initial["price"] = self.record.regular_price
        self.initial["on_hand"] = self.record.num_in_stock or 0
        self.initial["partner"] = self.record.partner_id
        if "on_hand" in self.fields:
            self.fields["on_hand"].disabled = self.instance.is_kit or not self.may_count

    def clean(self) -> dict[str, Any]:
        """Require what the product does not say, and stock for what is committed to orders."""
        data = super().clean()
        parent: Any = data.get("parent")  # perhaps about to be saved
        for attribute in self.required:
            inherited = parent is not None and getattr(parent.attr, attribute.code, None)
            if inherited in (None, "") and data.get(PREFIX + attribute.code) in (None, ""):
                self.add_error(None, gettext("%(name)s is required.") % {"name": attribute.name})
        if self.record is None and "price" in self.fields:
            self._check_supplier(data)
        if self.record is not None and "on_hand" in self.changed_data:
            self._check_count(data.get("on_hand"))
        if self.record is not None and _OF_RECORD & set(self.changed_data) and not self.errors:
            self._check_record(self.record, data)
        return data

    def _check_count(self, counted: int | None) -> None:
        """Reject a count below what is committed to orders; the record stays locked."""
        record = StockRecord.objects.select_for_update().get(pk=cast(StockRecord, self.record).pk)
        if counted is None:
            self.add_error("on_hand", gettext("Enter how many there are."))
        elif counted < (record.num_allocated or 0) and not record.backorder:
            text = gettext("Committed to orders: %(quantity)s.")
            self.add_error("on_hand", text % {"quantity": record.num_allocated})

    def _check_record(self, record: StockRecord, data: dict[str, Any]) -> None:
        """Set price, SKU and supplier of the stock record, and check it like its own form."""
        record.partner_sku = data["upc"]
        record.partner = data.get("partner") or record.partner
        if "price" in self.fields:
            record.regular_price = data["price"]
        try:
            record.clean()
            record.validate_constraints()
        except ValidationError as error:
            self.add_error("price" if "price" in self.fields else "upc", error.messages)

    def _check_supplier(self, data: dict[str, Any]) -> None:
        has_stock = data.get("price") is not None or data.get("on_hand")
        if has_stock and "partner" in self.fields and not data.get("partner"):
            self.add_error("partner", gettext("Choose the supplier."))

    def save_stock(self, request: HttpRequest) -> None:
        """Save price and SKU of the stock record; stock is counted, or the opening stock."""
        data, by = self.cleaned_data, cast("User", request.user)
        price, on_hand = data.get("price"), data.get("on_hand") or 0
        if self.record is None:
            if price is not None or on_hand:
                record = StockRecord(product=self.instance, partner_sku=self.instance.upc)
                record.partner = data.get("partner") or cast(Partner, only_partner(request))
                record.price, record.num_in_stock, record.opened_by = price, on_hand, by
                record.save()
            return
        if _OF_RECORD & set(self.changed_data):
            prices = ["regular_price"] if "price" in self.changed_data else []
            columns = ["partner", "partner_sku", "date_updated", *prices]
            self.record.save(update_fields=columns)
        if "on_hand" in self.changed_data:
            seen = self.record.num_in_stock or 0
            ledger.count(self.record.pk, on_hand, seen=seen, by=by, reason=gettext("Product form"))


class VariantFormSet(forms.BaseInlineFormSet):
    """Rejects one SKU in two rows, in any case."""

    def clean(self) -> None:
        super().clean()
        skus = [str(self.instance.upc or "").upper()] + [
            str(form.cleaned_data.get("upc") or "").upper()
            for form in self.forms
            if hasattr(form, "cleaned_data") and not form.cleaned_data.get("DELETE")
        ]
        if twice := {sku for sku in skus if sku and skus.count(sku) > 1}:
            text = gettext("This SKU is used twice: %(skus)s.")
            raise ValidationError(text % {"skus": ", ".join(sorted(twice))})


class VariantInline(admin.TabularInline):
    """The variants. `attributes` are those of the product type."""

    model = Product
    fk_name = "parent"
    formset = VariantFormSet
    extra = 0
    max_num = 500
    template = "admin/catalogue/product/_variants.html"
    verbose_name = _("variant")
    verbose_name_plural = _("variants")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Fetch the variants with what their rows show."""
        rows = Product.objects.order_by("pk").select_related("parent__product_class")
        return rows.prefetch_related(
            "stockrecords",
            "attribute_values__attribute",
            "attribute_values__value_option",
            "attribute_values__value_multi_option",
        )

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Return a formset with a column for each attribute that differs between variants."""
        attributes = _attributes(self, request, obj)
        codes = varying(request, obj)
        columns = [one for one in attributes if one.code in codes]
        options: dict[str, Any] = {
            PREFIX + one.code: field for one in columns if (field := _column(one))
        }
        options["required"] = tuple(one for one in attributes if one.required)
        options["may_count"] = request.user.has_perm("partner.count_stock")
        if not request.user.has_perm("partner.change_stockrecord"):
            options |= {"price": None, "on_hand": None, "partner": None}
        elif only_partner(request):
            options["partner"] = None
        form = type("VariantForm", (VariantForm,), {**options, "attributes": tuple(columns)})
        names = ["title", "upc", "weight_g", "is_public"]
        return super().get_formset(request, obj, **{**kwargs, "form": form, "fields": names})


def _attributes(inline: Any, request: HttpRequest, obj: Any) -> list[ProductAttribute]:
    page: Any = inline.admin_site.get_model_admin(Product)
    return page.shape(request, obj)[1]


def _column(attribute: ProductAttribute) -> forms.Field | None:
    field = attribute_field(attribute, required=False)
    if isinstance(field, forms.ModelChoiceField):
        field.choices = list(cast(Any, field.choices))  # one query for all rows
    return field


def varying(request: HttpRequest, product: Product | None) -> set[str]:
    """Return the codes of the attributes that have columns."""
    codes = set()
    if "_generate" in request.POST:
        chosen = (name for name in request.POST if name.startswith(VARIES) and request.POST[name])
        codes |= {name.removeprefix(VARIES) for name in chosen}
    codes |= {found[1] for name in request.POST if (found := _ROW.fullmatch(name))}
    if product and product.pk:
        values = ProductAttributeValue.objects.filter(product__parent=product)
        codes |= set(values.values_list("attribute__code", flat=True))
    return codes


def generator(request: HttpRequest, attributes: Iterable[ProductAttribute]) -> list[dict[str, Any]]:
    """Return what the page shows to choose values of attributes: options, or a text."""
    return [
        {
            "name": VARIES + one.code,
            "label": one.name,
            "options": [
                (str(each.pk), each.option) for each in one.option_group.options.order_by("pk")
            ]
            if one.is_option and one.option_group
            else None,
            "chosen": request.POST.getlist(VARIES + one.code),
        }
        for one in attributes
        if one.type in _TYPES
    ]


def combinations(
    request: HttpRequest, attributes: Iterable[ProductAttribute]
) -> list[dict[str, str]]:
    """Return a row for each combination of the chosen values, without those that are there.

    Price, stock and weight are those typed for the product. Raises ValidationError for too many.
    """
    axes = [axis for one in generator(request, attributes) if (axis := _axis(one))]
    if prod(len(axis) for axis in axes) > MOST_COMBINATIONS:
        text = gettext("These are more than %(limit)s combinations.")
        raise ValidationError(text % {"limit": MOST_COMBINATIONS})
    rows = [_row(request.POST, chosen) for chosen in all_combinations(*axes)] if axes else []
    return [row for row in rows if not _is_there(request.POST, row)]


def _axis(choice: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return field name, value, label, and label with unit of each chosen value of an attribute."""
    name = PREFIX + choice["name"].removeprefix(VARIES)
    if choice["options"] is not None:
        options = [one for one in choice["options"] if one[0] in choice["chosen"]]
        return [(name, pk, label, label) for pk, label in options]
    unit = name_and_unit(choice["label"])[1]
    texts = [one.strip() for text in choice["chosen"] for one in re.split(r"[;\n]|, ", text)]
    return [(name, one, one, f"{one} {unit}".strip()) for one in dict.fromkeys(texts) if one]


def _row(data: MultiValueDict, chosen: Iterable[tuple[str, str, str, str]]) -> dict[str, str]:
    chosen = list(chosen)
    ends = [slugify(label).upper() for _name, _value, label, _title in chosen]
    titles = [title for _name, _value, _label, title in chosen]
    return {
        **{name: value for name, value, _label, _title in chosen},
        "title": ", ".join([data.get("title", ""), *titles]).strip(" ,"),
        "upc": "-".join(filter(None, [data.get("upc", "").strip(), *ends])),
        "price": data.get("stockrecords-0-regular_price", ""),
        "on_hand": data.get("stockrecords-0-num_in_stock", ""),
        "weight_g": data.get("weight_g", "") or "0",
        "is_public": "on",
    }


def _is_there(data: MultiValueDict, row: dict[str, str]) -> bool:
    """Return whether a row of the page has the same values."""
    values = {name: value for name, value in row.items() if name.startswith(PREFIX)}
    numbers_ = {name.split("-")[1] for name in data if _ROW.fullmatch(name)}
    return any(
        all(data.get(f"children-{number}-{name}") == value for name, value in values.items())
        for number in numbers_
    )


def has_variants(data: MultiValueDict) -> bool:
    """Return whether a new product is submitted with variants."""
    return any(
        re.fullmatch(r"children-\d+-upc", name) and str(value).strip()
        for name, value in data.items()
    )
