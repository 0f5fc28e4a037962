"""Hours and dates as pages, emails and policies show them."""

from datetime import date, datetime, time
from itertools import groupby

from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from microflight.core.business import SASKATOON
from policies.opening.calendars import Away, Schedule


def clock(moment: time | datetime) -> str:
    """Return a time as `9:00`."""
    return f"{moment.hour}:{moment.minute:02}"


def hours(schedule: Schedule) -> str:
    """Return the week's hours, such as “Monday to Friday, 9:00 to 17:00 Saskatchewan time”."""
    runs = []
    for opening, days in groupby(range(7), key=lambda day: schedule.week[day]):
        if opening is None:
            continue
        first, *_middle, last = [*(numbers := list(days)), numbers[-1]]
        template = _("%(first)s to %(last)s") if first != last else "%(first)s"
        days_text = template % {"first": WEEKDAYS[first], "last": WEEKDAYS[last]}
        opens, closes = clock(opening.opens), clock(opening.closes)
        values = {"days": days_text, "opens": opens, "closes": closes}
        runs.append(_("%(days)s, %(opens)s to %(closes)s") % values)
    if not runs:
        return _("by appointment")
    return _("%(hours)s Saskatchewan time") % {"hours": "; ".join(runs)}


def long_day(day: date) -> str:
    """Return a day as “Monday, May 3, 2027”."""
    return date_format(day, "l, F j, Y")


def change(schedule: Schedule, moment: datetime) -> str:
    """Return when the shop closes or opens next, such as “Opens Tue, Dec 1, 9:00”."""
    then = schedule.next_change(moment).astimezone(SASKATOON)
    if schedule.is_open_at(moment):
        return _("closes at %(time)s Saskatchewan time") % {"time": clock(then)}
    pattern = "D, M j" if then.year == moment.astimezone(SASKATOON).year else "D, M j, Y"
    values = {"day": date_format(then.date(), pattern), "time": clock(then)}
    return _("opens %(day)s, %(time)s Saskatchewan time") % values


def banner(away: Away, schedule: Schedule) -> str:
    """Return the text of the banner while the shop is away."""
    reopens = long_day(schedule.reopening_day(away.reopens_on))
    text = _("%(text)s We reopen on %(day)s.") % {"text": away.text, "day": reopens}
    if away.mailbox:
        answered = _("We answer email to %(mailbox)s meanwhile.") % {"mailbox": away.mailbox}
        text = f"{text} {answered}"
    return text
