"""The frame of every page: menu, active notices, and whether the shop is open."""

from dataclasses import dataclass

from django.http import HttpRequest

from microflight import navigation
from microflight.core import business
from microflight.core.page_cache import process_cached
from policies.models import Notice


@dataclass(frozen=True, slots=True)
class Frame:
    """The parts that all pages have in common."""

    menu: tuple[navigation.Entry, ...] = ()
    notices: tuple[tuple[str, str], ...] = ()  # text and link
    is_open: bool = False


def get_page_frame(request: HttpRequest | None) -> Frame:
    """Return the frame of a page; for an error page without a request, without menu."""
    if request is None:
        return Frame(is_open=business.FACTS.is_open)
    found = process_cached(request, "notices", lambda: list(Notice.objects.active()))
    notices = tuple((notice.text, notice.link) for notice in found)
    return Frame(navigation.menu(request), notices, business.FACTS.is_open)
