"""How a guest buys at the two shops: everything up to the pay request, and the pay request."""

from typing import Protocol

import stripe

from tests.bench.visitor import Answer, Visitor, hidden, wanted

GUEST = {
    "email": "dana@example.com",
    "first_name": "Dana",
    "last_name": "Reyes",
    "country": "CA",
    "line1": "12 Elm Street",
    "line2": "",
    "city": "Saskatoon",
    "province": "Saskatchewan",
    "postcode": "S7K 1A1",
    "phone": "306 955 1836",
    "shipping_method": "ca-parcel",
    "note": "Ring twice",
}


class Shop(Protocol):
    """The steps of a purchase at one shop."""

    def fill(self, visitor: Visitor, products: list[str]) -> dict[str, str]:
        """Fill a cart and the checkout; return the form of the pay request."""

    def press(self, visitor: Visitor, form: dict[str, str]) -> Answer:
        """Send the pay request: this is timed."""

    def is_placed(self, answer: Answer) -> bool:
        """Return whether the response says that the order is placed."""


class Ours:
    """MicroFlight: one checkout page with quotes."""

    def fill(self, visitor: Visitor, products: list[str]) -> dict[str, str]:
        """Fill a cart and the checkout; return the form of the pay request."""
        for product in products:
            added = wanted(visitor.post(f"/cart/add/{product}/", {"quantity": "1"}), 302)
            wanted(visitor.follow(added), 200)
        page = wanted(visitor.get("/checkout/"), 200).text
        piece = wanted(visitor.post("/checkout/quote/", GUEST), 200).text
        form = GUEST | {"agreed": "on", "fingerprint": hidden(piece, "fingerprint")}
        return form | {name: hidden(page, name) for name in ("cart", "policies")}

    def press(self, visitor: Visitor, form: dict[str, str]) -> Answer:
        """Place the order and confirm the payment, in one request."""
        return visitor.post("/checkout/pay/", form)

    def is_placed(self, answer: Answer) -> bool:
        """Return whether the response says that the order is placed."""
        return answer.status == 200 and answer.json()["outcome"] == "placed"


class Stock:
    """Oscar's guest checkout: email, address, its one shipping method, preview."""

    def fill(self, visitor: Visitor, products: list[str]) -> dict[str, str]:
        """Fill a cart and the checkout; return the form of the pay request."""
        for product in products:
            added = wanted(visitor.post(f"/basket/add/{product}/", {"quantity": "1"}), 302)
            wanted(visitor.follow(added), 200)
        wanted(visitor.get("/checkout/"), 200)
        who = {"username": GUEST["email"], "password": "", "options": "anonymous"}
        wanted(visitor.follow(wanted(visitor.post("/checkout/", who), 302)), 200)
        address = {name: GUEST[name] for name in ("first_name", "last_name", "line1", "postcode")}
        address |= {"line4": GUEST["city"], "state": GUEST["province"], "country": "CA"}
        wanted(visitor.follow(visitor.post("/checkout/shipping-address/", address)), 200)
        wanted(visitor.post("/checkout/preview/", {}), 200)
        return {"action": "place_order"}

    def press(self, visitor: Visitor, form: dict[str, str]) -> Answer:
        """Charge the card and write the order, in one request."""
        return visitor.post("/checkout/preview/", form)

    def is_placed(self, answer: Answer) -> bool:
        """Return whether the response says that the order is placed."""
        return answer.status == 302 and answer.location.endswith("/checkout/thank-you/")


SHOPS: dict[str, Shop] = {"ours": Ours(), "stock": Stock()}


def card_token(double: str) -> str:
    """Return the confirmation token of a card that is not declined."""
    client = stripe.StripeClient("sk_test_demo", base_addresses={"api": double})
    made = client.v1.test_helpers.confirmation_tokens.create({"payment_method": "pm_card_visa"})
    return str(made.id)
