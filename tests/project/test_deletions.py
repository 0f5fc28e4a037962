"""Deleting in the admin: exactly what is deleted, and what is kept because others need it."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import models
from django.test import Client
from django.urls import reverse
from oscar.apps.voucher.models import Voucher, VoucherApplication

from accounts.newsletter.campaigns.models import CampaignImage
from accounts.users.models import User
from catalog.models import AttributeOption, Category, Product, ProductAttribute, ProductClass
from checkout.basket.models import Basket
from checkout.offers.models import Range
from checkout.order.models import Line, Order, OrderDiscount
from checkout.tax.models import TaxLine, TaxRate
from microflight.core.admin_base import EditableAdmin
from tests.admin_forms import open_form
from tests.catalog import factories
from tests.project.admin_rows import ROWS
from tests.sourced import SOURCED

EDITABLE = [
    (model, one) for model, one in admin.site._registry.items() if isinstance(one, EditableAdmin)
]


def url(row: Any, page: str = "delete") -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[row.pk])


def confirm(client: Client, row: Any) -> str:
    """Confirm the deletion on its page; return the page."""
    return client.post(url(row), {"post": "yes"}, follow=True).content.decode()


def delete_selected(client: Client, *rows: Any, confirmed: bool = True) -> str:
    """Delete rows with the action of their list; return the page."""
    opts = rows[0]._meta
    listing = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
    data = {
        "action": "delete_selected", "index": "0",
        "_selected_action": [str(row.pk) for row in rows],
        **({"post": "yes"} if confirmed else {}),
    }  # fmt: skip
    return client.post(listing, data, follow=True).content.decode()


def order_of(product: Product, **fields: Any) -> Order:
    """Return an order of one unit."""
    order = ROWS["order.Order"](7)
    type(order).objects.filter(pk=order.pk).update(**fields)
    record = product.stockrecords.first()
    Line.objects.create(
        order=order, product=product, stockrecord=record, partner=record and record.partner,
        partner_sku="MF-B", title=product.get_title(), upc="MF-B", quantity=1, num_allocated=0,
        line_price_incl_tax=10, line_price_excl_tax=10,
        line_price_before_discounts_incl_tax=10, line_price_before_discounts_excl_tax=10,
    )  # fmt: skip
    return order


@pytest.fixture
def tree(db: None) -> Category:
    """Gear with 13 categories below; 3 products that are also in Kits, and Kits."""
    gear, kits = factories.category("Gear"), factories.category("Kits")
    below = [factories.category(f"Gear {number}", gear) for number in range(12)]
    deepest = factories.category("Deepest", below[0])
    for number in range(3):
        product = factories.product(f"Part {number}", into=deepest, pictures=0)
        product.categories.add(kits, below[1])
    gear.refresh_from_db()
    return gear


def test_category_names_all_that_is_deleted_with_it(staff: Client, tree: Category) -> None:
    page = staff.get(url(tree)).content.decode()
    assert "<li>Categories: 14</li>" in page
    assert "<li>Products that lose this category: 3</li>" in page
    assert "Deepest" in page
    assert Category.objects.count() == 15
    confirm(staff, tree)
    assert [one.name for one in Category.objects.all()] == ["Kits"]


def test_selected_categories_name_all_that_is_deleted(staff: Client, tree: Category) -> None:
    rows = Category.objects.filter(name__in=["Gear 0", "Gear 1"])
    page = delete_selected(staff, *rows, confirmed=False)
    assert "<li>Categories: 3</li>" in page
    assert "<li>Products that lose this category: 3</li>" in page
    delete_selected(staff, *rows)
    assert Category.objects.count() == 12


# Mutation: without CategoryAdmin.reasons_to_keep, the product had no category left.
@pytest.mark.parametrize("delete", [confirm, delete_selected])
def test_only_category_of_a_product_is_kept(
    delete: Callable[..., str], staff: Client, tree: Category
) -> None:
    factories.product("Butterfly", sku="MF-B", into=Category.objects.get(name="Deepest"))
    page = delete(staff, tree)
    assert "1 product has no other category: Butterfly" in page
    assert "turn off “Is public”" in page
    assert Category.objects.count() == 15


def test_category_of_a_product_range_is_kept(staff: Client, tree: Category) -> None:
    Range.objects.create(name="Sale").included_categories.add(tree)
    assert "1 range: Sale" in confirm(staff, tree)
    assert Category.objects.count() == 15


def test_new_product_is_deleted_with_its_stock(staff: Client, db: None) -> None:
    product = factories.product("Butterfly", sku="MF-B", pictures=1)
    basket = Basket.objects.create()
    basket.lines.create(product=product, stockrecord=product.stockrecords.get(), line_reference="x")
    page = staff.get(url(product)).content.decode()
    for part in ("Products: 1", "Stock records: 1", "Product images: 1", "Basket lines: 1"):
        assert f"<li>{part}</li>" in page
    confirm(staff, product)
    assert not Product.objects.exists()


# Mutation: with "order.line" in `deleted_with`, the ordered product was deleted.
@pytest.mark.parametrize("delete", [confirm, delete_selected])
def test_ordered_product_is_kept(delete: Callable[..., str], staff: Client, db: None) -> None:
    product = factories.product("Butterfly", sku="MF-B")
    order_of(product)
    page = delete(staff, product)
    assert "1 order line: Product" in page
    assert "To take a product out of the shop, turn off “Is public”." in page
    assert Product.objects.exists()
    assert Line.objects.get().product == product


def test_product_with_an_ordered_variant_is_kept(staff: Client, db: None) -> None:
    parent = factories.with_variants("Motor", ["5.00", "6.00"])
    order_of(parent.children.first())
    assert "1 order line" in confirm(staff, parent)
    assert Product.objects.count() == 3


def _attribute(number: int) -> ProductAttribute:
    product = factories.product("Butterfly", sku="MF-B", values={"Span": number})
    return product.product_class.attributes.get()


def _ordered(label: str, **discount: Any) -> Any:
    """Return a row that an order names."""
    row = ROWS[label](1)
    order = ROWS["order.Order"](1)
    field = "offer_id" if label == "offer.ConditionalOffer" else "voucher_id"
    OrderDiscount.objects.create(order=order, amount=1, **{field: row.pk})
    return row


def _ordered_method() -> Any:
    method = ROWS["shipping.ShippingMethod"](1)
    Order.objects.filter(pk=ROWS["order.Order"](1).pk).update(shipping_code=method.code)
    return method


def _used_voucher() -> Voucher:
    voucher = ROWS["voucher.Voucher"](1)
    VoucherApplication.objects.create(voucher=voucher, order=ROWS["order.Order"](1))
    return voucher


def _voucher_offer() -> Any:
    offer = ROWS["offer.ConditionalOffer"](1)
    ROWS["voucher.Voucher"](1).offers.add(offer)
    return offer


def _charged_tax() -> TaxRate:
    rate = TaxRate.objects.create(
        province="SK", component="PST", rate="0.05", starts_on=date(2020, 1, 1), **SOURCED
    )
    TaxLine.objects.create(
        order=ROWS["order.Order"](1), component="PST", province="SK", rate=Decimal("0.05"),
        base=10, amount=Decimal("0.5"),
    )  # fmt: skip
    return rate


def _group_with_a_member() -> Any:
    group = ROWS["auth.Group"](1)
    group.user_set.add(User.objects.create_user("dana@example.com"))
    return group


def _customer(make: Callable[[User], Any]) -> User:
    user = User.objects.create_user("dana@example.com")
    make(user)
    return user


def _logged(user: User) -> None:
    LogEntry.objects.create(user=user, action_flag=2, change_message="x")


#: A record of each model that something needs, and what the page says.
IN_USE: dict[str, tuple[Callable[[], Any], str]] = {
    "product type with products": (lambda: _attribute(1).product_class, "1 product: Butterfly"),
    "product type of a range": (
        lambda: _in_range(ProductClass.objects.create(name="Rod")), "1 range: Sale",
    ),
    "option group of an attribute": (
        lambda: _option().group, "1 product attribute: Colour",
    ),
    "supplier with stock": (
        lambda: factories.product("Butterfly").stockrecords.get().partner, "1 stock record: MF-",
    ),
    "range of a rule": (
        lambda: ROWS["offer.Condition"](1).range, "1 condition: ",
    ),
    "condition of an offer": (lambda: ROWS["offer.Condition"](1), "1 offer: Offer 1"),
    "benefit of an offer": (lambda: ROWS["offer.Benefit"](1), "1 offer: Offer 1"),
    "offer of a voucher": (_voucher_offer, "1 voucher: V1"),
    "offer of an order": (lambda: _ordered("offer.ConditionalOffer"), "1 order"),
    "voucher of an order": (lambda: _ordered("voucher.Voucher"), "1 order"),
    "used voucher": (_used_voucher, "1 voucher application: "),
    "zone with methods": (
        lambda: ROWS["shipping.ShippingZone"](1), "1 zone of a shipping method: Parcel to Zone 1",
    ),
    "shipping method of an order": (_ordered_method, "1 order"),
    "tax rate of an order": (_charged_tax, "1 order with this tax"),
    "group with a member": (_group_with_a_member, "1 user: dana@example.com"),
    "account with history": (lambda: _customer(_logged), "1 log entry: "),
}  # fmt: skip


def _in_range(product_type: ProductClass) -> ProductClass:
    Range.objects.create(name="Sale").classes.add(product_type)
    return product_type


def _option() -> AttributeOption:
    group = apps.get_model("catalogue.AttributeOptionGroup").objects.create(name="Colours")
    product_type = ProductClass.objects.create(name="Rod")
    attribute = ProductAttribute.objects.create(
        product_class=product_type, name="Colour", code="colour", type="option", option_group=group
    )
    red = group.options.create(option="red")
    product = Product.objects.create(title="Rod", product_class=product_type)
    attribute.save_value(product, red)
    return red


# Mutation: with `reasons_to_keep` of EditableAdmin returning nothing, all but the tax rate failed.
@pytest.mark.parametrize("case", IN_USE)
@pytest.mark.parametrize("delete", [confirm, delete_selected])
def test_record_in_use_is_kept(
    case: str, delete: Callable[..., str], staff: Client, db: None
) -> None:
    make, message = IN_USE[case]
    row = make()
    assert message in delete(staff, row)
    assert type(row)._base_manager.filter(pk=row.pk).exists()


@pytest.mark.parametrize(
    "label",
    [
        "catalogue.ProductClass", "catalogue.AttributeOptionGroup", "partner.Partner",
        "offer.ConditionalOffer", "offer.Range", "voucher.Voucher", "shipping.ShippingMethod",
        "shipping.ShippingRate", "shipping.FuelSurcharge", "shipping.Carton",
        "tax.TaxRate", "policies.Notice", "users.User", "auth.Group", "manuals.Manual",
    ],
)  # fmt: skip
def test_unused_record_is_deleted(label: str, staff: Client) -> None:
    row = ROWS[label](1)
    assert "Are you sure you want to delete" in staff.get(url(row)).content.decode()
    confirm(staff, row)
    assert not type(row)._base_manager.filter(pk=row.pk).exists()


def test_image_of_a_draft_campaign_is_kept(staff: Client, db: None) -> None:
    image = CampaignImage.objects.create(key="first", alt="x", file="x.png", width=1, height=1)
    topic = apps.get_model("newsletter.Topic").objects.create(name="News", slug="news-1")
    apps.get_model("newsletter.Campaign").objects.create(
        title="June", slug="june", topic=topic, source='::image first "x" /'
    )
    assert "campaign “June”" in confirm(staff, image)
    assert CampaignImage.objects.exists()


@pytest.mark.parametrize("model_admin", [one for _, one in EDITABLE], ids=str)
def test_every_table_that_refers_to_a_record_was_considered(model_admin: EditableAdmin) -> None:
    labels = {model._meta.label_lower for model in apps.get_models(include_auto_created=True)}
    assert model_admin.deleted_with <= labels
    history = {"order.order", "order.line", "policies.acceptance", "voucher.voucherapplication",
               "payment.transaction", "partner.stockmovement", "admin.logentry"}  # fmt: skip
    assert not model_admin.deleted_with & history


# --- Rows of inlines ---


@pytest.mark.parametrize(
    ("make", "prefix", "message"),
    [
        (lambda: _attribute(1), "attributes", "1 product attribute value: Span"),
        (_option, "options", "1 product attribute value: Colour"),
    ],
)
def test_row_in_use_is_kept(
    make: Callable[[], Any], prefix: str, message: str, staff: Client, db: None
) -> None:
    row = make()
    parent = row.product_class if prefix == "attributes" else row.group
    change = url(parent, "change")
    page = staff.post(change, {**open_form(staff, change), f"{prefix}-0-DELETE": "on"})
    assert "can’t be deleted, because it is used by: " + message in page.content.decode()
    assert type(row).objects.filter(pk=row.pk).exists()


def test_unused_row_is_deleted(staff: Client, db: None) -> None:
    group = ROWS["catalogue.AttributeOptionGroup"](1)
    group.options.create(option="red")
    change = url(group, "change")
    data = {**open_form(staff, change), "options-0-DELETE": "on"}
    assert staff.post(change, data).status_code == 302
    assert not group.options.exists()


def test_foreign_keys_never_delete_history() -> None:
    """No record of an order, payment or policy is deleted with a record that staff may delete."""
    for model, model_admin in EDITABLE:
        for relation in model._meta.related_objects:
            if relation.related_model._meta.label_lower in model_admin.deleted_with:
                assert relation.on_delete in (models.CASCADE, models.SET_NULL)
