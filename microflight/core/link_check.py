"""Checks whether the links that staff write work.

Links into this shop are looked up: the URL must belong to a page, and where a package registered
how to tell, the row behind it must be public. Nothing is requested. Links to other sites are
requested, see `outside_links`.
"""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

from django import forms
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.validators import URLValidator
from django.urls import Resolver404, resolve
from django.utils.translation import gettext

from microflight.core.outside_links import link_problem

#: By the name of a view: tells by its arguments whether its page is public.
_PAGES: dict[str, Callable[[dict[str, Any]], bool]] = {}
_MAX_REQUESTS = 20  # in one check: staff wait for it


def register(view_name: str, is_public: Callable[[dict[str, Any]], bool]) -> None:
    """Let a package say whether one of its pages is public."""
    _PAGES[view_name] = is_public


def is_own(url: str) -> bool:
    """Return whether a URL is one of this shop."""
    return url == settings.SITE_URL or url.startswith(settings.SITE_URL + "/")


def broken(urls: Iterable[str]) -> list[str]:
    """Return the URLs of this shop that have no page."""
    return [url for url in urls if is_own(url) and not has_page(url)]


def has_page(url: str) -> bool:
    """Return whether a path, or a URL of this shop, is of a page that visitors may see."""
    path = unquote(urlsplit(url).path) or "/"
    if path.startswith(settings.STATIC_URL):
        return True
    if path.startswith(settings.MEDIA_URL):
        try:
            return default_storage.exists(path.removeprefix(settings.MEDIA_URL))
        except (OSError, ValueError):  # SuspiciousFileOperation among them
            return False
    if path.startswith("/admin/"):
        return False  # visitors have no access
    try:
        found = resolve(path)
    except Resolver404:
        return False
    is_public = _PAGES.get(found.view_name)
    return is_public is None or is_public(found.kwargs)


class LinkForm(forms.ModelForm):
    """A form with a `link` to a page that visitors may see."""

    def clean_link(self) -> str:
        """Reject what is neither a page of the shop nor an https URL."""
        link = str(self.cleaned_data["link"])
        if link.startswith("https://"):
            URLValidator(["https"])(link)
            return link
        is_path = link.startswith("/") and not link.startswith("//")
        if link and not (is_path and has_page(link)):
            text = gettext("Enter a page of the shop, such as /policies/shipping/, or a URL.")
            raise forms.ValidationError(text)
        return link


def unreachable(urls: Iterable[str], *, only_public: bool = True) -> list[str]:
    """Return the URLs of other sites that did not answer well, with the answer."""
    others = [url for url in urls if not is_own(url)][:_MAX_REQUESTS]
    answers = [(url, link_problem(url, only_public=only_public)) for url in others]
    return [f"{url} ({problem})" for url, problem in answers if problem]
