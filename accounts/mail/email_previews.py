"""Previews of every email with sample content, for staff: at phone and desktop width, in light and
dark mode."""

import re
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.generic import RedirectView

from accounts.mail import samples
from accounts.mail.models import type_name
from accounts.mail.registry import EMAIL_TYPES
from accounts.mail.rendering import RenderedEmail
from microflight.core.admin_base import admin_page
from microflight.core.security_headers import allow_own_frames

#: Allows inline styles and the shop's own images, and nothing else.
EMAIL_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'self'; sandbox"
)
_OLD_URLS = {
    "letters/": "mail_message_previews",
    "letters/<slug:name>/": "mail_message_preview",
}
COLOR_SCHEMES = ("light", "dark")
_DARK = re.compile(r"@media[^{]*prefers-color-scheme:\s*dark[^{]*\{")


def in_color_scheme(html: str, scheme: str) -> str:
    """Return an email as shown in light or dark mode, whatever the viewer's own setting is."""
    html = _DARK.sub("@media all {" if scheme == "dark" else "@media not all {", html)
    return html.replace('content="light dark"', f'content="{scheme}"')


def sandboxed(html: str) -> HttpResponse:
    """Return a response with an email's HTML for a sandboxed frame in the admin."""
    response = HttpResponse(html)
    response["Content-Security-Policy"] = EMAIL_CSP
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


class EmailPreviewsMixin:
    """Admin pages that preview the email types."""

    admin_site: Any
    model: Any
    has_view_permission: Any

    def preview_urls(self) -> list[Any]:
        """Return the URLs of the three pages."""
        view = self.admin_site.admin_view
        return [
            *(
                path(old, RedirectView.as_view(pattern_name=f"admin:{name}", permanent=True))
                for old, name in _OLD_URLS.items()
            ),
            path("previews/", view(self.previews_view), name="mail_message_previews"),
            path("previews/<slug:name>/", view(self.preview_view), name="mail_message_preview"),
            path(
                "previews/<slug:name>/<slug:scheme>/",
                view(self.preview_html_view),
                name="mail_message_preview_html",
            ),
        ]

    def previews_view(self, request: HttpRequest) -> HttpResponse:
        """List every email type with its subject, priority and storage."""
        rows = [
            {
                "name": name,
                "title": type_name(name),
                "email": self._sample(request, name),
                "type": EMAIL_TYPES.get(name),
            }
            for name in samples.names()
        ]
        return self._page(request, "previews", {"title": _("Email previews"), "rows": rows})

    def preview_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Preview one email: its subject, its layout in four frames, its plain text."""
        email = self._sample(request, name)
        context = {
            "title": email.subject,
            "name": name,
            "type_name": type_name(name),
            "email": email,
            "type": EMAIL_TYPES.get(name),
            "schemes": COLOR_SCHEMES,
            "size": len(email.html.encode()) / 1000,
        }
        return allow_own_frames(self._page(request, "preview", context))

    def preview_html_view(self, request: HttpRequest, name: str, scheme: str) -> HttpResponse:
        """Return a sample's HTML for a frame."""
        if scheme not in COLOR_SCHEMES:
            raise Http404
        return sandboxed(in_color_scheme(self._sample(request, name).html, scheme))

    def _sample(self, request: HttpRequest, name: str) -> RenderedEmail:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if name not in samples.names():
            raise Http404
        return samples.sample(name)

    def _page(self, request: HttpRequest, template: str, more: dict[str, Any]) -> HttpResponse:
        name = f"admin/mail/message/{template}.html"
        return admin_page(self, request, name, more).render()
