"""Whole pages from the cache, with each visitor's own parts filled in afterwards.

A page that is the same for everybody is rendered once with `<!--visitor:NAME-->` where a part of
one visitor belongs (cart, log-in, form token). What is stored holds no such part; each answer,
stored or fresh, gets them in a second, cheap phase. See docs/decisions/005-page-cache.md.
"""

import hashlib
import re
import secrets
import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.utils.module_loading import import_string

STALE = 15  # seconds at a page's end in which one visitor renders it anew, others get the old one
RENDERING = 10  # seconds after which another visitor may try to render
MOST_STORED = 2_000  # pages stored in one minute: garbage in addresses cannot fill the memory
STAMP = "page:stamp"
PROCESS_CACHE_SECONDS = 60  # seconds for which a process keeps what hardly ever changes
MOST_LOCAL = 256  # pages of about 40 kB that each process keeps beside the cache
_local: "dict[str, Entry]" = {}
_process_cache: dict[str, tuple[str | None, float, Any]] = {}
_PLACE = re.compile(rb"<!--visitor:([a-z-]+)-->")

Kept = TypeVar("Kept")
View = TypeVar("View", bound=Callable[..., HttpResponse])


class PageRequest(HttpRequest):
    """A request with what this module notes on it."""

    page_is_shared: bool  # placeholders stand where one visitor's parts belong
    _page_stamp: str | None
    _page_asked: tuple[str, str | None]  # key and stamp of the page being rendered


def shared_page(*parameters: str) -> Callable[[View], View]:
    """Declare that a view's page is the same for everybody but for its visitor parts.

    `parameters` are those of the query string that the page depends on; others are ignored.
    """

    def mark(view: View) -> View:
        view.shared_parameters = parameters  # type: ignore[attr-defined]
        return view

    return mark


def invalidate() -> None:
    """Forget every stored page once the current transaction is committed."""
    transaction.on_commit(lambda: cache.set(STAMP, secrets.token_hex(8), None))


def process_cached(request: HttpRequest, name: str, read: Callable[[], Kept]) -> Kept:
    """Return what `read` returns, kept by this process until something is bumped, a minute at most.

    For what every page shows and hardly ever changes, e.g. the category tree. One question to the
    cache for each request; where the cache is away it is read each time.
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
    """Return the present stamp, a first one where there is none; None where the cache is away."""
    stamp = cache.get(STAMP)
    if stamp is None:
        cache.add(STAMP, secrets.token_hex(8), None)
        stamp = cache.get(STAMP)
    return stamp


class InvalidatesPages:
    """For a model that pages show: what staff save is seen at once."""

    def save(self, *arguments: Any, **options: Any) -> None:
        """Save the row and forget the pages once that is committed."""
        super().save(*arguments, **options)  # type: ignore[misc]
        invalidate()


class Entry(NamedTuple):
    """A stored page: bytes, and between them the names of visitor parts."""

    stamp: str | None
    rendered_at: float  # seconds since the epoch
    pieces: list[bytes]  # page, name, page, name, ..., page


def split(body: bytes) -> list[bytes]:
    """Return the page cut at its visitor parts: text, name, text, ..., text."""
    return _PLACE.split(body)


class PageCacheMiddleware:
    """Answers shared pages from the cache, or renders and stores them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        asked = getattr(request, "_page_asked", None)
        if asked is None or response.streaming:
            return response
        key, stamp = asked
        pieces = getattr(response, "page_pieces", None) or split(response.content)
        if _may_store(response):
            _store(key, Entry(stamp, time.time(), pieces))
        return fill(request, response, pieces)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Answer from the cache where it can; else mark the page as one to be shared."""
        parameters = getattr(view, "shared_parameters", None)
        if parameters is None or request.method not in ("GET", "HEAD"):
            return None
        key = _key(request, parameters)
        noted = cast(PageRequest, request)
        entry, stamp = _look_up(key) if settings.PAGE_CACHE_SECONDS else (None, _stamp())
        noted._page_stamp = stamp
        if entry and entry.stamp == stamp and _is_served(key, entry):
            return fill(request, HttpResponse(), entry.pieces)
        noted.page_is_shared = True
        noted._page_asked = key, stamp
        return None


def fill(request: HttpRequest, response: HttpResponse, pieces: list[bytes]) -> HttpResponse:
    """Put this visitor's parts into a page. Only this visitor's browser may keep the result."""
    render_part = import_string(settings.VISITOR_FRAGMENT_RENDERER)
    parts = list(pieces)
    made: dict[bytes, bytes] = {}  # several forms of one page carry the same token
    for place in range(1, len(parts), 2):
        name = parts[place]
        if name not in made:
            made[name] = render_part(name.decode(), request).encode()
        parts[place] = made[name]
    response.content = b"".join(parts)
    response["Cache-Control"] = "private, no-cache"
    return response


def _key(request: HttpRequest, parameters: tuple[str, ...]) -> str:
    query = urlencode([(name, request.GET[name]) for name in parameters if request.GET.get(name)])
    return "page:" + hashlib.blake2b(f"{request.path}?{query}".encode(), digest_size=16).hexdigest()


def _look_up(key: str) -> tuple[Entry | None, str | None]:
    """Return a stored page, if there is one, and the present stamp.

    One question to the cache, for the stamp alone where this process has the page itself.
    """
    local = _local.get(key)
    if local and local.stamp == (stamp := _stamp()) and _is_young(local):
        return local, stamp
    found = cache.get_many([STAMP, key])
    if stored := found.get(key):
        _keep_local(key, Entry(*stored))
    return Entry(*stored) if stored else None, found.get(STAMP) or _stamp()


def _keep_local(key: str, entry: Entry) -> None:
    """Keep a page in this process. Without a stamp nobody could tell when it is out of date."""
    if entry.stamp is None:
        return
    _local.pop(key, None)
    while len(_local) >= MOST_LOCAL:
        _local.pop(next(iter(_local)), None)
    _local[key] = entry


def _is_young(entry: Entry) -> bool:
    return time.time() < entry.rendered_at + settings.PAGE_CACHE_SECONDS - STALE


def _is_served(key: str, entry: Entry) -> bool:
    """Tell whether a stored page is good for this visitor; one of many renders an old one anew."""
    return _is_young(entry) or not cache.add(key + ":rendering", 1, RENDERING)


def _may_store(response: HttpResponse) -> bool:
    kept = settings.PAGE_CACHE_SECONDS > 0
    return kept and response.status_code == 200 and not response.cookies


def _store(key: str, entry: Entry) -> None:
    """Keep a page, unless too many others were kept in this minute."""
    _keep_local(key, entry)
    if _stored_this_minute() <= MOST_STORED:
        cache.set(key, tuple(entry), settings.PAGE_CACHE_SECONDS)


def _stored_this_minute() -> int:
    """Count a page that is about to be kept."""
    minute = f"page:stored:{int(time.time() // 60)}"
    if cache.add(minute, 1, 120):
        return 1
    try:
        return cache.incr(minute)
    except ValueError:  # it has just gone
        return 1
