"""The frame of every page: menu, active notices, and whether the shop is open."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone

from catalog.content import menus
from microflight import navigation
from microflight.core.page_cache import expire_at, process_cached
from microflight.core.scheduled import active
from policies.models import Notice
from policies.opening import calendars, wording
from policies.opening.calendars import Schedule


@dataclass(frozen=True, slots=True)
class Opening:
    """Hours, whether the shop is open, and when that changes."""

    hours: str
    is_open: bool | None = None  # None: unknown, on an error page without a request
    change: str = ""
    changes_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """The parts that all pages have in common."""

    opening: Opening
    menu: tuple[navigation.Entry, ...] = ()
    notices: tuple[tuple[str, str], ...] = ()  # text and link
    links: tuple[menus.MenuLink, ...] = ()  # of staff, of all menus


def get_page_frame(request: HttpRequest | None) -> Frame:
    """Return the frame of a page; for an error page without a request, without menu.

    The page is cached no longer than what the frame says is true.
    """
    if request is None:
        return Frame(Opening(wording.hours(Schedule())))
    now = timezone.now()
    schedule = process_cached(request, "opening", calendars.load)
    found = process_cached(request, "notices", lambda: list(Notice.objects.not_ended()))
    expire_at(request, schedule.valid_until(now))
    notices = [(notice.text, notice.link) for notice in active(request, found)]
    if away := schedule.away_on(timezone.localdate(now)):
        notices.insert(0, (wording.banner(away, schedule), ""))
    return Frame(
        _opening(schedule, now), navigation.menu(request), tuple(notices), menus.links(request)
    )


def _opening(schedule: Schedule, now: datetime) -> Opening:
    return Opening(
        wording.hours(schedule),
        schedule.is_open_at(now),
        wording.change(schedule, now),
        schedule.next_change(now),
    )
