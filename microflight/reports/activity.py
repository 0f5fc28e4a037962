"""Reports of stock, searches, campaigns, returns, promised dates and carts."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from accounts.newsletter.campaigns.models import Campaign, Link
from catalog.partner.models import StockMovement
from catalog.search_index.models import SearchTerm
from checkout.basket.models import Basket
from checkout.order.models import Order, ShippingEvent
from checkout.order.states import OrderState
from checkout.returns.models import ReturnLine, ReturnReason
from microflight.reports.periods import Period
from microflight.reports.report import Item, Rows, add, cents_of


def stock_value(period: Period) -> Rows:
    """Return by product type, a variant its parent's: units on hand at the end of the period, from
    the stock ledger, their value before tax at today's price and at cost, and how many SKUs of
    them have no cost. One query."""
    product = "stockrecord__product__"
    name = Coalesce(f"{product}product_class__name", f"{product}parent__product_class__name")
    moved = StockMovement.objects.filter(at__lt=period.end).order_by()
    cents = {"price": cents_of("stockrecord__price"), "cost": cents_of("stockrecord__cost")}
    rows = moved.values("stockrecord", name=name, **cents).annotate(units=Sum("on_hand_change"))
    found, url = Rows(), reverse("admin:partner_stockrecord_changelist")
    for units, type_name, price, cost in rows.values_list("units", "name", "price", "cost"):
        item = Item(type_name or gettext("No product type"), url)
        lacks_cost = int(bool(units) and cost is None)
        add(found, item, units, units * (price or 0), units * (cost or 0), lacks_cost)
    return found


def searches(period: Period) -> Rows:
    """Return by search term: searches, and those of days on which it found nothing."""
    return {_search_item(term): numbers for term, *numbers in _searches(period)}


def failed_searches(period: Period, most: int) -> Rows:
    """Return the terms with the most searches on days on which they found nothing: one query."""
    failed = _searches(period).filter(failed__gt=0).order_by("-failed", "term")
    return {_search_item(term): [count] for term, _all, count in failed[:most]}


def _searches(period: Period) -> Any:  # mypy does not know annotated columns
    rows = SearchTerm.objects.filter(day__range=period).order_by().values_list("term")
    failed = Coalesce(Sum("searches", filter=Q(results=0)), 0)
    return rows.annotate(all=Sum("searches"), failed=failed)


def _search_item(term: str) -> Item:
    url = reverse("admin:search_index_searchterm_changelist")
    return Item(term, f"{url}?{urlencode({'q': term})}")


def campaigns(period: Period) -> Rows:
    """Return by campaign, on the day when it started: emails delivered, clicks, unsubscribed,
    bounced, spam complaints. Clicks are of those who agreed to be counted."""
    links = Link.objects.filter(campaign=OuterRef("pk")).order_by().values("campaign")
    clicks = Subquery(links.annotate(n=Sum(F("clicks_a") + F("clicks_b"))).values("n"))
    columns = ("delivered", "clicks", "unsubscribed", "bounced", "complained")
    rows = Campaign.objects.filter(**period.within("started_at")).order_by("pk")
    return {
        Item(f"{title} ({pk})", reverse("admin:newsletter_campaign_change", args=[pk])): numbers
        for pk, title, *numbers in rows.annotate(clicks=Coalesce(clicks, 0)).values_list(
            "pk", "title", *columns
        )
    }


def returns(period: Period) -> Rows:
    """Return by reason, on the day of the request: returns, units requested, units restocked, units
    not restocked."""
    lines = ReturnLine.objects.filter(**period.within("parent__requested_at")).order_by()
    rows = lines.values_list("reason").annotate(
        Count("parent", distinct=True), Sum("quantity"), Sum("restocked"), Sum("scrapped")
    )
    url = reverse("admin:returns_return_changelist") + period.query("requested_at")
    labels = dict(ReturnReason.choices)
    return {Item(str(labels.get(reason, reason)), url): numbers for reason, *numbers in rows}


def promises(period: Period) -> Rows:
    """Return by the day by which checkout promised to ship: orders, kept, late. One query.

    Kept: all that was not cancelled was shipped by the end of that day. Days that are not over,
    cancelled orders and those with nothing to ship do not count.
    """
    last = min(period.last, timezone.localdate() - timedelta(days=1))
    shipped = ShippingEvent.objects.filter(order=OuterRef("pk")).order_by().values("order")
    placed = (OrderState.PLACED, OrderState.PART_SHIPPED, OrderState.SHIPPED)
    orders = Order.objects.filter(ships_by__range=(period.first, last), status__in=placed)
    rows: Any = orders.annotate(
        shipped=TruncDate(Subquery(shipped.annotate(last=Max("date_created")).values("last")))
    )
    found = Rows()
    for day, status, at in rows.values_list("ships_by", "status", "shipped"):
        kept = status == OrderState.SHIPPED and at is not None and at <= day
        add(found, day, 1, kept, not kept)
    return found


def carts(period: Period) -> Rows:
    """Return by the day when a cart was created: carts, paid, abandoned, value of those abandoned.

    Empty carts and those merged into another one do not count. Paid: its order was placed.
    Abandoned: not paid, and created more than a day ago; valued after discounts, before tax. One
    query.
    """
    placed = Order.objects.filter(basket=OuterRef("pk"), placed_at__isnull=False)
    created = Basket.objects.filter(**period.within("date_created")).exclude(status=Basket.MERGED)
    filled = created.filter(Q(item_count__gt=0) | Q(status=Basket.SUBMITTED)).order_by()
    is_old = Q(date_created__lt=timezone.now() - timedelta(days=1))
    cents = cents_of("total")
    rows = filled.values_list(TruncDate("date_created"), Exists(placed)).annotate(
        Count("pk"),
        old=Count("pk", filter=is_old),
        cents=Coalesce(Sum(cents, filter=is_old), 0),
    )
    found = Rows()
    for day, is_paid, count, old, value in rows:
        add(found, day, count, *((count, 0, 0) if is_paid else (0, old, value)))
    return found
