"""The email to staff about an audit that found problems, once per run."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from checkout.audit.models import AuditRun

#: How many breaches the email lists; the run's page shows the rest.
MAX_LISTED = 20


def audit_breaches(run: AuditRun) -> None:
    """Email staff about problems, and what could not be checked."""
    for address in settings.STAFF_EMAILS:
        outbox.add("audit-breaches", subject_id=f"audit:{run.pk}", to=address, data={"run": run.pk})


@renders("audit-breaches")
def render_breaches(message: Message) -> dict[str, Any]:
    """Return the first breaches, how many more there are, and a link."""
    run = AuditRun.objects.filter(pk=message.data["run"]).first()
    if run is None:
        raise NoLongerNeeded("This audit was deleted before this could be sent.")
    page = reverse("admin:audit_auditrun_change", args=[run.pk])
    return {
        "run": run,
        "breaches": run.breaches[:MAX_LISTED],
        "more": max(0, run.breach_count - MAX_LISTED),
        "admin_url": settings.SITE_URL + page,
    }
