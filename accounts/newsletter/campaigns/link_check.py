"""Checks whether the links of a campaign work.

Links into this shop are looked up: the URL must belong to a page, and where a package registered
how to tell, the row behind it must be public. Nothing is requested. Links to other sites are only
requested if NEWSLETTER_CHECK_LINKS is set: one HEAD each, to public networks, no redirect followed.
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

from policies.models import PolicyVersion

#: By the name of a view: tells by its arguments whether its page is public.
PAGES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "policies:page": lambda where: (
        PolicyVersion.objects.published().filter(policy__slug=where["slug"]).exists()
    )
}
_TIMEOUT = 4  # seconds for one site
_MAX_REQUESTS = 20  # in one check: staff wait for it


def register(view_name: str, is_public: Callable[[dict[str, Any]], bool]) -> None:
    """Let a package say whether one of its pages is public."""
    PAGES[view_name] = is_public


def is_own(url: str) -> bool:
    """Return whether a URL is one of this shop."""
    return url == settings.SITE_URL or url.startswith(settings.SITE_URL + "/")


def broken(urls: Iterable[str]) -> list[str]:
    """Return the URLs of this shop that have no page."""
    return [url for url in urls if is_own(url) and not _has_page(url)]


def _has_page(url: str) -> bool:
    path = unquote(urlsplit(url).path) or "/"
    if path.startswith(settings.STATIC_URL):
        return True
    if path.startswith(settings.MEDIA_URL):
        try:
            return default_storage.exists(path.removeprefix(settings.MEDIA_URL))
        except (OSError, ValueError):  # SuspiciousFileOperation among them
            return False
    try:
        found = resolve(path)
    except Resolver404:
        return False
    if path.startswith("/admin/"):
        return False  # subscribers have no access
    is_public = PAGES.get(found.view_name)
    return is_public(found.kwargs) if is_public else True


def unreachable(urls: Iterable[str], *, only_public: bool = True) -> list[str]:
    """Return the URLs of other sites that did not answer well, with the answer."""
    others = [url for url in urls if not is_own(url)][:_MAX_REQUESTS]
    answers = [(url, _request(url, only_public)) for url in others]
    return [f"{url} ({answer})" for url, answer in answers if answer]


def _request(url: str, only_public: bool) -> str:
    """Return what is wrong with a page of another site, or ""."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        ip = str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0])
        if only_public and not ipaddress.ip_address(ip).is_global:
            return "not a public network"
        status = _head(parts.scheme, host, ip, port, parts.path or "/")
    except (OSError, ValueError, http.client.HTTPException) as error:
        return f"no answer: {type(error).__name__}"
    # many sites reject HEAD or unknown clients, which says nothing about their page
    return "" if status < 400 or status in (401, 403, 405, 429) else f"status {status}"


def _head(scheme: str, host: str, ip: str, port: int, path: str) -> int:
    """Request from the very IP that was checked: the name could resolve differently next time."""
    sock: socket.socket = socket.create_connection((ip, port), timeout=_TIMEOUT)
    with sock:
        if scheme == "https":
            sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
        connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT)
        connection.sock = sock
        connection.request("HEAD", path, headers={"User-Agent": "MicroFlight link check"})
        return connection.getresponse().status
