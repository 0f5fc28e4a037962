"""Admin lists make the same number of queries for two rows as for twelve."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from oscar.apps.partner.models import Partner
from oscar.apps.voucher.models import Voucher

from accounts.agreements.models import Announcement
from accounts.mail.models import Message
from accounts.users.models import User
from catalog.back_in_stock.models import BackInStockRequest
from catalog.models import AttributeOptionGroup, Category, Product, ProductClass
from checkout.audit.models import AuditRun
from checkout.offers.models import Benefit, Condition, ConditionalOffer, Range
from checkout.order.models import Order
from checkout.payment.models import PaymentAttempt, StripeEvent, Transaction
from checkout.shipping.models import ShippingMethod, ShippingZone, WeightBand
from checkout.tax.models import TaxRate
from policies.models import Notice, Policy, PolicyVersion
from policies.workflow import adopt


def _order(number: int) -> Order:
    return Order.objects.create(
        number=str(100000 + number), status="placed", total_incl_tax=12, total_excl_tax=10,
        guest_email=f"dana{number}@example.com", placed_at=timezone.now(),
    )  # fmt: skip


def _attempt(number: int) -> PaymentAttempt:
    return PaymentAttempt.objects.create(
        order=_order(number), amount_cents=1200, captured_cents=1200, refunded_cents=200,
        intent_id=f"pi_{number}", expires_at=timezone.now(),
    )  # fmt: skip


def _transaction(number: int) -> Transaction:
    return Transaction.objects.create(
        attempt=_attempt(number), type="capture", amount_cents=1200, stripe_id=f"ch_{number}",
        by=User.objects.create_user(f"staff{number}@example.com"),
    )  # fmt: skip


def _product(number: int) -> Product:
    kind, _ = ProductClass.objects.get_or_create(name="Motor")
    partner, _ = Partner.objects.get_or_create(name="Plantraco")
    parent = Product.objects.create(title=f"M{number}", product_class=kind, structure="parent")
    child = Product.objects.create(structure="child", parent=parent, upc=f"M-{number}")
    child.stockrecords.create(partner=partner, partner_sku=f"M-{number}", price=5, num_in_stock=9)
    return child


def _method(number: int) -> ShippingMethod:
    zone = ShippingZone.objects.create(code=f"z{number}", name=f"Zone {number}")
    method = ShippingMethod.objects.create(
        zone=zone, code=f"s{number}", name="Parcel", min_days=1, max_days=2
    )
    WeightBand.objects.create(method=method, up_to_g=100, charge=5)
    return method


def _offer(number: int) -> ConditionalOffer:
    everything = Range.objects.create(name=f"Range {number}", includes_all_products=True)
    return ConditionalOffer.objects.create(
        name=f"Offer {number}",
        condition=Condition.objects.create(type="Count", value=1, range=everything),
        benefit=Benefit.objects.create(type="Percentage", value=10, range=everything),
    )


def _category(number: int) -> Category:
    top = Category.objects.add_root(instance=Category(name=f"Gear {number}"))
    below = Category(name=f"Motors {number}")
    return Category.objects.add_child(top, instance=below)


def _version(number: int) -> PolicyVersion:
    policy = Policy.objects.create(slug=f"p{number}", title=f"Policy {number}")
    return PolicyVersion.objects.create(policy=policy, number=1, body="x")


def _announcement(number: int) -> Announcement:
    policy = Policy.objects.create(slug=f"a{number}", title=f"Policy {number}")
    return Announcement.objects.create(version=adopt(policy, "x"), audience="accounts")


ROWS: dict[str, Callable[[int], Any]] = {
    "order.Order": _order,
    "payment.PaymentAttempt": _attempt,
    "payment.Transaction": _transaction,
    "payment.StripeEvent": lambda n: StripeEvent.objects.create(
        event_id=f"evt_{n}", type="charge.captured", object_id=f"ch_{n}"
    ),
    "audit.AuditRun": lambda n: AuditRun.objects.create(
        breach_count=n, finished_at=timezone.now(), by=User.objects.create_user(f"a{n}@example.com")
    ),
    "mail.Message": lambda n: Message.objects.create(
        kind="welcome", subject_id=f"user:{n}", recipient=f"dana{n}@example.com"
    ),
    "catalogue.Product": _product,
    "catalogue.Category": _category,
    "catalogue.ProductClass": lambda n: ProductClass.objects.create(name=f"Kind {n}"),
    "catalogue.AttributeOptionGroup": lambda n: AttributeOptionGroup.objects.create(name=f"G{n}"),
    "back_in_stock.BackInStockRequest": lambda n: BackInStockRequest.objects.create(
        product=_product(n), email=f"dana{n}@example.com", state="requested"
    ),
    "partner.StockRecord": lambda n: _product(n).stockrecords.get(),
    "partner.StockMovement": lambda n: _product(n).stockrecords.get().movements.get(),
    "partner.Partner": lambda n: Partner.objects.create(name=f"Holder {n}"),
    "offer.ConditionalOffer": _offer,
    "offer.Range": lambda n: Range.objects.create(name=f"Range {n}"),
    "offer.Condition": lambda n: _offer(n).condition,
    "offer.Benefit": lambda n: _offer(n).benefit,
    "voucher.Voucher": lambda n: Voucher.objects.create(
        name=f"V{n}", code=f"V{n}", start_datetime=timezone.now(), end_datetime=timezone.now()
    ),
    "shipping.ShippingZone": lambda n: _method(n).zone,
    "shipping.ShippingMethod": _method,
    "tax.TaxRate": lambda n: TaxRate.objects.create(
        province="SK", component=f"T{n}", rate="0.05", starts_on="2020-01-01"
    ),
    "policies.Policy": lambda n: _version(n).policy,
    "policies.PolicyVersion": _version,
    "policies.Notice": lambda n: Notice.objects.create(text=f"N{n}", starts_at=timezone.now()),
    "agreements.Announcement": _announcement,
    "users.User": lambda n: User.objects.create_user(f"erin{n}@example.com"),
    "auth.Group": lambda n: Group.objects.create(name=f"G{n}"),
}


def _statements(client: Client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as counted:
        assert client.get(url).status_code == 200
    return len(counted)


@pytest.mark.parametrize("label", ROWS)
def test_queries_do_not_grow_with_the_list(label: str, staff: Client) -> None:
    url = reverse(f"admin:{label.lower().replace('.', '_')}_changelist")
    for number in range(2):
        ROWS[label](number)
    staff.get(url)  # content types, site
    few = _statements(staff, url)
    for number in range(2, 12):
        ROWS[label](number)
    assert _statements(staff, url) == few
    assert few <= 14


@pytest.mark.parametrize("label", ROWS)
def test_change_page_opens(label: str, staff: Client) -> None:
    row = ROWS[label](1)
    url = reverse(f"admin:{label.lower().replace('.', '_')}_change", args=[row.pk])
    assert staff.get(url).status_code == 200


@pytest.mark.parametrize("label", ROWS)
def test_add_page_opens_or_is_forbidden(label: str, staff: Client) -> None:
    url = reverse(f"admin:{label.lower().replace('.', '_')}_add")
    written_by_services = label.split(".")[0] in {"order", "payment", "mail", "audit", "agreements"}
    written_by_services |= label.startswith(("partner.Stock", "back_in_stock."))
    assert staff.get(url).status_code == (403 if written_by_services else 200)


@pytest.mark.parametrize("label", ROWS)
def test_unknown_row_is_not_found(label: str, staff: Client) -> None:
    for pk in ("999999", "x"):
        url = reverse(f"admin:{label.lower().replace('.', '_')}_change", args=[pk])
        answer = staff.get(url)
        assert answer.status_code in (302, 404)
