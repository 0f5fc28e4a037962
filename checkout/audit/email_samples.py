"""A sample email about an audit with breaches."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.mail.samples import shows
from checkout.audit.models import AuditRun


@shows("audit-breaches")
def breaches() -> dict[str, Any]:
    """Two breaches, one of them listed, and a check that did not run."""
    what = "12 pieces are promised, and orders hold 11."
    gaps = ["Stripe could not be asked: it did not answer."]
    return {
        "run": AuditRun(pk=7, breach_count=2, unanswered=gaps),
        "breaches": [{"subject": "SKU MF-LIPO-10", "what": what, "todo": "Count the shelf."}],
        "more": 1,
        "admin_url": settings.SITE_URL + reverse("admin:audit_auditrun_changelist"),
    }
