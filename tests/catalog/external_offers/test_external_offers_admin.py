"""External offers in the admin: on the product's page, in their list, and as a task."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.external_offers.models import ExternalOffer, ExternalOfferClicks
from catalog.models import Product
from catalog.seed.countries import load_countries
from microflight.core import page_cache
from tests.admin_forms import open_form
from tests.catalog import factories
from tests.catalog.product_form import errors_of

pytestmark = pytest.mark.django_db
LINK = "https://shop.example/rod"
LIST = reverse("admin:external_offers_externaloffer_changelist")


@pytest.fixture
def rod() -> Product:
    load_countries()
    return factories.product("Rod", into=factories.category("Rods"), slug="rod", description="x")


def change_url(product: Product) -> str:
    return reverse("admin:catalogue_product_change", args=[product.pk])


def row(**values: str) -> dict[str, str]:
    new = {"seller": "Amazon", "country": "DE", "url": LINK, "is_active": "on"} | values
    return {
        "external_offers-TOTAL_FORMS": "1",
        **{f"external_offers-0-{name}": value for name, value in new.items()},
    }


def test_product_page_adds_an_offer(staff: Client, rod: Product):
    data = open_form(staff, change_url(rod))
    response = staff.post(change_url(rod), data | row())
    assert response.status_code == 302, errors_of(response)
    offer = ExternalOffer.objects.get()
    assert (offer.product, offer.seller, offer.country_id, offer.url) == (rod, "Amazon", "DE", LINK)


def test_product_page_rejects_an_http_link_and_saves_nothing(staff: Client, rod: Product):
    data = open_form(staff, change_url(rod)) | row(url="http://shop.example/") | {"title": "New"}
    response = staff.post(change_url(rod), data)
    assert "Enter a link that begins with https://." in response.content.decode(), errors_of(
        response
    )
    assert not ExternalOffer.objects.exists()
    rod.refresh_from_db()
    assert rod.title == "Rod"


def test_page_of_a_variant_has_no_external_offers(staff: Client, rod: Product):
    parent = factories.with_variants("Motor", ["14.00"])
    page = staff.get(change_url(parent.children.get())).content.decode()
    assert "external_offers-TOTAL_FORMS" not in page
    assert "external_offers-TOTAL_FORMS" in staff.get(change_url(parent)).content.decode()


def test_changed_link_starts_its_checks_again(staff: Client, rod: Product):
    offer = ExternalOffer.objects.create(
        product=rod, seller="Amazon", url=LINK, failures=3, problem="status 404",
        checked_at=timezone.now(),
    )  # fmt: skip
    url = reverse("admin:external_offers_externaloffer_change", args=[offer.pk])
    data = open_form(staff, url) | {"seller": "Amazon.ca"}
    assert staff.post(url, data).status_code == 302
    offer.refresh_from_db()
    assert (offer.seller, offer.failures) == ("Amazon.ca", 3)
    data = open_form(staff, url) | {"url": "https://shop.example/new"}
    assert staff.post(url, data).status_code == 302
    offer.refresh_from_db()
    assert (offer.failures, offer.problem, offer.checked_at) == (0, "", None)


def test_list_shows_clicks_and_state(staff: Client, rod: Product):
    today = timezone.localdate()
    offer = ExternalOffer.objects.create(
        product=rod, seller="Amazon", url=LINK, failures=3, problem="status 404",
        checked_at=timezone.now(),
    )  # fmt: skip
    for days, count in [(0, 3), (29, 4), (30, 100)]:
        day = today - timedelta(days=days)
        ExternalOfferClicks.objects.create(offer=offer, day=day, count=count)
    page = staff.get(f"{LIST}?state=dead").content.decode()
    assert "dead: status 404" in page
    assert 'class="field-recent_clicks">7</td>' in page
    assert 'class="field-all_clicks">107</td>' in page
    assert "0 external offers" in staff.get(f"{LIST}?state=works").content.decode()


def test_dead_link_is_a_task_on_the_start_page(staff: Client, rod: Product):
    offer = ExternalOffer.objects.create(product=rod, seller="Amazon", url=LINK, failures=2)
    link = f'href="{LIST}?state=dead"'
    before = staff.get("/admin/").content.decode()
    offer.failures = 3
    offer.save()
    after = staff.get("/admin/").content.decode()
    assert link in before
    assert link in after
    counts = [page[page.index(link) :][:200].split("<strong>")[-1] for page in (before, after)]
    assert counts[0] != counts[1]


def test_deleted_product_takes_its_offers_with_it(staff: Client, rod: Product):
    offer = ExternalOffer.objects.create(product=rod, seller="Amazon", url=LINK)
    ExternalOfferClicks.objects.create(offer=offer, day=timezone.localdate(), count=1)
    url = reverse("admin:catalogue_product_delete", args=[rod.pk])
    assert staff.post(url, {"post": "yes"}).status_code == 302
    assert not ExternalOffer.objects.exists()
    assert not ExternalOfferClicks.objects.exists()
    assert page_cache._stamp()
