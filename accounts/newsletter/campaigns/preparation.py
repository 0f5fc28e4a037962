"""Writes the deliveries of a campaign: one row each, in batches, resumable, in constant memory."""

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import ngettext

from accounts.newsletter.campaigns.audience import audience_of
from accounts.newsletter.campaigns.models import (
    CAMPAIGN,
    Campaign,
    CampaignState,
    Delivery,
    DeliveryState,
)
from accounts.newsletter.subscribers.models import Subscriber

#: Subscribers that one transaction looks through, by their keys.
BATCH = 5_000


def prepare(campaign_id: int, *, batches: int = 1_000_000) -> bool:
    """Write some batches of deliveries; return whether there may be more.

    Two workers take turns. One that dies loses only its current batch, since rows and progress are
    committed together.
    """
    return all(_prepare_batch(campaign_id) for _ in range(batches))


@transaction.atomic
def _prepare_batch(campaign_id: int) -> bool:
    campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
    if campaign.state != CampaignState.PREPARING:
        return False
    # counts all subscribers, wanted or not: no batch is long, however few of them are wanted
    ahead = Subscriber.objects.filter(
        pk__gt=campaign.prepared_until, pk__lte=campaign.audience_until
    )
    keys = ahead.order_by("pk").values_list("pk", flat=True)[BATCH - 1 : BATCH]
    end = next(iter(keys), campaign.audience_until)
    campaign.total += _write_rows(campaign, end)
    campaign.prepared_until = end
    if done := end >= campaign.audience_until:
        CAMPAIGN.check(campaign.state, CampaignState.SENDING)
        campaign.state = CampaignState.SENDING
        campaign.prepared_at = campaign.started_at = timezone.now()
        note = ngettext("%s email", "%s emails", campaign.total) % f"{campaign.total:,}"
        campaign.events.create(what="prepared", note=note)
    campaign.save(update_fields=["total", "prepared_until", "prepared_at", "state", "started_at"])
    return not done


# Of each hundred people, `share` get the subjects a and b in turn: exact shares, the same whenever
# it is computed, spread over old and new subscribers. The others wait for the winner.
_WRITE = """
    INSERT INTO {table} (campaign_id, subscriber_id, variant, state, claimed_by, attempts, reason)
    SELECT %s, id, CASE WHEN place * %s / 100 = (place - 1) * %s / 100 THEN ''
                        WHEN place * %s / 100 %% 2 = 1 THEN 'a' ELSE 'b' END, %s, '', 0, ''
    FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY id) + %s AS place FROM ({people}) AS people
         ) AS counted
    WHERE 1 = 1
    ON CONFLICT (campaign_id, subscriber_id) DO NOTHING
"""


def _write_rows(campaign: Campaign, end: int) -> int:
    """Write the rows of the audience up to a key, inside the database; return how many."""
    audience = audience_of(campaign).filter(pk__gt=campaign.prepared_until, pk__lte=end)
    people, parameters = audience.order_by().values("id").query.sql_with_params()
    share = campaign.test_share if campaign.subject_b else 0
    values = [campaign.pk, share, share, share, DeliveryState.QUEUED, campaign.total, *parameters]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE.format(table=Delivery._meta.db_table, people=people), values)
        return int(cursor.rowcount)
