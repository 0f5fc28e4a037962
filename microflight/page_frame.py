"""What stands around every page: the menu, the notices that hold now, and whether we are in."""

from dataclasses import dataclass

from django.http import HttpRequest

from microflight import navigation
from microflight.core import business
from microflight.core.page_cache import process_cached
from policies.models import Notice


@dataclass(frozen=True, slots=True)
class Frame:
    """The parts of a page that are the same on all of them."""

    menu: tuple[navigation.Entry, ...] = ()
    notices: tuple[tuple[str, str], ...] = ()  # text and link
    is_open: bool = False


def get_page_frame(request: HttpRequest | None) -> Frame:
    """Return the frame of a page made now; an empty one for an error page without a request."""
    if request is None:
        return Frame(is_open=business.FACTS.is_open)
    found = process_cached(request, "notices", lambda: list(Notice.objects.active()))
    notices = tuple((notice.text, notice.link) for notice in found)
    return Frame(navigation.menu(request), notices, business.FACTS.is_open)
