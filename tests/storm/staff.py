"""Staff in the admin, with real logins and forms."""

import re
import threading
from random import Random

from tests.storm.browser import Browser, Page
from tests.storm.forms import Fields, Form, form_with
from tests.storm.results import Results

ADDRESS, PASSWORD = "staff@microflight.example", "fly-staff-3.6g"
_BREAK = 0.5  # seconds between two visits to the admin
_TRIES = 4  # to cancel an order
UNANSWERED = "admin: cancel refused"


class Clerk(threading.Thread):
    """Works through a list of the admin until stopped; the seed decides what happens to each."""

    list_path = ""  # below /admin/
    task = ""  # the filter of the list

    def __init__(self, shop: str, results: Results, seed: int, number: int) -> None:
        super().__init__(name=f"clerk {number}", daemon=True)
        self.results = results
        self.browser = Browser(shop, self.name, results, f"127.0.1.{number + 1}")
        self.random = Random(f"{seed}:clerk:{number}")
        self.stopped = threading.Event()
        self.done: set[str] = set()

    def run(self) -> None:
        """Work until stopped."""
        while not self.stopped.is_set():
            if "sessionid" not in self.browser.cookies:
                self._log_in()
            for pk in self._waiting():
                if self.stopped.is_set():
                    return
                self.handle(pk)
            self.stopped.wait(_BREAK)

    def handle(self, pk: str) -> None:
        """Handle one row."""
        raise NotImplementedError

    def _log_in(self) -> None:
        page = self.browser.get("/account/login/?next=/admin/")
        form = form_with(page.text, "password")
        if form is not None:
            fields = {**form.fields, "login": ADDRESS, "password": PASSWORD}
            self.browser.post("/account/login/", fields)

    def _waiting(self) -> list[str]:
        """Return waiting rows in random order, so that clerks seldom work on the same one."""
        page = self.browser.get(f"/admin/{self.list_path}/{self.task}")
        found = sorted(
            set(re.findall(rf"/admin/{self.list_path}/(\d+)/change/", page.text)) - self.done
        )
        self.random.shuffle(found)
        return found[:20]

    def act(self, pk: str, name: str, typed: Fields, *, twice: bool = False) -> bool:
        """Fill in a form and send it; tell whether it was accepted."""
        form = self.form(pk, name)
        return form is None or self.send(pk, name, {**form.fields, **typed}, twice=twice)

    def form(self, pk: str, name: str) -> Form | None:
        return form_with(self.browser.get(f"/admin/{self.list_path}/{pk}/{name}/do/").text, "once")

    def send(self, pk: str, name: str, fields: Fields, *, twice: bool = False) -> bool:
        """Submit the form, sometimes twice at once; tell whether it was accepted."""
        path = f"/admin/{self.list_path}/{pk}/{name}/do/"
        if twice:
            other = threading.Thread(target=self.browser.post, args=(path, fields))
            other.start()
            page = self.browser.post(path, fields, follow=False)
            other.join()
        else:
            page = self.browser.post(path, fields, follow=False)
        return self._hear(page, name)

    def _hear(self, page: Page, name: str) -> bool:
        refused = re.search(r'class="errornote"[^>]*>(.*?)</div>', page.text, re.DOTALL)
        self.results.count(f"admin: {name}{' refused' if refused else ''}")
        if refused:
            self.results.log(self.name, f"refused: {' '.join(refused[1].split())[:200]}")
        return not refused


class OrderClerk(Clerk):
    """Ships orders, whole or in part, refunds and cancels."""

    list_path, task = "order/order", "?task=to-ship"

    def handle(self, pk: str) -> None:
        act = self.random.choices(("ship", "part", "cancel", "leave"), (70, 14, 7, 9))[0]
        twice = self.random.random() < 0.05
        refund = self.random.random() < 0.12
        share = self.random.choice((1.0, 0.5, 0.1))
        if act != "part":
            self.done.add(pk)
        if act == "cancel":
            self._cancel(pk, twice=twice)
        elif act in ("ship", "part"):
            self._ship(pk, whole=act == "ship", twice=twice)
            if refund:
                self._refund(pk, share)

    def _cancel(self, pk: str, *, twice: bool) -> None:
        """Cancel an order, and again while the page asks for that: Stripe may have cancelled the
        payment although its answer was lost."""
        for _ in range(_TRIES):
            if self.act(pk, "cancel", {"reason": "Out of the catalogue."}, twice=twice):
                return
            self.stopped.wait(_BREAK)

    def _ship(self, pk: str, *, whole: bool, twice: bool) -> None:
        form = self.form(pk, "ship")
        if form is None:
            return
        lines = [name for name in form.fields if name.startswith("line_")]
        if not whole and len(lines) > 1:
            form.fields |= dict.fromkeys(lines[1:], "0")
        elif not whole and lines and int(form.fields[lines[0]] or 0) > 1:
            form.fields[lines[0]] = "1"
        number = f"ST{self.random.randrange(10**9):09}"
        self.send(pk, "ship", {**form.fields, "tracking_number": number}, twice=twice)

    def _refund(self, pk: str, share: float) -> None:
        form = self.form(pk, "refund")
        if form is None or "amount" not in form.fields:
            return
        left = int(form.fields["seen"]) / 100
        amount = f"{max(0.01, left * share):.2f}"
        self.send(pk, "refund", {**form.fields, "amount": amount, "reason": "A scratch."})
