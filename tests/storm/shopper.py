"""One buyer, from the product page to the confirmation, or as far as the plan goes."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import Any

from tests.storm.browser import Browser, Page
from tests.storm.forms import Fields, form_with
from tests.storm.plan import PLACES, Visit
from tests.storm.results import Claim, FailedResponse, Results
from tests.storm.returns import Customers
from tests.storm.stripe_js import StripeJs

_ORDER = re.compile(r"/(?:retry|change|orders)/(\d[\d-]*)/([^/\s\"']+)/")
_LINK = re.compile(r"/orders/\d[\d-]*/[^/\s\"']+/")
_PLACED = re.compile(r"Order (\d[\d-]*) is confirmed")
_PASSWORD = "fly-storm-3.6g"
_PAYING = ("placed", "action")  # what "pay" answers where the card is charged, or the bank asked
_PRESSES = 6  # times that a buyer presses "pay" before going away


class Leaves(Exception):
    """The buyer leaves; the text says why."""


@dataclass(frozen=True, slots=True)
class Context:
    """The shop's URL, Stripe.js, the products by name (URL, ID), and the results."""

    shop: str
    stripe_js: StripeJs
    products: dict[str, tuple[str, int]]
    results: Results
    customers: Customers


class Shopper:
    """Makes one visit. `order` is the number and signature of the order's link."""

    def __init__(self, context: Context, visit: Visit) -> None:
        self.context, self.visit, self.results = context, visit, context.results
        high, low = divmod(visit.number, 250)
        address = f"127.{1 + high // 250}.{high % 250}.{low + 1}"
        self.browser = Browser(context.shop, visit.name, self.results, address)
        self.cards = list(visit.cards)
        self.order: tuple[str, str] | None = None
        self.pay_url = ""
        self.page: Fields = {}

    def shop(self) -> None:
        """Follow the plan; errors of the shop are recorded, not raised."""
        self.results.log(self.visit.name, repr(self.visit))
        try:
            self._enter()
            self._fill_cart()
            self._check_out()
            self._pay_until_done()
        except Leaves as reason:
            self.results.log(self.visit.name, f"leaves: {reason}")
            self.results.count(f"left: {reason}")

    # --- cart and checkout ---

    def _enter(self) -> None:
        """Log in. Presses that met a dying server count as tries, and five of them are too many."""
        if self.visit.account is None:
            return
        login = {"login": f"storm{self.visit.account}@example.com", "password": _PASSWORD}
        for _ in range(5):
            form = form_with(self._sound(self.browser.get("/account/login/")).text, "password")
            typed = {**(form.fields if form else {}), **login}
            page = self.browser.post("/account/login/", typed, follow=False)
            if "sessionid" in self.browser.cookies:
                return
            if "Too many attempts" in page.text:
                raise Leaves("asked to wait before another login")
            Event().wait(3)
        self._wrong(f"could not log in: {page.status} {page.url}")

    def _fill_cart(self) -> None:
        for name, pieces in self.visit.products:
            self._add(name, pieces)
        if self.visit.voucher:
            self.browser.post("/cart/vouchers/add/", {"code": self.visit.voucher}, follow=False)
        if self.visit.leaves == "cart":
            raise Leaves("closed the browser at the cart")

    def _add(self, name: str, pieces: int) -> None:
        address, pk = self.context.products[name]
        self._sound(self.browser.get(address))
        self.browser.post(f"/cart/add/{pk}/", {"quantity": str(pieces)}, follow=False)

    def _check_out(self) -> None:
        page = self._checkout_page()
        if self.visit.leaves == "checkout":
            raise Leaves("closed the browser at the checkout")
        if self.visit.twist == "other-tab":
            name = f"plenty-{self.visit.number % 8}"
            self._add(name, 1)
        self.page, self.pay_url = page, "/checkout/pay/"

    def _checkout_page(self) -> Fields:
        """Open the checkout, type the address, and let the page ask for its price."""
        for _ in range(4):
            page = self._sound(self.browser.get("/checkout/"))
            form = form_with(page.text, "data-checkout")
            if form and "fingerprint" in form.fields and "email" in form.fields:
                return self._typed(form.fields)
            if found := _ORDER.search(page.url):
                self.order = (found[1], found[2])
                raise Leaves("the cart is ordered already")
            self._fix_cart(page)
        raise Leaves("sold out")

    def _typed(self, fields: Fields) -> Fields:
        who = self.visit.account
        email = f"storm{who}@example.com" if who is not None else self.email
        typed = {
            "email": email, "first_name": "Sam", "last_name": f"No{self.visit.number}",
            "country": "CA", "line1": f"{self.visit.number} Elm Context", "city": "Saskatoon",
            "province": self.visit.province, "postcode": PLACES[self.visit.province],
            "agreed": "on", "early_charge": "on",
        }  # fmt: skip
        fields = {**fields, **typed}
        piece = self.browser.post("/checkout/quote/", fields)
        if piece.status != 200:
            raise Leaves("the cart went away")
        return fields | _quote_of(piece.text)

    @property
    def email(self) -> str:
        """Return the guest's address, which is this visit's own."""
        return f"guest{self.visit.number}@example.com"

    def _fix_cart(self, page: Page) -> None:
        """Remove unavailable items from the cart."""
        rows = re.findall(r'id="line-(\d+)"', page.text)
        wrong = re.findall(r'has-error" id="line-(\d+)"', page.text)
        if not rows or len(rows) == len(wrong):
            raise Leaves("sold out")
        for pk in wrong or rows[:1]:
            self.browser.post(f"/cart/remove/{pk}/", follow=False)

    # --- paying ---

    def _pay_until_done(self) -> None:
        for _ in range(_PRESSES):
            if not self.cards:
                raise Leaves("no other card")
            if self._press(self.cards.pop(0)):
                return
        raise Leaves("tired of trying")

    def _press(self, card: str) -> bool:
        """Press "pay" with a card; tell whether the order is placed."""
        token = self._token(card)
        if self.visit.leaves == "paying":
            self.browser.send_and_close(self.pay_url, {**self.page, "confirmation_token": token})
            raise Leaves("closed the browser while paying")
        twist, answers = self.visit.twist, []
        if twist in ("double-click", "two-tabs") and self.pay_url == "/checkout/pay/":
            answers = self._press_twice(token, other=card if twist == "two-tabs" else "")
        else:
            answers = [self._post_pay(token)]
        paying = {press for answer, press in answers if _json(answer).get("outcome") in _PAYING}
        outcomes = [
            self._hear(answer, press, card, twin_pays=press in paying) for answer, press in answers
        ]
        return any(outcomes)

    def _press_twice(self, token: str, other: str) -> list[tuple[Page, str]]:
        tokens = (token, self._token(other) if other else token)
        with ThreadPoolExecutor(2) as both:
            return list(both.map(self._post_pay, tokens))

    def _post_pay(self, token: str) -> tuple[Page, str]:
        fields = {**self.page, "confirmation_token": token}
        return self.browser.send("POST", self.pay_url, fields), token

    def _token(self, card: str) -> str:
        try:
            return self.context.stripe_js.token(card)
        except (OSError, KeyError, ValueError) as error:
            raise Leaves("the card field does not answer") from error

    def _hear(self, page: Page, token: str, card: str, *, twin_pays: bool) -> bool:
        """Handle the response to Pay; tell whether the order is placed.

        `twin_pays`: of two presses with this token one was told that it pays. What the other one
        was told is true of itself, and the card cannot tell whose charge it was.
        """
        answer = _json(page)
        outcome = answer.get("outcome", "none")
        self.results.count(f"pay: {outcome}")
        self._learn(str(answer.get("retry", "")))
        if outcome == "placed":
            return self._thanks(str(answer["redirect"]))
        if outcome == "action":
            return self._at_bank(str(answer["client_secret"]), card)
        message = str(answer.get("message", ""))
        if denies_charge(message) and not twin_pays:
            self._claim(token, message)
        return self._after_no(outcome, answer, page, card)

    def _after_no(self, outcome: str, answer: dict[str, Any], page: Page, card: str) -> bool:
        if outcome == "declined":
            self._after_decline()
        elif outcome == "changed":
            self.page |= _quote_of(str(answer.get("html", "")))
            self.cards.insert(0, card)
        elif outcome == "stopped":
            self._fresh_page()
            self.cards.insert(0, card)
        elif outcome in ("unknown", "none") or page.busy:  # the page says to press again
            self._after_silence(card, page)
        elif page.status == 429:
            raise Leaves("pressed too often")
        else:
            self._wrong(f"pay answered {page.status} {page.text[:300]}")
        return False

    def _after_decline(self) -> None:
        if self.visit.twist == "gives-up" and self.order:
            self._cancel_and_restart()
        elif self.visit.twist == "comes-back" and self.order:
            self._come_back()

    def _after_silence(self, card: str, page: Page) -> None:
        if page.status == 403:
            self._fresh_page()
        if self.visit.twist == "comes-back" and self.order:
            self._come_back()
        self.cards.insert(0, card)

    def _fresh_page(self) -> None:
        self.page, self.pay_url = self._checkout_page(), "/checkout/pay/"

    def _cancel_and_restart(self) -> None:
        """Cancel the order, add another item to the cart, and check out again."""
        number, signature = self.order or ("", "")
        page = self.browser.post(f"/checkout/change/{number}/{signature}/")
        if not page.url.startswith("/cart/"):
            return
        self.order = None
        self._add(f"plenty-{self.visit.number % 8}", 1)
        self._fresh_page()

    def _come_back(self) -> None:
        """Open the order's link again."""
        number, signature = self.order or ("", "")
        page = self._sound(self.browser.get(f"/checkout/retry/{number}/{signature}/"))
        form = form_with(page.text, "data-checkout")
        if form is None:
            raise Leaves("the order is not waiting any more")
        self.page, self.pay_url = form.fields, f"/checkout/retry/{number}/{signature}/"

    def _at_bank(self, client_secret: str, card: str) -> bool:
        """Answer the bank's page, and come back as stripe.js does."""
        if card == "bank-unanswered":
            if not self.cards:
                raise Leaves("closed the browser at the bank")
            self._come_back()
            return False
        try:
            self.context.stripe_js.answer_bank(client_secret, accept=card != "bank-refuses")
        except (OSError, ValueError) as error:
            raise Leaves("the bank does not answer") from error
        return self._thanks("/checkout/thank-you/")

    def _thanks(self, address: str) -> bool:
        if self.visit.leaves == "paid":
            raise Leaves("closed the browser before thank-you")
        asked = time.time()
        page = self.browser.get(address)
        if found := _PLACED.search(page.text):
            self.results.add_confirmed(found[1], self.visit.name)
            self._afterwards(page)
            return True
        self._learn(page.url)
        if denies_charge(page.text) and self.order:
            self.results.count("order page: nothing charged")
            words = " ".join(re.findall(r"[^.>]*[.,][^.>]*charged", page.text)[:1])
            self.results.add_claim(Claim(self.visit.name, "", self.order[0], words, asked))
        return page.url.startswith("/orders/")

    def _afterwards(self, page: Page) -> None:
        """Cancel with the order's link at once, or plan a return."""
        link = _LINK.search(page.text)
        if link is None:
            self._wrong("thank-you has no link to the order")
        elif self.visit.later == "cancel":
            reason = {"note": "Found it in the cellar."}
            self.browser.get(f"{link[0]}cancel/")
            if self.visit.twist == "double-click":
                with ThreadPoolExecutor(2) as both:
                    list(both.map(lambda _: self.browser.post(f"{link[0]}cancel/", reason), "ab"))
            else:
                self.browser.post(f"{link[0]}cancel/", reason)
            self.results.count("cancelled by link")
        elif self.visit.later == "return":
            self.context.customers.add(self.browser, link[0], self.visit.number)

    # --- results ---

    def _learn(self, address: str) -> None:
        if found := _ORDER.search(address):
            self.order = (found[1], found[2])
            self.results.add_order(found[1])
            if "/retry/" in address:
                self.pay_url = address

    def _claim(self, token: str, words: str) -> None:
        number = self.order[0] if self.order else ""
        self.results.count("message: not charged")
        self.results.add_claim(Claim(self.visit.name, token, number, words, time.time()))

    def _sound(self, page: Page) -> Page:
        if page.broken:
            raise Leaves("the shop does not answer")
        return page

    def _wrong(self, what: str) -> None:
        """Record an unexpected response that no kill excuses, and leave."""
        self.results.add_failure(FailedResponse(self.visit.name, what, 0, 0, excusable=False))
        raise Leaves("something odd")


def denies_charge(text: str) -> bool:
    """Tell whether a text says that a card was not charged."""
    return bool(re.search(r"nothing was charged|not charged", text, re.IGNORECASE))


def _json(page: Page) -> dict[str, Any]:
    try:
        return dict(json.loads(page.text))
    except ValueError:
        return {}


def _quote_of(html: str) -> Fields:
    """The hidden figures of a quote, and the service that is chosen in it."""
    form = form_with(f"<form>{html}</form>", "fingerprint")
    return form.fields if form else {}
