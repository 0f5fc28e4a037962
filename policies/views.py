"""Public pages of the policies. A version's page costs two queries, and none from the cache."""

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from microflight.core.business import FACTS
from microflight.core.page_cache import shared_page
from policies import languages, markdown, promises, redline, services, structured_data
from policies.history import History, NotFound, TranslationNotFound, get_history
from policies.models import PolicyTranslation, PolicyVersion


def policy_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Pass the policy's history to a view, and cache its page for all visitors.

    If there is no such policy or version, the response is a 404 page with links.
    """

    @shared_page()
    @wraps(view)
    def wrapper(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
        history = get_history(slug)
        if history is None:
            return not_found(request, None, _("There is no such policy."))
        try:
            return view(request, history, **kwargs)
        except NotFound as error:
            return not_found(request, history, str(error))

    return wrapper


@shared_page()
def index(request: HttpRequest) -> HttpResponse:
    """List the policies with the date of their last update, and the upcoming versions."""
    published = PolicyVersion.objects.published().select_related("policy").defer("body", "source")
    upcoming = published.filter(effective_from__gt=timezone.now()).order_by("effective_from", "pk")
    context = {"versions": services.versions_in_force(), "upcoming": upcoming}
    return render(request, "policies/index.html", context)


@policy_page
def page(request: HttpRequest, history: History) -> HttpResponse:
    """Show the version in force."""
    version = history.in_force()
    if version is None:
        raise NotFound(_("No version of this policy is in force yet."))
    return _render_version(request, history, version)


@policy_page
def version(request: HttpRequest, history: History, number: int) -> HttpResponse:
    """Show a version at its permanent URL."""
    return _render_version(request, history, history.version(number), is_permalink=True)


@policy_page
def translation(
    request: HttpRequest, history: History, language: str, number: int | None = None
) -> HttpResponse:
    """Show the translation of a version, by default of the newest translated one."""
    found = history.version(number) if number else history.newest_translated(language)
    if found is None:
        raise TranslationNotFound(language)
    translation = history.translation(found, language)
    extra = {"is_permalink": True} if number else {}
    return _render_version(request, history, found, translation=translation, **extra)


@policy_page
def on_date(request: HttpRequest, history: History, day: date) -> HttpResponse:
    """Show the version that was or will be in force on a date."""
    found = history.in_force_on(day)
    return _render_version(request, history, found, is_permalink=True, day=day)


@policy_page
def choose_date(request: HttpRequest, history: History) -> HttpResponse:
    """Redirect from the date form to the page of that date."""
    try:
        day = date.fromisoformat(request.GET.get("date", ""))
    except ValueError:
        raise NotFound(_("Enter a date such as 2026-05-01.")) from None
    return redirect("policies:on-date", history.policy.slug, day)


@policy_page
def history(request: HttpRequest, history: History) -> HttpResponse:
    """List the versions of a policy, newest first, with the dates when each was in force."""
    entries = [
        {
            "version": version,
            "state": history.state(version),
            "previous": history.previous(version),
            "next": history.next(version),
        }
        for version in reversed(history.versions)
    ]
    context = {
        "history": history,
        "entries": entries,
        "newest": history.versions[-1],
        "second_newest": history.previous(history.versions[-1]),
        "today": timezone.localdate(),
        "since": FACTS.since,
    }
    return render(request, "policies/history.html", context)


@policy_page
def changes(request: HttpRequest, history: History, old: int, new: int) -> HttpResponse:
    """Show the differences between two versions, the older one first."""
    if old > new:
        return redirect("policies:changes", history.policy.slug, new, old)
    old_version, new_version = history.version(old), history.version(new)
    bodies = dict(
        PolicyVersion.objects.filter(pk__in=[old_version.pk, new_version.pk]).values_list(
            "pk", "body"
        )
    )
    context = {
        "history": history,
        "old": old_version,
        "new": new_version,
        "redline": redline.compare(bodies[old_version.pk], bodies[new_version.pk]),
    }
    return render(request, "policies/changes.html", context)


@policy_page
def choose_versions(request: HttpRequest, history: History) -> HttpResponse:
    """Redirect from the form with two versions to their differences."""
    try:
        numbers = sorted(int(request.GET.get(name, "")) for name in ("from", "to"))
        old, new = (history.version(number).number for number in numbers)
    except ValueError:
        raise NotFound(_("Choose two version numbers to compare, such as 1 and 2.")) from None
    return redirect("policies:changes", history.policy.slug, old, new)


@policy_page
def unknown_page(request: HttpRequest, history: History, rest: str) -> HttpResponse:
    """Respond with 404 and links to the policy."""
    raise NotFound(_("Page not found."))


def _render_version(
    request: HttpRequest,
    history: History,
    version: PolicyVersion,
    *,
    translation: PolicyTranslation | None = None,
    **extra: Any,
) -> HttpResponse:
    """Render a version's page. The second query loads the body if the version is not in force,
    otherwise the structured data. `extra` is empty at the URL of the version in force."""
    body = translation.body if translation else history.body_of(version)
    is_current = version == history.in_force()
    context = {
        "history": history,
        "version": version,
        "state": history.state(version),
        "current": history.in_force(),
        "previous": history.previous(version),
        "next": history.next(version),
        "body": markdown.render(body),
        # today's tests say nothing about an older version
        "test_count": promises.count_tests(body) if is_current else 0,
        "title": history.policy.title,
        "json_ld": "" if translation or extra else structured_data.json_ld(history.policy.slug),
        "languages": _languages(history, version if extra else None),
    }
    if translation:
        context |= _translation_context(translation, version)
        context["is_outdated"] = not is_current and not extra
    return render(request, "policies/version.html", {**context, **extra})


def _translation_context(translation: PolicyTranslation, version: PolicyVersion) -> dict[str, Any]:
    note = languages.translation_note(translation.language, version.number or 0)
    return {"translation": translation, "title": translation.title, "note": note}


def _languages(history: History, version: PolicyVersion | None) -> list[dict[str, Any]]:
    """Return the other languages of one version, or of the policy, with their URLs."""
    slug, found = history.policy.slug, []
    for code, numbers in sorted(history.languages.items()):
        if version and version.number in numbers:
            url = reverse("policies:version-translation", args=[slug, version.number, code])
        elif not version and history.newest_translated(code):
            url = reverse("policies:translation", args=[slug, code])
        else:
            continue
        found.append({"code": code, "name": languages.name_of(code), "url": url})
    return found


def not_found(request: HttpRequest, history: History | None, message: str) -> HttpResponse:
    """Respond with 404, the reason, and links."""
    context = {"history": history, "message": message}
    return render(request, "policies/not_found.html", context, status=404)
