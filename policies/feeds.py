"""Atom feeds of published versions, including those not yet in force."""

from collections.abc import Iterable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page

from microflight.core.business import FACTS
from policies.models import ChangeType, PolicyVersion, PolicyVersionQuerySet

MAX_ENTRIES = 50


@conditional_page
def all_policies(request: HttpRequest) -> HttpResponse:
    """Return the feed of all policies."""
    page, feed = reverse("policies:index"), reverse("policies:feed")
    return _feed(_("Policies"), page, feed, _newest()[:MAX_ENTRIES])


@conditional_page
def one_policy(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the feed of one policy, or 404 if it has no published version."""
    versions = list(_newest().filter(policy__slug=slug)[:MAX_ENTRIES])
    if not versions:
        raise Http404
    policy = versions[0].policy
    feed = reverse("policies:policy-feed", args=[slug])
    return _feed(policy.title, policy.get_absolute_url(), feed, versions)


def _newest() -> PolicyVersionQuerySet:
    published = PolicyVersion.objects.published().select_related("policy").defer("body", "source")
    return published.order_by("-published_at", "-pk")


def _feed(title: str, page: str, feed_url: str, versions: Iterable[PolicyVersion]) -> HttpResponse:
    feed = Atom1Feed(
        title=f"{FACTS.shop}: {title}",
        link=settings.SITE_URL + page,
        feed_url=settings.SITE_URL + feed_url,
        description=None,
        language="en-CA",
        author_name=FACTS.company,
    )
    for version in versions:
        url = settings.SITE_URL + version.get_absolute_url()
        feed.add_item(
            title=_("%(policy)s, version %(number)s")
            % {"policy": version.policy.title, "number": version.number},
            link=url,
            unique_id=url,
            description=_description(version),
            pubdate=version.published_at,
            updateddate=version.published_at,
        )
    response = HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type)
    response["Cache-Control"] = "public, max-age=300"
    return response


def _description(version: PolicyVersion) -> str:
    assert version.effective_from is not None  # noqa: S101 (database constraint)
    day = date_format(localtime(version.effective_from), "F j, Y")
    parts = [
        _("Effective %(date)s.") % {"date": day},
        _("First version.")
        if version.number == 1
        else _("Material change.")
        if version.change_type == ChangeType.MATERIAL
        else _("Editorial change."),
        version.summary,
    ]
    return " ".join(filter(None, parts))
