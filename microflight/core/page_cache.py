"""Caches whole pages, and fills in each visitor's fragments afterwards.

A page that all visitors share is rendered once, with signed placeholders for the fragments of one
visitor (cart, login, CSRF token): text that people write cannot contain one. Each response, cached
or not, gets them in a second, cheap phase. See docs/decisions/005-page-cache.md.
"""

import hashlib
import math
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar, cast

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.crypto import salted_hmac
from django.utils.http import urlencode
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString, mark_safe

STALE = 15  # seconds before a page expires: one visitor renders it again, others get the old one
RENDERING = 10  # seconds after which another visitor may try to render
MOST_STORED = 2_000  # pages stored in one minute: random URLs cannot fill the memory
STAMP = "page:stamp"
PROCESS_CACHE_SECONDS = 60  # seconds for which a process caches what rarely changes
MOST_LOCAL = 256  # pages of about 40 kB in the memory of each process
_local: "dict[str, Entry]" = {}
_process_cache: dict[str, tuple[str | None, float, Any]] = {}
_PLACE = re.compile(rb"<!--visitor:([a-z-]+)--><!--([0-9a-f]{16})-->")

Cached = TypeVar("Cached")
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class PageRequest(HttpRequest):
    """A request with the attributes that this module sets."""

    page_is_shared: bool  # visitor fragments are placeholders
    _page_stamp: str | None
    _page_wanted: tuple[str, str | None]  # key and stamp of the page being rendered
    _page_expires: float  # when what the page says is no longer true


def shared_page(*parameters: str) -> Callable[[View], View]:
    """Declare that all visitors share a view's page, except for visitor fragments.

    `parameters` are the query parameters that the page depends on; others are ignored. `a.*` stands
    for all that begin with `a.`.
    """

    def mark(view: View) -> View:
        view.shared_parameters = parameters  # type: ignore[attr-defined]
        return view

    return mark


#: Whether changes in this context invalidate once, at its end.
_is_postponed: ContextVar[bool] = ContextVar("is_postponed", default=False)


def invalidate() -> None:
    """Invalidate every cached page once the current transaction is committed."""
    if not _is_postponed.get():
        transaction.on_commit(lambda: cache.set(STAMP, secrets.token_hex(8), None))


@contextmanager
def invalidated_once() -> Iterator[None]:
    """Invalidate once for all changes in this block, such as an import of thousands of rows."""
    token = _is_postponed.set(True)
    try:
        yield
    finally:
        _is_postponed.reset(token)
    invalidate()


def expire_at(request: HttpRequest, moment: datetime) -> None:
    """Serve the page being rendered until `moment` at most, e.g. until the shop closes."""
    noted = cast(PageRequest, request)
    noted._page_expires = min(moment.timestamp(), getattr(noted, "_page_expires", math.inf))


def process_cached(request: HttpRequest, name: str, read: Callable[[], Cached]) -> Cached:
    """Return what `read` returns, cached by this process until `invalidate`, a minute at most.

    For what every page shows and rarely changes, e.g. the category tree. One cache request per
    page; if the cache is down, it is read each time.
    """
    noted = cast(PageRequest, request)
    if not hasattr(noted, "_page_stamp"):
        noted._page_stamp = _stamp()
    stamp, (known, until, value) = noted._page_stamp, _process_cache.get(name, (None, 0.0, None))
    if stamp is None or stamp != known or time.monotonic() > until:
        value = read()
        _process_cache[name] = stamp, time.monotonic() + PROCESS_CACHE_SECONDS, value
    return value


def _stamp() -> str | None:
    """Return the current stamp, creating the first one; None if the cache is down."""
    stamp = cache.get(STAMP)
    if stamp is None:
        cache.add(STAMP, secrets.token_hex(8), None)
        stamp = cache.get(STAMP)
    return stamp


class InvalidatesPages:
    """For models that pages show: saving one invalidates the page cache."""

    def save(self, *arguments: Any, **options: Any) -> None:
        """Save the row and invalidate the pages once it is committed."""
        super().save(*arguments, **options)  # type: ignore[misc]
        invalidate()


class Entry(NamedTuple):
    """A cached page: bytes, and between them the names of visitor fragments."""

    stamp: str | None
    rendered_at: float  # seconds since the epoch
    parts: list[bytes]  # page, name, page, name, ..., page
    expires: float = math.inf  # `expire_at`, in seconds since the epoch


@lru_cache(maxsize=64)
def _signature(name: str) -> str:
    return salted_hmac("visitor fragment", name, algorithm="sha256").hexdigest()[:16]


def placeholder(name: str) -> SafeString:
    """Return the place of a visitor fragment on a shared page."""
    return mark_safe(f"<!--visitor:{name}--><!--{_signature(name)}-->")  # noqa: S308 (names are ours)


def split(body: bytes) -> list[bytes]:
    """Return the page split at its visitor fragments: text, name, text, ..., text.

    A placeholder without our signature is text.
    """
    parts, start = [], 0
    for found in _PLACE.finditer(body):
        if found[2].decode() == _signature(found[1].decode()):
            parts += [body[start : found.start()], found[1]]
            start = found.end()
    return [*parts, body[start:]]


class PageCacheMiddleware:
    """Answers shared pages from the cache, or renders and stores them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        wanted = getattr(request, "_page_wanted", None)
        if wanted is None or response.streaming:
            return response
        key, stamp = wanted
        parts = getattr(response, "page_parts", None) or split(response.content)
        if _may_store(response):
            expires = getattr(request, "_page_expires", math.inf)
            _store(key, Entry(stamp, time.time(), parts, expires))
        return fill(request, response, parts)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Return the cached page, if any; otherwise mark the page as shared."""
        parameters = getattr(view, "shared_parameters", None)
        if parameters is None or request.method not in ("GET", "HEAD"):
            return None
        key = _key(request, parameters)
        noted = cast(PageRequest, request)
        entry, stamp = _look_up(key) if settings.PAGE_CACHE_SECONDS else (None, _stamp())
        noted._page_stamp = stamp
        if entry and entry.stamp == stamp and _is_served(key, entry):
            return fill(request, HttpResponse(), entry.parts)
        noted.page_is_shared = True
        noted._page_wanted = key, stamp
        return None


def fill(request: HttpRequest, response: HttpResponse, parts: list[bytes]) -> HttpResponse:
    """Fill in this visitor's fragments. Only their browser may cache the result."""
    render_part = import_string(settings.VISITOR_FRAGMENT_RENDERER)
    filled = list(parts)
    made: dict[bytes, bytes] = {}  # several forms of one page carry the same token
    for place in range(1, len(filled), 2):
        name = filled[place]
        if name not in made:
            made[name] = render_part(name.decode(), request).encode()
        filled[place] = made[name]
    response.content = b"".join(filled)
    response["Cache-Control"] = "private, no-cache"
    return response


def _key(request: HttpRequest, parameters: tuple[str, ...]) -> str:
    prefixes = tuple(one.removesuffix("*") for one in parameters if one.endswith("*"))
    names = sorted(one for one in request.GET if one in parameters or one.startswith(prefixes))
    query = urlencode(
        [(one, value) for one in names for value in request.GET.getlist(one) if value]
    )
    return "page:" + hashlib.blake2b(f"{request.path}?{query}".encode(), digest_size=16).hexdigest()


def _look_up(key: str) -> tuple[Entry | None, str | None]:
    """Return a cached page, if there is one, and the current stamp.

    One cache request, for the stamp alone if this process has the page itself.
    """
    local = _local.get(key)
    if local and local.stamp == (stamp := _stamp()) and _is_young(local):
        return local, stamp
    found = cache.get_many([STAMP, key])
    if stored := found.get(key):
        _store_local(key, Entry(*stored))
    return Entry(*stored) if stored else None, found.get(STAMP) or _stamp()


def _store_local(key: str, entry: Entry) -> None:
    """Store a page in this process. Without a stamp it could not be invalidated."""
    if entry.stamp is None:
        return
    _local.pop(key, None)
    while len(_local) >= MOST_LOCAL:
        _local.pop(next(iter(_local)), None)
    _local[key] = entry


def _is_young(entry: Entry) -> bool:
    end = min(entry.rendered_at + settings.PAGE_CACHE_SECONDS - STALE, entry.expires)
    return time.time() < end


def _is_served(key: str, entry: Entry) -> bool:
    """Return whether to serve a cached page; one visitor renders a stale one again."""
    if time.time() >= entry.expires:
        return False
    return _is_young(entry) or not cache.add(key + ":rendering", 1, RENDERING)


def _may_store(response: HttpResponse) -> bool:
    is_enabled = settings.PAGE_CACHE_SECONDS > 0
    return is_enabled and response.status_code == 200 and not response.cookies


def _store(key: str, entry: Entry) -> None:
    """Store a page, unless too many were stored in this minute."""
    _store_local(key, entry)
    if _stored_this_minute() <= MOST_STORED:
        cache.set(key, tuple(entry), settings.PAGE_CACHE_SECONDS)


def _stored_this_minute() -> int:
    """Count a page, and return how many were stored in this minute."""
    minute = f"page:stored:{int(time.time() // 60)}"
    if cache.add(minute, 1, 120):
        return 1
    try:
        return cache.incr(minute)
    except ValueError:  # it has just expired
        return 1
