"""A minimal browser: cookies, forms and its own IP."""

import http.client
import json
import re
import secrets
import string
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

_LETTERS = string.ascii_letters + string.digits


class Unexpected(Exception):
    """A page did not respond as expected."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response. `location` is the target of a redirect, else empty."""

    status: int
    text: str
    location: str

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.text)


@dataclass
class Visitor:
    """One shopper at one site. Redirects are responses; `follow` follows them.

    Each has its own IP, as a proxy would report it, because the shop limits payment attempts by
    IP. The CSRF token is chosen by the visitor, which Django allows.
    """

    site: str
    cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._token = "".join(secrets.choice(_LETTERS) for _ in range(32))
        self.cookies["csrftoken"] = self._token
        self._address = ".".join(str(1 + secrets.randbelow(254)) for _ in range(3))
        self._host = urlsplit(self.site).netloc

    def get(self, path: str) -> Answer:
        """Request a page."""
        return self._ask("GET", path, "")

    def post(self, path: str, fields: dict[str, str]) -> Answer:
        """Submit a form."""
        return self._ask("POST", path, urlencode(fields))

    def follow(self, answer: Answer) -> Answer:
        """Follow redirects within this site."""
        while answer.status == 302:
            parts = urlsplit(answer.location)
            answer = self.get(parts.path + (f"?{parts.query}" if parts.query else ""))
        return answer

    def _ask(self, method: str, path: str, body: str) -> Answer:
        connection = http.client.HTTPConnection(self._host, timeout=60)
        connection.request(method, path, body or None, self._headers(body))
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        connection.close()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        return Answer(answer.status, text, answer.headers.get("Location") or "")

    def _headers(self, body: str) -> dict[str, str]:
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "X-CSRFToken": self._token,
            "X-Forwarded-For": f"10.{self._address}",
        }
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        return headers


def wanted(answer: Answer, *statuses: int) -> Answer:
    """Return the response if it has one of these statuses; raise Unexpected."""
    if answer.status not in statuses:
        raise Unexpected(f"{answer.status} {answer.location}: {answer.text[:300]}")
    return answer


def hidden(page: str, name: str) -> str:
    """Return the value of a hidden field; raise Unexpected if there is none."""
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)
    if found is None:
        raise Unexpected(f"no field {name}: {page[:300]}")
    return found[1]
