"""`manage.py audit_money`: books, stock, mails, taxes and Stripe, held against each other."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand

from checkout.audit.models import AuditRun
from checkout.audit.services import WHILE_OPEN, run_audit


class Command(BaseCommand):
    """Says what it looked at, what is wrong and what to do. It mends nothing."""

    help = "Proves that money and stock are right. Exits with 1 unless all of it is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how strict to be."""
        parser.add_argument(
            "--strict",
            action="store_true",
            help="The shop is at rest: also what happened at Stripe just now must be in the books.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each check, each breach beneath it, and how many there were."""
        run = run_audit(grace=timedelta(0) if options["strict"] else WHILE_OPEN)
        for check in run.checks:
            self._print_check(check, run)
        for gap in run.unanswered:
            self.stdout.write(f"NOT CHECKED: {gap}")
        self.stdout.write(run.last_line)
        if not run.is_clean:
            raise SystemExit(1)

    def _print_check(self, check: dict[str, Any], run: AuditRun) -> None:
        verdict = "ok" if check["whole"] else "NOT FINISHED"
        if check["breaches"]:
            verdict = f"{check['breaches']} BREACHES"
        line = f"{check['name']:<18} {check['looked_at']:>7}  {verdict}"
        self.stdout.write(f"{line}  {check['proves']}")
        kept = [breach for breach in run.breaches if breach["check"] == check["name"]]
        for breach in kept:
            self.stdout.write(f"  - {breach['subject']}: {breach['what']} {breach['todo']}")
        if more := check["breaches"] - len(kept):
            self.stdout.write(f"  - and {more} more")
