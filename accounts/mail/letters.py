"""From a row to a letter: subject, text, HTML and headers. Runs in the worker."""

import re
import textwrap
from dataclasses import dataclass
from functools import cache
from typing import Any

from css_inline import CSSInliner
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context
from django.template.loader import get_template

from accounts.mail.models import Message
from accounts.mail.registry import KINDS, Kind
from microflight.core.business import FACTS


@dataclass(frozen=True, slots=True)
class Letter:
    """What one recipient reads."""

    subject: str
    text: str
    html: str
    reply_to: str
    end_url: str = ""  # where mail programs may end such letters by themselves


@cache
def _inliner() -> CSSInliner:
    # At-rules stay in the head: dark mode and narrow screens cannot be inlined.
    return CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def _render(kind: str, part: str, data: dict[str, Any], *, escape: bool) -> str:
    template = get_template(f"emails/{kind}/{part}")
    return template.template.render(Context(data, autoescape=escape))  # type: ignore[attr-defined]


def _tidy(text: str) -> str:
    """Fold running text at 78 characters, and leave at most one empty line in a row."""
    lines = [_fold(line) for line in text.splitlines()]
    return re.sub(r"\n\s*\n", "\n\n", "\n".join(lines)).strip() + "\n"


def _fold(line: str) -> str:
    if len(line) <= 78:  # as it is: the "-- " over the signature ends in a space
        return line
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.fill(
        line,
        78,
        subsequent_indent=indent,
        break_long_words=False,  # links stay whole
        break_on_hyphens=False,
    )


def write(kind: Kind, gathered: dict[str, Any]) -> Letter:
    """Return the letter of a kind with what its renderer gathered, or would gather."""
    data = {"business": FACTS, "site_url": settings.SITE_URL, **gathered}
    subject = " ".join(_render(kind.name, "subject.txt", data, escape=False).split())
    data = {**data, "subject": subject}
    return Letter(
        subject=subject,
        text=_tidy(_render(kind.name, "body.txt", data, escape=False)),
        html=_inliner().inline(_render(kind.name, "body.html", data, escape=True)),
        reply_to=data.get("reply_to") or kind.reply_to or FACTS.sales_email,
        end_url=data.get("end_url", ""),
    )


def compose(message: Message) -> Letter:
    """Return the letter of a row; raise KeyError for a kind that no room registered."""
    kind = KINDS[message.kind]
    return write(kind, kind.gather(message))


def email_of(message: Message, letter: Letter) -> EmailMultiAlternatives:
    """Return the mail to hand to the server: the same Message-ID at every try of this row."""
    email = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[message.recipient],
        reply_to=[letter.reply_to],
        headers={
            "Message-ID": message.message_id,
            "Auto-Submitted": "auto-generated",  # RFC 3834: no holiday replies, please
            "X-Auto-Response-Suppress": "All",  # the same for Exchange
        },
    )
    # Providers report back by it, also those that give the letter another Message-ID.
    email.metadata = {"letter": message.message_id}  # type: ignore[attr-defined]
    if letter.end_url:  # RFC 8058: the mail program's own button
        email.extra_headers["List-Unsubscribe"] = f"<{letter.end_url}>"
        email.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    email.attach_alternative(letter.html, "text/html")
    return email
