"""Steps of shoppers, and the complete state of shop and Stripe afterwards."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from typing import Any

from django.test import Client

from accounts.mail.models import Message
from catalog.partner.models import StockRecord
from checkout.basket.models import Basket
from checkout.order.models import Order
from checkout.payment.models import PaymentAttempt, Transaction
from tests.checkout.conftest import token
from tests.concurrency import run_concurrently
from tests.stripe_double.control import Double
from tests.stripe_double.faults import When

PAY = "/checkout/pay/"
THANK_YOU = "/checkout/thank-you/"
CREATE = r"POST /v1/payment_intents$"
CONFIRM = r"POST .*/confirm$"
RETRIEVE = r"GET /v1/payment_intents/"


# --- Slow requests ------------------------------------------------------------------------------


def during_stripe_request(
    double: Double,
    request: str,
    job: Callable[[], Any],
    meanwhile: Callable[[], Any],
    *,
    when: When = "before",
) -> tuple[Any, Any]:
    """Start a job in a thread; run another while Stripe delays a request of the first.

    Returns both results. The caller sets a STRIPE_TIMEOUT that is long enough.
    """
    double.fault(request, stall=True, when=when)
    first: list[Any] = []
    thread = threading.Thread(target=lambda: first.extend(run_concurrently(job)))
    thread.start()
    try:
        double.wait_for_stalled()
        second = meanwhile()
    finally:
        double.release_stalled()
        thread.join()
    return first[0], second


# --- Browsers ------------------------------------------------------------------------------------


def press_pay(client: Client, form: dict[str, Any], double: Double, card: str = "pm_card_visa",
          path: str = PAY) -> dict[str, Any]:  # fmt: skip
    """Press Pay with a card; return the JSON response."""
    return dict(client.post(path, form | {"confirmation_token": token(double, card)}).json())


def second_tab(browser: Client) -> Client:
    """Another tab of the same browser, with the same cookies."""
    tab = Client()
    tab.cookies.load({name: morsel.value for name, morsel in browser.cookies.items()})
    return tab


def visible_text(response: Any) -> str:
    """Return the visible text of a page, in one line."""
    plain = re.sub(r"<(script|style|title|head)\b.*?</\1>|<[^>]+>", " ", response.content.decode(),
                   flags=re.DOTALL)  # fmt: skip
    return " ".join(unescape(plain).split())


def page_text(client: Client, path: str) -> str:
    """Return the visible text of a page, after redirects."""
    return visible_text(client.get(path, follow=True))


# --- State --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Snapshot:
    """Everything that a test may change, the oldest first."""

    orders: tuple[str, ...] = ()
    attempts: tuple[str, ...] = ()
    transactions: tuple[tuple[str, int], ...] = ()  # type and cents
    intents: tuple[str, ...] = ()
    charges: tuple[str, ...] = ()  # at Stripe: state and cents
    stock: tuple[tuple[int | None, int], ...] = ((10, 0),)  # on hand and allocated, by stock record
    carts: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


def snapshot(double: Double) -> Snapshot:
    """Read the state of shop and Stripe."""
    stock = StockRecord.objects.order_by("pk").values_list("num_in_stock", "num_allocated")
    ended = {each["id"] for each in double.intents() if each["status"] == "canceled"}
    return Snapshot(
        orders=_column(Order, "status"),
        attempts=_column(PaymentAttempt, "state"),
        transactions=tuple(Transaction.objects.order_by("pk").values_list("type", "amount_cents")),
        intents=tuple(intent["status"] for intent in double.intents()),
        charges=tuple(_charge(charge, ended) for charge in double.charges()),
        stock=tuple((on_hand, allocated or 0) for on_hand, allocated in stock),
        carts=_column(Basket, "status"),
        emails=tuple(name for name in _column(Message, "email_type") if name != "payment-alert"),
    )


def _column(model: Any, name: str) -> tuple[str, ...]:
    return tuple(model.objects.order_by("pk").values_list(name, flat=True))


def _charge(charge: Any, ended: set[str]) -> str:
    if not charge["paid"]:
        return f"declined {charge['amount']}"
    back = charge["amount_refunded"]
    if not charge["captured"]:
        released = charge["payment_intent"] in ended
        return f"{'released' if released else 'authorized'} {charge['amount']}"
    return f"captured {charge['amount_captured']}" + (f" refunded {back}" if back else "")


#: One unit of 49.00 CAD, tracked parcel and taxes: 67.16 CAD, authorized once.
PLACED = Snapshot(
    orders=("placed",),
    attempts=("authorized",),
    transactions=(("authorize", 6716),),
    intents=("requires_capture",),
    charges=("authorized 6716",),
    stock=((10, 1),),
    carts=("Submitted",),
    emails=("order-confirmed", "order-for-staff"),
)
#: The order was saved; no payment yet.
PENDING = Snapshot(
    orders=("pending",),
    attempts=("open",),
    intents=("requires_payment_method",),
    stock=((10, 1),),
    carts=("Submitted",),
)
#: Not paid in time: reservations are released, and the cart is open again.
EXPIRED = Snapshot(
    orders=("expired",),
    attempts=("cancelled",),
    intents=("canceled",),
    carts=("Open",),
)
#: No order was placed.
NO_ORDER = Snapshot(carts=("Open",))
