"""See how far campaigns are, and pause, resume or cancel one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.newsletter.campaigns.controls import cancel, pause, resume
from accounts.newsletter.campaigns.progress import progress
from accounts.newsletter.models import Campaign
from microflight.core.states import NotAllowed

_ACTS = {"pause": pause, "resume": resume, "cancel": cancel}


class Command(BaseCommand):
    """`manage.py campaign list`, or progress, pause, resume, cancel with a campaign's slug."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do, and with which."""
        parser.add_argument("act", choices=["list", "progress", *_ACTS])
        parser.add_argument("slug", nargs="?", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and say how far the campaign is."""
        if options["act"] == "list":
            rows = Campaign.objects.defer("source", "body_text", "body_html")
            for campaign in rows:
                self.stdout.write(f"{campaign.slug}: {campaign.get_state_display()}")
            self.stdout.write(f"campaigns: {len(rows)}")
            return
        try:
            campaign = Campaign.objects.get(slug=options["slug"])
        except Campaign.DoesNotExist as nobody:
            raise CommandError(
                f"There is no campaign “{options['slug']}”; `campaign list` names all."
            ) from nobody
        if act := _ACTS.get(options["act"]):
            try:
                campaign = act(campaign)
            except NotAllowed as refusal:
                raise CommandError(str(refusal)) from refusal
        self.stdout.write(_words(campaign))


def _words(campaign: Campaign) -> str:
    now = progress(campaign)
    return (
        f"{campaign.slug}: {campaign.get_state_display()}, {now.sent} of {now.total} sent, "
        f"{now.left} left, {now.failed} failed, {now.skipped} skipped, {now.uncertain} uncertain, "
        f"{now.per_minute} a minute, {now.time_left or 'no end in sight'}"
    )
