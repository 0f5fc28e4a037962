"""Run the audit: check everything, store the result and email staff. It changes nothing else."""

import logging
from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.users.models import User
from checkout.audit import emails
from checkout.audit.checks import CHECKS
from checkout.audit.checks.base import Breach, Check, CheckRun
from checkout.audit.models import AuditRun

logger = logging.getLogger(__name__)

#: How long an open shop may take to record what happened at Stripe: a webhook takes a second,
#: reconcile runs every five minutes.
WHILE_OPEN = timedelta(minutes=15)
#: How many breaches of a check a run stores; all are counted.
MAX_STORED = 200


def run_audit(
    *, grace: timedelta = timedelta(0), by: User | None = None, only: Iterable[str] = ()
) -> AuditRun:
    """Run all checks, or `only` those named, and return the stored result.

    `grace` ignores differences of payments that changed at Stripe within that time, since their
    webhooks may still arrive. Safe while the shop is open, and to run twice at once.
    """
    run = AuditRun.objects.create(by=by)
    wanted = set(only)
    for check in CHECKS:
        if not wanted or check.name in wanted:
            _perform(check, run, grace)
    with transaction.atomic():
        run.finished_at = timezone.now()
        run.save()
        if not run.is_clean:
            emails.audit_breaches(run)
    logger.info("%s (%d)", run.last_line, run.pk)
    return run


def _perform(check: Check, run: AuditRun, grace: timedelta) -> None:
    """Add the result of one check to the run."""
    check_run = CheckRun(check.name, grace)
    stored: list[Breach] = []
    found = 0
    try:
        for breach in check.find(check_run):
            found += 1
            if len(stored) < MAX_STORED:
                stored.append(breach)
    except Exception as error:  # run the other checks, and report this one
        logger.exception("The check %s failed.", check.name)
        check_run.not_checked.append(
            _("%(check)s failed: %(error)s") % {"check": check.name, "error": type(error).__name__}
        )
    run.breach_count += found
    run.breaches += [asdict(breach) for breach in stored]
    run.not_checked += check_run.not_checked
    run.checks.append(
        {
            "name": check.name,
            "rule": str(check.rule),
            "checked": check_run.checked,
            "breaches": found,
            "complete": not check_run.not_checked,
        }
    )
