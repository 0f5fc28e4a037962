"""Old URLs: 301 to their replacement, 410 for what was withdrawn, 404 for what never existed."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog import tree
from catalog.models import Category, Product
from catalog.redirects import seed
from catalog.redirects.models import Redirect
from catalog.redirects.old_urls import candidates, normalize
from tests.admin_forms import open_form
from tests.catalog import factories

pytestmark = pytest.mark.django_db
ZEN = "/index.php?main_page=product_info&products_id=12"


def rows() -> dict[str, str]:
    return dict(Redirect.objects.values_list("old_path", "new_path"))


def add(old: str, new: str) -> Redirect:
    return Redirect.objects.create(old_path=normalize(old), new_path=new)


def save(staff: Client, old: str, new: str) -> str:
    """Add a redirect in the admin; return the page."""
    url = reverse("admin:redirects_redirect_add")
    form = {"old_path": old, "new_path": new}
    return staff.post(url, form, follow=True).content.decode()


@pytest.mark.parametrize(
    "url",
    [
        ZEN,
        "/index.php?products_id=12&main_page=product_info",
        "/index.php/?main_page=product_info&products_id=12",
        f"{ZEN}&zenid=0123456789abcdef&cPath=3_4&utm_source=x",
    ],
)
def test_old_shop_url_redirects_whatever_its_session(client: Client, url: str) -> None:
    add(ZEN, "/contact/")
    answer = client.get(url)
    assert (answer.status_code, answer["Location"]) == (301, "/contact/")
    assert answer["Cache-Control"] == "public, max-age=3600"


def test_redirect_with_the_most_parameters_is_used(client: Client) -> None:
    add("/index.php", "/")
    add("/index.php?main_page=product_info", "/catalogue/")
    add(ZEN, "/contact/")
    assert client.get(ZEN)["Location"] == "/contact/"
    assert client.get(ZEN + "3")["Location"] == "/catalogue/"
    assert client.get("/index.php?x=1")["Location"] == "/"
    assert client.get("/index.php5?x=1").status_code == 404


def test_only_a_404_is_looked_up(client: Client) -> None:
    add("/contact/", "/")
    client.get("/contact/")
    with CaptureQueriesContext(connection) as seen:
        assert client.get("/contact/").status_code == 200
    assert [one["sql"] for one in seen if "redirects_redirect" in one["sql"]] == []
    client.get("/nowhere/")
    with CaptureQueriesContext(connection) as seen:
        assert client.get("/nowhere/").status_code == 404
    assert len([one for one in seen if "redirects_redirect" in one["sql"]]) == 1
    assert client.post(ZEN).status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "/nowhere/" + "x" * 10_000,
        "/nowhere/?" + "&".join(f"a{n}={n}" for n in range(500)),
        "/nowhere/%00?a=%00",
        "/nowhere/%FF%FE?%FF=%F0%9F%98%80&مرحبا=%2F%2Fevil.example",
        "//evil.example/nowhere/",
    ],
)
def test_odd_url_is_not_found(client: Client, url: str) -> None:
    assert client.get(url).status_code == 404
    assert len(candidates("/x", [(f"a{n}", str(n)) for n in range(500)])) == 176


def test_staff_enter_a_url_in_any_spelling(staff: Client) -> None:
    save(staff, "https://www.example.com/Caf%C3%A9/?b=2&a=1#top", "/contact/")
    assert rows() == {"/Café?a=1&b=2": "/contact/"}
    assert "already exists" in save(staff, "/Café?b=2&a=1", "/")
    assert staff.get("/Caf%C3%A9?a=1&b=2")["Location"] == "/contact/"


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("old.html", "/", "Enter a URL of this shop that begins with"),
        ("/x?a=1&b=2&c=3&d=4", "/", "Enter at most 3 query parameters"),
        ("/x", "https://evil.example/", "Enter a page of the shop"),
        ("/x", "//evil.example/", "Enter a page of the shop"),
        ("/x", "/nowhere/at/all/", "Enter a page of the shop"),
        ("/contact", "/contact/", "This would be a loop"),
    ],
)
def test_wrong_redirect_is_rejected(staff: Client, old: str, new: str, error: str) -> None:
    assert error in save(staff, old, new)
    assert rows() == {}


def test_chains_are_collapsed_in_both_directions(staff: Client) -> None:
    # Mutation: without `collapse`, /a redirects to /b-old/ still
    add("/b-old", "/contact/")
    product = factories.product("Rod", slug="rod")
    old = product.get_absolute_url()
    add("/a", old)
    Product.objects.filter(pk=product.pk).update(slug="carbon-rod")
    save(staff, "/c", old)
    assert rows()["/c"] == old
    save(staff, old, "/contact/")
    assert {rows()[key] for key in ("/a", "/c", normalize(old))} == {"/contact/"}


def test_loop_is_rejected_and_changes_nothing(staff: Client) -> None:
    product = factories.product("Rod")
    add(product.get_absolute_url(), "/contact/")
    page = save(staff, "/contact/", product.get_absolute_url())
    assert "This would be a loop" in page
    assert rows() == {normalize(product.get_absolute_url()): "/contact/"}


@pytest.mark.parametrize("new", ["//evil.example/", "https://evil.example/", "/a", "/a/"])
def test_database_rejects_another_site_and_itself(new: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Redirect.objects.create(old_path="/a", new_path=new)


# --- Added automatically -------------------------------------------------------------------------


def test_renamed_product_redirects_even_when_it_is_withdrawn_later(client: Client) -> None:
    product = factories.product("Rod", slug="rod")
    first = product.get_absolute_url()
    product.slug = "carbon-rod"
    product.save()
    second = product.get_absolute_url()
    assert rows() == {normalize(first): second}
    assert client.get(first)["Location"] == second
    product.slug, product.is_public = "rod", False
    product.save()
    assert rows() == {normalize(second): first, normalize(first): ""}
    assert client.get(second)["Location"] == first
    assert client.get(first).status_code == 410


def test_withdrawn_product_is_gone_with_a_helpful_page(client: Client) -> None:
    gear = factories.category("Rods")
    product = factories.product("Thin rod", into=gear)
    factories.product("Thick rod", into=gear)
    factories.product("Sold rod", into=gear, stock=0)
    product.is_public = False
    product.save()
    answer = client.get(product.get_absolute_url() + "?variant=3")
    page = answer.content.decode()
    assert answer.status_code == 410
    assert answer["X-Robots-Tag"] == "noindex"
    assert "<h1>Thin rod is no longer available</h1>" in page
    assert "Thick rod" in page
    assert "Sold rod" not in page
    assert f'href="{gear.get_absolute_url()}"' in page
    assert client.get("/catalogue/" + "thin-rod_999999/").status_code == 404


def test_product_that_was_never_public_is_not_found(client: Client) -> None:
    draft = factories.product("Draft", is_public=False)
    draft.slug = "other"
    draft.save()
    assert rows() == {}
    assert client.get(draft.get_absolute_url()).status_code == 404
    draft.delete()
    assert rows() == {}


def test_product_that_returns_is_no_longer_gone(client: Client) -> None:
    product = factories.product("Rod")
    for is_public in (False, True):
        product.is_public = is_public
        product.save()
    assert rows() == {}
    assert client.get(product.get_absolute_url()).status_code == 200


def test_deleted_product_is_gone(client: Client) -> None:
    product = factories.product("Rod")
    url = product.get_absolute_url()
    product.delete()
    answer = client.get(url)
    assert answer.status_code == 410
    assert "This page is no longer available" in answer.content.decode()


def change(staff: Client, category: Category, **fields: object) -> None:
    """Submit the admin form of a category with some fields changed."""
    url = reverse("admin:catalogue_category_change", args=[category.pk])
    form = open_form(staff, url) | fields
    answer = staff.post(url, {name: value for name, value in form.items() if value is not None})
    assert answer.status_code == 302, answer.context["adminform"].form.errors


def test_moved_category_redirects_with_all_below_it(staff: Client) -> None:
    gear, kits = factories.category("Gear"), factories.category("Kits")
    motors = factories.category("Motors", gear)
    small = factories.category("Small", motors)
    before = [normalize(one.get_absolute_url()) for one in (motors, small)]
    change(staff, motors, parent=kits.pk, after="")
    after = [tree.load().by_pk[one.pk].url for one in (motors, small)]
    assert after[1] == f"/catalogue/category/kits/motors/small_{small.pk}/"
    assert rows() == dict(zip(before, after, strict=True))


def test_hidden_and_deleted_categories_redirect_to_the_one_above(staff: Client) -> None:
    gear = factories.category("Gear")
    motors, rods = factories.category("Motors", gear), factories.category("Rods", gear)
    old, rods_url = motors.get_absolute_url(), rods.get_absolute_url()
    change(staff, motors, is_public=None)
    assert staff.get(old)["Location"] == gear.get_absolute_url()
    change(staff, motors, is_public="on")
    assert rows() == {}
    staff.post(reverse("admin:catalogue_category_delete", args=[rods.pk]), {"post": "yes"})
    assert rows() == {normalize(rods_url): gear.get_absolute_url()}
    change(staff, gear, is_public=None)
    assert set(rows().values()) == {"/catalogue/"}


def test_seed_adds_pages_of_the_former_shop(client: Client) -> None:
    seed.load()
    Redirect.objects.filter(new_path="/cart/").delete()
    seed.load()
    assert Redirect.objects.count() == 8
    assert client.get("/index.php?main_page=contact_us")["Location"] == "/contact/"


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        (f"{ZEN}&zenid=0", "Redirects to /contact/ (301)."),
        ("https://old.example/moved/", "Redirects to /nowhere/, where there is no page."),
        ("/gone", "Gone (410): nothing replaces this page."),
        ("/sale/", "A page answers there: redirects apply only where there is none."),
        ("/unknown/", "Page not found (404): no redirect matches."),
        ("contact", "Enter a URL of this shop that begins with “/”."),
    ],
)
def test_url_is_tested_before_visitors_do(staff: Client, url: str, answer: str) -> None:
    add(ZEN, "/contact/")
    add("/moved/", "/nowhere/")
    add("/gone/", "")
    page = staff.get(reverse("admin:redirects_redirect_test"), {"url": url}).content.decode()
    assert answer in page


def test_version_that_would_be_a_loop_is_not_restored(staff: Client) -> None:
    save(staff, "/a", "/contact/")
    row = Redirect.objects.get()
    first = Redirect.history.get()
    row.new_path = "/sale/"
    row.save()
    add("/contact/", "/a/")
    history = reverse("admin:redirects_redirect_history", args=[row.pk])
    restore = f"{history}?restore=redirects.historicalredirect:{first.pk}"
    assert "This would be a loop" in staff.post(restore).content.decode()
    assert rows()["/a"] == "/sale/"
    Redirect.objects.filter(old_path="/contact").delete()
    staff.post(restore)
    assert rows() == {"/a": "/contact/"}
