"""Two subjects: which of them was clicked more."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone

from accounts.newsletter.campaigns.models import Campaign, CampaignEvent, Delivery
from accounts.newsletter.campaigns.states import DeliveryState


@transaction.atomic
def choose_winner(campaign_id: int) -> str:
    """Return the winner of a test that is over, and store it; "" while it runs.

    Clicks are compared with emails sent; a tie goes to the first subject. Only clicks of
    subscribers who agreed to it are counted.
    """
    row = Campaign.objects.select_for_update().get(pk=campaign_id)
    over = (row.started_at or timezone.now()) + timedelta(hours=row.test_hours)
    if row.winner or not row.subject_b or timezone.now() < over:
        return row.winner
    rows = Delivery.objects.filter(campaign=row, state=DeliveryState.SENT).order_by()
    sent: dict[str, int] = dict(rows.values_list("variant").annotate(Count("pk")))
    clicks = row.links.aggregate(a=Sum("clicks_a", default=0), b=Sum("clicks_b", default=0))
    # multiplied out: no division by zero
    b_is_better = clicks["b"] * sent.get("a", 0) > clicks["a"] * sent.get("b", 0)
    row.winner = "b" if b_is_better else "a"
    row.save(update_fields=["winner"])
    note = (
        f"{row.winner}: a {clicks['a']} clicks of {sent.get('a', 0)} emails, "
        f"b {clicks['b']} of {sent.get('b', 0)}"
    )
    CampaignEvent.objects.create(campaign=row, what="subject chosen", note=note)
    return row.winner
