"""From an outbox row to an email: subject, text, HTML and headers. Runs in the worker."""

from dataclasses import dataclass
from typing import Any

from css_inline import CSSInliner
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context
from django.template.loader import get_template
from django.utils import timezone

from accounts.mail.models import Message
from accounts.mail.plain_text import wrap
from accounts.mail.registry import EMAIL_TYPES, EmailType
from microflight.core.business import FACTS
from policies.opening import calendars, wording
from policies.opening.calendars import Schedule


@dataclass(frozen=True, slots=True)
class RenderedEmail:
    """What one recipient reads."""

    subject: str
    text: str
    html: str
    reply_to: str
    unsubscribe_url: str = ""  # for the unsubscribe button of email programs


# At-rules stay in the head: dark mode and narrow screens cannot be inlined.
_INLINER = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def inline_css(html: str) -> str:
    """Return an email's HTML with its styles inlined: many email programs ignore style sheets."""
    return _INLINER.inline(html)


def _render(email_type: str, part: str, data: dict[str, Any], *, escape: bool) -> str:
    template = get_template(f"emails/{email_type}/{part}")
    return template.template.render(Context(data, autoescape=escape))  # type: ignore[attr-defined]


def render_email(
    email_type: EmailType, context: dict[str, Any], schedule: Schedule
) -> RenderedEmail:
    """Return the email of a type with the context that its renderer returned, or a sample.

    It states the hours of `schedule`, and while the shop is away, the day of reopening.
    body.txt begins with the subject, which an empty line separates from the text.
    """
    data = {"business": FACTS, "site_url": settings.SITE_URL, **_opening(schedule), **context}
    name = email_type.name
    lines, _, text = _render(name, "body.txt", data, escape=False).partition("\n\n")
    subject = " ".join(lines.split())
    html = _render(name, "body.html", {**data, "subject": subject}, escape=True)
    return RenderedEmail(
        subject=subject,
        text=wrap(text),
        html=inline_css(html),
        reply_to=data.get("reply_to") or email_type.reply_to or FACTS.sales_email,
        unsubscribe_url=data.get("end_url", ""),
    )


def _opening(schedule: Schedule) -> dict[str, str]:
    """Return the hours, and while the shop is away, the text of the banner."""
    away = schedule.away_on(timezone.localdate())
    return {
        "hours": wording.hours(schedule),
        "away": wording.banner(away, schedule) if away else "",
    }


def compose(message: Message) -> RenderedEmail:
    """Return the email of a row. Raises KeyError for a type that no package registered."""
    email_type = EMAIL_TYPES[message.email_type]
    return render_email(email_type, email_type.context(message), calendars.load())


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
