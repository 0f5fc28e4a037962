"""Forms of quotes: reserve and send, record a payment, change."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.users.models import User
from checkout.fulfilment.admin.forms import OrderActionForm
from checkout.offline import emails
from checkout.offline.admin.draft_forms import DraftForm
from checkout.order.errors import CartChanged, CheckoutError, OnBackorder
from checkout.order.locking import OrderActionError
from checkout.order.models import Order
from checkout.order.states import OrderState
from checkout.payment.models import PaymentMethod
from checkout.placement.drafts import (
    draft_basket,
    is_order_form,
    locked_draft,
    place_order_form,
    place_quote,
    quote_of,
    reopen_quote,
    write_draft,
)
from checkout.placement.services import accept_policies, has_accepted_policies
from checkout.settlement.offline import cents_to_receive, record_offline_payment
from checkout.settlement.settle import settle
from microflight.core.action_view import seen_field
from microflight.core.forms import LineField
from microflight.core.money import format_cents, to_cents
from microflight.core.numbers import DecimalField
from policies.services import required_for_checkout

_DAYS = 14  # until a quote expires, unless staff choose another day
_MOST_DAYS = 90


class ReserveForm(DraftForm):
    """Reserve the items of a draft until the end of a day."""

    valid_until = forms.DateField(label=_("Valid until"), widget=AdminDateWidget)

    def __init__(self, *args: Any, initial: Any = None, **kwargs: Any) -> None:
        day = timezone.localdate() + timedelta(days=_DAYS)
        super().__init__(*args, initial={"valid_until": day, **(initial or {})}, **kwargs)

    def clean_valid_until(self) -> date:
        """Accept today and the next 90 days."""
        day, today = self.cleaned_data["valid_until"], timezone.localdate()
        last = today + timedelta(days=_MOST_DAYS)
        if not today <= day <= last:
            text = gettext("Choose a day from today until %(last)s.")
            raise forms.ValidationError(text % {"last": date_format(last)})
        return day


class SendQuoteForm(ReserveForm):
    """Reserve the items of a draft at its prices, and email the quote."""

    title = _("Reserve and send quote")
    button = _("Reserve")
    consequence = _(
        "Items and prices are reserved until the end of that day. The customer can pay by card "
        "with the link in the email; a cheque or another payment is recorded here when it arrives."
    )

    reason = LineField(
        label=_("Reason for the reservation"),
        max_length=255,
        help_text=_("For colleagues, for example: waits for a cheque."),
    )
    send = forms.BooleanField(label=_("Email the quote to the customer"), required=False)

    def __init__(self, *args: Any, subject: Order, **kwargs: Any) -> None:
        initial = {"send": bool(subject.guest_email)}
        super().__init__(*args, subject=subject, initial=initial, **kwargs)
        if not subject.guest_email:
            del self.fields["send"]
        self.fields["seen"] = seen_field(subject.fingerprint or "-", forms.CharField)
        if text := quote_of(subject, draft_basket(subject)).early_charge:
            self.fields["early_charge"] = forms.BooleanField(
                label=gettext("The customer agreed"), help_text=f"“{text}”"
            )

    def perform(self, by: User) -> str:
        data = self.cleaned_data
        try:
            with transaction.atomic():
                if (locked_draft(self.order).fingerprint or "-") != data["seen"]:
                    raise OrderActionError(
                        gettext("Someone else changed this draft. Check it before you send it.")
                    )
                order = place_quote(
                    order=self.order,
                    valid_until=data["valid_until"],
                    reason=data["reason"],
                    early_charge=data.get("early_charge", False),
                    by=by,
                )
                if data.get("send"):
                    emails.quote_sent(order)
        except CartChanged as error:
            with transaction.atomic():
                write_draft(locked_draft(self.order))
            message = gettext("Prices have changed, and the draft now has those of today. Check it")
            raise OrderActionError(f"{message}.") from error
        except CheckoutError as error:
            raise OrderActionError(error.reason) from error
        if not order.total_incl_tax:
            settle(order.attempts.get().pk)  # nothing to pay: it is placed
        if data.get("send"):
            text = gettext("The items are reserved, and the quote is on its way to %(email)s.")
            return text % {"email": order.guest_email}
        return gettext("The items are reserved.")


class AcceptOrderForm(ReserveForm):
    """Reserve the items of an order form that arrived, at the prices printed on it."""

    title = _("Accept order form")
    button = _("Accept and reserve")
    consequence = _(
        "The items are reserved at the prices printed on the form, until the end of that day. Then "
        "record the payment that came with it."
    )

    valid_until = forms.DateField(label=_("Reserve until"), widget=AdminDateWidget)

    @classmethod
    def is_available(cls, subject: Order) -> bool:
        """Tell whether it is a printed order form."""
        return is_order_form(subject)

    def perform(self, by: User) -> str:
        day, reason = self.cleaned_data["valid_until"], gettext("Order form received")
        try:
            place_order_form(order=self.order, valid_until=day, reason=reason, by=by)
        except OnBackorder as error:
            hint = gettext("Ask the customer. If they wait, save its items and send a quote.")
            raise OrderActionError(f"{error.reason} {hint}") from error
        except CheckoutError as error:
            raise OrderActionError(error.reason) from error
        return gettext("The items are reserved. Now record the payment.")


class RecordPaymentForm(OrderActionForm):
    """Record a cheque, money order, cash or bank transfer that arrived; this places the order."""

    permission = "order.take_order"
    title = _("Record payment")
    button = _("Record payment")

    method = forms.ChoiceField(
        label=_("Payment method"),
        choices=[each for each in PaymentMethod.choices if each[0] != PaymentMethod.CARD],
    )
    amount = DecimalField(label=_("Amount received (CAD)"), max_digits=9, decimal_places=2)
    reference = LineField(
        label=_("Number"),
        max_length=64,
        required=False,
        help_text=_("Of the cheque, money order or transfer. Never a card number."),
    )
    received_on = forms.DateField(label=_("Received on"), widget=AdminDateWidget)

    def __init__(self, *args: Any, subject: Order, **kwargs: Any) -> None:
        initial = {"received_on": timezone.localdate(), "amount": subject.total_incl_tax}
        super().__init__(*args, subject=subject, initial=initial, **kwargs)
        if required_for_checkout() and not has_accepted_policies(subject):
            titles = ", ".join(str(version) for version in required_for_checkout())
            self.fields["accepted"] = forms.BooleanField(
                label=gettext("The customer accepted the policies"), help_text=titles
            )

    @classmethod
    def is_available(cls, subject: Order) -> bool:
        """Tell whether it is a quote, perhaps an expired one."""
        waits = subject.status in (OrderState.PENDING, OrderState.EXPIRED)
        return waits and subject.is_staff_order

    @property
    def warning(self) -> str:
        """Return the exact amounts: only cash is rounded."""
        total = to_cents(self.order.total_incl_tax)
        text = gettext("The amount must be %(total)s; in cash %(cash)s. The order is then placed.")
        cash = format_cents(cents_to_receive(total, PaymentMethod.CASH))
        return text % {"total": format_cents(total), "cash": cash}

    def perform(self, by: User) -> str:
        data = self.cleaned_data
        cents = to_cents(data["amount"])
        with transaction.atomic():
            if data.get("accepted"):
                self._accept()
            record_offline_payment(
                order=self.order,
                method=data["method"],
                cents=cents,
                received_on=data["received_on"],
                reference=data["reference"],
                by=by,
            )
        return gettext("The payment of %(amount)s was recorded.") % {"amount": format_cents(cents)}

    def _accept(self) -> None:
        label = gettext("Accepted without the website (%(channel)s), as staff recorded.")
        text = label % {"channel": str(self.order.get_channel_display()).lower()}
        accepted = [(version.pk, text) for version in required_for_checkout()]
        accept_policies(order=self.order, accepted=accepted)


class ChangeQuoteForm(OrderActionForm):
    """Make a quote a draft again."""

    permission = "order.take_order"
    title = _("Change quote")
    button = _("Make it a draft")
    consequence = _(
        "The items are released, and the payment link stops working until the quote is sent again. "
        "The draft has the prices of today."
    )

    @classmethod
    def is_available(cls, subject: Order) -> bool:
        """Tell whether it is a quote of a cart that is not paid."""
        is_quote = subject.status == OrderState.PENDING and subject.is_staff_order
        return is_quote and subject.basket is not None and subject.basket.lines.exists()

    def perform(self, by: User) -> str:
        reopen_quote(order=self.order)
        return gettext("The quote is a draft again.")
