"""Customers who request returns, and staff who handle them."""

import threading
from collections import deque
from dataclasses import dataclass

from tests.storm.browser import Browser
from tests.storm.forms import Fields, form_with
from tests.storm.results import Results
from tests.storm.staff import Clerk

_TRIES = 12  # looks at an order until something of it may come back
_BREAK = 2.0  # seconds between two rounds


@dataclass
class Waiting:
    """A customer who will request a return once the order has shipped."""

    browser: Browser
    link: str  # of the order's page
    number: int  # of the visit: decides what is returned
    tries: int = 0


class Customers(threading.Thread):
    """Customers who request a return once the order page offers it."""

    def __init__(self, results: Results) -> None:
        super().__init__(name="customers", daemon=True)
        self.results = results
        self.waiting: deque[Waiting] = deque()
        self.stopped = threading.Event()

    def add(self, browser: Browser, link: str, number: int) -> None:
        """Add a customer who will request a return."""
        self.waiting.append(Waiting(browser, link, number))

    def run(self) -> None:
        """Try each customer again, round after round."""
        while not self.stopped.is_set():
            for _ in range(len(self.waiting)):
                customer = self.waiting.popleft()
                customer.tries += 1
                if not self._ask(customer) and customer.tries < _TRIES:
                    self.waiting.append(customer)
            self.stopped.wait(_BREAK)

    def _ask(self, customer: Waiting) -> bool:
        """Request a return of one unit; tell whether it was accepted."""
        address = f"{customer.link}return/"
        form = form_with(customer.browser.get(address).text, "enctype")
        if form is None:
            return False
        customer.browser.post(address, {**form.fields, **_wish(form.fields)})
        self.results.count("returns requested")
        if customer.number % 4 == 0:
            customer.browser.post(f"{customer.link}returns/1/cancel/", {"note": "It flies."})
        return True


def _wish(fields: Fields) -> Fields:
    """Return one unit of the first line, for a random reason."""
    name = next(name for name in fields if name.startswith("quantity_"))
    reasons = ("changed-mind", "faulty", "damaged")
    line = name.removeprefix("quantity_")
    return {name: "1", f"reason_{line}": reasons[int(line) % 3], "note": "It does not fly."}


class ReturnsClerk(Clerk):
    """Approves, declines, receives and refunds returns."""

    list_path, task = "returns/return", ""

    def handle(self, pk: str) -> None:
        """Take a return one step further."""
        name = self.random.choices(("approve", "decline", "close"), (80, 12, 8))[0]
        for step in (name, "approve", "receive", "refund"):
            form = self.form(pk, step)
            if form is None:  # not possible in this state
                continue
            words = {"note": "Thank you."} if "note" in form.fields else {}
            self.send(pk, step, {**form.fields, **words}, twice=self.random.random() < 0.1)
            if step in ("decline", "close", "refund"):
                self.done.add(pk)
            return
        self.done.add(pk)
