"""Payments by hand compared with what staff recorded about them."""

from collections.abc import Iterator

from django.db.models import F, Q
from django.db.models.functions import Mod
from django.utils.translation import gettext_lazy as _

from checkout.audit.checks.base import Breach, CheckRun, check
from checkout.payment.models import PaymentAttempt, PaymentMethod


@check("offline-payments", _("Every payment without a card has its record."))
def offline_payments(run: CheckRun) -> Iterator[Breach]:
    """Cheques, money orders, cash and transfers have a date; only cash is rounded, to 5 cents."""
    attempts = run.count(PaymentAttempt.objects.exclude(method=PaymentMethod.CARD))
    received = attempts.annotate(rest=Mod(F("amount_cents") + F("offline__rounding_cents"), 5))
    cash = Q(method=PaymentMethod.CASH, rest=0)
    exact = ~Q(method=PaymentMethod.CASH) & Q(offline__rounding_cents=0)
    recorded = Q(pk__in=received.filter(cash | exact).values("pk"))
    yield from run.breaches(
        attempts.exclude(recorded),
        _("Its payment by %(method)s has no record, or a wrong rounding."),
        _("Compare the order with the cheque, the transfer or the cash, and tell a developer."),
        number="order__number",
        method="method",
    )
