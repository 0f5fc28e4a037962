"""A version for programs: everything that its seal covers, and the page that people read."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import conditional_page

from policies import history as histories
from policies import markdown
from policies.history import History, NotThere
from policies.models import PolicyVersion


@conditional_page
def version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Return one version as JSON.

    `sha256` is the SHA-256 in hex of `canonical` as UTF-8. In it the text is Markdown and holds
    the marks of our promises (`<!-- promise: id -->`); `html` is the text as people see it.
    """
    history = histories.of(slug)
    try:
        if history is None:
            raise NotThere("There is no such policy.")
        found = history.version(number)
    except NotThere as why:
        back = settings.SITE_URL + reverse("policies:index")
        return JsonResponse({"error": str(why), "policies": back}, status=404)
    answer = JsonResponse(_told(history, found), json_dumps_params={"ensure_ascii": False})
    answer["Cache-Control"] = "public, max-age=300"
    return answer


def _told(history: History, version: PolicyVersion) -> dict[str, Any]:
    full = PolicyVersion.objects.select_related("policy").get(pk=version.pk)
    before, after = history.before(version), history.after(version)
    return {
        "policy": history.policy.slug,
        "title": history.policy.title,
        "number": version.number,
        "language": "en",
        "state": history.state(version).label,
        "kind": version.kind,
        "summary": version.summary,
        "short_notice": version.short_notice,
        "published_at": version.published_at,
        "effective_from": version.effective_from,
        "effective_until": after.effective_from if after else None,
        "sha256": version.sha256,
        "previous_sha256": version.previous_sha256,
        "canonical": full.canonical_text(),
        "html": markdown.render(full.body).html,
        "address": settings.SITE_URL + version.get_absolute_url(),
        "before": _address(before),
        "after": _address(after),
        "translations": [
            settings.SITE_URL
            + reverse(
                "policies:version-translation", args=[history.policy.slug, version.number, language]
            )
            for language, numbers in sorted(history.languages.items())
            for number in numbers
            if number == version.number
        ],
    }


def _address(version: PolicyVersion | None) -> str | None:
    if version is None:
        return None
    path = reverse("policies:version-json", args=[version.policy.slug, version.number])
    return settings.SITE_URL + path
