"""What the stories of this folder share: people who act at once, and how a story ended."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from typing import Any

from django.db import connection
from django.test import Client

from accounts.mail.models import Message
from catalog.partner.models import StockRecord
from checkout.basket.models import Basket
from checkout.order.models import Order
from checkout.payment.models import PaymentAttempt, Transaction
from tests.checkout.conftest import token
from tests.stripe_double.control import Double
from tests.stripe_double.faults import When

PAY = "/checkout/pay/"
THANKS = "/checkout/thank-you/"
CREATE = r"POST /v1/payment_intents$"
CONFIRM = r"POST .*/confirm$"
LOOK = r"GET /v1/payment_intents/"
DECLINED = "pm_card_visa_chargeDeclinedInsufficientFunds"
ASKS_BANK = "pm_card_authenticationRequired"


# --- At once -------------------------------------------------------------------------------------


def all_at_once(*jobs: Callable[[], Any]) -> list[Any]:
    """Run the jobs in threads that start together, each on a connection of its own.

    Returns their results, or what they raised, in the order of the jobs.
    """
    results: list[Any] = [None] * len(jobs)
    start = threading.Barrier(len(jobs))

    def run(place: int) -> None:
        start.wait()
        try:
            results[place] = jobs[place]()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def while_stripe_thinks(
    double: Double,
    request: str,
    job: Callable[[], Any],
    meanwhile: Callable[[], Any],
    *,
    when: When = "before",
) -> tuple[Any, Any]:
    """Start a job in a thread, and do something else while Stripe takes its time over a request
    of it. Returns what the two came to. The caller makes STRIPE_TIMEOUT long enough."""
    double.fault(request, stall=True, when=when)
    first: list[Any] = []
    thread = threading.Thread(target=lambda: first.extend(all_at_once(job)))
    thread.start()
    try:
        double.wait_for_stalled()
        second = meanwhile()
    finally:
        double.release_stalled()
        thread.join()
    return first[0], second


# --- Browsers ------------------------------------------------------------------------------------


def press(client: Client, form: dict[str, Any], double: Double, card: str = "pm_card_visa",
          path: str = PAY) -> dict[str, Any]:  # fmt: skip
    """Press "pay" with a card; return what the page is told."""
    return dict(client.post(path, form | {"confirmation_token": token(double, card)}).json())


def second_tab(browser: Client) -> Client:
    """Another window of the same browser: the same cookies."""
    tab = Client()
    tab.cookies.load({name: morsel.value for name, morsel in browser.cookies.items()})
    return tab


def words(response: Any) -> str:
    """Return the words of a page as they are read, in one line."""
    plain = re.sub(r"<(script|style|title|head)\b.*?</\1>|<[^>]+>", " ", response.content.decode(),
                   flags=re.DOTALL)  # fmt: skip
    return " ".join(unescape(plain).split())


def page(client: Client, path: str) -> str:
    """Return the words of the page that a visit ends on."""
    return words(client.get(path, follow=True))


# --- The end -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class End:
    """Everything that a story may change, the oldest first: exact, so that nothing slips by."""

    orders: tuple[str, ...] = ()
    attempts: tuple[str, ...] = ()
    books: tuple[tuple[str, int], ...] = ()  # transactions: type and cents
    intents: tuple[str, ...] = ()
    charges: tuple[str, ...] = ()  # at Stripe: what became of the money, and cents
    shelf: tuple[tuple[int | None, int], ...] = ((10, 0),)  # counted and promised, by stock record
    carts: tuple[str, ...] = ()
    mails: tuple[str, ...] = ()


def end(double: Double) -> End:
    """Read how the story ended, in the shop and at Stripe."""
    shelf = StockRecord.objects.order_by("pk").values_list("num_in_stock", "num_allocated")
    ended = {each["id"] for each in double.intents() if each["status"] == "canceled"}
    return End(
        orders=_column(Order, "status"),
        attempts=_column(PaymentAttempt, "state"),
        books=tuple(Transaction.objects.order_by("pk").values_list("type", "amount_cents")),
        intents=tuple(intent["status"] for intent in double.intents()),
        charges=tuple(_charge(charge, ended) for charge in double.charges()),
        shelf=tuple((counted, promised or 0) for counted, promised in shelf),
        carts=_column(Basket, "status"),
        mails=tuple(kind for kind in _column(Message, "kind") if kind != "payment-alert"),
    )


def _column(model: Any, name: str) -> tuple[str, ...]:
    return tuple(model.objects.order_by("pk").values_list(name, flat=True))


def _charge(charge: Any, ended: set[str]) -> str:
    if not charge["paid"]:
        return f"declined {charge['amount']}"
    back = charge["amount_refunded"]
    if not charge["captured"]:
        released = charge["payment_intent"] in ended
        return f"{'released' if released else 'held'} {charge['amount']}"
    return f"taken {charge['amount_captured']}" + (f" returned {back}" if back else "")


#: One aircraft of 49.00 CAD, tracked parcel and taxes: 67.16 CAD, held on the card once.
PLACED = End(
    orders=("placed",),
    attempts=("authorized",),
    books=(("authorize", 6716),),
    intents=("requires_capture",),
    charges=("held 6716",),
    shelf=((10, 1),),
    carts=("Submitted",),
    mails=("order-received", "order-for-staff"),
)
#: The order is written down, and no money has moved.
WAITING = End(
    orders=("pending",),
    attempts=("open",),
    intents=("requires_payment_method",),
    shelf=((10, 1),),
    carts=("Submitted",),
)
#: It was not paid in time: everything is as it was before, and the cart is open again.
LAPSED = End(
    orders=("expired",),
    attempts=("cancelled",),
    intents=("canceled",),
    carts=("Open",),
)
#: Nothing has been bought.
NOTHING = End(carts=("Open",))
