"""From a draft to a scheduled campaign, and back.

Launching stores everything that subscribers get: both bodies, the links, the sender, and the newest
subscriber. Nothing of it changes afterwards.
"""

from datetime import datetime
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import ngettext

from accounts.newsletter.campaigns.checklist import Finding, check
from accounts.newsletter.campaigns.models import CAMPAIGN, Campaign, CampaignState, Link
from accounts.newsletter.subscribers.models import Subscriber
from accounts.users.models import User
from microflight.core.errors import ServiceError


class NotLaunched(ServiceError):
    """The checklist has errors."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(*(f"{one.what}: {one.text}" for one in findings))
        self.findings = findings


@transaction.atomic
def launch(campaign: Campaign, *, at: datetime | None, by: User | None) -> Campaign:
    """Freeze a draft and schedule it for an aware moment; None or one in the past: now.

    Returns the row. Raises NotLaunched with all errors, or NotAllowed where it is no draft; then
    nothing changes.
    """
    row = Campaign.objects.select_for_update().get(pk=campaign.pk)
    CAMPAIGN.check(row.state, CampaignState.SCHEDULED)
    checked = check(row)
    if checked.errors:
        raise NotLaunched(checked.errors)
    now = timezone.now()
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    row.from_email = formataddr((" ".join(row.sender_name.split()), address))
    row.body_html, row.body_text = checked.content.html, checked.content.text
    row.audience_until = Subscriber.objects.aggregate(newest=Max("pk"))["newest"] or 0
    row.state, row.launched_at, row.scheduled_at = CampaignState.SCHEDULED, now, max(at or now, now)
    row.save()
    Link.objects.bulk_create(
        Link(campaign=row, number=n, url=url) for n, url in enumerate(checked.content.links, 1)
    )
    count = checked.recipients
    note = ngettext("%(when)s, %(count)d recipient", "%(when)s, %(count)d recipients", count)
    values = {"when": f"{localtime(row.scheduled_at):%Y-%m-%d %H:%M}", "count": count}
    row.events.create(what="scheduled", note=note % values, by=by)
    return row


@transaction.atomic
def revert_to_draft(campaign: Campaign, *, by: User | None) -> Campaign:
    """Make a scheduled campaign a draft again. Raises NotAllowed once it is being prepared; then
    nothing changes."""
    row = Campaign.objects.select_for_update().get(pk=campaign.pk)
    CAMPAIGN.check(row.state, CampaignState.DRAFT)
    Campaign.objects.filter(pk=row.pk).update(state=CampaignState.DRAFT)  # no longer frozen
    row.state = CampaignState.DRAFT
    row.body_html = row.body_text = row.from_email = ""
    row.audience_until, row.launched_at, row.scheduled_at = 0, None, None
    row.save()
    row.links.all().delete()
    row.events.create(what="reverted to draft", by=by)
    return row
