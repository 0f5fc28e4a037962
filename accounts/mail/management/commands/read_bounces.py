"""`manage.py read_bounces`: read the bounce mailbox now."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from imap_tools.errors import ImapToolsError

from accounts.mail.inbound.mailbox import read_bounces


class Command(BaseCommand):
    help = "Process bounces, complaints and unsubscribe requests in the bounce mailbox."

    def handle(self, *args: Any, **options: Any) -> None:
        """Read once. Raises CommandError where there is no mailbox, or it does not answer."""
        if not settings.BOUNCE_MAILBOX_URL:
            raise CommandError("BOUNCE_MAILBOX_URL is not set: there is no mailbox to read.")
        try:
            done = read_bounces()
        except (OSError, ImapToolsError) as error:
            name = type(error).__name__
            raise CommandError(f"The mailbox could not be read ({name}).") from error
        self.stdout.write(f"bounces: {done['processed']} processed, {done['left']} left for people")
