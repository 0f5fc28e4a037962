"""The columns of the list of orders: what to pack, where it goes and how, and its state."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog.facts import facts_of
from checkout.order.models import BillingAddress, Line, Order, ShippingAddress
from microflight.core.money import format_cents, format_money

#: One element, which the cards of phones show as one.
_TWO_LINES = '<span>{}<br><span class="quiet">{}</span></span>'
#: Lines of an order that the list names.
_LINES_SHOWN = 2


def with_columns(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Fetch what the columns show, in five queries: joins would read the addresses of all orders
    before those of a page are chosen."""
    lines = Line.objects.select_related("product__facts", "product__parent__facts")
    return orders.prefetch_related(
        "attempts",
        Prefetch("lines", lines.order_by("pk")),
        Prefetch("shipping_address", ShippingAddress.objects.select_related("country")),
        Prefetch("billing_address", BillingAddress.objects.select_related("country")),
    )


def item_names(order: Order, most: int | None = None) -> str:
    """Return what was ordered, such as `2 × Motor, 1 × Propeller, 3 more`."""
    lines = list(order.lines.all())
    names = [f"{line.quantity} × {line.title}" for line in lines[:most]]
    if hidden := len(lines) - len(names):
        more = ngettext("%(count)d more", "%(count)d more", hidden)
        names.append(more % {"count": hidden})
    return ", ".join(names)


def destination(order: Order) -> str:
    """Return city, province and country; a pickup has none."""
    address = order.shipping_address
    if order.is_pickup or address is None:
        return gettext("Pickup") if order.is_pickup else "–"
    country = "" if address.country_id == "CA" else address.country.printable_name
    return ", ".join(filter(None, [address.line4, address.state, country]))


class OrderColumns(admin.ModelAdmin):
    """The columns; the orders come from `with_columns`."""

    @admin.display(description=_("State"), ordering="status")
    def state(self, order: Order) -> SafeString:
        labels: list[tuple[str, Any]] = [(order.status, order.state_label)]
        if order.on_hold or order.staff_hold:
            labels.append(("on-hold", gettext("On hold")))
        products = [line.product for line in order.lines.all() if line.product]
        if any(facts.has_battery for facts in facts_of(products).values()):
            labels.append(("battery", gettext("Battery")))
        shown = format_html_join(" ", '<span class="state state-{}">{}</span>', labels)
        return format_html("<span>{}</span>", shown)

    @admin.display(description=_("Placed"), ordering="placed_at")
    def placed(self, order: Order) -> SafeString | str:
        """Return the date, and the age."""
        if order.placed_at is None:
            return "–"
        age = gettext("%(time)s ago") % {"time": timesince(order.placed_at, depth=1)}
        day = date_format(localtime(order.placed_at), "j M Y, H:i")
        return format_html(_TWO_LINES, day, age)

    @admin.display(description=_("Customer"), ordering="shipping_address__last_name")
    def customer(self, order: Order) -> SafeString:
        """Return the name of the customer, and the email address."""
        name = order.customer_address.name if order.customer_address else "–"
        return format_html(_TWO_LINES, name, order.guest_email)

    @admin.display(description=_("Items"))
    def items(self, order: Order) -> str:
        return item_names(order, _LINES_SHOWN) or "–"

    @admin.display(description=_("Ship to"), ordering="shipping_address__line4")
    def ship_to(self, order: Order) -> SafeString:
        """Return the destination, and the shipping method."""
        place = destination(order)
        return format_html(_TWO_LINES, place, order.shipping_method)

    @admin.display(description=_("Total"), ordering="total_incl_tax")
    def total(self, order: Order) -> SafeString | str:
        """Return the total, and what was captured and refunded."""
        total, attempts = format_money(order.total_incl_tax), order.attempts.all()
        captured = sum(attempt.captured_cents for attempt in attempts)
        if not captured:
            return total
        paid = gettext("%(amount)s captured") % {"amount": format_cents(captured)}
        if refunded := sum(attempt.refunded_cents for attempt in attempts):
            paid += ", " + gettext("%(amount)s refunded") % {"amount": format_cents(refunded)}
        return format_html(_TWO_LINES, total, paid)
