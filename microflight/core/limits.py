"""Rate limits, and the IP address that they count by."""

import ipaddress

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest


def within_limit(what: str, *, who: str, most: int, seconds: int) -> bool:
    """Count an attempt of `what` by `who`; return False beyond `most` within `seconds`."""
    key = f"limit:{what}:{who}"
    if cache.add(key, 1, seconds):  # usually the first attempt
        return most > 0
    try:
        return cache.incr(key) <= most
    except ValueError:  # it expired between the two calls
        return True


def is_over_limit(what: str, *, who: str, most: int) -> bool:
    """Return whether `who` has reached the limit, without counting an attempt."""
    return bool((cache.get(f"limit:{what}:{who}") or 0) >= most)


def client_ip(request: HttpRequest) -> str:
    """Return the visitor's IP address; behind proxies, as the outermost of ours reports it.

    Each proxy appends the address that it sees; anything before it may be forged. All code, allauth
    too, gets addresses from here.
    """
    direct = str(request.META.get("REMOTE_ADDR", ""))
    if settings.SECURE_PROXY_SSL_HEADER:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        return _address(forwarded[-max(1, settings.ALLAUTH_TRUSTED_PROXY_COUNT) :][0]) or direct
    return _address(direct) or direct


def client_network(request: HttpRequest, *, v4: int = 32, v6: int = 64) -> str:
    """Return the visitor's network with these prefixes: one customer has a whole /64 of IPv6."""
    ip = client_ip(request)
    return network_of(ip, v4=v4, v6=v6).partition("/")[0] or ip  # e.g. of a Unix socket


def network_of(ip: str, *, v4: int = 24, v6: int = 48) -> str:
    """Return the network of an IP address with these prefixes, "" if it is invalid."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    prefix = v6 if address.version == 6 else v4
    return str(ipaddress.ip_network((address, prefix), strict=False))


def _address(text: str) -> str:
    """Return an IP address without port, brackets and zone; IPv4 also if mapped to IPv6."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)
