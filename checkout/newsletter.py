"""The offer block of campaigns, and audience filters by orders."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from oscar.apps.voucher.models import Voucher

from accounts.countries import countries
from accounts.newsletter.campaigns import blocks
from accounts.newsletter.campaigns.audience import Filter, register
from accounts.newsletter.campaigns.blocks import (
    Block,
    BlockError,
    Links,
    Rendered,
    arguments,
    from_templates,
)
from accounts.newsletter.subscribers.models import Subscriber
from checkout.offers.models import ConditionalOffer
from checkout.order.models import Line, Order
from checkout.order.states import OrderState

OFFER = "::offer spare-power-with-a-starter-set /catalogue/"
#: The states of paid orders that were not cancelled.
_PAID = (OrderState.PLACED, OrderState.PART_SHIPPED, OrderState.SHIPPED)


# --- Offers --------------------------------------------------------------------------------------


def _offer(words: list[str], links: Links) -> Rendered:
    """Render an offer or discount code that is available now, with a link."""
    name, url = arguments(words, 1, 2, OFFER)
    voucher = Voucher.objects.filter(code__iexact=name).first()
    offer = voucher.offers.first() if voucher else _site_offer(name)
    if offer is None:
        raise BlockError(gettext("There is no offer or discount code “%(name)s”.") % {"name": name})
    is_active = offer.status == ConditionalOffer.OPEN and offer.is_available()
    if not is_active or (voucher and not voucher.is_active()):
        raise BlockError(gettext("“%(name)s” is not available now.") % {"name": offer.name})
    context = {
        "offer": offer,
        "code": voucher.code if voucher else "",
        "ends": voucher.end_datetime if voucher else offer.end_datetime,
        "url": links.token(url or "/catalogue/"),
    }
    return from_templates("offer", context)


def _site_offer(slug: str) -> ConditionalOffer | None:
    """Return a site offer; offers of discount codes are found by their code only."""
    return ConditionalOffer.objects.filter(slug=slug, offer_type=ConditionalOffer.SITE).first()


blocks.register(
    Block(
        "offer",
        OFFER,
        _("An offer by its slug, or a discount code, that is available now."),
        _offer,
    )
)


# --- Audience filters ----------------------------------------------------------------------------


def _customers(orders: "QuerySet[Order]") -> Q:
    """Return a filter for the subscribers who placed these orders, by email or account.

    Two subqueries that run once: with EXISTS per subscriber, 100,000 subscribers and 50,000 orders
    took PostgreSQL 4 to 10 s.
    """
    by_email = orders.annotate(buyer=Lower("guest_email")).values("buyer")
    by_account = orders.exclude(user=None).values("user_id")
    return Q(email__in=by_email) | Q(user_id__isnull=False, user_id__in=by_account)


def _paid_orders() -> "QuerySet[Order]":
    return Order.objects.filter(status__in=_PAID).order_by()


def _orders_of(skus: Any) -> "QuerySet[Order]":
    """Return the paid orders with at least one line of these SKUs that is not cancelled; the SKU
    of a kit is that of its components."""
    codes = str(skus).replace(",", " ").split()
    named = Q(partner_sku__in=codes) | Q(upc__in=codes) | Q(kit__sku__in=codes)
    lines = Line.objects.filter(named).order_by()
    return _paid_orders().filter(pk__in=lines.exclude(status="cancelled").values("order_id"))


def _ordered(people: "QuerySet[Subscriber]", answer: Any) -> "QuerySet[Subscriber]":
    customers = _customers(_paid_orders())
    return people.filter(customers if answer == "yes" else ~customers)


def _bought(people: "QuerySet[Subscriber]", skus: Any) -> "QuerySet[Subscriber]":
    return people.filter(_customers(_orders_of(skus)))


def _not_bought(people: "QuerySet[Subscriber]", skus: Any) -> "QuerySet[Subscriber]":
    return people.filter(~_customers(_orders_of(skus)))


def _shipped_to(people: "QuerySet[Subscriber]", codes: Any) -> "QuerySet[Subscriber]":
    orders = _paid_orders().filter(shipping_address__country_id__in=codes)
    return people.filter(_customers(orders))


def _skus(label: Any) -> forms.Field:
    return forms.CharField(
        max_length=400,
        required=False,
        label=label,
        help_text=_("SKUs, separated by spaces or commas."),
    )


def _countries() -> forms.Field:
    """Return a field with the shipping countries."""
    rows = countries().filter(is_shipping_country=True)
    return forms.MultipleChoiceField(
        choices=list(rows.values_list("iso_3166_1_a2", "printable_name")),
        required=False,
        label=_("Had an order shipped to"),
        widget=forms.SelectMultiple(attrs={"size": 5}),
    )


def _answers() -> forms.Field:
    return forms.ChoiceField(
        choices=[("", _("any")), ("yes", _("at least once")), ("no", _("never"))],
        required=False,
        label=_("Has ordered"),
    )


register(Filter("ordered", _answers, _ordered))
register(Filter("bought", lambda: _skus(_("Bought one of")), _bought))
register(Filter("not_bought", lambda: _skus(_("Bought none of")), _not_bought))
register(Filter("orders_to", _countries, _shipped_to))
