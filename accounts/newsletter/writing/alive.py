"""Do the links of a letter lead anywhere?

Addresses of this shop are looked up: the address must belong to a page, and where a room has
registered how to tell, the row behind it must be there for everybody. Nothing is requested. Other
sites are asked only where NEWSLETTER_ASKS_SITES is set: one HEAD request each, to public networks
only, no redirect followed; else the check list says that nobody looked.
"""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.files.storage import default_storage
from django.urls import Resolver404, resolve

#: By the name of a view: tells by its arguments whether its page is there for everybody.
PAGES: dict[str, Callable[[dict[str, Any]], bool]] = {}
_TIME_OUT = 4  # seconds for one site
_MOST_ASKED = 20  # other sites in one check: staff wait for it


def register(view_name: str, is_there: Callable[[dict[str, Any]], bool]) -> None:
    """Let a room say whether a page of its own is there."""
    PAGES[view_name] = is_there


def is_own(url: str) -> bool:
    """Tell whether an address is one of this shop."""
    return url == settings.SITE_URL or url.startswith(settings.SITE_URL + "/")


def dead(urls: Iterable[str]) -> list[str]:
    """Return the addresses of this shop that lead nowhere."""
    return [url for url in urls if is_own(url) and not _leads_somewhere(url)]


def _leads_somewhere(url: str) -> bool:
    path = unquote(urlsplit(url).path) or "/"
    for base in (settings.MEDIA_URL, settings.STATIC_URL):
        if path.startswith(base):
            return base != settings.MEDIA_URL or _is_stored(path.removeprefix(base))
    try:
        found = resolve(path)
    except Resolver404:
        return False
    if path.startswith("/admin/"):
        return False  # no reader gets in
    is_there = PAGES.get(found.view_name)
    return is_there(found.kwargs) if is_there else True


def _is_stored(name: str) -> bool:
    try:
        return default_storage.exists(name)
    except (OSError, ValueError):  # SuspiciousFileOperation among them: a way out of the folder
        return False


def asks_sites() -> bool:
    """Tell whether other sites may be asked at all."""
    return bool(settings.NEWSLETTER_ASKS_SITES)


def silent(urls: Iterable[str], *, only_public: bool = True) -> list[str]:
    """Return the addresses of other sites that did not answer well, with what they said."""
    others = [url for url in urls if not is_own(url)][:_MOST_ASKED]
    answers = [(url, _ask(url, only_public)) for url in others]
    return [f"{url} ({words})" for url, words in answers if words]


def _ask(url: str, only_public: bool) -> str:
    """Return what is wrong with a page of another site, or nothing."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        network = str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0])
        if only_public and not ipaddress.ip_address(network).is_global:
            return "not a public network"
        status = _head(parts.scheme, host, network, port, parts.path or "/")
    except (OSError, ValueError, http.client.HTTPException) as problem:
        return f"no answer: {type(problem).__name__}"
    # many sites refuse HEAD or strangers, which says nothing of their page
    return "" if status < 400 or status in (401, 403, 405, 429) else f"answers {status}"


def _head(scheme: str, host: str, network: str, port: int, path: str) -> int:
    """Ask the very network that was judged: a name could lead elsewhere the second time."""
    sock: socket.socket = socket.create_connection((network, port), timeout=_TIME_OUT)
    with sock:
        if scheme == "https":
            sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
        talk = http.client.HTTPConnection(host, port, timeout=_TIME_OUT)
        talk.sock = sock
        talk.request("HEAD", path, headers={"User-Agent": "MicroFlight link check"})
        return talk.getresponse().status
