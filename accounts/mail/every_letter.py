"""Every letter that the shop can send, for staff to look at: made up, on a phone and on a desk,
in the light and in the dark."""

import re
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path

from accounts.mail import samples
from accounts.mail.letters import Letter
from accounts.mail.registry import KINDS
from microflight.core.security_headers import allow_own_frames

#: A letter may look like a letter, and do nothing else; pictures are the shop's own.
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'self'; sandbox"
)
LOOKS = ("light", "dark")
_DARK = re.compile(r"@media[^{]*prefers-color-scheme:\s*dark[^{]*\{")


def in_look(html: str, look: str) -> str:
    """Return a letter as a reader with a light or a dark screen sees it, whatever this one is."""
    html = _DARK.sub("@media all {" if look == "dark" else "@media not all {", html)
    return html.replace('content="light dark"', f'content="{look}"')


def framed(html: str) -> HttpResponse:
    """Answer with a letter's HTML for a closed frame in the admin."""
    response = HttpResponse(html)
    response["Content-Security-Policy"] = LETTER_POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


class EveryLetterMixin:
    """The pages that show made-up letters, beside the outbox."""

    admin_site: Any
    model: Any
    has_view_permission: Any

    def every_letter_urls(self) -> list[Any]:
        """Return the addresses of the three pages."""
        view = self.admin_site.admin_view
        return [
            path("letters/", view(self.letters_view), name="mail_message_letters"),
            path("letters/<slug:name>/", view(self.letter_view), name="mail_message_letter"),
            path(
                "letters/<slug:name>/<slug:look>/",
                view(self.letter_html_view),
                name="mail_message_letter_html",
            ),
        ]

    def letters_view(self, request: HttpRequest) -> HttpResponse:
        """List every kind with its subject and how it is treated."""
        rows = [
            {"name": name, "letter": self._sample(request, name), "kind": KINDS.get(name)}
            for name in samples.names()
        ]
        return self._page(request, "letters", {"title": "Every letter", "rows": rows})

    def letter_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Show one made-up letter: its subject, its layout in four frames, its plain text."""
        letter = self._sample(request, name)
        kind = KINDS.get(name)
        size = len(letter.html.encode()) / 1000
        more = {"name": name, "letter": letter, "kind": kind, "looks": LOOKS, "size": size}
        return allow_own_frames(self._page(request, "sample", {"title": letter.subject, **more}))

    def letter_html_view(self, request: HttpRequest, name: str, look: str) -> HttpResponse:
        """Return a made-up letter's HTML for a frame."""
        if look not in LOOKS:
            raise Http404
        return framed(in_look(self._sample(request, name).html, look))

    def _sample(self, request: HttpRequest, name: str) -> Letter:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if name not in samples.names():
            raise Http404
        return samples.sample(name)

    def _page(self, request: HttpRequest, template: str, more: dict[str, Any]) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.model._meta, **more}
        page = TemplateResponse(request, f"admin/mail/message/{template}.html", context)
        return page.render()
