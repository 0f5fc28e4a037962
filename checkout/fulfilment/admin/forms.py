"""Actions on a whole order: cancel, refund, capture, note. Each ends in one call of a service."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.users.models import User
from checkout.fulfilment import capture_actions, refund_actions, services
from checkout.order.models import Order
from checkout.order.states import MOVES, OrderState
from checkout.payment.models import AttemptState, PaymentMethod
from microflight.core.action_view import ActionForm, seen_field
from microflight.core.forms import LineField
from microflight.core.money import format_cents, format_money
from microflight.core.numbers import DecimalField
from microflight.core.tags import TagsField, tag_list

REASON_HELP = _("The customer sees this reason in the email.")


class OrderActionForm(ActionForm):
    """An action on an order."""

    def __init__(self, *args: Any, subject: Order, **kwargs: Any) -> None:
        super().__init__(*args, subject=subject, **kwargs)
        self.order = subject

    @property
    def subject_name(self) -> str:
        return gettext("Order %(number)s") % {"number": self.order.number}


class CancelForm(OrderActionForm):
    """Cancel an order, or what is left of it."""

    is_dangerous = True
    permission = "order.cancel_order"
    title = _("Cancel order")
    button = _("Cancel order")
    consequence = _(
        "Items that have not shipped go back on sale. An authorized payment is released; a "
        "captured payment for these items is refunded. The customer is notified by email. "
        "This cannot be undone."
    )

    reason = LineField(label=_("Reason"), max_length=255, help_text=REASON_HELP)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.additions = list(services.unshipped_additions(self.order))
        self.fields["seen"].initial = self._seen()

    def _seen(self) -> str:
        return " ".join(f"{each.number}:{each.status}" for each in self.additions)

    @property
    def warning(self) -> str:
        """Name the orders that are cancelled with it, because they were to ship with it."""
        texts = [str(self.consequence)]
        for each in self.additions:
            text = gettext(
                "Order %(number)s, which ships with it, is cancelled, too: its payment of "
                "%(total)s is released or refunded."
            )
            if each.status == OrderState.PENDING:
                text = gettext(
                    "Order %(number)s, which ships with it, is cancelled, too: the link to pay "
                    "%(total)s stops working."
                )
            values = {"number": each.number, "total": format_money(each.total_incl_tax)}
            texts.append(text % values)
        charges = services.shipping_charges(self.order).exclude(status=OrderState.PENDING)
        for each in charges if self.order.status != OrderState.PART_SHIPPED else ():
            text = gettext("What order %(number)s charged for its shipping is refunded.")
            texts.append(text % {"number": each.number})
        return "\n".join(texts)

    def clean_seen(self) -> str:
        """Reject a page that named other orders."""
        if self.cleaned_data["seen"] != self._seen():
            raise forms.ValidationError(services.CHANGED)
        return self._seen()

    @classmethod
    def is_available(cls, subject: Order) -> bool:
        """Tell whether something can be cancelled."""
        return (
            subject.status == OrderState.PART_SHIPPED
            or OrderState.CANCELLED in MOVES[subject.status]
        )

    def perform(self, by: User) -> str:
        reason = self.cleaned_data["reason"]
        services.cancel_with_additions(order=self.order, reason=reason, by=by)
        if not self.additions:
            return gettext("The order was cancelled.")
        numbers = ", ".join(each.number for each in self.additions)
        return gettext("The order was cancelled, and with it %(numbers)s.") % {"numbers": numbers}


class RefundForm(OrderActionForm):
    """Refund all of the payment or a part of it."""

    is_dangerous = True
    permission = "order.refund_order"
    title = _("Refund")
    button = _("Refund")
    consequence = _(
        "The refund goes to the card that paid. The customer is notified by email. This "
        "cannot be undone."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.left = refund_actions.refundable_cents(self.order)
        dollars = Decimal(self.left) / 100
        help_text = gettext("At most %(amount)s: captured and not refunded yet.")
        self.fields["amount"] = DecimalField(
            label=_("Amount (CAD)"),
            min_value=Decimal("0.01"),
            max_value=dollars,
            max_digits=9,
            decimal_places=2,
            help_text=help_text % {"amount": format_cents(self.left)},
        )
        self.fields["reason"] = LineField(label=_("Reason"), max_length=255, help_text=REASON_HELP)
        self.fields["seen"] = seen_field(self.left)

    @property
    def warning(self) -> str:
        """Return where the money goes: only card payments are refunded by Stripe."""
        paid = self.order.attempts.filter(captured_cents__gt=0)
        if not paid.exclude(method=PaymentMethod.CARD).exists():
            return str(self.consequence)
        return gettext(
            "This records the refund, and a payment alert asks you to pay it back by hand. The "
            "customer is notified by email. This cannot be undone."
        )

    @classmethod
    def is_available(cls, subject: Order) -> bool:
        """Tell whether something was captured and not refunded."""
        return refund_actions.refundable_cents(subject) > 0

    def perform(self, by: User) -> str:
        data = self.cleaned_data
        cents = int(data["amount"] * 100)
        refund_actions.refund_order(
            order=self.order, cents=cents, reason=data["reason"], by=by, left_seen=data["seen"]
        )
        return gettext("%(amount)s was refunded.") % {"amount": format_cents(cents)}


class CapturePaymentForm(OrderActionForm):
    """Capture the payment before anything ships, if the customer agreed."""

    is_dangerous = True
    permission = "order.refund_order"
    title = _("Capture payment")
    button = _("Capture payment")

    reason = LineField(
        label=_("How the customer agreed"),
        max_length=255,
        help_text=_("For example: by phone on November 22. Saved as a note for staff."),
    )

    @classmethod
    def is_available(cls, subject: Order) -> bool:
        """Tell whether the order is placed and its payment authorized."""
        return subject.status == OrderState.PLACED and authorized_cents(subject) is not None

    @property
    def warning(self) -> str:
        """Return the amount, and what we promise customers."""
        message = gettext(
            "%(amount)s is captured now. We promise customers to charge their card when the first "
            "shipment leaves: capture it earlier only if they agreed."
        )
        return message % {"amount": format_cents(authorized_cents(self.order) or 0)}

    def perform(self, by: User) -> str:
        capture_actions.capture_payment_early(
            order=self.order, reason=self.cleaned_data["reason"], by=by
        )
        return gettext("The payment was captured.")


class NoteForm(OrderActionForm):
    """Add a note for colleagues."""

    permission = "order.add_ordernote"
    title = _("Add note")
    button = _("Add note")

    message = forms.CharField(
        label=_("Note"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Only staff can read it."),
    )

    def perform(self, by: User) -> str:
        services.add_note(order=self.order, message=self.cleaned_data["message"], by=by)
        return gettext("The note was added.")


class TagsForm(OrderActionForm):
    """Change the tags of an order."""

    permission = "order.change_order"
    title = _("Edit tags")
    button = _("Save tags")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tags"] = TagsField().formfield(initial=self.order.tags)

    def perform(self, by: User) -> str:
        tags = self.cleaned_data["tags"]
        Order.objects.filter(pk=self.order.pk).update(tags=tags)
        return gettext("Tags: %(tags)s") % {"tags": ", ".join(tag_list(tags)) or "–"}


def authorized_cents(order: Order) -> int | None:
    """Return the amount due of authorized payments; None if there is none."""
    due = [
        attempt.due_cents
        for attempt in order.attempts.all()
        if attempt.state == AttemptState.AUTHORIZED
    ]
    return sum(due) if due else None
