"""What campaigns may show of offers, and audience filters by what people ordered."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from oscar.apps.address.models import Country
from oscar.apps.voucher.models import Voucher

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
#: Orders that somebody paid for and kept.
_BOUGHT = (OrderState.PLACED, OrderState.PART_SHIPPED, OrderState.SHIPPED)


# --- offers -------------------------------------------------------------------------------------


def _offer(words: list[str], links: Links) -> Rendered:
    """An offer or a code that holds now, and where to find what it is for."""
    name, url = arguments(words, 1, 2, OFFER)
    voucher = Voucher.objects.filter(code__iexact=name).first()
    offer = voucher.offers.first() if voucher else _site_offer(name)
    if offer is None:
        raise BlockError(f"There is no offer and no discount code “{name}”.")
    holds = offer.status == ConditionalOffer.OPEN and offer.is_available()
    if not holds or (voucher and not voucher.is_active()):
        raise BlockError(f"“{offer.name}” is not available now.")
    context = {
        "offer": offer,
        "code": voucher.code if voucher else "",
        "ends": voucher.end_datetime if voucher else offer.end_datetime,
        "url": links.token(url or "/catalogue/"),
    }
    return from_templates("offer", context)


def _site_offer(slug: str) -> ConditionalOffer | None:
    """An offer that holds for every cart. What a code gives is found by its code alone."""
    return ConditionalOffer.objects.filter(slug=slug, offer_type=ConditionalOffer.SITE).first()


blocks.register(
    Block(
        "offer",
        OFFER,
        _("An offer by its slug, or a discount code, that is available now."),
        _offer,
    )
)


# --- whom ---------------------------------------------------------------------------------------


def _theirs(orders: "QuerySet[Order]") -> Q:
    """Subscribers who placed one of these orders, by address or by account.

    Each order is read once and the two lists are kept while subscribers pass by: asked for each
    subscriber by EXISTS, 100,000 of them beside 50,000 orders took PostgreSQL 4 to 10 s.
    """
    by_address = orders.annotate(low=Lower("guest_email")).values("low")
    by_account = orders.exclude(user=None).values("user_id")
    return Q(email__in=by_address) | Q(user_id__isnull=False, user_id__in=by_account)


def _orders() -> "QuerySet[Order]":
    return Order.objects.filter(status__in=_BOUGHT).order_by()


def _with_articles(skus: Any) -> "QuerySet[Order]":
    """Orders in which at least one piece of these articles was not cancelled."""
    wanted = [word for word in str(skus).replace(",", " ").split() if word]
    lines = Line.objects.filter(Q(partner_sku__in=wanted) | Q(upc__in=wanted)).order_by()
    return _orders().filter(pk__in=lines.exclude(status="cancelled").values("order_id"))


def _ever(people: "QuerySet[Subscriber]", answer: Any) -> "QuerySet[Subscriber]":
    has = _theirs(_orders())
    return people.filter(has if answer == "yes" else ~has)


def _bought(people: "QuerySet[Subscriber]", skus: Any) -> "QuerySet[Subscriber]":
    return people.filter(_theirs(_with_articles(skus)))


def _not_bought(people: "QuerySet[Subscriber]", skus: Any) -> "QuerySet[Subscriber]":
    return people.filter(~_theirs(_with_articles(skus)))


def _sent_to(people: "QuerySet[Subscriber]", codes: Any) -> "QuerySet[Subscriber]":
    there = _orders().filter(shipping_address__country_id__in=codes)
    return people.filter(_theirs(there))


def _skus(label: Any) -> forms.Field:
    return forms.CharField(
        max_length=400,
        required=False,
        label=label,
        help_text=_("SKUs, separated by spaces or commas."),
    )


def _countries() -> forms.Field:
    """The countries that the shop ships to."""
    rows = Country.objects.filter(is_shipping_country=True).order_by("printable_name")
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


register(Filter("ordered", _answers, _ever))
register(Filter("bought", lambda: _skus(_("Bought one of")), _bought))
register(Filter("not_bought", lambda: _skus(_("Bought none of")), _not_bought))
register(Filter("orders_to", _countries, _sent_to))
