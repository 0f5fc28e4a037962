"""Versions and translations as JSON."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page

from policies import markdown
from policies.history import History, NotFound, get_history
from policies.models import PolicyVersion


@conditional_page
def version(
    request: HttpRequest, slug: str, number: int, language: str | None = None
) -> HttpResponse:
    """Return a version or its translation.

    `sha256` is the SHA-256 in hex of `canonical` as UTF-8. `canonical` has the body as Markdown
    with promise comments (`<!-- promise: id -->`); `html` is what customers see.
    """
    history = get_history(slug)
    try:
        if history is None:
            raise NotFound(_("There is no such policy."))
        found = history.version(number)
        data = _translation(history, found, language) if language else _version(history, found)
    except NotFound as error:
        index = settings.SITE_URL + reverse("policies:index")
        return JsonResponse({"error": str(error), "policies": index}, status=404)
    response = JsonResponse(data, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "public, max-age=300"
    return response


def _version(history: History, version: PolicyVersion) -> dict[str, Any]:
    full = PolicyVersion.objects.select_related("policy").get(pk=version.pk)
    previous, following = history.previous(version), history.next(version)
    return {
        **_common(history, version),
        "title": history.policy.title,
        "language": "en",
        "change_type": version.change_type,
        "summary": version.summary,
        "short_notice_reason": version.short_notice_reason,
        "published_at": version.published_at,
        "sha256": version.sha256,
        "previous_sha256": version.previous_sha256,
        "canonical": full.canonical_text(),
        "html": markdown.render(full.body).html,
        "url": settings.SITE_URL + version.get_absolute_url(),
        "previous": _json_url(previous) if previous else None,
        "next": _json_url(following) if following else None,
        "translations": [
            _json_url(version, language)
            for language, numbers in sorted(history.languages.items())
            if version.number in numbers
        ],
    }


def _translation(history: History, version: PolicyVersion, language: str) -> dict[str, Any]:
    """Return a translation, with the URL and hash of the English version, which prevails."""
    translation = history.translation(version, language)
    args = [history.policy.slug, version.number, language]
    return {
        **_common(history, version),
        "title": translation.title,
        "language": language,
        "published_at": translation.published_at,
        "sha256": translation.sha256,
        "canonical": translation.canonical_text(),
        "html": markdown.render(translation.body).html,
        "url": settings.SITE_URL + reverse("policies:version-translation", args=args),
        "source": {"sha256": version.sha256, "url": _json_url(version)},
    }


def _common(history: History, version: PolicyVersion) -> dict[str, Any]:
    following = history.next(version)
    return {
        "policy": history.policy.slug,
        "number": version.number,
        "state": history.state(version).label,
        "effective_from": version.effective_from,
        "effective_until": following.effective_from if following else None,
    }


def _json_url(version: PolicyVersion, language: str | None = None) -> str:
    args: list[Any] = [version.policy.slug, version.number]
    if language:
        return settings.SITE_URL + reverse("policies:translation-json", args=[*args, language])
    return settings.SITE_URL + reverse("policies:version-json", args=args)
