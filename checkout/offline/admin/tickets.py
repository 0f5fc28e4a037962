"""The orders of the person who wrote a ticket, and an order from what they wrote."""

import re
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.tickets.admin import ACTIONS, PAGE_CONTEXT
from accounts.tickets.models import Ticket
from accounts.users.models import User
from checkout.fulfilment.admin.customer_orders import orders_of
from checkout.offers.customers import email_key
from checkout.offline.admin.draft_forms import CustomerFields, account_of
from checkout.order.locking import OrderActionError, record_note
from checkout.order.models import Order
from checkout.order.numbers import is_order_number
from checkout.order.staff_fields import Channel
from checkout.placement.drafts import create_draft
from microflight.core.action_view import ActionForm

#: Orders that a ticket may name, and the form of their numbers.
_MOST_NAMED, _NUMBER = 10, re.compile(r"(?<!\d)\d{6,12}(?!\d)", re.ASCII)


class CreateOrderForm(CustomerFields, ActionForm):
    """Create a draft for the person who wrote; the text of the ticket becomes a note."""

    permission = "order.take_order"
    title = _("Create order")
    button = _("Create draft")
    field_order = ("email",)

    def __init__(self, *args: Any, subject: Ticket, **kwargs: Any) -> None:
        first, _space, last = subject.name.partition(" ")
        initial = {"email": subject.email, "first_name": first, "last_name": last}
        super().__init__(*args, subject=subject, initial=initial, **kwargs)

    @classmethod
    def is_available(cls, subject: Ticket) -> bool:
        """Tell whether no order was created from it yet."""
        return not subject.order_number

    @transaction.atomic
    def perform(self, by: User) -> str:
        details, ticket = self.details(), Ticket.objects.select_for_update().get(pk=self.subject.pk)
        if not self.is_available(ticket):
            raise OrderActionError(gettext("Someone else has just created an order from it."))
        draft = create_draft(
            details=details, channel=Channel.EMAIL, by=by, user=account_of(details.email)
        )
        record_note(draft, f"{ticket.number}: {ticket.subject}\n\n{ticket.text}", by)
        Ticket.objects.filter(pk=ticket.pk).update(order_number=draft.number)
        return gettext("Order %(number)s was created as a draft.") % {"number": draft.number}


def orders_of_ticket(request: HttpRequest, ticket: Ticket) -> dict[str, Any]:
    """Return the orders of the email address, and those whose number is in the ticket."""
    if not request.user.has_perm("order.view_order"):
        return {}
    numbers = {each for each in _NUMBER.findall(ticket.text) if is_order_number(each)}
    numbers |= {each for each in _NUMBER.findall(ticket.subject) if is_order_number(each)}
    orders = orders_of([email_key(ticket.email)])
    named = Order.objects.filter(number__in=sorted(numbers)[:_MOST_NAMED])
    named = named.exclude(pk__in=[order.pk for order in orders])
    related = named.prefetch_related("lines", "shipping_events").order_by("-pk")
    return {"orders": orders, "named_orders": related, "shows_orders": True}


ACTIONS["order"] = CreateOrderForm
PAGE_CONTEXT.append(orders_of_ticket)
