"""Addresses in a letter: absolute, and counted off, so that a frozen body holds `[[link:3]]`."""

from urllib.parse import SplitResult, urljoin, urlsplit

from django.conf import settings

MOST_CHARACTERS = 500  # as `Link.url` holds
#: What a writer may lead to in a letter besides pages.
PERSONAL = ("leave", "preferences", "view")


class BadAddress(Exception):
    """An address that no letter may hold. The text is for its writer."""


def absolute(url: str) -> str:
    """Return an address that works from a mail program; raise BadAddress for one that cannot."""
    url = url.strip()
    if url.startswith("/") and not url.startswith("//"):
        url = urljoin(settings.SITE_URL + "/", url)
    parts = _split(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise BadAddress(f"“{url[:80]}” is not the address of a page.")
    if len(url) > MOST_CHARACTERS:
        raise BadAddress(f"“{url[:80]}…” is longer than {MOST_CHARACTERS} characters.")
    if any(ord(char) < 33 for char in url):
        raise BadAddress(f"“{url[:80]}” holds a space or something that cannot be seen.")
    return url


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as problem:
        raise BadAddress(f"“{url[:80]}” is not the address of a page.") from problem


class Links:
    """The pages that a letter leads to, numbered from 1 as they come; each page once."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    def token(self, url: str) -> str:
        """Return what stands in the body for an address. Raises BadAddress."""
        url = absolute(url)
        if url not in self.urls:
            self.urls.append(url)
        return f"[[link:{self.urls.index(url) + 1}]]"
