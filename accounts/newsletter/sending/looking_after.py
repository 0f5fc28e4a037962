"""What beat asks for every few seconds: begin, heal, choose, end."""

from accounts.newsletter.models import Campaign
from accounts.newsletter.sending import journal, runners
from accounts.newsletter.sending.batch import claimable, send_some
from accounts.newsletter.sending.outcomes import drop_cancelled
from accounts.newsletter.sending.recovery import doubt_absent, recover, settle_own
from accounts.newsletter.sending.steering import begin, finish_if_done, stop_if_failing
from accounts.newsletter.sending.trial import choose_winner
from accounts.newsletter.states import CampaignState


def look_after_all() -> None:
    """See to every campaign on its way. Any number of these may run at once."""
    heal()
    on_its_way = (CampaignState.SCHEDULED, CampaignState.PREPARING, CampaignState.SENDING)
    for campaign in Campaign.objects.filter(state__in=on_its_way).order_by("scheduled_at", "pk"):
        if campaign.state == CampaignState.SENDING:
            _keep_sending(campaign)
        elif campaign.state == CampaignState.PREPARING or begin(campaign.pk):
            queue_preparing(campaign.pk)


def heal() -> None:
    """Settle what dead workers had in hand, and what this one could not write down."""
    if journal.is_open():
        settle_own(journal.mine())
    runners.lost_with(recover())
    doubt_absent()
    cancelled = Campaign.objects.filter(
        state=CampaignState.CANCELLED, deliveries__state="queued"
    ).distinct()
    for campaign in cancelled:  # given back by a worker after the cancellation
        drop_cancelled(campaign.pk)


def _keep_sending(campaign: Campaign) -> None:
    if campaign.subject_b and not campaign.winner:
        campaign.winner = choose_winner(campaign.pk)
    if claimable(campaign).exists():
        runners.start(campaign)
    else:
        finish_if_done(campaign)


def queue_preparing(campaign_id: int) -> None:
    """Hand the next batches of a campaign's rows to a worker."""
    from accounts.newsletter.tasks import prepare

    try:
        prepare.apply_async((campaign_id,), priority=runners.PRIORITY, retry=False)
    except Exception:  # beat comes by again
        return


def run(campaign_id: int, slot: int, ticket: str) -> None:
    """Do one job of a chain, and queue the next one."""
    new = not journal.is_open()
    mine = journal.mine()
    if new:
        runners.lost_with(recover())
    runner = runners.take(campaign_id, slot, ticket, mine.name)
    if runner is None:
        return
    settle_own(mine)
    campaign = Campaign.objects.select_related("topic").get(pk=campaign_id)
    if campaign.state != CampaignState.SENDING:
        runners.rest(runner)
        return
    batch = send_some(campaign, mine)
    runners.remember(runner, batch.recent, reached=not batch.no_server)
    if stop_if_failing(campaign) or not batch.rows:
        runners.rest(runner)
        finish_if_done(campaign)
    else:
        wait = runners.wait_for_server(runner.tries) if batch.no_server else batch.wait
        runners.queue_next(runner, wait)
