"""`manage.py read_bounces`: read the bounce mailbox now."""

import imaplib
import poplib
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.newsletter.bounces import read_bounces


class Command(BaseCommand):
    help = "Take the reports of mail servers, complaints and wishes to leave from the mailbox."

    def handle(self, *args: Any, **options: Any) -> None:
        """Read once. Raises CommandError where there is no mailbox, or it does not answer."""
        if not settings.BOUNCE_MAILBOX_URL:
            raise CommandError("BOUNCE_MAILBOX_URL is not set: there is no mailbox to read.")
        try:
            done = read_bounces()
        except (OSError, poplib.error_proto, imaplib.IMAP4.error) as problem:
            name = type(problem).__name__
            raise CommandError(f"The mailbox could not be read ({name}).") from problem
        self.stdout.write(f"bounces: {done['taken']} taken, {done['left']} left for people")
