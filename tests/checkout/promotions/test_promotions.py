"""Promotions: one form that writes Oscar's offers, ranges and codes, and prices that are true."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from oscar.apps.voucher.models import Voucher, VoucherSet

from accounts.users.models import User
from catalog.models import Category, Product
from catalog.partner.strategy import Selector
from checkout.basket.models import Basket
from checkout.offers.applicator import Applicator
from checkout.offers.models import Benefit, Condition, ConditionalOffer, Range
from checkout.promotions.models import Promotion, State
from checkout.promotions.preview import preview
from checkout.promotions.services import add_codes
from checkout.promotions.terms import describe, read_terms
from microflight.core.errors import ServiceError
from tests.admin_forms import open_form
from tests.checkout.factories import make_offer, make_product, make_voucher, put_in_category

ADD = "admin:promotions_promotion_add"
LIST = "admin:promotions_promotion_changelist"
pytestmark = pytest.mark.django_db


def change_url(offer: ConditionalOffer) -> str:
    return reverse("admin:promotions_promotion_change", args=[offer.pk])


@pytest.fixture
def motors() -> Category:
    """A category with one motor for $20.00; a propeller for $10.00 is in another one."""
    found = put_in_category(make_product("Motor", price="20.00", upc="MO-1"), "Motors")
    put_in_category(make_product("Propeller", price="10.00", upc="PR-1"), "Propellers")
    return found


def add(staff: Client, **values: Any) -> Any:
    data = {**open_form(staff, reverse(ADD)), **values}
    return staff.post(reverse(ADD), data)


def errors(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200
    return dict(answer.context["adminform"].form.errors)


def price(*items: Any, user: Any = None, codes: Any = ()) -> Decimal:
    """Return what a stored cart costs."""
    basket = Basket.objects.create()
    basket.strategy = Selector().strategy()
    for product, quantity in items:
        basket.add_product(product, quantity)
    basket.vouchers.add(*codes)
    basket.reset_offer_applications()
    Applicator().apply(basket, user or AnonymousUser())
    return Decimal(basket.total_excl_tax)


def motor() -> Product:
    return Product.objects.get(title="Motor")


def test_ten_percent_off_a_category_is_created(staff: Client, motors: Category) -> None:
    answer = add(staff, amount="10", categories=[motors.pk], last_day="2036-12-06")
    offer = Promotion.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, change_url(offer))
    assert (offer.name, offer.offer_type, offer.state) == ("10% off Motors", "Site", State.ACTIVE)
    assert describe(offer) == "10% off Motors, for everyone, until the end of 6 December 2036."
    assert offer.end_datetime == datetime(2036, 12, 7, 5, 59, 59, 999999, UTC)  # in Saskatoon
    assert price((motor(), 2)) == Decimal("36.00")
    assert price((Product.objects.get(title="Propeller"), 2)) == Decimal("20.00")


@pytest.mark.parametrize(
    ("values", "sentence", "before", "after"),
    [
        ({"what": "Percentage", "amount": "12,5"}, "12.5% off Motors", "20", "17.50"),
        ({"what": "Absolute", "amount": "1,50"}, "$1.50 off Motors together", "20", "18.50"),
        ({"what": "Fixed", "amount": "2"}, "$2.00 off each of Motors", "20", "18.00"),
        ({"what": "Fixed", "amount": "99"}, "$99.00 off each of Motors", "20", "0.00"),
        (
            {"what": "Fixed price", "amount": "50", "min_quantity": "3"},
            "3 of Motors for $50.00 together", "60", "50.00",
        ),
        (
            {"what": "Multibuy", "min_quantity": "3"},
            "Every 3 items, the cheapest is free: Motors", "60", "40.00",
        ),
        (
            {"what": "Percentage", "amount": "10", "min_spend": "30"},
            "10% off Motors, from $30.00 of them in the cart", "40", "36.00",
        ),
        ({"what": "free-shipping"}, "Free shipping with Motors", "20", "20.00"),
    ],
)  # fmt: skip
def test_preview_has_the_price_of_a_stored_cart(
    values: dict[str, str], sentence: str, before: str, after: str, staff: Client, motors: Category
) -> None:
    kind = {"Fixed": Benefit.FIXED_UNIT, "Absolute": Benefit.FIXED}
    values = values | {"what": kind.get(values["what"], values["what"])}
    assert add(staff, categories=[motors.pk], **values).status_code == 302
    shown = preview(Promotion.objects.get())
    assert shown.sentence == f"{sentence}, for everyone, without an end."
    (example,) = shown.examples
    assert (example.before, example.after, shown.number) == (Decimal(before), Decimal(after), 1)
    assert price((motor(), example.quantity)) == example.after


def test_live_preview_stores_nothing(staff: Client, motors: Category) -> None:
    data = {**open_form(staff, reverse(ADD)), "amount": "10", "categories": [motors.pk]}
    page = staff.post(reverse("admin:promotions_promotion_preview"), data).content.decode()
    assert "10% off Motors, for everyone, without an end." in page
    assert "$20.00</td><td>$18.00" in page
    page = staff.post(reverse("admin:promotions_promotion_preview"), data | {"amount": ""})
    assert "How much: Enter how much." in page.content.decode()
    assert not ConditionalOffer.objects.exists()
    assert not Range.objects.exists()


@pytest.mark.parametrize(
    ("values", "field", "error"),
    [
        ({"amount": "0"}, "amount", "Ensure this value is greater than or equal to 0.01."),
        ({"amount": "100.01"}, "amount", "Enter a percentage up to 100."),
        ({"amount": "-5"}, "amount", "Ensure this value is greater than or equal to 0.01."),
        ({"amount": ""}, "amount", "Enter how much."),
        ({"amount": "ten"}, "amount", "Enter a number."),
        (
            {"what": "Multibuy", "amount": "5", "min_quantity": "3"}, "amount",
            "Leave it empty: it is free.",
        ),
        (
            {"what": "Multibuy", "amount": ""}, "min_quantity",
            "Enter 2 or more, such as 3 for “3 for 2”.",
        ),
        (
            {"min_quantity": "2", "min_spend": "9"}, "min_spend",
            "Enter a number of items or an amount, not both.",
        ),
        ({"categories": []}, "scope", "Choose categories, product types or products."),
        (
            {"scope": "all"}, "scope",
            "Clear the choice of products below, or do not choose all products.",
        ),
        (
            {"first_day": "2027-02-02", "last_day": "2027-02-01"}, "last_day",
            "It ends before it starts.",
        ),
        ({"code": "SPRING"}, "code", "Choose above who gets it with the code."),
        ({"who": "code-set"}, "codes", "Enter how many codes to generate."),
        ({"codes": "5"}, "codes", "Choose a set of codes above, or leave this empty."),
        ({"skus": "MO-1, no-such"}, "skus", "No product has these SKUs: NO-SUCH."),
        ({"skus": "\0"}, "skus", "Null characters are not allowed."),
        (
            {"amount": "9" * 10_000}, "amount",
            "Ensure that there are no more than 12 digits in total.",
        ),
    ],
)  # fmt: skip
def test_wrong_form_keeps_what_was_typed_and_stores_nothing(
    values: dict[str, Any], field: str, error: str, staff: Client, motors: Category
) -> None:
    typed = {"amount": "10", "categories": [motors.pk], "name": "Été 🛩 عرض", **values}
    answer = add(staff, **typed)
    assert error in errors(answer)[field]
    form = answer.context["adminform"].form
    shown = {name: form[name].value() for name in typed}
    assert {n: v for n, v in shown.items() if n != "categories"} == {
        n: v for n, v in typed.items() if n != "categories"
    }
    assert not ConditionalOffer.objects.exists()
    assert not Range.objects.exists()


def test_skus_in_any_case_and_chosen_products_are_the_products(
    staff: Client, motors: Category
) -> None:
    propeller = Product.objects.get(title="Propeller")
    add(staff, amount="5", skus=" mo-1\r\n", products=[propeller.pk])
    offer = Promotion.objects.get()
    assert set(offer.condition.range.included_products.all()) == {motor(), propeller}
    assert price((motor(), 1), (propeller, 1)) == Decimal("28.50")


def test_one_time_code_is_generated_and_works_once(staff: Client, motors: Category) -> None:
    add(staff, amount="5", scope="all", who="one-time-code", last_day="2036-01-01")
    voucher = Voucher.objects.get()
    assert voucher.usage == Voucher.SINGLE_USE
    assert len(voucher.code.replace("-", "")) == 12
    assert price((motor(), 1), codes=[voucher]) == Decimal("19.00")
    assert price((motor(), 1)) == Decimal("20.00")


def test_code_is_stored_in_capitals_without_spaces_and_unique(
    staff: Client, motors: Category
) -> None:
    add(staff, amount="5", scope="all", who="code", code=" été 24 ")
    assert Voucher.objects.get().code == "ÉTÉ24"
    answer = add(staff, amount="5", scope="all", who="code", code="Été24")
    assert errors(answer)["code"] == ["Another promotion has the code ÉTÉ24."]
    assert ConditionalOffer.objects.count() == 1


def test_code_without_an_offer_is_taken_too(staff: Client, motors: Category) -> None:
    make_voucher("SPRING").offers.clear()
    answer = add(staff, amount="5", scope="all", who="code", code="spring")
    assert errors(answer)["code"] == ["Another promotion has the code SPRING."]


def test_preview_counts_no_product_without_discounts(motors: Category) -> None:
    Product.objects.filter(title="Motor").update(is_discountable=False)
    assert preview(make_offer("Ten off")).number == 1


def test_set_of_codes_cannot_be_guessed_and_is_downloaded(staff: Client, motors: Category) -> None:
    add(staff, amount="5", scope="all", who="code-set", codes="25")
    offer = Promotion.objects.get()
    codes = set(Voucher.objects.values_list("code", flat=True))
    assert len(codes) == VoucherSet.objects.get().count == 25
    url = reverse("admin:promotions_promotion_codes", args=[offer.pk])
    answer = staff.get(url)
    rows = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert {row.split(",")[0] for row in rows[1:]} == codes
    used = Voucher.objects.first()
    assert price((motor(), 1), codes=[used]) == Decimal("19.00")
    with pytest.raises(ServiceError):
        add_codes(offer, 5_001)
    assert Voucher.objects.count() == 25


def test_accounts_get_what_guests_do_not(staff: Client, motors: Category, alice: User) -> None:
    add(staff, amount="5", scope="all", who="accounts")
    assert price((motor(), 1), user=alice) == Decimal("19.00")
    assert price((motor(), 1)) == Decimal("20.00")


def test_suspended_code_gives_nothing(staff: Client, motors: Category) -> None:
    add(staff, amount="5", scope="all", who="code", code="SPRING")
    offer = Promotion.objects.get()
    voucher = Voucher.objects.get()
    assert price((motor(), 1), codes=[voucher]) == Decimal("19.00")
    form = open_form(staff, change_url(offer))
    assert staff.post(change_url(offer), form | {"status": "Suspended"}).status_code == 302
    assert Promotion.objects.get().state == State.SUSPENDED
    assert price((motor(), 1), codes=[voucher]) == Decimal("20.00")


def test_edited_promotion_keeps_its_rows(staff: Client, motors: Category) -> None:
    add(staff, amount="10", categories=[motors.pk], first_day="2036-01-02", last_day="2036-01-09")
    offer = Promotion.objects.get()
    assert offer.state == State.SCHEDULED
    form = open_form(staff, change_url(offer))
    shown = [form[name] for name in ("amount", "first_day", "last_day")]
    assert shown == [["10.00"], ["2036-01-02"], ["2036-01-09"]]
    assert (
        staff.post(change_url(offer), form | {"amount": "20", "first_day": ""}).status_code == 302
    )
    changed = Promotion.objects.get()
    assert (changed.pk, changed.benefit_id, changed.condition.range_id) == (
        offer.pk, offer.benefit_id, offer.condition.range_id,
    )  # fmt: skip
    assert (changed.benefit.value, changed.start_datetime) == (20, None)
    assert [each.objects.count() for each in (Range, Condition, Benefit)] == [1, 1, 1]


@pytest.mark.parametrize(("name", "after"), [("", "20% off Motors"), ("Motor week", "Motor week")])
def test_name_that_was_made_follows_a_change(
    name: str, after: str, staff: Client, motors: Category
) -> None:
    add(staff, amount="15", categories=[motors.pk], name=name)
    offer = Promotion.objects.get()
    staff.post(change_url(offer), open_form(staff, change_url(offer)) | {"amount": "20"})
    assert Promotion.objects.get().name == after


def test_shared_rules_of_other_offers_stay(staff: Client, motors: Category) -> None:
    # Mutation: without _is_shared(), the other offer got the new products
    first = make_offer("First")
    second = ConditionalOffer.objects.create(
        name="Second", condition=first.condition, benefit=first.benefit
    )
    form = open_form(staff, change_url(second))
    changes = {"amount": "20", "scope": "some", "categories": [motors.pk]}
    assert staff.post(change_url(second), form | changes).status_code == 302
    first, second = ConditionalOffer.objects.order_by("pk")
    assert (first.benefit.value, first.condition.range.includes_all_products) == (10, True)
    assert (second.benefit.value, second.condition.range.includes_all_products) == (20, False)


def test_promotion_with_codes_keeps_them(staff: Client, motors: Category) -> None:
    add(staff, amount="5", scope="all", who="code", code="SPRING", last_day="2036-01-01")
    offer = Promotion.objects.get()
    form = open_form(staff, change_url(offer))
    answer = staff.post(change_url(offer), form | {"who": "everyone", "code": ""})
    assert errors(answer)["who"] == [
        "Shoppers have it with or without a code. Create a new promotion instead."
    ]
    form |= {"who": "one-time-code", "last_day": "2036-01-02"}
    assert staff.post(change_url(offer), form).status_code == 302
    voucher = Voucher.objects.get()
    assert (voucher.code, voucher.usage) == ("SPRING", Voucher.SINGLE_USE)
    assert timezone.localtime(voucher.end_datetime).date() == date(2036, 1, 2)


def test_offer_beyond_the_form_has_the_detailed_page(staff: Client) -> None:
    offer = make_offer("Bundle")
    Benefit.objects.update(range=Range.objects.create(name="Batteries"))
    assert read_terms(Promotion.objects.get()) is None
    answer = staff.get(change_url(offer))
    assert answer["Location"] == reverse("admin:offer_conditionaloffer_change", args=[offer.pk])


def test_several_codes_of_one_offer_have_the_detailed_page() -> None:
    voucher = make_voucher("SPRING")
    offer = Promotion.objects.get()
    assert (read_terms(offer) or {})["who"] == "code"
    make_voucher("AUTUMN", offer=voucher.offers.get())
    assert read_terms(offer) is None


def test_conflicts_name_what_does_not_apply(staff: Client, motors: Category) -> None:
    add(staff, what="free-shipping", scope="all", name="Free shipping", exclusive="")
    add(staff, amount="10", categories=[motors.pk], priority="5")
    page = staff.get(change_url(Promotion.objects.get(name="10% off Motors"))).content.decode()
    text = (
        "“10% off Motors” is exclusive, and “10% off Motors” is applied first: "
        "“Free shipping” will not apply to the same items."
    )
    assert text in page
    answer = add(
        staff, amount="1", scope="all", combinations=[Promotion.objects.first().pk], exclusive="on"
    )
    assert "combinations" in errors(answer)


def test_list_shows_states_in_few_queries(
    staff: Client, motors: Category, django_assert_max_num_queries: Any
) -> None:
    now, day = timezone.now(), timedelta(days=1)
    make_offer("Running")
    make_offer("Later", start_datetime=now + day)
    make_offer("Over", end_datetime=now - day)
    make_offer("Off", status="Suspended")
    make_voucher("SPRING", start_datetime=now - 2 * day, end_datetime=now - day)
    with django_assert_max_num_queries(12):
        page = staff.get(reverse(LIST)).content.decode()
    for state in ("active", "scheduled", "ended", "suspended"):
        assert f"state-promotion-{state}" in page
    for state, names in {
        "active": {"Running"}, "scheduled": {"Later"}, "suspended": {"Off"},
        "ended": {"Over", "Voucher SPRING"}, "used-up": set(),
    }.items():  # fmt: skip
        answer = staff.get(reverse(LIST), {"state": state})
        assert {each.name for each in answer.context["cl"].result_list} == names


def test_staff_without_permission_see_no_form(client: Client, bob: User, motors: Category) -> None:
    offer = make_offer("Ten off")
    bob.is_staff = True
    bob.save()
    client.force_login(bob)
    assert client.get(reverse(ADD)).status_code == 403
    assert client.get(change_url(offer)).status_code == 403
    url = reverse("admin:promotions_promotion_preview", args=[offer.pk])
    assert client.post(url, {"amount": "20"}).status_code == 403
    assert (
        client.get(reverse("admin:promotions_promotion_codes", args=[offer.pk])).status_code == 403
    )
