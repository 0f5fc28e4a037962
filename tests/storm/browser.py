"""A browser without a window: cookies, form tokens, redirects, and patience while a server is down.

Each has a loopback address of its own, so that the shop's limits per address see many people.
"""

import http.client
import time
from dataclasses import dataclass
from http.cookies import SimpleCookie
from threading import Event
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from tests.storm.results import FailedResponse, Results

OUR_ERROR_PAGE = "Something went wrong"
BUSY_AT_PAY = "Many people are paying at this moment. Nothing was charged."
ODD = (400, 403, 404, 405)  # no visitor here requests missing pages or other customers' pages
PATIENCE = 20  # tries of a page while the shop is down
TIMEOUT = 90  # seconds; gunicorn gives an answer up before


@dataclass(frozen=True, slots=True)
class Page:
    """An answer. Status 0: none came."""

    status: int
    url: str
    text: str = ""
    location: str = ""

    @property
    def busy(self) -> bool:
        """Tell whether Pay was turned away because too many others are paying (slots of Stripe)."""
        return self.status == 503 and BUSY_AT_PAY in self.text

    @property
    def broken(self) -> bool:
        """Tell whether the server failed."""
        return self.status == 0 or (self.status >= 500 and not self.busy)


class Browser:
    """One person's browser; `who` names the log that it writes."""

    def __init__(self, shop: str, who: str, results: Results, address: str) -> None:
        self.shop, self.who, self.results, self.address = shop, who, results, address
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> Page:
        """Open a page, and reload it while the server is down."""
        return self._patiently("GET", path, None)

    def post(self, path: str, fields: dict[str, str] | None = None, *, follow: bool = True) -> Page:
        """Send a form, and press again while the server is down."""
        return self._patiently("POST", path, fields or {}, follow=follow)

    def send(
        self, method: str, path: str, fields: dict[str, str] | None, *, follow: bool = True
    ) -> Page:
        """Ask once; `follow` redirects, or be gone before the next page comes."""
        page = self._ask(method, path, fields)
        for _ in range(6):
            if not (page.location and follow):
                break
            page = self._ask("GET", urljoin(page.url, page.location), None)
        return page

    def send_and_close(self, path: str, fields: dict[str, str]) -> None:
        """Send a form and close the browser before the answer comes."""
        connection = self._connection()
        try:
            self._request(connection, "POST", path, fields)
        except OSError as error:
            self._say(f"POST {path}: {error}")
        finally:
            connection.close()
        self._say(f"POST {path}, and closed the browser")

    def _patiently(
        self, method: str, path: str, fields: dict[str, str] | None, *, follow: bool = True
    ) -> Page:
        for again in range(PATIENCE):
            page = self.send(method, path, fields, follow=follow)
            if not page.broken:
                return page
            Event().wait(min(0.1 * 2**again, 1.0))
        return page

    def _ask(self, method: str, path: str, fields: dict[str, str] | None) -> Page:
        began = time.time()
        try:
            page = self._exchange(method, path, fields)
        except (OSError, http.client.HTTPException) as error:
            page = Page(0, path, f"{type(error).__name__}: {error}")
        where = urlsplit(path).path
        words = page.location or repr(page.text[:160])
        took = f"{1000 * (time.time() - began):.0f} ms"
        self._say(f"{method} {where} {page.status} {took} {'' if page.status == 200 else words}")
        if page.broken or page.status in ODD:
            what = f"{method} {where}: {page.status} {page.text[:300]!r}"
            # Django answers 400 where the database goes away while a session is saved
            ours = page.status in (0, 400) or (page.broken and OUR_ERROR_PAGE in page.text)
            self.results.add_failure(
                FailedResponse(self.who, what, began, time.time(), excusable=ours)
            )
        return page

    def _exchange(self, method: str, path: str, fields: dict[str, str] | None) -> Page:
        connection = self._connection()
        try:
            self._request(connection, method, path, fields)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
            for header in answer.headers.get_all("Set-Cookie") or []:
                for morsel in SimpleCookie(header).values():
                    self._keep(morsel)
            location = answer.headers.get("Location", "") if 300 <= answer.status < 400 else ""
            return Page(answer.status, path, text, location)
        finally:
            connection.close()

    def _keep(self, morsel: Any) -> None:
        if morsel.value and morsel["max-age"] != "0":
            self.cookies[morsel.key] = morsel.coded_value
        else:
            self.cookies.pop(morsel.key, None)

    def _connection(self) -> http.client.HTTPConnection:
        shop = urlsplit(self.shop)
        return http.client.HTTPConnection(
            shop.hostname or "", shop.port, timeout=TIMEOUT, source_address=(self.address, 0)
        )

    def _request(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        fields: dict[str, str] | None,
    ) -> None:
        where = urlsplit(path)
        headers = {"Accept": "text/html", "Connection": "close", "Referer": f"{self.shop}/"}
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = None
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            token = {"csrfmiddlewaretoken": self.cookies.get("csrftoken", "")}
            body = urlencode({**token, **fields})
        target = where.path + (f"?{where.query}" if where.query else "")
        connection.request(method, target, body, headers)

    def _say(self, line: str) -> None:
        self.results.log(self.who, line)
