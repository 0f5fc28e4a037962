"""One short job: claims a few deliveries, sends them, records each, and claims the next few."""

import logging
import threading
import time
from dataclasses import replace
from uuid import uuid4

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from accounts.mail.inbound.reports import type_of_reply
from accounts.newsletter.campaigns import claims, controls, feedback, rate_limit
from accounts.newsletter.campaigns.campaign_email import EmailBuilder, InvalidEmail, message_id_of
from accounts.newsletter.campaigns.models import Campaign, CampaignState, Delivery, DeliveryState
from accounts.newsletter.campaigns.transport import Result, ServerUnavailable, Transport

logger = logging.getLogger(__name__)

#: Deliveries that a worker claims at once: consent, suppression and the campaign's state are
#: checked for these few right before they are sent.
BATCH = 10
#: Seconds after which a job starts no further email: an order email never waits for longer.
JOB_SECONDS = 1.5
#: Seconds for which a worker waits for a database that restarts: an email whose result it cannot
#: record is uncertain.
DATABASE_PATIENCE = 60.0
_pause = threading.Event()


def send_campaign(campaign_id: int) -> None:
    """Send emails of a campaign for a second or two. Any number of these may run at once."""
    campaign = Campaign.objects.select_related("topic").get(pk=campaign_id)
    waits = campaign.retry_at is not None and campaign.retry_at > timezone.now()
    if campaign.state != CampaignState.SENDING or waits:
        return
    with Transport() as transport:
        job = _Job(campaign, transport)
        try:
            while job.has_time and job.send_batch():
                pass
        except ServerUnavailable as error:
            controls.note_server_failure(campaign, str(error))
        finally:
            claims.release(job.worker)


class _Job:
    def __init__(self, campaign: Campaign, transport: Transport) -> None:
        self.campaign, self.transport = campaign, transport
        self.worker = uuid4().hex
        self.builder = EmailBuilder(campaign)
        self.until = time.monotonic() + JOB_SECONDS

    @property
    def has_time(self) -> bool:
        return time.monotonic() < self.until

    def send_batch(self) -> bool:
        """Claim and send a few; return whether there may be more. Raises ServerUnavailable."""
        self.transport.open()
        granted = rate_limit.request(BATCH)
        if not granted.count:
            if time.monotonic() + granted.wait > self.until:
                return False
            _pause.wait(granted.wait)
            return True
        rows = claims.claim(self.campaign, self.worker, granted.count)
        results = ""
        try:
            for delivery in rows:
                if not self.has_time:
                    break
                if claims.start(delivery, self.campaign, self.worker):
                    results += "." if self._send(delivery) == DeliveryState.SENT else "x"
        finally:
            is_sending = controls.note_results(self.campaign, results)
        return bool(rows) and is_sending

    def _send(self, delivery: Delivery) -> DeliveryState:
        """Send one email and record the result; return the new state."""
        try:
            result = self.transport.send(self.builder.build(delivery))
        except (InvalidEmail, KeyError) as error:
            result = Result(DeliveryState.FAILED, f"cannot be written: {error}")
        except ServerUnavailable as error:
            self._record(delivery, Result(DeliveryState.QUEUED, str(error), attempted=False))
            raise
        if result.state == DeliveryState.QUEUED and delivery.attempts >= len(claims.BACK_OFF):
            result = replace(result, state=DeliveryState.FAILED)
        self._record(delivery, result)
        if result.refused_recipient and result.state == DeliveryState.FAILED:
            # a bounce, as if the report came later by email
            feedback.note(
                "smtp",
                f"delivery:{delivery.pk}",
                type_of_reply(result.reason),
                message_id=message_id_of(delivery.pk),
                detail=result.reason,
            )
        return result.state

    def _record(self, delivery: Delivery, result: Result) -> None:
        """Record a result, and wait for a database that restarts: the email is gone already."""
        until = time.monotonic() + DATABASE_PATIENCE
        while True:
            try:
                return claims.record(delivery, self.worker, result)
            except (OperationalError, InterfaceError) as error:
                if connection.in_atomic_block or time.monotonic() > until:
                    raise
                logger.warning("newsletter: database unavailable (%s)", type(error).__name__)
                connection.close()
                _pause.wait(0.5)
