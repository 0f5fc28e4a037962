"""Orders. An order is saved before it is paid, so that every payment has an order."""

import secrets
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Sum, Window
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from oscar.apps.order.abstract_models import (
    AbstractLine,
    AbstractOrder,
    AbstractOrderDiscount,
    AbstractOrderLineDiscount,
    AbstractShippingEvent,
)

from checkout.basket.models import format_options
from checkout.offers.customers import email_key
from checkout.order.order_columns import Hold, PromisedDates
from checkout.order.order_kits import OrderKit, PartOfKit  # noqa: F401 (a model of this app)
from checkout.order.search_text import OrderSearchText  # noqa: F401 (a model of this app)
from checkout.order.signals import announce_line_state, announce_state
from checkout.order.staff_fields import StaffOrderFields
from checkout.order.states import LINE, LIVE, ORDER, LineState, OrderState
from checkout.payment.models import PaymentAttempt
from microflight.core.bounds import MAX_AMOUNT, MAX_SUM, MAX_TOTAL, MAX_UNITS, Bounds
from microflight.core.money import MAXIMUM_CHARGE
from microflight.core.tags import TagsField

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from accounts.users.models import User


class OrderNumber(models.Model):
    """The sequence of order numbers. A number is never used twice, even if its order fails."""

    def __str__(self) -> str:
        return str(self.pk)


def new_link_secret() -> str:
    """Return a random secret of 144 bits for the links of an order."""
    return secrets.token_urlsafe(18)


class OrderQuerySet(models.QuerySet["Order"]):
    def placed_by(self, user: "User") -> "OrderQuerySet":
        """Return the orders of an account, paid or not; not what staff are still preparing."""
        return self.filter(user=user).exclude(status=OrderState.DRAFT)

    def live(self) -> "OrderQuerySet":
        """Return orders that reserve stock or payment."""
        return self.filter(status__in=LIVE)

    def open(self) -> "OrderQuerySet":
        """Return placed orders with something left to ship."""
        return self.filter(status__in=(OrderState.PLACED, OrderState.PART_SHIPPED))

    def to_ship(self) -> "OrderQuerySet":
        """Return open orders with at least one unit that can ship now and is not held."""
        orders = self.open().filter(pk__in=Line.objects.shippable().values("order_id"))
        return orders.exclude(attempts__in=PaymentAttempt.objects.fully_refunded())

    def backordered(self) -> "OrderQuerySet":
        """Return open orders with at least one unit on backorder."""
        return self.open().filter(pk__in=Line.objects.backordered().values("order_id"))


class Order(StaffOrderFields, Hold, PromisedDates, AbstractOrder):
    """An order. `guest_email` is the contact address of accounts and guests alike."""

    supply_country = models.CharField(
        max_length=2,
        blank=True,
        editable=False,
        help_text=_("Whose taxes it has: the place of supply."),
    )
    supply_province = models.CharField(
        max_length=3, blank=True, editable=False, help_text=_("Of a place of supply in Canada.")
    )
    is_pickup = models.BooleanField(
        default=False,
        editable=False,
        help_text=_("Picked up at the shop: whatever the shipping method is changed to later."),
    )
    placed_at = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)
    fingerprint = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text=_("Hash of the quote that the customer saw when paying."),
    )
    # limits per customer count by them, see checkout/offers/customers.py
    email_key = models.CharField(max_length=254, blank=True, editable=False, db_index=True)
    account_email_key = models.CharField(max_length=254, blank=True, editable=False, db_index=True)
    # of the IP address, only while the order is unpaid; see placement/unpaid_limits.py
    ip_key = models.CharField(max_length=32, blank=True, editable=False)
    network = models.CharField(max_length=43, blank=True, editable=False)
    link_secret = models.CharField(max_length=32, default=new_link_secret, editable=False)
    early_charge_agreed_at = models.DateTimeField(
        _("agreed to be charged at checkout"), null=True, blank=True, editable=False
    )
    early_charge_text = models.TextField(
        blank=True, editable=False, help_text=_("The exact text that the customer agreed to.")
    )

    landed_cost = models.JSONField(null=True, blank=True, editable=False)  # an Estimate
    tags = TagsField(editable=False)

    objects = OrderQuerySet.as_manager()

    class Meta(AbstractOrder.Meta):
        permissions = [
            ("ship_order", "Can create shipments, which captures the payment"),
            ("cancel_order", "Can cancel an order"),
            ("refund_order", "Can refund an order and capture its payment early"),
            ("take_order", "Can take orders and payments by phone, mail, email and in person"),
            ("export_order", "Can export orders with names, addresses, phone numbers and emails"),
        ]
        indexes = [
            models.Index(
                fields=["network"],
                condition=Q(status=OrderState.PENDING),
                name="unpaid_orders_of_a_network",
            ),
            models.Index(fields=["tags"], condition=~Q(tags=""), name="tagged_orders"),
        ]
        constraints = [
            *StaffOrderFields.Meta.constraints,
            models.UniqueConstraint(
                fields=["basket"], condition=Q(status__in=LIVE), name="one_live_order_per_basket"
            ),
            models.CheckConstraint(
                condition=Q(status__in=OrderState.values), name="order_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(early_charge_agreed_at=None, early_charge_text="")
                | Q(early_charge_agreed_at__isnull=False) & ~Q(early_charge_text=""),
                name="early_charge_has_its_text",
            ),
            Bounds("total_excl_tax", 0, MAX_TOTAL),
            Bounds("total_incl_tax", 0, MAX_TOTAL),
            Bounds("shipping_excl_tax", 0, MAX_TOTAL),
            Bounds("shipping_incl_tax", 0, MAX_TOTAL),
            models.CheckConstraint(
                condition=Q(
                    total_excl_tax__gte=F("shipping_excl_tax"),
                    total_incl_tax__gte=F("total_excl_tax"),
                    shipping_incl_tax__gte=F("shipping_excl_tax"),
                ),
                name="order_total_covers_shipping_and_tax",
            ),
        ]

    def save(self, *args: Any, **options: Any) -> None:
        """Save; a new order gets the keys of its emails."""
        if self._state.adding:
            self.email_key = email_key(self.guest_email)
            self.account_email_key = email_key(self.user.email) if self.user else ""
        super().save(*args, **options)

    @property
    def needs_shipping(self) -> bool:
        """Tell whether anything in it is shipped: then it has a shipping method."""
        return bool(self.shipping_code)

    @property
    def charged_at_checkout(self) -> bool:
        """Tell whether the card is charged at checkout and not by the first shipment: the customer
        agreed to that, or there will be none."""
        return self.early_charge_agreed_at is not None or not self.needs_shipping

    @property
    def state_label(self) -> "StrOrPromise":
        """Return the state for people: an order of which nothing ships is never "shipped"."""
        if self.status == OrderState.SHIPPED and not self.needs_shipping:
            return _("Completed")
        return OrderState(self.status).label

    @property
    def customer_address(self) -> Any:
        """Return the shipping address, or the name and place for taxes if nothing is shipped."""
        return self.shipping_address or self.billing_address

    def move_to(self, new: str) -> None:
        """Change the state of a row that the caller has locked. Raises NotAllowed."""
        ORDER.check(self.status, new)
        old, self.status = self.status, new
        self.status_changes.create(old_status=old, new_status=new)
        self.ip_key = self.network = ""
        if new == OrderState.PLACED:
            self.placed_at = timezone.now()
        self.save(update_fields=["status", "placed_at", "ip_key", "network"])
        announce_state(self, old, new)


class LineQuerySet(models.QuerySet["Line"]):
    def allocation_queue(self) -> Any:  # mypy does not know annotations by window functions
        """Return lines with allocated stock, oldest order first, so that it is served first.

        `on_hand` is the stock on hand, `cumulative` the units of this and all earlier lines.
        """
        return self.filter(num_allocated__gt=0, stockrecord__isnull=False).annotate(
            on_hand=Coalesce(F("stockrecord__num_in_stock"), 0),
            cumulative=Window(
                Sum("num_allocated"),
                partition_by=["stockrecord_id"],
                order_by=[F("order_id").asc(), F("pk").asc()],
            ),
        )

    def backordered(self) -> "LineQuerySet":
        """Return lines with units that are not on hand."""
        lines: LineQuerySet = self.allocation_queue().filter(cumulative__gt=F("on_hand"))
        return lines

    def shippable(self) -> "LineQuerySet":
        """Return lines with at least one unit that can ship now."""
        queue = self.model.objects.allocation_queue()
        on_hand = queue.filter(cumulative__lt=F("on_hand") + F("num_allocated"))
        remaining = self.filter(status__in=(LineState.ORDERED, LineState.PART_SHIPPED))
        untracked = Q(requires_shipping=True) & (Q(num_allocated=0) | Q(stockrecord=None))
        released = remaining.exclude(held=True, order__on_hold=True).filter(order__staff_hold="")
        released = released.exclude(order__additions__status=OrderState.PENDING)
        return released.filter(untracked | Q(pk__in=on_hand.values("pk")))


class Line(PartOfKit, PromisedDates, AbstractLine):
    """A product in an order. Units that are neither shipped nor cancelled are still to ship."""

    status = models.CharField(
        max_length=32, choices=LineState.choices, default=LineState.ORDERED, editable=False
    )
    cancelled = models.PositiveIntegerField(
        default=0, editable=False, help_text=_("Units that will not be shipped.")
    )
    uncharged = models.PositiveIntegerField(
        default=0,
        editable=False,
        help_text=_("Cancelled units that were never charged."),
    )
    returned = models.PositiveIntegerField(
        default=0, editable=False, help_text=_("Units that the customer sent back.")
    )

    requires_shipping = models.BooleanField(
        default=True,
        editable=False,
        help_text=_("If not, it is delivered once the payment is captured."),
    )
    stock_tracked = models.BooleanField(
        default=True,
        editable=False,
        help_text=_("Whether the stock of the product was tracked when the order was placed."),
    )
    held = models.BooleanField(
        default=False,
        editable=False,
        help_text=_("Accepted while the shop was away: waits while the order is on hold."),
    )

    objects = LineQuerySet.as_manager()

    class Meta(AbstractLine.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=LineState.values), name="line_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("cancelled") + F("returned")),
                name="cancelled_and_returned_within_ordered",
            ),
            models.CheckConstraint(
                condition=Q(cancelled__gte=F("uncharged")), name="uncharged_within_cancelled"
            ),
            Bounds("quantity", 1, MAX_UNITS),
            Bounds("unit_price_excl_tax", 0, MAX_AMOUNT),
            Bounds("unit_price_incl_tax", 0, MAX_TOTAL),
            Bounds("line_price_excl_tax", 0, MAX_TOTAL),
            Bounds("line_price_incl_tax", 0, MAX_TOTAL),
            Bounds("line_price_before_discounts_excl_tax", 0, MAX_SUM),
            Bounds("line_price_before_discounts_incl_tax", 0, MAX_SUM),
            models.CheckConstraint(
                condition=Q(
                    line_price_incl_tax__gte=F("line_price_excl_tax"),
                    line_price_before_discounts_excl_tax__gte=F("line_price_excl_tax"),
                ),
                name="line_price_within_full_price_and_tax",
            ),
        ]
        indexes = [
            models.Index(
                fields=["stockrecord", "order"],
                condition=Q(num_allocated__gt=0),
                name="lines_with_allocated_stock",
            ),
            models.Index(fields=["kit"], condition=Q(kit__isnull=False), name="lines_of_kits"),
        ]

    @property
    def options(self) -> str:
        """Return the options that the shopper chose, such as "Engraving: C-GULL", and the kit that
        it is part of."""
        chosen = format_options(self.attributes.all()) if self.pk else ""
        return "; ".join(filter(None, [chosen, self.part_of]))

    @property
    def state_label(self) -> "StrOrPromise":
        """Return the state for people: what needs no shipping is delivered, not shipped."""
        if self.status == LineState.SHIPPED and not self.requires_shipping:
            return _("Delivered")
        return LineState(self.status).label

    def move_to(self, new: str) -> None:
        """Change the state, if it differs; the caller has locked the order, and saves.

        Raises NotAllowed.
        """
        if self.status != new:
            LINE.check(self.status, new)
            announce_line_state(self, self.status, new)
            self.status = new


class LineCancellation(models.Model):
    """Units of a line that staff cancelled."""

    line = models.ForeignKey(Line, on_delete=models.CASCADE, related_name="cancellations")
    quantity = models.PositiveIntegerField()
    cents = models.PositiveIntegerField(help_text=_("Their price, tax included."))
    refund = models.ForeignKey(
        "payment.Transaction",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("The refund; empty if they were cancelled before capture."),
    )
    reason = models.CharField(max_length=255)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            Bounds("quantity", 1, MAX_UNITS),
            Bounds("cents", 0, MAXIMUM_CHARGE),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of line {self.line_id}"


class OrderDiscountQuerySet(models.QuerySet["OrderDiscount"]):
    def in_use(self) -> "OrderDiscountQuerySet":
        """Return the uses of offers and vouchers that count towards their limits."""
        return self.filter(released=False)


class OrderDiscount(AbstractOrderDiscount):
    """The use of an offer by an order. The IDs say which offer and voucher, and never change; the
    name and the code are those of the day of the order."""

    released = models.BooleanField(
        default=False,
        editable=False,
        help_text=_("The order was cancelled or expired, so this use no longer counts."),
    )

    objects = OrderDiscountQuerySet.as_manager()

    class Meta(AbstractOrderDiscount.Meta):
        constraints = [Bounds("amount", 0, MAX_SUM)]


class OrderLineDiscount(AbstractOrderLineDiscount):
    """What a discount takes off a line."""

    class Meta(AbstractOrderLineDiscount.Meta):
        constraints = [Bounds("amount", 0, MAX_SUM)]


class ShippingEvent(AbstractShippingEvent):
    """A shipment: what was shipped, with which carrier and tracking number."""

    carrier = models.CharField(max_length=64, blank=True)
    tracking_number = models.CharField(max_length=64, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )


from oscar.apps.order.models import *  # type: ignore[assignment]  # noqa: E402, F403
