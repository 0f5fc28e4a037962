"""Links to other sellers: which are shown, how clicks are counted, and how dead links are found."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.external_offers.models import ExternalOffer, ExternalOfferClicks
from catalog.external_offers.services import check_due_links, record_check
from catalog.models import Product
from catalog.seed.countries import load_countries
from tests.catalog import factories

pytestmark = pytest.mark.django_db
LINK = "https://shop.example/rod?tag=1"


@pytest.fixture
def rod() -> Product:
    load_countries()
    return factories.product("Rod")


def offer_of(product: Product, seller: str = "Amazon", **fields: Any) -> ExternalOffer:
    return ExternalOffer.objects.create(product=product, seller=seller, **{"url": LINK} | fields)


def follow(offer: ExternalOffer) -> str:
    return reverse("external_offers:follow", args=[offer.pk])


def clicks() -> list[int]:
    return list(ExternalOfferClicks.objects.values_list("count", flat=True))


def test_click_redirects_to_the_stored_link_and_sets_no_cookie(client: Client, rod: Product):
    response = client.get(follow(offer_of(rod)) + "?next=https://evil.example/")
    assert response.status_code == 302
    assert response["Location"] == LINK
    assert not response.cookies
    assert "no-store" in response["Cache-Control"]


@pytest.mark.promise("external-offers")
def test_clicks_are_counted_by_day_and_nothing_about_the_visitor(client: Client, rod: Product):
    offer = offer_of(rod)
    yesterday = timezone.localdate() - timedelta(days=1)
    ExternalOfferClicks.objects.create(offer=offer, day=yesterday, count=7)
    for _click in range(3):
        client.get(follow(offer), headers={"User-Agent": "Firefox"})
    assert clicks() == [3, 7]
    columns = {field.name for field in ExternalOfferClicks._meta.get_fields()}
    assert columns == {"id", "offer", "day", "count"}
    assert not client.cookies


def test_prefetch_and_head_do_not_count(client: Client, rod: Product):
    offer = offer_of(rod)
    assert client.head(follow(offer)).status_code == 302
    assert client.get(follow(offer), headers={"Sec-Purpose": "prefetch"}).status_code == 302
    assert client.post(follow(offer)).status_code == 405
    assert clicks() == []


@pytest.mark.parametrize("hidden", ["inactive", "dead", "product"])
def test_hidden_offer_is_404_and_counts_nothing(client: Client, rod: Product, hidden: str):
    offer = offer_of(rod, is_active=hidden != "inactive", failures=3 if hidden == "dead" else 2)
    if hidden == "product":
        Product.objects.filter(pk=rod.pk).update(is_public=False)
    assert client.get(follow(offer)).status_code == 404
    assert ExternalOffer.objects.links() == {}
    assert clicks() == []


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/rod",
        "javascript:alert(1)",
        "//shop.example/rod",
        "https://amazon.example@shop.example/",
        "https://shop.example:8443/rod",
    ],
)
def test_links_other_than_plain_https_are_rejected(rod: Product, url: str):
    with pytest.raises(ValidationError) as error:
        ExternalOffer(product=rod, seller="Amazon", url=url).full_clean()
    assert list(error.value.message_dict) == ["url"]


def test_database_rejects_http_links_and_a_second_offer_for_a_country(rod: Product):
    offer_of(rod)
    for second in ({"url": "http://shop.example/"}, {"seller": "Amazon"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            offer_of(rod, **{"seller": "Other"} | second)
    offer_of(rod, country_id="DE")
    assert ExternalOffer.objects.count() == 2


def test_variant_is_rejected_because_it_inherits(rod: Product):
    parent = factories.with_variants("Motor", ["14.00"])
    offer = ExternalOffer(product=parent.children.get(), seller="Amazon", url=LINK)
    with pytest.raises(ValidationError, match="its variants inherit the link"):
        offer.full_clean()


def test_dead_link_is_hidden_after_three_failures_in_a_row_and_returns(rod: Product):
    offer = offer_of(rod)
    for failures, shown in [(1, True), (2, True), (3, False)]:
        ExternalOffer.objects.update(checked_at=timezone.now() - timedelta(days=2))
        assert check_due_links(lambda _url: "status 404") == 1
        offer.refresh_from_db()
        assert (offer.failures, offer.problem) == (failures, "status 404")
        assert (rod.pk in ExternalOffer.objects.links()) is shown
    assert list(ExternalOffer.objects.dead()) == [offer]
    ExternalOffer.objects.update(checked_at=timezone.now() - timedelta(days=2))
    assert check_due_links(lambda _url: "") == 0
    assert rod.pk in ExternalOffer.objects.links()


def test_success_between_failures_starts_the_count_again(rod: Product):
    offer = offer_of(rod, failures=2, problem="status 404")
    record_check(offer, "")
    offer.refresh_from_db()
    assert (offer.failures, offer.problem) == (0, "")


def test_each_link_is_checked_once_a_day_and_five_at_a_time(rod: Product):
    for number in range(7):
        offer_of(rod, f"Seller {number}", url=f"https://shop.example/{number}")
    offer_of(rod, "Inactive", is_active=False)
    asked: list[str] = []
    for _run in range(3):
        check_due_links(lambda url: asked.append(url) or "")
    assert asked == [f"https://shop.example/{number}" for number in range(7)]


def test_check_of_a_link_that_staff_changed_meanwhile_is_ignored(rod: Product):
    offer = offer_of(rod, failures=2)
    ExternalOffer.objects.update(url="https://shop.example/new", failures=0)
    record_check(offer, "status 404")
    offer.refresh_from_db()
    assert (offer.failures, offer.problem) == (0, "")


def test_link_into_the_servers_own_network_is_never_requested(rod: Product):
    offer_of(rod, url="https://127.0.0.1/admin/")
    assert check_due_links() == 1
    assert ExternalOffer.objects.get().problem == "not a public network"
