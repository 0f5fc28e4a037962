"""Previews, copies and uploads of the product form; moves in the category tree."""

from datetime import UTC, datetime
from functools import partial

import pytest
import time_machine
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from catalog import image_uploads, tasks
from catalog.descriptions import description_html
from catalog.models import Category, Product, ProductClass, ProductImage
from catalog.partner.models import StockMovement, StockRecord
from catalog.redirects.models import Redirect
from microflight.core import page_cache
from microflight.core.image_uploads import reencode
from tests.admin_forms import open_form
from tests.catalog.product_form import ADD, png, typed
from tests.concurrency import run_concurrently


def change_url(product: Product) -> str:
    return reverse("admin:catalogue_product_change", args=[product.pk])


def test_preview_shows_the_page_and_saves_nothing(
    staff: Client,
    paint: ProductClass,
    paints: Category,
) -> None:
    stamp = cache.get(page_cache.STAMP)
    data = typed(paint, paints, description="A **dull** red", is_public="", _preview="1")
    page = staff.post(ADD, data).content.decode()
    assert "<strong>dull</strong>" in page
    assert "$4.50" in page
    assert "Add to cart" in page
    assert not Product.objects.exists()
    assert not StockMovement.objects.exists()
    assert cache.get(page_cache.STAMP) == stamp


def test_preview_of_a_stored_product_keeps_it(staff: Client, four: Product) -> None:
    page = open_form(staff, change_url(four)) | {"title": "Varnish", "_preview": "1"}
    page.pop("is_public")
    assert "Varnish" in staff.post(change_url(four), page).content.decode()
    four.refresh_from_db()
    assert (four.title, four.is_public) == ("Paint", True)


def test_preview_with_an_error_shows_the_form(
    staff: Client,
    paint: ProductClass,
    paints: Category,
) -> None:
    answer = staff.post(ADD, typed(paint, paints, title="", _preview="1"))
    assert answer.context["errors"]


def test_description_is_markdown_or_html() -> None:
    assert description_html("# Big\n\n- one\n- two") == (
        "<h3>Big</h3>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>"
    )
    html = "<p>Fish &amp; chips</p>\n<p>More</p>"
    assert description_html(html) == html
    hostile = description_html("<script>alert(1)</script>\n\n[x](javascript:alert(1))")
    assert hostile.strip() == "<p>[x](javascript:alert(1))</p>"


def test_copy_has_everything_but_sku_stock_and_orders(staff: Client, four: Product) -> None:
    four.images.create(original="images/a.png", caption="Lid", display_order=0)
    url = reverse("admin:catalogue_product_action", args=[four.pk, "duplicate"])
    answer = staff.post(url, {"name": "Varnish"})
    made = Product.objects.get(title="Varnish")
    assert answer.headers["Location"] == change_url(made)
    assert (made.is_public, made.upc or "", made.slug) == (False, "", "varnish")
    assert list(made.categories.all()) == list(four.categories.all())
    assert made.facts.battery == "none"
    assert [one.caption for one in made.images.all()] == ["Lid"]
    values = [str(row.value) for row in made.attribute_values.all()]
    assert values == ["Humbrol"]
    titles = [one.title for one in made.children.order_by("pk")]
    assert titles == [one.title for one in four.children.order_by("pk")]
    assert not StockRecord.objects.filter(product__parent=made).exists()
    assert StockRecord.objects.count() == 4


def test_staff_without_the_right_to_add_do_not_copy(
    client: Client,
    bob: User,
    four: Product,
) -> None:
    bob.is_staff = True
    bob.save()
    client.force_login(bob)
    url = reverse("admin:catalogue_product_action", args=[four.pk, "duplicate"])
    assert client.post(url, {"name": "Varnish"}).status_code == 403
    assert not Product.objects.filter(title="Varnish").exists()


@pytest.mark.django_db
def test_only_old_uploads_without_a_product_are_deleted() -> None:
    image = reencode(png())
    with time_machine.travel(datetime(2026, 11, 28, 18, tzinfo=UTC), tick=False):
        names = [image_uploads.stored_name(image_uploads.store(image)) for _ in range(2)]
    with time_machine.travel(datetime(2026, 11, 29, 18, tzinfo=UTC), tick=False):
        names.append(image_uploads.stored_name(image_uploads.store(image)))
    kind = ProductClass.objects.create(name="Motor")
    motor = Product.objects.create(title="Motor", product_class=kind)
    ProductImage.objects.create(product=motor, original=names[0])
    with time_machine.travel(datetime(2026, 11, 30, 18, tzinfo=UTC), tick=False):
        assert tasks.delete_uploads() == 1
    assert [default_storage.exists(name) for name in names] == [True, False, True]


@pytest.fixture
def tree(db: None) -> dict[str, Category]:
    """Motors with Brushed and Brushless below, then Gear."""
    motors = Category.objects.add_root(instance=Category(name="Motors"))
    for name in ("Brushed", "Brushless"):
        motors.refresh_from_db()
        motors.add_child(name=name)
    Category.objects.add_root(instance=Category(name="Gear"))
    return {one.name: one for one in Category.objects.all()}


@pytest.mark.parametrize(
    ("name", "direction", "expected"),
    [
        ("Gear", "up", ["1 Gear", "1 Motors", "2 Brushed", "2 Brushless"]),
        ("Motors", "down", ["1 Gear", "1 Motors", "2 Brushed", "2 Brushless"]),
        ("Gear", "in", ["1 Motors", "2 Brushed", "2 Brushless", "2 Gear"]),
        ("Brushed", "out", ["1 Motors", "2 Brushless", "1 Brushed", "1 Gear"]),
        ("Motors", "up", ["1 Motors", "2 Brushed", "2 Brushless", "1 Gear"]),
        ("Gear", "elsewhere", ["1 Motors", "2 Brushed", "2 Brushless", "1 Gear"]),
    ],
)
def test_category_moves_one_step(
    staff: Client, tree: dict[str, Category], name: str, direction: str, expected: list[str]
) -> None:
    listed = reverse("admin:catalogue_category_changelist")
    assert staff.post(listed, {"_move": f"{tree[name].pk}:{direction}"}).status_code == 302
    rows = Category.objects.order_by("path")
    assert [f"{one.depth} {one.name}" for one in rows] == expected
    assert Category.objects.find_problems() == ([], [], [], [], [])


def test_moved_category_redirects_from_its_old_url(
    staff: Client, client: Client, tree: dict[str, Category]
) -> None:
    old = tree["Brushed"].get_absolute_url()
    listed = reverse("admin:catalogue_category_changelist")
    staff.post(listed, {"_move": f"{tree['Brushed'].pk}:out"})
    new = Category.objects.get(name="Brushed").get_absolute_url()
    assert new != old
    assert Redirect.objects.get().new_path == new


def test_category_is_moved_only_with_the_right_to_change(
    client: Client, bob: User, tree: dict[str, Category]
) -> None:
    bob.is_staff = True
    bob.save()
    client.force_login(bob)
    listed = reverse("admin:catalogue_category_changelist")
    assert client.post(listed, {"_move": f"{tree['Gear'].pk}:up"}).status_code == 403
    assert Category.objects.order_by("path").last() == tree["Gear"]


@pytest.mark.django_db(transaction=True)
def test_simultaneous_moves_keep_the_tree_intact(
    needs_postgres: None, charlie: User, tree: dict[str, Category]
) -> None:
    listed = reverse("admin:catalogue_category_changelist")

    def move(name: str, direction: str) -> int:
        browser = Client()
        browser.force_login(charlie)
        return browser.post(listed, {"_move": f"{tree[name].pk}:{direction}"}).status_code

    moves = [("Gear", "up"), ("Brushed", "out"), ("Motors", "down"), ("Brushless", "up")]
    answers = run_concurrently(*(partial(move, *each) for each in moves))
    assert answers == [302] * 4
    assert Category.objects.find_problems() == ([], [], [], [], [])
    assert Category.objects.count() == 4
