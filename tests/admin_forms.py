"""Admin pages as a browser would submit them."""

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

from django.test import Client


class _Fields(HTMLParser):
    """Collects what the form around the submit buttons would send, unchanged."""

    def __init__(self) -> None:
        super().__init__()
        self.data: dict[str, list[str]] = {}
        self._select = self._area = ""
        self._options: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "select":
            self._select, self._multiple, self._options = name, "multiple" in given, []
        elif tag == "option" and self._select:
            if "selected" in given:
                self.data.setdefault(self._select, []).append(given.get("value", ""))
            self._options.append(given.get("value", ""))
        elif tag == "textarea" and name:
            self._area = name
            self.data[name] = [""]
        elif tag == "input" and name and self._is_sent(given):
            box = given.get("type") in ("checkbox", "radio")
            value = given.get("value", "on" if box else "")
            self.data.setdefault(name, []).append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select:
            if self._options and not self._multiple:
                self.data.setdefault(self._select, self._options[:1])
            self._select = ""
        elif tag == "textarea":
            if self._area and self.data[self._area][0].startswith("\n"):
                self.data[self._area][0] = self.data[self._area][0][1:]
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.data[self._area][0] += data

    @staticmethod
    def _is_sent(given: dict[str, str]) -> bool:
        if given.get("type") in ("checkbox", "radio"):
            return "checked" in given
        return given.get("type") not in ("submit", "button", "file") and "disabled" not in given


def fields_of(html: str) -> dict[str, Any]:
    """Return the fields of the first form that is not in the page's header, without the rows that
    JavaScript copies."""
    start = html.index("<form", html.index('id="content-main"'))
    reader = _Fields()
    reader.feed(html[start : html.index("</form>", start)])
    return {name: values for name, values in reader.data.items() if "__prefix__" not in name}


def open_form(client: Client, url: str) -> dict[str, Any]:
    """Return the fields of an admin page that is opened now."""
    response = client.get(url)
    assert response.status_code == 200
    return fields_of(response.content.decode())


def submit(client: Client, url: str, data: dict[str, Any] | None = None) -> Any:
    """Open an admin page and submit other values, with what it showed (see `edit_conflicts`)."""
    html = client.get(url).content.decode()
    hidden = re.findall(r'<input type="hidden" name="((?:seen|shown)\w*)" value="([^"]*)"', html)
    shown = {name: unescape(value) for name, value in hidden}
    return client.post(url, {**shown, **(data or {})})
