"""Whether a link to another site works: asked from public networks only, so that no URL that people
type makes the server request its own network."""

import http.client
import ipaddress
import socket
import ssl
from urllib.parse import SplitResult, urljoin, urlsplit

_TIMEOUT = 4  # seconds for one request
#: Statuses of sites that reject unknown clients, which says nothing about their page.
_UNDECIDED = frozenset({401, 403, 405, 429, 503})


def link_problem(url: str, *, redirects: int = 0, only_public: bool = True) -> str:
    """Return what is wrong with an HTTP or HTTPS link, or an empty string.

    One HEAD, then a GET if a site rejects that, without reading what it sends. Follows at most so
    many redirects, never to another scheme; with 0, a redirect is a good answer.
    """
    for _hop in range(redirects + 1):
        try:
            status, location = _ask(url, only_public)
        except (OSError, ValueError, http.client.HTTPException) as error:
            return str(error) if isinstance(error, NotPublic) else f"no answer: {_name(error)}"
        if status >= 400 and status not in _UNDECIDED:
            return f"status {status}"
        if not (redirects and 300 <= status < 400 and location):
            return ""
        target = urljoin(url, location)
        if urlsplit(target).scheme != urlsplit(url).scheme:
            return "redirects to another scheme"
        url = target
    return "too many redirects"


class NotPublic(ValueError):
    """The host has no address on a public network."""


def _name(error: Exception) -> str:
    return type(error).__name__


def _ask(url: str, only_public: bool) -> tuple[int, str]:
    """Return status and redirect target."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    ip = str(socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)[0][4][0])
    if only_public and not _is_public(ip):
        raise NotPublic("not a public network")
    status, location = _request("HEAD", parts, ip, port)
    return _request("GET", parts, ip, port) if status >= 400 else (status, location)


def _is_public(ip: str) -> bool:
    address = ipaddress.ip_address(ip)
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_global and not address.is_multicast


def _request(method: str, url: SplitResult, ip: str, port: int) -> tuple[int, str]:
    """Request from the very IP that was checked: the name could resolve differently next time."""
    host = url.hostname or ""
    sock: socket.socket = socket.create_connection((ip, port), timeout=_TIMEOUT)
    with sock:
        if url.scheme == "https":
            sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
        connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT)
        connection.sock = sock
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.request(method, target, headers={"User-Agent": "MicroFlight link check"})
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Location", "")
