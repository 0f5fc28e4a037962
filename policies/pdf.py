"""A policy version as a tagged PDF."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import conditional_page

from microflight.core.typst_pdf import CannotPrint
from policies import languages, markdown_pdf
from policies.history import History, NotFound, get_history
from policies.markdown_pdf import MarkdownDocument
from policies.models import PolicyVersion
from policies.states import Stage
from policies.views import not_found

CACHE_SECONDS = 24 * 3600
WATERMARKS = {
    Stage.SUPERSEDED: gettext_lazy("SUPERSEDED"),
    Stage.SCHEDULED: gettext_lazy("NOT YET IN FORCE"),
}


@dataclass(frozen=True, slots=True)
class Document:
    """The content of a PDF: one version in one language. `body` is Markdown."""

    title: str
    number: int
    status: list[str]
    body: str
    language: str
    url: str
    sha256: str
    published_at: datetime
    watermark: str


@conditional_page
def version(
    request: HttpRequest, slug: str, number: int, language: str | None = None
) -> HttpResponse:
    """Return a version or its translation as PDF."""
    history = get_history(slug)
    if history is None:
        return not_found(request, None, _("There is no such policy."))
    try:
        content = _cached(document(history, history.version(number), language))
    except (NotFound, CannotPrint) as error:
        return not_found(request, history, _message(error))
    name = f"{slug}-v{number}-{language}.pdf" if language else f"{slug}-v{number}.pdf"
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return response


def _cached(document: Document) -> bytes:
    key = "policies:pdf:" + hashlib.sha256(repr(document).encode()).hexdigest()
    return cache.get_or_set(key, lambda: render(document), CACHE_SECONDS) or render(document)


def document(history: History, version: PolicyVersion, language: str | None = None) -> Document:
    """Return the content of the PDF of a version or its translation. At most one query.

    Raises NotFound for a language without a published translation.
    """
    assert version.published_at is not None  # noqa: S101 (database constraint)
    title, status = history.policy.title, [_status(history, version)]
    url, sha256 = version.get_absolute_url(), version.sha256
    if language:
        translation = history.translation(version, language)
        body, title, sha256 = translation.body, translation.title, translation.sha256
        status.insert(0, languages.translation_note(language, version.number or 0).prevails)
        args = [history.policy.slug, version.number, language]
        url = reverse("policies:version-translation", args=args)
    else:
        body = history.body_of(version)
    return Document(
        title=title,
        number=version.number or 0,
        status=status,
        body=body,
        language=language or "en-CA",
        url=settings.SITE_URL + url,
        sha256=sha256,
        published_at=version.published_at,
        watermark=str(WATERMARKS.get(history.state(version), "")),
    )


def render(document: Document) -> bytes:
    """Return the PDF, the same bytes each time. Raises CannotPrint."""
    return markdown_pdf.render(
        MarkdownDocument(
            title=document.title,
            status=document.status,
            body=document.body,
            language=document.language,
            url=document.url,
            dated=document.published_at,
            footer=[document.url, f"SHA-256 {document.sha256}"],
            watermark=document.watermark,
        )
    )


def _message(error: Exception) -> str:
    if isinstance(error, NotFound):
        return str(error)
    text = _("There is no PDF of this version: %(problem)s. Print the page from your browser.")
    return text % {"problem": error}


def _status(history: History, version: PolicyVersion) -> str:
    state, following = history.state(version), history.next(version)
    values = {"number": version.number, "date": _date(version)}
    if state == Stage.SUPERSEDED and following:
        values |= {"end": _date(following), "next": following.number}
        return (
            _(
                "Version %(number)s. In force from %(date)s to %(end)s; "
                "superseded by version %(next)s."
            )
            % values
        )
    if state == Stage.SCHEDULED:
        return _("Version %(number)s. Not yet in force: effective %(date)s.") % values
    return _("Version %(number)s. In force since %(date)s.") % values


def _date(version: PolicyVersion) -> str:
    assert version.effective_from is not None  # noqa: S101 (database constraint)
    return date_format(localtime(version.effective_from), "F j, Y")
