"""Uncertain deliveries: a member of staff decides whether they are sent again."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.newsletter.models import Campaign, CampaignEvent, Delivery
from accounts.newsletter.states import CAMPAIGN, CampaignState, DeliveryState

if TYPE_CHECKING:
    from accounts.users.models import User


@transaction.atomic
def count_as_sent(pks: Iterable[int], by: "User | None" = None) -> int:
    """Count uncertain deliveries as sent; return how many were uncertain."""
    rows = _locked(pks)
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=DeliveryState.SENT, sent_at=timezone.now(), reason=_("Marked as sent by staff")
    )
    _tell(rows, "uncertain deliveries marked as sent", by)
    return len(rows)


@transaction.atomic
def send_again(pks: Iterable[int], by: "User | None" = None) -> int:
    """Send uncertain deliveries again, under the same Message-ID; return how many were uncertain.

    A campaign that was sent is reopened for them; a cancelled one stays cancelled.
    """
    rows = [row for row in _locked(pks) if row.campaign.state != CampaignState.CANCELLED]
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=DeliveryState.QUEUED, claimed_by="", next_try_at=None, reason=""
    )
    sent = Campaign.objects.select_for_update().only("state").filter(state=CampaignState.SENT)
    for campaign in sent.filter(pk__in={row.campaign_id for row in rows}):
        CAMPAIGN.check(campaign.state, CampaignState.SENDING)
        Campaign.objects.filter(pk=campaign.pk).update(state=CampaignState.SENDING)
    _tell(rows, "uncertain deliveries sent again", by)
    return len(rows)


def _locked(pks: Iterable[int]) -> list[Delivery]:
    rows = Delivery.objects.select_for_update(of=("self",)).select_related("campaign")
    few = rows.only("campaign_id", "campaign__state")  # not the whole letter with each of its rows
    return list(few.filter(pk__in=pks, state=DeliveryState.UNCERTAIN).order_by("pk"))


def _tell(rows: list[Delivery], what: str, by: "User | None") -> None:
    CampaignEvent.objects.bulk_create(
        CampaignEvent(campaign_id=pk, what=what, by=by,
                      note=str(sum(row.campaign_id == pk for row in rows)))
        for pk in sorted({row.campaign_id for row in rows})
    )  # fmt: skip
