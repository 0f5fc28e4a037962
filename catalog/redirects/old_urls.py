"""Old URLs in one spelling: decoded path without a slash at the end, sorted query parameters."""

from collections.abc import Iterable
from itertools import combinations
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from django.utils.translation import gettext

#: Parameters that identify a page, such as `main_page` and `products_id` of Zen Cart.
MOST_PARAMETERS = 3
MAX_LENGTH = 500  # characters, the column's
_MOST_READ = 10  # parameters of a request: session and tracking parameters come with them


def normalize(url: str) -> str:
    """Return an old URL as it is stored; scheme, host and fragment are dropped.

    Raises ValueError, with a message for staff.
    """
    parts = urlsplit(url.strip())
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    if not parts.path.startswith("/") or "\0" in unquote(url):
        raise ValueError(gettext("Enter a URL of this shop that begins with “/”."))
    if len(pairs) > MOST_PARAMETERS:
        text = gettext("Enter at most %(most)d query parameters: those that identify the page.")
        raise ValueError(text % {"most": MOST_PARAMETERS})
    found = _spelled(unquote(parts.path), pairs)
    if len(found) > MAX_LENGTH:
        raise ValueError(gettext("Enter a shorter URL."))
    return found


def candidates(path: str, pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Return the old URLs that a request may mean, with the most parameters first; 176 at most.

    A parameter that an old URL does not name, such as a session ID, is ignored.
    """
    known = sorted(set(pairs))[:_MOST_READ]
    found = (
        _spelled(path, some)
        for number in range(min(MOST_PARAMETERS, len(known)), -1, -1)
        for some in combinations(known, number)
    )
    return [one for one in found if "\0" not in one and len(one) <= MAX_LENGTH]


def _spelled(path: str, pairs: Iterable[tuple[str, str]]) -> str:
    query = urlencode(sorted(pairs))
    return (path.rstrip("/") or "/") + (f"?{query}" if query else "")
