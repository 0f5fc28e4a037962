"""What the page of a customer shows: one query per section, the newest rows of each."""

from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.db.models.functions import Lower
from oscar.apps.address.models import UserAddress

from accounts.mail.models import Message
from accounts.newsletter.subscribers.models import Subscriber
from accounts.tickets.models import Ticket
from checkout.order.models import Order
from checkout.order.states import OrderState
from checkout.returns.models import Return
from microflight.core.money import from_cents
from microflight.core.tags import tag_list
from microflight.customers.models import Customer
from policies import evidence

NEWEST = 20  # rows of each section
_COUNTED = Q(status__in=(OrderState.PLACED, OrderState.PART_SHIPPED, OrderState.SHIPPED))


def totals(orders: QuerySet[Order], *group: str) -> Any:
    """Return orders, value (captured less refunded, in cents) and last order, by group."""
    return (
        orders.filter(_COUNTED)
        .order_by()
        .values(*group)
        .annotate(
            count=Count("pk", distinct=True),
            captured=Sum("attempts__captured_cents", default=0),
            refunded=Sum("attempts__refunded_cents", default=0),
            last=Max("placed_at"),
        )
    )


def add_totals(customers: list[Any]) -> None:
    """Give each customer of a list `order_count`, `value` (CAD) and `last_order`. Two queries."""
    accounts = Order.objects.filter(user__in=[each.user_id for each in customers if each.user_id])
    emails = [each.email for each in customers if not each.user_id]
    guests = Order.objects.filter(user=None).annotate(lower_email=Lower("guest_email"))
    found = {row["user"]: row for row in totals(accounts, "user")}
    by_email = {
        row["lower_email"]: row
        for row in totals(guests.filter(lower_email__in=emails), "lower_email")
    }
    for each in customers:
        row = found.get(each.user_id) if each.user_id else by_email.get(each.email)
        each.order_count = row["count"] if row else 0
        each.value = from_cents(row["captured"] - row["refunded"] if row else 0)
        each.last_order = row["last"] if row else None


def sections(customer: Customer, user: Any) -> dict[str, Any]:
    """Return the sections that a staff member may see."""
    email = customer.contact_email
    orders = customer.orders()
    add_totals([customer])
    shown: dict[str, Any] = {
        "tags": tag_list(customer.tags),
        "notes": customer.notes.select_related("by")[:NEWEST],
        "addresses": _addresses(customer),
    }
    if user.has_perm("order.view_order"):
        shown["orders"] = orders[:NEWEST]
    if user.has_perm("returns.view_return"):
        returns = Return.objects.filter(order__in=orders.order_by())
        shown["returns"] = returns.select_related("order").order_by("-pk")[:NEWEST]
    if user.has_perm("tickets.view_ticket"):
        shown["tickets"] = Ticket.objects.filter(email__iexact=email)[:NEWEST]
    if user.has_perm("mail.view_message"):
        shown["emails"] = Message.objects.filter(recipient__iexact=email).order_by("-pk")[:NEWEST]
    if user.has_perm("newsletter.view_subscriber"):
        shown["subscriber"] = Subscriber.objects.filter(email=email.lower()).first()
    if customer.user_id and user.has_perm("policies.view_acceptance"):
        shown["subject"] = f"account:{customer.user_id}"
        shown["acceptances"] = evidence.count_for(shown["subject"])
    return shown


def _addresses(customer: Customer) -> list[Any]:
    """Return the address book; of a guest, the addresses of the newest orders, once each."""
    if customer.user_id:
        return list(UserAddress.objects.filter(user=customer.user_id).select_related("country"))
    orders = customer.orders().select_related("shipping_address__country")[:NEWEST]
    found = {str(each.shipping_address): each.shipping_address for each in orders}
    return [each for each in found.values() if each]
