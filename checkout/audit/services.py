"""Running the audit: it looks, writes down what it saw, and tells staff. It mends nothing."""

import logging
from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from checkout.audit import emails
from checkout.audit.checks import CHECKS
from checkout.audit.checks.base import Breach, Check, Look
from checkout.audit.models import AuditRun

if TYPE_CHECKING:
    from accounts.users.models import User

logger = logging.getLogger(__name__)

#: How long the shop may take to follow what happened at Stripe, while it is open for business: a
#: webhook takes a second, the reconcile job comes every five minutes.
WHILE_OPEN = timedelta(minutes=15)
#: How many breaches of one check a run keeps; all are counted.
KEPT = 200


def run_audit(
    *, grace: timedelta = timedelta(0), by: "User | None" = None, only: Iterable[str] = ()
) -> AuditRun:
    """Look at everything, and return what was found.

    `grace` excuses payments to which something happened at Stripe within that time and which our
    books do not show yet; without any, also news that is on its way counts as a breach. `only`
    names checks, for tests of one. Safe beside a working shop; two at once do no harm.
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


def ask_for_audit(*, by: "User") -> bool:
    """Have a worker run the audit now; tell whether the broker took it."""
    from checkout.audit.tasks import audit

    try:
        audit.apply_async((by.pk,), retry=False)
    except Exception as problem:  # whatever is wrong with the broker, staff read it in words
        logger.warning("broker down (%s): no audit", type(problem).__name__)
        return False
    return True


def _perform(check: Check, run: AuditRun, grace: timedelta) -> None:
    """Add one check's outcome to the run."""
    look = Look(check.name, grace)
    kept: list[Breach] = []
    found = 0
    try:
        for breach in check.find(look):
            found += 1
            if len(kept) < KEPT:
                kept.append(breach)
    except Exception as error:  # the other checks are worth making, and staff must hear of it
        logger.exception("The check %s broke off.", check.name)
        look.unanswered.append(f"{check.name} broke off: {type(error).__name__}")
    run.breach_count += found
    run.breaches += [asdict(breach) for breach in kept]
    run.unanswered += look.unanswered
    run.checks.append(
        {
            "name": check.name,
            "proves": check.proves,
            "looked_at": look.looked_at,
            "breaches": found,
            "whole": not look.unanswered,
        }
    )
