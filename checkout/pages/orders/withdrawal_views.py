"""Withdraw from a contract by order number and email address, without the order's link."""

import re
import uuid
from collections import Counter
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from checkout.order.models import Order
from checkout.order.states import OrderState
from checkout.pages.orders.forms import FindForm
from checkout.pages.orders.views import MAX_LINKS, TOO_OFTEN, pair, send_link
from checkout.withdrawal.forms import ConfirmedForm
from checkout.withdrawal.models import Withdrawal
from checkout.withdrawal.period import withdrawal_options
from checkout.withdrawal.services import WithdrawalError, declare
from microflight.core.limits import client_network, within_limit

RECORDED = _(
    "If you can withdraw from an order with this number and email address, we recorded your "
    "withdrawal, and its receipt with date and time is on the way. Otherwise we emailed you the "
    "link of the order. Nothing in your inbox? Check your spam folder, or contact us."
)
ALL, SOME = "all", "some"
#: A SKU, and the units, 1 by default.
_ITEM = re.compile(r"\s*([^\s=]+)\s*(?:[\s=x×]\s*(\d{1,4}))?\s*", re.ASCII)


class WithdrawOrderForm(FindForm, ConfirmedForm):
    """The order, and whether all of it."""

    scope = forms.ChoiceField(
        label=_("What do you withdraw from?"),
        choices=[(ALL, _("The whole order")), (SOME, _("Some of its items"))],
        initial=ALL,
        widget=forms.RadioSelect,
    )
    items = forms.CharField(
        label=_("Items"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=_(
            "For some items only: one per line, with its SKU and how many, such as MF-AP-WREN 2. "
            "The SKUs are in our emails."
        ),
    )

    def clean_items(self) -> str:
        """Return SKU and units of each item; an empty string for the whole order."""
        if self.cleaned_data.get("scope") != SOME:
            return ""
        found = [(text, _ITEM.fullmatch(text)) for text in self.cleaned_data["items"].splitlines()]
        rows = [(text.strip(), match) for text, match in found if text.strip()]
        if wrong := [text for text, match in rows if match is None]:
            message = gettext("“%(text)s”: enter the SKU and how many, such as MF-AP-WREN 2.")
            raise ValidationError(message % {"text": wrong[0]})
        if not rows:
            raise ValidationError(gettext("Enter the SKU of at least one item."))
        return "\n".join(
            f"{match[1].upper()} {int(match[2] or 1)}" for _text, match in rows if match
        )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest) -> HttpResponse:
    """Ask for the order, then for confirmation. The answer is the same for unknown orders."""
    form = WithdrawOrderForm(request.POST or None)
    if not form.is_valid():
        return _render(request, "find", form, 422 if form.is_bound else 200)
    data = form.cleaned_data
    if not data["confirmed"]:
        return _render(request, "confirm_order", form)
    if not within_limit("find-order", who=client_network(request), most=10, seconds=3600):
        form.add_error(None, TOO_OFTEN)
        return _render(request, "find", form, 429)
    _withdraw(data["number"], data["email"], data["key"], data["items"].splitlines())
    messages.info(request, RECORDED)
    return redirect("orders:withdraw")


def _withdraw(number: str, email: str, key: uuid.UUID, items: list[str]) -> None:
    """Record the withdrawal, which a job settles: the answer takes as long for any order. If it
    is not possible, or one of the items is not in the order, email the link of the order."""
    orders = Order.objects.exclude(status=OrderState.DRAFT)
    order = orders.filter(number=number, guest_email__iexact=email).first()
    who = pair(number, email)
    allowed = within_limit("withdraw-order", who=who, most=MAX_LINKS, seconds=86_400)
    if order is not None and allowed:
        try:
            quantities = _units(order, items) if items else None
            declare(order=order, quantities=quantities, key=key, channel=Withdrawal.Channel.NUMBER)
        except WithdrawalError:
            send_link(number, email)
    else:
        send_link("", email)


def _units(order: Order, items: list[str]) -> dict[int, int]:
    """Return the units of each line for rows of SKU and units. Raises WithdrawalError."""
    left: Counter[str] = Counter()
    for sku, number in (item.rsplit(" ", 1) for item in items):
        left[sku] += int(number)
    quantities = {}
    for each in withdrawal_options(order).lines:
        sku = each.line.partner_sku.upper()
        quantities[each.line.pk] = min(left[sku], each.quantity)
        left[sku] -= quantities[each.line.pk]
    if left.total():
        raise WithdrawalError(gettext("One of the items is not in this order."))
    return quantities


def _render(
    request: HttpRequest, name: str, form: WithdrawOrderForm, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {"form": form}
    return render(request, f"withdrawal/{name}.html", context, status=status)
