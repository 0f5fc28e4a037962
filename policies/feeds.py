"""Atom feeds: each version as an entry, also those that are announced and not yet in force."""

from collections.abc import Iterable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.timezone import localtime
from django.views.decorators.http import conditional_page

from microflight.core.business import FACTS
from policies.models import Kind, PolicyVersion, PolicyVersionQuerySet

MOST = 50  # entries, the newest first


@conditional_page
def overall(request: HttpRequest) -> HttpResponse:
    """Return the feed of all policies."""
    page, feed = reverse("policies:index"), reverse("policies:feed")
    return _feed("policies", page, feed, _newest()[:MOST])


@conditional_page
def of_policy(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the feed of one policy; one without a published text has none."""
    versions = list(_newest().filter(policy__slug=slug)[:MOST])
    if not versions:
        raise Http404
    policy = versions[0].policy
    feed = reverse("policies:policy-feed", args=[slug])
    return _feed(policy.title, policy.get_absolute_url(), feed, versions)


def _newest() -> PolicyVersionQuerySet:
    published = PolicyVersion.objects.published().select_related("policy").defer("body", "source")
    return published.order_by("-published_at", "-pk")


def _feed(title: str, page: str, feed: str, versions: Iterable[PolicyVersion]) -> HttpResponse:
    made = Atom1Feed(
        title=f"{FACTS.shop}: {title}",
        link=settings.SITE_URL + page,
        feed_url=settings.SITE_URL + feed,
        description=None,
        language="en-CA",
        author_name=FACTS.company,
    )
    for version in versions:
        address = settings.SITE_URL + version.get_absolute_url()
        made.add_item(
            title=f"{version.policy.title}, version {version.number}",
            link=address,
            unique_id=address,  # it stays
            description=_said(version),
            pubdate=version.published_at,
            updateddate=version.published_at,
        )
    answer = HttpResponse(made.writeString("utf-8"), content_type=made.content_type)
    answer["Cache-Control"] = "public, max-age=300"
    return answer


def _said(version: PolicyVersion) -> str:
    """When it takes effect, what kind of change it is, and what changed."""
    assert version.effective_from is not None  # noqa: S101 (kept by the database)
    day = localtime(version.effective_from)
    words = "Material change." if version.kind == Kind.MATERIAL else "Only the words changed."
    kind = "First text." if version.number == 1 else words
    return f"In force from {day:%B} {day.day}, {day.year}. {kind} {version.summary}".strip()
