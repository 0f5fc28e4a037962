"""The demo's letter box: a page on the letters that the shop "sent" to a folder. Demo only."""

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

_BETWEEN = b"-" * 79 + b"\n"  # what Django's file backend writes after each letter
_NEWEST = 100  # letters on the page
#: A letter may look like a letter and open links in a new tab, and do nothing else.
_LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


@dataclass(frozen=True, slots=True)
class Received:
    """One letter in the folder. `key` names it in addresses."""

    key: str
    mail: EmailMessage

    def part(self, kind: str) -> str:
        """Return the body of a kind, "plain" or "html", or "" where there is none."""
        body = self.mail.get_body((kind,))
        return body.get_content() if body else ""

    @property
    def reply_to(self) -> str:
        """Return where answers go."""
        return str(self.mail["Reply-To"] or self.mail["From"])

    @property
    def sent(self) -> Any:
        """Return when it was sent, in the shop's time, or None."""
        date = self.mail["Date"]
        if not date:
            return None
        moment = parsedate_to_datetime(date)
        # Django writes "-0000", which Python reads as a moment without a zone.
        return timezone.localtime(moment.replace(tzinfo=moment.tzinfo or UTC))


def _in_file(path: Path) -> Iterator[Received]:
    """The letters of one file, newest first."""
    parts = [part for part in path.read_bytes().split(_BETWEEN) if part.strip()]
    for place, raw in reversed(list(enumerate(parts))):
        mail = cast(EmailMessage, message_from_bytes(raw, policy=policy.default))
        yield Received(f"{path.stem}.{place}", mail)


def letters() -> list[Received]:
    """Return the newest letters of the folder, newest first."""
    files = sorted(
        Path(settings.MAIL_FOLDER).glob("*.log"),
        key=lambda path: (path.stat().st_mtime_ns, path.name),
        reverse=True,
    )
    found: list[Received] = []
    for path in files:
        found.extend(_in_file(path))
        if len(found) >= _NEWEST:
            break
    return found[:_NEWEST]


def _letter(key: str) -> Received:
    """The letter with this key; Http404 for any other, whatever it tries to name."""
    file_name, _, _ = key.partition(".")
    path = Path(settings.MAIL_FOLDER) / f"{file_name}.log"
    if re.fullmatch(r"[\w-]+\.\d+", key) and path.is_file():
        for letter in _in_file(path):
            if letter.key == key:
                return letter
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
    return render(request, "mailbox/index.html", {"letters": letters()})


@_demo_only
def letter(request: HttpRequest, key: str) -> HttpResponse:
    """Show one letter as a mail program would, and its plain text."""
    found = _letter(key)
    context = {"letter": found, "mail": found.mail, "text": found.part("plain")}
    response = render(request, "mailbox/letter.html", {**context, "has_html": found.part("html")})
    response["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-src 'self'; "
        "frame-ancestors 'none'"
    )
    return response


@xframe_options_sameorigin
@_demo_only
def body(request: HttpRequest, key: str) -> HttpResponse:
    """Return the letter's HTML for the frame; its links open in a new tab."""
    html = _letter(key).part("html")
    page = html.replace("<head>", '<head><base target="_blank">', 1)
    return HttpResponse(page, headers={"Content-Security-Policy": _LETTER_POLICY})
