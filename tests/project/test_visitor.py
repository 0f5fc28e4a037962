"""Visitor fragments: rendered on own pages, placeholders on shared ones."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.signing import Signer
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.test import RequestFactory
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from pytest_django import DjangoAssertNumQueries

from checkout.basket.models import Basket
from microflight.visitor import PARTS, render_part


def a_request(rf: RequestFactory, **cookies: str) -> HttpRequest:
    """A request as it reaches a view, from a browser with these cookies."""
    request = rf.get("/")
    request.COOKIES.update(cookies)
    request.user = AnonymousUser()

    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    SessionMiddleware(MessageMiddleware(view))(request)
    return request


def a_cart(count: int, total: str) -> str:
    """A guest's cart; returns its cookie."""
    basket = Basket.objects.create(item_count=count, total=total)
    return Signer().sign(str(basket.pk))


@pytest.mark.django_db
def test_guest_costs_no_query(
    rf: RequestFactory, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    render_part("external-offers", a_request(rf))  # the process caches the links of all products
    with django_assert_num_queries(0):
        parts = {name: render_part(name, a_request(rf)) for name in PARTS}
    assert "Log In" in parts["account"]
    assert "Cart, empty" in parts["cart"]
    assert parts["messages"].strip() == ""


@pytest.mark.django_db
def test_cart_costs_one_query(
    rf: RequestFactory, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    request = a_request(rf, basket=a_cart(3, "1204.50"))
    with django_assert_num_queries(1):
        html = render_part("cart", request)
    assert strip_tags(html).strip() == "Cart, 3 items, $1,204.50"


@pytest.mark.django_db
@pytest.mark.parametrize("cookie", ["7", "7:forged", "", "x" * 5000])
def test_forged_cart_cookie_is_an_empty_cart(rf: RequestFactory, cookie: str) -> None:
    a_cart(3, "9.00")
    assert "Cart, empty" in render_part("cart", a_request(rf, basket=cookie))


@pytest.mark.django_db
def test_shared_page_has_placeholders(rf: RequestFactory) -> None:
    request = a_request(rf, basket=a_cart(3, "9.00"))
    request.page_is_shared = True  # type: ignore[attr-defined]
    html = SafeString(render(request, "base.html").content.decode())
    for name in ("account", "compare", "cart", "messages"):
        assert f"<!--visitor:{name}-->" in html
    assert "$9.00" not in html
    assert "csrfmiddlewaretoken" not in html


@pytest.mark.django_db
def test_page_frame_is_cached(
    rf: RequestFactory, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(4):
        render(a_request(rf), "base.html")
    with django_assert_num_queries(0):
        render(a_request(rf), "base.html")


def test_unknown_fragment_is_rejected(rf: RequestFactory) -> None:
    with pytest.raises(KeyError):
        render_part("password", rf.get("/"))
