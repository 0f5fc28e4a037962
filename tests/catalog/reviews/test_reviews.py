"""Reviews: by verified buyers, moderated, stored in the read model."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.users.models import User
from catalog.cards import cards_of
from catalog.models import Product
from catalog.read_model import details_of
from catalog.reviews.models import ProductReview
from checkout.order.models import Order
from tests.accounts.orders import make_order, record_shipment
from tests.admin_forms import open_form
from tests.catalog import factories
from tests.checkout.shopper import text

pytestmark = pytest.mark.django_db
REVIEW = {"score": "4", "title": "Flies indoors", "body": "Slow\nand steady.", "name": "Moth"}


@pytest.fixture
def rod() -> Product:
    return factories.product("Rod", sku="MF-CR-1")


def url(product: Product) -> str:
    return f"/account/reviews/{product.pk}/"


def buy(user: User, product: Product, *, shipped: bool = True) -> Order:
    """Place an order of a product, or variant, and ship it."""
    order = make_order(user=user, number=str(200000 + Order.objects.count()))
    order.lines.update(product=None)
    first = order.lines.order_by("pk").first()
    type(first).objects.filter(pk=first.pk).update(product=product)
    if shipped:
        record_shipment(order)
    return order


def write(user: User, product: Product, **fields: Any) -> ProductReview:
    values = {"score": 4, "title": "Flies", "body": "Well.", "name": "Moth", **fields}
    return ProductReview.objects.create(user=user, product=product, **values)


def moderate(staff: Client, review: ProductReview, status: int, reason: str = "") -> Any:
    page = f"/admin/reviews/productreview/{review.pk}/change/"
    return staff.post(page, open_form(staff, page) | {"status": status, "decline_reason": reason})


def page_of(product: Product) -> str:
    cache.clear()
    return text(Client().get(product.get_absolute_url()))


def test_buyer_writes_a_review_that_waits_for_staff(
    client: Client, alice: User, rod: Product
) -> None:
    buy(alice, rod)
    client.force_login(alice)
    page = text(client.get(url(rod)))
    assert "Your review will be public" in page
    assert 'href="/policies/privacy/"' in page
    assert client.post(url(rod), REVIEW).url == "/account/reviews/"
    review = ProductReview.objects.get()
    assert (review.user, review.score, review.name) == (alice, 4, "Moth")
    assert review.status == ProductReview.FOR_MODERATION
    assert "waiting for our staff" in text(client.get("/account/reviews/"))
    shown = page_of(rod)
    assert "No reviews yet." in shown
    assert "Flies indoors" not in shown


@pytest.mark.parametrize("case", ["not bought", "not shipped", "other product", "bob's order"])
def test_only_buyers_whose_order_shipped_can_review(
    client: Client, alice: User, bob: User, rod: Product, case: str
) -> None:
    if case == "not shipped":
        buy(alice, rod, shipped=False)
    elif case == "other product":
        buy(alice, factories.product("Motor"))
    elif case == "bob's order":
        buy(bob, rod)
    client.force_login(alice)
    for response in (client.get(url(rod)), client.post(url(rod), REVIEW)):
        assert response.status_code == 403
        assert "once your order has shipped" in text(response)
    assert not ProductReview.objects.exists()


def test_guest_is_sent_to_login(client: Client, rod: Product) -> None:
    assert client.post(url(rod), REVIEW).url == f"/account/login/?next={url(rod)}"
    assert not ProductReview.objects.exists()


def test_buyer_of_a_variant_reviews_its_product(client: Client, alice: User) -> None:
    parent = factories.with_variants("Propeller", ["2.00", "3.00"])
    buy(alice, parent.children.first())
    client.force_login(alice)
    client.post(url(parent), REVIEW)
    assert ProductReview.objects.get().product == parent
    assert client.get(url(parent.children.first())).status_code == 404


def test_approved_review_is_shown_and_a_change_waits_again(
    client: Client, staff: Client, alice: User, rod: Product
) -> None:
    buy(alice, rod)
    customer = Client()
    customer.force_login(alice)
    customer.post(url(rod), REVIEW)
    moderate(staff, ProductReview.objects.get(), ProductReview.APPROVED)
    shown = page_of(rod)
    assert "Flies indoors" in shown
    assert "<p>Slow<br>and steady.</p>" in shown
    assert "Moth · verified buyer" in shown
    assert alice.email not in shown
    customer.post(url(rod), REVIEW | {"score": "2", "title": "Broke"})
    review = ProductReview.objects.get()
    assert (review.score, review.status) == (2, ProductReview.FOR_MODERATION)
    shown = page_of(rod)
    assert "Flies indoors" not in shown
    assert "Broke" not in shown


def test_declined_review_needs_a_reason_that_its_author_reads(
    staff: Client, alice: User, rod: Product
) -> None:
    review = write(alice, rod)
    assert "Enter a reason." in text(moderate(staff, review, ProductReview.REJECTED))
    review.refresh_from_db()
    assert review.status == ProductReview.FOR_MODERATION
    moderate(staff, review, ProductReview.REJECTED, "It names a person.")
    customer = Client()
    customer.force_login(alice)
    assert "It names a person." in text(customer.get("/account/reviews/"))
    assert "No reviews yet." in page_of(rod)
    customer.post(url(rod), REVIEW)
    review.refresh_from_db()
    assert (review.status, review.decline_reason) == (ProductReview.FOR_MODERATION, "")


def test_staff_cannot_change_what_the_customer_wrote(
    staff: Client, alice: User, rod: Product
) -> None:
    review = write(alice, rod)
    page = f"/admin/reviews/productreview/{review.pk}/change/"
    changes = {"status": 1, "title": "x", "score": "5", "body": "x", "name": "x"}
    staff.post(page, open_form(staff, page) | changes)
    review.refresh_from_db()
    assert (review.status, review.title, review.score, review.body) == (1, "Flies", 4, "Well.")


@pytest.mark.parametrize(
    "change",
    [
        {"score": "0"}, {"score": "6"}, {"score": "4.5"}, {"score": ""}, {"title": ""},
        {"title": "x" * 121}, {"title": "a\nb"}, {"body": "x" * 2001}, {"body": "\x00"},
        {"name": ""}, {"name": "x" * 41}, {"body": "4242 4242 4242 4242"},
    ],
)  # fmt: skip
def test_invalid_review_is_rejected(
    client: Client, alice: User, rod: Product, change: dict[str, str]
) -> None:
    buy(alice, rod)
    client.force_login(alice)
    assert client.post(url(rod), REVIEW | change).status_code == 422
    assert not ProductReview.objects.exists()


def test_average_counts_approved_reviews_only(alice: User, bob: User, rod: Product) -> None:
    carol = User.objects.create_user("carol@example.com")
    write(alice, rod, score=5, status=ProductReview.APPROVED)
    write(bob, rod, score=4, status=ProductReview.APPROVED)
    write(carol, rod, score=1)
    (card,) = cards_of([rod.pk])
    assert (card.rating, card.review_count) == (Decimal("4.5"), 2)
    feedback = details_of(rod.pk, Product.objects.get(pk=rod.pk).details).feedback
    assert (feedback.rating, feedback.count, len(feedback.reviews)) == (Decimal("4.5"), 2, 2)
    assert "(2" in text(Client().get("/catalogue/"))


def test_card_without_reviews_shows_no_rating(rod: Product) -> None:
    (card,) = cards_of([rod.pk])
    assert (card.rating, card.review_count) == (None, 0)
    assert 'class="rating"' not in text(Client().get("/catalogue/"))
    assert 'class="rating"' not in page_of(rod)


def test_reviews_take_no_query_on_the_page(
    alice: User, bob: User, rod: Product, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = Client()
    client.get("/catalogue/")
    with django_assert_num_queries(1):
        cards_of([rod.pk])
    write(alice, rod, status=ProductReview.APPROVED)
    write(bob, rod, status=ProductReview.APPROVED)
    with django_assert_num_queries(1):
        cards_of([rod.pk])


def test_deleted_account_takes_its_review_off_the_page(
    staff: Client, alice: User, rod: Product
) -> None:
    write(alice, rod, title="Great", status=ProductReview.APPROVED)
    assert "Great" in page_of(rod)
    staff.post(f"/admin/users/user/{alice.pk}/delete/", {"post": "yes"})
    assert not ProductReview.objects.exists()
    (card,) = cards_of([rod.pk])
    assert card.review_count == 0


def test_product_with_reviews_can_be_deleted(alice: User, rod: Product) -> None:
    write(alice, rod, status=ProductReview.APPROVED)
    rod.delete()
    assert not ProductReview.objects.exists()


def test_markup_in_a_review_is_text(alice: User, rod: Product) -> None:
    write(alice, rod, title="<b>x</b>", body="<script>", status=ProductReview.APPROVED)
    shown = page_of(rod)
    assert "&lt;b&gt;x&lt;/b&gt;" in shown
    assert "<p>&lt;script&gt;</p>" in shown


def test_sixth_review_is_behind_a_summary(rod: Product) -> None:
    for number in range(6):
        user = User.objects.create_user(f"pilot{number}@example.com")
        write(user, rod, title=f"Review {number}", status=ProductReview.APPROVED)
    shown = page_of(rod)
    assert shown.index("Review 5") < shown.index("Show more reviews") < shown.index("Review 0")
    assert ProductReview.objects.filter(date_created__lte=timezone.now()).count() == 6
