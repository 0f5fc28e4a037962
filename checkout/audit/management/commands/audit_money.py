"""`manage.py audit_money`: compare orders, payments, stock, emails and taxes with Stripe."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand

from checkout.audit.models import AuditRun
from checkout.audit.services import WHILE_OPEN, run_audit


class Command(BaseCommand):
    """Prints what was checked, what is wrong and what to do. Changes nothing."""

    help = "Checks payments and stock. Exits with 1 if it finds a problem or cannot check all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--strict",
            action="store_true",
            help="The shop is closed: recent changes at Stripe must be recorded, too.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each check with its breaches, and the total."""
        run = run_audit(grace=timedelta(0) if options["strict"] else WHILE_OPEN)
        for check in run.checks:
            self._print_check(check, run)
        for text in run.not_checked:
            self.stdout.write(f"NOT CHECKED: {text}")
        self.stdout.write(run.last_line)
        if not run.is_clean:
            raise SystemExit(1)

    def _print_check(self, check: dict[str, Any], run: AuditRun) -> None:
        verdict = "ok" if check["complete"] else "INCOMPLETE"
        if check["breaches"]:
            verdict = f"{check['breaches']} BREACHES"
        line = f"{check['name']:<20} {check['checked']:>7}  {verdict}"
        self.stdout.write(f"{line}  {check['rule']}")
        stored = [breach for breach in run.breaches if breach["check"] == check["name"]]
        for breach in stored:
            self.stdout.write(f"  - {breach['subject']}: {breach['problem']} {breach['action']}")
        if more := check["breaches"] - len(stored):
            self.stdout.write(f"  - and {more} more")
