"""Who is at work on a campaign."""

from django.db import models
from django.utils import timezone

from accounts.newsletter.models.campaigns import Campaign


class Runner(models.Model):
    """One chain of short jobs that send a campaign, each of which queues the next.

    A job works only with the ticket that the row holds, and leaves a new one for the next: what
    the broker delivers twice does nothing the second time.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="runners")
    slot = models.PositiveSmallIntegerField()
    ticket = models.CharField(max_length=32, blank=True, help_text="Of the job that is queued.")
    worker = models.CharField(max_length=80, blank=True, help_text="The journal of its last job.")
    due_at = models.DateTimeField(
        default=timezone.now, help_text="When it counts as lost and is started anew."
    )
    tries = models.PositiveSmallIntegerField(
        default=0, help_text="To reach the mail server, in vain, in a row."
    )
    recent = models.CharField(
        max_length=400, blank=True, help_text="Its last letters: '.' went, 'x' failed."
    )

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["campaign", "slot"], name="runner_once")]

    def __str__(self) -> str:
        return f"runner {self.slot} of campaign {self.campaign_id}"
