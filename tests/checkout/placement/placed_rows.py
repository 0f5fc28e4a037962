"""What placing an order writes, to compare before and after a rejected order."""

from typing import Any

from oscar.apps.voucher.models import Voucher, VoucherApplication

from accounts.mail.models import Message
from catalog.partner.models import StockRecord
from checkout.basket.models import Basket
from checkout.offers.models import ConditionalOffer
from checkout.order.models import Order, OrderDiscount, ShippingAddress
from checkout.payment.models import PaymentAttempt
from policies.models import Acceptance


def unchanged() -> tuple[Any, ...]:
    """Everything that a rejected order must not change."""
    return (
        Order.objects.count(),
        ShippingAddress.objects.count(),
        PaymentAttempt.objects.count(),
        Acceptance.objects.count(),
        OrderDiscount.objects.count(),
        VoucherApplication.objects.count(),
        Message.objects.count(),
        list(StockRecord.objects.order_by("pk").values_list("num_in_stock", "num_allocated")),
        list(Basket.objects.order_by("pk").values_list("status", flat=True)),
        list(ConditionalOffer.objects.order_by("pk").values_list("num_applications", "status")),
        list(Voucher.objects.order_by("pk").values_list("num_orders", "total_discount")),
    )
