"""A sample email about an audit that found problems."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.mail.samples import sample_for
from checkout.audit.models import AuditRun


@sample_for("audit-breaches")
def breaches() -> dict[str, Any]:
    """Two problems, one of them listed, and a check that did not run."""
    breach = {
        "subject": "SKU MF-LIPO-10",
        "problem": "12 units are committed, but orders reserve 11.",
        "action": "Count the stock.",
    }
    return {
        "run": AuditRun(pk=7, breach_count=2, not_checked=["Stripe did not answer: timeout"]),
        "breaches": [breach],
        "more": 1,
        "admin_url": settings.SITE_URL + reverse("admin:audit_auditrun_changelist"),
    }
