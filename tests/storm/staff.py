"""Staff at the order desk: real log-ins, real forms of the admin."""

import re
import threading
from random import Random

from tests.storm.book import Book, Broken
from tests.storm.browser import Browser, Page
from tests.storm.forms import Fields, Form, form_with

ADDRESS, PASSWORD = "staff@microflight.example", "fly-staff-3.6g"
LIST = "/admin/order/order/?desk=to-ship"
_CHANGE = re.compile(r"/admin/order/order/(\d+)/change/")
_BREAK = 0.5  # seconds between two looks at the desk


class Clerk(threading.Thread):
    """Ships what is to ship, in one parcel or several, refunds and cancels, until sent home.

    What happens to the n-th order that a clerk takes is drawn from the seed.
    """

    def __init__(self, shop: str, book: Book, seed: int, number: int) -> None:
        super().__init__(name=f"clerk {number}", daemon=True)
        self.book = book
        self.browser = Browser(shop, self.name, book, f"127.0.1.{number + 1}")
        self.random = Random(f"{seed}:clerk:{number}")
        self.home = threading.Event()
        self.done: set[str] = set()

    def run(self) -> None:
        """Work until sent home."""
        while not self.home.is_set():
            if "sessionid" not in self.browser.cookies:
                self._log_in()
            for pk in self._to_ship():
                if self.home.is_set():
                    return
                self._handle(pk)
            self.home.wait(_BREAK)

    def _log_in(self) -> None:
        page = self.browser.get("/account/login/?next=/admin/")
        form = form_with(page.text, "password")
        fields = {**(form.fields if form else {}), "login": ADDRESS, "password": PASSWORD}
        self.browser.post("/account/login/", fields)

    def _to_ship(self) -> list[str]:
        """Return orders that wait, in an order of this clerk's own, so that clerks meet seldom."""
        found = sorted(set(_CHANGE.findall(self.browser.get(LIST).text)) - self.done)
        self.random.shuffle(found)
        return found[:20]

    def _handle(self, pk: str) -> None:
        act = self.random.choices(("ship", "part", "cancel", "leave"), (70, 14, 7, 9))[0]
        twice = self.random.random() < 0.05
        refund = self.random.random() < 0.12
        share = self.random.choice((1.0, 0.5, 0.1))
        if act != "part":
            self.done.add(pk)
        if act == "cancel":
            self._act(pk, "cancel", {"reason": "Out of the catalogue."}, twice=twice)
        elif act in ("ship", "part"):
            self._ship(pk, whole=act == "ship", twice=twice)
            if refund:
                self._refund(pk, share)

    def _ship(self, pk: str, *, whole: bool, twice: bool) -> None:
        form = self._form(pk, "ship")
        if form is None:
            return
        lines = [name for name in form.fields if name.startswith("line_")]
        if not whole and len(lines) > 1:
            form.fields |= dict.fromkeys(lines[1:], "0")
        elif not whole and lines and int(form.fields[lines[0]] or 0) > 1:
            form.fields[lines[0]] = "1"
        number = f"ST{self.random.randrange(10**9):09}"
        self._send(pk, "ship", {**form.fields, "tracking_number": number}, twice=twice)

    def _refund(self, pk: str, share: float) -> None:
        form = self._form(pk, "refund")
        if form is None or "amount" not in form.fields:
            return
        amount = f"{max(0.01, float(form.fields['amount']) * share):.2f}"
        self._send(pk, "refund", {**form.fields, "amount": amount, "reason": "A scratch."})

    def _act(self, pk: str, name: str, typed: Fields, *, twice: bool = False) -> None:
        form = self._form(pk, name)
        if form is not None:
            self._send(pk, name, {**form.fields, **typed}, twice=twice)

    def _form(self, pk: str, name: str) -> Form | None:
        return form_with(self.browser.get(f"/admin/order/order/{pk}/{name}/do/").text, "once")

    def _send(self, pk: str, name: str, fields: Fields, *, twice: bool = False) -> None:
        """Press the button, now and then twice at once."""
        path = f"/admin/order/order/{pk}/{name}/do/"
        if twice:
            other = threading.Thread(target=self.browser.post, args=(path, fields))
            other.start()
            page = self.browser.post(path, fields, follow=False)
            other.join()
        else:
            page = self.browser.post(path, fields, follow=False)
        self._hear(page, name)

    def _hear(self, page: Page, name: str) -> None:
        refused = re.search(r'class="errornote"[^>]*>(.*?)</div>', page.text, re.DOTALL)
        if page.status == 403:
            what = f"{name} was forbidden"
            self.book.blame(Broken(self.name, what, 0, 0, excusable=False))
        self.book.count(f"desk: {name}{' refused' if refused else ''}")
        if refused:
            self.book.note(self.name, f"refused: {' '.join(refused[1].split())[:200]}")
