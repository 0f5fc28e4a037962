"""No text that people write makes a page wider than a phone."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from oscar.apps.address.models import Country, UserAddress
from playwright.sync_api import Page

from accounts.mail import samples
from accounts.users.models import User
from catalog.models import Category, Product, ProductClass
from checkout.order.email_samples import sample_address, sample_lines
from checkout.order.links import status_token
from checkout.order.models import Line, Order, OrderNote, ShippingAddress
from checkout.tax.models import TaxLine
from policies import workflow
from policies.models import ChangeType, Notice, Policy
from tests.accounts.orders import make_order
from tests.stripe_double.control import Double

WIDTHS = (320, 360, 390)
URL = "https://example.com/" + "a" * 110
WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
CELL = WORD[:20]
HTML = (
    f"<p>{URL}</p><ul><li>{WORD}</li></ul><table><tr>{f'<td>{CELL}</td>' * 8}</tr></table>"
    f"<pre>{URL}</pre><blockquote>{WORD}</blockquote><h3>{WORD}</h3>"
)
TABLE = f"|{' head |' * 8}\n|{'---|' * 8}\n|{f' {CELL} |' * 8}\n"
MARKDOWN = f"## {WORD}\n\n{URL}\n\n- {WORD}\n\n```\n{URL}\n```\n\n`{URL}`\n\n{TABLE}"


def _product(structure: str) -> Product:
    product = Product.objects.browsable().filter(structure=structure).latest("pk")
    product.title, product.description = f"Long {WORD}", HTML
    product.save()
    product.children.update(title=WORD)
    return product


def _policy() -> str:
    """Publish two versions with long words; return the path of their differences."""
    policy = Policy.objects.get(slug="shipping")
    for body in (MARKDOWN, MARKDOWN + f"\n\n{URL}{WORD}\n"):
        workflow.adopt(policy, body, summary=URL, change_type=ChangeType.EDITORIAL)
    numbers = list(policy.versions.order_by("number").values_list("number", flat=True))
    return f"/policies/shipping/changes/{numbers[-2]}-{numbers[-1]}/"


def _order(user: User) -> Order:
    order = make_order(user=user)
    Line.objects.filter(order=order).update(title=WORD, partner_sku="MF-" + "X" * 60)
    Order.objects.filter(pk=order.pk).update(shipping_method=WORD[:128])
    TaxLine.objects.filter(order=order).update(registration=WORD[:20])
    ShippingAddress.objects.update(first_name=WORD, line1=URL, line4=WORD, notes=URL)
    OrderNote.objects.create(order=order, message=URL)
    return order


def _address(user: User) -> None:
    country = Country.objects.get(pk="CA")
    UserAddress.objects.create(
        user=user, first_name=WORD, line1=URL, line4=WORD, state="SK", country=country
    )
    User.objects.filter(pk=user.pk).update(first_name=WORD)


def _paths(user: User) -> list[str]:
    product, variants = _product("standalone"), _product("parent")
    category = Category.objects.latest("pk")
    Category.objects.filter(pk=category.pk).update(name=WORD, description=HTML)
    Notice.objects.create(text=URL, starts_at=timezone.now() - timedelta(days=1))
    ProductClass.objects.filter(pk=product.product_class_id).update(name=WORD[:128])
    order = _order(user)
    _address(user)
    return [
        "/", product.get_absolute_url(), variants.get_absolute_url(), category.get_absolute_url(),
        f"/search/?q={WORD}", "/policies/", "/policies/shipping/", _policy(),
        "/policies/shipping/history/", "/cart/", "/checkout/", "/compare/",
        reverse("orders:status", args=[order.number, status_token(order)]),
        reverse("customer:summary"), reverse("customer:address-list"),
        reverse("account_orders:list"),
        reverse("admin:catalogue_product_change", args=[product.pk]),
        reverse("admin:catalogue_product_changelist"),
        reverse("admin:catalogue_product_add"),
        reverse("admin:order_order_change", args=[order.pk]),
        reverse("admin:order_order_changelist"),
        reverse("admin:policies_policyversion_changelist"),
    ]  # fmt: skip


@pytest.fixture
def visitor(page: Page, stocked: str, stripe: Double, charlie: User) -> Page:
    """A browser of a superuser with long words in cart, comparison, account and order."""
    User.objects.filter(pk=charlie.pk).update(is_superuser=True)
    client = Client()
    client.force_login(charlie)
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": stocked}])
    return page


def too_wide(page: Page) -> list[str]:
    """Return the widths at which the page can be scrolled sideways, with the widest elements."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            found.append(f"{width}: {wide} {page.evaluate(WIDEST)}")
    return found


WIDEST = """[...document.querySelectorAll("main *, header *, footer *, #container *")]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 6)
  .map(e => e.tagName + "." + e.className)"""


def test_long_words_do_not_widen_pages(visitor: Page, stocked: str, charlie: User) -> None:
    paths = _paths(charlie)
    visitor.goto(stocked + paths[1])
    visitor.get_by_role("button", name="Add to comparison").click()
    visitor.goto(stocked + paths[1])
    visitor.get_by_role("button", name="Add to cart").first.click()
    found: list[str] = []
    for path in paths:
        answer = visitor.goto(stocked + path)
        assert answer is not None
        assert answer.status == 200, path
        found += [f"{path} at {each}" for each in too_wide(visitor)]
    assert found == []


@pytest.mark.parametrize("name", ["order-confirmed", "order-for-staff", "shipment-sent"])
def test_long_words_do_not_widen_emails(page: Page, name: str) -> None:
    html = samples.sample(name).html
    for line in sample_lines():
        html = html.replace(line.title, WORD)
    page.set_content(html.replace(sample_address().line1, URL))
    assert too_wide(page) == []
