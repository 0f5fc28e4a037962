"""The staff handbook inside the admin: `docs/staff/*.md` and its images.

Pages link to each other (`refund.md`) and to images (`images/ship-grid.webp`) by relative paths,
which work in the repository and here: the URLs have the same form.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from policies import markdown

FOLDER = Path(settings.BASE_DIR) / "docs" / "staff"

#: The page that the help button opens, by model (app_label.model) or app label of the open page.
PAGES = {
    "order": "ship",
    "returns": "return",
    "payment": "refund",
    "offline": "phone-order",
    "partner": "receive-stock",
    "catalogue": "new-product",
    "offer": "promotion",
    "promotions": "promotion",
    "voucher": "promotion",
    "newsletter": "campaign",
    "policies": "policy",
    "opening": "away-period",
    "away": "away-period",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the handbook; the title is its first line."""

    slug: str
    title: str
    html: SafeString


def load(slug: str) -> Page | None:
    """Return a page; None if there is none. A slug has letters, digits, hyphens, underscores."""
    file = FOLDER / f"{slug}.md"
    if not file.is_file():
        return None
    title, _end, text = file.read_text(encoding="utf-8").removeprefix("# ").partition("\n")
    return Page(slug, title.strip(), markdown.render(text, with_images=True).html)


def titles() -> list[tuple[str, str]]:
    """Return URL and title of every page, by title."""
    pages = (load(file.stem) for file in FOLDER.glob("*.md"))
    return sorted(((page_url(page.slug), page.title) for page in pages if page), key=lambda p: p[1])


def headings() -> list[tuple[str, str]]:
    """Return the headings of all pages with the URLs of their pages, for the search box."""
    return [
        (line.lstrip("# "), page_url(file.stem))
        for file in sorted(FOLDER.glob("*.md"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.startswith(("# ", "## "))
    ]


def page_url(slug: str) -> str:
    """Return the URL of a page."""
    return reverse("admin:help_page", args=[slug])


def url_for(model: str) -> str:
    """Return the URL of the page about a model (app_label.model), or that of the contents."""
    slug = PAGES.get(model) or PAGES.get(model.partition(".")[0], "")
    exists = slug and (FOLDER / f"{slug}.md").is_file()
    return page_url(slug) if exists else reverse("admin:help")


def contents_view(request: HttpRequest) -> HttpResponse:
    """List all pages."""
    return _answer(request, {"title": _("Help")})


def page_view(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a page."""
    page = load(slug)
    if page is None:
        raise Http404
    return _answer(request, {"title": page.title, "page": page})


def image_view(request: HttpRequest, name: str) -> FileResponse:
    """Serve an image of a page; a slug names no other folder."""
    file = FOLDER / "images" / f"{name}.webp"
    if not file.is_file():
        raise Http404
    return FileResponse(file.open("rb"), content_type="image/webp")


def _answer(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    base = admin.site.each_context(request)
    return TemplateResponse(request, "admin/help.html", {**base, "pages": titles(), **context})


def urls(site: admin.AdminSite) -> list[Any]:
    """Return the URL patterns for an admin site."""
    return [
        path("help/", site.admin_view(contents_view), name="help"),
        path("help/<slug:slug>.md", site.admin_view(page_view), name="help_page"),
        path("help/images/<slug:name>.webp", site.admin_view(image_view), name="help_image"),
    ]
