"""A version or its translation for programs: what its seal covers, and the page of people."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import conditional_page

from policies import history as histories
from policies import languages, markdown
from policies.history import History, NotThere
from policies.models import PolicyVersion


@conditional_page
def version(
    request: HttpRequest, slug: str, number: int, language: str | None = None
) -> HttpResponse:
    """Return one version, or its translation, as JSON.

    `sha256` is the SHA-256 in hex of `canonical` as UTF-8. In it the text is Markdown and holds
    the marks of our promises (`<!-- promise: id -->`); `html` is the text as people see it.
    """
    history = histories.of(slug)
    try:
        if history is None:
            raise NotThere("There is no such policy.")
        found = history.version(number)
        told = _translation(history, found, language) if language else _version(history, found)
    except NotThere as why:
        back = settings.SITE_URL + reverse("policies:index")
        return JsonResponse({"error": str(why), "policies": back}, status=404)
    answer = JsonResponse(told, json_dumps_params={"ensure_ascii": False})
    answer["Cache-Control"] = "public, max-age=300"
    return answer


def _version(history: History, version: PolicyVersion) -> dict[str, Any]:
    full = PolicyVersion.objects.select_related("policy").get(pk=version.pk)
    before, after = history.before(version), history.after(version)
    return {
        **_dates(history, version),
        "title": history.policy.title,
        "language": "en",
        "kind": version.kind,
        "summary": version.summary,
        "short_notice": version.short_notice,
        "published_at": version.published_at,
        "sha256": version.sha256,
        "previous_sha256": version.previous_sha256,
        "canonical": full.canonical_text(),
        "html": markdown.render(full.body).html,
        "address": settings.SITE_URL + version.get_absolute_url(),
        "before": _json(before) if before else None,
        "after": _json(after) if after else None,
        "translations": [
            _json(version, language)
            for language, numbers in sorted(history.languages.items())
            if version.number in numbers
        ],
    }


def _translation(history: History, version: PolicyVersion, language: str) -> dict[str, Any]:
    """The English version is the one that counts; `source` tells its seal and its address."""
    if version.number not in history.languages.get(language, ()):
        raise NotThere(f"There is no text in {languages.name_of(language)} here.")
    written = version.translations.select_related("version__policy").get(language=language)
    named = [history.policy.slug, version.number, language]
    return {
        **_dates(history, version),
        "title": written.title,
        "language": language,
        "published_at": written.published_at,
        "sha256": written.sha256,
        "canonical": written.canonical_text(),
        "html": markdown.render(written.body).html,
        "address": settings.SITE_URL + reverse("policies:version-translation", args=named),
        "source": {"sha256": version.sha256, "address": _json(version)},
    }


def _dates(history: History, version: PolicyVersion) -> dict[str, Any]:
    after = history.after(version)
    return {
        "policy": history.policy.slug,
        "number": version.number,
        "state": history.state(version).label,
        "effective_from": version.effective_from,
        "effective_until": after.effective_from if after else None,
    }


def _json(version: PolicyVersion, language: str | None = None) -> str:
    """The address of a version for programs."""
    named: list[Any] = [version.policy.slug, version.number]
    if language:
        path = reverse("policies:translation-json", args=[*named, language])
    else:
        path = reverse("policies:version-json", args=named)
    return settings.SITE_URL + path
