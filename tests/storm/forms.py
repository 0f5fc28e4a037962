"""Forms of a page as a browser would send them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

Fields = dict[str, str]


@dataclass
class Form:
    """A form's attributes and what it would send as it stands."""

    attributes: dict[str, str]
    fields: Fields = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms = [Form({})]  # the first one takes what stands outside of any form
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given))
        elif tag == "input" and given.get("name"):
            self._take_input(given)
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "textarea":
            self._area = given.get("name", "")
            self.forms[-1].fields[self._area] = ""
        elif tag == "option" and self._select:
            known = self.forms[-1].fields
            if "selected" in given or self._select not in known:
                known[self._select] = given.get("value", "")

    def _take_input(self, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        if kind in ("checkbox", "radio") and "checked" not in given:
            return
        if kind not in ("submit", "button", "file"):
            self.forms[-1].fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1].fields[self._area] += data


def forms_in(html: str) -> list[Form]:
    """Return every form of a page in its order; the first holds fields outside of any form."""
    reader = _Reader()
    reader.feed(html)
    return reader.forms


def form_with(html: str, name: str) -> Form | None:
    """Return the first form that has a field or an attribute of this name."""
    for form in forms_in(html)[1:]:
        if name in form.fields or name in form.attributes:
            return form
    return None
