"""Show the progress of campaigns, and pause, resume or cancel one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.newsletter.campaigns.controls import cancel, pause, resume
from accounts.newsletter.campaigns.models import Campaign
from accounts.newsletter.campaigns.progress import progress
from microflight.core.states import NotAllowed

_CONTROLS = {"pause": pause, "resume": resume, "cancel": cancel}


class Command(BaseCommand):
    """`manage.py campaign list`, or progress, pause, resume, cancel with a campaign's slug."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the action, and the campaign."""
        parser.add_argument("action", choices=["list", "progress", *_CONTROLS])
        parser.add_argument("slug", nargs="?", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        """Perform it, and print the campaign's progress."""
        rows = Campaign.objects.without_content()
        if options["action"] == "list":
            for campaign in rows:
                self.stdout.write(f"{campaign.slug}: {campaign.get_state_display()}")
            self.stdout.write(f"campaigns: {len(rows)}")
            return
        try:
            campaign = rows.get(slug=options["slug"])
        except Campaign.DoesNotExist as error:
            text = f"There is no campaign “{options['slug']}”; see `campaign list`."
            raise CommandError(text) from error
        if control := _CONTROLS.get(options["action"]):
            try:
                campaign = control(campaign)
            except NotAllowed as error:
                raise CommandError(str(error)) from error
        now = progress(campaign)
        self.stdout.write(
            f"{campaign.slug}: {campaign.get_state_display()}, {now.sent} of {now.total} sent, "
            f"{now.remaining} remaining, {now.failed} failed, {now.skipped} skipped, "
            f"{now.uncertain} uncertain, {now.per_minute} a minute, "
            f"{now.time_left or 'time left unknown'}"
        )
