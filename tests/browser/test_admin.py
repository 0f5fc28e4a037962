"""The admin in a real browser: its widgets work under the content security policy."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page

from accounts.mail.models import Message
from accounts.users.models import User
from catalog.models import Category, Product, ProductAttribute, ProductClass
from policies.models import Policy, PolicyVersion


@pytest.fixture
def admin(page: Page, shop: str, charlie: User) -> Page:
    """A browser in which Charlie is logged in."""
    client = Client()
    client.force_login(charlie)
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": shop}])
    return page


def _pages(motor: Product, email: Message, draft: PolicyVersion) -> list[str]:
    names: list[tuple[str, list[Any]]] = [
        ("index", []),
        ("order_order_changelist", []),
        ("catalogue_product_changelist", []),
        ("catalogue_product_add", []),
        ("catalogue_product_change", [motor.pk]),
        ("catalogue_product_delete", [motor.pk]),
        ("catalogue_product_history", [motor.pk]),
        ("catalogue_category_changelist", []),
        ("catalogue_productclass_change", [motor.product_class_id]),
        ("mail_message_changelist", []),
        ("mail_message_change", [email.pk]),
        ("offer_conditionaloffer_add", []),
        ("offer_range_add", []),
        ("voucher_voucher_add", []),
        ("shipping_shippingzone_add", []),
        ("policies_policyversion_change", [draft.pk]),
        ("policies_policyversion_action", [draft.pk, "submit"]),
        ("policies_notice_add", []),
        ("users_user_changelist", []),
        ("auth_group_add", []),
        ("password_change", []),
    ]
    return [reverse(f"admin:{name}", args=args) for name, args in names]


@pytest.fixture
def paths(admin: Page) -> list[str]:
    """Pages of each type, with a product, an email and a draft."""
    kind = ProductClass.objects.create(name="Motor")
    ProductAttribute.objects.create(product_class=kind, name="Made on", code="made", type="date")
    Category.objects.add_root(instance=Category(name="Motors"))
    motor = Product.objects.create(title="Motor 4 mm", product_class=kind)
    email = Message.objects.create(
        email_type="welcome",
        subject_id="user:1",
        recipient="dana@example.com",
        body_html="<p>Hi</p>",
    )
    policy = Policy.objects.create(slug="tests", title="Tests")
    draft = PolicyVersion.objects.create(policy=policy, body="We test.")
    return _pages(motor, email, draft)


def test_pages_follow_the_content_security_policy(admin: Page, shop: str, paths: list[str]) -> None:
    for path in paths:
        response = admin.goto(shop + path)  # `page` fails on violations and script errors
        assert response is not None
        assert response.status == 200, path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_accessibility_violations(
    admin: Page, browser: Browser, shop: str, paths: list[str], scheme: Any
) -> None:
    cookies: Any = admin.context.cookies()
    context = browser.new_context(bypass_csp=True, color_scheme=scheme)  # axe sets inline styles
    context.add_cookies(cookies)
    page = context.new_page()
    found: dict[str, list[str]] = {}
    for path in paths:
        page.goto(shop + path, wait_until="load")
        violations = Axe().run(page).response["violations"]
        if names := [each["id"] for each in violations]:
            found[path] = names
    context.close()
    assert found == {}


def test_product_can_be_selected_in_a_select2_field(admin: Page, shop: str) -> None:
    kind = ProductClass.objects.create(name="Motor")
    Product.objects.create(title="Propeller 40 mm", product_class=kind)
    motor = Product.objects.create(title="Motor 4 mm", product_class=kind)
    admin.goto(shop + reverse("admin:catalogue_product_change", args=[motor.pk]))
    admin.get_by_role("button", name="Add another Related product").click()
    admin.locator("#primary_recommendations-group .select2-selection").first.click()
    admin.locator(".select2-dropdown .select2-search__field").fill("prop")
    admin.get_by_role("option", name="Propeller 40 mm").click()
    chosen = admin.locator("#primary_recommendations-group .select2-selection__rendered").first
    assert "Propeller 40 mm" in chosen.inner_text()
