"""One row of each model in the admin, for tests of all admin pages."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.utils import timezone
from oscar.apps.address.models import Country
from oscar.apps.partner.models import Partner
from oscar.apps.voucher.models import Voucher

from accounts.agreements.models import Announcement
from accounts.mail.models import EmailTemplate, Message
from accounts.newsletter.campaigns.models import Campaign, CampaignImage, Delivery, Feedback
from accounts.newsletter.subscribers.models import (
    ImportRun,
    Reason,
    Subscriber,
    Suppression,
    Topic,
)
from accounts.tickets.models import Ticket
from accounts.users.models import User
from catalog.away.models import AwayRule
from catalog.back_in_stock.models import BackInStockRequest
from catalog.compatibility.models import CompatibilityEntry, PortRule
from catalog.content.models import MenuEntry, Page
from catalog.external_offers.models import ExternalOffer
from catalog.home_blocks.models import HomeBlock
from catalog.manuals.models import Manual, ManualRevision
from catalog.models import (
    AttributeOptionGroup,
    Category,
    Product,
    ProductAttribute,
    ProductClass,
)
from catalog.redirects.models import Redirect
from catalog.reviews.models import ProductReview, Question
from catalog.saved_searches.models import SavedSearch
from catalog.search_index.models import SearchTerm, Synonym
from checkout.audit.models import AuditRun
from checkout.deadlines.models import DelayNotice, DelayRule
from checkout.documents.models import BatteryMark, CustomsFormLimit, IssuedDocument
from checkout.offers.models import Benefit, Condition, ConditionalOffer, Range
from checkout.order.models import Order
from checkout.payment.models import PaymentAlert, PaymentAttempt, StripeEvent, Transaction
from checkout.promotions.models import Promotion
from checkout.returns.models import Return
from checkout.shipping.landed_cost import ImportCharge
from checkout.shipping.models import (
    Carton,
    FuelSurcharge,
    MethodZone,
    ShippingMethod,
    ShippingRate,
    ShippingRule,
    ShippingZone,
)
from checkout.tax.models import (
    PROVINCES,
    TaxExemption,
    TaxLine,
    TaxOnShipping,
    TaxRate,
    TaxRegistration,
)
from checkout.tax_reports.models import ExchangeRate, TaxThreshold
from checkout.withdrawal.models import Withdrawal, WithdrawalRule
from microflight.customers.models import Customer
from microflight.imports.models import ImportJob, State
from microflight.saved_views.models import SavedView
from policies.models import Notice, Policy, PolicyTranslation, PolicyVersion
from policies.opening.models import AwayPeriod, NonWorkingDay, OpeningHours
from policies.services import accept
from policies.workflow import adopt
from tests.sourced import SOURCED


def _order(number: int) -> Order:
    return Order.objects.create(
        number=str(100000 + number), status="placed", total_incl_tax=12, total_excl_tax=12,
        shipping_incl_tax=12, shipping_excl_tax=12,
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


def _rate(number: int) -> ShippingRate:
    zone = ShippingZone.objects.create(code=f"z{number}", name=f"Zone {number}")
    method = ShippingMethod.objects.create(code=f"s{number}", name="Parcel")
    to = MethodZone.objects.create(method=method, zone=zone, min_days=1, max_days=2)
    return ShippingRate.objects.create(
        method_zone=to, effective_from=date(2020, 1, 1), up_to_g=30000, price=5
    )


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


def _in_force(number: int) -> Any:
    return adopt(Policy.objects.create(slug=f"f{number}", title=f"Policy {number}"), "Text.")


def _campaign(number: int) -> Campaign:
    topic, _ = Topic.objects.get_or_create(name="News", slug="news")
    return Campaign.objects.create(
        title=f"Campaign {number}", slug=f"c{number}", topic=topic, subject="News", source="Text."
    )


def _subscriber(number: int) -> Subscriber:
    return Subscriber.objects.create(email=f"reader{number}@example.com", state="active")


ROWS: dict[str, Callable[[int], Any]] = {
    "order.Order": _order,
    "payment.PaymentAttempt": _attempt,
    "payment.Transaction": _transaction,
    "payment.StripeEvent": lambda n: StripeEvent.objects.create(
        event_id=f"evt_{n}", type="charge.captured", object_id=f"ch_{n}"
    ),
    "shipping.ImportCharge": lambda n: ImportCharge.objects.create(
        name=f"Duty {n}",
        type="fee",
        places="NO",
        low=1,
        high=2,
        starts_on=date(2020, 1, 1),
        **SOURCED,
    ),
    "documents.CustomsFormLimit": lambda n: CustomsFormLimit.objects.create(
        starts_on=date(2020, 1, 1 + n), cn22_value=500, cn22_grams=2000, **SOURCED
    ),
    "compatibility.PortRule": lambda n: PortRule.objects.create(
        attribute=ProductAttribute.objects.create(
            product_class=ProductClass.objects.get_or_create(name="Cell")[0],
            name=f"Voltage {n} (V)",
            code=f"voltage_{n}",
            type="float",
        ),
        interface="battery",
        direction="provides",
        quantity="voltage",
    ),
    "compatibility.CompatibilityEntry": lambda n: CompatibilityEntry.objects.create(
        product=_product(n), relation="works", other=_product(n + 1000), reason=f"Reason {n}"
    ),
    "external_offers.ExternalOffer": lambda n: ExternalOffer.objects.create(
        product=_product(n), seller=f"Seller {n}", url=f"https://shop.example/{n}"
    ),
    "redirects.Redirect": lambda n: Redirect.objects.create(old_path=f"/old/{n}"),
    "manuals.Manual": lambda n: Manual.objects.create(title=f"Manual {n}", slug=f"manual-{n}"),
    "manuals.ManualRevision": lambda n: ManualRevision.objects.create(
        manual=Manual.objects.create(title=f"Manual {n}", slug=f"manual-{n}"), body="Text."
    ),
    "saved_searches.SavedSearch": lambda n: SavedSearch.objects.create(
        email=f"dana{n}@example.com", query="q=rod", name="rod"
    ),
    "documents.BatteryMark": lambda n: BatteryMark.objects.create(
        starts_on=date(2020, 1, 1 + n), **SOURCED
    ),
    "documents.IssuedDocument": lambda n: IssuedDocument.objects.create(
        type="invoice",
        number=n + 1,
        order=_order(n),
        total_cents=1200,
        content={"title": f"Invoice {n}", "language": "en-CA", "sections": []},
    ),
    "withdrawal.WithdrawalRule": lambda n: WithdrawalRule.objects.create(
        name=f"Rule {n}", days=14, late_days=30, **SOURCED
    ),
    "deadlines.DelayRule": lambda n: DelayRule.objects.create(name=f"Rule {n}", **SOURCED),
    "deadlines.DelayNotice": lambda n: DelayNotice.objects.create(
        order=_order(n), nth=1, promised_on=date(2026, 12, 4)
    ),
    "withdrawal.Withdrawal": lambda n: Withdrawal.objects.create(
        order=_order(n), channel="link", declared_at=timezone.now()
    ),
    "audit.AuditRun": lambda n: AuditRun.objects.create(
        breach_count=n, finished_at=timezone.now(), by=User.objects.create_user(f"a{n}@example.com")
    ),
    "mail.EmailTemplate": lambda n: EmailTemplate.objects.create(
        email_type="order-link", subject=f"Subject {n}", text="See {{ status_url }}"
    ),
    "mail.Message": lambda n: Message.objects.create(
        email_type="verify-email", subject_id=f"user:{n}", recipient=f"dana{n}@example.com"
    ),
    "tickets.Ticket": lambda n: Ticket.objects.create(
        email=f"dana{n}@example.com", event_id=str(n), last_email_at=timezone.now()
    ),
    "catalogue.Product": _product,
    "catalogue.Category": _category,
    "catalogue.ProductClass": lambda n: ProductClass.objects.create(name=f"Kind {n}"),
    "catalogue.AttributeOptionGroup": lambda n: AttributeOptionGroup.objects.create(name=f"G{n}"),
    "reviews.ProductReview": lambda n: ProductReview.objects.create(
        product=_product(n),
        user=User.objects.create_user(f"pilot{n}@example.com"),
        score=4,
        title=f"Review {n}",
        body="Flies.",
        name="Moth",
    ),
    "reviews.Question": lambda n: Question.objects.create(
        product=_product(n), email=f"dana{n}@example.com", text=f"Question {n}?"
    ),
    "back_in_stock.BackInStockRequest": lambda n: BackInStockRequest.objects.create(
        product=_product(n), email=f"dana{n}@example.com", state="requested"
    ),
    "partner.StockRecord": lambda n: _product(n).stockrecords.get(),
    "partner.PriceChange": lambda n: _product(n).stockrecords.get().price_changes.get(),
    "partner.StockMovement": lambda n: _product(n).stockrecords.get().movements.get(),
    "partner.Partner": lambda n: Partner.objects.create(name=f"Holder {n}"),
    "offer.ConditionalOffer": _offer,
    "promotions.Promotion": lambda n: Promotion.objects.get(pk=_offer(n).pk),
    "offer.Range": lambda n: Range.objects.create(name=f"Range {n}"),
    "offer.Condition": lambda n: _offer(n).condition,
    "offer.Benefit": lambda n: _offer(n).benefit,
    "voucher.Voucher": lambda n: Voucher.objects.create(
        name=f"V{n}", code=f"V{n}", start_datetime=timezone.now(), end_datetime=timezone.now()
    ),
    "shipping.ShippingZone": lambda n: _rate(n).method_zone.zone,
    "shipping.ShippingMethod": lambda n: _rate(n).method_zone.method,
    "shipping.ShippingRate": _rate,
    "shipping.FuelSurcharge": lambda n: FuelSurcharge.objects.create(
        surcharge="us", percentage=5, starts_on=date(2020, 1, 1 + n), **SOURCED
    ),
    "shipping.Carton": lambda n: Carton.objects.create(
        name=f"Box {n}",
        length_mm=200,
        width_mm=100,
        height_mm=50,
        own_weight_g=60,
        max_weight_g=2000,
    ),
    "shipping.ShippingRule": lambda n: ShippingRule.objects.create(
        code=f"rule-{n}", type="closed", places="AQ", reason="No mail", **SOURCED
    ),
    "tax.TaxRate": lambda n: TaxRate.objects.create(
        province="SK",
        component="GST",
        rate="0.05",
        starts_on=date(2020, 1, 1 + n),
        ends_on=date(2020, 1, 1 + n),
        **SOURCED,
    ),
    "tax.TaxRegistration": lambda n: TaxRegistration.objects.create(
        jurisdiction="SK",
        number=f"123456{n}",
        starts_on=date(2020, 1, 1 + n),
        ends_on=date(2020, 1, 1 + n),
        **SOURCED,
    ),
    "tax.TaxOnShipping": lambda n: TaxOnShipping.objects.create(
        province=PROVINCES[n][0], component="GST", taxed=True, **SOURCED
    ),
    "tax.TaxExemption": lambda n: TaxExemption.objects.create(
        user=User.objects.create_user(f"finn{n}@example.com"),
        jurisdiction="SK",
        certificate=f"F-{n}",
        starts_on=date(2026, 1, 1),
        ends_on=date(2027, 12, 31),
    ),
    "tax.TaxLine": lambda n: TaxLine.objects.create(
        order=_order(n), component="GST", province="SK", rate="0.05", base=10, amount="0.50"
    ),
    "tax_reports.TaxThreshold": lambda n: TaxThreshold.objects.create(
        country=f"A{chr(65 + n)}", amount=1000, currency="NOK", **SOURCED
    ),
    "tax_reports.ExchangeRate": lambda n: ExchangeRate.objects.create(
        currency="NOK", cad="0.14", starts_on=date(2020, 1, 1 + n), **SOURCED
    ),
    "policies.Policy": lambda n: _version(n).policy,
    "policies.PolicyVersion": _version,
    "home_blocks.HomeBlock": lambda n: HomeBlock.objects.create(title=f"Block {n}", text="Text."),
    "policies.Notice": lambda n: Notice.objects.create(text=f"N{n}", starts_at=timezone.now()),
    "away.AwayRule": lambda n: AwayRule.objects.create(product=_product(n)),
    "opening.OpeningHours": lambda n: OpeningHours.objects.get_or_create(weekday=n % 7)[0],
    "opening.NonWorkingDay": lambda n: NonWorkingDay.objects.create(
        calendar="shop", day=date(2027, 1, 1 + n), name=f"Day {n}"
    ),
    "opening.AwayPeriod": lambda n: AwayPeriod.objects.create(
        starts_on=date(2027, 1 + n, 1), reopens_on=date(2027, 1 + n, 9), text=f"Away {n}."
    ),
    "agreements.Announcement": _announcement,
    "saved_views.SavedView": lambda n: SavedView.objects.create(
        owner=User.objects.create_user(f"viewer{n}@example.com"),
        list_label="order.order",
        name=f"View {n}",
        query="task=to-ship",
    ),
    "customers.Customer": lambda n: Customer.objects.create(email=f"guest{n}@example.com"),
    "admin.LogEntry": lambda n: LogEntry.objects.create(
        user=User.objects.create_user(f"logger{n}@example.com"), action_flag=2, object_repr="x"
    ),
    "users.User": lambda n: User.objects.create_user(f"erin{n}@example.com"),
    "auth.Group": lambda n: Group.objects.create(name=f"G{n}"),
    "payment.PaymentAlert": lambda n: PaymentAlert.objects.create(order=_order(n), text="Check."),
    "returns.Return": lambda n: Return.objects.create(order=_order(n), nth=1),
    "newsletter.Campaign": _campaign,
    "newsletter.CampaignImage": lambda n: CampaignImage.objects.create(
        key=f"image-{n}", alt="A plane", file="x.png", width=1, height=1
    ),
    "newsletter.Subscriber": _subscriber,
    "newsletter.ImportRun": lambda n: ImportRun.objects.create(
        file_name=f"readers-{n}.csv", sha256="0" * 64, rows=1, results="n"
    ),
    "newsletter.Suppression": lambda n: Suppression.objects.create(
        email_hash=f"{n:064}", reason=Reason.values[0]
    ),
    "newsletter.Delivery": lambda n: Delivery.objects.create(
        campaign=_campaign(n), subscriber=_subscriber(n)
    ),
    "newsletter.Feedback": lambda n: Feedback.objects.create(
        provider="example", event_id=str(n), type="hard", email_hash=f"{n:064}"
    ),
    "content.Page": lambda n: Page.objects.create(
        title=f"Page {n}", slug=f"page-{n}", text="Text."
    ),
    "content.MenuEntry": lambda n: MenuEntry.objects.create(
        menu="header", label=f"Entry {n}", link="/sale/", position=n
    ),
    "search_index.Synonym": lambda n: Synonym.objects.create(term=f"rx{n}", means="receiver"),
    "search_index.SearchTerm": lambda n: SearchTerm.objects.create(
        term=f"glue {n}", day=date(2026, 11, 1), results=0
    ),
    "address.Country": lambda n: Country.objects.create(
        iso_3166_1_a2=f"X{chr(65 + n)}", printable_name=f"Country {n}", name=f"Country {n}"
    ),
    "policies.PolicyTranslation": lambda n: PolicyTranslation.objects.create(
        version=_in_force(n), language="fr", title="Livraison", body="Le lundi."
    ),
    "policies.Acceptance": lambda n: accept(_in_force(n), f"order:{n}", "I agree."),
    "imports.ImportJob": lambda n: ImportJob.objects.create(
        dataset="products", file_name=f"products-{n}.csv", state=State.CHECKED
    ),
}


def pages_of(part: Any, prefix: str, pk: Any = None) -> Iterator[str]:
    """Return the URLs of a ModelAdmin for a row, or those of the site that need nothing."""
    actions = getattr(part, "record_actions", [])
    for pattern in part.get_urls():
        route = str(pattern.pattern)
        if pk is not None:
            route = re.sub("<[^>]*(pk|object_id)>", str(pk), route)
        for action in actions if "<slug:name>" in route else [""]:
            url = route.replace("<slug:name>", action) if action else route
            if not set("<(") & set(url):
                yield prefix + url
