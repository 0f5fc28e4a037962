"""Registration and certificate numbers on the order page, in emails and in the admin."""

from datetime import date
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from checkout.order.order_summary import order_summary, tax_totals
from checkout.placement.quote import make_quote
from checkout.tax.models import TaxExemption, TaxRegistration


@pytest.mark.promise("tax-where-registered")
def test_each_tax_is_shown_with_its_registration_number(order: Any, staff: Client) -> None:
    made = order()  # 49.95 + 11.50: GST 3.07, PST 3.69
    TaxRegistration.objects.update(number="changed")  # the order keeps its numbers
    assert [(name, str(amount), number) for name, amount, number in tax_totals(made)] == [
        ("GST 5%", "3.07", "123456782RT0001"), ("PST 6%", "3.69", "1234567"),
    ]  # fmt: skip
    context = order_summary(made)
    text = render_to_string("emails/_order_summary.txt", context)
    assert "GST 5% (No. 123456782RT0001): $3.07\nPST 6% (No. 1234567): $3.69\nTotal:" in text
    html = render_to_string("emails/_order_summary.html", context)
    assert 'PST 6% <span class="small">No. 1234567</span>' in html
    page = render_to_string("orders/_order_summary.html", context)
    assert 'GST 5% <span class="small soft">No. 123456782RT0001</span>' in page
    admin = staff.get(reverse("admin:order_order_change", args=[made.pk])).content.decode()
    assert "GST 5% SK on $61.45 (No. 123456782RT0001)" in admin


def test_exemption_is_shown_with_its_certificate(order: Any, alice: User, staff: Client) -> None:
    TaxExemption.objects.create(
        user=alice, jurisdiction="SK", certificate="F-<2231>", starts_on=date(2020, 1, 1),
        ends_on=date(2089, 1, 1),
    )  # fmt: skip
    made = order(user=alice)
    context = order_summary(made)
    text = render_to_string("emails/_order_summary.txt", context)
    assert "GST 5% (No. 123456782RT0001): $3.07\nPST 6%: exempt, certificate F-" in text
    for template in ("emails/_order_summary.html", "orders/_order_summary.html"):
        assert "exempt, certificate F-&lt;2231&gt;" in render_to_string(template, context)
    admin = staff.get(reverse("admin:order_order_change", args=[made.pk])).content.decode()
    assert "PST SK: exempt, certificate F-&lt;2231&gt;" in admin


@pytest.mark.parametrize(
    ("country", "province", "registered", "text"),
    [
        ("CA", "", True, "Enter your province"),
        ("CA", "SK", False, "<dt>Tax</dt><dd>None</dd>"),
        ("US", "NY", True, "None outside Canada"),
        ("CA", "AB", True, "<dt>GST 5%</dt><dd>$3.07</dd>"),
    ],
)
def test_checkout_says_why_there_is_no_tax(
    country: str, province: str, registered: bool, text: str, product: Any, cart: Any
) -> None:
    if not registered:
        TaxRegistration.objects.all().delete()
    code = "ca-parcel" if country == "CA" else "us-parcel"
    quote = make_quote(cart(product()), country=country, province=province, shipping_code=code)
    assert text in render_to_string("checkout/_order_summary.html", {"quote": quote})
