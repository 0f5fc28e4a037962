"""Counts clicks on external offers, and checks their links."""

from collections.abc import Callable
from functools import partial

from django.db.models import F
from django.utils import timezone

from catalog.external_offers.models import MOST_FAILURES, ExternalOffer, ExternalOfferClicks
from microflight.core import page_cache
from microflight.core.outside_links import link_problem

#: Links checked by one run of the job: few, so that no seller gets many requests at a time.
BATCH = 5
_problem = partial(link_problem, redirects=3)


def count_click(offer: ExternalOffer) -> None:
    """Count a click today. Nothing about the visitor is stored."""
    row, _created = ExternalOfferClicks.objects.get_or_create(offer=offer, day=timezone.localdate())
    ExternalOfferClicks.objects.filter(pk=row.pk).update(count=F("count") + 1)


def check_due_links(problem_of: Callable[[str], str] = _problem) -> int:
    """Check the links that were not checked for a day, a few at a time; return how many failed."""
    now, failed = timezone.now(), 0
    for offer in ExternalOffer.objects.due(now)[:BATCH]:
        same = ExternalOffer.objects.filter(pk=offer.pk, checked_at=offer.checked_at)
        if same.update(checked_at=now):  # no other worker has claimed it
            problem = problem_of(offer.url)
            record_check(offer, problem)
            failed += bool(problem)
    return failed


def record_check(offer: ExternalOffer, problem: str) -> None:
    """Store the result of a check: an empty `problem` is a link that works. Pages change when a
    link becomes dead, or works again. A link that staff changed meanwhile is checked again."""
    same = ExternalOffer.objects.filter(pk=offer.pk, url=offer.url)
    if problem:
        changed = same.update(problem=problem[:100], failures=F("failures") + 1)
        turned = changed and offer.failures == MOST_FAILURES - 1
    else:
        turned = same.update(problem="", failures=0) and offer.is_dead
    if turned:
        page_cache.invalidate()
