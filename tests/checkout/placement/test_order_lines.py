"""What an order line records: supplier, options, discounts, and prices with tax to the cent."""

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from accounts.mail.models import Message
from accounts.mail.rendering import compose
from catalog.models import Option, Product
from catalog.partner.models import Partner, StockRecord
from checkout.basket.models import Basket
from checkout.basket.services import add_product, price_basket
from checkout.fulfilment.partial_cancellation import cancel_items
from checkout.offers.models import Range
from checkout.order.links import status_token
from checkout.order.models import Line, Order
from checkout.order.order_summary import shipments_of
from checkout.placement.order_lines import tax_before_discounts
from checkout.placement.quote import make_quote
from checkout.placement.quote_changes import changes_since
from checkout.settlement.services import pay
from tests.checkout.conftest import token
from tests.checkout.factories import make_offer
from tests.checkout.fulfilment.helpers import action_url, order_url
from tests.checkout.returns.helpers import request_return, ship
from tests.checkout.shopper import text
from tests.stripe_double.control import Double


def with_tax(line: Line) -> tuple[str, str, str, str]:
    """Price before and after discounts, and the discount with and without tax."""
    amounts = (
        line.line_price_before_discounts_incl_tax,
        line.line_price_incl_tax,
        line.discount_incl_tax,
        line.discount_excl_tax,
    )
    return tuple(str(amount) for amount in amounts)  # type: ignore[return-value]


# --- Tax before discounts ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("percent", "expected"),
    [
        ("50", ("111.00", "55.50", "55.50", "50.00")),
        ("10", ("111.00", "99.90", "11.10", "10.00")),
        ("100", ("111.00", "0.00", "111.00", "100.00")),
    ],
)
def test_price_before_discounts_has_its_own_tax(
    product: Any, order: Any, percent: str, expected: tuple[str, ...]
):
    # Mutation: amount + tax of the discounted price: 105.50 and 50.00 at 50 per cent
    make_offer("Sale", percent=percent)
    made = order(product(price="100.00"))
    assert with_tax(made.lines.get()) == expected
    before = made.basket_total_before_discounts_incl_tax
    assert (before, made.total_discount_incl_tax) == (Decimal(expected[0]), Decimal(expected[2]))


def test_line_without_discount_has_no_discount_with_tax(product: Any, order: Any, cart: Any):
    # Mutation: the tax of the line alone, without the share of the order: a discount of 0.01
    sale = product("Sale", price="9.99")
    scope = Range.objects.create(name="Sale")
    scope.add_product(sale)
    make_offer("Sale", percent="15", range=scope)
    made = order(
        basket=cart((sale, 1), *((product(f"Rod {n}", price="0.11"), 1) for n in range(9)))
    )
    first, *others = made.lines.order_by("pk")
    assert with_tax(first) == ("11.09", "9.42", "1.67", "1.50")
    assert {(line.discount_incl_tax, line.discount_excl_tax) for line in others} == {(0, 0)}


def test_prices_abroad_have_no_tax_before_discounts(product: Any, order: Any):
    make_offer("Sale", percent="50")
    made = order(product(price="100.00"), country="US", province="NY", shipping_code="us-parcel")
    assert with_tax(made.lines.get()) == ("100.00", "50.00", "50.00", "50.00")


def test_tax_of_a_discount_is_never_negative():
    # Mutation: tax_before_discounts() without max(): 0.50 before, 0.51 charged
    amount, net, rates = Decimal("10.01"), Decimal("10.00"), [Decimal("0.05")]
    assert tax_before_discounts(amount, net, Decimal("0.51"), rates) == Decimal("0.51")
    assert tax_before_discounts(amount, net, Decimal("0.49"), rates) == Decimal("0.50")


# --- Supplier, discounts, options ----------------------------------------------------------------


def test_line_names_its_supplier(product: Any, order: Any):
    # Mutation: _line() without partner_name: "", and nothing after the supplier was deleted
    made = order(product())
    Partner.objects.all().delete()
    row = made.lines.get()
    assert (row.partner, row.partner_name) == (None, "Plantraco")
    assert row.partner_sku.startswith("MF-")


def test_line_records_its_share_of_each_discount(product: Any, order: Any, cart: Any):
    # Mutation: one share per application: two rows of 5.00 for the plane
    plane, rod = product(price="50.00"), product("Rod", price="20.00")
    everything = make_offer("All", percent="10", exclusive=False, priority=2)
    scope = Range.objects.create(name="Planes")
    scope.add_product(plane)
    planes = make_offer("Planes", percent="20", range=scope, exclusive=False, priority=1)
    everything.combinations.add(planes)
    made = order(basket=cart((plane, 2), (rod, 1)))
    shares = [
        (line.title, each.order_discount.offer_name, each.amount, each.is_incl_tax)
        for line in made.lines.order_by("pk")
        for each in line.discounts.order_by("order_discount__offer_name")
    ]
    assert shares == [
        ("Butterfly", "All", Decimal("10.00"), False),
        ("Butterfly", "Planes", Decimal("20.00"), False),
        ("Rod", "All", Decimal("2.00"), False),
    ]
    for discount in made.discounts.all():
        assert discount.amount == sum(each.amount for each in discount.discount_lines.all())
    for line in made.lines.all():
        assert line.discount_excl_tax == sum(each.amount for each in line.discounts.all())


def test_shipping_discount_is_no_share_of_a_line(product: Any, order: Any):
    offer = make_offer("Free shipping")
    type(offer.benefit).objects.update(type="Shipping percentage", value=100, range=None)
    made = order(product())
    assert made.discounts.get().amount == Decimal("11.50")
    assert made.lines.get().discounts.count() == 0


def engraved(basket: Basket, product: Product, *choices: tuple[str, str, Any]) -> None:
    """Add a product with options as Oscar does."""
    options = [
        {
            "option": Option.objects.get_or_create(code=code, name=name, type="text")[0],
            "value": value,
        }
        for code, name, value in choices
    ]
    basket.add_product(product, 1, options=options)


@pytest.fixture
def options_cart(product: Any, cart: Any) -> Basket:
    """A plain rod, one engraved "C-GULL" in red and blue, and one engraved "C-HAWK"."""
    rod = product("Rod", price="20.00")
    basket = cart(rod)
    engraved(basket, rod, ("text", "Engraving", "C-GULL"), ("colours", "Colours", ["red", "blue"]))
    engraved(basket, rod, ("text", "Engraving", "C-HAWK"), ("gift", "Gift", True))
    basket._lines = None
    price_basket(basket, None)
    return basket


OPTIONS = ["", "Engraving: C-GULL; Colours: red, blue", "Engraving: C-HAWK; Gift: yes"]


def test_line_records_the_chosen_options(options_cart: Basket, order: Any):
    # Mutation: _write_line_details() without the attributes: three lines that look the same
    made = order(basket=options_cart)
    lines = list(made.lines.order_by("pk"))
    assert [line.options for line in lines] == OPTIONS
    stored = [(each.option.code, each.type, each.value) for each in lines[1].attributes.all()]
    assert stored == [("text", "text", "C-GULL"), ("colours", "colours", ["red", "blue"])]
    Option.objects.all().delete()
    assert Line.objects.get(pk=lines[2].pk).options == "text: C-HAWK; gift: yes"


def test_options_are_shown_to_shoppers_and_staff(
    options_cart: Basket, order: Any, client: Any, staff: Any, settings: Any, stripe_double: Double
):
    # Mutation: each template without `line.options`
    settings.STAFF_MAIL = ["staff@example.com"]
    made = order(basket=options_cart)
    pay(order=made, confirmation_token=token(stripe_double))
    pages = {
        "order": text(client.get(reverse("orders:status", args=[made.number, status_token(made)]))),
        "admin": text(staff.get(order_url(made))),
        "ship": text(staff.get(action_url(made, "ship"))),
        "cancel": text(staff.get(action_url(made, "cancel-items"))),
    }
    for kind in ("order-confirmed", "order-for-staff"):
        email = compose(Message.objects.get(email_type=kind))
        pages |= {f"{kind}.txt": email.text, f"{kind}.html": email.html}
    for name, page in pages.items():
        times = 2 if name == "admin" else 1  # what to pack, and what was ordered
        assert [page.count(each) for each in OPTIONS[1:]] == [times, times], name
    assert "Plantraco" in pages["admin"]


def test_options_are_shown_with_shipments_cancellations_and_returns(
    options_cart: Basket, order: Any, client: Any, staff: Any, stripe_double: Double
):
    # Mutation: each template without its `line.options`
    made = order(basket=options_cart)
    pay(order=made, confirmation_token=token(stripe_double))
    made.refresh_from_db()
    lines = [line.pk for line in made.lines.order_by("pk")]
    cancel_items(order=made, quantities={lines[2]: 1}, reason="Broken", by=None)
    ship(made, 0, 1)
    ret = request_return(made, 0, 1)
    link = [made.number, status_token(made)]
    pages = {
        "order": text(client.get(reverse("returns:detail", args=[*link, ret.nth]))),
        "admin": text(staff.get(reverse("admin:returns_return_change", args=[ret.pk]))),
    }
    for kind in ("shipment-sent", "return-requested"):
        email = compose(Message.objects.get(email_type=kind))
        pages |= {f"{kind}.txt": email.text, f"{kind}.html": email.html}
    for name, page in pages.items():
        assert page.count(OPTIONS[1]) == 1, name
    email = compose(Message.objects.get(email_type="items-cancelled"))
    assert [email.text.count(OPTIONS[2]), email.html.count(OPTIONS[2])] == [1, 1]
    assert shipments_of(made)[0]["contents"] == [(1, "Rod", OPTIONS[1])]


def test_plain_product_is_not_added_to_a_line_with_options(product: Any, cart: Any):
    # Mutation: add_product() looked for the stock record only: the engraved line had 2 units
    rod = product("Rod", price="20.00")
    basket = cart()
    engraved(basket, rod, ("text", "Engraving", "C-GULL"))
    add_product(basket=basket, product_id=rod.pk, quantity=1, user=None)
    assert [line.quantity for line in basket.lines.order_by("pk")] == [1, 1]
    basket._lines = None
    assert [line.options for line in basket.all_lines()] == ["Engraving: C-GULL", ""]


def test_changed_line_is_found_among_others_with_the_same_sku(options_cart: Basket):
    # Mutation: amounts() by SKU: one of three lines was compared, and no change was reported
    first = make_quote(options_cart, country="CA", province="SK", shipping_code="ca-parcel")
    assert [line.options for line in first.lines] == OPTIONS
    line = options_cart.lines.order_by("pk")[1]
    line.quantity = 3
    line.save()
    now = Basket.objects.get(pk=options_cart.pk)
    price_basket(now, None)
    second = make_quote(now, country="CA", province="SK", shipping_code="ca-parcel")
    assert "Rod: the quantity is now 3 (was 1)." in changes_since(first.signed, second)
    assert first.fingerprint != second.fingerprint


def test_suppliers_with_the_same_sku_are_different_lines(product: Any, cart: Any):
    # Mutation: as above: "Butterfly was removed" for the other supplier's product
    plane, copy = product(), product("Copy", price="20.00")
    other = Partner.objects.create(name="Other")
    StockRecord.objects.filter(product=copy).update(
        partner=other, partner_sku=plane.stockrecords.get().partner_sku
    )
    quote = make_quote(cart(plane, copy), country="CA", province="SK", shipping_code="ca-parcel")
    assert len(quote.amounts()["lines"]) == 2
    assert len({line.sku for line in quote.lines}) == 1


def test_placing_with_options_and_discounts_takes_three_more_queries(
    options_cart: Basket, order: Any, product: Any, django_assert_max_num_queries: Any
):
    make_offer("Sale")
    basket = Basket.objects.get(pk=options_cart.pk)
    price_basket(basket, None)
    with django_assert_max_num_queries(50):
        made = order(basket=basket)
    assert Order.objects.get() == made
