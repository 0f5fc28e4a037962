"""The policies as everybody may read them. A text's page costs two queries, and none cached."""

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from microflight.core.business import FACTS
from microflight.core.page_cache import shared_page
from policies import history as histories
from policies import languages, markdown, promises, redline, services, structured
from policies.history import History, NotThere
from policies.models import PolicyTranslation, PolicyVersion


def reader(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give a view the history of the policy in its address, and share what it answers.

    Where there is no such policy or text the answer is 404, with the way back.
    """

    @shared_page()
    @wraps(view)
    def read(request: HttpRequest, slug: str, **named: Any) -> HttpResponse:
        history = histories.of(slug)
        if history is None:
            return not_there(request, None, "There is no such policy.")
        try:
            return view(request, history, **named)
        except NotThere as why:
            return not_there(request, history, str(why))

    return read


@shared_page()
def index(request: HttpRequest) -> HttpResponse:
    """List the policies with the date of each one's last update, and the texts to come."""
    published = PolicyVersion.objects.published().select_related("policy").defer("body", "source")
    coming = published.filter(effective_from__gt=timezone.now()).order_by("effective_from", "pk")
    context = {"versions": services.versions_in_force(), "coming": coming}
    return render(request, "policies/index.html", context)


@reader
def page(request: HttpRequest, history: History) -> HttpResponse:
    """Show the text in force."""
    version = history.in_force()
    if version is None:
        raise NotThere("No text of this policy is in force yet.")
    return _text(request, history, version)


@reader
def version(request: HttpRequest, history: History, number: int) -> HttpResponse:
    """Show one version, at the address at which it stays."""
    return _text(request, history, history.version(number), is_permalink=True)


@reader
def translation(
    request: HttpRequest, history: History, language: str, number: int | None = None
) -> HttpResponse:
    """Show a text in another language: the newest one, or that of one version."""
    found = history.version(number) if number else history.translated(language)
    if found is None or found.number not in history.languages.get(language, ()):
        raise NotThere(f"There is no text in {languages.name_of(language)} here.")
    written = found.translations.get(language=language)
    more = {"is_permalink": True} if number else {}
    return _text(request, history, found, translation=written, **more)


@reader
def on_day(request: HttpRequest, history: History, day: date) -> HttpResponse:
    """Show the text that was in force on a day, or is going to be by what is published."""
    found = history.in_force_on(day)
    return _text(request, history, found, is_permalink=True, day=day)


@reader
def choose_day(request: HttpRequest, history: History) -> HttpResponse:
    """Lead from the form that asks for a day to the page of that day."""
    try:
        day = date.fromisoformat(request.GET.get("date", ""))
    except ValueError:
        raise NotThere("This is not a day. Days are written like 2026-05-01.") from None
    return redirect("policies:on-day", history.policy.slug, day)


@reader
def history(request: HttpRequest, history: History) -> HttpResponse:
    """List the versions of a policy, the newest first, each with the days that it held."""
    entries = [
        {"version": each, "state": history.state(each), "before": history.before(each),
         "until": history.after(each)}
        for each in reversed(history.versions)
    ]  # fmt: skip
    before_newest, newest = (None, *history.versions)[-2:]
    context = {
        "history": history,
        "entries": entries,
        "before_newest": before_newest,
        "newest": newest,
        "today": timezone.localdate(),
        "since": FACTS.since,
    }
    return render(request, "policies/history.html", context)


@reader
def changes(request: HttpRequest, history: History, old: int, new: int) -> HttpResponse:
    """Show what changed between two versions, whichever is the older one."""
    if old > new:
        return redirect("policies:changes", history.policy.slug, new, old)
    before, after = history.version(old), history.version(new)
    bodies = dict(
        PolicyVersion.objects.filter(pk__in=[before.pk, after.pk]).values_list("pk", "body")
    )
    context = {
        "history": history,
        "before": before,
        "after": after,
        "redline": redline.compare(bodies[before.pk], bodies[after.pk]),
    }
    return render(request, "policies/changes.html", context)


@reader
def choose_changes(request: HttpRequest, history: History) -> HttpResponse:
    """Lead from the form that asks for two versions to what changed between them."""
    try:
        numbers = sorted(int(request.GET.get(name, "")) for name in ("from", "to"))
        old, new = (history.version(number).number for number in numbers)
    except ValueError:
        raise NotThere("Two versions are compared by their numbers, such as 1 and 2.") from None
    return redirect("policies:changes", history.policy.slug, old, new)


@reader
def lost(request: HttpRequest, history: History, rest: str) -> HttpResponse:
    """Answer an address that nobody gave out."""
    raise NotThere("There is no page at this address.")


def _text(
    request: HttpRequest,
    history: History,
    version: PolicyVersion,
    *,
    translation: PolicyTranslation | None = None,
    **more: Any,
) -> HttpResponse:
    """The page of one version, in two queries: the second one reads the words of a text that is
    not in force, or what search engines are told of the one that is. `more` is for permalinks."""
    body = translation.body if translation else history.body_of(version)
    current = history.in_force()
    title = translation.title if translation else history.policy.title
    context = {
        "history": history,
        "version": version,
        "state": history.state(version),
        "current": current,
        "before": history.before(version),
        "after": history.after(version),
        "text": markdown.render(body),
        # the tests are those of today's software: they say nothing of an older text
        "tests": promises.number_of_tests(body) if version == current else 0,
        "title": title,
        "translation": translation,
        "structured": "" if translation or more else structured.of_shop(history.policy.slug),
        "languages": _languages(history, version if more else None),
        **more,
    }
    if translation:
        # at the address of a version it says what that version said
        context["is_stale"] = version != current and not more
        context["notes"] = languages.notes(translation.language, version.number or 0)
    return render(request, "policies/page.html", context)


def _languages(history: History, version: PolicyVersion | None) -> list[dict[str, Any]]:
    """The other languages of one version, or of the policy, with their addresses."""
    slug, found = history.policy.slug, []
    for code, numbers in sorted(history.languages.items()):
        if version and version.number in numbers:
            address = reverse("policies:version-translation", args=[slug, version.number, code])
        elif not version and history.translated(code):
            address = reverse("policies:translation", args=[slug, code])
        else:
            continue
        found.append({"code": code, "name": languages.name_of(code), "address": address})
    return found


def not_there(request: HttpRequest, history: History | None, why: str) -> HttpResponse:
    """Answer 404 with the reason and the ways back."""
    context = {"history": history, "why": why}
    return render(request, "policies/not_there.html", context, status=404)
