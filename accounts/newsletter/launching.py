"""From a draft to a letter that waits for its hour, and back.

At launch everything is written down that readers get: both bodies, the links, the sender, and up to
whom. Nothing of it changes afterwards (models/frozen.py).
"""

from datetime import datetime
from email.utils import formataddr, parseaddr
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.timezone import localtime

from accounts.newsletter.models import Campaign, CampaignEvent, Link, Subscriber
from accounts.newsletter.states import CAMPAIGN, CampaignState
from accounts.newsletter.writing.checks import Finding, look_over
from accounts.newsletter.writing.content import Written

if TYPE_CHECKING:
    from accounts.users.models import User


class NotLaunched(Exception):
    """The check list stops a letter. Its text may be shown to staff."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(" ".join(f"{one.what}: {one.words}" for one in findings))
        self.findings = findings


@transaction.atomic
def launch(campaign: Campaign, *, at: datetime | None, by: "User | None") -> Campaign:
    """Freeze a draft and let it be sent at an aware moment; None or one gone by means at once.

    Returns the row. Raises NotLaunched with everything that stops it, or NotAllowed where it is
    no draft; then nothing is changed.
    """
    row = Campaign.objects.select_for_update().get(pk=campaign.pk)
    CAMPAIGN.check(row.state, CampaignState.SCHEDULED)
    checked = look_over(row)
    if checked.errors:
        raise NotLaunched(checked.errors)
    now = timezone.now()
    _freeze(row, checked.letter)
    row.state, row.launched_at, row.scheduled_at = CampaignState.SCHEDULED, now, max(at or now, now)
    row.save()
    when = f"{localtime(row.scheduled_at):%Y-%m-%d %H:%M}, {checked.readers} readers"
    CampaignEvent.objects.create(campaign=row, what="scheduled", note=when, by=by)
    return row


def _freeze(row: Campaign, letter: Written) -> None:
    row.body_html, row.body_text = letter.html, letter.text
    row.from_email = sender_of(row)
    row.audience_until = Subscriber.objects.aggregate(newest=Max("pk"))["newest"] or 0
    Link.objects.bulk_create(
        [Link(campaign=row, number=n, url=url) for n, url in enumerate(letter.links, 1)]
    )


def sender_of(campaign: Campaign) -> str:
    """Return the From line: the campaign's own name, the shop's address."""
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return formataddr((" ".join(campaign.sender_name.split()), address))


@transaction.atomic
def unschedule(campaign: Campaign, *, by: "User | None") -> Campaign:
    """Make a letter that waits for its hour a draft again. Raises NotAllowed once it is being
    prepared; then nothing is changed."""
    row = Campaign.objects.select_for_update().get(pk=campaign.pk)
    CAMPAIGN.check(row.state, CampaignState.DRAFT)
    Campaign.objects.filter(pk=row.pk).update(state=CampaignState.DRAFT)  # from here on it thaws
    row.state = CampaignState.DRAFT
    row.body_html = row.body_text = row.from_email = ""
    row.audience_until, row.launched_at, row.scheduled_at = 0, None, None
    row.save()
    row.links.all().delete()
    CampaignEvent.objects.create(campaign=row, what="taken back", by=by)
    return row
