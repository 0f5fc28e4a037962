"""The demo mailbox: pages with the emails that the demo "sent" to a folder."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from functools import wraps
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

_BETWEEN = b"-" * 79 + b"\n"  # what Django's file backend writes after each email
_NEWEST = 100  # emails on the page
#: An email may have styles and open links in a new tab, and nothing else.
_EMAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


@dataclass(frozen=True, slots=True)
class ReceivedEmail:
    """One email in the folder. `key` identifies it in URLs."""

    key: str
    mail: EmailMessage

    def part(self, subtype: str) -> str:
        """Return the "plain" or "html" body, or "" if there is none."""
        body = self.mail.get_body((subtype,))
        return body.get_content() if body else ""

    @property
    def reply_to(self) -> str:
        """Return the address for replies."""
        return str(self.mail["Reply-To"] or self.mail["From"])

    @property
    def sent(self) -> Any:
        """Return when it was sent, in local time, or None."""
        date = self.mail["Date"]
        if not date:
            return None
        moment = parsedate_to_datetime(date)
        # Django writes "-0000", which Python reads as a time without a zone.
        return timezone.localtime(moment.replace(tzinfo=moment.tzinfo or UTC))


def _in_file(path: Path) -> Iterator[ReceivedEmail]:
    """Return the emails of one file, newest first."""
    parts = [part for part in path.read_bytes().split(_BETWEEN) if part.strip()]
    for place, raw in reversed(list(enumerate(parts))):
        mail = cast(EmailMessage, message_from_bytes(raw, policy=policy.default))
        yield ReceivedEmail(f"{path.stem}.{place}", mail)


def emails() -> list[ReceivedEmail]:
    """Return the newest emails of the folder, newest first."""
    files = sorted(
        Path(settings.DEMO_EMAIL_FOLDER).glob("*.log"),
        key=lambda path: (path.stat().st_mtime_ns, path.name),
        reverse=True,
    )
    found: list[ReceivedEmail] = []
    for path in files:
        found.extend(_in_file(path))
        if len(found) >= _NEWEST:
            break
    return found[:_NEWEST]


def _email(key: str) -> ReceivedEmail:
    """Return the email with this key. Raises Http404."""
    file_name, _, _ = key.partition(".")
    path = Path(settings.DEMO_EMAIL_FOLDER) / f"{file_name}.log"
    if re.fullmatch(r"[\w-]+\.\d+", key) and path.is_file():
        for found in _in_file(path):
            if found.key == key:
                return found
    raise Http404


def _demo_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return never_cache(require_safe(guarded))


@_demo_only
def index(request: HttpRequest) -> HttpResponse:
    """List what was sent."""
    return render(request, "mailbox/index.html", {"emails": emails()})


@_demo_only
def email(request: HttpRequest, key: str) -> HttpResponse:
    """Show one email as an email client would, and its plain text."""
    found = _email(key)
    context = {"email": found, "mail": found.mail, "text": found.part("plain")}
    response = render(request, "mailbox/email.html", {**context, "has_html": found.part("html")})
    response["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-src 'self'; "
        "frame-ancestors 'none'"
    )
    return response


@xframe_options_sameorigin
@_demo_only
def body(request: HttpRequest, key: str) -> HttpResponse:
    """Return the email's HTML for the frame; its links open in a new tab."""
    html = _email(key).part("html")
    page = html.replace("<head>", '<head><base target="_blank">', 1)
    return HttpResponse(page, headers={"Content-Security-Policy": _EMAIL_POLICY})
