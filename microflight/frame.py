"""What stands around every page: the menu, the notices that hold now, and whether we are in."""

from dataclasses import dataclass

from django.http import HttpRequest

from microflight import business, navigation
from microflight.page_cache import standing
from policies.services import current_notices


@dataclass(frozen=True, slots=True)
class Frame:
    """The parts of a page that are the same on all of them."""

    menu: tuple[navigation.Entry, ...] = ()
    notices: tuple[tuple[str, str], ...] = ()  # text and link
    is_open: bool = False


def frame_of(request: HttpRequest | None) -> Frame:
    """Return the frame of a page made now; an empty one for an error page without a request."""
    if request is None:
        return Frame(is_open=business.FACTS.is_open)
    found = standing(request, "notices", current_notices)
    notices = tuple((notice.text, notice.link) for notice in found)
    return Frame(navigation.menu(request), notices, business.FACTS.is_open)
