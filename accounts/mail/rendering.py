"""From an outbox row to an email: subject, text, HTML and headers. Runs in the worker."""

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
from accounts.mail.registry import EMAIL_TYPES, EmailType
from microflight.core.business import FACTS


@dataclass(frozen=True, slots=True)
class RenderedEmail:
    """What one recipient reads."""

    subject: str
    text: str
    html: str
    reply_to: str
    unsubscribe_url: str = ""  # for the unsubscribe button of email programs


@cache
def _inliner() -> CSSInliner:
    # At-rules stay in the head: dark mode and narrow screens cannot be inlined.
    return CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def _render(email_type: str, part: str, data: dict[str, Any], *, escape: bool) -> str:
    template = get_template(f"emails/{email_type}/{part}")
    return template.template.render(Context(data, autoescape=escape))  # type: ignore[attr-defined]


def _wrap(text: str) -> str:
    """Wrap paragraphs at 78 characters, and leave at most one empty line in a row."""
    lines = [_wrap_line(line) for line in text.splitlines()]
    return re.sub(r"\n\s*\n", "\n\n", "\n".join(lines)).strip() + "\n"


def _wrap_line(line: str) -> str:
    if len(line) <= 78:  # unchanged: the "-- " above the signature ends in a space
        return line
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.fill(
        line,
        78,
        subsequent_indent=indent,
        break_long_words=False,  # links stay whole
        break_on_hyphens=False,
    )


def render_email(email_type: EmailType, context: dict[str, Any]) -> RenderedEmail:
    """Return the email of a type with the context that its renderer returned, or a sample."""
    data = {"business": FACTS, "site_url": settings.SITE_URL, **context}
    name = email_type.name
    subject = " ".join(_render(name, "subject.txt", data, escape=False).split())
    data = {**data, "subject": subject}
    return RenderedEmail(
        subject=subject,
        text=_wrap(_render(name, "body.txt", data, escape=False)),
        html=_inliner().inline(_render(name, "body.html", data, escape=True)),
        reply_to=data.get("reply_to") or email_type.reply_to or FACTS.sales_email,
        unsubscribe_url=data.get("end_url", ""),
    )


def compose(message: Message) -> RenderedEmail:
    """Return the email of a row. Raises KeyError for a type that no package registered."""
    email_type = EMAIL_TYPES[message.kind]
    return render_email(email_type, email_type.context(message))


def build_email(message: Message, rendered: RenderedEmail) -> EmailMultiAlternatives:
    """Return the email for Django's connection: the same Message-ID at every attempt of a row."""
    email = EmailMultiAlternatives(
        subject=rendered.subject,
        body=rendered.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[message.recipient],
        reply_to=[rendered.reply_to],
        headers={
            "Message-ID": message.message_id,
            "Auto-Submitted": "auto-generated",  # RFC 3834: no out-of-office replies
            "X-Auto-Response-Suppress": "All",  # the same for Exchange
        },
    )
    # Providers quote it in their webhooks, even those that replace the Message-ID.
    email.metadata = {"message": message.message_id}  # type: ignore[attr-defined]
    if rendered.unsubscribe_url:  # RFC 8058: one-click unsubscribe
        email.extra_headers["List-Unsubscribe"] = f"<{rendered.unsubscribe_url}>"
        email.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    email.attach_alternative(rendered.html, "text/html")
    return email
