"""The letter that tells staff of breaches, once for each run."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from checkout.audit.models import AuditRun

#: How many breaches the letter spells out; the rest is on the run's page.
SPELT_OUT = 20


def audit_breaches(run: AuditRun) -> None:
    """Tell staff that something is wrong, or could not be asked."""
    for address in settings.STAFF_MAIL:
        outbox.add("audit-breaches", subject_id=f"audit:{run.pk}", to=address, data={"run": run.pk})


@renders("audit-breaches")
def breaches(message: Message) -> dict[str, Any]:
    """What was found, what to do, and where all of it stands."""
    run = AuditRun.objects.filter(pk=message.data["run"]).first()
    if run is None:
        raise NoLongerNeeded("This audit was deleted before the letter could be sent.")
    page = reverse("admin:audit_auditrun_change", args=[run.pk])
    return {
        "run": run,
        "breaches": run.breaches[:SPELT_OUT],
        "more": max(0, run.breach_count - SPELT_OUT),
        "admin_url": settings.SITE_URL + page,
    }
