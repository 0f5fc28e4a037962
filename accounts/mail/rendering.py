"""From an outbox row to an email: subject, text, HTML and headers. Runs in the worker."""

import logging
from dataclasses import dataclass
from typing import Any

from css_inline import CSSInliner
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context
from django.template.loader import get_template
from django.utils import timezone

from accounts.mail import templates
from accounts.mail.models import EmailTemplate, Message, TemplateState
from accounts.mail.plain_text import wrap
from accounts.mail.registry import EMAIL_TYPES, EmailType
from microflight.core.business import FACTS
from policies.opening import calendars, wording
from policies.opening.calendars import Schedule

logger = logging.getLogger(__name__)


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


def _render(name: str, data: dict[str, Any], *, escape: bool) -> str:
    template = get_template(f"emails/{name}")
    return template.template.render(Context(data, autoescape=escape))  # type: ignore[attr-defined]


def render_email(
    email_type: EmailType,
    context: dict[str, Any],
    schedule: Schedule,
    template: EmailTemplate | None = None,
) -> RenderedEmail:
    """Return the email of a type with the context that its renderer returned, or a sample; with the
    text of a template by staff, which may raise anything.

    It states the hours of `schedule`, and while the shop is away, the day of reopening.
    body.txt begins with the subject, which an empty line separates from the text.
    """
    data = shared_values(schedule) | context
    files = [f"{email_type.name}/body.txt", f"{email_type.name}/body.html"]
    if template is not None:
        data |= templates.render(template, data)
        data |= {"layout_txt": f"emails/{files[0]}", "layout_html": f"emails/{files[1]}"}
        files = ["_by_staff.txt", "_by_staff.html"]
    lines, _, text = _render(files[0], data, escape=False).partition("\n\n")
    subject = " ".join(lines.split())
    html = _render(files[1], {**data, "subject": subject}, escape=True)
    return RenderedEmail(
        subject=subject,
        text=wrap(text),
        html=inline_css(html),
        reply_to=data.get("reply_to") or email_type.reply_to or FACTS.sales_email,
        unsubscribe_url=data.get("end_url", ""),
    )


def shared_values(schedule: Schedule) -> dict[str, Any]:
    """Return what every email states: the business, its hours, and while the shop is away, the text
    of the banner."""
    away = schedule.away_on(timezone.localdate())
    return {
        "business": FACTS,
        "site_url": settings.SITE_URL,
        "hours": wording.hours(schedule),
        "away": wording.banner(away, schedule) if away else "",
    }


def compose(message: Message) -> RenderedEmail:
    """Return the email of a row. Raises KeyError for a type that no package registered."""
    email_type = EMAIL_TYPES[message.email_type]
    context, schedule = email_type.context(message), calendars.load()
    template = EmailTemplate.objects.filter(
        email_type=email_type.name, state=TemplateState.ACTIVE
    ).first()
    if template is not None:
        try:
            return render_email(email_type, context, schedule, template)
        except Exception as error:  # whatever staff wrote, the email is sent
            name = type(error).__name__
            logger.exception("email template %s failed; its file was used", template.pk)
            EmailTemplate.objects.filter(pk=template.pk).update(last_error=f"{name}: {error}"[:255])
    return render_email(email_type, context, schedule)


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
